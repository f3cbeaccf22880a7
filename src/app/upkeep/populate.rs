//! Fill an organisation with people who have a past: invited, active, forgotten, refused, suspended, deleted.
//!
//! What is stored is what the use cases would have stored had all of it happened: rows, the columns that lists are
//! filtered by, mails with the relay's answers, and the history. It is told from the oldest moment to the newest, so
//! that numbers grow with time as they do elsewhere, and in transactions of some hundred events each. Filling that
//! breaks off leaves a part behind: it is for an organisation that can be thrown away.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;

use crate::app::links::prove::code_of;
use crate::app::step::parts;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::{Actor, Origin, Who};
use crate::domain::audit::Record;
use crate::domain::email::Email;
use crate::domain::language::Language;
use crate::domain::link::{Ending, Purpose};
use crate::domain::mail::{Answer, Attempt, FailureClass, GIVE_UP, MailKind, MailState, Stage, next_try};
use crate::domain::name::Name;
use crate::domain::password::Password;
use crate::domain::role::{WorkspaceId, WorkspaceRole};
use crate::domain::time::{Timestamp, minutes};
use crate::domain::user::UserId;
use crate::store::{NewLink, NewMail, NewUser, PastEntry, PastLink, PastMail, PastUser, StoreError, Tx};

/// A person with a past. Every length of time is counted back from the moment of filling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name.
    pub name: Name,
    /// The address, different from everybody else's.
    pub email: Email,
    /// The language of mails and pages.
    pub language: Language,
    /// Whether an administrator.
    pub administrator: bool,
    /// The workspaces by name; those that are not there are created.
    pub workspaces: Vec<(Name, WorkspaceRole)>,
    /// The personal message of the invitations.
    pub message: Option<String>,
    /// The first invitation.
    pub invited: Sending,
    /// The later ones, the oldest first.
    pub again: Vec<Sending>,
    /// What came of it.
    pub fate: Fate,
}

/// One issue of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sending {
    /// How long ago.
    pub ago: Duration,
    /// How long its link works.
    pub valid_for: Duration,
    /// Whether the relay wanted the mail a second time before it took it.
    pub deferred: bool,
}

/// What came of the last invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The person can sign in.
    Active(Arrival),
    /// Nothing yet. When the link has expired, the person may have asked for a new one, that long ago.
    Invited(Option<Duration>),
    /// The relay refused the mail for good, in these words.
    Refused(Answer),
    /// It was withdrawn that long ago.
    Withdrawn(Duration),
    /// The person was active, and was blocked that long ago.
    Suspended(Arrival, Duration),
    /// The user went into the bin that long ago, active before or only invited.
    Deleted(Option<Arrival>, Duration),
}

/// How somebody became active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// How long ago the person chose a password.
    pub accepted: Duration,
    /// How long ago the person last signed in, if ever.
    pub last_sign_in: Option<Duration>,
}

impl Person {
    fn sendings(&self) -> impl Iterator<Item = &Sending> {
        std::iter::once(&self.invited).chain(&self.again)
    }

    fn last(&self) -> &Sending {
        self.again.last().unwrap_or(&self.invited)
    }

    fn arrival(&self) -> Option<Arrival> {
        match self.fate {
            Fate::Active(arrival) | Fate::Suspended(arrival, _) => Some(arrival),
            Fate::Deleted(arrival, _) => arrival,
            _ => None,
        }
    }

    /// Whether the last invitation is still open, expired or not.
    const fn is_open(&self) -> bool {
        matches!(self.fate, Fate::Invited(_) | Fate::Refused(_))
    }
}

/// Whom to fill in.
pub struct Request {
    /// The people; whose address is taken already is left out.
    pub people: Vec<Person>,
    /// What everybody who is active signs in with.
    pub password: Password,
    /// The administrator who was there first, and invites until there are others.
    pub administrator: UserId,
}

/// A mail that was enqueued so lately still waits for the worker.
const JUST_NOW: Duration = minutes(1);

/// How many events one transaction stores, so that it never holds the database for long.
const CHUNK: usize = 500;

/// The link in a mail, after the mail's Message-ID.
pub type SentLink = (String, String);

