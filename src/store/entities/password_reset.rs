//! A row of `password_resets`. See the migration for what its columns mean.

use sea_orm::entity::prelude::*;

/// The row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "password_resets")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub user_id: i64,
    pub open_key: Option<i64>,
    pub nonce: Vec<u8>,
    pub address: String,
    pub issued_at: i64,
    pub issued_by: Option<i64>,
    pub expires_at: i64,
    pub superseded_at: Option<i64>,
    pub revoked_at: Option<i64>,
    pub used_at: Option<i64>,
    pub key_id: String,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
