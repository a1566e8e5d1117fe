//! DNS security (RFC 5910): DS or key data of a domain, in create, update and info.

mod decode;

use crate::gateway::epp::command::{Command, Outcome};
use crate::gateway::epp::decode::{Fault, FaultKind};
use crate::gateway::epp::extension::{Applied, Extension};
use crate::gateway::epp::response::{Part, close, leaf, open};
use crate::gateway::xml::Element;
use crate::model::octets::{to_base64, to_hex};
use crate::model::sec_dns::{DsData, KeyData, Records, SecDns as Data};

/// secDNS-1.1.
pub(super) struct SecDns;

impl Extension for SecDns {
    fn uri(&self) -> &'static str {
        URI
    }

    fn on_command(&self, element: Element<'_>, command: &mut Command) -> Result<Applied, Fault> {
        match command {
            Command::DomainCreate(create) => {
                expect(element, "create")?;
                create.sec_dns = decode::create(element)?;
            }
            Command::DomainUpdate(update) => {
                expect(element, "update")?;
                update.sec_dns = Some(decode::update(element)?);
            }
            _ => return Ok(Applied::No),
        }
        Ok(Applied::Yes)
    }

    fn answer(&self, outcome: &Outcome) -> Option<Part> {
        let Outcome::DomainInfo(view) = outcome else {
            return None;
        };
        let data = &view.domain.sec_dns;
        (!data.records.is_empty()).then(|| Part { uri: URI, xml: info_data(data) })
    }
}

fn expect(element: Element<'_>, name: &str) -> Result<(), Fault> {
    if element.name() == name { Ok(()) } else { Err(Fault::at(element, FaultKind::Unexpected)) }
}

fn info_data(data: &Data) -> String {
    let mut out = format!("<secDNS:infData xmlns:secDNS=\"{URI}\">");
    if let Some(life) = data.max_sig_life {
        leaf("secDNS:maxSigLife", &life.to_string(), &mut out);
    }
    match &data.records {
        Records::None => {}
        Records::Ds(records) => records.iter().for_each(|record| ds_data(record, &mut out)),
        Records::Key(keys) => keys.iter().for_each(|key| key_data(key, &mut out)),
    }
    close("secDNS:infData", &mut out);
    out
}

fn ds_data(record: &DsData, out: &mut String) {
    open("secDNS:dsData", out);
    leaf("secDNS:keyTag", &record.key_tag.to_string(), out);
    leaf("secDNS:alg", &record.algorithm.to_string(), out);
    leaf("secDNS:digestType", &record.digest_type.to_string(), out);
    leaf("secDNS:digest", &to_hex(&record.digest).to_ascii_uppercase(), out);
    if let Some(key) = &record.key_data {
        key_data(key, out);
    }
    close("secDNS:dsData", out);
}

fn key_data(key: &KeyData, out: &mut String) {
    open("secDNS:keyData", out);
    leaf("secDNS:flags", &key.flags.to_string(), out);
    leaf("secDNS:protocol", &key.protocol.to_string(), out);
    leaf("secDNS:alg", &key.algorithm.to_string(), out);
    leaf("secDNS:pubKey", &to_base64(&key.public_key), out);
    close("secDNS:keyData", out);
}

const URI: &str = "urn:ietf:params:xml:ns:secDNS-1.1";
