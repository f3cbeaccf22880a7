//! Rows behind links know which key made their links: its fingerprint, or nothing in a row that is older than that, whose
//! links the first key made. Which keys still prove links stands in the key file, not here.

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
    "ALTER TABLE invitations ADD COLUMN key_id TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE password_resets ADD COLUMN key_id TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE email_changes ADD COLUMN key_id TEXT NOT NULL DEFAULT ''",
];
