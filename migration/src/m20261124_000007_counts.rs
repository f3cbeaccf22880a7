//! What the head of the screen counts is found in one index alone: with a million users the counts of the expired and of
//! those who need attention read the index's rows of the invited, not the table's.

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

const UP: &[&str] = &["CREATE INDEX users_attention ON users (status_key, open_expires_at, mail_failed_at, asked_at)"];
