//! Filling an organisation with people made by hand: who is left out, who acts, what a deferred email looks like.

use super::*;
use crate::app::UserRequest;
use crate::app::links::{look, resend};
use crate::app::mail::list_mails;
use crate::app::test::{PASSWORD, World, grace, on_both, operator};
use crate::app::upkeep::revision;
use crate::app::users::{erase, invite, list, show};
use crate::app::workspaces::delete_workspace;
use crate::domain::code::CodeOrLink;
use crate::domain::language::Language;
use crate::domain::link::LinkState;
use crate::domain::query::{Anchor, UserQuery};
use crate::domain::role::{OrganisationRole, WorkspaceRole};
use crate::domain::time::{days, hours};

fn person(name: &str, email: &str, ago: Duration, fate: Fate) -> Person {
    Person {
        name: Name::parse(name).unwrap(),
        email: Email::parse(email).unwrap(),
        language: Language::German,
        role: OrganisationRole::None,
        workspaces: vec![(Name::parse("Kitchen").unwrap(), WorkspaceRole::Member)],
        message: None,
        invited: Sending { ago, valid_for: days(7), deferred: false },
        again: Vec::new(),
        fate,
    }
}

const fn came(accepted: Duration) -> Fate {
    Fate::Active(Arrival { accepted, last_sign_in: None })
}

async fn fill(world: &World, people: Vec<Person>) -> Vec<SentLink> {
    let password = Password::typed(PASSWORD).unwrap();
    run(&world.app, Request { people, password, administrator: world.ada.id }).await.unwrap()
}

async fn begin(world: &World, people: Vec<Person>) -> Filling {
    let password = Password::typed(PASSWORD).unwrap();
    Filling::begin(&world.app, Request { people, password, administrator: world.ada.id }).await.unwrap()
}

async fn names(world: &World) -> Vec<String> {
    let request = list::Request { query: UserQuery::default(), anchor: Anchor::Start, limit: 500 };
    let rows = list::run(&world.app, &operator(), request).await.unwrap().rows;
    rows.iter().map(|row| row.name.as_str().to_owned()).collect()
}

/// More people than one page, the last by name invited first.
fn a_page_and_more(more: u64) -> Vec<Person> {
    let count = FIRST as u64 + more;
    let one = |n: u64| {
        let (name, email) = (format!("Person {n:03}"), format!("p{n}@example.org"));
        person(&name, &email, days(3) + minutes(n), Fate::Invited(None))
    };
    (0..count).rev().map(one).collect()
}

async fn user(world: &World, email: &str) -> UserId {
    crate::app::users::find::run(&world.app, &operator(), email).await.unwrap().id
}

#[tokio::test]
async fn whose_address_is_taken_is_left_out() {
    on_both(async |world| {
        let people = vec![
            person("Another Ada", "ADA@example.org", days(3), Fate::Invited(None)),
            person("Grace Hopper", "grace@navy.example", days(3), Fate::Invited(None)),
        ];
        assert_eq!(fill(world, people.clone()).await.len(), 1);
        assert!(fill(world, people).await.is_empty(), "nobody comes twice");
        let counts = list::counts(&world.app, &operator()).await.unwrap();
        assert_eq!((counts.active, counts.invited), (1, 1));
        let ada = show::run(&world.app, &operator(), world.ada.id).await.unwrap();
        assert_eq!((ada.user.name.as_str(), ada.history.len()), ("Ada Lovelace", 1));
    })
    .await;
}

#[tokio::test]
async fn who_administers_a_workspace_invites_into_it_from_then_on() {
    on_both(async |world| {
        let mut chef = person("Rosa Koch", "rosa@example.org", days(90), came(days(80)));
        chef.workspaces[0].1 = WorkspaceRole::Administrator;
        let mut people = vec![chef, person("Early Bird", "early@example.org", days(85), came(days(84)))];
        for n in 0..4 {
            people.push(person("Late Bird", &format!("late{n}@example.org"), days(70), Fate::Invited(None)));
        }
        fill(world, people).await;
        let early = show::run(&world.app, &operator(), user(world, "early@example.org").await).await.unwrap();
        assert_eq!(early.history.last().unwrap().actor, "Ada Lovelace");
        let mut inviters = Vec::new();
        for n in 0..4 {
            let late =
                show::run(&world.app, &operator(), user(world, &format!("late{n}@example.org")).await).await.unwrap();
            inviters.push(late.history[0].actor.clone());
        }
        inviters.sort();
        assert_eq!(inviters, ["Ada Lovelace", "Ada Lovelace", "Rosa Koch", "Rosa Koch"]);
    })
    .await;
}

