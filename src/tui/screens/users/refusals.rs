//! Who was refused in a task, by reason.

/// How many are remembered by name for one reason: a million refusals must fit as well.
const REMEMBERED: usize = 1_000;

/// Who was refused, by reason, in the order in which the reasons came up.
#[derive(Debug, Default)]
pub struct Refusals(pub Vec<Reason>);

/// A reason, and whom it concerns.
#[derive(Debug)]
pub struct Reason {
    pub why: String,
    pub count: u64,
    /// Who, the first of them.
    pub who: Vec<String>,
}

impl Refusals {
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

    pub fn count(&self) -> u64 {
        self.0.iter().map(|reason| reason.count).sum()
    }
}
