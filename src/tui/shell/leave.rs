//! Leaving: not without a word while emails wait that only this program would send.

use super::msg::{Effect, Msg, Read};
use super::stack;
use super::state::{Leaving, Shell};
use crate::app::upkeep::health::Health;
use crate::tui::dialogs::{Dialog, Question};
use crate::tui::effect::Terminal;

/// Leaves; asks first if emails wait. Whether they do is looked up, for what the screen knows may be some seconds old.
pub fn quit(shell: &Shell) -> Vec<Effect> {
    let asks = shell.ctx.here.sends && !shell.ctx.here.demo;
    vec![if asks { Effect::Read(Read::Leaving) } else { Effect::Terminal(Terminal::Quit) }]
}

/// So many emails wait: leaves if none does, and asks otherwise.
pub fn leave(shell: &mut Shell, waiting: u64) -> Vec<Effect> {
    if waiting == 0 {
        return vec![Effect::Terminal(Terminal::Quit)];
    }
    ask(shell, waiting, false);
    Vec::new()
}

/// Whoever leaves waits for the last email.
pub fn wait(shell: &mut Shell) {
    let waiting = shell.leaving.map_or(0, |leaving| leaving.waiting);
    ask(shell, waiting, true);
}

fn ask(shell: &mut Shell, waiting: u64, waits: bool) {
    // Whoever pressed the key twice is asked once.
    if let Some(asked) = shell.leaving.take() {
        stack::close(shell, asked.number);
    }
    let number = shell.ctx.number();
    shell.leaving = Some(Leaving { number, waits, waiting });
    let question = question(shell, waiting, waits);
    stack::open(shell, number, Dialog::Question(Box::new(question)));
}

/// The question that is on top, if it still is.
fn open(shell: &Shell) -> Option<Leaving> {
    let leaving = shell.leaving?;
    matches!(shell.dialogs.last(), Some((number, _)) if *number == leaving.number).then_some(leaving)
}

/// Whether somebody waits for the last email to leave.
pub fn waits(shell: &Shell) -> bool {
    open(shell).is_some_and(|leaving| leaving.waits)
}

/// Whether mail flows was read: whoever waits for the last email leaves with it.
pub fn on_health(shell: &mut Shell, health: Box<Health>) -> Vec<Effect> {
    // The moment of the look is no change of what it saw.
    let known = shell.ctx.health.as_ref();
    let same = known.is_some_and(|known| Health { at: known.at, ..(*health).clone() } == **known);
    shell.ctx.dirty |= !same;
    let waiting = health.waiting;
    shell.ctx.health = Some(health);
    let Some(leaving) = open(shell) else { return Vec::new() };
    if leaving.waits && waiting == 0 {
        return vec![Effect::Terminal(Terminal::Quit)];
    }
    shell.leaving = Some(Leaving { waiting, ..leaving });
    let about = about(shell, waiting);
    if let Some((_, Dialog::Question(question))) = shell.dialogs.last_mut() {
        question.about = about;
    }
    Vec::new()
}

fn about(shell: &Shell, waiting: u64) -> String {
    let emails = if waiting == 1 { "1 email is waiting".to_owned() } else { format!("{waiting} emails are waiting") };
    let health = shell.ctx.health.as_ref();
    if health.is_some_and(|health| health.held_at.is_some()) {
        let who = if shell.ctx.me.restricted {
            "whoever runs this server releases them"
        } else {
            "you run rsvp release mail"
        };
        return format!("{emails} until {who}.");
    }
    match health.and_then(|health| health.relay.as_ref()) {
        Some(relay) => format!("{emails}: {}", relay.reason),
        None => format!("{emails}, and no other rsvp sends them."),
    }
}

fn question(shell: &Shell, waiting: u64, waits: bool) -> Question<Msg> {
    let (title, what, buttons): (_, _, Vec<(&str, Option<Msg>)>) = if waits {
        let what = "rsvp ends by itself when the last one has left.";
        ("Waiting for the emails", what, vec![("Stay", None), ("Quit now", Some(Msg::Quit))])
    } else {
        let what =
            "Wait ends rsvp when the last one has left. Otherwise nothing is lost: they leave when rsvp runs again.";
        ("Quit?", what, vec![("Wait", Some(Msg::Wait)), ("Quit now", Some(Msg::Quit)), ("Stay", None)])
    };
    let buttons = buttons.into_iter().map(|(words, sends)| (words.to_owned(), sends)).collect();
    Question::new(&shell.ctx, title.to_owned(), about(shell, waiting), what.to_owned(), buttons)
}
