//! Verbs for resellers: accounts, the domains that carry them, orders, events, registrants' access.

use jiff::Timestamp;

use super::domain::parse_name;
use super::sql::{Row, Value};
use super::{StoreError, Tx, from_json, to_json};
use crate::model::event::{Event, Message};
use crate::model::name::DomainName;
use crate::model::object::{DomainNumber, MessageNumber};
use crate::model::reseller::{Order, OrderKind, Profile, Reseller, ResellerName};

/// Which of a reseller's domains are listed, and which part of the list.
#[derive(Clone, Copy, Debug)]
pub struct DomainRange<'r> {
    /// From this end of registration on.
    pub from: Timestamp,
    /// Before this one.
    pub before: Timestamp,
    /// Only those whose deletion has begun, or only those whose has not.
    pub deleting: bool,
    /// Only those whose deletion began from the first of these instants on and before the second.
    pub deleted: Option<(Timestamp, Timestamp)>,
    /// Only those whose names are this; `*` stands for anything.
    pub name: Option<&'r str>,
    /// How many are passed over.
    pub offset: u32,
    /// How many are listed at most.
    pub limit: u32,
}

impl Tx<'_> {
    /// A reseller.
    pub fn reseller(&mut self, name: &ResellerName) -> Result<Option<Reseller>, StoreError> {
        Ok(self.reseller_with_key(name)?.map(|(reseller, _)| reseller))
    }

    /// A reseller that is about to be written in the same transaction, or its account: locked as strongly from the start, since two who
    /// first share a row and then both want it alone wait for each other.
    pub fn reseller_to_change(&mut self, name: &ResellerName) -> Result<Option<Reseller>, StoreError> {
        let sql = "SELECT state FROM reseller WHERE username = ?1 FOR UPDATE";
        self.first(sql, &[name.as_str().into()], |row| from_json(row.text(0)?))
    }

    /// A reseller and its sealed key.
    pub fn reseller_with_key(
        &mut self,
        name: &ResellerName,
    ) -> Result<Option<(Reseller, String)>, StoreError> {
        let sql = "SELECT state, sealed_key FROM reseller WHERE username = ?1 FOR SHARE";
        self.first(sql, &[name.as_str().into()], |row| {
            Ok((from_json(row.text(0)?)?, row.text(1)?.to_owned()))
        })
    }

    /// All resellers.
    pub fn resellers(&mut self) -> Result<Vec<Reseller>, StoreError> {
        self.all("SELECT state FROM reseller ORDER BY username", &[], |row| from_json(row.text(0)?))
    }

    /// Adds a reseller; false when the name is taken.
    pub fn insert_reseller(&mut self, reseller: &Reseller, sealed_key: &str) -> Result<bool, StoreError> {
        let sql = "INSERT INTO reseller (username, registrar, sealed_key, state) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT DO NOTHING";
        let state = to_json(reseller)?;
        let params = [
            reseller.username.as_str().into(),
            reseller.registrar.as_str().into(),
            sealed_key.into(),
            (&state).into(),
        ];
        Ok(self.write(sql, &params)? > 0)
    }

    /// Writes a changed reseller; its name, registrar and key stay.
    pub fn update_reseller(&mut self, reseller: &Reseller) -> Result<(), StoreError> {
        let state = to_json(reseller)?;
        self.write(
            "UPDATE reseller SET state = ?2 WHERE username = ?1",
            &[reseller.username.as_str().into(), (&state).into()],
        )
        .map(drop)
    }

    /// Replaces a reseller's key.
    pub fn set_reseller_key(&mut self, name: &ResellerName, sealed_key: &str) -> Result<(), StoreError> {
        self.write(
            "UPDATE reseller SET sealed_key = ?2 WHERE username = ?1",
            &[name.as_str().into(), sealed_key.into()],
        )
        .map(drop)
    }

    //--- The domains that carry it

    /// The names of a reseller's domains in a range, by end of registration; and how many there are in all of it.
    pub fn reseller_domains(
        &mut self,
        name: &ResellerName,
        range: &DomainRange<'_>,
    ) -> Result<(Vec<DomainName>, u64), StoreError> {
        let deleting = if range.deleting { "LIKE" } else { "NOT LIKE" };
        let mut which = format!(
            "FROM domain WHERE reseller = ?1 AND expires_at >= ?2 AND expires_at < ?3 \
             AND state {deleting} '%\"deletion\":{{%'"
        );
        let mut params: Vec<Value<'_>> = vec![name.as_str().into(), range.from.into(), range.before.into()];
        let pattern = range.name.map(like);
        if let Some(pattern) = &pattern {
            params.push(pattern.into());
            which += &format!(" AND name LIKE ?{} ESCAPE '\\'", params.len());
        }
        // Instants of whole seconds as the row has them: in this form they sort as they follow each other.
        let deleted = range.deleted.map(|(from, before)| (from.to_string(), before.to_string()));
        if let Some((from, before)) = &deleted {
            let began = self.spell(|engine| engine.json_text("state", &["deletion", "requested_at"]));
            params.extend([Value::from(from), before.into()]);
            let last = params.len();
            which += &format!(" AND {began} >= ?{} AND {began} < ?{last}", last - 1);
        }
        let count = self.first(&format!("SELECT COUNT(*) {which}"), &params, |row| row.int(0))?;
        params.extend([Value::from(range.limit), range.offset.into()]);
        let last = params.len();
        let sql =
            format!("SELECT name {which} ORDER BY expires_at, number LIMIT ?{} OFFSET ?{last}", last - 1);
        let names = self.all(&sql, &params, |row| parse_name(row.text(0)?))?;
        Ok((names, count.map_or(0, i64::unsigned_abs)))
    }

    /// The names of a reseller's domains of which another registrar's transfer waits for an answer.
    pub fn reseller_domains_leaving(
        &mut self,
        name: &ResellerName,
        limit: u32,
    ) -> Result<Vec<DomainName>, StoreError> {
        let sql = "SELECT name FROM domain WHERE reseller = ?1 AND state LIKE '%\"status\":\"pending\"%' \
                   ORDER BY number LIMIT ?2";
        self.all(sql, &[name.as_str().into(), limit.into()], |row| parse_name(row.text(0)?))
    }

    //--- Orders

    /// Keeps an order; its number.
    pub fn insert_order(
        &mut self,
        reseller: &ResellerName,
        kind: OrderKind,
        domain: &DomainName,
        at: Timestamp,
    ) -> Result<i64, StoreError> {
        let sql = "INSERT INTO reseller_order (reseller, kind, domain, placed_at) VALUES (?1, ?2, ?3, ?4) \
                   RETURNING number";
        let params = [reseller.as_str().into(), kind.as_str().into(), domain.as_str().into(), at.into()];
        let number = self.write_returning(sql, &params, |row| row.int(0))?;
        number.ok_or_else(|| StoreError::corrupt("an order was not kept"))
    }

    /// An order of a reseller.
    pub fn order(&mut self, reseller: &ResellerName, number: i64) -> Result<Option<Order>, StoreError> {
        let sql =
            "SELECT number, kind, domain, placed_at FROM reseller_order WHERE reseller = ?1 AND number = ?2";
        self.first(sql, &[reseller.as_str().into(), number.into()], read_order)
    }

    /// A reseller's orders of one kind, newest first.
    pub fn orders(
        &mut self,
        reseller: &ResellerName,
        kind: OrderKind,
        limit: u32,
    ) -> Result<Vec<Order>, StoreError> {
        let sql = "SELECT number, kind, domain, placed_at FROM reseller_order \
                   WHERE reseller = ?1 AND kind = ?2 ORDER BY number DESC LIMIT ?3";
        self.all(sql, &[reseller.as_str().into(), kind.as_str().into(), limit.into()], read_order)
    }

    //--- Events

    /// Adds an event to a reseller's queue.
    pub fn queue_reseller_message(
        &mut self,
        reseller: &ResellerName,
        queued_at: Timestamp,
        event: &Event,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO reseller_message (reseller, queued_at, event) VALUES (?1, ?2, ?3)";
        let event = to_json(event)?;
        self.write(sql, &[reseller.as_str().into(), queued_at.into(), (&event).into()]).map(drop)
    }

    /// A reseller's oldest events, and how many wait in all.
    pub fn reseller_messages(
        &mut self,
        reseller: &ResellerName,
        limit: u32,
    ) -> Result<(Vec<Message>, u64), StoreError> {
        let count = "SELECT COUNT(*) FROM reseller_message WHERE reseller = ?1";
        let count = self.first(count, &[reseller.as_str().into()], |row| row.int(0))?;
        let sql = "SELECT number, queued_at, event FROM reseller_message WHERE reseller = ?1 \
                   ORDER BY number LIMIT ?2";
        let messages = self.all(sql, &[reseller.as_str().into(), limit.into()], |row| {
            Ok(Message {
                number: MessageNumber(row.int(0)?),
                queued_at: row.instant(1)?,
                event: from_json(row.text(2)?)?,
            })
        })?;
        Ok((messages, count.map_or(0, i64::unsigned_abs)))
    }

    /// Takes an event out of a reseller's own queue; false when it is not there.
    pub fn remove_reseller_message(
        &mut self,
        reseller: &ResellerName,
        number: MessageNumber,
    ) -> Result<bool, StoreError> {
        let sql = "DELETE FROM reseller_message WHERE reseller = ?1 AND number = ?2";
        Ok(self.write(sql, &[reseller.as_str().into(), number.0.into()])? > 0)
    }

    //--- Registrants' access

    /// The registrant's access to a domain.
    pub fn profile(&mut self, domain: DomainNumber) -> Result<Option<Profile>, StoreError> {
        let sql = "SELECT username, password FROM domain_profile WHERE domain = ?1";
        self.first(sql, &[domain.0.into()], |row| {
            Ok(Profile { username: row.text(0)?.to_owned(), sealed_password: row.text(1)?.to_owned() })
        })
    }

    /// Sets the registrant's access to a domain.
    pub fn put_profile(&mut self, domain: DomainNumber, profile: &Profile) -> Result<(), StoreError> {
        let sql = "INSERT INTO domain_profile (domain, username, password) VALUES (?1, ?2, ?3) \
                   ON CONFLICT (domain) DO UPDATE SET username = excluded.username, password = excluded.password";
        let params = [domain.0.into(), (&profile.username).into(), (&profile.sealed_password).into()];
        self.write(sql, &params).map(drop)
    }

    /// Keeps a cookie by the hash of its text, and forgets those that have expired.
    pub fn insert_cookie(
        &mut self,
        token: &str,
        reseller: &ResellerName,
        domain: DomainNumber,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write("DELETE FROM domain_cookie WHERE expires_at <= ?1", &[now.into()])?;
        let sql = "INSERT INTO domain_cookie (token, reseller, domain, expires_at) VALUES (?1, ?2, ?3, ?4)";
        let params = [token.into(), reseller.as_str().into(), domain.0.into(), expires_at.into()];
        self.write(sql, &params).map(drop)
    }

    /// The domain that a reseller's unexpired cookie is for.
    pub fn cookie_domain(
        &mut self,
        token: &str,
        reseller: &ResellerName,
        now: Timestamp,
    ) -> Result<Option<DomainName>, StoreError> {
        let sql = "SELECT d.name FROM domain_cookie c JOIN domain d ON d.number = c.domain \
                   WHERE c.token = ?1 AND c.reseller = ?2 AND c.expires_at > ?3";
        self.first(sql, &[token.into(), reseller.as_str().into(), now.into()], |row| parse_name(row.text(0)?))
    }

    /// Ends the registrant's access to a domain, and every cookie for it.
    pub(super) fn forget_access(&mut self, domain: DomainNumber) -> Result<(), StoreError> {
        self.write("DELETE FROM domain_profile WHERE domain = ?1", &[domain.0.into()])?;
        self.write("DELETE FROM domain_cookie WHERE domain = ?1", &[domain.0.into()]).map(drop)
    }
}

/// The pattern of a name in which `*` stands for anything.
fn like(wanted: &str) -> String {
    let mut pattern = String::with_capacity(wanted.len());
    for character in wanted.chars() {
        match character {
            '*' => pattern.push('%'),
            '%' | '_' | '\\' => pattern.extend(['\\', character]),
            _ => pattern.extend(character.to_lowercase()),
        }
    }
    pattern
}

/// `number, kind, domain, placed_at`.
fn read_order(row: &dyn Row) -> Result<Order, StoreError> {
    let kind = OrderKind::parse(row.text(1)?);
    Ok(Order {
        number: row.int(0)?,
        kind: kind.ok_or_else(|| StoreError::corrupt("an order is of no kind"))?,
        domain: parse_name(row.text(2)?)?,
        placed_at: row.instant(3)?,
    })
}

pub(super) fn parse_reseller(text: &str) -> Result<ResellerName, StoreError> {
    ResellerName::parse(text).map_err(StoreError::corrupt)
}
