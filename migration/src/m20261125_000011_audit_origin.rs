//! Where an actor came from stands apart from what they changed, each under its own salt with its own keyed hash: what is
//! known of an administrator who is erased (login, address, key) can go while what they did to others stays. An entry from
//! before has both in `detail` and an empty `origin_hash`; a part that was erased has an empty salt.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::columns::run;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let nothing = if manager.get_database_backend() == DbBackend::Postgres { "'\\x'" } else { "x''" };
        for (table, column) in [("audit", "origin_hash"), ("audit_detail", "origin_salt")] {
            run(manager, &[&format!("ALTER TABLE {table} ADD COLUMN {column} {{bytes}} NOT NULL DEFAULT {nothing}")])
                .await?;
        }
        run(manager, &["ALTER TABLE audit_detail ADD COLUMN origin TEXT NOT NULL DEFAULT ''"]).await
    }
}
