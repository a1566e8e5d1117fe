//! Verbs for cases.

use jiff::Timestamp;

use super::domain::{parse_name, parse_registrar};
use super::sql::Row;
use super::{StoreError, Tx, from_json, to_json};
use crate::model::case::{Case, CaseChange, CaseNumber};
use crate::model::object::DomainNumber;
use crate::model::registrar::RegistrarId;

/// A case about to be opened: everything but its number and the names of its domains.
pub struct CaseDraft {
    /// Whose command, or whose domains, it begins with.
    pub asked_by: RegistrarId,
    /// Who answers; the operator when absent.
    pub answered_by: Option<RegistrarId>,
    /// Since when.
    pub opened_at: Timestamp,
    /// When it is rejected if nobody has answered.
    pub due_at: Option<Timestamp>,
    /// What happens when it is accepted.
    pub change: CaseChange,
}

impl Tx<'_> {
    /// Opens a case about these domains.
    pub fn open_case(
        &mut self,
        draft: &CaseDraft,
        domains: &[DomainNumber],
    ) -> Result<CaseNumber, StoreError> {
        let sql = "INSERT INTO open_case (asked_by, answered_by, opened_at, due_at, change) \
                   VALUES (?1, ?2, ?3, ?4, ?5) RETURNING number";
        let change = to_json(&draft.change)?;
        let params = [
            draft.asked_by.as_str().into(),
            draft.answered_by.as_ref().map(RegistrarId::as_str).into(),
            draft.opened_at.into(),
            draft.due_at.into(),
            (&change).into(),
        ];
        let number = self.write_returning(sql, &params, |row| row.int(0))?;
        let number = number.ok_or_else(|| StoreError::corrupt("a case got no number"))?;
        for domain in domains {
            let sql = "INSERT INTO case_domain (domain, open_case) VALUES (?1, ?2)";
            self.write(sql, &[domain.0.into(), number.into()])?;
        }
        Ok(CaseNumber(number))
    }

    /// The case of this number, to be read or answered.
    pub fn case(&mut self, number: CaseNumber) -> Result<Option<Case>, StoreError> {
        let sql = "SELECT number, asked_by, answered_by, opened_at, due_at, change FROM open_case \
                   WHERE number = ?1 FOR UPDATE";
        let found = self.first(sql, &[number.0.into()], read_case)?;
        found.map(|case| self.with_domains(case)).transpose()
    }

    /// The case that is about this domain; the oldest, if there are several.
    pub fn case_about(&mut self, domain: DomainNumber) -> Result<Option<Case>, StoreError> {
        let sql = "SELECT min(open_case) FROM case_domain WHERE domain = ?1";
        let number = self.first(sql, &[domain.0.into()], |row| row.opt_int(0))?.flatten();
        number.map_or(Ok(None), |number| self.case(CaseNumber(number)))
    }

    /// Cases behind a number, in the order in which they were opened, at most `most`.
    pub fn cases(&mut self, after: CaseNumber, most: u32) -> Result<Vec<Case>, StoreError> {
        let sql = "SELECT number, asked_by, answered_by, opened_at, due_at, change FROM open_case \
                   WHERE number > ?1 ORDER BY number LIMIT ?2";
        let found = self.all(sql, &[after.0.into(), most.into()], read_case)?;
        found.into_iter().map(|case| self.with_domains(case)).collect()
    }

    /// The cases that nobody has answered in time, and when that was; the longest due first.
    pub fn cases_due(
        &mut self,
        by: Timestamp,
        most: u32,
    ) -> Result<Vec<(Timestamp, CaseNumber)>, StoreError> {
        let sql = "SELECT due_at, number FROM open_case WHERE due_at IS NOT NULL AND due_at <= ?1 \
                   ORDER BY due_at, number LIMIT ?2";
        self.all(sql, &[by.into(), most.into()], |row| Ok((row.instant(0)?, CaseNumber(row.int(1)?))))
    }

    /// The cases that are about no domain: nobody can answer them.
    pub fn cases_about_nothing(&mut self) -> Result<Vec<CaseNumber>, StoreError> {
        let sql = "SELECT number FROM open_case o WHERE NOT EXISTS \
                   (SELECT 1 FROM case_domain d WHERE d.open_case = o.number) ORDER BY number";
        self.all(sql, &[], |row| Ok(CaseNumber(row.int(0)?)))
    }

    /// Removes a case; false when it is not there any more.
    pub fn close_case(&mut self, number: CaseNumber) -> Result<bool, StoreError> {
        self.write("DELETE FROM case_domain WHERE open_case = ?1", &[number.0.into()])?;
        Ok(self.write("DELETE FROM open_case WHERE number = ?1", &[number.0.into()])? > 0)
    }

    fn with_domains(&mut self, case: Case) -> Result<Case, StoreError> {
        let sql = "SELECT d.name FROM case_domain p JOIN domain d ON d.number = p.domain WHERE p.open_case = ?1 \
                   ORDER BY d.name";
        let domains = self.all(sql, &[case.number.0.into()], |row| parse_name(row.text(0)?))?;
        Ok(Case { domains, ..case })
    }
}

/// `number, asked_by, answered_by, opened_at, due_at, change`, without domains.
fn read_case(row: &dyn Row) -> Result<Case, StoreError> {
    let due_at = row.opt_int(4)?.map(Timestamp::from_second).transpose();
    Ok(Case {
        number: CaseNumber(row.int(0)?),
        asked_by: parse_registrar(row.text(1)?)?,
        answered_by: row.opt_text(2)?.map(parse_registrar).transpose()?,
        opened_at: row.instant(3)?,
        due_at: due_at.map_err(StoreError::corrupt)?,
        domains: Vec::new(),
        change: from_json(row.text(5)?)?,
    })
}
