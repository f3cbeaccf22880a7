//! Entries of the audit log are looked up by their hash: one that is there twice was copied.

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

const UP: &[&str] = &["CREATE INDEX audit_hash ON audit (detail_hash)"];
