//! The form that invites somebody: fields with their errors beside them while typing.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler as _;

use crate::app::invite::Request;
use crate::domain::email::Email;
use crate::domain::invitation::{check_message, check_validity};
use crate::domain::language::Language;
use crate::domain::name::Name;
use crate::domain::time::{compact, parse_length};

/// The fields, in their order.
pub const LABELS: [&str; 6] = ["Name", "E-mail", "Role", "Language", "Link works", "Message"];
/// Where the save button is in the order.
pub const SAVE: usize = LABELS.len();
/// The roles that can be chosen.
pub const ROLES: [&str; 2] = ["member", "administrator"];

/// The form as it stands.
#[derive(Debug, Clone)]
pub struct Form {
    /// Which field, or [`SAVE`], has the focus.
    pub focus: usize,
    /// The texts of the fields; of a choice its number.
    pub inputs: [Input; 4],
    /// Which of [`ROLES`].
    pub role: usize,
    /// Which language.
    pub language: usize,
    /// Whether saving was tried, so that empty fields are told too.
    pub tried: bool,
    /// Whether leaving was asked about.
    pub leaving: bool,
    /// Whether it was sent and is not answered yet.
    pub sending: bool,
    /// Why it was refused.
    pub refused: Option<String>,
    valid_for: Duration,
}

/// What a key did to the form.
pub enum Answer {
    /// It goes on.
    Stays,
    /// It is left.
    Leaves,
    /// It is saved.
    Saves(Box<Request>),
}

impl Form {
    /// An empty form; `valid_for` is the organisation's setting.
    pub fn new(valid_for: Duration) -> Self {
        let inputs = [Input::default(), Input::default(), Input::new(compact(valid_for)), Input::default()];
        Self {
            focus: 0,
            inputs,
            role: 0,
            language: 0,
            tried: false,
            leaving: false,
            sending: false,
            refused: None,
            valid_for,
        }
    }

    /// Which text a field has, if it has one.
    pub const fn input_of(field: usize) -> Option<usize> {
        match field {
            0 => Some(0),
            1 => Some(1),
            4 => Some(2),
            5 => Some(3),
            _ => None,
        }
    }

    /// What is wrong with a field; an empty one only after saving was tried.
    pub fn error(&self, field: usize) -> Option<String> {
        let text = self.inputs[Self::input_of(field)?].value();
        if text.is_empty() && !self.tried {
            return None;
        }
        match field {
            0 => Name::parse(text).err().map(|e| e.to_string()),
            1 => Email::parse(text).err().map(|e| e.to_string()),
            4 => match parse_length(text) {
                Ok(length) => check_validity(length).err().map(|e| e.to_string()),
                Err(error) => Some(error.to_string()),
            },
            _ => check_message(text).err().map(|e| e.to_string()),
        }
    }

    /// Whether anything was typed.
    fn is_changed(&self) -> bool {
        [0, 1, 3].iter().any(|at| !self.inputs[*at].value().is_empty())
            || self.role != 0
            || self.language != 0
            || self.inputs[2].value() != compact(self.valid_for)
    }

    /// Pasted text goes into the field with the focus, in one line.
    pub fn paste(&mut self, text: &str) {
        if let Some(at) = Self::input_of(self.focus) {
            for c in text.chars().map(|c| if c == '\n' || c == '\r' { ' ' } else { c }).take(2000) {
                self.inputs[at].handle(tui_input::InputRequest::InsertChar(c));
            }
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
        match key.code {
            KeyCode::Char('s') if ctrl => return self.save(),
            KeyCode::Enter if self.focus == SAVE => return self.save(),
            KeyCode::Tab | KeyCode::Down | KeyCode::Enter => self.focus = (self.focus + 1) % (SAVE + 1),
            KeyCode::BackTab | KeyCode::Up => self.focus = (self.focus + SAVE) % (SAVE + 1),
            KeyCode::Left | KeyCode::Right | KeyCode::Char(' ') if matches!(self.focus, 2 | 3) => {
                let (choice, count) = if self.focus == 2 {
                    (&mut self.role, ROLES.len())
                } else {
                    (&mut self.language, Language::ALL.len())
                };
                *choice = (*choice + if key.code == KeyCode::Left { count - 1 } else { 1 }) % count;
            }
            _ => {
                if let Some(at) = Self::input_of(self.focus) {
                    self.inputs[at].handle_event(&Event::Key(key));
                }
            }
        }
        Answer::Stays
    }

    /// Saves, or puts the focus on the first field that is wrong.
    fn save(&mut self) -> Answer {
        self.tried = true;
        let [name, email, valid_for, message] = &self.inputs;
        match (Name::parse(name.value()), Email::parse(email.value()), parse_length(valid_for.value())) {
            (Ok(name), Ok(email), Ok(valid_for)) if (0..SAVE).all(|field| self.error(field).is_none()) => {
                self.sending = true;
                Answer::Saves(Box::new(Request {
                    email,
                    name,
                    administrator: self.role == 1,
                    workspaces: Vec::new(),
                    language: Language::ALL[self.language],
                    valid_for: Some(valid_for),
                    message: message.value().to_owned(),
                    hold: true,
                }))
            }
            _ => {
                self.focus = (0..SAVE).find(|field| self.error(*field).is_some()).unwrap_or(self.focus);
                Answer::Stays
            }
        }
    }
}
