//! What people must be to pass for an organisation, and that an organisation can be filled with them.

use std::collections::{BTreeMap, HashSet};

use super::*;
use crate::app::links::resend::{self};
use crate::app::session::sign_in::{self};
use crate::app::test::{PASSWORD, World, on_both, operator, signed_in};
use crate::app::upkeep::populate::{self, SentLink};
use crate::app::users::list::{self};
use crate::app::users::show::{self, Detail};
use crate::domain::actor::Origin;
use crate::domain::invitation::check_message;
use crate::domain::link::{Ending, LinkState};
use crate::domain::mail::MailState;
use crate::domain::password::Password;
use crate::domain::query::{Anchor, UserQuery, View};
use crate::domain::role::OrganisationRole;
use crate::domain::status::Status;
use crate::domain::text::visible;
use crate::domain::user::{LinkColumn, UserRow};

fn shares(people: &[Person]) -> BTreeMap<&'static str, usize> {
    let mut counted = BTreeMap::new();
    for person in people {
        let last = person.again.last().unwrap_or(&person.invited);
        let kind = match &person.fate {
            Fate::Active(_) => "active",
            Fate::Invited(_) if last.ago < last.valid_for => "pending",
            Fate::Invited(_) => "expired",
            Fate::Refused(_) => "refused",
            Fate::Withdrawn(_) => "withdrawn",
            Fate::Suspended(..) => "suspended",
            Fate::Deleted(..) => "deleted",
        };
        *counted.entry(kind).or_default() += 1;
    }
    counted
}

/// Nothing that happens to these people is longer ago.
const PAST: Duration = days(3 * 365);

#[test]
fn the_same_seed_makes_the_same_people_and_another_makes_others() {
    assert_eq!(people(200, 7), people(200, 7));
    assert_ne!(people(200, 7), people(200, 8));
    for count in [0, 1, 2, 3, 7, 19, 20, 21, 100] {
        assert_eq!(people(count, 1).len(), count);
    }
}

#[test]
fn twenty_thousand_have_names_and_addresses_that_can_be_typed() {
    let all = people(20_000, 3);
    let mut addresses = HashSet::new();
    for person in &all {
        assert_eq!(Name::parse(person.name.as_str()).as_ref(), Ok(&person.name));
        assert_eq!(Email::parse(person.email.as_str()).as_ref(), Ok(&person.email));
        let domain = person.email.domain();
        assert!(domain.ends_with(".example") || domain == OWN || domain == OTHER, "{domain} is not reserved");
        assert!(addresses.insert(person.email.key()), "{} comes twice", person.email);
        for (workspace, _) in &person.workspaces {
            assert_eq!(Name::parse(workspace.as_str()).as_ref(), Ok(workspace));
        }
        let message = person.message.clone().unwrap_or_default();
        assert_eq!(check_message(&message).unwrap(), person.message);
    }
}

#[test]
fn a_thousand_look_like_an_organisation() {
    let all = people(1000, 1);
    let names: HashSet<&str> = all.iter().map(|person| person.name.as_str()).collect();
    assert!(names.len() > 960, "only {} names", names.len());
    let numbered = all.iter().filter(|person| person.email.local().ends_with(|c: char| c.is_ascii_digit())).count();
    assert!(numbered < 20, "{numbered} addresses with a number");
    assert!(names.iter().any(|name| !name.contains(' ')), "nobody with one word");
    assert!(names.iter().any(|name| name.chars().count() > 90), "nobody with a long name");
    assert!(names.iter().any(|name| name.contains('’')), "nobody with an apostrophe");
    assert!(all.iter().any(|person| person.email.local().contains('\'')), "no address with an apostrophe");
    for language in Language::ALL {
        assert!(all.iter().filter(|person| person.language == language).count() > 100, "{language}");
    }
    assert_eq!(all.iter().filter(|person| person.role == OrganisationRole::Administrator).count(), 2);
    for role in [OrganisationRole::Helpdesk, OrganisationRole::Auditor] {
        assert_eq!(all.iter().filter(|person| person.role == role).count(), 1, "{role:?}");
    }
    let helps = |person: &&Person| person.workspaces.iter().any(|w| w.1 == WorkspaceRole::Helpdesk);
    assert_eq!(all.iter().filter(helps).count(), 1);
    let looks_after = |person: &&Person| person.workspaces.iter().any(|w| w.1 == WorkspaceRole::Administrator);
    assert_eq!(all.iter().filter(looks_after).count(), 16);
    assert!(all.iter().any(|person| person.workspaces.is_empty()));

    let shares = shares(&all);
    assert_eq!((shares["active"], shares["pending"], shares["expired"], shares["refused"]), (860, 80, 30, 10));
    assert_eq!((shares["withdrawn"], shares["suspended"], shares["deleted"]), (5, 10, 5));
    let refusals: HashSet<_> = all
        .iter()
        .filter_map(|person| if let Fate::Refused(answer) = &person.fate { Some(&answer.text) } else { None })
        .collect();
    assert_eq!(refusals.len(), 10, "each relay says it in its own words");
}

