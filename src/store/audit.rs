//! Verbs that look over the whole store, for `domesday verify`. What an engine promises by its schema is asked all the same: a damaged
//! file, a restored one and one that another program wrote break such promises.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::contact::read_contact;
use super::domain::{link_contacts, link_hosts, parse_registrar, read_domain};
use super::history::{parse_kind, read_entry};
use super::host::read_host;
use super::{StoreError, Tx};
use crate::model::contact::Contact;
use crate::model::domain::{ContactRole, Domain};
use crate::model::history::HistoryEntry;
use crate::model::host::Host;
use crate::model::object::ObjectKind;
use crate::model::registrar::RegistrarId;

/// An object as it lies in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept<T> {
    /// The object.
    pub object: T,
    /// Whether what falls due for it is listed under the instant that its state asks for.
    pub is_listed_right: bool,
}

/// What history says last of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastChange {
    /// The object's number.
    pub number: i64,
    /// Its name or identifier then.
    pub name: String,
    /// The state after the change, as JSON; none when it is gone.
    pub after: Option<String>,
}

/// A registrar's service messages, counted twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageTally {
    /// Whose.
    pub registrar: RegistrarId,
    /// As its row tells.
    pub counted: i64,
    /// As there are.
    pub queued: i64,
}

/// An account's balance, as its row tells and as its entries add up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountTally {
    /// Whose: a registrar, or a reseller.
    pub owner: String,
    /// As its row tells.
    pub balance: i64,
    /// The sum of its entries.
    pub entered: i64,
    /// What a registrar's row tells that its resellers have available.
    pub reserved: i64,
    /// What they have.
    pub available: i64,
}

