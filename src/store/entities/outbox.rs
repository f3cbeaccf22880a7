//! A row of `outbox`. See the migration for what its columns mean.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub kind: String,
    pub user_id: Option<i64>,
    pub subject_id: Option<i64>,
    pub to_address: String,
    pub to_name: String,
    pub message_id: String,
    pub state: String,
    pub created_at: i64,
    pub next_at: i64,
    pub not_after: i64,
    pub ended_at: Option<i64>,
    pub attempts: i64,
    pub crashes: i64,
    pub lease: i64,
    pub lease_until: i64,
    pub rendered: Option<String>,
    pub last_stage: Option<String>,
    pub last_code: Option<i64>,
    pub last_text: Option<String>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
