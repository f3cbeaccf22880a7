//! The chain over the audit log: each link is a keyed proof of the link before it and of one row, so that whoever can
//! write to the database but has no key can change, remove or put in nothing unnoticed. Links can be added and never
//! changed or removed. `audit_at` and `audit_actor` are what the log is searched by.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::columns::run;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await?;
        match manager.get_database_backend() {
            DbBackend::Postgres => run(manager, APPEND_ONLY_POSTGRES).await,
            _ => run(manager, APPEND_ONLY_SQLITE).await,
        }
    }
}

const UP: &[&str] = &[
    "CREATE TABLE audit_chain (
        seq BIGINT PRIMARY KEY,
        audit_id BIGINT NOT NULL UNIQUE,
        mac {bytes} NOT NULL,
        key_id TEXT NOT NULL
    )",
    "CREATE INDEX audit_at ON audit (at, id)",
    "CREATE INDEX audit_actor ON audit (actor_id, id)",
];

const APPEND_ONLY_SQLITE: &[&str] = &[
    "CREATE TRIGGER audit_chain_no_update BEFORE UPDATE ON audit_chain
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    "CREATE TRIGGER audit_chain_no_delete BEFORE DELETE ON audit_chain
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
];

const APPEND_ONLY_POSTGRES: &[&str] = &["CREATE TRIGGER audit_chain_no_change BEFORE UPDATE OR DELETE OR TRUNCATE
        ON audit_chain FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"];
