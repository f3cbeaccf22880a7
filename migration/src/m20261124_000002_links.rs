//! Links: invitations, password resets and requests for one.
//!
//! `open_key` is the user's number while the row is open and NULL afterwards: a user has at most one open invitation
//! and one open reset. Nothing here opens an account: a code is proved with a key that is not in the database.

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
    "CREATE TABLE invitations (
        id {id},
        user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        open_key BIGINT NULL UNIQUE,
        nonce {bytes} NOT NULL,
        address {text} NOT NULL,
        issued_at BIGINT NOT NULL,
        issued_by BIGINT NULL,
        expires_at BIGINT NOT NULL,
        message TEXT NULL,
        superseded_at BIGINT NULL,
        revoked_at BIGINT NULL,
        accepted_at BIGINT NULL
    )",
    "CREATE INDEX invitations_user ON invitations (user_id, id)",
    "CREATE TABLE password_resets (
        id {id},
        user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        open_key BIGINT NULL UNIQUE,
        nonce {bytes} NOT NULL,
        address {text} NOT NULL,
        issued_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        superseded_at BIGINT NULL,
        revoked_at BIGINT NULL,
        used_at BIGINT NULL
    )",
    "CREATE INDEX password_resets_user ON password_resets (user_id, id)",
    "CREATE TABLE requests (
        id {id},
        address {text} NOT NULL,
        created_at BIGINT NOT NULL,
        resolved_at BIGINT NULL
    )",
    "CREATE INDEX requests_open ON requests (id) WHERE resolved_at IS NULL",
];
