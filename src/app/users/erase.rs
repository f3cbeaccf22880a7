//! Erase a user: all that is known of the person goes for good, everywhere it is kept; that it was done, by whom and
//! when, stays. docs/privacy.md lists what goes and what stays.

use crate::app::audit::seal_audit::{self, is_sealed};
use crate::app::links::renew;
use crate::app::step::Step;
use crate::app::upkeep::kept;
use crate::app::{App, Done, Failure, UserRequest};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::policy::Denied;
use crate::domain::user::UserId;

/// How often it is tried again when somebody else wrote in between.
const TRIES: u32 = 5;

/// Whom to erase.
enum Whom<'a> {
    /// Somebody who is there.
    User(&'a UserRequest),
    /// Somebody of whom only the log knows.
    Gone(UserId),
}

/// Erases a user; answers who it was. Nobody can bring them back.
pub async fn run(app: &App, actor: &Actor, request: UserRequest) -> Result<Done, Failure> {
    let erased = erasing(app, actor, &Whom::User(&request)).await?;
    erased.ok_or_else(|| Failure::NoUser(format!("#{}", request.user.0)))
}

/// Erases what is left in the log of a user who is gone: their time in the bin is over, or a restored backup
/// brought the entries back. Only administrators may.
pub async fn erase_gone(app: &App, actor: &Actor, id: UserId) -> Result<(), Failure> {
    erasing(app, actor, &Whom::Gone(id)).await.map(drop)
}

/// Tries until nothing that is to be erased waits for its seal; answers who it was, if somebody was there.
async fn erasing(app: &App, actor: &Actor, whom: &Whom<'_>) -> Result<Option<Done>, Failure> {
    for _ in 0..TRIES {
        // What is in the log is sealed first, so that what is erased of it was proved before.
        seal_audit::run(app).await?;
        let erased = app
            .store
            .write(|tx| async move {
                let step = Step::begin(app, &tx, actor).await?;
                let (id, user) = match whom {
                    Whom::User(request) => {
                        let user = step.target(request.user, request.version, &Change::Act(Action::Erase)).await?;
                        (user.id, Some(user))
                    }
                    Whom::Gone(id) => (gone(&step, *id).await?, None),
                };
                let replaced = erase_if_sealed(&step, id).await?;
                Ok::<_, Failure>(replaced.map(|replaced| user.map(|user| Done { user, replaced })))
            })
            .await?;
        if let Some(done) = erased {
            app.store.forget_log().await;
            kept::try_run(app).await;
            return Ok(done);
        }
    }
    Err(Failure::Changed)
}

/// Somebody of whom only the log knows.
async fn gone(step: &Step<'_>, id: UserId) -> Result<UserId, Failure> {
    if !step.authority.is_administrator() {
        return Err(Denied::AdministratorsOnly.into());
    }
    if step.tx.user(id).await?.is_some() || !step.tx.is_in_log(id).await? {
        return Err(Failure::NoUser(format!("#{}", id.0)));
    }
    Ok(id)
}

