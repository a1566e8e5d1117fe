//! Telling a registrar what was done to its domain without its asking (RFC 8590).

use crate::model::domain::Domain;
use crate::model::event::{Change, ChangeOperation, Event};
use crate::registry::Actor;
use crate::registry::domain::shown_statuses;
use crate::registry::transaction::Transaction;

impl Transaction<'_, '_> {
    /// Leaves a message for a domain's sponsor that the operator or the server did something to it; `domain` is as it is
    /// after that, or was before it where nothing is left. Says nothing to a registrar of what it did itself.
    pub(in crate::registry) fn tell_changed(
        &mut self,
        domain: &Domain,
        operation: ChangeOperation,
        reason: Option<String>,
    ) {
        let by_server = self.due.is_some();
        if !by_server && self.is(&domain.sponsor) {
            return;
        }
        let who = match &self.call.actor {
            _ if by_server => "server".to_owned(),
            Actor::Operator => "operator".to_owned(),
            Actor::Registrar(id) | Actor::Reseller { registrar: id, .. } => id.to_string(),
            Actor::Registrant => "registrant".to_owned(),
            Actor::Nobody | Actor::Server => "server".to_owned(),
        };
        let change = Change {
            operation,
            is_before: operation.leaves_nothing(),
            at: self.now,
            server_trid: self.call.server_trid.clone(),
            who,
            reason,
            statuses_set: Vec::new(),
            statuses_removed: Vec::new(),
        };
        self.tell_change(domain, change);
    }

    /// As [`Self::tell_changed`], of server statuses that the operator set and removed.
    pub(in crate::registry) fn tell_statuses(
        &mut self,
        domain: &Domain,
        statuses_set: &[String],
        statuses_removed: &[String],
    ) {
        let change = Change {
            operation: ChangeOperation::Update,
            is_before: false,
            at: self.now,
            server_trid: self.call.server_trid.clone(),
            who: "operator".to_owned(),
            reason: None,
            statuses_set: statuses_set.to_vec(),
            statuses_removed: statuses_removed.to_vec(),
        };
        self.tell_change(domain, change);
    }

    fn tell_change(&mut self, domain: &Domain, change: Change) {
        let statuses = shown_statuses(domain);
        let kept = Domain { auth_info: None, ..domain.clone() };
        self.notify(&domain.sponsor, Event::DomainChanged { domain: Box::new(kept), statuses, change });
    }
}

impl ChangeOperation {
    /// Whether no object is left after it (RFC 8590 §2.2).
    fn leaves_nothing(self) -> bool {
        match self {
            Self::AutoDeletePurge | Self::AutoPurge | Self::DeletePurge => true,
            Self::AutoDelete | Self::AutoRenew | Self::Delete | Self::RestoreLapse | Self::Update => false,
        }
    }
}
