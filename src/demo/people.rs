//! Believable people for an organisation that can be thrown away: the same seed makes the same people, and nothing here
//! knows a database, a clock or chance.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::names::{GROUPS, Group, LONG, MESSAGES, Order, REFUSALS, WORKSPACES};
use crate::app::upkeep::populate::{Arrival, Fate, Person, Sending};
use crate::domain::email::Email;
use crate::domain::language::Language;
use crate::domain::mail::{Answer, Stage};
use crate::domain::name::Name;
use crate::domain::role::{OrganisationRole, WorkspaceRole};
use crate::domain::text::fold;
use crate::domain::time::{days, hours, minutes};

/// What becomes of people, other than being active, and of how many in a thousand.
const KINDS: [(Kind, usize); 6] = [
    (Kind::Pending, 80),
    (Kind::Expired, 30),
    (Kind::Refused, 10),
    (Kind::Withdrawn, 5),
    (Kind::Suspended, 10),
    (Kind::Deleted, 5),
];

/// From how many people on there is somebody of every kind.
const EVERY_KIND: usize = 20;

/// The administrators beside the first.
const ADMINISTRATORS: usize = 2;

/// The domain of most addresses, and one that some have.
const OWN: &str = "example.org";
const OTHER: &str = "example.com";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Active,
    Pending,
    Expired,
    Refused,
    Withdrawn,
    Suspended,
    Deleted,
}

/// Makes people, different from each other by their addresses.
#[must_use]
pub fn people(count: usize, seed: u64) -> Vec<Person> {
    let mut maker = Maker {
        dice: Dice(seed),
        groups: GROUPS.iter().map(Ready::of).collect(),
        taken: HashMap::new(),
        names: HashSet::new(),
    };
    let others: usize = KINDS.iter().map(|(_, share)| many(count, *share)).sum();
    let active = count.saturating_sub(others);
    let administrators = active.min(ADMINISTRATORS);
    let leaders = administrators + (count / 60).clamp(1, 2 * WORKSPACES.len()).min(active - administrators);
    // Those who lead come first and are active; the fates of the others are dealt out.
    let mut fates: Vec<(Kind, usize)> = KINDS
        .iter()
        .flat_map(|(kind, share)| (0..many(count, *share)).map(move |nth| (*kind, nth)))
        .chain((leaders..active).map(|nth| (Kind::Active, nth)))
        .collect();
    maker.dice.shuffle(&mut fates);

    let mut all = Vec::with_capacity(count);
    for leader in 0..leaders {
        all.push(if leader < administrators {
            maker.administrator()
        } else {
            maker.workspace_administrator(leader - administrators)
        });
    }
    for (number, (kind, nth)) in fates.into_iter().enumerate() {
        let long = number == 0 && count >= EVERY_KIND;
        all.push(maker.person(kind, nth, long));
    }
    give_roles(&mut all[leaders..]);
    all
}

/// Somebody on the help desk of everybody, somebody on a workspace's, and an auditor, where there are people enough.
fn give_roles(others: &mut [Person]) {
    if others.len() < EVERY_KIND {
        return;
    }
    let mut active = others.iter_mut().filter(|one| matches!(one.fate, Fate::Active(_)) && one.workspaces.len() == 1);
    for role in [OrganisationRole::Helpdesk, OrganisationRole::Auditor] {
        if let Some(person) = active.next() {
            person.role = role;
        }
    }
    if let Some(person) = active.next() {
        person.workspaces[0].1 = WorkspaceRole::Helpdesk;
    }
}

/// How many of `count` people a share of a thousandth is.
const fn many(count: usize, share: usize) -> usize {
    let rounded = (count * share + 500) / 1000;
    if rounded == 0 && count >= EVERY_KIND { 1 } else { rounded }
}

/// Chance that repeats itself (splitmix64).
struct Dice(u64);

impl Dice {
    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to one less than `bound`.
    fn below(&mut self, bound: u64) -> u64 {
        self.throw() % bound.max(1)
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.place(all.len())]
    }

    /// A length of time from `from` to `to`; `from` if that is the longer one.
    fn between(&mut self, from: Duration, to: Duration) -> Duration {
        let room = u64::try_from(to.saturating_sub(from).as_millis()).unwrap_or(0);
        from + Duration::from_millis(self.below(room + 1))
    }

    /// So many days ago, at about this time of the day: most people work when most people work.
    fn around(&mut self, day: u64) -> Duration {
        self.between(days(day).saturating_sub(hours(3)), days(day) + hours(5))
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            let other = self.place(last + 1);
            all.swap(last, other);
        }
    }
}

