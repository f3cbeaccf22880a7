//! One settings file: read whole, parsed with places, every setting in it checked, every problem kept.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use toml_edit::{Document, Item, Table, TableLike};

use super::key::{Key, find, is_section, nearest};
use super::own_keys::OwnKeys;
use super::problem::{Problem, Wrong, shown};
use super::redact::{holds_password, quoted};
use super::source::Source;
use super::value::Value;
use crate::access::{self, Guard};

/// Most bytes that a settings file may have; a larger one is not a settings file.
const MAX_BYTES: u64 = 1024 * 1024;

/// One value with its key and its place.
pub type Entry = (&'static Key, Value, Source);

/// A file's text and the mode of the file.
pub struct Text {
    /// UTF-8, at most 1 MiB.
    pub text: String,
    /// Its permissions, the lowest twelve bits.
    pub mode: u32,
}

/// Reads a file's text; `None` if there is no such file. Whoever writes the settings says which database, key and relay
/// count.
pub fn read(path: &Path) -> Result<Option<Text>, Problem> {
    const WHAT: &str = "the settings file";
    let (bytes, metadata) = match access::read(WHAT, path, Guard::Settings, MAX_BYTES) {
        Err(error) if error.is_missing() => return Ok(None),
        read => read.map_err(|error| Problem::untrusted("config_open", WHAT, path, &error))?,
    };
    let text = String::from_utf8(bytes.to_vec()).map_err(|error| {
        let line = line_at(error.as_bytes(), error.utf8_error().valid_up_to());
        let message = format!("{WHAT} {} isn't UTF-8 (line {line})", shown(path));
        Problem::new("config_file", message, "save it as UTF-8")
    })?;
    Ok(Some(Text { text, mode: metadata.mode() & 0o7777 }))
}

#[derive(Default)]
pub struct Parsed {
    /// The settings whose values passed their checks.
    pub entries: Vec<Entry>,
    /// What is below `[keys.CONTEXT]`; whether they fit together is not checked here.
    pub keys: Vec<OwnKeys>,
    /// In the order of the file.
    pub problems: Vec<Problem>,
}

/// Reads every setting of a text; `path` is for the messages.
pub fn parse(path: &Path, text: &Text) -> Parsed {
    let mut found = Found { path, text: &text.text, parsed: Parsed::default() };
    match Document::parse(text.text.as_str()) {
        Ok(document) => found.table("", document.as_table()),
        Err(error) => {
            let source = found.at(error.span());
            let what = error.message().trim().lines().collect::<Vec<_>>().join("; ");
            let message = format!("{source}: this isn't TOML: {what}");
            found.parsed.problems.push(Problem::new("config_syntax", message, "correct the line: texts need quotes"));
        }
    }
    let holds = |(_, value, _): &Entry| matches!(value, Value::Text(text) if holds_password(text));
    if text.mode & 0o077 != 0 && found.parsed.entries.iter().any(holds) {
        found.parsed.problems.push(Problem::open_to_others("the password in the settings file", path, text.mode));
    }
    found.parsed
}

struct Found<'a> {
    path: &'a Path,
    text: &'a str,
    parsed: Parsed,
}

impl Found<'_> {
    fn at(&self, span: Option<std::ops::Range<usize>>) -> Source {
        Source::File(self.path.to_owned(), line_at(self.text.as_bytes(), span.map_or(0, |span| span.start)))
    }

    fn table(&mut self, section: &str, table: &Table) {
        self.members(section, table);
    }

    fn members(&mut self, section: &str, table: &dyn TableLike) {
        for (name, item) in table.iter() {
            let full = if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") };
            let span = table.key(name).and_then(toml_edit::Key::span).or_else(|| item.span());
            let source = self.at(span);
            self.member(&full, item, source);
        }
    }

    fn member(&mut self, name: &str, item: &Item, source: Source) {
        if let Some((context, command)) = name.strip_prefix("keys.").and_then(|rest| rest.split_once('.')) {
            match own_keys(context, command, item, source.clone()) {
                Ok(keys) => self.parsed.keys.push(keys),
                Err(wrong) => self.parsed.problems.push(Problem::wrong(name, &source, wrong)),
            }
            return;
        }
        if let Some(key) = find(name) {
            match key.kind.of_item(item) {
                Ok(value) => self.parsed.entries.push((key, value, source)),
                Err(wrong) => self.parsed.problems.push(Problem::wrong(name, &source, wrong)),
            }
        } else if let Some(inner) = item.as_table_like() {
            // An unknown section is reported setting by setting: each has a nearest one of its own.
            if inner.is_empty() && !is_section(name) {
                self.parsed.problems.push(unknown(name, &source));
            }
            self.members(name, inner);
        } else if is_section(name) {
            let message = format!("{source}: {name} is a section, not a setting");
            self.parsed.problems.push(Problem::new(
                "config_value",
                message,
                format!("write its settings below a line [{name}]"),
            ));
        } else {
            self.parsed.problems.push(unknown(name, &source));
        }
    }
}

/// Reads the keys of a command: one, or a list of them.
#[expect(clippy::wildcard_enum_match_arm, reason = "what TOML can hold is the library's to say")]
fn own_keys(context: &str, command: &str, item: &Item, source: Source) -> Result<OwnKeys, Wrong> {
    let wrong = || Wrong::new("isn't a list of keys", "write a key in quotes, or several in [ ]");
    let text = |value: &toml_edit::Value| value.as_str().map(str::to_owned).ok_or_else(wrong);
    let keys = match item {
        Item::Value(toml_edit::Value::Array(array)) => array.iter().map(text).collect::<Result<_, _>>()?,
        Item::Value(value) => vec![text(value)?],
        _ => return Err(wrong()),
    };
    Ok(OwnKeys { context: context.to_owned(), command: command.to_owned(), keys, source })
}

pub fn unknown(name: &str, source: &Source) -> Problem {
    Problem::new(
        "config_unknown_key",
        format!("{source}: there is no setting {}; the nearest is {}", quoted(name), nearest(name)),
        "correct the name or remove it: `rsvp config show` lists every setting",
    )
    .about(name)
}

fn line_at(text: &[u8], at: usize) -> usize {
    text[..at.min(text.len())].split(|byte| *byte == b'\n').count()
}
