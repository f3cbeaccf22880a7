//! Mail: the outbox, every try, and what is known of the relay.

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
    "CREATE TABLE outbox (
        id {id},
        kind TEXT NOT NULL,
        user_id BIGINT NULL REFERENCES users (id) ON DELETE CASCADE,
        subject_id BIGINT NULL,
        to_address TEXT NOT NULL,
        to_name TEXT NOT NULL,
        message_id TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        next_at BIGINT NOT NULL,
        not_after BIGINT NOT NULL,
        ended_at BIGINT NULL,
        attempts BIGINT NOT NULL,
        crashes BIGINT NOT NULL,
        lease BIGINT NOT NULL,
        lease_until BIGINT NOT NULL,
        rendered TEXT NULL,
        last_stage TEXT NULL,
        last_code BIGINT NULL,
        last_text TEXT NULL
    )",
    "CREATE INDEX outbox_due ON outbox (state, next_at, id)",
    "CREATE INDEX outbox_user ON outbox (user_id, id)",
    "CREATE TABLE mail_attempts (
        id {id},
        mail_id BIGINT NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
        at BIGINT NOT NULL,
        accepted BOOLEAN NOT NULL,
        stage TEXT NOT NULL,
        code BIGINT NULL,
        text TEXT NOT NULL
    )",
    "CREATE INDEX mail_attempts_mail ON mail_attempts (mail_id, id)",
    "CREATE TABLE relays (
        id BIGINT PRIMARY KEY,
        failures BIGINT NOT NULL,
        next_probe_at BIGINT NOT NULL,
        reason TEXT NOT NULL
    )",
];
