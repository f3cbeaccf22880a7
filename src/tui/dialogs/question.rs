//! What dialogs that ask have in common: buttons of which the one that does no harm has the focus, keys that were on
//! their way before the dialog could be read, and how it looks.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler as _;
use unicode_width::UnicodeWidthStr as _;

use super::frame::frame;
use super::touch::{Touch, Touched};
use crate::domain::task::Proof;
use crate::domain::text::visible;
use crate::domain::time::Timestamp;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::ctx::Ctx;
use crate::tui::keymap::{Context, InDialog, Motion};
use crate::tui::widgets::text::{cell, wrapped};

/// How long after the last key a button can be pressed.
const ARMED_AFTER: Duration = Duration::from_millis(250);
/// A key that comes so soon after the dialog opened was pressed before anybody could see it: slow lines deliver late,
/// and then all at once.
const ON_ITS_WAY: Duration = Duration::from_millis(30);

/// The buttons of a question, and when it was touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buttons {
    /// The button with the focus; the first does no harm.
    pub at: usize,
    count: usize,
    opened_at: Timestamp,
    last_key_at: Timestamp,
}

/// What a key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    /// Nothing that decides.
    Nothing,
    /// It is closed.
    Closed,
    /// This button was pressed.
    Button(usize),
    /// It is none of the question's keys.
    Other,
}

impl Buttons {
    /// So many, with the focus on the first.
    pub const fn new(count: usize, now: Timestamp) -> Self {
        Self { at: 0, count, opened_at: now, last_key_at: now }
    }

    /// Somebody touches the question.
    pub fn touch(&mut self, ctx: &Ctx, touch: Touch) -> Pressed {
        match touch {
            Touch::Key(key) => self.on_key(ctx, key),
            Touch::Click(at) => self.on_click(ctx, at),
        }
    }

    fn on_key(&mut self, ctx: &Ctx, key: KeyEvent) -> Pressed {
        let now = ctx.now;
        if !self.opened_at.plus(ON_ITS_WAY).wait(now, ON_ITS_WAY).is_zero() {
            return Pressed::Nothing;
        }
        let armed = self.last_key_at.plus(ARMED_AFTER).wait(now, ARMED_AFTER).is_zero();
        self.last_key_at = now;
        match ctx.keymap.in_dialog(Context::Question, key) {
            Some(InDialog::Move(Motion::Step(by))) => {
                let by = if by < 0 { self.count - 1 } else { 1 };
                self.at = (self.at + by) % self.count;
                Pressed::Nothing
            }
            // What does no harm may be pressed at any time.
            Some(InDialog::Press) if armed || self.at == 0 => Pressed::Button(self.at),
            Some(InDialog::Press) => Pressed::Nothing,
            Some(InDialog::Close) => Pressed::Closed,
            Some(
                InDialog::Move(Motion::Page(_) | Motion::First | Motion::Last) | InDialog::Save | InDialog::Switch,
            )
            | None => Pressed::Other,
        }
    }

    /// A click on a button: whoever clicks it saw it.
    fn on_click(&mut self, ctx: &Ctx, at: usize) -> Pressed {
        self.at = at.min(self.count - 1);
        let armed = self.opened_at.plus(ARMED_AFTER).wait(ctx.now, ARMED_AFTER).is_zero();
        if armed { Pressed::Button(self.at) } else { Pressed::Nothing }
    }
}

/// A question before something is done.
pub struct Question<M> {
    pub title: String,
    /// To what or whom, as resolved when the question was asked.
    pub about: String,
    /// What stands out below that.
    pub stands_out: String,
    /// What happens.
    pub what: String,
    /// What must be typed first, and what is typed of it.
    proof: Option<(String, Input)>,
    /// What each button says, and sends; one that sends nothing closes the question.
    buttons: Vec<(String, Option<M>)>,
    state: Buttons,
    /// Columns of the box.
    columns: u16,
}

