//! Fields to be filled in, with their errors beside them while typing: what every form is made of.

use crossterm::event::{Event, KeyCode, KeyEvent};
use ratatui_textarea::{CursorMove, TextArea, WrapMode};
use tui_input::backend::crossterm::EventHandler as _;
use tui_input::{Input, InputRequest};

use super::secret::Secret;
use crate::domain::text::fold;
use crate::tui::keymap::{Context, InDialog, Keymap, Motion};

/// The check of a field that something must be in.
pub fn needs<T, E: std::fmt::Display>(parse: impl Fn(&str) -> Result<T, E> + Send + 'static) -> Check {
    Box::new(move |text| parse(text).err().map(|error| error.to_string()))
}

/// The check of a field that may stay empty.
pub fn may<T, E: std::fmt::Display>(parse: impl Fn(&str) -> Result<T, E> + Send + 'static) -> Check {
    Box::new(move |text| if text.trim().is_empty() { None } else { parse(text).err().map(|error| error.to_string()) })
}

/// What is wrong with a text, if something is.
pub type Check = Box<dyn Fn(&str) -> Option<String> + Send>;

/// What saving a field as it is now would mean, if that needs to be said.
pub type Means = Box<dyn Fn(&Field) -> Option<String> + Send>;

/// Most characters that a field takes.
const MOST: usize = 2000;

/// How a field is filled in.
pub enum Kind {
    /// By typing.
    Text,
    /// By typing, or from a list that Enter opens.
    Listed,
    /// By typing what nobody sees.
    Secret(Secret),
    /// By typing several lines.
    Lines(Box<TextArea<'static>>),
    /// By choosing one of these; what is typed narrows them.
    Choice(Vec<String>),
}

/// One field.
pub struct Field {
    /// What stands before it.
    pub label: &'static str,
    /// How it is filled in.
    pub kind: Kind,
    /// The text, or what narrows a choice.
    pub input: Input,
    /// Which choice.
    pub choice: usize,
    /// What an empty field says of itself.
    pub note: String,
    /// What is said of what was typed while nothing is wrong with it.
    pub praise: String,
    /// Only there while that other field has this choice.
    needs: Option<(usize, usize)>,
    /// Not there at all: whoever sees the form may not fill it in.
    absent: bool,
    /// What saving it would mean.
    means: Option<Means>,
    check: Check,
    original: (String, usize),
}

impl Field {
    fn typed(label: &'static str, kind: Kind, value: String, check: Check) -> Self {
        let original = (value.clone(), 0);
        let (note, praise) = (String::new(), String::new());
        Self {
            label,
            kind,
            input: Input::new(value),
            choice: 0,
            note,
            praise,
            needs: None,
            absent: false,
            means: None,
            check,
            original,
        }
    }

    /// A text field.
    pub fn text(label: &'static str, value: impl Into<String>, check: Check) -> Self {
        Self::typed(label, Kind::Text, value.into(), check)
    }

    /// A text field with a list behind it.
    pub fn listed(label: &'static str, value: impl Into<String>, check: Check) -> Self {
        Self::typed(label, Kind::Listed, value.into(), check)
    }

    /// A field for a password.
    pub fn secret(label: &'static str, check: Check) -> Self {
        Self::typed(label, Kind::Secret(Secret::default()), String::new(), check)
    }

    /// An empty field for several lines.
    pub fn lines(label: &'static str, check: Check) -> Self {
        let mut area = TextArea::default();
        area.set_wrap_mode(WrapMode::WordOrGlyph);
        area.set_cursor_line_style(ratatui::style::Style::new());
        Self::typed(label, Kind::Lines(Box::new(area)), String::new(), check)
    }

    /// A choice.
    pub fn choice(label: &'static str, items: Vec<String>, at: usize) -> Self {
        let mut field = Self::typed(label, Kind::Choice(items), String::new(), Box::new(|_| None));
        field.choice = at;
        field.original.1 = at;
        field
    }

