//! What a login may declare: one bundle of schemas, an extension only with its object, one version of each.
//!
//! Clients declare more and less than they should, and the original takes it: the schemas that others import, secDNS and the
//! abuse feed in either list, no host beside a domain.

use crate::gateway::epp::decode::{Fault, FaultKind};
use crate::gateway::epp::dialect::Services;
use crate::gateway::epp::response::ResultCode;
use crate::gateway::xml::{Element, collapse};

/// The namespaces.
pub(super) mod uri {
    pub(in crate::dialect::nominet) const DOMAIN: &str = "urn:ietf:params:xml:ns:domain-1.0";
    pub(in crate::dialect::nominet) const CONTACT: &str = "urn:ietf:params:xml:ns:contact-1.0";
    pub(in crate::dialect::nominet) const HOST: &str = "urn:ietf:params:xml:ns:host-1.0";
    pub(in crate::dialect::nominet) const SEC_DNS: &str = "urn:ietf:params:xml:ns:secDNS-1.1";
    pub(in crate::dialect::nominet) const TAG: &str = "http://www.nominet.org.uk/epp/xml/nom-tag-1.0";
    pub(in crate::dialect::nominet) const CONTACT_EXT: &str =
        "http://www.nominet.org.uk/epp/xml/contact-nom-ext-1.0";
    /// Never published, but one client writes it.
    pub(in crate::dialect::nominet) const CONTACT_EXT_1_1: &str =
        "http://www.nominet.org.uk/epp/xml/contact-nom-ext-1.1";
    pub(in crate::dialect::nominet) const DOMAIN_EXT_1_0: &str =
        "http://www.nominet.org.uk/epp/xml/domain-nom-ext-1.0";
    pub(in crate::dialect::nominet) const DOMAIN_EXT_1_1: &str =
        "http://www.nominet.org.uk/epp/xml/domain-nom-ext-1.1";
    pub(in crate::dialect::nominet) const DOMAIN_EXT_1_2: &str =
        "http://www.nominet.org.uk/epp/xml/domain-nom-ext-1.2";
    pub(in crate::dialect::nominet) const STD_CONTACT_ID: &str =
        "http://www.nominet.org.uk/epp/xml/std-contact-id-1.0";
    pub(in crate::dialect::nominet) const STD_FORK: &str = "http://www.nominet.org.uk/epp/xml/std-fork-1.0";
    pub(in crate::dialect::nominet) const STD_HANDSHAKE: &str =
        "http://www.nominet.org.uk/epp/xml/std-handshake-1.0";
    pub(in crate::dialect::nominet) const STD_LIST: &str = "http://www.nominet.org.uk/epp/xml/std-list-1.0";
    pub(in crate::dialect::nominet) const STD_LOCKS: &str = "http://www.nominet.org.uk/epp/xml/std-locks-1.0";
    pub(in crate::dialect::nominet) const STD_NOTIFICATIONS_1_0: &str =
        "http://www.nominet.org.uk/epp/xml/std-notifications-1.0";
    pub(in crate::dialect::nominet) const STD_NOTIFICATIONS_1_1: &str =
        "http://www.nominet.org.uk/epp/xml/std-notifications-1.1";
    pub(in crate::dialect::nominet) const STD_NOTIFICATIONS_1_2: &str =
        "http://www.nominet.org.uk/epp/xml/std-notifications-1.2";
    pub(in crate::dialect::nominet) const STD_RELEASE: &str =
        "http://www.nominet.org.uk/epp/xml/std-release-1.0";
    pub(in crate::dialect::nominet) const STD_UNRENEW: &str =
        "http://www.nominet.org.uk/epp/xml/std-unrenew-1.0";
    pub(in crate::dialect::nominet) const STD_WARNING: &str =
        "http://www.nominet.org.uk/epp/xml/std-warning-1.1";
    pub(in crate::dialect::nominet) const DIRECT_RIGHTS: &str =
        "http://www.nominet.org.uk/epp/xml/nom-direct-rights-1.0";
    pub(in crate::dialect::nominet) const DATA_QUALITY: &str =
        "http://www.nominet.org.uk/epp/xml/nom-data-quality-1.1";
    pub(in crate::dialect::nominet) const ABUSE_FEED: &str =
        "http://www.nominet.org.uk/epp/xml/nom-abuse-feed-1.0";
}

