//! Telling a registrar what was done to its objects without its asking (RFC 8590).

use crate::model::contact::Contact;
use crate::model::domain::Domain;
use crate::model::event::{Change, ChangeOperation, Event};
use crate::model::host::Host;
use crate::model::registrar::RegistrarId;
use crate::model::status::{ContactStatus, Facts, StatusSet};
use crate::registry::Actor;
use crate::registry::contact;
use crate::registry::domain::shown_statuses;
use crate::registry::transaction::Transaction;
use crate::store::StoreError;

impl Transaction<'_, '_> {
    /// Leaves a message for a domain's sponsor that the operator or the server did something to it; `domain` is as it is
    /// after that, or was before it where nothing is left. Says nothing to a registrar of what it did itself.
    pub(in crate::registry) fn tell_changed(
        &mut self,
        domain: &Domain,
        operation: ChangeOperation,
        reason: Option<String>,
    ) {
        let Some(change) = self.change_by_others(&domain.sponsor, operation, reason) else {
            return;
        };
        let statuses = shown_statuses(domain);
        let kept = Domain { auth_info: None, ..domain.clone() };
        self.notify(&domain.sponsor, Event::DomainChanged { domain: Box::new(kept), statuses, change });
    }

    /// As [`Self::tell_changed`], of a contact.
    pub(in crate::registry) fn tell_contact_changed(
        &mut self,
        contact: &Contact,
        operation: ChangeOperation,
    ) -> Result<(), StoreError> {
        if let Some((statuses, change)) = self.contact_change(contact, operation)? {
            let kept = Contact { auth_info: None, ..contact.clone() };
            self.notify(
                &contact.sponsor,
                Event::ContactActedOn { contact: Box::new(kept), statuses, change },
            );
        }
        Ok(())
    }

    /// What is told of a change of a contact, and the statuses that it shows; none when its sponsor made it.
    pub(in crate::registry) fn contact_change(
        &mut self,
        contact: &Contact,
        operation: ChangeOperation,
    ) -> Result<Option<(StatusSet<ContactStatus>, Change)>, StoreError> {
        let Some(change) = self.change_by_others(&contact.sponsor, operation, None) else {
            return Ok(None);
        };
        let linked = self.tx.contact_is_linked(contact.number)?;
        Ok(Some((contact::shown_statuses(contact, linked), change)))
    }

    /// As [`Self::tell_changed`], of a host.
    pub(in crate::registry) fn tell_host_changed(
        &mut self,
        host: &Host,
        operation: ChangeOperation,
    ) -> Result<(), StoreError> {
        let Some(change) = self.change_by_others(&host.sponsor, operation, None) else {
            return Ok(());
        };
        let associated = self.tx.host_is_linked(host.number)?;
        let statuses = host.statuses.effective(Facts { associated, pending: None });
        self.notify(&host.sponsor, Event::HostActedOn { host: Box::new(host.clone()), statuses, change });
        Ok(())
    }

    /// What is told of a change; none when the sponsor made it.
    fn change_by_others(
        &self,
        sponsor: &RegistrarId,
        operation: ChangeOperation,
        reason: Option<String>,
    ) -> Option<Change> {
        let by_server = self.due.is_some();
        if !by_server && self.is(sponsor) {
            return None;
        }
        let who = match &self.call.actor {
            _ if by_server => "server".to_owned(),
            Actor::Operator => "operator".to_owned(),
            Actor::Registrar(id) | Actor::Reseller { registrar: id, .. } => id.to_string(),
            Actor::Registrant => "registrant".to_owned(),
            Actor::Nobody | Actor::Server => "server".to_owned(),
        };
        Some(Change {
            operation,
            is_before: operation.leaves_nothing(),
            at: self.now,
            server_trid: self.call.server_trid.clone(),
            who,
            reason,
            statuses_set: Vec::new(),
            statuses_removed: Vec::new(),
        })
    }

    /// As [`Self::tell_changed`], of server statuses that the operator set and removed.
    pub(in crate::registry) fn tell_statuses(
        &mut self,
        domain: &Domain,
        statuses_set: &[String],
        statuses_removed: &[String],
    ) {
        let Some(change) = self.change_by_others(&domain.sponsor, ChangeOperation::Update, None) else {
            return;
        };
        let change = Change {
            statuses_set: statuses_set.to_vec(),
            statuses_removed: statuses_removed.to_vec(),
            ..change
        };
        let statuses = shown_statuses(domain);
        let kept = Domain { auth_info: None, ..domain.clone() };
        self.notify(&domain.sponsor, Event::DomainChanged { domain: Box::new(kept), statuses, change });
    }
}
