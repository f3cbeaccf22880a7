//! Workspaces, and how many users belong to each.

use std::collections::HashMap;

use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, TryInsertResult,
};

use super::entities::{membership, user, workspace};
use super::{StoreError, Tx};
use crate::domain::name::Name;
use crate::domain::role::{WorkspaceId, WorkspaceRole};
use crate::domain::scope::Scope;
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;
use crate::domain::workspace::{Consequences, Workspace};

impl Tx {
    /// A workspace by its name, without case or accents.
    pub async fn workspace(&self, name: &Name) -> Result<Option<WorkspaceId>, StoreError> {
        let row = workspace::Entity::find().filter(workspace::Column::NameKey.eq(name.key())).one(self.db()).await?;
        Ok(row.map(|row| WorkspaceId(row.id)))
    }

    /// The same, and nobody renames or deletes it, or begins to belong to it, until the transaction ends. Where it was
    /// renamed or deleted a moment ago, it isn't found.
    pub async fn lock_workspace(&self, name: &Name) -> Result<Option<WorkspaceId>, StoreError> {
        if !self.is_postgres() {
            return self.workspace(name).await;
        }
        let find = workspace::Entity::find().filter(workspace::Column::NameKey.eq(name.key()));
        Ok(find.lock_exclusive().one(self.db()).await?.map(|row| WorkspaceId(row.id)))
    }

