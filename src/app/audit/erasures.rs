//! What the log itself says of details that are gone: which entry erased or forgot which. Whoever can write to the
//! database but has no key can delete a detail, and cannot make the entry that would account for it.
//!
//! An erasure accounts for what was said about that user and from where that user acted, and for the entries about nobody
//! that it lists; forgetting, for everything older than it says. Each only for what was sealed before it.

use std::collections::HashMap;

use serde_json::Value;

use super::seal_audit::ours;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::audit::{ALSO_ERASED, Facts, OLDER_THAN};
use crate::domain::time::{Timestamp, parse_rfc3339};
use crate::secrets::Sealer;
use crate::store::{Logged, Tx};

const CHUNK: u64 = 1_000;

/// Where something stands that waits for its seal: behind all that is sealed.
const WAITS: i64 = i64::MAX;

/// Every entry that erased or forgot something, as far as it is sealed or was written here and waits for its seal. The
/// sealed ones count only together with a walk of the chain up to [`Self::last`] that finds nothing broken.
#[derive(Default)]
pub struct Erasures {
    /// The last link of the chain when this was read.
    pub last: i64,
    /// By the number of the user who was erased: at which place the last time.
    users: HashMap<i64, Last>,
    /// By the number of an entry about nobody: at which place it was erased with somebody.
    listed: HashMap<i64, i64>,
    /// The last erasure that has no list because it is from before there was one: it may have erased any entry about
    /// nobody that was sealed before.
    unlisted: i64,
    /// At which place it was forgotten what is older than this moment, the first place first; each moment is the latest of
    /// those from its place on.
    forgotten: Vec<(i64, i64)>,
}

/// At which place somebody was erased last, and at which the last time without a list of entries; 0 is never.
#[derive(Default)]
struct Last {
    at: i64,
    unlisted: i64,
}

impl Erasures {
    /// Reads them. What is to be held against them must have been read before, so that no erasure is missed.
    pub async fn read(app: &App, tx: &Tx) -> Result<Self, Failure> {
        let (mut all, mut beyond) = (Self::default(), 0);
        loop {
            let rows = tx.logged_as(&[Action::Erase.name(), Action::ForgetDetails.name()], beyond, CHUNK).await?;
            let (mut waiting, next) = (Vec::new(), rows.last().map(|(row, _)| row.facts.id));
            let is_full = rows.len() as u64 == CHUNK;
            for (row, link) in rows {
                match link {
                    None => waiting.push(row),
                    Some(link) => {
                        let is_provable = matches!(app.keys.sealer(&link.key_id, link.seq), Sealer::Key(_));
                        if is_provable && row.facts.id > app.keys.unprovable_up_to() {
                            all.add(&row, link.seq);
                        }
                    }
                }
            }
            for row in ours(app, tx, &waiting).await? {
                all.add(row, WAITS);
            }
            match next.filter(|_| is_full) {
                Some(last) => beyond = last,
                None => break,
            }
        }
        all.order();
        // Read last, so that it lies behind every one of them that is sealed.
        all.last = tx.chain_head().await?.map_or(0, |head| head.seq);
        Ok(all)
    }

    fn add(&mut self, row: &Logged, place: i64) {
        let detail = row.detail.as_ref().map(|(_, text)| serde_json::from_str::<Value>(text).unwrap_or_default());
        let Some(subject) = row.facts.subject_id else {
            let before = detail.and_then(|detail| parse_rfc3339(detail[OLDER_THAN].as_str()?));
            // It is written without parts of a second.
            self.forgotten.extend(before.map(|Timestamp(before)| (place, before + 999)));
            return;
        };
        let last = self.users.entry(subject).or_default();
        last.at = last.at.max(place);
        let Some(detail) = detail else { return };
        if let Some(listed) = detail.get(ALSO_ERASED) {
            let numbers = listed.as_array().into_iter().flatten().filter_map(Value::as_i64);
            for entry in numbers {
                let at = self.listed.entry(entry).or_default();
                *at = place.max(*at);
            }
        } else {
            last.unlisted = last.unlisted.max(place);
            self.unlisted = self.unlisted.max(place);
        }
    }

    fn order(&mut self) {
        self.forgotten.sort_unstable();
        let mut latest = i64::MIN;
        for (_, before) in self.forgotten.iter_mut().rev() {
            latest = latest.max(*before);
            *before = latest;
        }
    }

    /// Whether they account for each part that an entry sealed at this place lacks.
    pub fn account_for(&self, row: &Logged, place: i64) -> bool {
        let facts = &row.facts;
        let has_origin = row.origin.is_some() || facts.origin_hash.is_empty();
        (row.detail.is_some() || self.detail(facts, place)) && (has_origin || self.origin(facts, place))
    }

    fn detail(&self, facts: &Facts, place: i64) -> bool {
        // Without it nobody knows what was forgotten: it is never taken away.
        if facts.action == Action::ForgetDetails.name() {
            return false;
        }
        let erased = |id: &i64| self.users.get(id);
        let about = facts.subject_id.as_ref().and_then(erased).is_some_and(|last| {
            // The list of an erasure stays, too; one from before there were lists went with the next erasure.
            let at = if facts.action == Action::Erase.name() { last.unlisted } else { last.at };
            at > place
        });
        about || self.anyhow(facts, place)
    }

    fn origin(&self, facts: &Facts, place: i64) -> bool {
        let erased = |id: &i64| self.users.get(id).is_some_and(|last| last.at > place);
        let is_try = facts.action == Action::SignInFailed.name();
        let by = facts.actor_id.iter().any(erased) || (is_try && facts.subject_id.iter().any(erased));
        by || self.anyhow(facts, place)
    }

    /// Whether the whole detail went: with somebody whom it named, or because of its age.
    fn anyhow(&self, facts: &Facts, place: i64) -> bool {
        let named = self.listed.get(&facts.id).is_some_and(|at| *at > place);
        let is_about_nobody = facts.subject_id.is_none() && facts.action != Action::ForgetDetails.name();
        let later = self.forgotten.partition_point(|(at, _)| *at <= place);
        let is_old = self.forgotten.get(later).is_some_and(|(_, before)| facts.at < *before);
        named || (is_about_nobody && self.unlisted > place) || is_old
    }
}
