//! The same action for all who are marked: the question before, the progress, and what came of it.

use tui_input::Input;

use super::text::thousands;
use crate::app::bulk::{Each, Resolved};
use crate::domain::selection::Selection;
use crate::domain::time::Timestamp;

/// The question before.
pub struct Asked {
    /// What would be done.
    pub each: Each,
    /// To whom.
    pub selection: Selection,
    /// How many that is, and some of their names.
    pub resolved: Resolved,
    /// The word that must be typed first, and what is typed of it; for what takes people away.
    pub typed: Option<(&'static str, Input)>,
    /// Whether the focus is on doing it; at first it is on Cancel.
    pub yes: bool,
    /// When the last key came.
    pub last_key_at: Timestamp,
}

impl Asked {
    /// Whether the word is there, where one is needed.
    pub fn is_typed(&self) -> bool {
        self.typed.as_ref().is_none_or(|(word, input)| input.value().trim() == *word)
    }
}

/// An action for many that is under way.
pub struct Running {
    /// What is done.
    pub each: Each,
    /// To whom.
    pub selection: Selection,
    /// How many they are, as far as could be counted.
    pub total: u64,
    /// How many were changed.
    pub done: u64,
    /// Who was refused, and why.
    pub refused: Refusals,
    /// Whether it stops after the chunk that is under way.
    pub stopping: bool,
}

/// What came of an action for many.
pub struct Ended {
    /// What was done.
    pub each: Each,
    /// To how many.
    pub done: u64,
    /// Who was refused, and why.
    pub refused: Refusals,
    /// Whether it was stopped before its end.
    pub stopped: bool,
    /// The first line that is shown.
    pub first: usize,
}

/// How many are remembered by name for one reason: a million refusals must fit as well.
const REMEMBERED: usize = 1_000;

/// Who was refused, by reason.
#[derive(Debug, Default)]
pub struct Refusals(Vec<Reason>);

/// A reason, and whom it concerns.
#[derive(Debug)]
pub struct Reason {
    /// Why, and what to do.
    pub why: String,
    /// How many.
    pub count: u64,
    /// Who, the first of them.
    pub who: Vec<String>,
}

impl Refusals {
    /// Adds some.
    pub fn add(&mut self, refused: Vec<(String, String)>) {
        for (who, why) in refused {
            let at = self.0.iter().position(|reason| reason.why == why).unwrap_or_else(|| {
                self.0.push(Reason { why, count: 0, who: Vec::new() });
                self.0.len() - 1
            });
            let reason = &mut self.0[at];
            reason.count += 1;
            if reason.who.len() < REMEMBERED {
                reason.who.push(who);
            }
        }
    }

    /// How many in all.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|reason| reason.count).sum()
    }

    /// The reasons, in the order in which they came up.
    pub fn reasons(&self) -> &[Reason] {
        &self.0
    }
}

/// How many there are, for a sentence.
pub fn users(count: u64) -> String {
    if count == 1 { "1 user".to_owned() } else { format!("{} users", thousands(count)) }
}
