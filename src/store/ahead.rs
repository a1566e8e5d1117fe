//! What a transaction will ask, told to the engine before it asks: one to which a statement is a journey sends it along with
//! the next one, and has the answer when it is asked for. An engine at hand takes no notice.

use super::sql::{VALUES_PER_SET, Value};
use super::{StoreError, Tx, contact, domain, host};
use crate::model::contact::ContactId;
use crate::model::name::{DomainName, HostName};

/// Something that a verb will ask.
#[derive(Clone, Copy, Debug)]
pub enum Question<'q> {
    /// [`Tx::contact_numbers`].
    Contacts(&'q [&'q ContactId]),
    /// [`Tx::domain`], without its contacts and hosts.
    Domain(&'q DomainName),
    /// [`Tx::host_numbers`].
    Hosts(&'q [&'q HostName]),
    /// [`Tx::registered`] and [`Tx::seem_registered`].
    Registered(&'q [&'q DomainName]),
}

impl Tx<'_> {
    /// Tells what will be asked. The verb is asked all the same, and answers the same: what was read before something was
    /// written is forgotten, and more than one statement holds is not read ahead.
    pub fn read_ahead(&mut self, question: Question<'_>) -> Result<(), StoreError> {
        if !self.spell(|engine| engine.reads_ahead()) {
            return Ok(());
        }
        let (sql, values) = match question {
            Question::Contacts(ids) => contact::numbers_of(ids),
            Question::Domain(name) => (domain::BY_NAME.to_owned(), vec![Value::from(name.as_ref())]),
            Question::Hosts(names) => host::numbers_of(names),
            Question::Registered(names) => domain::registered_of(names),
        };
        if (1..=VALUES_PER_SET).contains(&values.len()) {
            self.ahead(&sql, &values)?;
        }
        Ok(())
    }
}