impl Tx<'_> {
    /// The highest number that an object of this kind has or had; 0 when there never was one.
    pub fn highest_number(&mut self, kind: ObjectKind) -> Result<i64, StoreError> {
        let table = kind.as_str();
        let sql = format!(
            "SELECT max(n) FROM (SELECT max(number) AS n FROM {table} UNION ALL \
             SELECT max(object) FROM history WHERE kind = '{table}') AS highest"
        );
        Ok(self.first(&sql, &[], |row| row.opt_int(0))?.flatten().unwrap_or(0))
    }

    /// The domains whose numbers are at least `from` and below `below`, by number.
    pub fn domains_between(&mut self, from: i64, below: i64) -> Result<Vec<Kept<Domain>>, StoreError> {
        let bounds = [from.into(), below.into()];
        let mut contacts: HashMap<i64, Vec<_>> = HashMap::new();
        let sql = "SELECT l.domain, l.role, c.number, c.id FROM domain_contact l JOIN contact c ON c.number = l.contact \
                   WHERE l.domain >= ?1 AND l.domain < ?2 ORDER BY l.domain, l.position";
        let links = self.all(sql, &bounds, |row| {
            let role = ContactRole::parse(row.text(1)?);
            Ok((row.int(0)?, (role, (row.int(2)?, row.text(3)?.to_owned()))))
        })?;
        links.into_iter().for_each(|(domain, link)| contacts.entry(domain).or_default().push(link));
        let mut hosts: HashMap<i64, Vec<_>> = HashMap::new();
        let sql = "SELECT l.domain, h.number, h.name FROM domain_host l JOIN host h ON h.number = l.host \
                   WHERE l.domain >= ?1 AND l.domain < ?2 ORDER BY l.domain, l.position";
        let links =
            self.all(sql, &bounds, |row| Ok((row.int(0)?, (row.int(1)?, row.text(2)?.to_owned()))))?;
        links.into_iter().for_each(|(domain, link)| hosts.entry(domain).or_default().push(link));

        let sql = "SELECT number, name, sponsor, expires_at, state, reseller, due_at FROM domain \
                   WHERE number >= ?1 AND number < ?2 ORDER BY number";
        let found = self.all(sql, &bounds, |row| Ok((read_domain(row)?, row.opt_int(6)?)))?;
        let linked = found.into_iter().map(|(mut domain, due_at)| {
            let number = domain.number.0;
            link_contacts(&mut domain, contacts.remove(&number).unwrap_or_default())?;
            link_hosts(&mut domain, hosts.remove(&number).unwrap_or_default())?;
            let is_listed_right = due_at == Some(domain.due_at().as_second());
            Ok(Kept { object: domain, is_listed_right })
        });
        linked.collect()
    }

    /// The contacts whose numbers are at least `from` and below `below`, by number.
    pub fn contacts_between(&mut self, from: i64, below: i64) -> Result<Vec<Kept<Contact>>, StoreError> {
        let sql = "SELECT number, id, sponsor, state, due_at FROM contact \
                   WHERE number >= ?1 AND number < ?2 ORDER BY number";
        self.all(sql, &[from.into(), below.into()], |row| {
            let object = read_contact(row)?;
            let is_listed_right = row.opt_int(4)? == super::contact::due_at(&object).map(|at| at.as_second());
            Ok(Kept { object, is_listed_right })
        })
    }

    /// The hosts whose numbers are at least `from` and below `below`, by number. Nothing falls due for a host.
    pub fn hosts_between(&mut self, from: i64, below: i64) -> Result<Vec<Kept<Host>>, StoreError> {
        let sql = "SELECT number, name, sponsor, superordinate, state FROM host \
                   WHERE number >= ?1 AND number < ?2 ORDER BY number";
        self.all(sql, &[from.into(), below.into()], |row| {
            Ok(Kept { object: read_host(row)?, is_listed_right: true })
        })
    }

    /// The newest history entry of each object whose number is at least `from` and below `below`, by number.
    pub fn last_changes(
        &mut self,
        kind: ObjectKind,
        from: i64,
        below: i64,
    ) -> Result<Vec<LastChange>, StoreError> {
        let sql = "SELECT object, name, after_change FROM history h \
                   WHERE kind = ?1 AND object >= ?2 AND object < ?3 AND number = \
                   (SELECT max(number) FROM history l WHERE l.kind = h.kind AND l.object = h.object) ORDER BY object";
        self.all(sql, &[kind.as_str().into(), from.into(), below.into()], |row| {
            Ok(LastChange {
                number: row.int(0)?,
                name: row.text(1)?.to_owned(),
                after: row.opt_text(2)?.map(str::to_owned),
            })
        })
    }

    /// History in the order in which it was written, after the entry of this number; each with its number, at most `most`.
    pub fn changes_since(&mut self, number: i64, most: u32) -> Result<Vec<(i64, HistoryEntry)>, StoreError> {
        let sql = "SELECT at, object, name, operation, actor, client_trid, server_trid, before_change, after_change, \
                   number, kind FROM history WHERE number > ?1 ORDER BY number LIMIT ?2";
        self.all(sql, &[number.into(), most.into()], |row| {
            Ok((row.int(9)?, read_entry(parse_kind(row.text(10)?)?, row)?))
        })
    }

    /// Rows that refer to a row that is not there: for each kind of reference, what it is and how many do.
    pub fn dangling_references(&mut self) -> Result<Vec<(&'static str, u64)>, StoreError> {
        let mut found = Vec::with_capacity(REFERENCES.len());
        for &(reference, child, column, parent, key) in REFERENCES {
            let sql = format!(
                "SELECT count(*) FROM {child} c LEFT JOIN {parent} p ON p.{key} = c.{column} \
                 WHERE c.{column} IS NOT NULL AND p.{key} IS NULL"
            );
            let count = self.first(&sql, &[], |row| row.int(0))?.unwrap_or(0);
            found.push((reference, count.unsigned_abs()));
        }
        Ok(found)
    }

    /// Names that more than one object of a kind bears, read from the objects and not from the index that forbids it; a few.
    pub fn repeated_names(&mut self, kind: ObjectKind) -> Result<Vec<String>, StoreError> {
        let (table, name) = (kind.as_str(), if kind == ObjectKind::Contact { "id" } else { "name" });
        let sql = format!(
            "SELECT min({name}) FROM {table} GROUP BY {name} || '' HAVING count(*) > 1 ORDER BY 1 LIMIT 100"
        );
        self.all(&sql, &[], |row| Ok(row.text(0)?.to_owned()))
    }

    /// Each registrar's service messages, as its row counts them and as they are.
    pub fn message_tallies(&mut self) -> Result<Vec<MessageTally>, StoreError> {
        let sql = "SELECT r.id, r.messages, (SELECT count(*) FROM message m WHERE m.registrar = r.id) \
                   FROM registrar r ORDER BY r.id";
        self.all(sql, &[], |row| {
            Ok(MessageTally {
                registrar: parse_registrar(row.text(0)?)?,
                counted: row.int(1)?,
                queued: row.int(2)?,
            })
        })
    }

    /// Every account's balance beside the sum of its entries: registrars' by id, then resellers' by name.
    pub fn account_tallies(&mut self) -> Result<Vec<AccountTally>, StoreError> {
        let of_registrars = "SELECT r.id, r.balance, \
             CAST(COALESCE((SELECT sum(l.amount) FROM ledger l WHERE l.registrar = r.id), 0) AS BIGINT), r.reserved, \
             CAST(COALESCE((SELECT sum(p.balance - p.held) FROM reseller p \
                            WHERE p.registrar = r.id AND p.balance > p.held), 0) AS BIGINT) \
             FROM registrar r ORDER BY r.id";
        let of_resellers = "SELECT p.username, p.balance, \
             CAST(COALESCE((SELECT sum(l.amount) FROM reseller_ledger l WHERE l.reseller = p.username), 0) AS BIGINT), CAST(0 AS BIGINT), CAST(0 AS BIGINT) \
             FROM reseller p ORDER BY p.username";
        let mut tallies = Vec::new();
        for sql in [of_registrars, of_resellers] {
            tallies.extend(self.all(sql, &[], |row| {
                Ok(AccountTally {
                    owner: row.text(0)?.to_owned(),
                    balance: row.int(1)?,
                    entered: row.int(2)?,
                    reserved: row.int(3)?,
                    available: row.int(4)?,
                })
            })?);
        }
        Ok(tallies)
    }
}

