//! host-1.0: glue for hosts below our zones only, one address of each family, IPv6 written out.

use std::net::{IpAddr, Ipv6Addr};

use super::{roid_leaf, warning};
use crate::dialect::nominet::services::uri;
use crate::dialect::uk::tag;
use crate::dialect::uk::write::{Trail, instant_leaf, open_data};
use crate::gateway::epp::command::{Command, Outcome, Verb};
use crate::gateway::epp::decode::{Fault, FaultKind};
use crate::gateway::epp::object::{ObjectMapping, Terms, host as standard};
use crate::gateway::epp::response::{Part, close, leaf, push_statuses};
use crate::gateway::xml::{Element, escape};
use crate::registry::host::SpareGlue;
use crate::registry::host::check::{Checked, Unavailable};
use crate::registry::host::info::View;

/// host-1.0.
pub(in crate::dialect::nominet) struct NomHost;

impl ObjectMapping for NomHost {
    fn uri(&self) -> &'static str {
        uri::HOST
    }

    fn defines(&self, verb: Verb) -> bool {
        !matches!(verb, Verb::Renew | Verb::Transfer(_) | Verb::Login | Verb::Logout | Verb::Poll)
    }

    fn decode(&self, verb: Verb, element: Element<'_>, terms: &Terms<'_>) -> Result<Command, Fault> {
        if !self.defines(verb) {
            return Err(Fault::at(element, FaultKind::UndefinedVerb));
        }
        let mut command = standard::Host.decode(verb, element, terms)?;
        if let Command::HostCreate(create) = &mut command {
            create.spare_glue = SpareGlue::LeaveOut;
        }
        Ok(command)
    }

    fn encode(&self, _request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>, out: &mut String) {
        match outcome {
            Outcome::HostCheck(checked) => check_data(checked, out),
            Outcome::HostCreate(created) => {
                open_data("host", "creData", uri::HOST, &[], out);
                leaf("host:name", created.name.as_ref(), out);
                instant_leaf("host:crDate", created.created_at, out);
                close("host:creData", out);
            }
            Outcome::HostInfo(view) => info_data(view, out),
            _ => {}
        }
    }

    fn remarks(&self, _request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>) -> Vec<Part> {
        let Outcome::HostCreate(created) = outcome else {
            return Vec::new();
        };
        let left_out = created.left_out.iter().map(|address| {
            let address = address.to_string();
            let text = format!("Glue {address} is not needed; it has been ignored.");
            warning("glue-ignored", &[("ip", &address)], &text)
        });
        left_out.collect()
    }
}

fn check_data(checked: &Checked, out: &mut String) {
    open_data("host", "chkData", uri::HOST, &[], out);
    for (name, unavailable) in &checked.names {
        out.push_str("<host:cd><host:name avail=\"");
        out.push(if unavailable.is_none() { '1' } else { '0' });
        out.push_str("\">");
        escape(name, out);
        close("host:name", out);
        match unavailable {
            None => {}
            Some(Unavailable::InUse) => leaf("host:reason", "V289 Nameserver exists already.", out),
            Some(Unavailable::Malformed(_)) => leaf("host:reason", "V903 Not a valid host name.", out),
        }
        close("host:cd", out);
    }
    close("host:chkData", out);
}

fn info_data(view: &View, out: &mut String) {
    let host = &view.host;
    open_data("host", "infData", uri::HOST, &[], out);
    leaf("host:name", host.name.as_ref(), out);
    roid_leaf("host:roid", "NS", host.number.0, out);
    push_statuses("host:status", &view.statuses, out);
    for address in &host.addresses {
        match address {
            IpAddr::V4(v4) => {
                out.push_str("<host:addr ip=\"v4\">");
                out.push_str(&v4.to_string());
            }
            IpAddr::V6(v6) => {
                out.push_str("<host:addr ip=\"v6\">");
                out.push_str(&written_out(*v6));
            }
        }
        close("host:addr", out);
    }
    Trail::of_host(host).write("host", tag::shown, out);
    close("host:infData", out);
}

/// `0001:0002:…:0008`.
fn written_out(address: Ipv6Addr) -> String {
    address.segments().map(|segment| format!("{segment:04x}")).join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_out() {
        assert_eq!(written_out("2001:db8::8".parse().unwrap()), "2001:0db8:0000:0000:0000:0000:0000:0008");
    }
}
