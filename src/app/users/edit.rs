//! Edit a user: name, address, role, workspaces, language, and whether an SSH key may stand for them: all of it or nothing.
//! A key outlives a reset of the password, so closing that way in belongs to what answers a compromise. An invited user gets
//! a new invitation at a new address; one of an active user takes effect when it is confirmed.

use serde_json::{Map, Value, json};

use crate::app::failure::takes_failures;
use crate::app::links::renew::{self, Renewed};
use crate::app::step::Step;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::email::Email;
use crate::domain::explain::{Explain, Kind};
use crate::domain::language::Language;
use crate::domain::link::{Link, LinkState};
use crate::domain::name::Name;
use crate::domain::policy::{Denied, decides_ssh, scope};
use crate::domain::role::{Membership, OrganisationRole, WorkspaceId, WorkspaceRole};
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
    /// The role in the organisation.
    pub role: Option<OrganisationRole>,
    /// All workspaces in sight by name; those out of sight stay.
    pub workspaces: Option<Vec<(Name, WorkspaceRole)>>,
    /// A workspace to belong to besides, or to have another role in.
    pub joins: Option<(Name, WorkspaceRole)>,
    /// A workspace to belong to no longer.
    pub leaves: Option<Name>,
    /// Whether an SSH key may stand for them; a session that came in with one ends within seconds where not.
    pub ssh: Option<bool>,
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
            role: None,
            workspaces: None,
            joins: None,
            leaves: None,
            ssh: None,
        }
    }
}

/// Whether saving this gives a user more than a link was sent for that works, so that the link stops working and a new one
/// is sent. A dialog says so before.
#[must_use]
pub fn renews(request: &Request, user: &User, now: Timestamp) -> bool {
    let works = |link: &Link| link.state(now) == LinkState::Pending;
    let was = |name: &Name| user.memberships.iter().find(|m| m.name.key() == name.key()).map(|m| m.role);
    let more = |(name, role): &(Name, WorkspaceRole)| was(name).is_none_or(|was| *role > was);
    let rises = request.role.is_some_and(|role| role.exceeds(user.organisation_role))
        || request.workspaces.iter().flatten().chain(&request.joins).any(more);
    rises && (user.open_invitation().is_some_and(works) || user.moving(now).is_some())
}

/// Whether saving this takes a role away, so that links that the user was shown end.
#[must_use]
pub fn takes_role(request: &Request, user: &User) -> bool {
    let loses = |all: &Vec<(Name, WorkspaceRole)>| {
        let now = |name: &Name| all.iter().find(|(one, _)| one.key() == name.key()).map(|(_, role)| *role);
        let mut held = user.memberships.iter().filter(|m| m.role > WorkspaceRole::Member);
        held.any(|m| now(&m.name).is_none_or(|role| role < m.role))
    };
    let held = |name: &Name| user.memberships.iter().find(|m| m.name.key() == name.key()).map(|m| m.role);
    let falls = |(name, role): &(Name, WorkspaceRole)| held(name).is_some_and(|was| *role < was);
    request.role.is_some_and(|role| user.organisation_role.exceeds(role))
        || request.workspaces.as_ref().is_some_and(loses)
        || request.joins.as_ref().is_some_and(falls)
        || request.leaves.as_ref().is_some_and(|name| held(name).is_some_and(|was| was > WorkspaceRole::Member))
}

/// What is said of such a change before it is saved.
pub const RENEWS: &str = "This is more than their link was sent for: it stops working, and they get a new one.";

/// A field of a user, as the form has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    Name,
    Email,
    Language,
    /// The role in the organisation.
    Role,
    Workspaces,
    /// Whether an SSH key may stand for them.
    Ssh,
}

impl Field {
    /// Every field, in the order in which the audit log has them.
    pub const ALL: [Self; 6] = [Self::Name, Self::Email, Self::Language, Self::Role, Self::Workspaces, Self::Ssh];

    /// The word for it in the audit log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name | Self::Email | Self::Language | Self::Role | Self::Workspaces => self.words(),
            Self::Ssh => "ssh",
        }
    }

    /// The word for it in sentences.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::Language => "language",
            Self::Role => "role",
            Self::Workspaces => "workspaces",
            Self::Ssh => "SSH key",
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
    /// What was sent anew because the user may do more than when the earlier link was issued.
    pub renewed: Renewed,
    /// How many invitation links were replaced that they were shown and may no longer know.
    pub replaced: u64,
    /// The new address that must be confirmed, and until when it can be.
    pub asked: Option<(Email, Timestamp)>,
}

impl Edited {
    /// What became of it, as a clause behind the user's name.
    #[must_use]
    pub fn outcome(&self) -> String {
        self.outcome_with("")
    }

