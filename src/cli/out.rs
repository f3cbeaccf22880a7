//! Where output goes and what the exit status is.

use std::io::Write as _;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::domain::explain::{Explain, Kind};
use crate::domain::text::{visible, visible_json, visible_lines};

/// How a command ended, as its exit status says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// All that was asked for: 0.
    Done,
    /// The database, the relay or the system failed: 1.
    Failed,
    /// What was typed is not what it should be: 2.
    Usage,
    /// A rule or the person forbids it: 3.
    Refused,
    /// There is no such thing: 4.
    NotFound,
    /// Somebody else changed it meanwhile: 5.
    Changed,
    /// Some of several failed, each with its own verdict: 6.
    SomeFailed,
    /// For a monitor, and only where it asks (`rsvp doctor --nagios`): something is still open.
    Warning,
    /// For a monitor: something doesn't work.
    Critical,
    /// For a monitor: nobody could look.
    Unknown,
}

impl Status {
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed | Self::Warning => 1,
            Self::Usage | Self::Critical => 2,
            Self::Refused | Self::Unknown => 3,
            Self::NotFound => 4,
            Self::Changed => 5,
            Self::SomeFailed => 6,
        }
    }
}

impl From<Kind> for Status {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Failed | Kind::Unknown => Self::Failed,
            Kind::Invalid => Self::Usage,
            Kind::Refused => Self::Refused,
            Kind::NotFound => Self::NotFound,
            Kind::Changed => Self::Changed,
        }
    }
}

/// An error of any use case, on its way to stderr.
#[derive(Debug)]
pub struct Failed(Box<dyn Explain>);

impl<E: Explain> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl Failed {
    /// The exit status.
    #[must_use]
    pub fn status(&self) -> Status {
        self.0.kind().into()
    }

    /// As scripts read it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "code": self.0.code(), "message": self.0.to_string(), "hint": self.0.hint() })
    }

    /// What happened, and what to do.
    #[must_use]
    pub fn parts(&self) -> (String, Option<String>) {
        (self.0.to_string(), self.0.hint())
    }

    /// As people read it among others.
    #[must_use]
    pub fn to_line(&self) -> String {
        match self.0.hint() {
            Some(hint) => format!("{}; {hint}", self.0),
            None => self.0.to_string(),
        }
    }

    /// As people read it.
    #[must_use]
    pub fn to_text(&self) -> String {
        let message = self.0.to_string();
        match self.0.hint() {
            Some(hint) => format!("{message}\n  hint: {hint}"),
            None => message,
        }
    }
}

/// Something typed that is not what it should be.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Usage {
    message: String,
    hint: Option<String>,
}

impl Usage {
    /// What is wrong, and what to do.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: Some(hint.into()) }
    }

    /// An error that says itself what to do.
    pub fn plain(error: impl std::fmt::Display) -> Self {
        Self { message: error.to_string(), hint: None }
    }
}

impl Explain for Usage {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }

    fn code(&self) -> &'static str {
        "usage"
    }

    fn hint(&self) -> Option<String> {
        self.hint.clone()
    }
}

/// Why data could not be written to standard output, if it could not.
static UNWRITTEN: OnceLock<String> = OnceLock::new();

/// That data was asked for and could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the output can't be written: {0}")]
struct Unwritten(String);

impl Explain for Unwritten {
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    fn code(&self) -> &'static str {
        "output"
    }

    fn hint(&self) -> Option<String> {
        Some("make room where it goes, then run the command again: what it changed is stored".to_owned())
    }
}

/// Keeps why standard output couldn't be written; a reader that went away is no error.
pub fn note(written: std::io::Result<()>) {
    if let Err(error) = written
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        // Only the first is kept: nothing else can go wrong with this lock.
        drop(UNWRITTEN.set(error.to_string()));
    }
}

/// Whether something that was to be written to standard output was not.
pub fn unwritten() -> Option<Failed> {
    UNWRITTEN.get().map(|why| Unwritten(why.clone()).into())
}

/// Where output goes.
#[derive(Debug, Clone, Copy)]
pub struct Out {
    /// Whether the reader is a script.
    pub json: bool,
}

impl Out {
    /// Data: JSON for a script, the text for people.
    pub fn data(self, value: &Value, text: impl FnOnce() -> String) {
        let all =
            if self.json { visible_json(&value.to_string()).into_owned() } else { visible_lines(&text()).into_owned() };
        if all.is_empty() {
            return;
        }
        Self::bytes(format!("{}\n", all.trim_end_matches('\n')).as_bytes());
    }

    /// Lines of JSON, whoever reads them.
    pub fn lines(values: impl Iterator<Item = Value>) {
        let mut text = String::new();
        for value in values {
            text.push_str(&visible_json(&value.to_string()));
            text.push('\n');
        }
        Self::bytes(text.as_bytes());
    }

    /// Bytes as they are. What cannot be written is an error at the end, see [`unwritten`]; a reader that went away
    /// (`rsvp list | head`) is none.
    pub fn bytes(bytes: &[u8]) {
        let mut stdout = std::io::stdout().lock();
        note(stdout.write_all(bytes).and_then(|()| stdout.flush()));
    }

    /// A line of data that people see as soon as it is known; scripts get all of it at once, as [`Self::data`].
    pub fn line(self, text: &str) {
        if !self.json {
            Self::bytes(format!("{}\n", visible(text)).as_bytes());
        }
    }

    /// A message for people; scripts read the data.
    pub fn message(self, text: &str) {
        if !self.json {
            let _ = writeln!(std::io::stderr().lock(), "{}", visible(text));
        }
    }

    /// An error; answers the exit status.
    pub fn fail(self, failed: &Failed) -> Status {
        let all = if self.json {
            visible_json(&json!({ "error": failed.to_json() }).to_string()).into_owned()
        } else {
            format!("error: {}", visible_lines(&failed.to_text()))
        };
        let _ = writeln!(std::io::stderr().lock(), "{all}");
        failed.status()
    }
}
