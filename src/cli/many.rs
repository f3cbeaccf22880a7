//! Before a command that concerns many: how many and who is said, and somebody says yes. A query may find more than whoever
//! typed it thinks, so it is never taken for an answer; where nobody can be asked, the answer stands in the arguments.

use std::io::IsTerminal as _;

use super::ask;
use super::out::{Failed, Out, Usage};
use super::target_args::{Change, Consent};
use super::targets::Selection;
use crate::app::App;
use crate::app::links::renew;
use crate::app::users::find;
use crate::domain::action::{Action, Asks};
use crate::domain::actor::Actor;
use crate::domain::explain::{Explain, Kind};
use crate::domain::task::{ASK_NUMBER_ABOVE, Task};
use crate::domain::text::{counted, thousands};
use crate::domain::user::{User, UserId};

/// How many of those whom a query found are named.
const NAMED: usize = 3;
/// How many of those who were named are named again.
const NAMED_AGAIN: usize = 10;

/// The number that was expected is not the number that was found.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} {} expected and {} {}, so nothing was changed",
    counted(*.expected, .noun),
    if *.expected == 1 { "was" } else { "were" },
    thousands(*.found),
    if *.found == 1 { "matches" } else { "match" }
)]
struct Unexpected {
    expected: u64,
    found: u64,
    noun: &'static str,
}

impl Explain for Unexpected {
    fn kind(&self) -> Kind {
        Kind::Changed
    }

    fn code(&self) -> &'static str {
        "unexpected_count"
    }

    fn hint(&self) -> Option<String> {
        Some("look at who they are with --dry-run, then give their number with --expect".to_owned())
    }
}

/// What is about to be done, as a question says it.
pub struct Plan {
    /// With `{}` for whom: `Suspend {}?`
    pub question: String,
    /// How the same is said for several, where that is a task of its own.
    pub task: Option<Task>,
    /// What it means for several.
    pub consequence: String,
    /// What it means for one.
    pub consequence_for_one: String,
    /// A word that must be typed.
    pub word: Option<&'static str>,
    /// Whether it is asked about those who were named, too.
    pub always: bool,
    /// What it concerns: `user`.
    pub noun: &'static str,
    /// Whom it takes power from, so that links of others that they were shown end.
    pub takes_power_from: TakesPower,
}

/// Whether a change takes power from a user.
pub type TakesPower = Box<dyn Fn(&User) -> bool + Sync + Send>;

impl Plan {
    /// What the row of an action on users says. What wants a typed word is always asked about.
    pub fn of(action: Action) -> Self {
        let spec = action.spec();
        let word = if let Asks::Word(word) = spec.asks { Some(word) } else { None };
        Self {
            question: spec.question.to_owned(),
            task: Task::of(action),
            consequence: spec.for_many.unwrap_or(spec.consequence).to_owned(),
            consequence_for_one: spec.consequence.to_owned(),
            word,
            always: spec.asks_by_name,
            noun: "user",
            takes_power_from: Box::new(move |_| spec.removes),
        }
    }

    /// What the row of an action on emails says.
    pub fn of_mails(action: Action, question: &str, noun: &'static str) -> Self {
        let means = action.spec().for_many.unwrap_or_default();
        Self {
            question: question.to_owned(),
            task: None,
            consequence: means.to_owned(),
            consequence_for_one: means.to_owned(),
            word: None,
            always: false,
            noun,
            takes_power_from: Box::new(|_| false),
        }
    }

    /// What only changes to which workspace somebody belongs.
    pub fn of_membership(question: String, takes_power_from: TakesPower) -> Self {
        Self {
            question,
            task: None,
            consequence: String::new(),
            consequence_for_one: String::new(),
            word: None,
            always: false,
            noun: "user",
            takes_power_from,
        }
    }

    /// Whether it may be done: because nothing asks, the arguments say so, or somebody does.
    ///
    /// # Errors
    /// Nobody who could be asked; another number than expected.
    pub fn may_begin(&self, whom: &Whom<'_>, consent: Consent, out: Out) -> Result<bool, Failed> {
        let count = whom.count;
        if let Some(expected) = consent.expect.filter(|expected| *expected != count) {
            return Err(Unexpected { expected, found: count, noun: self.noun }.into());
        }
        if count == 0 || !(whom.by_query || self.always) {
            return Ok(true);
        }
        let is_many = whom.by_query && count > ASK_NUMBER_ABOVE;
        if consent.yes && (!is_many || consent.expect.is_some()) {
            if whom.by_query {
                out.message(&self.summary(whom));
            }
            whom.ends().iter().for_each(|ends| out.message(ends));
            return Ok(true);
        }
        if !std::io::stdin().is_terminal() {
            return Err(self.cannot_ask(whom, is_many).into());
        }
        let question = self.question(whom);
        let mut lines = if whom.by_query { vec![self.summary(whom)] } else { whom.lines() };
        let means = if count == 1 { &self.consequence_for_one } else { &self.consequence };
        lines.extend((!means.is_empty()).then(|| means.clone()));
        lines.extend(whom.ends());
        match (self.word, is_many) {
            (_, true) => ask::typed(&lines, &format!("{question} Type {count} to confirm: "), &count.to_string()),
            (Some(word), false) => ask::typed(&lines, &format!("Type {word} to confirm: "), word),
            (None, false) => ask::sure(&lines, &question),
        }
    }

