//! The highest numbers that a database gave to rows, and going on above others.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use crate::domain::numbers::Numbers;
use crate::store::{StoreError, Tx};

/// The tables whose rows get a number that is never used twice.
const NUMBERED: [&str; 8] = ["users", "workspaces", "links", "requests", "outbox", "mail_attempts", "audit", "nodes"];
/// Whose rows are numbered by the program.
const CHAIN: &str = "audit_chain";

pub(super) async fn highest(db: &impl ConnectionTrait) -> Result<Numbers, DbErr> {
    let backend = db.get_database_backend();
    let numbered = if backend == DbBackend::Postgres {
        let one = |table: &str| {
            format!(
                "SELECT '{table}' AS name, CASE WHEN is_called THEN last_value ELSE last_value - 1 END AS seq \
                 FROM {table}_id_seq"
            )
        };
        NUMBERED.map(one).join(" UNION ALL ")
    } else {
        "SELECT name, seq FROM sqlite_sequence".to_owned()
    };
    let sql = format!("{numbered} UNION ALL SELECT '{CHAIN}' AS name, COALESCE(max(seq), 0) AS seq FROM {CHAIN}");
    let rows = db.query_all_raw(Statement::from_string(backend, sql)).await?;
    let all = rows.iter().map(|row| Ok((row.try_get("", "name")?, row.try_get("", "seq")?)));
    let mut all: BTreeMap<String, i64> = all.collect::<Result<_, DbErr>>()?;
    all.retain(|table, _| table == CHAIN || NUMBERED.contains(&table.as_str()));
    Ok(Numbers(all))
}

/// Makes the next row of each table get a number above these.
pub(super) async fn go_on_above(db: &impl ConnectionTrait, numbers: &Numbers) -> Result<(), DbErr> {
    let backend = db.get_database_backend();
    let own = highest(db).await?;
    for table in NUMBERED {
        let at = |all: &Numbers| all.0.get(table).copied().unwrap_or(0);
        let number = at(numbers).max(at(&own));
        if number < 1 {
            continue;
        }
        let statements = if backend == DbBackend::Postgres {
            vec![format!("SELECT setval('{table}_id_seq', {number}, true)")]
        } else {
            vec![
                format!("DELETE FROM sqlite_sequence WHERE name = '{table}'"),
                format!("INSERT INTO sqlite_sequence (name, seq) VALUES ('{table}', {number})"),
            ]
        };
        for sql in statements {
            db.execute_unprepared(&sql).await?;
        }
    }
    Ok(())
}

impl Tx {
    pub async fn highest_numbers(&self) -> Result<Numbers, StoreError> {
        Ok(highest(self.db()).await?)
    }

    /// Makes the next row of each table get a number above these.
    pub async fn go_on_above(&self, numbers: &Numbers) -> Result<(), StoreError> {
        Ok(go_on_above(self.db(), numbers).await?)
    }
}
