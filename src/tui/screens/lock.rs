//! The lock: whoever leaves a terminal open for too long finds nothing on it until the password is typed. What was being
//! filled in, and what is under way, stays and goes on.

use std::time::Duration;

use crossterm::event::KeyEvent;
use ratatui::layout::{Constraint, Layout};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use crate::domain::password::Password;
use crate::domain::time::Timestamp;
use crate::tui::canvas::Canvas;
use crate::tui::dialogs::form::needs;
use crate::tui::dialogs::frame;
use crate::tui::keymap::{Command, Context};
use crate::tui::message::{Effect, Refused};
use crate::tui::state::State;
use crate::tui::widgets::fields::{Answer, Field, Fields, Leaving};
use crate::tui::widgets::lines::lines;
use crate::tui::widgets::text::{cell, wrapped};

/// Columns of the box.
const COLUMNS: u16 = 70;

/// When it locks, and whether it is.
#[derive(Default)]
pub struct Lock {
    /// How long nobody may touch the keyboard before it locks; never if there is none.
    pub after: Option<Duration>,
    /// When somebody last did.
    pub touched_at: Option<Timestamp>,
    /// The password while it is asked for.
    asks: Option<Fields>,
}

impl Lock {
    /// Open, and locks after this time.
    pub const fn after(after: Option<Duration>) -> Self {
        Self { after, touched_at: None, asks: None }
    }

    /// Whether it is locked.
    pub const fn is_on(&self) -> bool {
        self.asks.is_some()
    }
}

fn password() -> Fields {
    let needed = needs(|text| if text.is_empty() { Err("type your password") } else { Ok(()) });
    let mut fields = Fields::new(vec![Field::secret("Password", needed)]);
    fields.leaving = Leaving::Nowhere;
    fields
}

/// A second passed: locks if nobody touched the keyboard for long enough. Whoever came without a password, as the operator,
/// has a shell beside this that no lock of ours closes.
pub fn tick(state: &mut State) {
    let now = state.now;
    let touched_at = *state.lock.touched_at.get_or_insert(now);
    let over = state.lock.after.is_some_and(|after| now.since(touched_at) >= after);
    if over && !state.lock.is_on() && state.me.email.is_some() {
        state.lock.asks = Some(password());
        state.dirty = true;
    }
}

/// A key while it is locked: for the password, or to leave.
pub fn on_key(state: &mut State, key: KeyEvent) -> Vec<Effect> {
    if state.keymap.command(&[Context::Always], key) == Some(Command::Interrupt) {
        return vec![Effect::Quit];
    }
    let keymap = std::sync::Arc::clone(&state.keymap);
    let Some(fields) = &mut state.lock.asks else { return Vec::new() };
    // Enter on the one field is what everybody presses.
    if keymap.command(&[Context::Form], key) == Some(Command::Press) && !fields.sending {
        fields.focus = fields.button();
    }
    if fields.key(&keymap, key) != Answer::Saves {
        return Vec::new();
    }
    match Password::typed(fields.all[0].secret_typed()) {
        Ok(password) => vec![Effect::Unlock(password)],
        Err(error) => {
            fields.refuse(error.to_string());
            Vec::new()
        }
    }
}

/// Text was pasted while it is locked.
pub fn on_paste(state: &mut State, text: &str) {
    if let Some(fields) = &mut state.lock.asks {
        fields.paste(text);
    }
}

/// The password was right, or not.
pub fn on_answer(state: &mut State, answer: Result<(), Refused>) -> Vec<Effect> {
    state.dirty = true;
    match (answer, &mut state.lock.asks) {
        (Ok(()), _) => {
            state.lock.asks = None;
            state.lock.touched_at = Some(state.now);
        }
        (Err(refused), Some(fields)) => {
            *fields = password();
            fields.refuse(refused.told());
        }
        (Err(_), None) => {}
    }
    Vec::new()
}

/// Draws it, and nothing of what is behind it.
pub fn draw(state: &State, canvas: &mut Canvas) {
    let Some(fields) = &state.lock.asks else { return };
    let width = usize::from(canvas.area().width.min(COLUMNS)).saturating_sub(2);
    let lines = lines((state.theme, &state.keymap), fields, ("Unlock", "Checking…"), width);
    let leave = state.keymap.told(Context::Always, Command::Interrupt);
    let email = state.me.email.as_deref().unwrap_or_default();
    let told = format!("Locked. {email} types the password and finds all as it was; {leave} leaves.");
    let told = wrapped(&told, width.saturating_sub(2));
    let above = u16::try_from(told.len() + 1).unwrap_or(2);
    let inner = frame(canvas, &state.organisation, COLUMNS, lines.count() + above);
    let [top, below] = inner.layout(&Layout::vertical([Constraint::Length(above), Constraint::Min(2)]));
    let told: Vec<_> =
        told.iter().map(|line| Line::styled(cell(&format!(" {line}"), width), state.theme.quiet())).collect();
    canvas.render(Paragraph::new(told), top);
    lines.draw(canvas, below);
}
