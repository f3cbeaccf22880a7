//! Fields to be filled in, with their errors beside them while typing: what every form is made of.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler as _;

/// What is wrong with a text, if something is.
pub type Check = Box<dyn Fn(&str) -> Option<String> + Send>;

/// Most characters that a field takes.
const MOST: usize = 2000;

/// How a field is filled in.
pub enum Kind {
    /// By typing.
    Text,
    /// By typing what nobody sees.
    Secret,
    /// By choosing one of these.
    Choice(Vec<String>),
}

/// One field.
pub struct Field {
    /// What stands before it.
    pub label: &'static str,
    /// How it is filled in.
    pub kind: Kind,
    /// The text.
    pub input: Input,
    /// Which choice.
    pub choice: usize,
    /// What an empty field says of itself.
    pub note: String,
    /// Only there while that other field has this choice.
    needs: Option<(usize, usize)>,
    check: Check,
    original: (String, usize),
}

impl Field {
    /// A text, or a text that nobody sees.
    fn typed(label: &'static str, kind: Kind, value: String, check: Check) -> Self {
        let original = (value.clone(), 0);
        Self { label, kind, input: Input::new(value), choice: 0, note: String::new(), needs: None, check, original }
    }

    /// A text field.
    pub fn text(label: &'static str, value: impl Into<String>, check: Check) -> Self {
        Self::typed(label, Kind::Text, value.into(), check)
    }

    /// A field for a password.
    pub fn secret(label: &'static str, check: Check) -> Self {
        Self::typed(label, Kind::Secret, String::new(), check)
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

    /// The text.
    pub fn value(&self) -> &str {
        self.input.value()
    }

    fn is_changed(&self) -> bool {
        (self.input.value(), self.choice) != (self.original.0.as_str(), self.original.1)
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
    /// Whether leaving was asked about.
    pub leaving: bool,
    /// Whether it was sent and is not answered yet.
    pub sending: bool,
    /// Why it was refused.
    pub refused: Option<String>,
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
}

impl Fields {
    /// Fields with the focus on the first.
    pub fn new(all: Vec<Field>) -> Self {
        Self { all, focus: 0, tried: false, leaving: false, sending: false, refused: None }
    }

    /// Where the button is in the order.
    pub fn button(&self) -> usize {
        self.all.len()
    }

    /// The text of a field.
    pub fn value(&self, at: usize) -> &str {
        self.all[at].value()
    }

    /// Whether a field is there.
    pub fn is_there(&self, at: usize) -> bool {
        self.all[at].needs.is_none_or(|(other, choice)| self.all[other].choice == choice)
    }

    /// What is wrong with a field; an empty one only after saving was tried.
    pub fn error(&self, at: usize) -> Option<String> {
        let field = &self.all[at];
        let untouched = field.value().is_empty() && !self.tried;
        if untouched || !self.is_there(at) { None } else { (field.check)(field.value()) }
    }

    fn is_changed(&self) -> bool {
        self.all.iter().any(Field::is_changed)
    }

    /// Says why it was refused.
    pub fn refuse(&mut self, why: String) {
        self.sending = false;
        self.refused = Some(why);
    }

    /// Pasted text goes into the field with the focus, in one line.
    pub fn paste(&mut self, text: &str) {
        if self.sending {
            return;
        }
        let Some(field) = self.all.get_mut(self.focus) else { return };
        if matches!(field.kind, Kind::Choice(_)) {
            return;
        }
        let text = text.trim_end_matches(['\n', '\r']);
        for c in text.chars().map(|c| if c == '\n' || c == '\r' { ' ' } else { c }).take(MOST) {
            field.input.handle(tui_input::InputRequest::InsertChar(c));
        }
    }

    /// A key.
    pub fn key(&mut self, key: KeyEvent) -> Answer {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        if key.code == KeyCode::Esc {
            if self.leaving || !self.is_changed() {
                return Answer::Leaves;
            }
            self.leaving = true;
            return Answer::Stays;
        }
        self.leaving = false;
        // What was sent must stay what is shown until the answer comes.
        if self.sending {
            return Answer::Stays;
        }
        self.refused = None;
        let on_choice = self.all.get(self.focus).is_some_and(|field| matches!(field.kind, Kind::Choice(_)));
        match key.code {
            KeyCode::Char('s') if ctrl => return self.save(),
            KeyCode::Enter if self.focus == self.button() => return self.save(),
            KeyCode::Tab | KeyCode::Down | KeyCode::Enter => self.walk(1),
            KeyCode::BackTab | KeyCode::Up => self.walk(self.all.len()),
            KeyCode::Left | KeyCode::Right | KeyCode::Char(' ') if on_choice => self.choose(key.code == KeyCode::Left),
            _ if on_choice => {}
            _ => {
                if let Some(field) = self.all.get_mut(self.focus)
                    && (field.value().chars().count() < MOST || !matches!(key.code, KeyCode::Char(_)))
                {
                    field.input.handle_event(&Event::Key(key));
                }
            }
        }
        Answer::Stays
    }

    /// Moves the focus to the next field that is there, `by` places at a time in a ring with the button.
    fn walk(&mut self, by: usize) {
        let ring = self.all.len() + 1;
        loop {
            self.focus = (self.focus + by) % ring;
            if self.focus == self.button() || self.is_there(self.focus) {
                return;
            }
        }
    }

    fn choose(&mut self, back: bool) {
        if let Some(field) = self.all.get_mut(self.focus)
            && let Kind::Choice(items) = &field.kind
        {
            let by = if back { items.len() - 1 } else { 1 };
            field.choice = (field.choice + by) % items.len();
        }
    }

    /// Saves, or puts the focus on the first field that is wrong.
    fn save(&mut self) -> Answer {
        self.tried = true;
        if let Some(wrong) = (0..self.all.len()).find(|at| self.error(*at).is_some()) {
            self.focus = wrong;
            return Answer::Stays;
        }
        self.sending = true;
        Answer::Saves
    }
}