    /// The same with until when a new address can be confirmed, as a clause behind that it must be.
    #[must_use]
    pub fn outcome_with(&self, until: &str) -> String {
        if self.changed.is_empty() {
            return "nothing was changed".to_owned();
        }
        let told_apart = |field: &Field| *field == Field::Ssh || *field == Field::Email && self.asked.is_some();
        let saved: Vec<Field> = self.changed.iter().copied().filter(|field| !told_apart(field)).collect();
        let anew = if self.invited_anew {
            "; a new invitation goes to the new address, and the earlier link no longer works".to_owned()
        } else {
            self.renewed.clause()
        };
        let saved = (!saved.is_empty()).then(|| format!("{} saved{anew}", words(&saved)));
        let confirm = self.asked.as_ref().map(|(email, _)| {
            format!("{email} must be confirmed first, and the current address gets an email about it{until}")
        });
        let ssh = self.changed.contains(&Field::Ssh).then(|| ssh_words(self.user.ssh).to_owned());
        let clauses: Vec<String> = saved.into_iter().chain(confirm).chain(ssh).collect();
        format!("{}{}", clauses.join("; "), renew::ended_clause(self.replaced))
    }
}

/// What it means that an SSH key may stand for somebody from now on, or not, as a clause.
#[must_use]
pub const fn ssh_words(open: bool) -> &'static str {
    if open {
        "an SSH key can stand for them again"
    } else {
        "no SSH key can stand for them any more, and a session that came in with one ends"
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
    role: OrganisationRole,
    memberships: Vec<(WorkspaceId, WorkspaceRole)>,
    ssh: bool,
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
            role: request.role.unwrap_or(before.organisation_role),
            memberships,
            ssh: request.ssh.unwrap_or(before.ssh),
        })
    }

    /// The change that the actor must be allowed to make.
    fn change(&self, changed: &[Field]) -> Change {
        Change::Edit {
            profile: changed.contains(&Field::Name) || changed.contains(&Field::Language),
            email: changed.contains(&Field::Email),
            role: changed.contains(&Field::Role).then_some(self.role),
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
            let before = step
                .lock(request.user, request.role.is_some_and(|role| role != OrganisationRole::Administrator))
                .await?;
            let wanted = Wanted::of(&step, request, &before).await?;
            let changed = differences(&before, &wanted);
            if request.version.is_some_and(|seen| seen != before.version) {
                return Err(Error::Changed { changed, now: Box::new(before) });
            }
            step.allow(&before, &wanted.change(&changed)).await?;
            if changed.contains(&Field::Ssh) {
                decides_ssh(&step.authority)?;
            }
            if changed.is_empty() {
                let (renewed, replaced) = (Renewed::Nothing, 0);
                return Ok(Edited { user: before, changed, invited_anew: false, renewed, replaced, asked: None });
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
            if moves {
                step.spend().await?;
            }
            step.check_links([changed.contains(&Field::Name).then_some(wanted.name.as_str()), None])?;
            store(&step, &before, &wanted, &changed).await?;
            let readdressed = moves && !before.has_password;
            let mut asked = None;
            if moves && before.has_password {
                let renamed = step.changed(before.id).await?;
                let until = Box::pin(step.issue_email_change(&renamed, &wanted.email)).await?;
                asked = Some((wanted.email.clone(), until));
            }
            if readdressed {
                Box::pin(renew::send_again(&step, &step.changed(before.id).await?)).await?;
            }
            let (renewed, replaced) = if changed.contains(&Field::Role) || changed.contains(&Field::Workspaces) {
                Box::pin(renew::after_roles_changed(&step, &before)).await?
            } else {
                (Renewed::Nothing, 0)
            };
            let user = step.changed(before.id).await?;
            let mut detail = detail(&before, &user, &changed);
            if let Some((new, _)) = &asked {
                detail[Field::Email.name()] = json!({ "before": before.email.as_str(), "asked_for": new.as_str() });
            }
            step.record(Record::about(Action::Edit, before.id).with(detail)).await?;
            Ok(Edited { user, changed, invited_anew: readdressed, renewed, replaced, asked })
        })
        .await
}

/// Writes what takes effect at once: whoever signs in with an address keeps it until the new one is confirmed.
async fn store(step: &Step<'_>, before: &User, wanted: &Wanted, changed: &[Field]) -> Result<(), Error> {
    let confirmed = if before.has_password { &before.email } else { &wanted.email };
    step.tx.set_profile(before.id, &wanted.name, confirmed, wanted.language).await?;
    if changed.contains(&Field::Role) {
        step.tx.set_role(before.id, wanted.role).await?;
    }
    if changed.contains(&Field::Ssh) {
        step.tx.set_ssh(before.id, wanted.ssh).await?;
    }
    if changed.contains(&Field::Workspaces) {
        step.tx.set_memberships(before.id, &scope(&step.authority), &wanted.memberships).await?;
    }
    Ok(())
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
        Field::Role => before.organisation_role != wanted.role,
        Field::Workspaces => sorted(pairs(&before.memberships)) != sorted(wanted.memberships.clone()),
        Field::Ssh => before.ssh != wanted.ssh,
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
        Field::Role => json!(user.organisation_role.name()),
        Field::Workspaces => json!(workspaces(user)),
        Field::Ssh => json!(user.ssh),
    };
    let one = |field: &Field| {
        (field.name().to_owned(), json!({ "before": value(before, *field), "after": value(after, *field) }))
    };
    Value::Object(changed.iter().map(one).collect::<Map<String, Value>>())
}

#[cfg(test)]
mod tests;
