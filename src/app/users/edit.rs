//! Edit a user: name, address, role, workspaces, language. An invited user gets a new invitation at a new address; one
//! of an active user takes effect when it is confirmed.

use serde_json::{Map, Value, json};

use crate::app::failure::takes_failures;
use crate::app::step::Step;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::email::Email;
use crate::domain::explain::{Explain, Kind};
use crate::domain::language::Language;
use crate::domain::link::Link;
use crate::domain::name::Name;
use crate::domain::policy::{Denied, scope};
use crate::domain::role::{Membership, WorkspaceId, WorkspaceRole};
use crate::domain::status::Status;
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserId};

/// What to change; what is missing stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub user: UserId,
    /// The version that the editor saw; a later one is refused.
    pub version: Option<i64>,
    pub name: Option<Name>,
    pub email: Option<Email>,
    pub language: Option<Language>,
    pub administrator: Option<bool>,
    /// All workspaces in sight by name; those out of sight stay.
    pub workspaces: Option<Vec<(Name, WorkspaceRole)>>,
    /// A workspace to belong to besides, or to have another role in.
    pub joins: Option<(Name, WorkspaceRole)>,
    /// A workspace to belong to no longer.
    pub leaves: Option<Name>,
}

impl Request {
    /// Changes nothing yet.
    #[must_use]
    pub const fn of(user: UserId) -> Self {
        Self {
            user,
            version: None,
            name: None,
            email: None,
            language: None,
            administrator: None,
            workspaces: None,
            joins: None,
            leaves: None,
        }
    }
}

/// A field of a user, as the form has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    Name,
    Email,
    Language,
    /// Administrator of the organisation, or not.
    Role,
    Workspaces,
}

impl Field {
    /// Every field, in the order in which the audit log has them.
    pub const ALL: [Self; 5] = [Self::Name, Self::Email, Self::Language, Self::Role, Self::Workspaces];

    /// The word for it, in sentences and in the audit log.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::Language => "language",
            Self::Role => "role",
            Self::Workspaces => "workspaces",
        }
    }
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Edited {
    /// The user as stored now.
    pub user: User,
    /// What changed; empty when all was as before.
    pub changed: Vec<Field>,
    /// Whether a new invitation went out because the address changed.
    pub invited_anew: bool,
    /// The new address that must be confirmed, and until when it can be.
    pub asked: Option<(Email, Timestamp)>,
}

impl Edited {
    /// What became of it, as a clause behind the user's name.
    #[must_use]
    pub fn outcome(&self) -> String {
        if self.changed.is_empty() {
            return "nothing was changed".to_owned();
        }
        let moves = self.changed.contains(&Field::Email);
        if let Some((email, _)) = self.asked.as_ref().filter(|_| moves) {
            let rest: Vec<Field> = self.changed.iter().copied().filter(|field| *field != Field::Email).collect();
            let rest = if rest.is_empty() { String::new() } else { format!("{} saved; ", words(&rest)) };
            return format!("{rest}{email} must be confirmed first, and the current address gets an email about it");
        }
        let anew = match (self.invited_anew, moves) {
            (true, true) => "; a new invitation goes to the new address, and the earlier link no longer works",
            (true, false) => "; someone saw the link, so it no longer works and a new invitation goes out",
            (false, _) => "",
        };
        format!("{} saved{anew}", words(&self.changed))
    }
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody has the address.
    #[error("{email} belongs to another user, who is {status}")]
    EmailTaken {
        /// The address.
        email: Email,
        /// What that user is.
        status: Status,
    },
    /// Somebody out of sight has the address.
    #[error("this address can't be used here")]
    CannotUseHere,
    /// Somebody else saved first; nothing is overwritten unseen.
    #[error("someone changed this user while you were editing ({}); nothing was saved", words(changed))]
    Changed {
        /// What is different now from what this request wants.
        changed: Vec<Field>,
        /// The user as stored now.
        now: Box<User>,
    },
    /// What every use case can fail with.
    #[error(transparent)]
    Failure(#[from] Failure),
}

takes_failures!(Error);

impl Explain for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::EmailTaken { .. } | Self::CannotUseHere => Kind::Refused,
            Self::Changed { .. } => Kind::Changed,
            Self::Failure(failure) => failure.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::EmailTaken { .. } => "email_taken",
            Self::CannotUseHere => "cannot_use_here",
            Self::Changed { .. } => "changed_meanwhile",
            Self::Failure(failure) => failure.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::EmailTaken { .. } => "use another address, or edit that user",
            Self::CannotUseHere => "ask an administrator",
            Self::Changed { .. } => "look at the user again, then save",
            Self::Failure(failure) => return failure.hint(),
        };
        Some(hint.to_owned())
    }
}

