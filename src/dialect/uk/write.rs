//! Pieces of answers that both generations write alike: the element with its schema's place, instants, who and when.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::gateway::epp::dialect::EPP;
use crate::gateway::epp::response::{Letterhead, ResultCode, close, leaf, open};
use crate::model::contact::Contact;
use crate::model::domain::Domain;
use crate::model::host::Host;
use crate::model::registrar::RegistrarId;

/// One envelope. Clients that read lines until the end tag need the line feed behind it.
pub(crate) const LETTERHEADS: &[Letterhead] = &[Letterhead {
    namespace: EPP,
    schema_location: Some("urn:ietf:params:xml:ns:epp-1.0 epp-1.0.xsd"),
    failure_language: None,
    text: ResultCode::text,
    push_instant,
    closing: "</epp>\n",
}];

/// Data collection, as the registry says it in every greeting.
pub(crate) const DCP: &str = "<access><all/></access><statement><purpose><admin/><prov/></purpose><recipient><ours/></recipient>\
     <retention><indefinite/></retention></statement>";

/// UTC without a fraction: `2013-02-20T13:07:10Z`.
fn push_instant(at: Timestamp, out: &mut String) {
    out.push_str(&at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
}

/// `<domain:infData …>`: the element of an answer's data with its namespace, its schema's place and further attributes, as the
/// original writes it.
pub(crate) fn open_data(prefix: &str, tag: &str, uri: &str, attributes: &[(&str, &str)], out: &mut String) {
    let schema = uri.rsplit(['/', ':']).next().unwrap_or(uri);
    for part in ["<", prefix, ":", tag, " xmlns:", prefix, "=\"", uri, "\""] {
        out.push_str(part);
    }
    for (name, value) in attributes {
        for part in [" ", name, "=\"", value, "\""] {
            out.push_str(part);
        }
    }
    for part in [" xsi:schemaLocation=\"", uri, " ", schema, ".xsd\">"] {
        out.push_str(part);
    }
}

/// An element with an instant.
pub(crate) fn instant_leaf(name: &str, at: Timestamp, out: &mut String) {
    open(name, out);
    push_instant(at, out);
    close(name, out);
}

/// An element with a text, where there is one.
pub(crate) fn optional_leaf(name: &str, text: Option<&str>, out: &mut String) {
    if let Some(text) = text {
        leaf(name, text, out);
    }
}

/// Who has an object, who made it and who changed it.
pub(crate) struct Trail<'o> {
    pub(crate) sponsor: &'o RegistrarId,
    pub(crate) created_by: &'o RegistrarId,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_by: Option<&'o RegistrarId>,
    pub(crate) updated_at: Option<Timestamp>,
}

impl<'o> Trail<'o> {
    /// A contact's.
    pub(crate) fn of_contact(contact: &'o Contact) -> Self {
        Self {
            sponsor: &contact.sponsor,
            created_by: &contact.created_by,
            created_at: contact.created_at,
            updated_by: contact.updated_by.as_ref(),
            updated_at: contact.updated_at,
        }
    }

    /// A domain's.
    pub(crate) fn of_domain(domain: &'o Domain) -> Self {
        Self {
            sponsor: &domain.sponsor,
            created_by: &domain.created_by,
            created_at: domain.created_at,
            updated_by: domain.updated_by.as_ref(),
            updated_at: domain.updated_at,
        }
    }

    /// A host's.
    pub(crate) fn of_host(host: &'o Host) -> Self {
        Self {
            sponsor: &host.sponsor,
            created_by: &host.created_by,
            created_at: host.created_at,
            updated_by: host.updated_by.as_ref(),
            updated_at: host.updated_at,
        }
    }

    /// Writes `clID` to `upDate`; `spelt` is how the generation writes a tag.
    pub(crate) fn write(&self, prefix: &str, spelt: fn(&RegistrarId) -> Cow<'_, str>, out: &mut String) {
        let tag = |name: &str| format!("{prefix}:{name}");
        leaf(&tag("clID"), &spelt(self.sponsor), out);
        leaf(&tag("crID"), &spelt(self.created_by), out);
        instant_leaf(&tag("crDate"), self.created_at, out);
        optional_leaf(&tag("upID"), self.updated_by.map(spelt).as_deref(), out);
        if let Some(at) = self.updated_at {
            instant_leaf(&tag("upDate"), at, out);
        }
    }
}
