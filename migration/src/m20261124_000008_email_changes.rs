//! Changes of an active user's address: each waits until the new address confirms it. `open_key` is the user's number
//! while the change waits and NULL afterwards: at most one waits for a user. One row is behind two links, one to each
//! address; their codes differ in what they are for and in the address.

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
    "CREATE TABLE email_changes (
        id {id},
        user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        open_key BIGINT NULL UNIQUE,
        nonce {bytes} NOT NULL,
        old_email TEXT NOT NULL,
        new_email TEXT NOT NULL,
        issued_at BIGINT NOT NULL,
        issued_by BIGINT NULL,
        expires_at BIGINT NOT NULL,
        superseded_at BIGINT NULL,
        revoked_at BIGINT NULL,
        confirmed_at BIGINT NULL
    )",
    "CREATE INDEX email_changes_user ON email_changes (user_id, id)",
];
