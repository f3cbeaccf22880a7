//! Invite a user: user, invitation, audit row and mail in one transaction, in which nothing is read back that was just
//! stored.

use std::time::Duration;

use serde_json::json;

use crate::app::failure::takes_failures;
use crate::app::step::{Issued, Step, Terms};
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::email::Email;
use crate::domain::explain::{Explain, Kind};
use crate::domain::invitation::{InvalidInvitation, check_message, check_validity};
use crate::domain::language::Language;
use crate::domain::mail::MailId;
use crate::domain::name::Name;
use crate::domain::policy::allow;
use crate::domain::role::{OrganisationRole, WorkspaceRole};
use crate::domain::status::Status;
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserId};
use crate::store::NewUser;

/// Whom to invite, as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The address.
    pub email: Email,
    pub name: Name,
    /// With this role in the organisation.
    pub role: OrganisationRole,
    /// The workspaces by name.
    pub workspaces: Vec<(Name, WorkspaceRole)>,
    /// The language of mail and page.
    pub language: Language,
    /// How long the link works; the organisation's setting when missing.
    pub valid_for: Option<Duration>,
    /// A personal message, empty for none.
    pub message: String,
    /// Whether the email waits for the undo hold.
    pub hold: bool,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Invited {
    /// The user as stored.
    pub user: User,
    /// The email in the outbox.
    pub mail: MailId,
    /// When the link stops working.
    pub expires_at: Timestamp,
    /// When the email may leave, if it is held.
    pub held_until: Option<Timestamp>,
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is known and not active yet.
    #[error("{email} is already invited")]
    AlreadyInvited {
        /// The address.
        email: Email,
        /// The user who has it.
        user: UserId,
    },
    /// The address is known and taken.
    #[error("{email} already belongs to a user, who is {status}")]
    AlreadyKnown {
        /// The address.
        email: Email,
        /// What that user is.
        status: Status,
        /// The user who has it.
        user: UserId,
    },
    /// The address is known where the actor cannot see.
    #[error("this address can't be invited here")]
    CannotInviteHere,
    /// Validity or message.
    #[error(transparent)]
    Invalid(#[from] InvalidInvitation),
    /// What every use case can fail with.
    #[error(transparent)]
    Failure(#[from] Failure),
}

takes_failures!(Error);

impl Explain for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::AlreadyInvited { .. } | Self::AlreadyKnown { .. } | Self::CannotInviteHere => Kind::Refused,
            Self::Invalid(_) => Kind::Invalid,
            Self::Failure(failure) => failure.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::AlreadyInvited { .. } => "already_invited",
            Self::AlreadyKnown { .. } => "already_known",
            Self::CannotInviteHere => "cannot_invite_here",
            Self::Invalid(_) => "invalid_invitation",
            Self::Failure(failure) => failure.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::AlreadyInvited { .. } => Some("resend the invitation instead".to_owned()),
            Self::AlreadyKnown { status: Status::Suspended, .. } => Some("reactivate the user instead".to_owned()),
            Self::AlreadyKnown { status: Status::Invited | Status::Active | Status::Deleted, .. } => {
                Some("nothing needs to be done; for a forgotten password, send a password reset".to_owned())
            }
            Self::CannotInviteHere => Some("ask an administrator".to_owned()),
            Self::Invalid(_) => None,
            Self::Failure(failure) => failure.hint(),
        }
    }
}

