//! Whether an SSH key may stand for a user: the way in by key can be closed for one person, whatever lines the server's
//! administrator keeps.

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

const STATEMENTS: &[&str] = &["ALTER TABLE users ADD COLUMN ssh BOOLEAN NOT NULL DEFAULT TRUE"];
