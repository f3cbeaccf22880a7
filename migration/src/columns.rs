//! Column types that both databases spell differently, and running a list of statements.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// Runs statements written once for both databases: `{id}` is a number that is never used twice, `{bytes}` a binary
/// column, `{text}` a text compared bytewise.
pub async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    let (id, bytes, text) = if manager.get_database_backend() == DbBackend::Postgres {
        ("BIGSERIAL PRIMARY KEY", "BYTEA", "TEXT COLLATE \"C\"")
    } else {
        ("INTEGER PRIMARY KEY AUTOINCREMENT", "BLOB", "TEXT")
    };
    for statement in statements {
        let sql = statement.replace("{id}", id).replace("{bytes}", bytes).replace("{text}", text);
        manager.get_connection().execute_unprepared(&sql).await?;
    }
    Ok(())
}

/// A change of the schema that is these statements, one after the other, in one transaction. Its name is that of the file.
macro_rules! statements {
    ($($statement:literal),+ $(,)?) => {
        /// See the module.
        #[derive(sea_orm_migration::prelude::DeriveMigrationName)]
        pub struct Migration;

        #[async_trait::async_trait]
        impl sea_orm_migration::prelude::MigrationTrait for Migration {
            async fn up(
                &self,
                manager: &sea_orm_migration::prelude::SchemaManager,
            ) -> Result<(), sea_orm_migration::prelude::DbErr> {
                $crate::columns::run(manager, &[$($statement),+]).await
            }

            fn use_transaction(&self) -> Option<bool> {
                Some(true)
            }
        }
    };
}

pub(crate) use statements;
