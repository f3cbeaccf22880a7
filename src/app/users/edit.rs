//! Edit a user: name, address, role, workspaces, language. An invited user gets a new invitation at a new address; one of an
//! active user takes effect when it is confirmed.

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
    /// The address.
    pub email: Option<Email>,
    pub language: Option<Language>,
    /// Whether an administrator.
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

/// Changes a user.
pub async fn run(app: &App, actor: &Actor, request: Request) -> Result<Edited, Error> {
    let request = &request;
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let before = step.user(request.user).await?;
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
            let wanted = Wanted {
                name: request.name.clone().unwrap_or_else(|| before.name.clone()),
                email: request.email.clone().unwrap_or_else(|| before.email.clone()),
                language: request.language.unwrap_or(before.language),
                administrator: request.administrator.unwrap_or(before.is_administrator),
                memberships,
            };
            let changed = differences(&before, &wanted);
            if request.version.is_some_and(|seen| seen != before.version) {
                return Err(Error::Changed { changed, now: Box::new(before) });
            }
            let change = Change::Edit {
                profile: changed.contains(&Field::Name) || changed.contains(&Field::Language),
                email: changed.contains(&Field::Email),
                administrator: changed.contains(&Field::Role).then_some(wanted.administrator),
                memberships: changed.contains(&Field::Workspaces).then(|| wanted.memberships.clone()),
            };
            // What was compared above is what is changed here, though others may have been faster in between.
            let before = match step.target(request.user, Some(before.version), &change).await {
                Err(Failure::Changed) => {
                    let now = Box::new(step.user(request.user).await?);
                    return Err(Error::Changed { changed, now });
                }
                target => target?,
            };
            if changed.is_empty() {
                return Ok(Edited { user: before, changed, invited_anew: false, asked: None });
            }
            let moves = changed.contains(&Field::Email);
            if moves {
                // A suspended user is written to nowhere, and the link that reactivating revives went to the old address.
                if before.status == Status::Suspended {
                    return Err(Denied::Suspended.into());
                }
                check_address(&step, &before, &wanted.email).await?;
            }
            let Wanted { name, email, language, administrator, memberships } = &wanted;
            // Whoever signs in with an address keeps it until the new one is confirmed.
            let confirmed = if before.has_password { &before.email } else { email };
            tx.set_profile(before.id, name, confirmed, *language, *administrator).await?;
            if changed.contains(&Field::Workspaces) {
                tx.set_memberships(before.id, &scope(&step.authority), memberships).await?;
            }
            let readdressed = moves && !before.has_password;
            // Whoever saw the link could come in with it as somebody who may more now than when it was shown.
            let overtaken = !before.has_password && widens(&before, &wanted) && link_was_shown(&step, &before).await?;
            let invited_anew = readdressed || overtaken;
            let mut asked = None;
            if moves && before.has_password {
                let renamed = step.changed(before.id).await?;
                asked = Some((email.clone(), step.issue_email_change(&renamed, email).await?));
            }
            if invited_anew {
                let after = step.changed(before.id).await?;
                let last = before.invitation.as_ref();
                let valid_for = last.map_or(app.options.valid_for, Link::validity);
                let message = last.and_then(|last| last.message.clone());
                step.reissue(&after, valid_for, message).await?;
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
        Some(open) => Ok(step.tx.was_shown(user.id, open.issued_at).await?),
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
mod tests {
    use super::*;
    use crate::app::links::accept;
    use crate::app::links::redeem;
    use crate::app::test::{active, grace, link_code, on_both, operator, signed_in};
    use crate::app::users::invite;
    use crate::app::users::show;
    use crate::app::users::{find, suspend};
    use crate::domain::mail::MailState;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn email(text: &str) -> Email {
        Email::parse(text).unwrap()
    }

    #[tokio::test]
    async fn a_name_is_corrected_and_the_history_says_from_what_to_what() {
        on_both(async |world| {
            let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user;
            let request =
                Request { name: Some(name("Grace B. Hopper")), version: Some(user.version), ..Request::of(user.id) };
            let edited = run(&world.app, &operator(), request).await.unwrap();
            assert_eq!((edited.changed.as_slice(), edited.invited_anew), (&[Field::Name][..], false));
            let detail = show::run(&world.app, &operator(), user.id).await.unwrap();
            assert_eq!(detail.history[0].detail["change"]["name"]["before"], "Grace Hopper");
            assert_eq!(detail.mails.len(), 1, "nobody is written to for that");
        })
        .await;
    }

    #[tokio::test]
    async fn a_new_address_of_an_invited_user_gets_a_new_link_and_the_old_one_is_dead() {
        on_both(async |world| {
            let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user;
            let old = link_code(world, user.id).await;
            let request = Request { email: Some(email("hopper@navy.example")), ..Request::of(user.id) };
            let edited = run(&world.app, &operator(), request).await.unwrap();
            assert!(edited.invited_anew);
            let dead = accept::run(&world.app, accept::tests::choosing(old)).await.unwrap_err();
            assert!(matches!(dead, redeem::Error::Dead(_)));
            let detail = show::run(&world.app, &operator(), user.id).await.unwrap();
            let mails: Vec<_> = detail.mails.iter().map(|mail| (mail.to.as_str(), mail.state)).collect();
            let (new, old) = ("hopper@navy.example", "grace@navy.example");
            assert_eq!(mails, [(new, MailState::Queued), (old, MailState::Cancelled)]);
            assert!(find::run(&world.app, &operator(), old).await.is_err());
            let code = link_code(world, user.id).await;
            accept::run(&world.app, accept::tests::choosing(code)).await.unwrap();
        })
        .await;
    }

    #[tokio::test]
    async fn a_link_that_an_administrator_saw_is_dead_once_its_user_may_more() {
        on_both(async |world| {
            let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user;
            let widen = |administrator| Request { administrator: Some(administrator), ..Request::of(user.id) };
            let unseen = run(&world.app, &operator(), widen(true)).await.unwrap();
            assert!(!unseen.invited_anew, "nobody saw the link");
            run(&world.app, &operator(), widen(false)).await.unwrap();
            let shown = crate::app::links::show_link::Request { user: user.id };
            let shown = crate::app::links::show_link::run(&world.app, &signed_in(world.ada.id), shown).await.unwrap();
            let seen = crate::domain::code::CodeOrLink::parse(&shown.link).unwrap().code;
            assert!(run(&world.app, &operator(), widen(true)).await.unwrap().invited_anew);
            let refused = accept::run(&world.app, accept::tests::choosing(seen)).await.unwrap_err();
            assert!(matches!(refused, redeem::Error::Dead(_)), "{refused}");
        })
        .await;
    }

    #[tokio::test]
    async fn addresses_that_somebody_has_are_refused() {
        on_both(async |world| {
            let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user;
            let taken = Request { email: Some(world.ada.email.clone()), ..Request::of(user.id) };
            let error = run(&world.app, &operator(), taken).await.unwrap_err();
            assert!(matches!(error, Error::EmailTaken { status: Status::Active, .. }), "{error}");
            let own = Request { email: Some(email("grace@navy.example")), ..Request::of(world.ada.id) };
            let error = run(&world.app, &operator(), own).await.unwrap_err();
            assert!(matches!(error, Error::EmailTaken { status: Status::Invited, .. }), "{error}");
            let same = Request { email: Some(email("Grace@navy.example")), ..Request::of(user.id) };
            assert!(run(&world.app, &operator(), same).await.unwrap().invited_anew);
        })
        .await;
    }

    #[tokio::test]
    async fn the_address_of_a_suspended_user_stays_until_they_are_reactivated() {
        on_both(async |world| {
            let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
            let block = suspend::Request { user, version: None };
            suspend::run(&world.app, &operator(), block).await.unwrap();
            let moved = Request { email: Some(email("hopper@navy.example")), ..Request::of(user) };
            let error = run(&world.app, &operator(), moved).await.unwrap_err();
            assert_eq!((error.code(), error.hint().unwrap().as_str()), ("suspended", "reactivate the user first"));
        })
        .await;
    }

    #[tokio::test]
    async fn of_two_editors_at_once_the_later_one_sees_what_would_be_overwritten() {
        on_both(async |world| {
            let seen = invite::run(&world.app, &operator(), grace()).await.unwrap().user;
            let first = Request { name: Some(name("One")), version: Some(seen.version), ..Request::of(seen.id) };
            run(&world.app, &operator(), first).await.unwrap();
            let second = Request { name: Some(name("Two")), version: Some(seen.version), ..Request::of(seen.id) };
            let error = run(&world.app, &operator(), second).await.unwrap_err();
            assert_eq!(error.kind(), Kind::Changed);
            let Error::Changed { changed, now } = error else { panic!("{error}") };
            assert_eq!((changed.as_slice(), now.name.as_str()), (&[Field::Name][..], "One"));
        })
        .await;
    }

    #[tokio::test]
    async fn nobody_demotes_themselves_and_the_last_administrator_stays() {
        on_both(async |world| {
            let demote = |user| Request { administrator: Some(false), ..Request::of(user) };
            let error = run(&world.app, &operator(), demote(world.ada.id)).await.unwrap_err();
            assert_eq!(error.code(), "last_administrator");
            let bob = active(world, "bob@example.org", true).await;
            let error = run(&world.app, &signed_in(bob), demote(bob)).await.unwrap_err();
            assert_eq!(error.code(), "yourself");
            let edited = run(&world.app, &signed_in(world.ada.id), demote(bob)).await.unwrap();
            assert_eq!(edited.changed, [Field::Role]);
        })
        .await;
    }
}
