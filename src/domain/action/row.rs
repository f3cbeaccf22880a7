//! What a row of the table of actions says, and how one is written down.

/// What an action is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object {
    /// A user who is stored already.
    User,
    /// An email in the outbox.
    Mail,
    /// A workspace.
    Workspace,
    /// The organisation as a whole, its log or its key.
    Organisation,
    /// Nothing that is stored already.
    None,
}

/// What is asked before an action is done to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Nothing: it is done at once, or fills in a form first.
    Nothing,
    /// Whether it is meant.
    Yes,
    /// This word, typed.
    Word(&'static str),
}

/// Whose role reaches far enough for an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The policy is not asked: a link, a password or the shell is proof enough, or the program does it by itself.
    NotAsked,
    /// Administrators of the organisation, and the operator.
    Administrators,
    /// Workspace administrators too, for users who belong to their workspaces and to no others.
    WorkspaceAdministrators,
    /// The help desk too, for users without a role whom it sees.
    Helpdesk,
}

/// The state that a user must have for an action to make sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precondition {
    /// Any, the bin included.
    Always,
    /// Any but the bin.
    NotDeleted,
    /// The same, for what puts a user there.
    NotYetDeleted,
    Invited,
    /// Invited, with an invitation that nobody revoked; it may have expired.
    InvitationOpen,
    /// The same, or active while a new address waits to be confirmed.
    Waiting,
    Active,
    /// Invited or active.
    NotSuspended,
    Suspended,
    Deleted,
}

#[cfg(test)]
impl Precondition {
    /// For whom that is, as the documentation says it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Always => "any user, deleted ones included",
            Self::NotDeleted | Self::NotYetDeleted => "any user who isn't deleted",
            Self::Invited => "invited users",
            Self::InvitationOpen => "invited users with an open invitation",
            Self::Waiting => {
                "invited users with an open invitation; only for administrators also active users whose new address isn't confirmed yet"
            }
            Self::Active => "active users",
            Self::NotSuspended => "invited and active users",
            Self::Suspended => "suspended users",
            Self::Deleted => "deleted users",
        }
    }
}

/// Everything that is known of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// The name in the audit log, in `--json` and on the command line.
    pub name: &'static str,
    /// Verb and object, as keys and menus write it.
    pub words: &'static str,
    /// What happened, as a history line says it after the actor's name: `Ada invited`, `suspended`.
    pub past: &'static str,
    /// What it is done to.
    pub object: Object,
    /// Whose role reaches far enough.
    pub reach: Reach,
    /// The state that its user must have, if it concerns one.
    pub precondition: Precondition,
    /// What is asked before it is done to one.
    pub asks: Asks,
    /// Whether a command asks about those who were named, too. About those whom a query found it always asks.
    pub asks_by_name: bool,
    /// How it is asked, with `{}` for the name of its object; empty where nothing is asked.
    pub question: &'static str,
    /// What it means for one, in whole sentences; empty where nothing needs to be said.
    pub consequence: &'static str,
    /// What it means for many at once; none if it is for one at a time. For many it is always asked.
    pub for_many: Option<&'static str>,
    /// Whether the person who did it can undo it while nobody changed its object since.
    pub undoable: bool,
    /// Whether its user can no longer sign in afterwards, which nobody does to themselves.
    pub removes: bool,
}

impl Spec {
    /// Something that people cause outside lists, or that the program does by itself.
    pub(super) const fn recorded(name: &'static str, words: &'static str, past: &'static str, object: Object) -> Self {
        Self {
            name,
            words,
            past,
            object,
            reach: Reach::NotAsked,
            precondition: Precondition::Always,
            asks: Asks::Nothing,
            asks_by_name: false,
            question: "",
            consequence: "",
            for_many: None,
            undoable: false,
            removes: false,
        }
    }

    /// Something that an administrator chooses.
    pub(super) const fn chosen(name: &'static str, words: &'static str, past: &'static str, object: Object) -> Self {
        Self { reach: Reach::Administrators, ..Self::recorded(name, words, past, object) }
    }

    /// Something that a workspace administrator, too, does to one user in this state.
    pub(super) const fn on_user(
        name: &'static str,
        words: &'static str,
        past: &'static str,
        precondition: Precondition,
    ) -> Self {
        Self::chosen(name, words, past, Object::User).within_workspaces().given(precondition)
    }

    pub(super) const fn given(self, precondition: Precondition) -> Self {
        Self { precondition, ..self }
    }

    pub(super) const fn within_workspaces(self) -> Self {
        Self { reach: Reach::WorkspaceAdministrators, ..self }
    }

    /// The help desk too.
    pub(super) const fn for_helpdesk(self) -> Self {
        Self { reach: Reach::Helpdesk, ..self }
    }

    pub(super) const fn means(self, consequence: &'static str) -> Self {
        Self { consequence, ..self }
    }

    pub(super) const fn asks(self, question: &'static str) -> Self {
        Self { asks: Asks::Yes, question, ..self }
    }

    pub(super) const fn asks_for_word(self, word: &'static str, question: &'static str) -> Self {
        Self { asks: Asks::Word(word), question, ..self }.asks_by_name()
    }

    pub(super) const fn asks_by_name(self) -> Self {
        Self { asks_by_name: true, ..self }
    }

    pub(super) const fn for_many(self, consequence: &'static str) -> Self {
        Self { for_many: Some(consequence), ..self }
    }

    pub(super) const fn undoable(self) -> Self {
        Self { undoable: true, ..self }
    }

    pub(super) const fn removes(self) -> Self {
        Self { removes: true, ..self }
    }
}