#[test]
fn nothing_happens_before_what_it_follows() {
    for person in people(20_000, 5) {
        let mut before = PAST;
        let mut then = |ago: Duration, what: &str| {
            assert!(ago <= before, "{}: {what} {ago:?} ago, after {before:?} ago", person.email);
            before = ago;
        };
        then(person.invited.ago, "invited");
        person.again.iter().for_each(|sending| then(sending.ago, "invited again"));
        let last = *person.again.last().unwrap_or(&person.invited);
        let arrival = match person.fate {
            Fate::Active(arrival) | Fate::Suspended(arrival, _) | Fate::Deleted(Some(arrival), _) => Some(arrival),
            Fate::Invited(_) | Fate::Refused(_) | Fate::Withdrawn(_) | Fate::Deleted(None, _) => None,
        };
        if let Some(arrival) = arrival {
            then(arrival.accepted, "accepted");
            assert!(last.ago.saturating_sub(arrival.accepted) < last.valid_for, "{}: accepted too late", person.email);
            arrival.last_sign_in.into_iter().for_each(|ago| then(ago, "signed in"));
        }
        match person.fate {
            Fate::Suspended(_, ago) => then(ago, "suspended"),
            Fate::Withdrawn(ago) => then(ago, "withdrawn"),
            Fate::Deleted(_, ago) => {
                then(ago, "deleted");
                assert!(ago < days(30), "{} is in the bin for too long", person.email);
            }
            Fate::Invited(Some(ago)) => {
                then(last.ago.checked_sub(last.valid_for).expect("expired"), "expired");
                then(ago, "asked");
            }
            Fate::Refused(_) => assert!(last.ago < last.valid_for, "the link would still work"),
            Fate::Invited(None) | Fate::Active(_) => {}
        }
    }
}

async fn fill(world: &World, count: usize) -> Vec<SentLink> {
    // As the organisation of `rsvp demo` is: as old as its people.
    world.pass(PAST);
    let password = Password::typed(PASSWORD).unwrap();
    let request = populate::Request { people: people(count, 1), password, administrator: world.ada.id };
    populate::run(&world.app, request).await.unwrap()
}

async fn rows(world: &World, view: View) -> Vec<UserRow> {
    let request =
        list::Request { query: UserQuery { view, ..UserQuery::default() }, anchor: Anchor::Start, limit: 1000 };
    list::run(&world.app, &operator(), request).await.unwrap().rows
}

async fn one(world: &World, row: &UserRow) -> Detail {
    show::run(&world.app, &operator(), row.id).await.unwrap()
}

fn actions(detail: &Detail) -> Vec<&str> {
    detail.history.iter().rev().map(|entry| entry.action.as_str()).collect()
}

#[tokio::test]
async fn three_hundred_fill_every_list_and_no_rule_is_broken() {
    on_both(async |world| {
        let links = fill(world, 300).await;
        let now = world.app.now();
        let counts = list::counts(&world.app, &operator()).await.unwrap();
        // 24 pending, 9 expired, 3 refused, 2 withdrawn, 3 suspended, 2 deleted; and Ada.
        assert_eq!((counts.active, counts.invited, counts.expired), (258, 38, 9));
        assert_eq!((counts.suspended, counts.deleted, counts.attention), (3, 2, 14));

        let mut mails = BTreeMap::new();
        for row in rows(world, View::All).await.into_iter().chain(rows(world, View::Deleted).await) {
            let detail = one(world, &row).await;
            let user = &detail.user;
            let open: Vec<_> = detail.invitations.iter().filter(|i| i.ended.is_none()).collect();
            assert!(open.len() <= 1, "{row:?}");
            assert_eq!(row.open_expires_at, open.first().map(|i| i.expires_at), "{row:?}");
            assert_eq!(row.link(now), user.link(now), "{row:?}");
            assert!(user.status != Status::Invited || !user.has_password, "{row:?}");
            assert!(user.created_at <= now && user.last_sign_in_at.is_none_or(|at| at <= now), "{row:?}");
            assert_eq!(row.invited_at, detail.invitations.first().map(|i| i.issued_at), "{row:?}");
            assert_eq!(detail.mails.len(), detail.invitations.len(), "{row:?}");
            assert!(detail.history.is_sorted_by_key(|entry| std::cmp::Reverse(entry.at)), "{row:?}");
            for mail in &detail.mails {
                *mails.entry(mail.state).or_insert(0) += 1;
                assert!(mail.ended_at.is_none_or(|at| at >= mail.created_at && at <= now), "{mail:?}");
                let last = mail.last.as_ref().map_or("", |last| last.text.as_str());
                assert_eq!(visible(last), last);
                match mail.state {
                    MailState::Sent => assert!(last.starts_with("2.0.0 Ok: queued as "), "{mail:?}"),
                    MailState::Dead => assert!(last.starts_with("the relay refuses this address (5"), "{mail:?}"),
                    MailState::Queued => assert!(mail.created_at.plus(minutes(1)) > now, "{mail:?}"),
                    MailState::Sending | MailState::Cancelled | MailState::Expired => panic!("{mail:?}"),
                }
            }
        }
        assert_eq!((mails[&MailState::Queued], mails[&MailState::Dead]), (2, 3));
        assert_eq!(mails[&MailState::Sent], links.len(), "each mail that was taken has its link");
    })
    .await;
}