/// What a user will be.
struct Wanted {
    name: Name,
    email: Email,
    language: Language,
    administrator: bool,
    memberships: Vec<(WorkspaceId, WorkspaceRole)>,
}

impl Wanted {
    /// What is there, with what the request changes.
    async fn of(step: &Step<'_>, request: &Request, before: &User) -> Result<Self, Error> {
        let mut memberships = match &request.workspaces {
            Some(wanted) => step.workspaces(wanted).await?,
            None => pairs(&before.memberships),
        };
        if let Some(left) = &request.leaves {
            let left = step.workspace(left).await?;
            memberships.retain(|(known, _)| *known != left);
        }
        if let Some((joined, role)) = &request.joins {
            let joined = step.workspace(joined).await?;
            memberships.retain(|(known, _)| *known != joined);
            memberships.push((joined, *role));
        }
        Ok(Self {
            name: request.name.clone().unwrap_or_else(|| before.name.clone()),
            email: request.email.clone().unwrap_or_else(|| before.email.clone()),
            language: request.language.unwrap_or(before.language),
            administrator: request.administrator.unwrap_or(before.is_administrator),
            memberships,
        })
    }

    /// The change that the actor must be allowed to make.
    fn change(&self, changed: &[Field]) -> Change {
        Change::Edit {
            profile: changed.contains(&Field::Name) || changed.contains(&Field::Language),
            email: changed.contains(&Field::Email),
            administrator: changed.contains(&Field::Role).then_some(self.administrator),
            memberships: changed.contains(&Field::Workspaces).then(|| self.memberships.clone()),
        }
    }
}

/// Changes a user.
pub async fn run(app: &App, actor: &Actor, request: Request) -> Result<Edited, Error> {
    let request = &request;
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let before = step.lock(request.user, request.administrator == Some(false)).await?;
            let wanted = Wanted::of(&step, request, &before).await?;
            let changed = differences(&before, &wanted);
            if request.version.is_some_and(|seen| seen != before.version) {
                return Err(Error::Changed { changed, now: Box::new(before) });
            }
            step.allow(&before, &wanted.change(&changed)).await?;
            if changed.is_empty() {
                return Ok(Edited { user: before, changed, invited_anew: false, asked: None });
            }
            let moves = changed.contains(&Field::Email);
            if moves {
                // A suspended user is written to nowhere, and the link that reactivating revives went to the old
                // address.
                if before.status == Status::Suspended {
                    return Err(Denied::Suspended.into());
                }
                check_address(&step, &before, &wanted.email).await?;
            }
            store(&step, &before, &wanted, &changed).await?;
            let readdressed = moves && !before.has_password;
            // Whoever saw the link could come in with it as somebody who may more now than when it was shown.
            let overtaken = !before.has_password && widens(&before, &wanted) && link_was_shown(&step, &before).await?;
            let invited_anew = readdressed || overtaken;
            let mut asked = None;
            if moves && before.has_password {
                let renamed = step.changed(before.id).await?;
                asked = Some((wanted.email.clone(), step.issue_email_change(&renamed, &wanted.email).await?));
            }
            if invited_anew {
                invite_anew(&step, &before).await?;
            }
            let user = step.changed(before.id).await?;
            let mut detail = detail(&before, &user, &changed);
            if let Some((new, _)) = &asked {
                detail[Field::Email.words()] = json!({ "before": before.email.as_str(), "asked_for": new.as_str() });
            }
            step.record(Record::about(Action::Edit, before.id).with(detail)).await?;
            Ok(Edited { user, changed, invited_anew, asked })
        })
        .await
}

