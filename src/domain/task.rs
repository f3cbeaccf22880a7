//! A task: what is done to each of many users, and how it is put into words.

use super::action::{Action, Asks};
use super::change::Change;
use super::name::Name;
use super::role::{OrganisationRole, WorkspaceRole};
use super::text::{capital, counted};
use super::user::User;

/// How many users may be changed at once after a yes; for more, their number is typed.
pub const ASK_NUMBER_ABOVE: u64 = 50;

/// What is done to each of many users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// An action that needs nothing but whom: one whose row has words for many.
    Act(Action),
    /// Give this role in the organisation.
    Role(OrganisationRole),
    /// Add to a workspace with a role, or give that role there; other workspaces stay.
    Join(Name, WorkspaceRole),
}

/// What has to be typed before a task is begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// Nothing: a button is enough.
    Button,
    /// This text.
    Typed(String),
}

impl Task {
    /// An action as a task, if it can be done to many users.
    #[must_use]
    pub fn of(action: Action) -> Option<Self> {
        if action.is_for_many() && Change::of(action).is_some() { Some(Self::Act(action)) } else { None }
    }

    /// Verb and object: `add to Research as member`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Act(action) => action.words().to_owned(),
            Self::Role(role) => format!("make {}", role.words()),
            Self::Join(workspace, role) => format!("add to {workspace} as {}", role.words()),
        }
    }

    /// Verb and object for so many: `Delete 3 users`.
    #[must_use]
    pub fn for_many(&self, count: u64) -> String {
        let users = counted(count, "user");
        match self {
            Self::Act(action) => {
                let (verb, object) = action.words().split_once(' ').unwrap_or((action.words(), "user"));
                let object = match (object, count) {
                    ("user", _) => String::new(),
                    (object, 1) => format!("{object} of "),
                    (object, _) => format!("{object}s of "),
                };
                format!("{} {object}{users}", capital(verb))
            }
            Self::Role(role) => format!("Make {users} {}", role.words()),
            Self::Join(workspace, role) => format!("Add {users} to {workspace} as {}", role.words()),
        }
    }

    /// The question about one user of this name: `Delete Ada Lovelace?`
    #[must_use]
    pub fn question_about(&self, name: &Name) -> String {
        match self {
            Self::Act(action) => action.spec().question.replace("{}", name.as_str()),
            Self::Role(role) => format!("Make {name} {}?", role.words()),
            Self::Join(workspace, role) => format!("Add {name} to {workspace} as {}?", role.words()),
        }
    }

    /// What happened.
    #[must_use]
    pub fn past(&self) -> String {
        match self {
            Self::Act(action) => action.past().to_owned(),
            Self::Role(role) => format!("made {}", role.words()),
            Self::Join(workspace, _) => format!("added to {workspace}"),
        }
    }

    /// What it means for them, in whole sentences.
    #[must_use]
    pub const fn consequence(&self) -> &'static str {
        match self {
            Self::Act(action) => match action.spec().for_many {
                Some(text) => text,
                None => "",
            },
            Self::Role(OrganisationRole::Administrator) => {
                "They can do everything here, for every user. Open links of anyone who isn't one yet stop working, and they \
                 are sent new ones."
            }
            Self::Role(OrganisationRole::Helpdesk) => {
                "They see every user, and help those without a role. Open links of anyone who could do less stop working, \
                 and they are sent new ones."
            }
            Self::Role(OrganisationRole::Auditor) => {
                "They see everything and change nothing. Open links of anyone who could do less stop working, and they are \
                 sent new ones."
            }
            Self::Role(OrganisationRole::None) => {
                "They no longer have a role in the organisation. They keep their roles in workspaces."
            }
            Self::Join(..) => {
                "They join this workspace with this role, and keep their other workspaces. Open links of anyone for whom \
                 that is more than before stop working, and they are sent new ones."
            }
        }
    }

    /// Whether it takes power from somebody, so that links of others that they were shown end.
    #[must_use]
    pub fn takes_power_from(&self, user: &User) -> bool {
        match self {
            Self::Act(action) => action.spec().removes,
            Self::Role(role) => user.organisation_role.exceeds(*role),
            Self::Join(workspace, role) => {
                user.memberships.iter().any(|m| m.name.key() == workspace.key() && m.role > *role)
            }
        }
    }

    /// What is typed before it is done to so many: the action's own word, or their number where they are more than
    /// [`ASK_NUMBER_ABOVE`].
    #[must_use]
    pub fn proof(&self, count: u64) -> Proof {
        match self {
            _ if count > ASK_NUMBER_ABOVE => Proof::Typed(count.to_string()),
            Self::Act(action) => match action.spec().asks {
                Asks::Word(word) => Proof::Typed(word.to_owned()),
                Asks::Nothing | Asks::Yes => Proof::Button,
            },
            Self::Role(_) | Self::Join(..) => Proof::Button,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_for_many_has_words_and_is_done_to_users() {
        let tasks: Vec<Task> = Action::ALL.into_iter().filter_map(Task::of).collect();
        assert!(tasks.contains(&Task::Act(Action::Delete)) && !tasks.contains(&Task::Act(Action::RetryMail)));
        for task in tasks {
            assert!(!task.consequence().is_empty(), "{task:?}");
        }
        assert_eq!(Task::Act(Action::Delete).for_many(1), "Delete 1 user");
        assert_eq!(Task::Act(Action::Resend).for_many(1_204), "Resend invitations of 1,204 users");
        assert_eq!(Task::Act(Action::Resend).for_many(1), "Resend invitation of 1 user");
        assert_eq!(Task::of(Action::ResetPassword), None, "a reset goes to somebody who asked for one");
    }

    #[test]
    fn erasing_asks_for_its_word_and_anything_for_more_than_fifty_for_their_number() {
        let (erase, suspend) = (Task::Act(Action::Erase), Task::Act(Action::Suspend));
        assert_eq!(erase.proof(1), Proof::Typed("erase".to_owned()));
        assert_eq!((suspend.proof(50), suspend.proof(51)), (Proof::Button, Proof::Typed("51".to_owned())));
        assert_eq!(erase.proof(49_751), Proof::Typed("49751".to_owned()));
    }
}
