//! The listeners of a sandbox: their names, what they speak, where faults can be ordered.

use super::faults::{Place, Protocol};
use crate::gateway::tls::ClientCertificate;

/// An EPP listener of a sandbox.
pub(super) struct EppListener {
    /// Its name.
    pub(super) name: &'static str,
    /// Whose personality it has.
    pub(super) dialect: &'static str,
    /// Its port, from the first.
    pub(super) offset: u16,
    /// Which certificates it asks for; it speaks in the clear when absent.
    pub(super) client: Option<ClientCertificate>,
}

/// Where faults can be ordered.
pub(super) fn places() -> Vec<Place> {
    let epp = EPP_LISTENERS.iter().map(|listener| Place {
        name: listener.name,
        protocol: Protocol::Epp,
        has_tls: listener.client.is_some(),
        asks_certificates: !matches!(listener.client, None | Some(ClientCertificate::Off)),
    });
    let others = [(HTTP, Protocol::Rest), (XCP, Protocol::Xcp)];
    let others =
        others.map(|(name, protocol)| Place { name, protocol, has_tls: true, asks_certificates: false });
    epp.chain(others).collect()
}

pub(super) const IETF: &str = "ietf";
pub(super) const EIS: &str = "eis";
/// The EPP listeners, in the order in which they are opened.
pub(super) const EPP_LISTENERS: &[EppListener] = &[
    EppListener { name: IETF, dialect: IETF, offset: 0, client: Some(ClientCertificate::Required) },
    EppListener { name: EIS, dialect: EIS, offset: 1, client: Some(ClientCertificate::Optional) },
    EppListener { name: "nominet", dialect: "nominet", offset: 2, client: Some(ClientCertificate::Off) },
    // The same dialect in the clear, as Nominet's test systems have it.
    EppListener { name: "nominet_plain", dialect: "nominet", offset: 12, client: None },
    EppListener {
        name: "nominet_legacy",
        dialect: "nominet_legacy",
        offset: 3,
        client: Some(ClientCertificate::Off),
    },
];
pub(super) const HTTP: &str = "http";
pub(super) const XCP: &str = "xcp";
