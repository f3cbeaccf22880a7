//! The first schema that is released: people, links, email, the audit log, and what runs.
//!
//! `open_key` is the user's number while a link is open and NULL afterwards, so that a user has at most one open link
//! of each purpose. Nothing here opens an account: a code is proved with a key that is not in the database.
//! `status_key` is computed by the database from the facts, so that it can never contradict them: 0 invited, 1 active,
//! 2 suspended, 3 deleted. The audit log and its chain can be added to and never changed or removed; personal detail is
//! stored apart, under a salt, so that erasing it breaks nothing.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::columns::run;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for part in [PEOPLE, LINKS, MAIL, AUDIT, RUNNING] {
            run(manager, part).await?;
        }
        let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
        run(manager, if is_postgres { APPEND_ONLY_POSTGRES } else { APPEND_ONLY_SQLITE }).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const PEOPLE: &[&str] = &[
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
    // The counts in the head of the screen read this index's rows of the invited, not the table's.
    "CREATE INDEX users_attention ON users (status_key, open_expires_at, mail_failed_at, asked_at)",
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

/// `address` is where a link's email goes and what its code is bound to; `other_address` is where the email of the
/// second link goes that was issued with it, for the two links of a change of address. `key_id` names the key that
/// makes its code.
const LINKS: &[&str] = &[
    "CREATE TABLE links (
        id {id},
        purpose TEXT NOT NULL,
        user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        open_key BIGINT NULL,
        nonce {bytes} NOT NULL,
        key_id TEXT NOT NULL,
        address {text} NOT NULL,
        other_address {text} NULL,
        message TEXT NULL,
        issued_at BIGINT NOT NULL,
        issued_by BIGINT NULL,
        expires_at BIGINT NOT NULL,
        ending TEXT NULL,
        ended_at BIGINT NULL,
        UNIQUE (open_key, purpose),
        CHECK ((ending IS NULL) = (ended_at IS NULL))
    )",
    "CREATE INDEX links_user ON links (user_id, purpose, id)",
    "CREATE TABLE requests (
        id {id},
        address {text} NOT NULL,
        created_at BIGINT NOT NULL,
        resolved_at BIGINT NULL
    )",
    "CREATE INDEX requests_open ON requests (id) WHERE resolved_at IS NULL",
    "CREATE INDEX requests_address ON requests (address, id)",
];

/// The outbox, every try, and what is known of the relay. `subject_id` is the link that an email carries, or whoever
/// sent a test email.
const MAIL: &[&str] = &[
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
    "CREATE INDEX outbox_state ON outbox (state, id)",
    "CREATE INDEX outbox_user ON outbox (user_id, id)",
    // The texts of emails are forgotten after a while: the few that are left are found without reading the others.
    "CREATE INDEX outbox_texts ON outbox (ended_at) WHERE rendered IS NOT NULL",
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

/// Each link of the chain is a keyed proof of the link before it and of one row of the log, so that whoever can write
/// to the database but has no key can change, remove or put in nothing unnoticed.
const AUDIT: &[&str] = &[
    "CREATE TABLE audit (
        id {id},
        at BIGINT NOT NULL,
        actor_kind TEXT NOT NULL,
        actor_id BIGINT NULL,
        action TEXT NOT NULL,
        subject_id BIGINT NULL,
        detail_hash {bytes} NOT NULL,
        origin_hash {bytes} NOT NULL
    )",
    "CREATE INDEX audit_subject ON audit (subject_id, id)",
    "CREATE INDEX audit_at ON audit (at, id)",
    "CREATE INDEX audit_actor ON audit (actor_id, id)",
    "CREATE INDEX audit_hash ON audit (detail_hash)",
    "CREATE TABLE audit_detail (
        audit_id BIGINT PRIMARY KEY,
        salt {bytes} NOT NULL,
        detail TEXT NOT NULL,
        origin_salt {bytes} NOT NULL,
        origin TEXT NOT NULL
    )",
    "CREATE TABLE audit_chain (
        seq BIGINT PRIMARY KEY,
        audit_id BIGINT NOT NULL UNIQUE,
        mac {bytes} NOT NULL,
        key_id TEXT NOT NULL
    )",
    "CREATE TABLE erasures (user_id BIGINT PRIMARY KEY, at BIGINT NOT NULL)",
];

/// Heartbeats of long-running parts, and counters of failed tries.
const RUNNING: &[&str] = &[
    "CREATE TABLE nodes (
        id {id},
        kind TEXT NOT NULL,
        started_at BIGINT NOT NULL,
        seen_at BIGINT NOT NULL,
        left_at BIGINT NULL
    )",
    "CREATE INDEX nodes_kind ON nodes (kind, seen_at)",
    "CREATE TABLE limits (
        key {text} PRIMARY KEY,
        since BIGINT NOT NULL,
        count BIGINT NOT NULL
    )",
];

const APPEND_ONLY_SQLITE: &[&str] = &[
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    "CREATE TRIGGER audit_chain_no_update BEFORE UPDATE ON audit_chain
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    "CREATE TRIGGER audit_chain_no_delete BEFORE DELETE ON audit_chain
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
];

const APPEND_ONLY_POSTGRES: &[&str] = &[
    "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$",
    "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
    "CREATE TRIGGER audit_chain_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_chain
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
];
