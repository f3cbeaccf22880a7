//! Fill an organisation with people who have a past: invited, active, forgotten, refused, suspended, deleted.
//!
//! What is stored is what the use cases would have stored had all of it happened: rows, the columns that lists are
//! filtered by, emails with the relay's answers, and the history. It is stored a piece at a time, while people already
//! use the organisation: first the users of a list's first page, so that there is something to see, then everything
//! that happened from the oldest moment to the newest, so that numbers grow with time as they do elsewhere. Whoever is
//! changed meanwhile is left as they are now, and the rest of their past is not stored. Filling that breaks off leaves
//! a part behind: it is for an organisation that can be thrown away.

mod events;
mod inviters;
mod person;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use serde_json::json;

use self::events::{Event, What, events};
use self::inviters::Inviters;
pub use self::person::{Arrival, Fate, Person, Sending};
use crate::app::links::prove::code_of;
use crate::app::step::parts;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::{Actor, Origin, Who};
use crate::domain::audit::Record;
use crate::domain::email::Email;
use crate::domain::link::{Ending, Purpose};
use crate::domain::mail::{Answer, Attempt, FailureClass, GIVE_UP, MailKind, MailState, Stage, next_try};
use crate::domain::name::Name;
use crate::domain::password::Password;
use crate::domain::role::WorkspaceId;
use crate::domain::time::{Timestamp, minutes};
use crate::domain::user::UserId;
use crate::store::{NewLink, NewMail, NewUser, PastEntry, PastLink, PastMail, PastUser, StoreError, Tx};

pub struct Request {
    /// The people; whose address is taken already is left out.
    pub people: Vec<Person>,
    /// What everybody who is active signs in with.
    pub password: Password,
    /// The administrator who was there first, and invites until there are others.
    pub administrator: UserId,
}

/// An email that was enqueued so lately still waits for the worker.
const JUST_NOW: Duration = minutes(1);

/// How many users [`Filling::begin`] stores: more than a list shows at once on a tall screen.
pub const FIRST: usize = 100;

/// How many events one transaction stores: some 5 ms for a release build, some 20 ms for one that is not optimised,
/// which is how long a screen may wait.
const CHUNK: usize = 100;

/// The link in an email, after the email's Message-ID.
pub type SentLink = (String, String);

#[cfg(test)]
pub async fn run(app: &App, request: Request) -> Result<Vec<SentLink>, Failure> {
    let mut filling = Filling::begin(app, request).await?;
    let mut links = Vec::new();
    while let Some(sent) = filling.store_next().await? {
        links.extend(sent);
    }
    Ok(links)
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
                        .ok_or(StoreError::Missing("a workspace that didn't exist"))?,
                };
                found.insert(name.key(), id);
            }
            Ok(found)
        })
        .await
}

pub struct Filling {
    app: App,
    now: Timestamp,
    people: Vec<Person>,
    hash: String,
    workspaces: HashMap<String, WorkspaceId>,
    inviters: Inviters,
    events: Vec<Event>,
    done: usize,
    /// Who is stored already, by index in `people`.
    known: HashMap<usize, UserId>,
}

impl Filling {
    /// Prepares everything and stores the users whose names come first, without a past yet.
    pub async fn begin(app: &App, request: Request) -> Result<Self, Failure> {
        let Request { people, password, administrator } = request;
        let hash = app.hasher.hash(password, app.bytes()).await?;
        let now = app.now();
        let events = events(&people, now);
        let mut filling = Self {
            app: app.clone(),
            now,
            hash,
            workspaces: workspaces(app, &people, events.first().map_or(now, |event| event.at)).await?,
            inviters: Inviters::of(&people, administrator, now),
            events,
            done: 0,
            known: HashMap::with_capacity(people.len()),
            people,
        };
        let (this, first) = (&filling, &filling.first_by_name());
        let added = app.store.write(|tx| async move { this.store_newcomers(&tx, first.clone()).await }).await?;
        filling.known.extend(added);
        Ok(filling)
    }

    /// Stores what happened next; answers the links in the emails that the relay took then, because whoever fills a
    /// demo plays its people too. Nothing when everything is stored.
    pub async fn store_next(&mut self) -> Result<Option<Vec<SentLink>>, Failure> {
        let end = self.events.len().min(self.done + CHUNK);
        let chunk = &self.events[self.done..end];
        if chunk.is_empty() {
            return Ok(None);
        }
        let this = &*self;
        let (added, links) = this.app.store.write(|tx| async move { this.store(&tx, chunk).await }).await?;
        self.known.extend(added);
        self.done = end;
        Ok(Some(links))
    }

    /// The people on the first page of a list by name; whoever is in the bin is on none.
    fn first_by_name(&self) -> Vec<usize> {
        let in_bin = |person: &Person| matches!(person.fate, Fate::Deleted(..));
        let mut all: Vec<(String, usize)> = (self.people.iter().enumerate())
            .filter(|(_, person)| !in_bin(person))
            .map(|(number, person)| (person.name.key(), number))
            .collect();
        all.sort_unstable();
        all.into_iter().take(FIRST).map(|(_, number)| number).collect()
    }

