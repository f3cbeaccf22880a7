//! People: users, workspaces, memberships, and the organisation's settings.
//!
//! `status_key` is computed by the database from the facts, so that it can never contradict them: 0 invited, 1 active,
//! 2 suspended, 3 deleted.

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
    "CREATE TABLE users (
        id {id},
        name TEXT NOT NULL,
        name_key {text} NOT NULL,
        email TEXT NOT NULL,
        email_key {text} NULL UNIQUE,
        email_sort {text} NOT NULL,
        search_key {text} NOT NULL,
        is_administrator BOOLEAN NOT NULL,
        language TEXT NOT NULL,
        password_hash TEXT NULL,
        suspended_at BIGINT NULL,
        deleted_at BIGINT NULL,
        status_key BIGINT NOT NULL GENERATED ALWAYS AS (
            CASE WHEN deleted_at IS NOT NULL THEN 3 WHEN suspended_at IS NOT NULL THEN 2
                 WHEN password_hash IS NOT NULL THEN 1 ELSE 0 END) STORED,
        created_at BIGINT NOT NULL,
        invited_at BIGINT NOT NULL,
        last_sign_in_at BIGINT NOT NULL,
        open_expires_at BIGINT NOT NULL,
        mail_failed_at BIGINT NOT NULL,
        asked_at BIGINT NOT NULL,
        version BIGINT NOT NULL
    )",
    "CREATE INDEX users_name ON users (name_key, id)",
    "CREATE INDEX users_email ON users (email_sort, id)",
    "CREATE INDEX users_status ON users (status_key, name_key, id)",
    "CREATE INDEX users_invited ON users (invited_at, id)",
    "CREATE INDEX users_last_sign_in ON users (last_sign_in_at, id)",
    "CREATE INDEX users_deleted ON users (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "CREATE TABLE workspaces (
        id {id},
        name TEXT NOT NULL,
        name_key {text} NOT NULL UNIQUE,
        created_at BIGINT NOT NULL
    )",
    "CREATE TABLE memberships (
        workspace_id BIGINT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
        user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        role TEXT NOT NULL,
        PRIMARY KEY (workspace_id, user_id)
    )",
    "CREATE INDEX memberships_user ON memberships (user_id)",
    "CREATE TABLE settings (
        key {text} PRIMARY KEY,
        value TEXT NOT NULL
    )",
];
