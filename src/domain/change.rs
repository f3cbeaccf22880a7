//! Changes: what somebody wants to do, with the values that matter for whether they may.

use super::action::{Action, Object, Precondition, Reach};
use super::role::{OrganisationRole, WorkspaceId, WorkspaceRole};

/// A change that an actor wants to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// An action whose row in the table says all that matters.
    Act(Action),
    Invite {
        /// With this role in the organisation.
        role: OrganisationRole,
        memberships: Vec<(WorkspaceId, WorkspaceRole)>,
    },
    Edit {
        /// Whether name or language change.
        profile: bool,
        /// Whether the address changes.
        email: bool,
        /// The role in the organisation, if it changes.
        role: Option<OrganisationRole>,
        /// All workspaces in sight from now on, if they change.
        memberships: Option<Vec<(WorkspaceId, WorkspaceRole)>>,
    },
    /// Take an invitation back before its email has left.
    TakeBack,
}

impl Change {
    /// The change that an action makes to a user without further values, for asking whether it is possible; none for
    /// what is done to no stored user, or by somebody else than an administrator.
    #[must_use]
    pub fn of(action: Action) -> Option<Self> {
        let spec = action.spec();
        if action == Action::Edit {
            return Some(Self::Edit { profile: true, email: false, role: None, memberships: None });
        }
        (spec.object == Object::User && spec.reach != Reach::NotAsked).then_some(Self::Act(action))
    }

    /// Whether its values say all that matters: what has a variant of its own is no mere action, nor is what the policy
    /// is not asked about.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        match self {
            Self::Act(Action::Invite | Action::Edit | Action::Undo) => false,
            Self::Act(action) => !matches!(action.spec().reach, Reach::NotAsked),
            Self::Invite { .. } | Self::Edit { .. } | Self::TakeBack => true,
        }
    }

    /// The action that it is.
    #[must_use]
    pub const fn action(&self) -> Action {
        match self {
            Self::Act(action) => *action,
            Self::Invite { .. } => Action::Invite,
            Self::Edit { .. } => Action::Edit,
            Self::TakeBack => Action::Undo,
        }
    }

    /// In which state its user must be.
    #[must_use]
    pub const fn precondition(&self) -> Precondition {
        match self {
            Self::Act(_) | Self::Invite { .. } | Self::Edit { .. } => self.action().spec().precondition,
            Self::TakeBack => Precondition::Invited,
        }
    }

    /// Whether it could take away somebody's power as an administrator.
    #[must_use]
    pub const fn removes_administrator(&self) -> bool {
        match self {
            Self::Act(action) => action.spec().removes,
            Self::Edit { role, .. } => match role {
                Some(OrganisationRole::None | OrganisationRole::Auditor | OrganisationRole::Helpdesk) => true,
                Some(OrganisationRole::Administrator) | None => false,
            },
            Self::Invite { .. } | Self::TakeBack => false,
        }
    }
}
