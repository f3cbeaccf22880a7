//! Who was erased, by number alone: what a restored backup brings back of them is erased again.

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
