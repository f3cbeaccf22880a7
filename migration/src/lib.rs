//! The schema of rsvp's database, one change a file, for SQLite and PostgreSQL alike.
//!
//! Times are milliseconds since 1970 in a BIGINT. Every column that a list is sorted by is NOT NULL, folded by the
//! program and compared bytewise. Numbers of rows are never used twice.

mod columns;
mod m20261124_000001_people;
mod m20261124_000002_links;
mod m20261124_000003_mail;
mod m20261124_000004_audit;
mod m20261124_000005_running;
mod m20261124_000006_resets;
mod m20261124_000007_counts;
mod m20261124_000008_email_changes;
mod m20261124_000009_audit_chain;
mod m20261125_000010_keys;
mod m20261125_000011_audit_origin;
mod m20261125_000012_erasures;
mod m20261125_000013_audit_hash;
mod m20261126_000014_texts;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

/// Every change of the schema, in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261124_000001_people::Migration),
            Box::new(m20261124_000002_links::Migration),
            Box::new(m20261124_000003_mail::Migration),
            Box::new(m20261124_000004_audit::Migration),
            Box::new(m20261124_000005_running::Migration),
            Box::new(m20261124_000006_resets::Migration),
            Box::new(m20261124_000007_counts::Migration),
            Box::new(m20261124_000008_email_changes::Migration),
            Box::new(m20261124_000009_audit_chain::Migration),
            Box::new(m20261125_000010_keys::Migration),
            Box::new(m20261125_000011_audit_origin::Migration),
            Box::new(m20261125_000012_erasures::Migration),
            Box::new(m20261125_000013_audit_hash::Migration),
            Box::new(m20261126_000014_texts::Migration),
        ]
    }
}