/// Writes what takes effect at once: whoever signs in with an address keeps it until the new one is confirmed.
async fn store(step: &Step<'_>, before: &User, wanted: &Wanted, changed: &[Field]) -> Result<(), Error> {
    let confirmed = if before.has_password { &before.email } else { &wanted.email };
    step.tx.set_profile(before.id, &wanted.name, confirmed, wanted.language, wanted.administrator).await?;
    if changed.contains(&Field::Workspaces) {
        step.tx.set_memberships(before.id, &scope(&step.authority), &wanted.memberships).await?;
    }
    Ok(())
}

/// Sends an invitation like the last one, to the user as stored now.
async fn invite_anew(step: &Step<'_>, before: &User) -> Result<(), Error> {
    let after = step.changed(before.id).await?;
    let last = before.invitation.as_ref();
    let valid_for = last.map_or(step.app.options.valid_for, Link::validity);
    let message = last.and_then(|last| last.message.clone());
    step.reissue(&after, valid_for, message).await?;
    Ok(())
}

/// Whether somebody may more afterwards.
fn widens(before: &User, wanted: &Wanted) -> bool {
    let before_in = |id| before.memberships.iter().find(|m| m.workspace == id).map(|m| m.role);
    let wider = |(id, role): &(WorkspaceId, WorkspaceRole)| {
        before_in(*id).is_none_or(|was| was != *role && *role == WorkspaceRole::Administrator)
    };
    (wanted.administrator && !before.is_administrator) || wanted.memberships.iter().any(wider)
}

/// Whether an administrator has seen the link that is open.
async fn link_was_shown(step: &Step<'_>, user: &User) -> Result<bool, Failure> {
    match user.open_invitation() {
        Some(open) => {
            // Of a link that a wrong clock dated ahead nobody knows whether it was shown before or after: it may have been.
            let since = if open.issued_at > step.now { Timestamp::default() } else { open.issued_at };
            Ok(step.tx.was_shown(user.id, since).await?)
        }
        None => Ok(false),
    }
}

fn pairs(memberships: &[Membership]) -> Vec<(WorkspaceId, WorkspaceRole)> {
    memberships.iter().map(|m| (m.workspace, m.role)).collect()
}

/// What would be different.
fn differences(before: &User, wanted: &Wanted) -> Vec<Field> {
    let sorted = |mut all: Vec<(WorkspaceId, WorkspaceRole)>| {
        all.sort_unstable();
        all
    };
    let differs = |field: &Field| match field {
        Field::Name => before.name != wanted.name,
        Field::Email => before.email != wanted.email,
        Field::Language => before.language != wanted.language,
        Field::Role => before.is_administrator != wanted.administrator,
        Field::Workspaces => sorted(pairs(&before.memberships)) != sorted(wanted.memberships.clone()),
    };
    Field::ALL.into_iter().filter(differs).collect()
}

fn words(fields: &[Field]) -> String {
    fields.iter().map(|field| field.words()).collect::<Vec<_>>().join(", ")
}

/// Whether the address can become this user's.
async fn check_address(step: &Step<'_>, user: &User, email: &Email) -> Result<(), Error> {
    match step.tx.user_by_email(email).await? {
        Some(owner) if owner.id == user.id => Ok(()),
        Some(owner) if scope(&step.authority).sees(&owner.memberships) => {
            Err(Error::EmailTaken { email: email.clone(), status: owner.status })
        }
        Some(_) => Err(Error::CannotUseHere),
        None => Ok(()),
    }
}

/// The values before and after, for the audit log.
fn detail(before: &User, after: &User, changed: &[Field]) -> Value {
    let workspaces = |user: &User| {
        user.memberships.iter().map(|m| format!("{}:{}", m.name.as_str(), m.role.name())).collect::<Vec<_>>()
    };
    let value = |user: &User, field: Field| match field {
        Field::Name => json!(user.name.as_str()),
        Field::Email => json!(user.email.as_str()),
        Field::Language => json!(user.language.tag()),
        Field::Role => json!(user.role().name()),
        Field::Workspaces => json!(workspaces(user)),
    };
    let one = |field: &Field| {
        (field.words().to_owned(), json!({ "before": value(before, *field), "after": value(after, *field) }))
    };
    Value::Object(changed.iter().map(one).collect::<Map<String, Value>>())
}

#[cfg(test)]
mod tests;
