//! Sign in with email and password. Unknown, invited, suspended and wrong get one answer, in one time; each failure
//! makes the next try wait longer, at most half a minute, so that nobody is ever locked out. Each place is
//! counted apart, so that nobody keeps the owner of an address waiting longer than a moment.

use std::time::Duration;

use serde_json::json;
use zeroize::Zeroizing;

use crate::app::failure::takes_failures;
use crate::app::step::record_by;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::{Actor, Origin, Who};
use crate::domain::audit::Record;
use crate::domain::email::Email;
use crate::domain::explain::{Explain, Kind};
use crate::domain::link::Purpose;
use crate::domain::password::Password;
use crate::domain::policy::Authority;
use crate::domain::status::Status;
use crate::domain::time::{Timestamp, words};
use crate::domain::user::{User, UserId};
use crate::store::{Tries, Tx};

/// So many failures in a row cost no waiting: people mistype.
const FREE: u32 = 3;
/// The longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(30);
/// So many failures with one address, wherever they come from, cost nobody else any waiting.
const FREE_FOR_ALL: u32 = 100;
/// What they cost everybody else from then on: 43,200 tries a day are hopeless against a password that is accepted
/// here.
const FOR_ALL: Duration = Duration::from_secs(2);

pub struct Request {
    pub email: String,
    pub password: Zeroizing<String>,
    pub origin: Origin,
}

#[derive(Debug, Clone)]
pub struct SignedIn {
    pub actor: Actor,
    /// For the head of the screen.
    pub user: User,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Unknown, invited, suspended or a wrong password.
    #[error("the email address or password is wrong, or this user isn't active")]
    Wrong,
    /// Too many failures in a short time.
    #[error("there were too many failed attempts: you can try again in {}", words(*.wait + Duration::from_secs(1)))]
    Wait { wait: Duration },
    /// The password is right, but the user administers nothing.
    #[error("you are a member, and this program is for administrators")]
    NotAdministrator,
    /// What every use case can fail with.
    #[error(transparent)]
    Failure(#[from] Failure),
}

takes_failures!(Error);

impl Explain for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Wrong | Self::Wait { .. } | Self::NotAdministrator => Kind::Refused,
            Self::Failure(failure) => failure.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Wrong => "wrong_sign_in",
            Self::Wait { .. } => "wait",
            Self::NotAdministrator => "not_administrator",
            Self::Failure(failure) => failure.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Wrong => Some(
                "reset a forgotten password on the portal, or ask another administrator to send you a reset".to_owned(),
            ),
            Self::Wait { .. } => None,
            Self::NotAdministrator => Some("ask an administrator to give you the role".to_owned()),
            Self::Failure(failure) => failure.hint(),
        }
    }
}

/// How long the next try has to wait after so many failures in a row.
fn wait(failures: u32) -> Duration {
    match failures.checked_sub(FREE) {
        None | Some(0) => Duration::ZERO,
        Some(over) => Duration::from_secs(1 << (over - 1).min(5)).min(LONGEST),
    }
}

/// Under what tries are counted: those of one place with one address, and those of all places with it.
struct Counters {
    here: String,
    everywhere: String,
}

impl Counters {
    fn of(email: Option<&Email>, origin: &Origin) -> Self {
        // What is no address is not kept: people type passwords into the wrong field.
        let everywhere = format!("sign-in:{}", email.map(Email::key).unwrap_or_default());
        let from = [origin.uid.map(|uid| uid.to_string()), origin.ssh_source.clone()].map(Option::unwrap_or_default);
        Self { here: format!("{everywhere} {}", from.join(" ")), everywhere }
    }

    /// Counts a try, unless it comes too early.
    async fn count(&self, tx: &Tx, now: Timestamp) -> Result<(), Error> {
        let (here, everywhere) = (tx.tries_alone(&self.here).await?, tx.tries_alone(&self.everywhere).await?);
        // Someone who signed in from here lately doesn't wait for other people's failures.
        let known = here.count == 0 && here.last > Timestamp::default();
        let slow = if known || everywhere.count < FREE_FOR_ALL { Duration::ZERO } else { FOR_ALL };
        let waits = [(here.last, wait(here.count)), (everywhere.last, slow)];
        let wait =
            waits.map(|(last, longest)| last.plus(longest).wait(now, longest)).into_iter().max().unwrap_or_default();
        if !wait.is_zero() {
            return Err(Error::Wait { wait });
        }
        for (key, tries) in [(&self.here, here), (&self.everywhere, everywhere)] {
            tx.set_tries(key, Tries { count: tries.count.saturating_add(1), last: now }).await?;
        }
        Ok(())
    }

    /// It was the right password: this place is known now, and the try was no failure.
    async fn succeeded(&self, tx: &Tx, now: Timestamp) -> Result<(), Error> {
        let everywhere = tx.tries_alone(&self.everywhere).await?;
        tx.set_tries(&self.here, Tries { count: 0, last: now }).await?;
        let count = everywhere.count.saturating_sub(1);
        Ok(tx.set_tries(&self.everywhere, Tries { count, last: everywhere.last }).await?)
    }
}

