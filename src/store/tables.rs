//! Whole tables as rows, to move a registry from one engine to another (`domesday copy`). Here, and only here, rows are taken as they lie.

use sha2::{Digest, Sha256};

use super::sql::Value;
use super::{StoreError, Tx};
use crate::model::octets::to_hex;

/// A table of the schema.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns, those of the key first.
    columns: &'static [Column],
    /// How many columns the key has.
    key: usize,
    /// Whether the engine counts its keys up and never uses one twice.
    pub is_counted: bool,
}

#[derive(Debug)]
enum Column {
    Int(&'static str),
    Text(&'static str),
}

impl Column {
    fn name(&self) -> &'static str {
        match self {
            Self::Int(name) | Self::Text(name) => name,
        }
    }
}

/// What lies in a column of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A number, or an instant.
    Int(i64),
    /// Nothing.
    Null,
    /// A text.
    Text(String),
}

impl<'c> From<&'c Cell> for Value<'c> {
    fn from(cell: &'c Cell) -> Self {
        match cell {
            Cell::Int(number) => Self::Int(*number),
            Cell::Null => Self::Null,
            Cell::Text(text) => Self::Text(text),
        }
    }
}

/// A row, its columns in the order of [`Table`].
pub type Cells = Vec<Cell>;

impl Table {
    /// The key of a row.
    pub fn key_of(&self, row: &Cells) -> Cells {
        row[..self.key.min(row.len())].to_vec()
    }

    fn names(&self) -> String {
        self.columns.iter().map(Column::name).collect::<Vec<_>>().join(", ")
    }

    fn key_names(&self) -> String {
        self.columns[..self.key].iter().map(Column::name).collect::<Vec<_>>().join(", ")
    }
}

/// A checksum of rows in the order of their keys.
#[derive(Default)]
pub struct Checksum(Sha256);

impl Checksum {
    /// Takes a row.
    pub fn add(&mut self, row: &Cells) {
        for cell in row {
            match cell {
                Cell::Int(number) => {
                    self.0.update(b"i");
                    self.0.update(number.to_be_bytes());
                }
                Cell::Null => self.0.update(b"n"),
                Cell::Text(text) => {
                    self.0.update(b"t");
                    self.0.update((text.len() as u64).to_be_bytes());
                    self.0.update(text);
                }
            }
        }
    }

    /// SHA-256 in hex.
    pub fn finish(self) -> String {
        to_hex(&self.0.finalize())
    }
}

impl Tx<'_> {
    /// The rows of a table behind a key, in the order of keys, at most `most`.
    pub fn rows_after(
        &mut self,
        table: &Table,
        key: Option<&Cells>,
        most: u32,
    ) -> Result<Vec<Cells>, StoreError> {
        let (names, keys) = (table.names(), table.key_names());
        let mut params: Vec<Value<'_>> = vec![most.into()];
        let mut behind = String::new();
        if let Some(key) = key {
            params.extend(key.iter().map(Value::from));
            let places: Vec<String> = (2..2 + key.len()).map(|n| format!("?{n}")).collect();
            behind = format!(" WHERE ({keys}) > ({})", places.join(", "));
        }
        let sql = format!("SELECT {names} FROM {}{behind} ORDER BY {keys} LIMIT ?1", table.name);
        self.all(&sql, &params, |row| {
            let cells = table.columns.iter().enumerate().map(|(index, column)| {
                Ok(match column {
                    Int(_) => row.opt_int(index)?.map_or(Cell::Null, Cell::Int),
                    Text(_) => row.opt_text(index)?.map_or(Cell::Null, |text| Cell::Text(text.to_owned())),
                })
            });
            cells.collect()
        })
    }

    /// Adds rows to a table.
    pub fn put_rows(&mut self, table: &Table, rows: &[Cells]) -> Result<(), StoreError> {
        for rows in rows.chunks(ROWS_PER_STATEMENT) {
            let mut params: Vec<Value<'_>> = Vec::with_capacity(rows.len() * table.columns.len());
            let mut places = Vec::with_capacity(rows.len());
            for row in rows {
                let first = params.len() + 1;
                params.extend(row.iter().map(Value::from));
                let numbered: Vec<String> = (first..=params.len()).map(|n| format!("?{n}")).collect();
                places.push(format!("({})", numbered.join(", ")));
            }
            let sql = format!("INSERT INTO {} ({}) VALUES {}", table.name, table.names(), places.join(", "));
            self.write(&sql, &params)?;
        }
        Ok(())
    }

    /// Removes every row of a table.
    pub fn empty_table(&mut self, table: &Table) -> Result<(), StoreError> {
        self.write(&format!("DELETE FROM {}", table.name), &[]).map(drop)
    }

    /// How many rows a table has.
    pub fn row_count(&mut self, table: &Table) -> Result<u64, StoreError> {
        let count = self.first(&format!("SELECT count(*) FROM {}", table.name), &[], |row| row.int(0))?;
        Ok(count.unwrap_or(0).unsigned_abs())
    }

    /// The last number that the engine gave out for a table that it counts.
    pub fn last_number(&mut self, table: &Table) -> Result<i64, StoreError> {
        let sql = self.spell(|engine| engine.last_number(table.name));
        Ok(self.first(&sql, &[], |row| row.int(0))?.unwrap_or(0))
    }

    /// Lets the engine count on from a number.
    pub fn set_last_number(&mut self, table: &Table, number: i64) -> Result<(), StoreError> {
        let statements = self.spell(|engine| engine.set_last_number(table.name, number));
        statements.iter().try_for_each(|sql| self.write(sql, &[]).map(drop))
    }
}

