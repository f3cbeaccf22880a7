//! A row of `mail_attempts`. See the migration for what its columns mean.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_attempts")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub mail_id: i64,
    pub at: i64,
    pub accepted: bool,
    pub stage: String,
    pub code: Option<i64>,
    pub text: String,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
