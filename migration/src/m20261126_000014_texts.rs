//! The texts of mails are forgotten after a while: the few that are left are found without reading the others.

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

const UP: &[&str] = &["CREATE INDEX outbox_texts ON outbox (ended_at) WHERE rendered IS NOT NULL"];
