//! `host:create` (RFC 5732 §3.2.1).

use std::net::IpAddr;

use jiff::Timestamp;

use super::{
    SpareGlue, demand_glue_place, demand_lasting, judge_addresses, superordinate_name, superordinate_to_use,
};
use crate::model::host::Host;
use crate::model::name::HostName;
use crate::model::object::{HostNumber, ObjectKind};
use crate::model::status::StatusSet;
use crate::registry::refusal::Refusal;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Makes a host that the registrar which asks will sponsor.
#[derive(Clone, Debug)]
pub struct Create {
    /// Its name.
    pub name: HostName,
    /// Glue; none is demanded, and none is taken for a host outside our zones.
    pub addresses: Vec<IpAddr>,
    /// What becomes of glue for a host outside our zones.
    pub spare_glue: SpareGlue,
}

/// A host is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Its name.
    pub name: HostName,
    /// When (`crDate`).
    pub created_at: Timestamp,
    /// Glue that was left out.
    pub left_out: Vec<IpAddr>,
}

impl Operation for Create {
    type Outcome = Created;
    const NAME: &'static str = "host:create";
    const ACCESS: Access = Access::Write;
    const LOOKS_FIRST: bool = true;

    fn looks_refused(&self, t: &mut Transaction<'_, '_>) -> Result<bool, Error> {
        Ok(!t.tx.host_numbers(&[&self.name])?.is_empty())
    }

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Created, Error> {
        let inside = superordinate_name(&t.policy, &self.name).is_some();
        let (addresses, left_out) = self.spare_glue.part(inside, &self.addresses);
        let mut refusals = judge_addresses(&addresses);
        refusals.extend(demand_glue_place(&t.policy, &self.name, inside, &addresses).err());
        if !refusals.is_empty() {
            return Err(Error::Refused(refusals));
        }
        t.demand_business_right(None)?;
        let sponsor = t.registrar()?.id.clone();
        let superordinate = superordinate_to_use(t, &self.name)?;
        if !t.tx.host_numbers(&[&self.name])?.is_empty() {
            return Err(self.taken());
        }
        superordinate.as_ref().map_or(Ok(()), demand_lasting)?;
        let mut host = Host {
            number: HostNumber(0),
            name: self.name.clone(),
            created_by: sponsor.clone(),
            sponsor,
            superordinate: superordinate.map(|domain| domain.number),
            created_at: t.now,
            updated_by: None,
            updated_at: None,
            transferred_at: None,
            addresses,
            statuses: StatusSet::new(),
        };
        // Two that create the same name at once have both seen it free; the store lets one of them have it.
        host.number = t.tx.insert_host(&host)?.ok_or_else(|| self.taken())?;
        t.record_host(None, Some(&host));
        Ok(Created { name: host.name, created_at: host.created_at, left_out })
    }
}

impl Create {
    fn taken(&self) -> Error {
        Refusal::Taken { kind: ObjectKind::Host, name: self.name.to_string() }.into()
    }
}