/// A name as it is shown, and what an address makes of it.
struct Word {
    shown: String,
    ascii: String,
}

struct Ready {
    group: &'static Group,
    given: Vec<Word>,
    family: Vec<Word>,
}

impl Ready {
    fn of(group: &'static Group) -> Self {
        Self { group, given: words(group.given), family: words(group.family) }
    }
}

fn words(names: &str) -> Vec<Word> {
    names
        .split_whitespace()
        .map(|name| {
            let (shown, ascii) = name.split_once('|').map_or((name, None), |(shown, ascii)| (shown, Some(ascii)));
            let ascii = ascii.map_or_else(|| fold(shown), str::to_owned);
            let wanted = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '\'');
            Word { shown: shown.replace('_', " "), ascii: ascii.chars().filter(wanted).collect() }
        })
        .collect()
}

/// Where the next person comes from.
struct Maker {
    dice: Dice,
    groups: Vec<Ready>,
    /// The part before the `@` and the domain, and how often they were wanted.
    taken: HashMap<String, u64>,
    names: HashSet<String>,
}

/// Who somebody is, before anything happens to them.
struct Identity {
    name: String,
    email: String,
    language: Language,
}

impl Maker {
    fn administrator(&mut self) -> Person {
        let day = 1072 + self.dice.below(16);
        let story = self.leader(day);
        Person { role: OrganisationRole::Administrator, message: None, ..self.made(false, story) }
    }

    fn workspace_administrator(&mut self, nth: usize) -> Person {
        let day = 820 + self.dice.below(240);
        let story = self.leader(day);
        let mut person = self.made(false, story);
        person.workspaces = vec![(name(WORKSPACES[nth % WORKSPACES.len()]), WorkspaceRole::Administrator)];
        if nth % 4 == 3 {
            person.workspaces.push((name(WORKSPACES[(nth + 5) % WORKSPACES.len()]), WorkspaceRole::Member));
        }
        person
    }

    fn person(&mut self, kind: Kind, nth: usize, long: bool) -> Person {
        let story = match kind {
            Kind::Active => self.active(),
            Kind::Pending => self.pending(nth),
            Kind::Expired => self.expired(nth),
            Kind::Refused => self.refused(nth),
            Kind::Withdrawn => self.withdrawn(),
            Kind::Suspended => self.suspended(),
            Kind::Deleted => self.deleted(nth),
        };
        self.made(long, story)
    }

    /// Puts a person together. The sendings are given from the oldest to the last.
    fn made(&mut self, long: bool, (sendings, mut fate): (Vec<Sending>, Fate)) -> Person {
        let Identity { name: shown, email, language } = if long { self.long() } else { self.identity() };
        if let Fate::Refused(answer) = &mut fate {
            answer.text = answer.text.replace("{}", &email);
        }
        let mut sendings = sendings.into_iter();
        let invited = sendings.next().unwrap_or_else(|| sending(days(1)));
        let mut person = Person {
            name: name(&shown),
            email: Email::stored(email),
            language,
            role: OrganisationRole::None,
            workspaces: self.workspaces(),
            message: None,
            invited,
            again: sendings.collect(),
            fate,
        };
        if self.dice.percent(12) {
            let all = MESSAGES[Language::ALL.iter().position(|l| *l == language).unwrap_or(0)];
            person.message = Some((*self.dice.pick(all)).to_owned());
        }
        person
    }

    fn long(&mut self) -> Identity {
        let (shown, local) = LONG;
        Identity { name: shown.to_owned(), email: self.address(local, OWN), language: Language::German }
    }

    fn identity(&mut self) -> Identity {
        let all: u64 = self.groups.iter().map(|ready| ready.group.weight).sum();
        let mut at = self.dice.below(all);
        let mut chosen = 0;
        while at >= self.groups[chosen].group.weight {
            at -= self.groups[chosen].group.weight;
            chosen += 1;
        }
        let group = self.groups[chosen].group;
        let domain = match self.dice.below(100) {
            0..50 => OWN,
            50..54 => OTHER,
            _ => self.dice.pick(group.domains),
        };
        let (german, french) = group.reads;
        let language = match self.dice.below(100) {
            n if n < german => Language::German,
            n if n < german + french => Language::French,
            _ => Language::English,
        };
        let (mut shown, mut local) = self.name(chosen, domain);
        // Two of the same name are rare while there are others.
        for _ in 0..3 {
            if !self.names.contains(&shown) && !self.taken.contains_key(&format!("{local}@{domain}")) {
                break;
            }
            (shown, local) = self.name(chosen, domain);
        }
        self.names.insert(shown.clone());
        Identity { name: shown, email: self.address(&local, domain), language }
    }