/// Invites a user.
pub async fn run(app: &App, actor: &Actor, request: Request) -> Result<Invited, Error> {
    let valid_for = check_validity(request.valid_for.unwrap_or(app.options.valid_for))?;
    let message = check_message(&request.message)?;
    let (request, message) = (&request, &message);
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let memberships = step.memberships(&request.workspaces).await?;
            let pairs: Vec<_> = memberships.iter().map(|m| (m.workspace, m.role)).collect();
            let change = Change::Invite { role: request.role, memberships: pairs };
            allow(&step.authority, &change, None)?;
            step.spend().await?;
            step.check_links([Some(request.name.as_str()), message.as_deref()])?;
            let new = NewUser {
                name: request.name.clone(),
                email: request.email.clone(),
                role: request.role,
                language: request.language,
                password_hash: None,
                at: step.now,
                invited_until: Some(step.now.plus(valid_for)),
            };
            let Some(id) = tx.insert_user(&new).await? else {
                return Err(known(&step, &request.email).await?);
            };
            let rows: Vec<_> = memberships.iter().map(|m| (id, m.workspace, m.role)).collect();
            tx.insert_memberships(&rows).await?;
            let user = new.stored(id, memberships);
            let terms = Terms { valid_for, message: message.clone(), other: None };
            let Issued { link, mail, held_until } = step.invite(&user, terms, request.hold).await?;
            let expires_at = link.expires_at;
            let detail = json!({
                "email": request.email.as_str(),
                "name": request.name.as_str(),
                "role": request.role.name(),
                "expires_at": expires_at.rfc3339(),
            });
            step.record(Record::about(Action::Invite, id).with(detail)).await?;
            Ok(Invited { user: User { invitation: Some(link), ..user }, mail, expires_at, held_until })
        })
        .await
}

