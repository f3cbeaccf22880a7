//! Whom an action for many was refused for, by reason.

use crate::tui::widgets::text::thousands;

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
