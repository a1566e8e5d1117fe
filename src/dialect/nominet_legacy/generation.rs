//! The generations and their namespaces, and what a login may declare of them: one, and nothing beside it.

use crate::gateway::epp::decode::{Fault, FaultKind};
use crate::gateway::epp::dialect::Services;
use crate::gateway::epp::response::ResultCode;
use crate::gateway::xml::{Element, collapse};

/// A generation of the legacy schemas.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Generation {
    /// nom-account.
    pub(super) account: &'static str,
    /// nom-domain.
    pub(super) domain: &'static str,
    /// nom-contact.
    pub(super) contact: &'static str,
    /// nom-ns.
    pub(super) ns: &'static str,
    /// nom-notifications.
    pub(super) notifications: &'static str,
    /// Whether it has poll, fork, merge and creates of several names.
    pub(super) has_more: bool,
}

impl Generation {
    fn all(&self) -> [&'static str; 5] {
        [self.account, self.domain, self.contact, self.ns, self.notifications]
    }
}

/// What a login may use that declares these. An unknown namespace is an unimplemented object or extension; what may not stand
/// together is a policy error.
pub(super) fn judge(objects: &[Element<'_>], extensions: &[Element<'_>]) -> Result<Services, Fault> {
    let mut spoken: Option<&Generation> = None;
    let mut services = Services::default();
    let mut foreign = None;
    for element in objects {
        let given = collapse(element.text());
        // Schemas that all others import.
        if matches!(given.as_ref(), "urn:ietf:params:xml:ns:epp-1.0" | "urn:ietf:params:xml:ns:eppcom-1.0") {
            continue;
        }
        let known = [&V1_0, &V1_1].into_iter().find_map(|generation| {
            let uri = generation.all().into_iter().find(|uri| *uri == given)?;
            Some((generation, uri))
        });
        let Some((generation, uri)) = known else {
            foreign = foreign.or(Some(*element));
            continue;
        };
        if spoken.is_some_and(|spoken| spoken != generation) {
            return Err(mixed(*element));
        }
        spoken = Some(generation);
        if !services.objects.contains(&uri) {
            services.objects.push(uri);
        }
    }
    if let Some(element) = foreign {
        let other = OTHERS.iter().any(|start| collapse(element.text()).starts_with(start));
        return Err(if other && spoken.is_some() {
            mixed(element)
        } else {
            Fault::at(element, FaultKind::ObjectUnknown)
        });
    }
    if let Some(extension) = extensions.first() {
        return Err(Fault::at(*extension, FaultKind::ExtensionUnknown));
    }
    // Cases are answered in the namespace of notifications, whoever reads those.
    if let Some(generation) = spoken.filter(|generation| services.objects.contains(&generation.domain))
        && !services.objects.contains(&generation.notifications)
    {
        services.objects.push(generation.notifications);
    }
    Ok(services)
}

fn mixed(element: Element<'_>) -> Fault {
    let text = "schemas of two generations may not be declared together".to_owned();
    Fault::at(element, FaultKind::Worded { code: ResultCode::PolicyError, text })
}

/// 2008, the generation of the greeting.
pub(super) const V1_0: Generation = Generation {
    account: "http://www.nominet.org.uk/epp/xml/nom-account-1.0",
    domain: "http://www.nominet.org.uk/epp/xml/nom-domain-1.0",
    contact: "http://www.nominet.org.uk/epp/xml/nom-contact-1.0",
    ns: "http://www.nominet.org.uk/epp/xml/nom-ns-1.0",
    notifications: "http://www.nominet.org.uk/epp/xml/nom-notifications-1.0",
    has_more: false,
};

/// September 2008.
pub(super) const V1_1: Generation = Generation {
    account: "http://www.nominet.org.uk/epp/xml/nom-account-1.1",
    domain: "http://www.nominet.org.uk/epp/xml/nom-domain-1.1",
    contact: "http://www.nominet.org.uk/epp/xml/nom-contact-1.1",
    ns: "http://www.nominet.org.uk/epp/xml/nom-ns-1.1",
    notifications: "http://www.nominet.org.uk/epp/xml/nom-notifications-1.1",
    has_more: true,
};

/// What the namespaces of the other generations begin with.
const OTHERS: &[&str] = &["http://www.nominet.org.uk/epp/xml/", "urn:ietf:params:xml:ns:"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::xml::{Bounds, Document};

    fn login(objects: &[&str], extensions: &[&str]) -> Result<Services, FaultKind> {
        let list = |uris: &[&str]| uris.iter().map(|uri| format!("<u> {uri}\n</u>")).collect::<String>();
        let text = format!("<l><o>{}</o><e>{}</e></l>", list(objects), list(extensions));
        let document = Document::parse(&text, &Bounds::EPP).unwrap();
        let of = |name: &str| {
            let list = document.root().children().find(|child| child.name() == name).unwrap();
            list.children().collect::<Vec<_>>()
        };
        judge(&of("o"), &of("e")).map_err(|fault| fault.kind)
    }

    #[test]
    fn one_generation_is_declared_as_a_whole_or_in_part() {
        for generation in [&V1_0, &V1_1] {
            let all = login(&generation.all(), &[]).unwrap();
            assert_eq!(all.objects, generation.all());
            let domain = login(&[generation.domain], &[]).unwrap();
            assert_eq!(domain.objects, [generation.domain, generation.notifications]);
        }
        let imported = ["urn:ietf:params:xml:ns:epp-1.0", V1_0.account];
        assert_eq!(login(&imported, &[]).unwrap().objects, [V1_0.account]);
    }

    #[test]
    fn generations_do_not_mix_and_others_are_unknown() {
        let std = "urn:ietf:params:xml:ns:domain-1.0";
        let later = "http://www.nominet.org.uk/epp/xml/nom-domain-2.0";
        for mix in [[V1_0.domain, V1_1.account], [V1_1.domain, std], [later, V1_0.domain]] {
            assert!(matches!(login(&mix, &[]), Err(FaultKind::Worded { .. })), "{mix:?}");
        }
        for alone in [std, later, "urn:example:x"] {
            assert_eq!(login(&[alone], &[]), Err(FaultKind::ObjectUnknown), "{alone}");
        }
        let extension = "http://www.nominet.org.uk/epp/xml/std-release-1.0";
        assert_eq!(login(&[V1_0.domain], &[extension]), Err(FaultKind::ExtensionUnknown));
    }
}
