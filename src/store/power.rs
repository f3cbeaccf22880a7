//! What users may do: their role in the organisation and their memberships. Whatever gives somebody more than they had is
//! written here and nowhere else, and counted, so that no link opens more than when it was issued.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use super::entities::{membership, user, workspace};
use super::error::read_word;
use super::users::{organisation_role, status, status_key};
use super::{StoreError, Tx};
use crate::domain::name::Name;
use crate::domain::policy::Authority;
use crate::domain::role::{Membership, OrganisationRole, WorkspaceId, WorkspaceRole};
use crate::domain::scope::Scope;
use crate::domain::status::Status;
use crate::domain::user::UserId;

impl Tx {
    /// What a user may do, read from as little as decides it.
    pub async fn authority(&self, id: UserId) -> Result<Option<Authority>, StoreError> {
        let Some(row) = user::Entity::find_by_id(id.0).one(self.db()).await? else { return Ok(None) };
        let role = organisation_role(&row)?;
        // An administrator may do all, wherever they belong.
        let memberships = match role {
            OrganisationRole::Administrator => Vec::new(),
            OrganisationRole::None | OrganisationRole::Auditor | OrganisationRole::Helpdesk => {
                self.memberships(id).await?
            }
        };
        Ok(Authority::from_facts(id, status(&row), role, &memberships))
    }

    pub(super) async fn memberships(&self, id: UserId) -> Result<Vec<Membership>, StoreError> {
        let rows = membership::Entity::find().filter(membership::Column::UserId.eq(id.0)).all(self.db()).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut roles: HashMap<i64, WorkspaceRole> = HashMap::with_capacity(rows.len());
        for row in &rows {
            roles.insert(row.workspace_id, workspace_role(row)?);
        }
        let workspaces = workspace::Entity::find()
            .filter(workspace::Column::Id.is_in(roles.keys().copied()))
            .order_by_asc(workspace::Column::NameKey)
            .all(self.db())
            .await?;
        let membership = |row: workspace::Model| {
            let role = *roles.get(&row.id)?;
            Some(Membership { workspace: WorkspaceId(row.id), role, name: Name::stored(row.name) })
        };
        Ok(workspaces.into_iter().filter_map(membership).collect())
    }

    /// Stores memberships of users who were stored in this transaction, and have no link yet.
    pub async fn insert_memberships(&self, all: &[(UserId, WorkspaceId, WorkspaceRole)]) -> Result<(), StoreError> {
        const ROWS: usize = 500;
        for some in all.chunks(ROWS) {
            let rows = some.iter().map(|(user, workspace, role)| membership::ActiveModel {
                workspace_id: Set(workspace.0),
                user_id: Set(user.0),
                role: Set(role.name().to_owned()),
            });
            membership::Entity::insert_many(rows).exec_without_returning(self.db()).await?;
        }
        Ok(())
    }

    /// Makes these the user's memberships in the workspaces of this scope; others stay.
    pub async fn set_memberships(
        &self,
        id: UserId,
        scope: &Scope,
        all: &[(WorkspaceId, WorkspaceRole)],
    ) -> Result<(), StoreError> {
        self.order().changes(id);
        let before = self.memberships(id).await?;
        let was = |workspace| before.iter().find(|m| m.workspace == workspace).map(|m| m.role);
        let rises = all.iter().any(|(workspace, role)| was(*workspace).is_none_or(|was| *role > was));
        let mut old = membership::Entity::delete_many().filter(membership::Column::UserId.eq(id.0));
        if let Scope::Workspaces(mine) = scope {
            old = old.filter(membership::Column::WorkspaceId.is_in(mine.iter().map(|id| id.0)));
        }
        old.exec(self.db()).await?;
        let all: Vec<_> = all.iter().map(|(workspace, role)| (id, *workspace, *role)).collect();
        self.insert_memberships(&all).await?;
        if rises { self.count_rise(id).await } else { Ok(()) }
    }

    /// Gives a user this role in the organisation.
    pub async fn set_role(&self, id: UserId, role: OrganisationRole) -> Result<(), StoreError> {
        self.order().changes(id);
        let row = user::Entity::find_by_id(id.0).one(self.db()).await?;
        let before = organisation_role(&row.ok_or(StoreError::Missing("the user that was just read"))?)?;
        self.update(id, user::ActiveModel { role: Set(role.name().to_owned()), ..Default::default() }).await?;
        if role.exceeds(before) { self.count_rise(id).await } else { Ok(()) }
    }

    /// Notes that a user may do more than just before: links that were issued until now no longer work.
    async fn count_rise(&self, id: UserId) -> Result<(), StoreError> {
        let counter = user::Column::PowerRises;
        let more = user::Entity::update_many().col_expr(counter, Expr::col(counter).add(1));
        more.filter(user::Column::Id.eq(id.0)).exec(self.db()).await?;
        Ok(())
    }

    /// How many administrators can act now.
    pub async fn active_administrators(&self) -> Result<u64, StoreError> {
        Ok(user::Entity::find()
            .filter(user::Column::Role.eq(OrganisationRole::Administrator.name()))
            .filter(user::Column::StatusKey.eq(status_key(Status::Active)))
            .count(self.db())
            .await?)
    }
}

pub(super) fn workspace_role(row: &membership::Model) -> Result<WorkspaceRole, StoreError> {
    let number = format!("(workspace {}, user {})", row.workspace_id, row.user_id);
    read_word(|word| WorkspaceRole::parse(word).ok(), ("memberships", number, "role"), &row.role)
}
