//! The audit log: rows that can be added and never changed or removed; personal detail stands apart, under a salt, so
//! that erasing it breaks nothing.

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
    "CREATE TABLE audit (
        id {id},
        at BIGINT NOT NULL,
        actor_kind TEXT NOT NULL,
        actor_id BIGINT NULL,
        action TEXT NOT NULL,
        subject_id BIGINT NULL,
        detail_hash {bytes} NOT NULL
    )",
    "CREATE INDEX audit_subject ON audit (subject_id, id)",
    "CREATE TABLE audit_detail (
        audit_id BIGINT PRIMARY KEY,
        salt {bytes} NOT NULL,
        detail TEXT NOT NULL
    )",
];

const APPEND_ONLY_SQLITE: &[&str] = &[
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
];

const APPEND_ONLY_POSTGRES: &[&str] = &[
    "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$",
    "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
];