impl<M> Question<M> {
    /// Asks with these buttons, the first focused: it must do no harm.
    pub fn new(ctx: &Ctx, title: String, about: String, what: String, buttons: Vec<(String, Option<M>)>) -> Self {
        let state = Buttons::new(buttons.len().max(1), ctx.now);
        Self { title, about, stands_out: String::new(), what, proof: None, buttons, state, columns: 68 }
    }

    /// Asks whether to do one thing: Cancel, focused, and the button that does it.
    pub fn confirm(ctx: &Ctx, title: String, about: String, what: String, button: String, message: M) -> Self {
        Self::new(ctx, title, about, what, vec![("Cancel".to_owned(), None), (button, Some(message))])
    }

    /// The same, done only after a proof.
    #[must_use]
    pub fn with_proof(mut self, proof: Proof) -> Self {
        self.proof = match proof {
            Proof::Button => None,
            Proof::Typed(word) => Some((word, Input::default())),
        };
        self
    }

    /// The same in a wider box.
    #[must_use]
    pub const fn with_columns(mut self, columns: u16) -> Self {
        self.columns = columns;
        self
    }

    /// The same, with messages of another kind.
    pub fn map<N>(self, message: fn(M) -> N) -> Question<N> {
        let Self { title, about, stands_out, what, proof, buttons, state, columns } = self;
        let buttons = buttons.into_iter().map(|(words, sends)| (words, sends.map(message))).collect();
        Question { title, about, stands_out, what, proof, buttons, state, columns }
    }

    /// Whether what must be typed is there.
    fn is_proved(&self) -> bool {
        // A number may be typed as it is shown, with its thousands set apart.
        let typed = |input: &Input| input.value().trim().replace(',', "");
        self.proof.as_ref().is_none_or(|(word, input)| typed(input) == *word)
    }

    /// Whether something else was typed than must be, and Enter pressed on it.
    fn is_mistyped(&self, touch: Touch) -> bool {
        let is_key = matches!(touch, Touch::Key(_));
        is_key && !self.is_proved() && self.proof.as_ref().is_some_and(|(_, input)| !input.value().trim().is_empty())
    }

    fn type_in(&mut self, key: KeyEvent) {
        if let Some((_, input)) = &mut self.proof {
            input.handle_event(&Event::Key(key));
            self.state.at = usize::from(self.is_proved());
        }
    }
}

impl<M: Clone> Question<M> {
    /// Somebody touches it.
    pub fn touch(&mut self, ctx: &Ctx, touch: Touch) -> Touched<M> {
        // While a word is typed the arrows move in it.
        let moves = |key: KeyEvent| matches!(key.code, KeyCode::Left | KeyCode::Right);
        let pressed = match touch {
            Touch::Key(key) if self.proof.is_some() && moves(key) => Pressed::Other,
            Touch::Key(_) | Touch::Click(_) => self.state.touch(ctx, touch),
        };
        match pressed {
            Pressed::Closed => Touched::Closed,
            Pressed::Button(at) => match self.buttons.get(at).and_then(|(_, sends)| sends.clone()) {
                // Whoever typed something else meant to go on: it is looked at again.
                None if self.is_mistyped(touch) => Touched::Stays,
                None => Touched::Closed,
                Some(message) if self.is_proved() => Touched::Sent(message),
                Some(_) => Touched::Stays,
            },
            Pressed::Other => {
                if let Touch::Key(key) = touch {
                    self.type_in(key);
                }
                Touched::Stays
            }
            Pressed::Nothing => Touched::Stays,
        }
    }