pub async fn run(app: &App, request: Request) -> Result<SignedIn, Error> {
    let email = Email::parse(&request.email).ok();
    let counters = &Counters::of(email.as_ref(), &request.origin);
    let (email, origin) = (email.as_ref(), &request.origin);
    // Counted before the password is looked at, so that a thousand tries at once are a thousand counted ones.
    let found = app
        .store
        .write(|tx| async move {
            counters.count(&tx, app.now()).await?;
            // In one query for every kind of user, so that the answer takes as long for everybody.
            Ok::<_, Error>(tx.credentials(&email.map(Email::key).unwrap_or_default()).await?)
        })
        .await?;
    let (id, stored) = found.unzip();
    let stored = stored.flatten();
    let matches = match Password::typed(&request.password) {
        Ok(typed) => app.hasher.verify(typed, stored.as_deref()).await?,
        Err(_) => false,
    };
    let Some(id) = id.filter(|_| matches) else {
        failed(app, email, id, origin).await?;
        return Err(Error::Wrong);
    };
    let rehashed = match stored.as_ref().filter(|stored| app.hasher.is_outdated(stored)) {
        Some(_) => match Password::typed(&request.password) {
            Ok(typed) => Some(app.hasher.hash(typed, app.bytes()).await?),
            Err(_) => None,
        },
        None => None,
    };
    let (rehashed, stored) = (&rehashed, &stored);
    app.store
        .write(|tx| async move {
            let now = app.now();
            counters.succeeded(&tx, now).await?;
            tx.lock_user(id).await?;
            // Read again: somebody may have suspended the user, or the user may have chosen another password, while this
            // one was checked. What it was hashed anew to would then bring the old one back.
            let is_same = tx.password_hash(id).await? == *stored;
            let user = tx.user(id).await?.filter(|user| is_same && user.status == Status::Active);
            let user = user.ok_or(Error::Wrong)?;
            let resets = Some(tx.used_links(id, Purpose::Reset).await?);
            let actor = Actor { who: Who::User(id), origin: Origin { resets, ..origin.clone() } };
            if Authority::of(&user).is_none() {
                return Err(Error::NotAdministrator);
            }
            tx.set_signed_in(id, now, rehashed.clone()).await?;
            record_by(app, &tx, &actor, now, Record::about(Action::SignIn, id)).await?;
            Ok(SignedIn { actor, user })
        })
        .await
}

