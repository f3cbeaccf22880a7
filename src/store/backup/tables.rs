//! Copying every table from one database into another, whatever kind each is, and comparing them afterwards.

use sea_orm::sea_query::{Expr, ExprTrait as _, Value};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ActiveValue, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel,
    Iterable, ModelTrait, PrimaryKeyToColumn, QueryFilter, QueryOrder, QuerySelect,
};

use super::error::BackupError;
use crate::domain::text::visible;
use crate::store::StoreError;
use crate::store::entities::{
    audit, audit_chain, audit_detail, erasure, limit, link, link_view, mail_attempt, membership, node, outbox, relay,
    request, setting, user, workspace,
};

/// Every table, in an order in which no row refers to one that comes later.
pub const TABLES: [&str; 16] = [
    "users",
    "workspaces",
    "memberships",
    "settings",
    "links",
    "link_views",
    "requests",
    "outbox",
    "mail_attempts",
    "relays",
    "audit",
    "audit_detail",
    "audit_chain",
    "erasures",
    "nodes",
    "limits",
];

/// Rows that are read at once.
const CHUNK: u64 = 2_000;
/// Values that one statement may have: SQLite takes 32,766 and PostgreSQL 65,535.
const VALUES: usize = 30_000;

/// What is done with each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    Copy,
    /// That the other has the same row at the same place, and no other.
    Compare,
    /// The same, but for entries of the log beyond this one, which the other may have.
    CompareUpTo(i64),
}

/// Goes through every table of `from` and copies it into `to`, which has the same schema and no rows, or compares it.
/// `note` is called with the number of rows after each piece.
pub async fn go_through<F, T>(pass: Pass, from: &F, to: &T, note: &(dyn Fn(u64) + Sync)) -> Result<(), StoreError>
where
    F: ConnectionTrait,
    T: ConnectionTrait,
{
    let all = Tables { pass, from, to, note };
    // The status is computed by the database.
    all.table::<user::Entity>(&[user::Column::StatusKey]).await?;
    all.table::<workspace::Entity>(&[]).await?;
    all.table::<membership::Entity>(&[]).await?;
    all.table::<setting::Entity>(&[]).await?;
    all.table::<link::Entity>(&[]).await?;
    all.table::<link_view::Entity>(&[]).await?;
    all.table::<request::Entity>(&[]).await?;
    all.table::<outbox::Entity>(&[]).await?;
    all.table::<mail_attempt::Entity>(&[]).await?;
    all.table::<relay::Entity>(&[]).await?;
    all.table::<audit::Entity>(&[]).await?;
    all.table::<audit_detail::Entity>(&[]).await?;
    all.table::<audit_chain::Entity>(&[]).await?;
    all.table::<erasure::Entity>(&[]).await?;
    all.table::<node::Entity>(&[]).await?;
    all.table::<limit::Entity>(&[]).await
}

struct Tables<'a, F, T> {
    pass: Pass,
    from: &'a F,
    to: &'a T,
    note: &'a (dyn Fn(u64) + Sync),
}

impl<F: ConnectionTrait, T: ConnectionTrait> Tables<'_, F, T> {
    async fn table<E>(&self, computed: &[E::Column]) -> Result<(), StoreError>
    where
        E: EntityTrait,
        E::Model: IntoActiveModel<E::ActiveModel> + PartialEq + Sync,
        E::ActiveModel: ActiveModelTrait<Entity = E> + ActiveModelBehavior + Send,
    {
        let mut last = None;
        loop {
            let rows = next::<E>(self.from, last.as_deref()).await?;
            match self.pass {
                Pass::Copy => insert::<E>(self.to, &rows, computed).await?,
                Pass::Compare | Pass::CompareUpTo(_) => {
                    let mut theirs = next::<E>(self.to, last.as_deref()).await?;
                    theirs.retain(|row| !self.is_beyond::<E>(row));
                    if rows != theirs {
                        return Err(BackupError::Differs(name::<E>()).into());
                    }
                }
            }
            (self.note)(rows.len() as u64);
            let Some(row) = rows.last() else { return Ok(()) };
            last = Some(key_columns::<E>().into_iter().map(|column| row.get(column)).collect::<Vec<_>>());
        }
    }
}

impl<F, T> Tables<'_, F, T> {
    /// Whether a row is of an entry of the log that need not be in both.
    fn is_beyond<E: EntityTrait>(&self, row: &E::Model) -> bool {
        let Pass::CompareUpTo(last) = self.pass else { return false };
        let is_log = matches!(name::<E>(), "audit" | "audit_detail");
        let number = key_columns::<E>().first().map(|column| row.get(*column));
        is_log && matches!(number, Some(Value::BigInt(Some(number))) if number > last)
    }
}

fn key_columns<E: EntityTrait>() -> Vec<E::Column> {
    E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect()
}

fn name<E: EntityTrait>() -> &'static str {
    let name = E::default();
    TABLES.into_iter().find(|table| *table == name.table_name()).unwrap_or_default()
}

/// The rows behind this key, in the order of their keys.
async fn next<E: EntityTrait>(db: &impl ConnectionTrait, last: Option<&[Value]>) -> Result<Vec<E::Model>, StoreError> {
    let columns = key_columns::<E>();
    let mut rows = E::find();
    for column in &columns {
        rows = rows.order_by_asc(*column);
    }
    if let Some(last) = last {
        let here = Expr::tuple(columns.iter().map(|column| Expr::col(*column)));
        rows = rows.filter(here.gt(Expr::tuple(last.iter().cloned().map(Expr::val))));
    }
    Ok(rows.limit(CHUNK).all(db).await?)
}

async fn insert<E>(db: &impl ConnectionTrait, rows: &[E::Model], computed: &[E::Column]) -> Result<(), StoreError>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: ActiveModelTrait<Entity = E> + ActiveModelBehavior + Send,
{
    let to_postgres = db.get_database_backend() == DbBackend::Postgres;
    let at_once = VALUES / E::Column::iter().count();
    for some in rows.chunks(at_once) {
        let mut all = Vec::with_capacity(some.len());
        for row in some {
            let mut row = row.clone().into_active_model();
            for column in computed {
                row.not_set(*column);
            }
            if to_postgres {
                refuse_nul::<E>(&row)?;
            }
            all.push(row);
        }
        E::insert_many(all).exec_without_returning(db).await?;
    }
    Ok(())
}

fn refuse_nul<E>(row: &E::ActiveModel) -> Result<(), StoreError>
where
    E: EntityTrait,
    E::ActiveModel: ActiveModelTrait<Entity = E>,
{
    for column in E::Column::iter() {
        if let ActiveValue::Set(Value::String(Some(text))) | ActiveValue::Unchanged(Value::String(Some(text))) =
            row.get(column)
            && text.contains('\0')
        {
            let column = visible(sea_orm::IdenStatic::as_str(&column)).into_owned();
            return Err(BackupError::Nul { table: name::<E>(), column }.into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, schema};

    #[tokio::test]
    async fn every_table_is_copied() {
        let store = Store::in_memory().await.unwrap();
        let mut all = schema::tables(&store.db).await.unwrap();
        all.retain(|table| table != schema::RECORDS);
        all.sort();
        let mut copied = TABLES.map(str::to_owned).to_vec();
        copied.sort();
        assert_eq!(all, copied);
    }
}
