//! A link that replaces one which somebody was shown is issued in the inviter's name, and counts against the limit of
//! whoever made it necessary.

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
    "ALTER TABLE links ADD COLUMN renewed_by BIGINT NULL",
    "CREATE INDEX links_renewed_by ON links (renewed_by, issued_at) WHERE renewed_by IS NOT NULL",
];
