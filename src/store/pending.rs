//! Verbs for what waits for a registrant's word.

use super::domain::{parse_name, parse_registrar};
use super::sql::Row;
use super::{StoreError, Tx};
use crate::model::name::DomainName;
use crate::model::object::DomainNumber;
use crate::model::pending::{PendingAction, PendingKind};

/// An action about to wait.
pub struct PendingDraft<'d> {
    /// The action; its number is not looked at.
    pub action: &'d PendingAction,
    /// Its domain's number.
    pub domain: DomainNumber,
    /// The hash of the token that answers it.
    pub token: &'d str,
    /// What is to be done, as whoever does it reads it.
    pub change: &'d str,
}

impl Tx<'_> {
    /// Adds an action; its number.
    pub fn add_pending(&mut self, draft: &PendingDraft<'_>) -> Result<i64, StoreError> {
        let sql = "INSERT INTO pending_action \
                   (domain, kind, asked_by, asked_at, due_at, client_trid, server_trid, token, change) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) RETURNING number";
        let action = draft.action;
        let params = [
            draft.domain.0.into(),
            action.kind.as_str().into(),
            action.asked_by.as_str().into(),
            action.asked_at.into(),
            action.until.into(),
            action.client_trid.as_deref().into(),
            (&action.server_trid).into(),
            draft.token.into(),
            draft.change.into(),
        ];
        let number = self.write_returning(sql, &params, |row| row.int(0))?;
        number.ok_or_else(|| StoreError::corrupt("an action got no number"))
    }

    /// An action, and what is to be done.
    pub fn pending(&mut self, number: i64) -> Result<Option<(PendingAction, String)>, StoreError> {
        let sql = format!("SELECT {ACTION}, p.change FROM {FROM} WHERE p.number = ?1");
        self.first(&sql, &[number.into()], |row| Ok((read_action(row)?, row.text(8)?.to_owned())))
    }

    /// The number and domain of the action that the token of this hash answers.
    pub fn pending_by_token(&mut self, token: &str) -> Result<Option<(i64, DomainName)>, StoreError> {
        let sql = format!("SELECT p.number, d.name FROM {FROM} WHERE p.token = ?1");
        self.first(&sql, &[token.into()], |row| Ok((row.int(0)?, parse_name(row.text(1)?)?)))
    }

    /// The actions behind a number, the longest waiting first, at most `most`.
    pub fn pending_actions(&mut self, after: i64, most: u32) -> Result<Vec<PendingAction>, StoreError> {
        let sql = format!("SELECT {ACTION} FROM {FROM} WHERE p.number > ?1 ORDER BY p.number LIMIT ?2");
        self.all(&sql, &[after.into(), most.into()], read_action)
    }

    /// Lets another token answer an action.
    pub fn set_pending_token(&mut self, number: i64, token: &str) -> Result<(), StoreError> {
        let sql = "UPDATE pending_action SET token = ?2 WHERE number = ?1";
        self.write(sql, &[number.into(), token.into()]).map(drop)
    }

    /// Ends an action; false when it has ended already.
    pub fn end_pending(&mut self, number: i64) -> Result<bool, StoreError> {
        Ok(self.write("DELETE FROM pending_action WHERE number = ?1", &[number.into()])? > 0)
    }
}

/// [`ACTION`].
fn read_action(row: &dyn Row) -> Result<PendingAction, StoreError> {
    let kind = PendingKind::parse(row.text(2)?);
    Ok(PendingAction {
        number: row.int(0)?,
        domain: parse_name(row.text(1)?)?,
        kind: kind.ok_or_else(|| StoreError::corrupt("an action is of no kind"))?,
        asked_by: parse_registrar(row.text(3)?)?,
        asked_at: row.instant(4)?,
        until: row.instant(5)?,
        client_trid: row.opt_text(6)?.map(str::to_owned),
        server_trid: row.text(7)?.to_owned(),
    })
}

const ACTION: &str =
    "p.number, d.name, p.kind, p.asked_by, p.asked_at, p.due_at, p.client_trid, p.server_trid";
const FROM: &str = "pending_action p JOIN domain d ON d.number = p.domain";