    /// A name of a group, and what comes before the `@` at a domain.
    fn name(&mut self, group: usize, domain: &str) -> (String, String) {
        let Ready { group, given, family } = &self.groups[group];
        let given = self.dice.pick(given);
        if group.order == Order::Alone {
            return (given.shown.clone(), given.ascii.clone());
        }
        let first = self.dice.pick(family);
        let second = self.dice.pick(family);
        let double = self.dice.percent(group.double) && first.shown != second.shown;
        let (family, ascii) = if double {
            (format!("{}-{}", first.shown, second.shown), format!("{}-{}", first.ascii, second.ascii))
        } else {
            (first.shown.clone(), first.ascii.clone())
        };
        let shown = match group.order {
            Order::GivenFirst | Order::Alone => format!("{} {family}", given.shown),
            Order::FamilyFirst => format!("{family} {}", given.shown),
            Order::Joined => format!("{family}{}", given.shown),
        };
        let initial = &given.ascii[..1];
        let local = match domain {
            "navy.example" | "u-tokyo.example" | "library.example" => format!("{initial}{ascii}"),
            "klinik.example" | "hopital.example" | "kommune.example" => format!("{initial}.{ascii}"),
            "universite.example" | "hochschule.example" => format!("{ascii}.{}", given.ascii),
            _ => format!("{}.{ascii}", given.ascii),
        };
        (shown, local)
    }

    /// An address that nobody has: with a number when the names have run out.
    fn address(&mut self, local: &str, domain: &str) -> String {
        let wanted = format!("{local}@{domain}");
        let times = self.taken.entry(wanted.clone()).or_insert(0);
        *times += 1;
        if *times == 1 { wanted } else { format!("{local}{times}@{domain}") }
    }

    /// Where somebody belongs: mostly to one workspace, some to several, some to none.
    fn workspaces(&mut self) -> Vec<(Name, WorkspaceRole)> {
        let wanted = match self.dice.below(100) {
            0..8 => 0,
            8..80 => 1,
            80..96 => 2,
            _ => 3,
        };
        let mut chosen: Vec<usize> = Vec::with_capacity(wanted);
        while chosen.len() < wanted {
            // The smaller of two: the first ones are the largest.
            let one = self.dice.place(WORKSPACES.len()).min(self.dice.place(WORKSPACES.len()));
            if !chosen.contains(&one) {
                chosen.push(one);
            }
        }
        chosen.into_iter().map(|one| (name(WORKSPACES[one]), WorkspaceRole::Member)).collect()
    }

    fn sent(&mut self, ago: Duration) -> Sending {
        Sending { deferred: ago > hours(1) && self.dice.percent(3), ..sending(ago) }
    }

    /// The sendings that end with the last one, some with one or two before it.
    fn sendings(&mut self, last: Sending, again: u64) -> Vec<Sending> {
        let mut all = vec![last];
        while all.len() < 3 && self.dice.percent(again) {
            let earlier = all[0].ago + self.dice.between(days(2), days(11));
            all.insert(0, self.sent(earlier));
        }
        all
    }

    /// Somebody who was invited for the last time so many days ago and came: when exactly, and what they did then.
    fn arrival(&mut self, day: u64) -> (Duration, Arrival) {
        let invited = self.dice.around(day);
        let delay = if self.dice.percent(60) {
            self.dice.between(minutes(4), hours(5))
        } else {
            self.dice.between(hours(5), days(6))
        };
        let accepted = invited.saturating_sub(delay).max(hours(1));
        let last = match self.dice.below(100) {
            0..4 => None,
            4..54 => Some(self.dice.between(minutes(2), hours(20))),
            54..79 => Some(self.dice.between(days(1), days(14))),
            79..92 => Some(self.dice.between(days(14), days(90))),
            _ => Some(self.dice.between(days(90), days(700))),
        };
        // Who came later than that signed in at once, and not again.
        let at_once = accepted.saturating_sub(self.dice.between(minutes(1), minutes(40)));
        let last_sign_in = last.map(|ago| ago.min(at_once));
        (invited, Arrival { accepted, last_sign_in })
    }

