//! nom-ns: name servers by number.

use super::{Children, address_leaf, addresses, roid, tag};
use crate::dialect::nominet_legacy::generation::Generation;
use crate::dialect::uk::read::host_name;
use crate::dialect::uk::write::{Trail, instant_leaf, open_data};
use crate::dialect::uk::{host_of_roid, host_roid};
use crate::gateway::epp::command::{Command, Outcome, Verb};
use crate::gateway::epp::decode::{Fault, FaultKind};
use crate::gateway::epp::object::{ObjectMapping, Terms};
use crate::gateway::epp::response::{close, leaf};
use crate::gateway::xml::Element;
use crate::model::domain::NameServer;
use crate::model::host::Host;
use crate::registry::host::given::{AmendNumbered, InfoNumbered};

/// nom-ns of a generation.
pub(crate) struct LegacyNs(pub(in crate::dialect::nominet_legacy) &'static Generation);

impl ObjectMapping for LegacyNs {
    fn uri(&self) -> &'static str {
        self.0.ns
    }

    fn defines(&self, verb: Verb) -> bool {
        matches!(verb, Verb::Info | Verb::Update)
    }

    fn decode(&self, verb: Verb, element: Element<'_>, _terms: &Terms<'_>) -> Result<Command, Fault> {
        let g = self.0;
        let known: &[&str] = if verb == Verb::Info { &["roid"] } else { &["roid", "name", "addr"] };
        let children = Children::of(element, g.ns, known, &[])?;
        let number = roid(children.required("roid")?, host_of_roid)?;
        match verb {
            Verb::Info => Ok(Command::HostInfoNumbered(InfoNumbered { number })),
            Verb::Update => {
                let name = children.optional("name")?.map(host_name).transpose()?;
                let given: Vec<Element<'_>> = children.many("addr").collect();
                let says = |addr: &Element<'_>| !addr.text().trim_ascii().is_empty();
                let addresses =
                    if given.is_empty() { None } else { Some(addresses(given.into_iter().filter(says))?) };
                Ok(Command::HostAmendNumbered(AmendNumbered { number, name, addresses }))
            }
            _ => Err(Fault::at(element, FaultKind::UndefinedVerb)),
        }
    }

    fn encode(&self, _request: Element<'_>, outcome: &Outcome, _terms: &Terms<'_>, out: &mut String) {
        if let Outcome::HostInfoNumbered(view) = outcome {
            write(self.0, &view.host, out);
        }
    }
}

/// `ns:infData`.
pub(super) fn write(g: &Generation, host: &Host, out: &mut String) {
    open_data("ns", "infData", g.ns, &[], out);
    leaf("ns:roid", &host_roid(host.number), out);
    leaf("ns:name", host.name.as_ref(), out);
    host.addresses.iter().for_each(|address| address_leaf("ns:addr", *address, out));
    Trail::of_host(host).write("ns", tag, out);
    close("ns:infData", out);
}

/// `ns:creData`.
pub(super) fn write_made(g: &Generation, host: &Host, out: &mut String) {
    open_data("ns", "creData", g.ns, &[], out);
    leaf("ns:roid", &host_roid(host.number), out);
    leaf("ns:name", host.name.as_ref(), out);
    instant_leaf("ns:crDate", host.created_at, out);
    close("ns:creData", out);
}

/// `ns:infData` of which only number and name are known.
pub(super) fn write_named(g: &Generation, server: &NameServer, out: &mut String) {
    open_data("ns", "infData", g.ns, &[], out);
    if let NameServer::Object(number, _) = server {
        leaf("ns:roid", &host_roid(*number), out);
    }
    leaf("ns:name", server.name().as_ref(), out);
    close("ns:infData", out);
}
