//! Verbs for contacts.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::domain::{parse_contact, parse_registrar};
use super::sql::{Row, VALUES_PER_SET, Value};
use super::{StoreError, Tx, from_json, to_json};
use crate::model::account::Account;
use crate::model::auth_info::StoredAuthInfo;
use crate::model::contact::{Contact, ContactId, Disclose, Email, Phone};
use crate::model::extras::Extras;
use crate::model::ident::Ident;
use crate::model::object::ContactNumber;
use crate::model::postal::PostalInfo;
use crate::model::registrar::RegistrarId;
use crate::model::standing::ContactStanding;
use crate::model::status::{ContactStatus, StatusSet};
use crate::model::transfer::Transfer;

impl Tx<'_> {
    /// The contact of this identifier, to be read or changed.
    pub fn contact(&mut self, id: &ContactId) -> Result<Option<Contact>, StoreError> {
        let sql = "SELECT number, id, sponsor, state FROM contact WHERE id = ?1 FOR UPDATE";
        self.first(sql, &[id.as_str().into()], read_contact)
    }

    /// The contact of this number, to be read.
    pub fn contact_by_number(&mut self, number: ContactNumber) -> Result<Option<Contact>, StoreError> {
        let sql = "SELECT number, id, sponsor, state FROM contact WHERE number = ?1";
        self.first(sql, &[number.0.into()], read_contact)
    }

    /// Numbers of the contacts of these identifiers; identifiers that are no contact are left out.
    pub fn contact_numbers(
        &mut self,
        ids: &[&ContactId],
    ) -> Result<HashMap<ContactId, ContactNumber>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let mut found = HashMap::new();
        for ids in ids.chunks(VALUES_PER_SET) {
            let (sql, values) = numbers_of(ids);
            found.extend(
                self.all(&sql, &values, |row| {
                    Ok((parse_contact(row.text(0)?)?, ContactNumber(row.int(1)?)))
                })?,
            );
        }
        Ok(found)
    }

    /// Adds a contact; none when the identifier is taken.
    pub fn insert_contact(&mut self, contact: &Contact) -> Result<Option<ContactNumber>, StoreError> {
        let sql = "INSERT INTO contact (id, sponsor, due_at, state) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT DO NOTHING RETURNING number";
        let state = to_json(&ContactState::of(contact))?;
        let params = [
            contact.id.as_str().into(),
            contact.sponsor.as_str().into(),
            due_at(contact).into(),
            (&state).into(),
        ];
        Ok(self.write_returning(sql, &params, |row| row.int(0))?.map(ContactNumber))
    }

    /// Writes a changed contact.
    pub fn update_contact(&mut self, contact: &Contact) -> Result<(), StoreError> {
        let sql = "UPDATE contact SET sponsor = ?2, due_at = ?3, state = ?4 WHERE number = ?1";
        let state = to_json(&ContactState::of(contact))?;
        let params = [
            contact.number.0.into(),
            contact.sponsor.as_str().into(),
            due_at(contact).into(),
            (&state).into(),
        ];
        self.write(sql, &params).map(drop)
    }

    /// Gives a contact another identifier; false when that is taken.
    pub fn rename_contact(&mut self, number: ContactNumber, id: &ContactId) -> Result<bool, StoreError> {
        let sql = "UPDATE contact SET id = ?2 WHERE number = ?1 \
                   AND NOT EXISTS (SELECT 1 FROM contact WHERE id = ?2)";
        Ok(self.write(sql, &[number.0.into(), id.as_str().into()])? > 0)
    }

    /// The contacts of a registrar in the order in which they were made, from behind a number on.
    pub fn contacts_sponsored(
        &mut self,
        sponsor: &RegistrarId,
        after: ContactNumber,
        most: u32,
    ) -> Result<Vec<Contact>, StoreError> {
        let sql = "SELECT number, id, sponsor, state FROM contact WHERE sponsor = ?1 AND number > ?2 \
                   ORDER BY number LIMIT ?3";
        self.all(sql, &[sponsor.as_str().into(), after.0.into(), most.into()], read_contact)
    }

    /// Removes a contact and the numbers of its people; nothing may be linked to it.
    pub fn delete_contact(&mut self, number: ContactNumber) -> Result<(), StoreError> {
        self.write("DELETE FROM person WHERE contact = ?1", &[number.0.into()])?;
        self.write("DELETE FROM contact WHERE number = ?1", &[number.0.into()]).map(drop)
    }

    /// The contacts to which something has fallen due by an instant, and when; the longest due first.
    pub fn contacts_due(
        &mut self,
        by: Timestamp,
        most: u32,
    ) -> Result<Vec<(Timestamp, ContactId)>, StoreError> {
        let sql = "SELECT due_at, id FROM contact WHERE due_at IS NOT NULL AND due_at <= ?1 ORDER BY due_at, id LIMIT ?2";
        self.all(sql, &[by.into(), most.into()], |row| Ok((row.instant(0)?, parse_contact(row.text(1)?)?)))
    }

    /// Whether a domain refers to this contact.
    pub fn contact_is_linked(&mut self, number: ContactNumber) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM domain_contact WHERE contact = ?1 LIMIT 1";
        Ok(self.first(sql, &[number.0.into()], |_| Ok(()))?.is_some())
    }
}

