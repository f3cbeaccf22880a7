//! What runs and what is counted: heartbeats of long-running parts, and counters of failed tries.

use sea_orm_migration::prelude::*;

use crate::columns::run;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await
    }
}

const UP: &[&str] = &[
    "CREATE TABLE nodes (
        id {id},
        kind TEXT NOT NULL,
        started_at BIGINT NOT NULL,
        seen_at BIGINT NOT NULL,
        left_at BIGINT NULL
    )",
    "CREATE INDEX nodes_kind ON nodes (kind, seen_at)",
    "CREATE TABLE limits (
        key {text} PRIMARY KEY,
        since BIGINT NOT NULL,
        count BIGINT NOT NULL
    )",
];