/// Writes a failed try down, with the claimed address only if it is one: people type passwords into the wrong field.
async fn failed(app: &App, email: Option<&Email>, subject: Option<UserId>, origin: &Origin) -> Result<(), Failure> {
    app.store
        .write(|tx| async move {
            let now: Timestamp = app.now();
            let detail = json!({ "claimed": email.map(Email::as_str) });
            let record = Record { action: Action::SignInFailed, subject, detail };
            let actor = Actor { who: Who::System, origin: origin.clone() };
            record_by(app, &tx, &actor, now, record).await
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::UserRequest;
    use crate::app::test::{PASSWORD, World, active, grace, on_both, operator};
    use crate::app::users::show;
    use crate::app::users::{invite, suspend};

    async fn tries(world: &World, email: &str, password: &str) -> Result<SignedIn, Error> {
        tries_from(world, "192.0.2.1", email, password).await
    }

    async fn tries_from(world: &World, source: &str, email: &str, password: &str) -> Result<SignedIn, Error> {
        let origin = Origin { door: "terminal", ssh_source: Some(source.to_owned()), ..Origin::default() };
        let password = Zeroizing::new(password.to_owned());
        run(&world.app, Request { email: email.to_owned(), password, origin }).await
    }

    #[tokio::test]
    async fn ada_signs_in_and_it_is_written_down() {
        on_both(async |world| {
            let signed_in = tries(world, " ADA@example.org", PASSWORD).await.unwrap();
            assert_eq!(signed_in.user.id, world.ada.id);
            let detail = show::run(&world.app, &signed_in.actor, world.ada.id).await.unwrap();
            assert_eq!(detail.user.last_sign_in_at, Some(world.app.now()));
            assert_eq!(detail.history[0].action, "sign-in");
        })
        .await;
    }

    #[tokio::test]
    async fn unknown_wrong_invited_and_suspended_get_one_answer() {
        on_both(async |world| {
            invite::run(&world.app, &operator(), grace()).await.unwrap();
            let bob = active(world, "bob@example.org", true).await;
            suspend::run(&world.app, &operator(), UserRequest { user: bob, version: None }).await.unwrap();
            let attempts = [
                ("ada@example.org", "wrong"),
                ("nobody@example.org", PASSWORD),
                ("grace@navy.example", PASSWORD),
                ("bob@example.org", PASSWORD),
                ("no address at all", PASSWORD),
            ];
            for (email, password) in attempts {
                assert!(matches!(tries(world, email, password).await, Err(Error::Wrong)), "{email}");
            }
            let member = active(world, "mia@example.org", false).await;
            assert!(member.0 > 0);
            assert!(matches!(tries(world, "mia@example.org", PASSWORD).await, Err(Error::NotAdministrator)));
        })
        .await;
    }

    #[tokio::test]
    async fn whoever_tries_an_address_keeps_its_owner_waiting_a_moment_at_most() {
        on_both(async |world| {
            for _ in 0..20 {
                world.pass(LONGEST);
                assert!(matches!(tries(world, "ada@example.org", "wrong").await, Err(Error::Wrong)));
            }
            assert!(matches!(tries(world, "ada@example.org", "wrong").await, Err(Error::Wait { .. })));
            tries_from(world, "198.51.100.7", "ada@example.org", PASSWORD).await.unwrap();
            // From however many places they come; where one has signed in lately, they do not matter at all.
            for number in 0..FREE_FOR_ALL {
                let from = format!("203.0.113.{number}");
                let tried = tries_from(world, &from, "ada@example.org", "wrong").await;
                assert!(matches!(tried, Err(Error::Wrong | Error::Wait { .. })));
            }
            tries_from(world, "198.51.100.7", "ada@example.org", PASSWORD).await.unwrap();
            let waits = tries_from(world, "198.51.100.8", "ada@example.org", PASSWORD).await.unwrap_err();
            assert!(matches!(waits, Error::Wait { wait } if wait <= FOR_ALL), "{waits}");
            world.pass(FOR_ALL);
            tries_from(world, "198.51.100.8", "ada@example.org", PASSWORD).await.unwrap();
        })
        .await;
    }

    #[tokio::test]
    async fn of_many_tries_at_once_each_is_counted_and_what_is_no_address_is_kept_nowhere() {
        on_both(async |world| {
            let all = (0..20).map(|_| tries(world, "ada@example.org", "wrong"));
            let done = futures_util::future::join_all(all).await;
            let wrong = done.iter().filter(|one| matches!(one, Err(Error::Wrong))).count();
            assert_eq!(wrong, 4, "three are free, and the fourth is the first that costs");
            let _ = tries(world, "my secret passphrase", "ada@example.org").await;
            let kept = world.everything().await;
            assert!(kept.iter().all(|row| !row.contains("passphrase")), "{kept:?}");
        })
        .await;
    }

    #[tokio::test]
    async fn a_hash_is_made_anew_when_the_parameters_changed_and_only_then() {
        on_both(async |world| {
            let read = async || world.app.store.read(|tx| async move { tx.credentials("ada@example.org").await }).await;
            let stored = async || read().await.unwrap().unwrap().1;
            let before = stored().await;
            tries(world, "ada@example.org", PASSWORD).await.unwrap();
            assert_eq!(stored().await, before);
            let parameters = crate::secrets::HashParameters { memory_kib: 16, iterations: 1, parallelism: 1 };
            let hasher = std::sync::Arc::new(crate::secrets::Hasher::new(parameters, 1).unwrap());
            let dearer = App { hasher, ..world.app.clone() };
            let request = |password: &str| Request {
                email: "ada@example.org".to_owned(),
                password: Zeroizing::new(password.to_owned()),
                origin: Origin::default(),
            };
            assert!(run(&dearer, request("wrong")).await.is_err());
            assert_eq!(stored().await, before);
            run(&dearer, request(PASSWORD)).await.unwrap();
            let after = stored().await;
            assert!(after.as_ref().is_some_and(|hash| hash.contains("m=16,t=1,p=1")), "{after:?}");
            run(&dearer, request(PASSWORD)).await.unwrap();
            assert_eq!(stored().await, after);
        })
        .await;
    }

    #[tokio::test]
    async fn failures_make_the_next_try_wait_but_lock_nobody_out() {
        on_both(async |world| {
            for _ in 0..4 {
                assert!(matches!(tries(world, "ada@example.org", "wrong").await, Err(Error::Wrong)));
            }
            let waits = tries(world, "ada@example.org", PASSWORD).await.unwrap_err();
            assert!(matches!(waits, Error::Wait { wait } if wait == Duration::from_secs(1)), "{waits}");
            // Waiting is not counted as another failure, and no number of failures makes it longer than half a minute.
            for _ in 0..20 {
                world.pass(LONGEST);
                assert!(matches!(tries(world, "ada@example.org", "wrong").await, Err(Error::Wrong)));
            }
            world.pass(LONGEST);
            tries(world, "ada@example.org", PASSWORD).await.unwrap();
            assert!(matches!(tries(world, "ada@example.org", "wrong").await, Err(Error::Wrong)), "counted anew");
        })
        .await;
    }
}