/// Fills the people in; answers the links in the mails that the relay took, because whoever fills a demo plays its people too.
pub async fn run(app: &App, request: Request) -> Result<Vec<SentLink>, Failure> {
    let Request { people, password, administrator } = request;
    let hash = app.hasher.hash(password, app.bytes()).await?;
    let now = app.now();
    let events = events(&people, now);
    let workspaces = workspaces(app, &people, events.first().map_or(now, |event| event.at)).await?;
    let filling =
        &Filling { app, now, hash: &hash, workspaces, inviters: Inviters::of(&people, administrator, now), people };
    let mut known: HashMap<usize, UserId> = HashMap::with_capacity(filling.people.len());
    let mut links = Vec::new();
    for chunk in events.chunks(CHUNK) {
        let before = &known;
        let (added, sent) = app.store.write(|tx| async move { filling.store(&tx, chunk, before).await }).await?;
        known.extend(added);
        links.extend(sent);
    }
    Ok(links)
}

/// Something that happened to somebody.
#[derive(Debug, Clone, Copy)]
struct Event {
    at: Timestamp,
    /// Which of the people.
    person: usize,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    /// The invitation with this number was issued, from 0.
    Invited(usize),
    Accepted,
    SignedIn,
    Asked,
    Withdrawn,
    Suspended,
    Deleted,
}

/// Everything that happened, the oldest first.
fn events(people: &[Person], now: Timestamp) -> Vec<Event> {
    let mut all = Vec::with_capacity(people.len() * 3);
    for (number, person) in people.iter().enumerate() {
        let mut add = |ago, what| all.push(Event { at: now.minus(ago), person: number, what });
        for (nth, sending) in person.sendings().enumerate() {
            add(sending.ago, What::Invited(nth));
        }
        if let Some(arrival) = person.arrival() {
            add(arrival.accepted, What::Accepted);
            // Whoever administers nothing does not sign in here, and leaves no entry.
            let administers =
                person.administrator || person.workspaces.iter().any(|w| w.1 == WorkspaceRole::Administrator);
            if let Some(ago) = arrival.last_sign_in.filter(|_| administers) {
                add(ago, What::SignedIn);
            }
        }
        match &person.fate {
            Fate::Invited(Some(ago)) => add(*ago, What::Asked),
            Fate::Withdrawn(ago) => add(*ago, What::Withdrawn),
            Fate::Suspended(_, ago) => add(*ago, What::Suspended),
            Fate::Deleted(_, ago) => add(*ago, What::Deleted),
            Fate::Invited(None) | Fate::Active(_) | Fate::Refused(_) => {}
        }
    }
    // Stable: what happens to one person in one moment keeps its order.
    all.sort_by_key(|event| event.at);
    all
}

/// The workspaces of these people by [`Name::key`]; those that are not there are created.
async fn workspaces(app: &App, people: &[Person], at: Timestamp) -> Result<HashMap<String, WorkspaceId>, Failure> {
    let mut wanted: Vec<&Name> = people.iter().flat_map(|person| &person.workspaces).map(|(name, _)| name).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let wanted = &wanted;
    app.store
        .write(|tx| async move {
            let mut found = HashMap::with_capacity(wanted.len());
            for name in wanted {
                let id = match tx.workspace(name).await? {
                    Some(id) => id,
                    None => tx
                        .insert_workspace(name, at)
                        .await?
                        .ok_or(StoreError::Missing("a workspace that was not there"))?,
                };
                found.insert(name.key(), id);
            }
            Ok(found)
        })
        .await
}

/// Who could act for whom, and since when.
struct Inviters {
    first: UserId,
    administrators: Vec<(Timestamp, usize)>,
    /// By the name of the workspace.
    of_workspace: HashMap<Name, Vec<(Timestamp, usize)>>,
}