use Column::{Int, Text};

/// All tables but `session`, whose rows are of servers that run; each after those that it refers to, `meta` last.
pub const TABLES: &[Table] = &[
    Table { name: "tld", columns: &[Text("name"), Text("state")], key: 1, is_counted: false },
    Table {
        name: "registrar",
        columns: &[
            Text("id"),
            Text("state"),
            Text("password_hash"),
            Int("password_set_at"),
            Int("credential_version"),
            Int("wrong_passwords"),
            Int("locked_until"),
            Int("messages"),
            Int("balance"),
            Int("held"),
            Int("credit_limit"),
            Int("low_balance_at"),
            Int("reserved"),
        ],
        key: 1,
        is_counted: false,
    },
    Table {
        name: "certificate",
        columns: &[Text("registrar"), Text("sha256"), Int("not_after"), Int("days_told")],
        key: 2,
        is_counted: false,
    },
    Table {
        name: "reseller",
        columns: &[
            Text("username"),
            Text("registrar"),
            Text("sealed_key"),
            Text("state"),
            Int("balance"),
            Int("held"),
        ],
        key: 1,
        is_counted: false,
    },
    Table {
        name: "contact",
        columns: &[Int("number"), Text("id"), Text("sponsor"), Int("due_at"), Text("state")],
        key: 1,
        is_counted: true,
    },
    Table { name: "person", columns: &[Int("number"), Int("contact")], key: 1, is_counted: true },
    Table {
        name: "domain",
        columns: &[
            Int("number"),
            Text("name"),
            Text("variant_key"),
            Text("sponsor"),
            Int("expires_at"),
            Int("due_at"),
            Text("state"),
            Text("reseller"),
        ],
        key: 1,
        is_counted: true,
    },
    Table {
        name: "host",
        columns: &[Int("number"), Text("name"), Text("sponsor"), Int("superordinate"), Text("state")],
        key: 1,
        is_counted: true,
    },
    Table {
        name: "domain_contact",
        columns: &[Int("domain"), Int("position"), Text("role"), Int("contact")],
        key: 2,
        is_counted: false,
    },
    Table {
        name: "domain_host",
        columns: &[Int("domain"), Int("position"), Int("host")],
        key: 2,
        is_counted: false,
    },
    Table {
        name: "open_case",
        columns: &[
            Int("number"),
            Text("asked_by"),
            Text("answered_by"),
            Int("opened_at"),
            Int("due_at"),
            Text("change"),
        ],
        key: 1,
        is_counted: true,
    },
    Table { name: "case_domain", columns: &[Int("domain"), Int("open_case")], key: 2, is_counted: false },
    Table {
        name: "message",
        columns: &[Int("number"), Text("registrar"), Int("queued_at"), Text("event")],
        key: 1,
        is_counted: true,
    },
    Table {
        name: "history",
        columns: &[
            Int("number"),
            Int("at"),
            Text("kind"),
            Int("object"),
            Text("name"),
            Text("operation"),
            Text("actor"),
            Text("client_trid"),
            Text("server_trid"),
            Text("before_change"),
            Text("after_change"),
        ],
        key: 1,
        is_counted: true,
    },
    Table {
        name: "reseller_order",
        columns: &[Int("number"), Text("reseller"), Text("kind"), Text("domain"), Int("placed_at")],
        key: 1,
        is_counted: true,
    },
    Table {
        name: "reseller_message",
        columns: &[Int("number"), Text("reseller"), Int("queued_at"), Text("event")],
        key: 1,
        is_counted: true,
    },
    Table {
        name: "domain_profile",
        columns: &[Int("domain"), Text("username"), Text("password")],
        key: 1,
        is_counted: false,
    },
    Table {
        name: "domain_cookie",
        columns: &[Text("token"), Text("reseller"), Int("domain"), Int("expires_at")],
        key: 1,
        is_counted: false,
    },
    Table {
        name: "outbox",
        columns: &[
            Int("number"),
            Text("token"),
            Text("domain"),
            Text("reseller"),
            Text("mail"),
            Text("state"),
            Int("queued_at"),
            Int("attempts"),
            Int("next_at"),
            Text("secret"),
            Text("last_error"),
            Int("claimed_until"),
        ],
        key: 1,
        is_counted: true,
    },
    Table {
        name: "api_user",
        columns: &[
            Text("login"),
            Text("registrar"),
            Text("state"),
            Text("api_key"),
            Text("password_hash"),
            Int("password_version"),
            Text("epp_access"),
        ],
        key: 1,
        is_counted: false,
    },
    Table {
        name: "api_challenge",
        columns: &[Text("challenge"), Text("login"), Text("source"), Int("expires_at")],
        key: 1,
        is_counted: false,
    },
    Table {
        name: "api_token",
        columns: &[Text("hash"), Text("login"), Int("expires_at")],
        key: 1,
        is_counted: false,
    },
    Table {
        name: "api_wrong_answer",
        columns: &[Text("subject"), Int("count"), Int("expires_at")],
        key: 1,
        is_counted: false,
    },
    Table {
        name: "kept_answer",
        columns: &[Text("registrar"), Text("key"), Text("request"), Text("answer"), Int("expires_at")],
        key: 2,
        is_counted: false,
    },
    Table {
        name: "ledger",
        columns: &[
            Int("number"),
            Text("registrar"),
            Int("at"),
            Int("amount"),
            Text("kind"),
            Text("object"),
            Text("operation"),
            Text("server_trid"),
            Int("balance"),
        ],
        key: 1,
        is_counted: true,
    },
    Table {
        name: "reseller_ledger",
        columns: &[
            Int("number"),
            Text("reseller"),
            Int("at"),
            Int("amount"),
            Text("kind"),
            Text("object"),
            Text("operation"),
            Text("server_trid"),
            Int("balance"),
        ],
        key: 1,
        is_counted: true,
    },
    Table {
        name: "lease",
        columns: &[Text("name"), Text("holder"), Int("number"), Int("until")],
        key: 1,
        is_counted: false,
    },
    Table {
        name: "allocation_token",
        columns: &[Text("token"), Text("name"), Text("registrar"), Int("used_at")],
        key: 1,
        is_counted: false,
    },
    Table {
        name: "allowance",
        columns: &[Text("registrar"), Text("kind"), Int("hour"), Int("used")],
        key: 3,
        is_counted: false,
    },
    Table {
        name: "maintenance",
        columns: &[Text("id"), Int("starts_at"), Text("state")],
        key: 1,
        is_counted: false,
    },
    Table { name: "meta", columns: &[Text("key"), Text("value")], key: 1, is_counted: false },
];

/// Rows in one statement: eleven columns of each are far below what either engine takes.
const ROWS_PER_STATEMENT: usize = 64;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::store::testing::TestEngine;

    #[tokio::test]
    async fn every_column_of_the_schema_is_copied() {
        let (store, _place) = TestEngine::Sqlite.store().unwrap();
        let schema = store.read(|tx| {
            let sql = "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c \
                       WHERE t.type = 'table' AND substr(t.name, 1, 7) <> 'sqlite_' AND t.name <> 'session'";
            tx.all(sql, &[], |row| Ok(format!("{}.{}", row.text(0)?, row.text(1)?)))
        });
        let schema: BTreeSet<String> = schema.await.unwrap().into_iter().collect();
        let column = |table: &Table, column: &Column| format!("{}.{}", table.name, column.name());
        let copied = TABLES.iter().flat_map(|table| table.columns.iter().map(|c| column(table, c)));
        assert_eq!(copied.collect::<BTreeSet<_>>(), schema);
    }
}
