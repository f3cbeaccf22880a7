//! The schema of rsvp's database, one change a file, for SQLite and PostgreSQL alike.
//!
//! Times are milliseconds since 1970 in a BIGINT. Every column that a list is sorted by is NOT NULL, folded by the
//! program and compared bytewise. Numbers of rows are never used twice. Each change runs in a transaction of its own,
//! so that one that is cut off leaves nothing behind.

mod columns;
mod m20261126_000001_initial;
mod m20261126_000002_node_process;
mod m20261127_000003_power;
mod m20261127_000004_ssh;
mod m20261127_000005_requests;
mod m20261127_000006_renewals;

use sea_orm_migration::prelude::*;
pub use sea_orm_migration::{MigratorTrait, prelude};

/// Every change of the schema, in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261126_000001_initial::Migration),
            Box::new(m20261126_000002_node_process::Migration),
            Box::new(m20261127_000003_power::Migration),
            Box::new(m20261127_000004_ssh::Migration),
            Box::new(m20261127_000005_requests::Migration),
            Box::new(m20261127_000006_renewals::Migration),
        ]
    }
}