impl Inviters {
    fn of(people: &[Person], first: UserId, now: Timestamp) -> Self {
        let mut all = Self { first, administrators: Vec::new(), of_workspace: HashMap::new() };
        for (number, person) in people.iter().enumerate() {
            // Whoever was blocked or deleted later may have acted before, but then it would have to be known until when.
            let Fate::Active(arrival) = &person.fate else { continue };
            let since = (now.minus(arrival.accepted), number);
            if person.administrator {
                all.administrators.push(since);
                continue;
            }
            for (name, _) in person.workspaces.iter().filter(|(_, role)| *role == WorkspaceRole::Administrator) {
                all.of_workspace.entry(name.clone()).or_default().push(since);
            }
        }
        all.administrators.sort_unstable();
        all.of_workspace.values_mut().for_each(|list| list.sort_unstable());
        all
    }

    /// Who acts for a person at a moment: for a member of one workspace often its administrator, else an administrator.
    fn acting(&self, people: &[Person], event: &Event, known: impl Fn(usize) -> Option<UserId>) -> UserId {
        let at_that_time = |list: &[(Timestamp, usize)], turn: usize| {
            let there = &list[..list.partition_point(|(since, _)| *since < event.at)];
            // One place more than there are people, for whoever was there first.
            there.get(turn % (there.len() + 1)).and_then(|(_, person)| known(*person))
        };
        let of_workspace = match people[event.person].workspaces.as_slice() {
            [(name, WorkspaceRole::Member)] if !people[event.person].administrator => self.of_workspace.get(name),
            _ => None,
        };
        of_workspace
            .and_then(|list| at_that_time(list, event.person))
            .or_else(|| at_that_time(&self.administrators, event.person / 3))
            .unwrap_or(self.first)
    }
}

/// What stays the same from chunk to chunk.
struct Filling<'a> {
    app: &'a App,
    now: Timestamp,
    people: Vec<Person>,
    hash: &'a str,
    workspaces: HashMap<String, WorkspaceId>,
    inviters: Inviters,
}

