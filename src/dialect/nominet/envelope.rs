//! Envelope, greeting and the course of a session.

use super::Profile;
use super::services::uri;
use crate::dialect::uk;
use crate::gateway::epp::dialect::Manners;
use crate::gateway::epp::response::Menu;

/// How its sessions go.
pub(super) const MANNERS: Manners = uk::MANNERS;

/// What a listener greets with.
pub(super) fn menu(profile: Profile, server_id: &str) -> Menu {
    let (objects, extensions) = match profile {
        Profile::Compat => (COMPAT_OBJECTS, COMPAT_EXTENSIONS),
        Profile::Std => (STD_OBJECTS, STD_EXTENSIONS),
    };
    Menu {
        server_id: server_id.to_owned(),
        objects: objects.to_vec(),
        extensions: extensions.to_vec(),
        dcp: uk::DCP,
    }
}

/// In the order of Nominet's greeting, one version of each.
const STD_OBJECTS: &[&str] = &[uri::CONTACT, uri::DOMAIN, uri::HOST];
const STD_EXTENSIONS: &[&str] = &[
    uri::CONTACT_EXT,
    uri::DOMAIN_EXT_1_2,
    uri::STD_CONTACT_ID,
    uri::STD_FORK,
    uri::STD_HANDSHAKE,
    uri::STD_LIST,
    uri::STD_LOCKS,
    uri::STD_NOTIFICATIONS_1_2,
    uri::STD_RELEASE,
    uri::STD_UNRENEW,
    uri::STD_WARNING,
    uri::DIRECT_RIGHTS,
    uri::DATA_QUALITY,
    uri::ABUSE_FEED,
    uri::SEC_DNS,
];

/// What the test bed offered in 2013, and what came later. Generations that are not served here are named too.
const COMPAT_OBJECTS: &[&str] = &[
    uri::ABUSE_FEED,
    "http://www.nominet.org.uk/epp/xml/nom-domain-2.0",
    "http://www.nominet.org.uk/epp/xml/nom-domain-2.1",
    "http://www.nominet.org.uk/epp/xml/nom-domain-2.2",
    "http://www.nominet.org.uk/epp/xml/nom-dss-1.0",
    "http://www.nominet.org.uk/epp/xml/nom-notifications-2.0",
    "http://www.nominet.org.uk/epp/xml/nom-notifications-2.1",
    "http://www.nominet.org.uk/epp/xml/nom-reseller-1.0",
    uri::TAG,
    uri::CONTACT,
    uri::DOMAIN,
    uri::HOST,
];
const COMPAT_EXTENSIONS: &[&str] = &[
    uri::CONTACT_EXT,
    uri::DOMAIN_EXT_1_0,
    uri::DOMAIN_EXT_1_1,
    uri::DOMAIN_EXT_1_2,
    uri::STD_CONTACT_ID,
    uri::STD_FORK,
    uri::STD_HANDSHAKE,
    uri::STD_LIST,
    uri::STD_LOCKS,
    uri::STD_NOTIFICATIONS_1_0,
    uri::STD_NOTIFICATIONS_1_1,
    uri::STD_NOTIFICATIONS_1_2,
    uri::STD_RELEASE,
    uri::STD_UNRENEW,
    uri::STD_WARNING,
    uri::DIRECT_RIGHTS,
    uri::DATA_QUALITY,
    uri::SEC_DNS,
];