    /// Stores what happened; answers who came in with it, and the links that were sent.
    async fn store(&self, tx: &Tx, chunk: &[Event]) -> Result<(HashMap<usize, UserId>, Vec<SentLink>), Failure> {
        let newcomers = chunk.iter().filter(|event| matches!(event.what, What::Invited(0))).map(|event| event.person);
        let newcomers = newcomers.filter(|person| !self.known.contains_key(person)).collect();
        let added = self.store_newcomers(tx, newcomers).await?;
        let unchanged = self.unchanged(tx, chunk).await?;
        let known = |person: usize| added.get(&person).or_else(|| self.known.get(&person)).copied();

        let mut entries = Vec::with_capacity(chunk.len());
        let mut issued = Vec::new();
        for event in chunk {
            // Somebody whose address was taken, or whom somebody changed since, has no past.
            let is_ours = |person| added.contains_key(person) || unchanged.contains(person);
            let Some(user) = known(event.person).filter(|_| is_ours(&event.person)) else { continue };
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
            Some((mail.new.message_id, self.app.link(stored.link.purpose, &code_of(&self.app, &stored)?)))
        });
        Ok((added, sent.collect()))
    }

    /// Who of those that something happens to was stored before and is as they were stored.
    async fn unchanged(&self, tx: &Tx, chunk: &[Event]) -> Result<HashSet<usize>, Failure> {
        let before: HashMap<usize, UserId> =
            chunk.iter().filter_map(|event| Some((event.person, *self.known.get(&event.person)?))).collect();
        let ids: Vec<UserId> = before.values().copied().collect();
        let versions = tx.versions(&ids).await?;
        let is_unchanged = |person: usize, id: &UserId| versions.get(id) == Some(&self.version(person));
        Ok(before.iter().filter(|(person, id)| is_unchanged(**person, id)).map(|(person, _)| *person).collect())
    }

    /// Stores those of these people whose address is free, with their memberships.
    async fn store_newcomers(&self, tx: &Tx, mut people: Vec<usize>) -> Result<HashMap<usize, UserId>, Failure> {
        let addresses: Vec<&Email> = people.iter().map(|person| &self.people[*person].email).collect();
        let taken = tx.taken_addresses(&addresses).await?;
        people.retain(|person| !taken.contains(&self.people[*person].email.key()));
        let users: Vec<PastUser> = people.iter().map(|person| self.user(*person)).collect();
        let ids = tx.insert_past_users(&users).await?;
        let added: HashMap<usize, UserId> = people.iter().copied().zip(ids).collect();
        // Somebody may have deleted a workspace since.
        let workspaces = tx.all_workspace_ids().await?;
        let mut memberships = Vec::with_capacity(people.len());
        for person in &people {
            for (name, role) in &self.people[*person].workspaces {
                let id = self.workspaces.get(&name.key()).filter(|id| workspaces.contains(id));
                memberships.extend(id.map(|id| (added[person], *id, *role)));
            }
        }
        tx.insert_memberships(&memberships).await?;
        Ok(added)
    }

    /// As many changes as the use cases would have counted.
    fn version(&self, number: usize) -> i64 {
        let person = &self.people[number];
        let changes = match &person.fate {
            Fate::Invited(_) | Fate::Refused(_) => 0,
            Fate::Active(_) | Fate::Withdrawn(_) => 1,
            Fate::Suspended(..) => 3,
            Fate::Deleted(arrival, _) => 2 + i64::from(arrival.is_some()),
        };
        2 + i64::try_from(person.again.len()).unwrap_or(0) + changes
    }

    fn ago(&self, ago: Duration) -> Timestamp {
        self.now.minus(ago)
    }

    fn user(&self, number: usize) -> PastUser {
        let person = &self.people[number];
        let (last, arrival) = (person.last(), person.arrival());
        let mut past = PastUser {
            new: NewUser {
                name: person.name.clone(),
                email: person.email.clone(),
                role: person.role,
                language: person.language,
                password_hash: arrival.map(|_| self.hash.clone()),
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
            version: self.version(number),
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
                (Fate::Active(_) | Fate::Invited(_) | Fate::Refused(_) | Fate::Suspended(..), None) => None,
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
                power_rises: 0,
                renewed_by: None,
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

    /// What the relay said to the email of an invitation, each time it was asked.
    fn tries(&self, number: usize, nth: usize) -> Vec<Attempt> {
        let (person, sending) = (&self.people[number], self.sending(number, nth));
        let is_last = nth == person.again.len();
        if is_last && matches!(person.fate, Fate::Invited(_)) && sending.ago < JUST_NOW {
            return Vec::new();
        }
        // What makes one email differ from another, the same each time it is asked for.
        let differs = (number as u64 * 31 + nth as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let [jitter, ..] = differs.to_be_bytes();
        let mut at = self.ago(sending.ago).plus(Duration::from_millis(400 + 9 * u64::from(jitter)));
        let mut tries = Vec::with_capacity(1);
        if sending.deferred {
            tries.push(Attempt { at, accepted: false, answer: deferral() });
            at = next_try(at, 1, FailureClass::Temporary, jitter);
        }
        let refusal = if let Fate::Refused(answer) = &person.fate { Some(answer) } else { None };
        tries.push(match refusal.filter(|_| is_last) {
            Some(answer) => Attempt { at, accepted: false, answer: answer.clone() },
            None => Attempt { at, accepted: true, answer: acceptance(differs) },
        });
        tries
    }

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
                        "role": person.role.name(),
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
        let parts = parts(&self.app, &actor, event.at, &record);
        PastEntry { at: event.at, actor, record, parts }
    }
}

/// What a relay says when it has taken an email; `differs` makes the number it gives it.
fn acceptance(differs: u64) -> Answer {
    let text = format!("2.0.0 Ok: queued as {:010X}", differs >> 24);
    Answer { stage: Stage::Dot, code: Some(250), text }
}

/// What a relay says that wants to be asked again.
fn deferral() -> Answer {
    let text = "the relay doesn't accept email for this address right now (450); it says: 4.7.1 Greylisted, please try \
                again in 30 seconds";
    Answer { stage: Stage::Recipient, code: Some(450), text: text.to_owned() }
}

#[cfg(test)]
mod tests;