/// Judges a declaration: an unknown object is no object here, an unknown extension none, and what may not stand together is
/// a policy error.
pub(super) fn judge(objects: &[Element<'_>], extensions: &[Element<'_>]) -> Result<Services, Fault> {
    let mut services = Services::default();
    let mut foreign = None;
    for element in objects {
        let given = collapse(element.text());
        match given.as_ref() {
            // Schemas that all others import.
            "urn:ietf:params:xml:ns:epp-1.0" | "urn:ietf:params:xml:ns:eppcom-1.0" => {}
            uri::SEC_DNS => add(&mut services.extensions, uri::SEC_DNS),
            uri::ABUSE_FEED => add(&mut services.extensions, uri::ABUSE_FEED),
            other => {
                match [uri::DOMAIN, uri::CONTACT, uri::HOST, uri::TAG].iter().find(|known| **known == other) {
                    Some(known) => add(&mut services.objects, known),
                    None if other.starts_with(LEGACY) => foreign = foreign.or(Some(*element)),
                    None => return Err(Fault::at(*element, FaultKind::ObjectUnknown)),
                }
            }
        }
    }
    if let Some(element) = foreign {
        let alone = services == Services::default() && extensions.is_empty();
        return Err(if alone {
            Fault::at(element, FaultKind::ObjectUnknown)
        } else {
            forbidden(element, "schemas of two generations may not be declared together")
        });
    }
    let tag = objects.iter().find(|element| collapse(element.text()) == uri::TAG);
    if let Some(tag) = tag.filter(|_| objects.len() > 1 || !extensions.is_empty()) {
        return Err(forbidden(*tag, "the tag list may not be declared together with other schemas"));
    }
    for element in extensions {
        judge_extension(*element, &mut services)?;
    }
    // domain-1.0 imports host-1.0.
    if services.objects.contains(&uri::DOMAIN) {
        add(&mut services.objects, uri::HOST);
    }
    if services.extensions.contains(&uri::CONTACT_EXT) {
        add(&mut services.extensions, uri::CONTACT_EXT_1_1);
    }
    Ok(services)
}

fn judge_extension(element: Element<'_>, services: &mut Services) -> Result<(), Fault> {
    let given = collapse(element.text());
    let known = EXTENSIONS.iter().find(|(uri, _)| *uri == given);
    let (uri, base) = known.ok_or_else(|| Fault::at(element, FaultKind::ExtensionUnknown))?;
    if base.is_some_and(|base| !services.objects.contains(&base)) {
        return Err(forbidden(element, "an extension is declared together with its object"));
    }
    if services.extensions.iter().any(|other| other != uri && schema_of(other) == schema_of(uri)) {
        return Err(forbidden(element, "one version of a schema may be declared"));
    }
    add(&mut services.extensions, uri);
    Ok(())
}

fn forbidden(element: Element<'_>, text: &str) -> Fault {
    Fault::at(element, FaultKind::Worded { code: ResultCode::PolicyError, text: text.to_owned() })
}

/// `…/std-list` of `…/std-list-1.0`.
fn schema_of(uri: &str) -> &str {
    uri.rsplit_once('-').map_or(uri, |(schema, _)| schema)
}

fn add(uris: &mut Vec<&'static str>, uri: &'static str) {
    if !uris.contains(&uri) {
        uris.push(uri);
    }
}

/// What the namespaces of the legacy generations, of resellers and of dss begin with.
const LEGACY: &str = "http://www.nominet.org.uk/epp/xml/nom-";

/// What may be declared as an extension, and the object that it needs.
const EXTENSIONS: &[(&str, Option<&str>)] = &[
    (uri::CONTACT_EXT, Some(uri::CONTACT)),
    (uri::DOMAIN_EXT_1_0, Some(uri::DOMAIN)),
    (uri::DOMAIN_EXT_1_1, Some(uri::DOMAIN)),
    (uri::DOMAIN_EXT_1_2, Some(uri::DOMAIN)),
    (uri::STD_CONTACT_ID, Some(uri::CONTACT)),
    (uri::STD_FORK, Some(uri::DOMAIN)),
    (uri::STD_HANDSHAKE, Some(uri::DOMAIN)),
    (uri::STD_LIST, Some(uri::DOMAIN)),
    (uri::STD_LOCKS, Some(uri::DOMAIN)),
    (uri::STD_NOTIFICATIONS_1_0, Some(uri::DOMAIN)),
    (uri::STD_NOTIFICATIONS_1_1, Some(uri::DOMAIN)),
    (uri::STD_NOTIFICATIONS_1_2, Some(uri::DOMAIN)),
    (uri::STD_RELEASE, Some(uri::DOMAIN)),
    (uri::STD_UNRENEW, Some(uri::DOMAIN)),
    (uri::STD_WARNING, None),
    (uri::DIRECT_RIGHTS, Some(uri::DOMAIN)),
    (uri::DATA_QUALITY, Some(uri::CONTACT)),
    (uri::ABUSE_FEED, None),
    (uri::SEC_DNS, Some(uri::DOMAIN)),
];