/// The part of a contact that no statement searches, as it is stored.
#[derive(Serialize, Deserialize)]
struct ContactState {
    created_by: RegistrarId,
    created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_by: Option<RegistrarId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transferred_at: Option<Timestamp>,
    postal: Vec<PostalInfo>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    voice: Option<Phone>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fax: Option<Phone>,
    email: Email,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ident: Option<Ident>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auth_info: Option<StoredAuthInfo>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disclose: Option<Disclose>,
    #[serde(default, skip_serializing_if = "StatusSet::is_empty")]
    statuses: StatusSet<ContactStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transfer: Option<Transfer>,
    #[serde(default, skip_serializing_if = "Account::is_empty")]
    account: Account,
    #[serde(default, skip_serializing_if = "Extras::is_empty")]
    extras: Extras,
    #[serde(default, skip_serializing_if = "ContactStanding::is_clear")]
    standing: ContactStanding,
}

impl ContactState {
    fn of(contact: &Contact) -> Self {
        Self {
            created_by: contact.created_by.clone(),
            created_at: contact.created_at,
            updated_by: contact.updated_by.clone(),
            updated_at: contact.updated_at,
            transferred_at: contact.transferred_at,
            postal: contact.postal.clone(),
            voice: contact.voice.clone(),
            fax: contact.fax.clone(),
            email: contact.email.clone(),
            ident: contact.ident.clone(),
            auth_info: contact.auth_info.clone(),
            disclose: contact.disclose.clone(),
            statuses: contact.statuses.clone(),
            transfer: contact.transfer.clone(),
            account: contact.account.clone(),
            extras: contact.extras.clone(),
            standing: contact.standing.clone(),
        }
    }
}

/// `number, id, sponsor, state`.
pub(super) fn read_contact(row: &dyn Row) -> Result<Contact, StoreError> {
    let state: ContactState = from_json(row.text(3)?)?;
    Ok(Contact {
        number: ContactNumber(row.int(0)?),
        id: parse_contact(row.text(1)?)?,
        sponsor: parse_registrar(row.text(2)?)?,
        created_by: state.created_by,
        created_at: state.created_at,
        updated_by: state.updated_by,
        updated_at: state.updated_at,
        transferred_at: state.transferred_at,
        postal: state.postal,
        voice: state.voice,
        fax: state.fax,
        email: state.email,
        ident: state.ident,
        auth_info: state.auth_info,
        disclose: state.disclose,
        statuses: state.statuses,
        transfer: state.transfer,
        account: state.account,
        extras: state.extras,
        standing: state.standing,
    })
}

/// Asks for `id, number` of these, to be referred to.
pub(super) fn numbers_of<'v>(ids: &[&'v ContactId]) -> (String, Vec<Value<'v>>) {
    Tx::set_of("SELECT id, number FROM contact WHERE id IN (??) FOR SHARE", ids.iter().map(|id| id.as_str()))
}

/// The next instant at which something happens to the contact without a command.
pub(super) fn due_at(contact: &Contact) -> Option<Timestamp> {
    contact.transfer.as_ref().filter(|transfer| transfer.is_pending()).map(|transfer| transfer.act_at)
}
