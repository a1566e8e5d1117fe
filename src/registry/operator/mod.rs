//! What only the registry's operator does: registrars, TLDs, server statuses, forced deletes, and looking at everything.

pub mod delete;
pub mod look;
pub mod referral;
pub mod registrants;
pub mod registrars;
pub mod reports;
pub mod statuses;
pub mod suspensions;
pub mod tlds;

pub use self::delete::ForcedDelete;
pub use self::look::{History, Show};
pub use self::registrants::{ChangeContact, TransferRegistrant};
pub use self::registrars::{AddRegistrar, ChangeRegistrar, ListRegistrars, RegistrarChange, RegistrarSeen};
pub use self::reports::{QuestionData, ReportAbuse, ValidateData};
pub use self::statuses::SetServerStatuses;
pub use self::suspensions::{LiftSuspension, Suspend};
pub use self::tlds::{AddTld, ListTlds, SetTld};
use super::refusal::{Field, Refusal, Rule};
use super::transaction::Transaction;
use super::{Actor, Error};
use crate::model::contact::ContactId;
use crate::model::name::{DomainName, HostName};
use crate::model::object::ObjectKind;

/// Refuses everyone but the operator.
pub(in crate::registry) fn demand_operator(t: &Transaction<'_, '_>) -> Result<(), Error> {
    match t.call.actor {
        Actor::Operator => Ok(()),
        Actor::Nobody | Actor::Registrar(_) | Actor::Reseller { .. } | Actor::Server => {
            Err(Refusal::OperatorNeeded.into())
        }
    }
}

/// An object's name as its kind spells it.
enum ObjectName {
    Contact(ContactId),
    Domain(DomainName),
    Host(HostName),
}

impl ObjectName {
    fn parse(kind: ObjectKind, name: &str) -> Result<Self, Error> {
        let malformed = |why: String| {
            Refusal::policy(Field::naming(kind), name, Rule::Malformed(format!("{name}: {why}")))
        };
        let parsed = match kind {
            ObjectKind::Contact => {
                ContactId::parse(name).map(Self::Contact).map_err(|e| malformed(e.to_string()))
            }
            ObjectKind::Domain => {
                DomainName::parse(name).map(Self::Domain).map_err(|e| malformed(e.to_string()))
            }
            ObjectKind::Host => HostName::parse(name).map(Self::Host).map_err(|e| malformed(e.to_string())),
        };
        Ok(parsed?)
    }
}
