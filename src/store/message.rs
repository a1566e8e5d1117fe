//! Verbs for service messages: one queue for each registrar.

use jiff::Timestamp;

use super::sql::Row;
use super::{StoreError, Tx, from_json, to_json};
use crate::model::event::{Event, Message};
use crate::model::object::MessageNumber;
use crate::model::registrar::RegistrarId;

impl Tx<'_> {
    /// How many messages wait.
    pub fn message_count(&mut self, registrar: &RegistrarId) -> Result<u64, StoreError> {
        let sql = "SELECT messages FROM registrar WHERE id = ?1";
        let count = self.first(sql, &[registrar.as_str().into()], |row| row.int(0))?;
        Ok(count.map_or(0, i64::unsigned_abs))
    }

    /// The oldest message.
    pub fn oldest_message(&mut self, registrar: &RegistrarId) -> Result<Option<Message>, StoreError> {
        let sql = "SELECT number, queued_at, event FROM message WHERE registrar = ?1 ORDER BY number LIMIT 1";
        self.first(sql, &[registrar.as_str().into()], read_message)
    }

    /// The newest message.
    pub fn newest_message(&mut self, registrar: &RegistrarId) -> Result<Option<Message>, StoreError> {
        let sql =
            "SELECT number, queued_at, event FROM message WHERE registrar = ?1 ORDER BY number DESC LIMIT 1";
        self.first(sql, &[registrar.as_str().into()], read_message)
    }

    /// Adds a message to a registrar's queue.
    pub fn queue_message(
        &mut self,
        registrar: &RegistrarId,
        queued_at: Timestamp,
        event: &Event,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO message (registrar, queued_at, event) VALUES (?1, ?2, ?3)";
        let event = to_json(event)?;
        self.write(sql, &[registrar.as_str().into(), queued_at.into(), (&event).into()])?;
        self.write("UPDATE registrar SET messages = messages + 1 WHERE id = ?1", &[registrar.as_str().into()])
            .map(drop)
    }

    /// Removes a message from a registrar's own queue; false when it is not there.
    pub fn remove_message(
        &mut self,
        registrar: &RegistrarId,
        number: MessageNumber,
    ) -> Result<bool, StoreError> {
        let sql = "DELETE FROM message WHERE registrar = ?1 AND number = ?2";
        if self.write(sql, &[registrar.as_str().into(), number.0.into()])? == 0 {
            return Ok(false);
        }
        self.write(
            "UPDATE registrar SET messages = messages - 1 WHERE id = ?1",
            &[registrar.as_str().into()],
        )?;
        Ok(true)
    }
}

fn read_message(row: &dyn Row) -> Result<Message, StoreError> {
    Ok(Message {
        number: MessageNumber(row.int(0)?),
        queued_at: row.instant(1)?,
        event: from_json(row.text(2)?)?,
    })
}
