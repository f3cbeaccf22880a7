//! A row of `links`. See the migration for what its columns mean.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "links")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub purpose: String,
    pub user_id: i64,
    pub open_key: Option<i64>,
    pub nonce: Vec<u8>,
    pub key_id: String,
    pub address: String,
    pub other_address: Option<String>,
    pub message: Option<String>,
    pub issued_at: i64,
    pub issued_by: Option<i64>,
    pub expires_at: i64,
    pub ending: Option<String>,
    pub ended_at: Option<i64>,
    pub power_rises: i64,
    pub renewed_by: Option<i64>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