    /// On which day somebody came: many together, four times a year.
    fn day(&mut self, from: u64) -> u64 {
        let day = if self.dice.percent(35) { 91 * self.dice.below(12) + 9 } else { 3 + self.dice.below(1037) };
        day.max(from)
    }

    /// Somebody who has work here, and was here lately.
    fn leader(&mut self, day: u64) -> (Vec<Sending>, Fate) {
        let (invited, arrival) = self.arrival(day);
        let last_sign_in = Some(self.dice.between(minutes(20), days(6)));
        (vec![self.sent(invited)], Fate::Active(Arrival { last_sign_in, ..arrival }))
    }

    fn active(&mut self) -> (Vec<Sending>, Fate) {
        let day = self.day(3);
        let (invited, arrival) = self.arrival(day);
        let last = self.sent(invited);
        (self.sendings(last, 15), Fate::Active(arrival))
    }

    fn pending(&mut self, nth: usize) -> (Vec<Sending>, Fate) {
        let valid_for = match self.dice.below(10) {
            0 => days(14),
            1 => days(3),
            _ => days(7),
        };
        // The first ones were invited a moment ago.
        let last = match nth {
            0 => sending(Duration::from_secs(7)),
            1 => sending(Duration::from_secs(26)),
            _ => {
                let left = self.dice.between(hours(1), valid_for.min(days(7)).saturating_sub(minutes(3)));
                Sending { valid_for, ..self.sent(valid_for.saturating_sub(left)) }
            }
        };
        (self.sendings(last, 28), Fate::Invited(None))
    }

    fn expired(&mut self, nth: usize) -> (Vec<Sending>, Fate) {
        let since = match self.dice.below(100) {
            0..35 => self.dice.between(hours(2), hours(24)),
            35..75 => self.dice.between(days(1), days(14)),
            _ => self.dice.between(days(14), days(150)),
        };
        let last = self.sent(days(7) + since);
        let asks = nth == 0 || self.dice.percent(20);
        let asked = asks.then(|| self.dice.between(minutes(10), since.saturating_sub(minutes(30))));
        (self.sendings(last, 30), Fate::Invited(asked))
    }

    fn refused(&mut self, nth: usize) -> (Vec<Sending>, Fate) {
        let ago = self.dice.between(minutes(15), days(6));
        let (code, words) = REFUSALS[nth % REFUSALS.len()];
        let answer = Answer {
            stage: Stage::Recipient,
            code: Some(code),
            text: format!("the relay refuses this address ({code}); it says: {words}"),
        };
        (vec![self.sent(ago)], Fate::Refused(answer))
    }

    fn withdrawn(&mut self) -> (Vec<Sending>, Fate) {
        let day = 2 + self.dice.below(60);
        let invited = self.dice.around(day);
        let ago = invited.saturating_sub(self.dice.between(minutes(30), hours(40)));
        (vec![self.sent(invited)], Fate::Withdrawn(ago))
    }

    fn suspended(&mut self) -> (Vec<Sending>, Fate) {
        let day = self.day(30);
        let (invited, arrival) = self.arrival(day);
        let ago = self.dice.between(days(1), arrival.accepted.mul_f64(0.8));
        (vec![self.sent(invited)], Fate::Suspended(self.before(arrival, ago), ago))
    }

    fn deleted(&mut self, nth: usize) -> (Vec<Sending>, Fate) {
        let ago = self.dice.between(hours(2), days(29));
        if nth % 4 == 1 {
            let invited = ago + self.dice.between(hours(20), days(20));
            return (vec![self.sent(invited)], Fate::Deleted(None, ago));
        }
        let day = self.day(45);
        let (invited, arrival) = self.arrival(day);
        (vec![self.sent(invited)], Fate::Deleted(Some(self.before(arrival, ago)), ago))
    }

    /// The same, but the last sign-in is longer ago than the end.
    fn before(&mut self, arrival: Arrival, end: Duration) -> Arrival {
        let last_sign_in = arrival.last_sign_in.map(|_| self.dice.between(end, arrival.accepted));
        Arrival { last_sign_in, ..arrival }
    }
}

/// One that the relay took at once and that works for the usual time.
const fn sending(ago: Duration) -> Sending {
    Sending { ago, valid_for: days(7), deferred: false }
}

/// A name of our own, which needs no checking; the tests do it.
fn name(text: &str) -> Name {
    Name::stored(text.to_owned())
}

#[cfg(test)]
#[path = "people_tests.rs"]
mod tests;
