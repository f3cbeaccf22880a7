//! Asks before an action for many: how many they are, who some of them are, how many the list does not show, and what
//! happens.

use crossterm::event::{Event, KeyCode, KeyEvent};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler as _;

use super::question::{Buttons, Pressed, Question};
use super::refusals::users;
use super::running::Running;
use super::{Dialog, Touch, capital, stay};
use crate::app::users::act::Act;
use crate::app::users::bulk::{Each, Resolved};
use crate::domain::action::Action;
use crate::domain::mail::takes;
use crate::domain::selection::Selection;
use crate::tui::canvas::Canvas;
use crate::tui::keymap::Command;
use crate::tui::message::Effect;
use crate::tui::state::State;

/// The word that is typed before many go into the bin, or anybody for good.
const fn word(each: &Each) -> Option<&'static str> {
    match each {
        Each::Act(Act::Delete) => Some("delete"),
        Each::Act(Act::Erase) => Some("erase"),
        _ => None,
    }
}

/// The question.
pub struct Asked {
    each: Each,
    selection: Selection,
    resolved: Resolved,
    /// The word that must be typed first, and what is typed of it; for what takes people away.
    typed: Option<(&'static str, Input)>,
    buttons: Buttons,
}

/// It is known whom it would concern.
pub fn on_resolved(state: &mut State, each: Each, selection: Selection, resolved: Resolved) -> Vec<Effect> {
    state.dirty = true;
    if resolved.count == 0 {
        state.users.marks = Selection::default();
        state.warn("nobody of those is there any more");
        return Vec::new();
    }
    let typed = word(&each).map(|word| (word, Input::default()));
    let asked = Asked { each, selection, resolved, typed, buttons: Buttons::new(2, state.now) };
    stay(state, Dialog::Asked(Box::new(asked)))
}

/// What is done to each, in words: `add to Research as member`.
pub fn words(each: &Each) -> String {
    match each {
        Each::Act(act) => act.action().words().to_owned(),
        Each::Role { administrator: true } => "make administrator".to_owned(),
        Each::Role { administrator: false } => "make member".to_owned(),
        Each::Join(workspace, role) => format!("add to {workspace} as {}", role.words()),
    }
}

/// What was done to each, in words.
pub fn past(each: &Each) -> String {
    match each {
        Each::Act(act) => act.action().past().to_owned(),
        Each::Role { administrator: true } => "made administrator".to_owned(),
        Each::Role { administrator: false } => "made member".to_owned(),
        Each::Join(workspace, _) => format!("added to {workspace}"),
    }
}

const fn what_happens(each: &Each) -> &'static str {
    match each {
        Each::Act(Act::Resend) => {
            "Each gets a new mail with a new link; the earlier link stops working and the validity starts again. Whoever is active, or got a mail within the last minute, is passed over and told."
        }
        Each::Act(Act::Revoke) => "Each link stops working and unsent mail is cancelled. They stay invited.",
        Each::Act(Act::Suspend) => "Signing in is refused, open links stop working and unsent mail is cancelled.",
        Each::Act(Act::Reactivate) => "They can sign in again, or are invited again.",
        Each::Act(Act::Delete) => {
            "They go to the bin, open links stop working and unsent mail is cancelled. They can be restored."
        }
        Each::Act(Act::Restore) => "They come back as they were, unless their address is taken.",
        Each::Act(Act::Erase) => {
            "Everything that says who they are goes for good: user, mails, messages, and their details in the audit log. What was done, by whom and when, stays. Nothing brings them back."
        }
        Each::Act(Act::ResetPassword) => "",
        Each::Role { administrator: true } => "Each can do everything here, to everybody.",
        Each::Role { administrator: false } => {
            "None of them is an administrator any more; what they are in workspaces stays."
        }
        Each::Join(..) => "Each belongs to it from now on, with this role; other workspaces stay.",
    }
}

impl Asked {
    /// Whether the word is there, where one is needed.
    fn is_typed(&self) -> bool {
        self.typed.as_ref().is_none_or(|(word, input)| input.value().trim() == *word)
    }

    /// Somebody touches it.
    pub fn on(mut self: Box<Self>, state: &mut State, touch: Touch) -> Vec<Effect> {
        // While a word is typed the arrows move in it.
        let moves = |key: KeyEvent| matches!(key.code, KeyCode::Left | KeyCode::Right);
        let pressed = match touch {
            Touch::Key(key) if self.typed.is_some() && moves(key) => Pressed::Other,
            _ => self.buttons.on(state, touch),
        };
        match (pressed, touch) {
            (Pressed::Button(1), _) if self.is_typed() => {
                let Self { each, selection, resolved, .. } = *self;
                return Running::begin(state, each, selection, resolved.count);
            }
            (Pressed::Button(0) | Pressed::Closed, _) => return Vec::new(),
            (Pressed::Other, Touch::Key(key)) => self.type_in(key),
            _ => {}
        }
        stay(state, Dialog::Asked(self))
    }

    /// That this is not taken back by the key that takes back.
    fn no_way_back(&self, state: &State) -> String {
        if self.each == Each::Act(Act::Erase) {
            return String::new();
        }
        format!(" {} takes back what was done to one user, not this.", state.key(Command::Act(Action::Undo)))
    }

    fn type_in(&mut self, key: KeyEvent) {
        if let Some((_, input)) = &mut self.typed {
            input.handle_event(&Event::Key(key));
            self.buttons.at = usize::from(self.is_typed());
        }
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas) {
        let resolved = &self.resolved;
        let count = users(resolved.count);
        let and = match resolved.count.saturating_sub(resolved.names.len() as u64) {
            0 => String::new(),
            1 => " and 1 other".to_owned(),
            others => format!(" and {} others", crate::tui::widgets::text::thousands(others)),
        };
        let hidden = match resolved.hidden {
            0 => String::new(),
            n => format!("{} of them not in the list as it is now.", crate::tui::widgets::text::thousands(n)),
        };
        let resends = self.each == Each::Act(Act::Resend);
        let long = takes(resolved.count, state.per_minute).filter(|_| resends);
        let long = long.map_or_else(String::new, |long| format!(" {long}."));
        let words = words(&self.each);
        let verb = match &self.each {
            Each::Act(_) => words.split(' ').next().unwrap_or_default().to_owned(),
            _ => words.clone(),
        };
        let question = Question {
            title: format!("{} · {count}?", capital(&words)),
            about: format!("{}{and}", resolved.names.join(", ")),
            stands_out: hidden,
            what: format!("{}{long}{}", what_happens(&self.each), self.no_way_back(state)),
            typed: self.typed.as_ref().map(|(word, input)| format!("Type {word} to go on: {}▏", input.value())),
            buttons: &["Cancel".to_owned(), format!("{} {count}", capital(&verb))],
            columns: 72,
        };
        question.draw(state, self.buttons.at, canvas);
    }
}