    /// The same with what it says while it is empty.
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// The same, only there while the field `at` has this choice.
    pub fn only_if(mut self, at: usize, choice: usize) -> Self {
        self.needs = Some((at, choice));
        self
    }

    /// The same, only there if somebody may fill it in.
    pub const fn absent_unless(mut self, there: bool) -> Self {
        self.absent = !there;
        self
    }

    /// The same with what saving it would mean, said below it while it is changed.
    pub fn meaning(mut self, means: Means) -> Self {
        self.means = Some(means);
        self
    }

    /// What saving it would mean, if that needs to be said.
    pub fn means(&self) -> Option<String> {
        self.means.as_ref().filter(|_| self.is_changed()).and_then(|means| means(self))
    }

    /// What is typed into a field for a password; nothing in any other.
    pub fn secret_typed(&self) -> &str {
        if let Kind::Secret(secret) = &self.kind { secret.expose() } else { "" }
    }

    /// The text; nothing of a password, of which no copies are made.
    pub fn value(&self) -> String {
        match &self.kind {
            Kind::Lines(area) => area.lines().join("\n"),
            Kind::Choice(_) | Kind::Secret(_) => String::new(),
            Kind::Text | Kind::Listed => self.input.value().to_owned(),
        }
    }

    /// What it says, as somebody reads it.
    pub fn shown(&self) -> String {
        match &self.kind {
            Kind::Choice(items) => items.get(self.choice).cloned().unwrap_or_default(),
            Kind::Text | Kind::Listed | Kind::Secret(_) | Kind::Lines(_) => self.value(),
        }
    }

    /// What it said when it was opened, the same way.
    pub fn original_shown(&self) -> String {
        match &self.kind {
            Kind::Choice(items) => items.get(self.original.1).cloned().unwrap_or_default(),
            Kind::Text | Kind::Listed | Kind::Secret(_) | Kind::Lines(_) => self.original.0.clone(),
        }
    }

    /// Takes what the other field has as what was there from the start; what somebody changed stays changed.
    pub fn rebase(&mut self, other: &Self) {
        let changed = self.is_changed();
        self.original = (other.value(), other.choice);
        if !changed {
            self.set(other.value());
            self.choice = other.choice;
        }
    }

    /// Takes another text.
    pub fn set(&mut self, value: String) {
        match &mut self.kind {
            Kind::Lines(area) => {
                area.select_all();
                area.insert_str(value);
            }
            Kind::Choice(_) => {}
            Kind::Secret(secret) => secret.clear(),
            Kind::Text | Kind::Listed => self.input = Input::new(value),
        }
    }

    /// Forgets what was typed.
    pub fn clear(&mut self) {
        self.set(String::new());
    }

    /// Whether somebody changed it.
    pub fn is_changed(&self) -> bool {
        !self.secret_typed().is_empty()
            || (self.value().as_str(), self.choice) != (self.original.0.as_str(), self.original.1)
    }

    const fn is_choice(&self) -> bool {
        matches!(self.kind, Kind::Choice(_))
    }

    /// Types text into it, as far as it takes more.
    fn insert(&mut self, text: &str) {
        let room = MOST.saturating_sub(self.value().chars().count());
        match &mut self.kind {
            Kind::Choice(_) => {}
            Kind::Secret(secret) => secret.insert(text),
            Kind::Lines(area) => {
                let text = text.replace("\r\n", "\n").replace('\r', "\n");
                area.insert_str(text.chars().take(room).collect::<String>());
            }
            Kind::Text | Kind::Listed => {
                let text = text.trim_end_matches(['\n', '\r']);
                let one_line = text.chars().map(|c| if c == '\n' || c == '\r' { ' ' } else { c }).take(room);
                // In one go: letter by letter, each would be put behind all that stand before it.
                let (value, at) = (self.input.value(), self.input.cursor());
                let mut all: String = value.chars().take(at).collect();
                all.extend(one_line);
                let cursor = all.chars().count();
                all.extend(value.chars().skip(at));
                self.input = Input::new(all).with_cursor(cursor);
            }
        }
    }