#[tokio::test]
async fn each_fate_reads_as_if_it_had_happened() {
    on_both(async |world| {
        fill(world, 300).await;
        let now = world.app.now();
        let invited = rows(world, View::Invited).await;
        let with = |wanted: fn(LinkColumn) -> bool| invited.iter().find(|row| wanted(row.link(now))).unwrap();

        let pending = one(world, with(|link| matches!(link, LinkColumn::Works(_)))).await;
        assert_eq!(pending.invitations[0].state(now), LinkState::Pending);
        assert_eq!(actions(&pending)[0], "invite");
        assert_eq!(pending.history.last().unwrap().detail["change"]["email"], pending.user.email.as_str());

        let again = invited.iter().map(|row| one(world, row));
        let again = futures_util::future::join_all(again).await;
        let again = again.iter().find(|detail| detail.invitations.len() == 3).unwrap();
        assert_eq!(actions(again)[..3], ["invite", "resend", "resend"]);
        assert!(again.invitations[1..].iter().all(|i| i.state(now) == LinkState::Superseded));

        let asked = one(world, with(|link| matches!(link, LinkColumn::Asked(_)))).await;
        assert_eq!(actions(&asked).last(), Some(&"ask-link"));
        assert_eq!(asked.history[0].actor, asked.user.name.as_str());

        let failed = one(world, with(|link| link == LinkColumn::MailFailed)).await;
        assert_eq!(failed.mails[0].state, MailState::Dead);
        assert_eq!(failed.user.mail_failed_at, failed.mails[0].ended_at);

        let withdrawn = one(world, with(|link| link == LinkColumn::Withdrawn)).await;
        assert!(matches!(withdrawn.invitations[0].ended, Some((Ending::Revoked, _))));
        assert_eq!(actions(&withdrawn), ["invite", "revoke"]);

        for row in rows(world, View::Suspended).await {
            let suspended = one(world, &row).await;
            assert!(suspended.user.has_password);
            assert_eq!(actions(&suspended), ["invite", "accept", "suspend"]);
            assert_eq!(suspended.user.suspended_at, Some(suspended.history[0].at));
        }
        let deleted = rows(world, View::Deleted).await;
        let deleted = futures_util::future::join_all(deleted.iter().map(|row| one(world, row))).await;
        assert!(deleted.iter().any(|detail| actions(detail) == ["invite", "delete"]));
        assert!(deleted.iter().any(|detail| actions(detail) == ["invite", "accept", "delete"]));
    })
    .await;
}

#[tokio::test]
async fn people_of_the_past_can_be_worked_with() {
    on_both(async |world| {
        fill(world, 300).await;
        let expired = rows(world, View::Expired).await;
        for row in &expired {
            let request = resend::Request { user: row.id, version: Some(row.version), force: false };
            let resent = resend::run(&world.app, &signed_in(world.ada.id), request).await.unwrap();
            assert!(matches!(resent.user.link(world.app.now()), LinkColumn::Works(_)));
        }
        assert!(rows(world, View::Expired).await.is_empty());

        let mut administrators = 0;
        for row in rows(world, View::Active)
            .await
            .iter()
            .filter(|row| row.organisation_role == OrganisationRole::Administrator)
        {
            let origin = Origin { door: "terminal", ..Origin::default() };
            let request =
                sign_in::Request { email: row.email.to_string(), password: PASSWORD.to_owned().into(), origin };
            sign_in::run(&world.app, request).await.unwrap();
            administrators += 1;
        }
        assert_eq!(administrators, 3, "Ada and two more");
    })
    .await;
}
