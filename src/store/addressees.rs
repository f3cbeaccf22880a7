//! What the emails of a batch are about, read in a few statements however many emails there are.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::entities::{membership, user, workspace};
use super::{StoreError, Tx, power, users};
use crate::domain::language::Language;
use crate::domain::role::{OrganisationRole, WorkspaceRole};
use crate::domain::status::Status;
use crate::domain::user::UserId;

/// Somebody who is written to, or in whose name.
#[derive(Debug, Clone)]
pub struct Addressee {
    pub name: String,
    pub status: Status,
    pub language: Language,
    pub role: OrganisationRole,
    /// See [`crate::domain::user::User::power_rises`].
    pub power_rises: i64,
    /// The workspaces by name, in their order.
    pub workspaces: Vec<(String, WorkspaceRole)>,
}

impl Tx {
    /// Users by number, with their workspaces.
    pub async fn addressees(&self, ids: &[UserId]) -> Result<HashMap<UserId, Addressee>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let numbers = || ids.iter().map(|id| id.0);
        let rows = user::Entity::find().filter(user::Column::Id.is_in(numbers())).all(self.db()).await?;
        let mut found: HashMap<UserId, Addressee> = HashMap::with_capacity(rows.len());
        for row in rows {
            let addressee = Addressee {
                status: users::status(&row),
                language: users::language(&row)?,
                role: users::organisation_role(&row)?,
                power_rises: row.power_rises,
                name: row.name,
                workspaces: Vec::new(),
            };
            found.insert(UserId(row.id), addressee);
        }
        let memberships =
            membership::Entity::find().filter(membership::Column::UserId.is_in(numbers())).all(self.db()).await?;
        if memberships.is_empty() {
            return Ok(found);
        }
        let mut in_workspace: HashMap<i64, Vec<(UserId, WorkspaceRole)>> = HashMap::new();
        for row in memberships {
            let role = power::workspace_role(&row)?;
            in_workspace.entry(row.workspace_id).or_default().push((UserId(row.user_id), role));
        }
        let workspaces = workspace::Entity::find()
            .filter(workspace::Column::Id.is_in(in_workspace.keys().copied()))
            .order_by_asc(workspace::Column::NameKey)
            .all(self.db())
            .await?;
        for row in workspaces {
            for (id, role) in in_workspace.remove(&row.id).unwrap_or_default() {
                if let Some(addressee) = found.get_mut(&id) {
                    addressee.workspaces.push((row.name.clone(), role));
                }
            }
        }
        Ok(found)
    }
}
