//! Password resets know who sent them, and the outbox can be listed newest first in each state.

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
    "ALTER TABLE password_resets ADD COLUMN issued_by BIGINT NULL",
    "CREATE INDEX outbox_state ON outbox (state, id)",
    "CREATE INDEX requests_address ON requests (address, id)",
];