#[tokio::test]
async fn a_mail_that_the_relay_put_off_was_tried_twice_and_one_of_just_now_waits() {
    on_both(async |world| {
        let mut put_off = person("Put Off", "off@example.org", hours(3), Fate::Invited(None));
        put_off.invited.deferred = true;
        let fresh = person("Fresh", "fresh@example.org", Duration::from_secs(5), Fate::Invited(None));
        fill(world, vec![fresh, put_off]).await;
        let detail = show::run(&world.app, &operator(), user(world, "off@example.org").await).await.unwrap();
        let mail = &detail.mails[0];
        assert_eq!((mail.state, mail.attempts), (MailState::Sent, 1));
        let seen = list_mails::show(&world.app, &operator(), mail.id).await.unwrap();
        assert_eq!(seen.attempts.iter().map(|tried| tried.answer.code).collect::<Vec<_>>(), [Some(250), Some(450)]);
        assert!(seen.attempts[0].at > seen.attempts[1].at);

        let jobs = crate::app::mail::outbox::claim(&world.app, 10).await.unwrap();
        let waiting: Vec<_> = jobs.iter().map(|job| job.mail.to.as_str()).collect();
        assert_eq!(waiting, ["fresh@example.org"], "what has ended is not sent again");
    })
    .await;
}

#[tokio::test]
async fn the_links_of_mails_from_before_open() {
    on_both(async |world| {
        let people = vec![
            person("Rosa Koch", "rosa@example.org", days(2), Fate::Invited(None)),
            person("Old Hand", "old@example.org", days(90), came(days(80))),
        ];
        let links = fill(world, people).await;
        let mut standings = Vec::new();
        for (_, link) in &links {
            let code = CodeOrLink::parse(link).unwrap().code;
            standings.push(look::run(&world.app, Purpose::Invitation, &code).await.unwrap().unwrap().state);
        }
        assert_eq!(standings, [LinkState::Accepted, LinkState::Pending]);
    })
    .await;
}

#[tokio::test]
async fn the_first_page_is_there_at_once_and_screens_notice_every_piece_that_follows() {
    on_both(async |world| {
        let people = a_page_and_more(120);
        let mut by_name: Vec<String> = people.iter().map(|person| person.name.as_str().to_owned()).collect();
        by_name.sort();
        by_name.insert(0, "Ada Lovelace".to_owned());
        let mut filling = begin(world, people).await;
        assert_eq!(names(world).await, by_name[..=FIRST]);
        let mut seen = revision::run(&world.app, &operator()).await.unwrap();
        let mut links = 0;
        while let Some(sent) = filling.store_next().await.unwrap() {
            links += sent.len();
            let now = revision::run(&world.app, &operator()).await.unwrap();
            assert!(now.changes > seen.changes);
            seen = now;
        }
        assert_eq!((names(world).await, links), (by_name, FIRST + 120));
        let last = show::run(&world.app, &operator(), user(world, "p0@example.org").await).await.unwrap();
        assert_eq!((last.history.len(), last.mails.len(), last.invitations.len()), (1, 1, 1));
    })
    .await;
}

#[tokio::test]
async fn whoever_is_changed_while_it_fills_is_left_alone_and_the_others_come() {
    on_both(async |world| {
        let mut filling = begin(world, a_page_and_more(2)).await;
        let (resent, erased) = (user(world, "p0@example.org").await, user(world, "p1@example.org").await);
        resend::run(&world.app, &operator(), resend::Request { user: resent, version: None, force: true })
            .await
            .unwrap();
        erase::run(&world.app, &operator(), UserRequest { user: erased, version: None }).await.unwrap();
        delete_workspace::run(&world.app, &operator(), &Name::parse("Kitchen").unwrap()).await.unwrap();
        let taken = Email::parse("p101@example.org").unwrap();
        invite::run(&world.app, &operator(), invite::Request { email: taken, ..grace() }).await.unwrap();
        while filling.store_next().await.unwrap().is_some() {}

        let resent = show::run(&world.app, &operator(), resent).await.unwrap();
        assert_eq!((resent.invitations.len(), resent.history.len()), (1, 1), "only what really happened");
        let names = names(world).await;
        assert!(!names.contains(&"Person 001".to_owned()) && !names.contains(&"Person 101".to_owned()), "{names:?}");
        let late = show::run(&world.app, &operator(), user(world, "p100@example.org").await).await.unwrap();
        assert_eq!((late.user.memberships.len(), late.mails.len(), late.history.len()), (0, 1, 1));
    })
    .await;
}