    /// The workspaces with these names that are there, in the order of their names.
    pub async fn workspaces_named(&self, names: &[&Name]) -> Result<Vec<(WorkspaceId, Name)>, StoreError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let rows = workspace::Entity::find()
            .filter(workspace::Column::NameKey.is_in(names.iter().map(|name| name.key())))
            .order_by_asc(workspace::Column::NameKey)
            .all(self.db())
            .await?;
        Ok(rows.into_iter().map(|row| (WorkspaceId(row.id), Name::stored(row.name))).collect())
    }

    /// The names of the workspaces in scope in their order, so many at most.
    pub async fn workspace_names(&self, scope: &Scope, most: u64) -> Result<Vec<Name>, StoreError> {
        let rows = in_scope(scope).limit(most).all(self.db()).await?;
        Ok(rows.into_iter().map(|row| Name::stored(row.name)).collect())
    }

    /// The workspaces in scope in the order of their names, so many at most, with how many users belong to each.
    pub async fn workspaces(&self, scope: &Scope, most: u64) -> Result<Vec<Workspace>, StoreError> {
        let rows = in_scope(scope).limit(most).all(self.db()).await?;
        let counts: Vec<(i64, String, i64)> = membership::Entity::find()
            .select_only()
            .column(membership::Column::WorkspaceId)
            .column(membership::Column::Role)
            .column_as(membership::Column::UserId.count(), "users")
            .filter(membership::Column::WorkspaceId.is_in(rows.iter().map(|row| row.id)))
            .filter(not_in_the_bin())
            .group_by(membership::Column::WorkspaceId)
            .group_by(membership::Column::Role)
            .into_tuple()
            .all(self.db())
            .await?;
        let mut of: HashMap<i64, (u64, u64)> = HashMap::new();
        for (id, role, count) in counts {
            let (users, administrators) = of.entry(id).or_default();
            let count = u64::try_from(count).unwrap_or(0);
            *users += count;
            if role == WorkspaceRole::Administrator.name() {
                *administrators += count;
            }
        }
        let workspace = |row: workspace::Model| {
            let (users, administrators) = of.get(&row.id).copied().unwrap_or_default();
            let (id, name) = (WorkspaceId(row.id), Name::stored(row.name));
            Workspace { id, name, created_at: Timestamp(row.created_at), users, administrators }
        };
        Ok(rows.into_iter().map(workspace).collect())
    }

    /// What deleting a workspace would mean for its users.
    pub async fn consequences(&self, id: WorkspaceId, now: Timestamp) -> Result<Consequences, StoreError> {
        let here =
            || membership::Entity::find().filter(membership::Column::WorkspaceId.eq(id.0)).filter(not_in_the_bin());
        let elsewhere = membership::Entity::find()
            .select_only()
            .column(membership::Column::UserId)
            .filter(membership::Column::WorkspaceId.ne(id.0))
            .into_query();
        let administrators = here().filter(membership::Column::Role.eq(WorkspaceRole::Administrator.name()));
        let only_here = here().filter(membership::Column::UserId.not_in_subquery(elsewhere));
        Ok(Consequences {
            users: here().count(self.db()).await?,
            administrators: administrators.count(self.db()).await?,
            only_here: only_here.count(self.db()).await?,
            views: self.views(&self.role_holders(id).await?, now).await?,
        })
    }

    /// Stores a workspace; `None` if its name is taken.
    pub async fn insert_workspace(&self, name: &Name, now: Timestamp) -> Result<Option<WorkspaceId>, StoreError> {
        let row = workspace::ActiveModel {
            id: NotSet,
            name: Set(name.as_str().to_owned()),
            name_key: Set(name.key()),
            created_at: Set(now.0),
        };
        let insert = workspace::Entity::insert(row).on_conflict_do_nothing_on([workspace::Column::NameKey]);
        Ok(match insert.exec(self.db()).await? {
            TryInsertResult::Inserted(done) => Some(WorkspaceId(done.last_insert_id)),
            TryInsertResult::Empty | TryInsertResult::Conflicted => None,
        })
    }

    /// Gives a workspace another name; answers whether it was free. Where somebody else takes it at this moment, the
    /// whole transaction is run again.
    pub async fn rename_workspace(&self, id: WorkspaceId, name: &Name) -> Result<bool, StoreError> {
        let others = workspace::Entity::find().filter(workspace::Column::NameKey.eq(name.key()));
        if others.filter(workspace::Column::Id.ne(id.0)).count(self.db()).await? > 0 {
            return Ok(false);
        }
        let row = workspace::ActiveModel {
            name: Set(name.as_str().to_owned()),
            name_key: Set(name.key()),
            ..Default::default()
        };
        workspace::Entity::update_many().set(row).filter(workspace::Column::Id.eq(id.0)).exec(self.db()).await?;
        Ok(true)
    }

    /// Who is more than a member of a workspace, in the order in which they are to be locked.
    pub async fn role_holders(&self, id: WorkspaceId) -> Result<Vec<UserId>, StoreError> {
        let holders: Vec<i64> = membership::Entity::find()
            .select_only()
            .column(membership::Column::UserId)
            .filter(membership::Column::WorkspaceId.eq(id.0))
            .filter(membership::Column::Role.ne(WorkspaceRole::Member.name()))
            .order_by_asc(membership::Column::UserId)
            .into_tuple()
            .all(self.db())
            .await?;
        Ok(holders.into_iter().map(UserId).collect())
    }

    /// Deletes a workspace and with it that somebody belongs to it; its users stay.
    pub async fn delete_workspace(&self, id: WorkspaceId) -> Result<(), StoreError> {
        workspace::Entity::delete_by_id(id.0).exec(self.db()).await?;
        Ok(())
    }
}

fn in_scope(scope: &Scope) -> sea_orm::Select<workspace::Entity> {
    let select = workspace::Entity::find().order_by_asc(workspace::Column::NameKey);
    match scope {
        Scope::All => select,
        Scope::Workspaces(mine) => select.filter(workspace::Column::Id.is_in(mine.iter().map(|id| id.0))),
    }
}

/// Memberships of users who are not in the bin, which is small.
fn not_in_the_bin() -> SimpleExpr {
    let bin = user::Entity::find().select_only().column(user::Column::Id).filter(user::Column::DeletedAt.is_not_null());
    membership::Column::UserId.not_in_subquery(bin.into_query())
}
