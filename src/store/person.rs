//! Verbs for the people of contacts beside the first: whose each number is. The rest of them lies in the contact's state.

use super::{StoreError, Tx};
use crate::model::account::PersonNumber;
use crate::model::object::ContactNumber;

impl Tx<'_> {
    /// The contact that a person belongs to.
    pub fn contact_of_person(&mut self, number: PersonNumber) -> Result<Option<ContactNumber>, StoreError> {
        let sql = "SELECT contact FROM person WHERE number = ?1";
        self.first(sql, &[number.0.into()], |row| row.int(0).map(ContactNumber))
    }

    /// Forgets a person's number, which is never used again.
    pub fn delete_person(&mut self, number: PersonNumber) -> Result<(), StoreError> {
        self.write("DELETE FROM person WHERE number = ?1", &[number.0.into()]).map(drop)
    }

    /// A number for a new person of a contact.
    pub fn insert_person(&mut self, contact: ContactNumber) -> Result<PersonNumber, StoreError> {
        let sql = "INSERT INTO person (contact) VALUES (?1) RETURNING number";
        let number = self.write_returning(sql, &[contact.0.into()], |row| row.int(0))?;
        number.map(PersonNumber).ok_or_else(|| StoreError::corrupt("a new person got no number"))
    }
}