impl Filling<'_> {
    /// Stores what happened; answers who came in with it, and the links that were sent.
    async fn store(
        &self,
        tx: &Tx,
        chunk: &[Event],
        before: &HashMap<usize, UserId>,
    ) -> Result<(HashMap<usize, UserId>, Vec<SentLink>), Failure> {
        let added = self.store_newcomers(tx, chunk).await?;
        let known = |person: usize| added.get(&person).or_else(|| before.get(&person)).copied();

        let mut entries = Vec::with_capacity(chunk.len());
        let mut issued = Vec::new();
        for event in chunk {
            // Somebody whose address was taken has no past.
            let Some(user) = known(event.person) else { continue };
            let actor = self.actor(event, user, known);
            if let What::Invited(nth) = event.what {
                issued.push((event, nth, user, actor.who.user()));
            }
            entries.push(self.entry(event, user, actor));
        }
        let links: Vec<PastLink> =
            issued.iter().map(|(event, nth, user, by)| self.link(event, *nth, *user, *by)).collect();
        let ids = tx.insert_past_links(&links).await?;
        let mails: Vec<PastMail> =
            issued.iter().zip(&ids).map(|((event, nth, user, _), id)| self.mail(event, *nth, *user, id.0)).collect();
        tx.insert_past_mails(&mails).await?;
        tx.write_past(&entries).await?;
        let sent = mails.into_iter().zip(links.into_iter().zip(ids)).filter(|(mail, _)| mail.state == MailState::Sent);
        let sent = sent.filter_map(|(mail, (link, id))| {
            let stored = link.new.stored(id);
            Some((mail.new.message_id, self.app.link(stored.link.purpose, &code_of(self.app, &stored)?)))
        });
        Ok((added, sent.collect()))
    }

    /// Stores whoever is invited for the first time and has an address that is free, with their memberships.
    async fn store_newcomers(&self, tx: &Tx, chunk: &[Event]) -> Result<HashMap<usize, UserId>, Failure> {
        let mut newcomers: Vec<usize> =
            chunk.iter().filter(|event| matches!(event.what, What::Invited(0))).map(|event| event.person).collect();
        let addresses: Vec<&Email> = newcomers.iter().map(|person| &self.people[*person].email).collect();
        let taken = tx.taken_addresses(&addresses).await?;
        newcomers.retain(|person| !taken.contains(&self.people[*person].email.key()));
        let users: Vec<PastUser> = newcomers.iter().map(|person| self.user(*person)).collect();
        let ids = tx.insert_past_users(&users).await?;
        let added: HashMap<usize, UserId> = newcomers.iter().copied().zip(ids).collect();
        let mut memberships = Vec::with_capacity(newcomers.len());
        for person in &newcomers {
            for (name, role) in &self.people[*person].workspaces {
                memberships.extend(self.workspaces.get(&name.key()).map(|id| (added[person], *id, *role)));
            }
        }
        tx.insert_memberships(&memberships).await?;
        Ok(added)
    }

    fn ago(&self, ago: Duration) -> Timestamp {
        self.now.minus(ago)
    }

    fn user(&self, number: usize) -> PastUser {
        let person = &self.people[number];
        let (last, arrival) = (person.last(), person.arrival());
        // As many changes as the use cases would have counted.
        let changes = match &person.fate {
            Fate::Invited(_) | Fate::Refused(_) => 0,
            Fate::Active(_) | Fate::Withdrawn(_) => 1,
            Fate::Suspended(..) => 3,
            Fate::Deleted(arrival, _) => 2 + i64::from(arrival.is_some()),
        };
        let mut past = PastUser {
            new: NewUser {
                name: person.name.clone(),
                email: person.email.clone(),
                is_administrator: person.administrator,
                language: person.language,
                password_hash: arrival.map(|_| self.hash.to_owned()),
                at: self.ago(person.invited.ago),
                invited_until: None,
            },
            invited_at: self.ago(last.ago),
            open_expires_at: person.is_open().then(|| self.ago(last.ago).plus(last.valid_for)),
            mail_failed_at: None,
            asked_at: None,
            last_sign_in_at: arrival.and_then(|arrival| arrival.last_sign_in).map(|ago| self.ago(ago)),
            suspended_at: None,
            deleted_at: None,
            version: 1 + i64::try_from(person.again.len()).unwrap_or(0) + changes,
        };
        match &person.fate {
            Fate::Invited(asked) => past.asked_at = asked.map(|ago| self.ago(ago)),
            Fate::Refused(_) => past.mail_failed_at = self.tries(number, person.again.len()).last().map(|last| last.at),
            Fate::Suspended(_, ago) => past.suspended_at = Some(self.ago(*ago)),
            Fate::Deleted(_, ago) => past.deleted_at = Some(self.ago(*ago)),
            Fate::Active(_) | Fate::Withdrawn(_) => {}
        }
        past
    }

    fn link(&self, event: &Event, nth: usize, user: UserId, issued_by: Option<UserId>) -> PastLink {
        let person = &self.people[event.person];
        let ended = match person.again.get(nth) {
            Some(next) => Some((Ending::Superseded, self.ago(next.ago))),
            None => match (&person.fate, person.arrival()) {
                (_, Some(arrival)) => Some((Ending::Accepted, self.ago(arrival.accepted))),
                (Fate::Withdrawn(ago) | Fate::Deleted(_, ago), None) => Some((Ending::Revoked, self.ago(*ago))),
                _ => None,
            },
        };
        PastLink {
            new: NewLink {
                purpose: Purpose::Invitation,
                user,
                nonce: self.app.bytes(),
                to: person.email.clone(),
                other: None,
                issued_at: event.at,
                issued_by,
                expires_at: event.at.plus(self.sending(event.person, nth).valid_for),
                message: person.message.clone(),
                key_id: self.app.keys.fingerprint().to_owned(),
            },
            ended,
        }
    }

    fn sending(&self, person: usize, nth: usize) -> &Sending {
        let person = &self.people[person];
        nth.checked_sub(1).and_then(|later| person.again.get(later)).unwrap_or(&person.invited)
    }

    fn mail(&self, event: &Event, nth: usize, user: UserId, link: i64) -> PastMail {
        let person = &self.people[event.person];
        let expires_at = event.at.plus(self.sending(event.person, nth).valid_for);
        let tries = self.tries(event.person, nth);
        let state = match tries.last() {
            None => MailState::Queued,
            Some(last) if last.accepted => MailState::Sent,
            Some(_) => MailState::Dead,
        };
        // A second try was made when it was due.
        let next_at = if tries.len() > 1 { tries[tries.len() - 1].at } else { event.at };
        PastMail {
            new: NewMail {
                kind: MailKind::Invitation,
                user: Some(user),
                subject: Some(link),
                to: person.email.clone(),
                to_name: person.name.clone(),
                message_id: self.app.message_id(),
                at: event.at,
                next_at,
                not_after: expires_at.min(event.at.plus(GIVE_UP)),
            },
            state,
            tries,
        }
    }

    /// What the relay said to the mail of an invitation, each time it was asked.
    fn tries(&self, number: usize, nth: usize) -> Vec<Attempt> {
        let (person, sending) = (&self.people[number], self.sending(number, nth));
        let is_last = nth == person.again.len();
        if is_last && matches!(person.fate, Fate::Invited(_)) && sending.ago < JUST_NOW {
            return Vec::new();
        }
        // What makes one mail differ from another, the same each time it is asked for.
        let differs = (number as u64 * 31 + nth as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let [jitter, ..] = differs.to_be_bytes();
        let mut at = self.ago(sending.ago).plus(Duration::from_millis(400 + 9 * u64::from(jitter)));
        let mut tries = Vec::with_capacity(1);
        if sending.deferred {
            tries.push(Attempt { at, accepted: false, answer: deferral() });
            at = next_try(at, 1, FailureClass::Temporary, jitter);
        }
        tries.push(match &person.fate {
            Fate::Refused(answer) if is_last => Attempt { at, accepted: false, answer: answer.clone() },
            _ => Attempt { at, accepted: true, answer: acceptance(differs) },
        });
        tries
    }

    /// Who did it.
    fn actor(&self, event: &Event, user: UserId, known: impl Fn(usize) -> Option<UserId>) -> Actor {
        let (who, door) = match event.what {
            What::Accepted | What::Asked => (Who::Invitee(user), "portal"),
            What::SignedIn => (Who::User(user), "terminal"),
            What::Invited(_) | What::Withdrawn | What::Suspended | What::Deleted => {
                (Who::User(self.inviters.acting(&self.people, event, known)), "terminal")
            }
        };
        Actor { who, origin: Origin { door, ..Origin::default() } }
    }

    fn entry(&self, event: &Event, user: UserId, actor: Actor) -> PastEntry {
        let record = match event.what {
            What::Invited(nth) => {
                let person = &self.people[event.person];
                let expires_at = event.at.plus(self.sending(event.person, nth).valid_for).rfc3339();
                if nth == 0 {
                    Record::about(Action::Invite, user).with(json!({
                        "email": person.email.as_str(),
                        "name": person.name.as_str(),
                        "administrator": person.administrator,
                        "expires_at": expires_at,
                    }))
                } else {
                    Record::about(Action::Resend, user).with(json!({ "expires_at": expires_at }))
                }
            }
            What::Accepted => Record::about(Action::Accept, user),
            What::SignedIn => Record::about(Action::SignIn, user),
            What::Asked => Record::about(Action::AskLink, user),
            What::Withdrawn => Record::about(Action::Revoke, user),
            What::Suspended => Record::about(Action::Suspend, user),
            What::Deleted => Record::about(Action::Delete, user),
        };
        let parts = parts(self.app, &actor, event.at, &record);
        PastEntry { at: event.at, actor, record, parts }
    }
}

/// What a relay says when it has taken a mail; `differs` makes the number it gives it.
fn acceptance(differs: u64) -> Answer {
    let text = format!("2.0.0 Ok: queued as {:010X}", differs >> 24);
    Answer { stage: Stage::Dot, code: Some(250), text }
}

/// What a relay says that wants to be asked again.
fn deferral() -> Answer {
    let text = "the relay does not take mail for this address just now (450); it says: 4.7.1 Greylisted, please try \
                again in 30 seconds";
    Answer { stage: Stage::Recipient, code: Some(450), text: text.to_owned() }
}

#[cfg(test)]
#[path = "populate_tests.rs"]
mod tests;
