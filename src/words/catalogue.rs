//! The words of the emails, and of what repeats them, in each language, compiled in.
//!
//! Every language has the same keys, and a test keeps it so; a message is a small template that is filled with text,
//! never with markup.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::tz::TimeZone;
use minijinja::{Environment, UndefinedBehavior, Value, context};

use crate::domain::explain::{Explain, Kind};
use crate::domain::language::Language;
use crate::domain::time::Timestamp;

/// Why a message cannot be written. It is a mistake in the program or its catalogues, not in what was filled in.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error("the messages in {language} can't be read: {reason}")]
    Unreadable { language: &'static str, reason: String },
    #[error("there is no message \u{201c}{key}\u{201d} in {language}")]
    Missing { language: &'static str, key: String },
    /// A message or layout cannot be filled in.
    #[error("the message \u{201c}{key}\u{201d} can't be filled in: {reason}")]
    Unfillable {
        key: String,
        /// What the template engine says.
        reason: String,
    },
}

impl Explain for CatalogueError {
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    fn code(&self) -> &'static str {
        "words_missing"
    }

    fn hint(&self) -> Option<String> {
        Some("this is a mistake in rsvp: report it".to_owned())
    }
}

/// The messages of one language.
pub struct Catalogue {
    language: Language,
    messages: Result<BTreeMap<String, String>, String>,
    engine: Environment<'static>,
}

static ENGLISH: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::read(Language::English, include_str!("../../assets/messages/mail.en.toml")));
static GERMAN: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::read(Language::German, include_str!("../../assets/messages/mail.de.toml")));
static FRENCH: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::read(Language::French, include_str!("../../assets/messages/mail.fr.toml")));

impl Catalogue {
    /// The messages in this language.
    #[must_use]
    pub fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
            Language::French => &FRENCH,
        }
    }

    fn read(language: Language, toml: &str) -> Self {
        let mut engine = Environment::new();
        // A message that names something that was not given is a mistake to find, not an empty place in an email.
        engine.set_undefined_behavior(UndefinedBehavior::Strict);
        Self { language, messages: parse(toml), engine }
    }

    /// The message of this key, such as `invitation.subject`, filled with `values`.
    pub fn say(&self, key: &str, values: &Value) -> Result<String, CatalogueError> {
        let source = self.source(key)?;
        self.engine
            .render_named_str(key, source, values)
            .map_err(|e| CatalogueError::Unfillable { key: key.to_owned(), reason: e.to_string() })
    }

    /// A moment as a person writes it, with day of the week and time zone: links expire at it, so it is never vague.
    pub fn moment(&self, at: Timestamp, zone: &TimeZone) -> Result<String, CatalogueError> {
        let local = at.to_jiff().to_zoned_datetime(zone.clone());
        let weekday = self.word("date.weekdays", local.weekday().to_monday_zero_offset())?;
        let month = self.word("date.months", local.month() - 1)?;
        let values = context! {
            weekday, month,
            day => local.day(),
            year => local.year(),
            time => local.strftime("%H:%M").to_string(),
            zone => local.strftime("%Z").to_string(),
        };
        self.say("date.written", &values)
    }

    fn word(&self, key: &str, at: i8) -> Result<&str, CatalogueError> {
        let missing = || CatalogueError::Missing { language: self.language.tag(), key: format!("{key} {at}") };
        let at = usize::try_from(at).map_err(|_| missing())?;
        self.source(key)?.split(' ').nth(at).ok_or_else(missing)
    }

    fn source(&self, key: &str) -> Result<&str, CatalogueError> {
        let messages = self
            .messages
            .as_ref()
            .map_err(|reason| CatalogueError::Unreadable { language: self.language.tag(), reason: reason.clone() })?;
        let missing = || CatalogueError::Missing { language: self.language.tag(), key: key.to_owned() };
        messages.get(key).map(String::as_str).ok_or_else(missing)
    }
}

/// The messages by `section.key`.
fn parse(toml: &str) -> Result<BTreeMap<String, String>, String> {
    let document: toml_edit::DocumentMut = toml.parse().map_err(|e: toml_edit::TomlError| e.to_string())?;
    let mut messages = BTreeMap::new();
    for (section, table) in document.iter() {
        let table = table.as_table().ok_or_else(|| format!("{section} isn't a section"))?;
        for (key, value) in table {
            let text = value.as_str().ok_or_else(|| format!("{section}.{key} isn't a text"))?;
            messages.insert(format!("{section}.{key}"), text.to_owned());
        }
    }
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(language: Language) -> Vec<&'static str> {
        let catalogue = Catalogue::of(language);
        catalogue.messages.as_ref().unwrap().keys().map(String::as_str).collect()
    }

    /// The names that a message asks for: what is in {{ }} and after `if`.
    fn placeholders(language: Language, key: &str) -> Vec<String> {
        let catalogue = Catalogue::of(language);
        let template = catalogue.engine.template_from_str(catalogue.source(key).unwrap()).unwrap();
        let mut names: Vec<_> = template.undeclared_variables(false).into_iter().collect();
        names.sort();
        names
    }

    #[test]
    fn every_language_has_the_same_messages_with_the_same_places_to_fill() {
        for language in Language::ALL {
            assert_eq!(keys(language), keys(Language::English), "{language}");
            for key in keys(language) {
                assert_eq!(placeholders(language, key), placeholders(Language::English, key), "{language}: {key}");
            }
        }
    }

    #[test]
    fn a_moment_is_written_as_people_write_it() {
        let at = Timestamp(1_772_352_840_000);
        let written = |language| Catalogue::of(language).moment(at, &TimeZone::UTC).unwrap();
        assert_eq!(written(Language::English), "Sunday, 1 March 2026, 08:14 UTC");
        assert_eq!(written(Language::German), "Sonntag, 1. März 2026, 08:14 Uhr (UTC)");
        assert_eq!(written(Language::French), "dimanche 1er mars 2026 à 08:14 (UTC)");
    }

    #[test]
    fn every_month_and_day_has_its_name() {
        for language in Language::ALL {
            let catalogue = Catalogue::of(language);
            assert_eq!(catalogue.source("date.months").unwrap().split(' ').count(), 12, "{language}");
            assert_eq!(catalogue.source("date.weekdays").unwrap().split(' ').count(), 7, "{language}");
        }
    }

    #[test]
    fn a_message_that_is_not_there_is_named() {
        let error = Catalogue::of(Language::French).say("invitation.poem", &context! {}).unwrap_err();
        assert_eq!(error.to_string(), "there is no message “invitation.poem” in fr");
    }
}
