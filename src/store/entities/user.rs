//! A row of `users`. See the migration for what its columns mean.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub name: String,
    pub name_key: String,
    pub email: String,
    pub email_key: Option<String>,
    pub email_sort: String,
    pub search_key: String,
    pub language: String,
    pub password_hash: Option<String>,
    pub suspended_at: Option<i64>,
    pub deleted_at: Option<i64>,
    pub status_key: i64,
    pub created_at: i64,
    pub invited_at: i64,
    pub last_sign_in_at: i64,
    pub open_expires_at: i64,
    pub mail_failed_at: i64,
    pub asked_at: i64,
    pub version: i64,
    pub role: String,
    pub suspended_by: Option<String>,
    pub deleted_by: Option<String>,
    pub power_rises: i64,
    pub ssh: bool,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
