//! Each running part says where it runs and which version of the program it is, so that an upgrade can name what still
//! has to be stopped.

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
    "ALTER TABLE nodes ADD COLUMN host TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE nodes ADD COLUMN pid BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE nodes ADD COLUMN login TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE nodes ADD COLUMN version TEXT NOT NULL DEFAULT ''",
];
