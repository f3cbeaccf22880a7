//! What the use cases behind an email's link have in common: there is one answer for every code whose proof is wrong.
//! For accepting an invitation and for choosing a new password, a password typed twice goes in with the code.

use zeroize::Zeroizing;

use crate::app::failure::takes_failures;
use crate::app::links::look::{self, Looked};
use crate::app::links::prove::proved;
use crate::app::{App, Failure};
use crate::domain::code::Code;
use crate::domain::explain::{Explain, Kind};
use crate::domain::language::Language;
use crate::domain::link::{Ending, Link, LinkState, Purpose};
use crate::domain::mail::MailKind;
use crate::domain::password::{Password, WeakPassword};
use crate::domain::time::Timestamp;
use crate::domain::user::User;
use crate::store::Tx;

/// The code and the password, typed twice.
pub struct Request {
    pub code: Code,
    pub password: Zeroizing<String>,
    /// The same again.
    pub password_again: Zeroizing<String>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redeemed {
    /// The person's name.
    pub name: String,
    /// The person's address.
    pub email: String,
    /// The person's language.
    pub language: Language,
    /// The organisation's name.
    pub organisation: String,
}

impl Redeemed {
    pub(in crate::app) fn of(app: &App, user: &User) -> Self {
        Self {
            name: user.name.as_str().to_owned(),
            email: user.email.as_str().to_owned(),
            language: user.language,
            organisation: app.organisation().to_owned(),
        }
    }
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The proof is wrong: one answer, whatever is wrong about it.
    #[error("this code isn't valid")]
    Unknown,
    /// The proof is right, but the link no longer works.
    #[error("{}", dead(*.0))]
    Dead(LinkState),
    /// The password.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// A new address that somebody else got before it was confirmed.
    #[error("someone else now has this address")]
    EmailTaken,
    /// So many passwords are being hashed that this one would wait too long.
    #[error("too many people are choosing a password right now")]
    Busy,
    /// What every use case can fail with.
    #[error(transparent)]
    Failure(#[from] Failure),
}

takes_failures!(Error);

/// Why a link whose proof is right does not work.
#[must_use]
pub const fn dead(state: LinkState) -> &'static str {
    match state {
        LinkState::Pending => "the link works",
        LinkState::Expired => "the link has expired",
        LinkState::Superseded => "a newer email was sent, and only its link works",
        LinkState::Revoked => "the link was revoked",
        LinkState::Accepted => "the link has already been used",
    }
}

impl Explain for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Unknown => Kind::NotFound,
            Self::Dead(_) | Self::EmailTaken => Kind::Refused,
            Self::Weak(_) => Kind::Invalid,
            Self::Busy => Kind::Failed,
            Self::Failure(failure) => failure.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "invalid_code",
            Self::Dead(LinkState::Expired) => "link_expired",
            Self::Dead(LinkState::Superseded) => "link_superseded",
            Self::Dead(LinkState::Accepted) => "link_used",
            Self::Dead(LinkState::Pending | LinkState::Revoked) => "link_withdrawn",
            Self::EmailTaken => "email_taken",
            Self::Weak(_) => "weak_password",
            Self::Busy => "busy",
            Self::Failure(failure) => failure.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Unknown => "compare it with the email, or ask the person who sent it for a new one",
            Self::Dead(LinkState::Superseded) => "look for the newest email",
            Self::Dead(LinkState::Accepted) => "sign in with your password, or reset it if you forgot it",
            Self::Dead(LinkState::Pending | LinkState::Expired | LinkState::Revoked) => {
                "ask the person who sent it for a new one"
            }
            Self::EmailTaken => "tell an administrator",
            Self::Busy => "try again in a minute",
            Self::Weak(_) => return None,
            Self::Failure(failure) => return failure.hint(),
        };
        Some(hint.to_owned())
    }
}

/// Checks code and password and hashes it: before the transaction, because that takes fifty milliseconds and a
/// transaction holds the database.
pub(in crate::app) async fn hash(app: &App, purpose: Purpose, request: &Request) -> Result<String, Error> {
    let Looked { state, name, email, organisation, .. } =
        look::run(app, purpose, &request.code).await?.ok_or(Error::Unknown)?;
    if state != LinkState::Pending {
        return Err(Error::Dead(state));
    }
    let known = [name.as_str(), email.as_str(), organisation.as_str()];
    let password = Password::choose_twice(&request.password, &request.password_again, app.options.password, &known)?;
    if app.hasher.is_full() {
        return Err(Error::Busy);
    }
    Ok(app.hasher.hash(password, app.bytes()).await?)
}

/// The link that a code proves and its user, whom nobody else changes until the transaction ends, if it works for them.
pub(in crate::app) async fn working(
    app: &App,
    tx: &Tx,
    purpose: Purpose,
    code: &Code,
    now: Timestamp,
) -> Result<(Link, User), Error> {
    let link = proved(app, tx, purpose, code).await?.ok_or(Error::Unknown)?.link;
    tx.lock_user(link.user).await?;
    let user = tx.user(link.user).await?.ok_or(Error::Unknown)?;
    match link.state_for(user.status, user.power_rises, now) {
        LinkState::Pending => Ok((link, user)),
        state @ (LinkState::Expired | LinkState::Superseded | LinkState::Revoked | LinkState::Accepted) => {
            Err(Error::Dead(state))
        }
    }
}

/// Uses a link up, which only one caller can, and with it the other one of a change of address; emails with links that
/// were not sent yet are cancelled.
pub(in crate::app) async fn use_up(tx: &Tx, link: &Link, how: Ending, now: Timestamp) -> Result<(), Error> {
    if !tx.end_link(link.id, how, now).await? {
        return Err(Error::Dead(LinkState::Accepted));
    }
    if Purpose::EMAIL_CHANGE.contains(&link.purpose) {
        tx.end_open_links(link.user, &Purpose::EMAIL_CHANGE, how, now).await?;
    }
    tx.cancel_unsent(link.user, &MailKind::LINKS, now).await?;
    Ok(())
}