/// Why an address that is taken cannot be invited: said in full only to whoever can see its owner.
async fn known(step: &Step<'_>, email: &Email) -> Result<Error, Failure> {
    let owner = step.tx.user_by_email(email).await?;
    Ok(match owner.and_then(|owner| step.seen(owner)) {
        None => Error::CannotInviteHere,
        Some(owner) if owner.status == Status::Invited => {
            Error::AlreadyInvited { email: email.clone(), user: owner.id }
        }
        Some(owner) => Error::AlreadyKnown { email: email.clone(), status: owner.status, user: owner.id },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::UserRequest;
    use crate::app::links::resend;
    use crate::app::test::{World, grace, on_both, operator, signed_in};
    use crate::app::users::show;
    use crate::app::users::{delete, suspend};
    use crate::app::workspaces::create_workspace;
    use crate::domain::mail::MailState;
    use crate::domain::time::days;
    use crate::domain::user::LinkColumn;

    #[tokio::test]
    async fn ada_invites_grace_and_user_invitation_mail_and_history_are_there() {
        on_both(async |world| {
            let invited = run(&world.app, &signed_in(world.ada.id), grace()).await.unwrap();
            assert_eq!(invited.user.status, Status::Invited);
            assert_eq!(invited.expires_at, world.app.now().plus(days(7)));
            assert_eq!(invited.user.link(world.app.now()), LinkColumn::Works(invited.expires_at));
            let detail = show::run(&world.app, &signed_in(world.ada.id), invited.user.id).await.unwrap();
            assert_eq!(detail.invitations.len(), 1);
            assert_eq!(detail.mails.iter().map(|m| m.state).collect::<Vec<_>>(), [MailState::Queued]);
            assert_eq!(detail.history[0].action, "invite");
            assert_eq!(detail.history[0].actor, "Ada Lovelace");
        })
        .await;
    }

    #[tokio::test]
    async fn the_mail_of_one_invitation_from_the_terminal_waits_ten_seconds() {
        on_both(async |world| {
            let held = Request { hold: true, ..grace() };
            let invited = run(&world.app, &signed_in(world.ada.id), held).await.unwrap();
            assert_eq!(invited.held_until, Some(world.app.now().plus(Duration::from_secs(10))));
        })
        .await;
    }

    #[tokio::test]
    async fn a_known_address_says_what_to_do_instead() {
        on_both(async |world| {
            let ada = signed_in(world.ada.id);
            let first = run(&world.app, &ada, grace()).await.unwrap();
            let upper = Request { email: Email::parse("GRACE@Navy.Example").unwrap(), ..grace() };
            let error = run(&world.app, &ada, upper).await.unwrap_err();
            assert!(matches!(&error, Error::AlreadyInvited { user, .. } if *user == first.user.id));
            assert_eq!(error.hint().unwrap(), "resend the invitation instead");

            let herself = Request { email: world.ada.email.clone(), ..grace() };
            assert!(matches!(
                run(&world.app, &ada, herself).await,
                Err(Error::AlreadyKnown { status: Status::Active, .. })
            ));
            let blocked = UserRequest { user: first.user.id, version: None };
            suspend::run(&world.app, &ada, blocked).await.unwrap();
            assert!(matches!(
                run(&world.app, &ada, grace()).await,
                Err(Error::AlreadyKnown { status: Status::Suspended, .. })
            ));
            delete::run(&world.app, &ada, UserRequest { user: first.user.id, version: None }).await.unwrap();
            let afresh = run(&world.app, &ada, grace()).await.unwrap();
            assert_ne!(afresh.user.id, first.user.id);
        })
        .await;
    }

    /// What a use case asks the database for, beside the beginning and the end of its transaction.
    async fn statements<T>(world: &World, work: impl AsyncFnOnce(App) -> T) -> (Vec<String>, T) {
        let (store, statements) = world.app.store.watched();
        let done = work(App { store, ..world.app.clone() }).await;
        let all = statements.lock().unwrap();
        let begins = |sql: &String| sql.split(' ').take(3).collect::<Vec<_>>().join(" ").replace('"', "");
        (all.iter().map(begins).collect(), done)
    }

    #[tokio::test]
    async fn to_invite_stores_a_row_each_and_reads_none_back() {
        on_both(async |world| {
            let name = Name::parse("Research").unwrap();
            create_workspace::run(&world.app, &operator(), &name).await.unwrap();
            let commits = || if world.on_postgres { 0 } else { world.app.store.commits() };
            let before = commits();
            let request = Request { workspaces: vec![(name, WorkspaceRole::Member)], ..grace() };
            let ada = signed_in(world.ada.id);
            let (all, invited) = statements(world, async |app| run(&app, &ada, request).await.unwrap()).await;
            let inserts: Vec<_> = all.iter().filter(|sql| !sql.starts_with("SELECT")).collect();
            let rows = ["users", "memberships", "links", "outbox", "audit", "audit_detail"];
            assert_eq!(inserts, rows.map(|table| format!("INSERT INTO {table}")).iter().collect::<Vec<_>>(), "{all:?}");
            // Who acts, which workspace, and that the key is still the one; a server is asked for the transaction's number.
            assert_eq!(all.len() - inserts.len(), 3 + usize::from(world.on_postgres), "{all:?}");
            assert_eq!(commits() - before, usize::from(!world.on_postgres));
            let stored = show::run(&world.app, &ada, invited.user.id).await.unwrap();
            assert_eq!(stored.user, invited.user, "what is answered is what is stored");
        })
        .await;
    }

    #[tokio::test]
    async fn to_resend_reads_the_user_once_and_answers_what_is_stored() {
        on_both(async |world| {
            let user = run(&world.app, &operator(), grace()).await.unwrap().user.id;
            world.pass(days(8));
            let request = resend::Request { user, version: None, force: false };
            let again = async |app: App| resend::run(&app, &operator(), request).await.unwrap();
            let (all, resent) = statements(world, again).await;
            // PostgreSQL locks the user's row first, and is asked for the transaction's number at the end.
            assert_eq!(all.len(), if world.on_postgres { 14 } else { 12 }, "{all:?}");
            let stored = show::run(&world.app, &operator(), user).await.unwrap();
            assert_eq!(stored.user, resent.user);
        })
        .await;
    }

    #[tokio::test]
    async fn a_refused_invitation_leaves_nothing_behind() {
        on_both(async |world| {
            let ada = signed_in(world.ada.id);
            let nowhere =
                Request { workspaces: vec![(Name::parse("Moon").unwrap(), WorkspaceRole::Member)], ..grace() };
            assert!(matches!(run(&world.app, &ada, nowhere).await, Err(Error::Failure(Failure::NoWorkspace(_)))));
            let too_long = Request { valid_for: Some(days(31)), ..grace() };
            assert!(matches!(run(&world.app, &ada, too_long).await, Err(Error::Invalid(_))));
            let counts = crate::app::users::list::counts(&world.app, &ada).await.unwrap();
            assert_eq!((counts.active, counts.invited), (1, 0));
        })
        .await;
    }

    #[tokio::test]
    async fn somebody_who_is_only_invited_can_invite_nobody() {
        on_both(async |world| {
            let invited = run(&world.app, &signed_in(world.ada.id), grace()).await.unwrap();
            let other = Request { email: Email::parse("eve@example.org").unwrap(), ..grace() };
            let error = run(&world.app, &signed_in(invited.user.id), other).await.unwrap_err();
            assert_eq!(error.code(), "no_authority");
        })
        .await;
    }
}