    /// Narrows a choice by what was typed, or goes on among what is left.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what keys there are is the library's to say")]
    fn narrow(&mut self, key: KeyEvent) {
        let Kind::Choice(items) = &self.kind else { return };
        let fits = |typed: &str| -> Vec<usize> {
            let typed = fold(typed);
            (0..items.len()).filter(|at| fold(&items[*at]).contains(&typed)).collect()
        };
        match key.code {
            KeyCode::Left | KeyCode::Right | KeyCode::Char(' ') => {
                let left = fits(self.input.value());
                let by = if key.code == KeyCode::Left { left.len().saturating_sub(1) } else { 1 };
                let at = left.iter().position(|item| *item == self.choice).unwrap_or(0);
                self.choice = left.get((at + by) % left.len().max(1)).copied().unwrap_or(self.choice);
            }
            KeyCode::Backspace => drop(self.input.handle(InputRequest::DeletePrevChar)),
            KeyCode::Char(c) => {
                let typed = format!("{}{c}", self.input.value());
                if let Some(first) = fits(&typed).first() {
                    self.choice = *first;
                    self.input = Input::new(typed);
                }
            }
            _ => {}
        }
    }
}

/// The fields of a form, and how far it is.
pub struct Fields {
    /// The fields in their order.
    pub all: Vec<Field>,
    /// Which field, or [`Fields::button`], has the focus.
    pub focus: usize,
    /// Whether saving was tried, so that empty fields are told too.
    pub tried: bool,
    /// Whether it can be left.
    pub leaving: Leaving,
    /// Whether it was sent and is not answered yet.
    pub sending: bool,
    /// Why it was refused.
    pub refused: Option<String>,
}

/// Whether a form can be left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// It can.
    Free,
    /// It was asked whether to: the next key says.
    Asked,
    /// There is nowhere to leave to.
    Nowhere,
}

/// What a key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It goes on.
    Stays,
    /// It is left.
    Leaves,
    /// It is saved: every field is right.
    Saves,
    /// The list behind the field with the focus is wanted.
    Opens,
}

impl Fields {
    /// Fields with the focus on the first.
    pub fn new(all: Vec<Field>) -> Self {
        Self { all, focus: 0, tried: false, leaving: Leaving::Free, sending: false, refused: None }
    }

    /// Where the button is in the order.
    pub fn button(&self) -> usize {
        self.all.len()
    }

    /// The text of a field.
    pub fn value(&self, at: usize) -> String {
        self.all[at].value()
    }

    /// Whether a field is there.
    pub fn is_there(&self, at: usize) -> bool {
        let field = &self.all[at];
        !field.absent && field.needs.is_none_or(|(other, choice)| self.all[other].choice == choice)
    }

    /// What is wrong with a field; an empty one only after saving was tried.
    pub fn error(&self, at: usize) -> Option<String> {
        let field = &self.all[at];
        if let Kind::Secret(secret) = &field.kind {
            let untouched = secret.expose().is_empty() && !self.tried;
            return if untouched || !self.is_there(at) { None } else { (field.check)(secret.expose()) };
        }
        let value = field.value();
        // What was stored before today's rules may stay.
        let stays = !value.is_empty() && !field.is_changed();
        let untouched = value.is_empty() && !self.tried;
        if stays || untouched || !self.is_there(at) { None } else { (field.check)(&value) }
    }

    fn is_changed(&self) -> bool {
        self.all.iter().any(Field::is_changed)
    }

    /// Whether it was just asked whether to leave; from now on it was not.
    fn was_asked(&mut self) -> bool {
        let asked = self.leaving == Leaving::Asked;
        if asked {
            self.leaving = Leaving::Free;
        }
        asked
    }

    /// Says why it was refused.
    pub fn refuse(&mut self, why: String) {
        self.sending = false;
        self.refused = Some(why);
    }

    /// Pasted text goes into the field with the focus; in one line, where it has only one.
    pub fn paste(&mut self, text: &str) {
        if !self.was_asked()
            && !self.sending
            && let Some(field) = self.all.get_mut(self.focus)
        {
            self.refused = None;
            field.insert(text);
        }
    }