    /// Draws it. Where there are too few rows, the empty ones go, then words, but never what decides.
    pub fn draw(&self, ctx: &Ctx, canvas: &mut Canvas) {
        let theme = ctx.theme;
        let columns = self.columns.min(canvas.area().width);
        let room = usize::from(columns).saturating_sub(3);
        let mut parts: Vec<Vec<Line>> = Vec::new();
        let mut add = |text: &str, style| {
            if !text.is_empty() {
                parts.push(
                    wrapped(text, room).into_iter().map(|line| Line::styled(format!(" {line}"), style)).collect(),
                );
            }
        };
        add(&self.about, theme.quiet());
        add(&self.stands_out, theme.waits());
        add(&self.what, ratatui::style::Style::new());
        // Names stand in buttons, and anything can be typed or pasted.
        let buttons: Vec<String> = self.buttons.iter().map(|(words, _)| visible(words).into_owned()).collect();
        let rows: Vec<Vec<usize>> = button_rows(&buttons, room);
        let mut decides: Vec<Line> = Vec::new();
        decides.extend(self.proof.iter().map(|(word, input)| {
            Line::styled(cell(&format!(" Type {word} to confirm: {}▏", input.value()), room), theme.strong())
        }));
        let is_wrong = |(word, input): &(String, Input)| !word.starts_with(input.value().trim()) && !self.is_proved();
        if let Some((word, _)) = self.proof.as_ref().filter(|proof| is_wrong(proof)) {
            decides.push(Line::styled(cell(&format!(" ✗ That isn't {word}."), room), theme.bad()));
        }
        let words: usize = parts.iter().map(Vec::len).sum();
        let wanted = words + decides.len() + rows.len() + parts.len() + decides.len();
        let inner = frame(canvas, &self.title, columns, u16::try_from(wanted).unwrap_or(u16::MAX));
        let height = usize::from(inner.height);
        let space = height >= wanted;
        let mut lines = Vec::new();
        for part in parts {
            lines.extend(part);
            lines.extend(space.then(|| Line::raw("")));
        }
        let most = height.saturating_sub(decides.len() + rows.len());
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                *last = Line::styled(cell(&format!("{last}…"), room), last.style);
            }
        }
        for line in decides {
            lines.push(line);
            lines.extend(space.then(|| Line::raw("")));
        }
        let top = inner.y + u16::try_from(lines.len()).unwrap_or(0);
        canvas.render(Paragraph::new(lines), inner);
        for (row, in_row) in rows.iter().enumerate() {
            let row = Rect { y: top + u16::try_from(row).unwrap_or(0), height: 1, ..inner };
            draw_buttons(ctx, &buttons, self.state.at, in_row, row.intersection(inner), canvas);
        }
    }
}

/// Draws some of the buttons in a row, in its middle.
pub fn draw_buttons(ctx: &Ctx, words: &[String], focus: usize, buttons: &[usize], row: Rect, canvas: &mut Canvas) {
    let shown = |at: usize| format!("[ {} ]", words[at]);
    let width: usize = buttons.iter().map(|at| shown(*at).width()).sum::<usize>() + GAP * (buttons.len() - 1);
    let mut x = usize::from(row.width).saturating_sub(width) / 2;
    for button in buttons {
        let words = shown(*button);
        let style = if *button == focus { ctx.theme.focus() } else { ctx.theme.quiet() };
        let (left, wide) = (u16::try_from(x).unwrap_or(u16::MAX), u16::try_from(words.width()).unwrap_or(0));
        let place = Rect { x: row.x.saturating_add(left), width: wide, ..row }.intersection(row);
        canvas.offer(place, Target::Item(*button));
        x += words.width() + GAP;
        canvas.render(Line::styled(words, style), place);
    }
}

/// Columns between two buttons.
const GAP: usize = 3;

/// The buttons by rows: as many in one as fit.
pub fn button_rows(buttons: &[String], room: usize) -> Vec<Vec<usize>> {
    let mut rows: Vec<Vec<usize>> = Vec::new();
    let mut used = 0;
    for (at, words) in buttons.iter().enumerate() {
        let needs = words.width() + 4;
        match rows.last_mut() {
            Some(row) if used + GAP + needs <= room => {
                row.push(at);
                used += GAP + needs;
            }
            _ => {
                rows.push(vec![at]);
                used = needs;
            }
        }
    }
    rows
}