/// Answers with how many links were replaced that they were shown; nothing was done where something waits for its seal.
async fn erase_if_sealed(step: &Step<'_>, user: UserId) -> Result<Option<u64>, Failure> {
    // Whoever changes one of those holds their row and waits for the log: they come first here as well.
    for id in step.tx.seen_by(user, step.now).await? {
        step.tx.lock_user(id).await?;
    }
    step.tx.hold_log().await?;
    if !is_sealed(step.app, step.tx).await? {
        return Ok(None);
    }
    let replaced = renew::seen_by(step, user).await?;
    let also = step.tx.erase_user(user, step.now).await?;
    step.record(Record::erased(user, &also)).await?;
    Ok(Some(replaced))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::audit::list_audit;
    use crate::app::audit::verify_audit;
    use crate::app::links::{accept, confirm_email, forgot};
    use crate::app::mail::outbox;
    use crate::app::session::sign_in;
    use crate::app::test::{World, active, grace, on_both, operator, signed_in};
    use crate::app::users::invite::{self};
    use crate::app::users::{edit, find, suspend};
    use crate::domain::actor::{Origin, Who};
    use crate::domain::email::Email;
    use crate::domain::explain::Explain as _;
    use crate::domain::mail::Outcome;
    use crate::domain::name::Name;
    use crate::domain::role::OrganisationRole;
    use zeroize::Zeroizing;

    /// Everything in the database that holds one of these words.
    async fn left(world: &World, words: &[&str]) -> Vec<String> {
        let all = world.app.store.everything().await;
        all.into_iter().filter(|text| words.iter().any(|word| text.to_lowercase().contains(word))).collect()
    }

    fn from_lovelock(user: UserId) -> Actor {
        let origin = Origin {
            login: Some("lovelock".to_owned()),
            ssh_source: Some("192.0.2.77".to_owned()),
            door: "terminal",
            ..Origin::default()
        };
        Actor { who: Who::User(user), origin }
    }

    /// A person who left a trace in everything that keeps one.
    async fn zelda(world: &World) -> UserId {
        let (app, name) = (&world.app, Name::parse("Zelda Quartz").unwrap());
        let email = |text: &str| Email::parse(text).unwrap();
        let typed = |address: &str| sign_in::Request {
            email: address.to_owned(),
            password: Zeroizing::new("wrong".to_owned()),
            origin: Origin { login: Some("lovelock".to_owned()), door: "terminal", ..Origin::default() },
        };
        // Before anybody knew her, and after.
        let _ = sign_in::run(app, typed("zelda@quartz.example")).await;
        let request = invite::Request {
            email: email("zelda@quartz.example"),
            name,
            role: OrganisationRole::Administrator,
            message: "Dear Zelda, bring the quartz.".to_owned(),
            ..grace()
        };
        let user = invite::run(app, &operator(), request).await.unwrap().user.id;
        let code = crate::app::test::link_code(world, user).await;
        for job in outbox::claim(app, 9).await.unwrap() {
            let accepted = Outcome::Accepted("queued for zelda@quartz.example".to_owned());
            outbox::finish(app, &job, &accepted).await.unwrap();
        }
        accept::run(app, accept::tests::choosing(code)).await.unwrap();
        let _ = sign_in::run(app, typed("zelda@quartz.example")).await;
        edit::run(
            app,
            &operator(),
            edit::Request { email: Some(email("zelda@opal.example")), ..edit::Request::of(user) },
        )
        .await
        .unwrap();
        let confirm =
            confirm_email::tests::sent(world).await.into_iter().find(|(_, to, _)| to.contains("opal")).unwrap();
        confirm_email::run(app, &confirm.2).await.unwrap();
        forgot::run(app, &email("zelda@opal.example"), b"here").await.unwrap();
        invite::run(app, &from_lovelock(user), grace()).await.unwrap();
        // Accepted, and its text, which names her as the sender, is stored for a while.
        let jobs = outbox::claim(app, 9).await.unwrap();
        let kept: Vec<_> = jobs.iter().map(|job| (job.held, "Zelda Quartz invites you".to_owned())).collect();
        outbox::turn(app, &outbox::Turn { kept: &kept, ..outbox::Turn::default() }).await.unwrap();
        for job in jobs {
            assert!(outbox::finish(app, &job, &Outcome::Accepted("ok".to_owned())).await.unwrap());
        }
        crate::app::mail::test_mail::run(app, &from_lovelock(user), &email("Zelda@Quartz.example")).await.unwrap();
        user
    }

    #[tokio::test]
    async fn nothing_is_left_of_a_person_anywhere_and_the_log_still_proves_what_happened() {
        on_both(async |world| {
            let user = zelda(world).await;
            let traces = ["zelda", "quartz", "opal", "lovelock", "192.0.2.77"];
            assert!(left(world, &traces).await.len() > 10, "{:?}", left(world, &traces).await);
            let erased = run(&world.app, &operator(), UserRequest { user, version: None }).await.unwrap();
            assert_eq!(erased.user.name.as_str(), "Zelda Quartz");
            assert_eq!(left(world, &traces).await, Vec::<String>::new());
            assert!(find::run(&world.app, &operator(), &format!("#{}", user.0)).await.is_err());
            let found = verify_audit::run(&world.app, &operator(), None).await.unwrap();
            assert_eq!((found.broken, found.unsealed), (None, 1), "the erasure itself waits for its seal");
            // What she did to others is still told, only not from where.
            let grace = find::run(&world.app, &operator(), "grace@navy.example").await.unwrap();
            let history = list_audit::Request {
                user: Some(format!("#{}", grace.id.0)),
                limit: 9,
                ..list_audit::Request::default()
            };
            let entries = list_audit::run(&world.app, &operator(), &history).await.unwrap().entries;
            assert_eq!(entries[0].detail["change"]["email"], "grace@navy.example");
            assert_eq!((entries[0].actor_id, entries[0].detail.get("login")), (Some(user), None));
            assert_eq!(left(world, &["erasures: "]).await.len(), 1);
        })
        .await;
    }

    #[tokio::test]
    async fn what_is_left_of_somebody_whose_time_in_the_bin_is_over_can_be_erased_by_number() {
        on_both(async |world| {
            let user = zelda(world).await;
            let whole = UserRequest { user, version: None };
            crate::app::users::delete::run(&world.app, &operator(), whole).await.unwrap();
            world.pass(crate::domain::time::days(31));
            crate::app::upkeep::tidy::delete_what_is_over(&world.app, world.app.now()).await.unwrap();
            assert!(!left(world, &["zelda", "lovelock"]).await.is_empty());
            erase_gone(&world.app, &operator(), user).await.unwrap();
            assert_eq!(left(world, &["zelda", "quartz", "opal", "lovelock"]).await, Vec::<String>::new());
            assert!(erase_gone(&world.app, &operator(), UserId(9_999)).await.is_err());
        })
        .await;
    }

    #[tokio::test]
    async fn only_administrators_erase_and_neither_themselves_nor_the_last_one() {
        on_both(async |world| {
            let ada = || UserRequest { user: world.ada.id, version: None };
            assert_eq!(run(&world.app, &operator(), ada()).await.unwrap_err().code(), "last_administrator");
            assert_eq!(run(&world.app, &signed_in(world.ada.id), ada()).await.unwrap_err().code(), "yourself");
            let bob = active(world, "bob@example.org", true).await;
            let bob = UserRequest { user: bob, version: None };
            let block = UserRequest { user: world.ada.id, version: None };
            suspend::run(&world.app, &operator(), block).await.unwrap();
            assert_eq!(run(&world.app, &operator(), bob).await.unwrap_err().code(), "last_administrator");
        })
        .await;
    }
}
