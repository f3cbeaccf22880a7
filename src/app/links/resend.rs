//! Resend an invitation: the earlier link is superseded, its unsent mail cancelled, the full validity starts again and
//! a new mail is enqueued, in one transaction.

use std::time::Duration;

use serde_json::json;

use crate::app::failure::takes_failures;
use crate::app::links::renew;
use crate::app::step::Step;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::explain::{Explain, Kind};
use crate::domain::link::Purpose;
use crate::domain::mail::MailId;
use crate::domain::time::{Timestamp, words};
use crate::domain::user::{User, UserId};

/// Whose invitation to send again.
#[derive(Debug, Clone)]
pub struct Request {
    pub user: UserId,
    /// The version that was seen, if it must still be that one.
    pub version: Option<i64>,
    /// Even if the last email was enqueued less than a minute ago.
    pub force: bool,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Resent {
    /// The user as stored now.
    pub user: User,
    /// The new mail.
    pub mail: MailId,
    /// When the new link stops working.
    pub expires_at: Timestamp,
    /// How many times this user was sent an invitation, this one included.
    pub times_sent: u64,
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The last one is less than a minute old.
    #[error("an invitation was queued {} ago", words(*.ago))]
    TooSoon {
        /// How long ago.
        ago: Duration,
    },
    /// What every use case can fail with.
    #[error(transparent)]
    Failure(#[from] Failure),
}

takes_failures!(Error);

impl Explain for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::TooSoon { .. } => Kind::Refused,
            Self::Failure(failure) => failure.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::TooSoon { .. } => "too_soon",
            Self::Failure(failure) => failure.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::TooSoon { .. } => Some("give that email a minute to arrive".to_owned()),
            Self::Failure(failure) => failure.hint(),
        }
    }
}

/// Sends an invitation again.
pub async fn run(app: &App, actor: &Actor, request: Request) -> Result<Resent, Error> {
    let request = &request;
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let user = step.target(request.user, request.version, &Change::Act(Action::Resend)).await?;
            // Only a link that works may be on its way.
            let pause = Purpose::Invitation.pause();
            let waits = user.open_invitation().map(|last| last.issued_at.plus(pause).wait(step.now, pause));
            if let Some(waits) = waits.filter(|waits| !waits.is_zero() && !request.force) {
                return Err(Error::TooSoon { ago: pause.saturating_sub(waits) });
            }
            step.spend().await?;
            let issued = renew::send_again(&step, &user).await?;
            let expires_at = issued.link.expires_at;
            let detail = json!({ "expires_at": expires_at.rfc3339() });
            step.record(Record::about(Action::Resend, user.id).with(detail)).await?;
            let times_sent = tx.count_links(user.id, Purpose::Invitation).await?;
            let mail = issued.mail;
            Ok(Resent { user: issued.to(user), mail, expires_at, times_sent })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::UserRequest;
    use crate::app::links::{accept, revoke, show_link};
    use crate::app::test::{World, grace, on_both, operator};
    use crate::app::users::invite;
    use crate::app::users::show;
    use crate::domain::code::CodeOrLink;
    use crate::domain::link::LinkState;
    use crate::domain::mail::MailState;
    use crate::domain::time::{days, minutes};

    async fn link(world: &World, user: UserId) -> CodeOrLink {
        let shown = show_link::run(&world.app, &operator(), show_link::Request { user }).await.unwrap();
        CodeOrLink::parse(&shown.link).unwrap()
    }

    const fn again(user: UserId) -> Request {
        Request { user, version: None, force: false }
    }

    #[tokio::test]
    async fn an_expired_invitation_is_sent_again_and_only_the_new_link_works() {
        on_both(async |world| {
            let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
            let old = link(world, user).await.code;
            world.pass(days(8));
            let resent = run(&world.app, &operator(), again(user)).await.unwrap();
            assert_eq!(resent.expires_at, world.app.now().plus(days(7)));
            assert_eq!(resent.times_sent, 2);
            let detail = show::run(&world.app, &operator(), user).await.unwrap();
            let states: Vec<_> = detail.invitations.iter().map(|i| i.state(world.app.now())).collect();
            assert_eq!(states, [LinkState::Pending, LinkState::Superseded]);
            let mails: Vec<_> = detail.mails.iter().map(|m| m.state).collect();
            assert_eq!(mails, [MailState::Queued, MailState::Cancelled]);
            assert!(matches!(
                accept::run(&world.app, accept::tests::choosing(old)).await,
                Err(crate::app::links::redeem::Error::Dead(LinkState::Superseded))
            ));
            let new = link(world, user).await.code;
            accept::run(&world.app, accept::tests::choosing(new)).await.unwrap();
        })
        .await;
    }

    #[tokio::test]
    async fn to_an_active_user_it_is_refused_with_the_way_out() {
        on_both(async |world| {
            let error = run(&world.app, &operator(), again(world.ada.id)).await.unwrap_err();
            assert_eq!(error.to_string(), "this user is already active");
            assert_eq!(error.hint().unwrap(), "send a password reset instead");
            assert_eq!(error.kind(), Kind::Refused);
        })
        .await;
    }

    #[tokio::test]
    async fn twice_within_a_minute_only_when_forced() {
        on_both(async |world| {
            let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
            world.pass(Duration::from_secs(59));
            assert!(matches!(run(&world.app, &operator(), again(user)).await, Err(Error::TooSoon { .. })));
            run(&world.app, &operator(), Request { force: true, ..again(user) }).await.unwrap();
            world.pass(minutes(1));
            run(&world.app, &operator(), again(user)).await.unwrap();
        })
        .await;
    }

    #[tokio::test]
    async fn a_revoked_invitation_can_be_issued_anew() {
        on_both(async |world| {
            let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
            let revoked = revoke::run(&world.app, &operator(), UserRequest { user, version: None }).await.unwrap();
            assert_eq!(revoked.link(world.app.now()), crate::domain::user::LinkColumn::Withdrawn);
            world.pass(minutes(2));
            run(&world.app, &operator(), again(user)).await.unwrap();
        })
        .await;
    }

    #[tokio::test]
    async fn what_was_seen_must_still_be_so() {
        on_both(async |world| {
            let seen = invite::run(&world.app, &operator(), grace()).await.unwrap().user;
            world.pass(minutes(2));
            run(&world.app, &operator(), again(seen.id)).await.unwrap();
            world.pass(minutes(2));
            let stale = Request { version: Some(seen.version), ..again(seen.id) };
            assert_eq!(run(&world.app, &operator(), stale).await.unwrap_err().kind(), Kind::Changed);
        })
        .await;
    }
}
