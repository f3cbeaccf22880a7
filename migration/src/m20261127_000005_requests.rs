//! Each request from "forgotten password" says who asked, as a keyed hash, and whether an email was sent for it, so that one
//! asker can be limited without limiting the owner of the address.

use sea_orm_migration::prelude::*;

use crate::columns::run;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, STATEMENTS).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const STATEMENTS: &[&str] = &[
    "ALTER TABLE requests ADD COLUMN asker TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE requests ADD COLUMN mailed_at BIGINT NULL",
];