    fn question(&self, whom: &Whom<'_>) -> String {
        let is_one = whom.count == 1 && !whom.by_query;
        match &self.task {
            Some(task) if !is_one => format!("{}?", task.for_many(whom.count)),
            Some(_) | None if is_one => self.question.replace("{}", &format!("this {}", self.noun)),
            Some(_) | None => self.question.replace("{}", &counted(whom.count, self.noun)),
        }
    }

    /// How many a query found, and some of them.
    fn summary(&self, whom: &Whom<'_>) -> String {
        let named: Vec<&str> = whom.names.iter().take(NAMED).map(String::as_str).collect();
        let more = whom.count.saturating_sub(named.len() as u64);
        let more = if more > 0 { format!(" and {} more", thousands(more)) } else { String::new() };
        format!("{}: {}{more}.", counted(whom.count, self.noun), named.join(", "))
    }

    fn cannot_ask(&self, whom: &Whom<'_>, is_many: bool) -> Usage {
        let begin = "this command asks first, and can't ask without a terminal";
        match (whom.by_query, is_many) {
            (false, _) => Usage::new(begin, "add --yes"),
            (true, false) => Usage::new(
                format!("{begin}: it would change {}", self.summary(whom).trim_end_matches('.')),
                "look at all of them with --dry-run, then add --yes",
            ),
            (true, true) => Usage::new(
                format!("{begin}: it would change {}", self.summary(whom).trim_end_matches('.')),
                format!("look at all of them with --dry-run, then add --yes --expect {}", whom.count),
            ),
        }
    }
}

/// Whom it concerns.
pub struct Whom<'a> {
    pub count: u64,
    /// Some of them, or all: those whom a query found in their order.
    pub names: &'a [String],
    /// Whether a query found them, and nobody named them.
    pub by_query: bool,
    /// How many links of others that work still end, because those were shown them who lose power.
    pub views: u64,
}

impl Whom<'_> {
    /// What becomes of links that they were shown.
    fn ends(&self) -> Option<String> {
        renew::of_views(self.views)
    }

    /// Those who were named, a line each.
    fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.names.iter().take(NAMED_AGAIN).cloned().collect();
        if self.names.len() > NAMED_AGAIN {
            lines.push(format!("and {} more", self.names.len() - NAMED_AGAIN));
        }
        lines
    }
}

/// Asks about a selection of users. What is shown of them is what is meant: whoever changes before the answer is left
/// alone.
pub async fn may_begin(
    app: &App,
    actor: &Actor,
    plan: &Plan,
    change: &Change,
    selection: &mut Selection,
    out: Out,
) -> Result<bool, Failed> {
    let (consent, count) = (change.consent, selection.names.len() as u64);
    if change.dry_run {
        // It shows whom it would concern, and changes nobody.
        return Ok(true);
    }
    let by_query = selection.by_query;
    let (names, people) = if by_query {
        (selection.first_shown(NAMED), selection.numbers())
    } else if plan.always && !consent.yes {
        told(app, actor, selection).await?
    } else {
        (Vec::new(), Vec::new())
    };
    let views = renew::views(app, actor, &people, &plan.takes_power_from).await?;
    plan.may_begin(&Whom { count, names: &names, by_query, views }, consent, out)
}

/// Those who were named, as they are now, and those of them who are there.
async fn told(app: &App, actor: &Actor, selection: &mut Selection) -> Result<(Vec<String>, Vec<UserId>), Failed> {
    let (mut who, mut people) = (Vec::new(), Vec::new());
    for name in &selection.names {
        match find::run(app, actor, name).await {
            Ok(user) => {
                selection.versions.insert(name.clone(), user.version);
                people.push(user.id);
                who.push(format!("{} <{}>, {}", user.name, user.email, user.status));
            }
            // Whoever is not there gets a verdict of their own later; alone, there is nobody to ask about.
            Err(error) if selection.single && !name.starts_with('#') => return Err(error.into()),
            Err(error) => who.push(error.to_string()),
        }
    }
    Ok((who, people))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(action: Action, count: u64, by_query: bool) -> String {
        Plan::of(action).question(&Whom { count, names: &[], by_query, views: 0 })
    }

    #[test]
    fn a_question_about_many_is_plain_english() {
        assert_eq!(asked(Action::Suspend, 3, true), "Suspend 3 users?");
        assert_eq!(asked(Action::ResetPassword, 3, true), "Send 3 users a password reset?");
        assert_eq!(asked(Action::ResetPassword, 1, true), "Send 1 user a password reset?");
        assert_eq!(asked(Action::Delete, 1, false), "Delete this user?");
        assert_eq!(asked(Action::Resend, 1_204, true), "Resend invitations of 1,204 users?");
        for action in Action::ALL.into_iter().filter(|action| Task::of(*action).is_some()) {
            assert_eq!(Plan::of(action).always, [Action::Delete, Action::Erase].contains(&action), "{action}");
        }
    }

    #[test]
    fn another_number_than_expected_is_said_in_plain_english() {
        let said = |expected, found| Unexpected { expected, found, noun: "user" }.to_string();
        assert_eq!(said(1, 5), "1 user was expected and 5 match, so nothing was changed");
        assert_eq!(said(5, 1), "5 users were expected and 1 matches, so nothing was changed");
        assert_eq!(said(2, 1_160), "2 users were expected and 1,160 match, so nothing was changed");
    }
}