    /// Puts the focus where somebody clicked; the button is pressed.
    pub fn click(&mut self, at: usize) -> Answer {
        if self.was_asked() || self.sending {
            return Answer::Stays;
        }
        self.focus_on(at.min(self.button()));
        if self.focus == self.button() { self.save() } else { Answer::Stays }
    }

    /// A key.
    pub fn key(&mut self, keymap: &Keymap, key: KeyEvent) -> Answer {
        let command = keymap.in_dialog(Context::Form, key);
        if command == Some(InDialog::Close) {
            match self.leaving {
                Leaving::Nowhere => return Answer::Stays,
                Leaving::Free if self.is_changed() => self.leaving = Leaving::Asked,
                Leaving::Free | Leaving::Asked => return Answer::Leaves,
            }
            return Answer::Stays;
        }
        // Any other key than leaving only stays; and what was sent must stay what is shown until the answer comes.
        if self.was_asked() || self.sending {
            return Answer::Stays;
        }
        self.refused = None;
        let on_button = self.focus == self.button();
        match command {
            Some(InDialog::Save) => return self.save(),
            Some(InDialog::Press) if on_button => return self.save(),
            Some(InDialog::Press) => match self.all[self.focus].kind {
                Kind::Listed => return Answer::Opens,
                Kind::Lines(_) => self.edit(key),
                Kind::Text | Kind::Secret(_) | Kind::Choice(_) => self.walk(1),
            },
            Some(InDialog::Move(Motion::Step(by))) if !self.moves_within(key, by) => self.walk(by),
            Some(
                InDialog::Move(Motion::Step(_) | Motion::Page(_) | Motion::First | Motion::Last)
                | InDialog::Close
                | InDialog::Switch,
            )
            | None => self.edit(key),
        }
        Answer::Stays
    }

    /// Whether an arrow has a line to go to inside the field with the focus.
    fn moves_within(&mut self, key: KeyEvent, by: i32) -> bool {
        let Some(Kind::Lines(area)) = self.all.get_mut(self.focus).map(|field| &mut field.kind) else { return false };
        if !matches!(key.code, KeyCode::Up | KeyCode::Down) {
            return false;
        }
        let before = area.cursor();
        area.move_cursor(if by < 0 { CursorMove::Up } else { CursorMove::Down });
        before != area.cursor()
    }

    fn edit(&mut self, key: KeyEvent) {
        let Some(field) = self.all.get_mut(self.focus) else { return };
        if field.is_choice() {
            field.narrow(key);
            return;
        }
        if field.value().chars().count() >= MOST && matches!(key.code, KeyCode::Char(_) | KeyCode::Enter) {
            return;
        }
        match &mut field.kind {
            Kind::Lines(area) => drop(area.input(key)),
            Kind::Secret(secret) => secret.key(key),
            Kind::Text | Kind::Listed | Kind::Choice(_) => drop(field.input.handle_event(&Event::Key(key))),
        }
    }

    /// Moves the focus to the next field that is there, forwards or backwards in a ring with the button.
    fn walk(&mut self, by: i32) {
        let ring = self.all.len() + 1;
        let by = if by < 0 { ring - 1 } else { 1 };
        let mut to = self.focus;
        loop {
            to = (to + by) % ring;
            if to == self.button() || self.is_there(to) {
                break;
            }
        }
        self.focus_on(to);
    }

    fn focus_on(&mut self, to: usize) {
        if let Some(left) = self.all.get_mut(self.focus).filter(|field| field.is_choice()) {
            left.input = Input::default();
        }
        self.focus = to;
    }

    /// Saves, or puts the focus on the first field that is wrong.
    pub fn save(&mut self) -> Answer {
        self.tried = true;
        if let Some(wrong) = (0..self.all.len()).find(|at| self.error(*at).is_some()) {
            self.focus_on(wrong);
            return Answer::Stays;
        }
        self.sending = true;
        Answer::Saves
    }
}

#[cfg(test)]
mod tests;