/// What refers to what: in words, then the table and column that refer, and the table and key referred to.
const REFERENCES: &[(&str, &str, &str, &str, &str)] = &[
    ("contact's sponsor", "contact", "sponsor", "registrar", "id"),
    ("person's contact", "person", "contact", "contact", "number"),
    ("domain's sponsor", "domain", "sponsor", "registrar", "id"),
    ("host's sponsor", "host", "sponsor", "registrar", "id"),
    ("host's superordinate domain", "host", "superordinate", "domain", "number"),
    ("contact link's domain", "domain_contact", "domain", "domain", "number"),
    ("contact link's contact", "domain_contact", "contact", "contact", "number"),
    ("host link's domain", "domain_host", "domain", "domain", "number"),
    ("host link's host", "domain_host", "host", "host", "number"),
    ("case's asker", "open_case", "asked_by", "registrar", "id"),
    ("case's answerer", "open_case", "answered_by", "registrar", "id"),
    ("case link's domain", "case_domain", "domain", "domain", "number"),
    ("case link's case", "case_domain", "open_case", "open_case", "number"),
    ("message's registrar", "message", "registrar", "registrar", "id"),
    ("session's registrar", "session", "registrar", "registrar", "id"),
    ("certificate's registrar", "certificate", "registrar", "registrar", "id"),
    ("API user's registrar", "api_user", "registrar", "registrar", "id"),
    ("API token's user", "api_token", "login", "api_user", "login"),
    ("kept answer's registrar", "kept_answer", "registrar", "registrar", "id"),
    ("reseller's registrar", "reseller", "registrar", "registrar", "id"),
    ("domain's reseller", "domain", "reseller", "reseller", "username"),
    ("order's reseller", "reseller_order", "reseller", "reseller", "username"),
    ("reseller message's reseller", "reseller_message", "reseller", "reseller", "username"),
    ("profile's domain", "domain_profile", "domain", "domain", "number"),
    ("cookie's reseller", "domain_cookie", "reseller", "reseller", "username"),
    ("cookie's domain", "domain_cookie", "domain", "domain", "number"),
    ("ledger entry's registrar", "ledger", "registrar", "registrar", "id"),
    ("pending action's domain", "pending_action", "domain", "domain", "number"),
    ("pending action's registrar", "pending_action", "asked_by", "registrar", "id"),
    ("legal document's history entry", "legal_document", "history", "history", "number"),
    ("legal document's text", "legal_document_part", "document", "legal_document", "number"),
    ("reseller's ledger entry's reseller", "reseller_ledger", "reseller", "reseller", "username"),
    ("allowance's registrar", "allowance", "registrar", "registrar", "id"),
    ("allocation token's registrar", "allocation_token", "registrar", "registrar", "id"),
];

#[cfg(test)]
mod tests {
    use super::REFERENCES;
    use crate::store::MIGRATIONS;

    #[test]
    fn every_reference_of_the_schema_is_asked_for() {
        let promised = MIGRATIONS.concat().matches(" REFERENCES ").count();
        assert_eq!(REFERENCES.len(), promised, "a migration added or removed a reference");
    }
}
