//! Who was erased and when, by number alone, for whoever puts an older backup in the place of this database: what it brings
//! back of them is to be erased again.

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

const UP: &[&str] = &["CREATE TABLE erasures (user_id BIGINT PRIMARY KEY, at BIGINT NOT NULL)"];
