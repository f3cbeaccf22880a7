//! One value: read from TOML or from a text, and checked against what its setting can have.

use std::time::Duration;

use toml_edit::Item;

use super::key::Kind;
use super::problem::Wrong;
use super::redact::quoted;
use crate::domain::time::{compact, parse_length};

/// A checked value.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// A word, path, address or URL; empty is not set.
    Text(String),
    Number(u32),
    Length(Duration),
    Flag(bool),
    List(Vec<String>),
}

impl Kind {
    /// What a value is called in messages.
    const fn noun(self) -> &'static str {
        match self {
            Self::Number(..) => "a whole number",
            Self::Flag => "true or false",
            Self::List(_) => "a list of texts in [ ]",
            Self::Choice(_) | Self::Length(..) | Self::Path | Self::Text(_) | Self::Needed(_) => "a text in quotes",
        }
    }

    /// Reads the value that a file holds.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what TOML can hold is the library's to say")]
    pub(super) fn of_item(self, item: &Item) -> Result<Value, Wrong> {
        let other = |found: &str| Err(Wrong::new(format!("is {found}"), format!("write {}", self.noun())));
        match item {
            Item::Value(toml_edit::Value::String(text))
                if !matches!(self, Self::Number(..) | Self::Flag | Self::List(_)) =>
            {
                self.of_text(text.value())
            }
            Item::Value(toml_edit::Value::Integer(number)) if let Self::Number(min, max) = self => {
                let number = *number.value();
                u32::try_from(number)
                    .ok()
                    .filter(|n| (min..=max).contains(n))
                    .map(Value::Number)
                    .ok_or_else(|| bounds(&number.to_string(), min, max))
            }
            Item::Value(toml_edit::Value::Boolean(flag)) if matches!(self, Self::Flag) => {
                Ok(Value::Flag(*flag.value()))
            }
            Item::Value(toml_edit::Value::Array(array)) if let Self::List(check) = self => {
                let mut texts = Vec::new();
                for value in array {
                    let Some(text) = value.as_str() else {
                        return Err(Wrong::new("contains something that isn't a text", "write each between quotes"));
                    };
                    check(text)?;
                    texts.push(text.to_owned());
                }
                Ok(Value::List(texts))
            }
            Item::Value(value) => other(match value {
                toml_edit::Value::String(_) => "a text",
                toml_edit::Value::Integer(_) => "a number",
                toml_edit::Value::Float(_) => "a number with a fraction",
                toml_edit::Value::Boolean(_) => "true or false",
                toml_edit::Value::Datetime(_) => "a date",
                toml_edit::Value::Array(_) => "a list",
                toml_edit::Value::InlineTable(_) => "a section",
            }),
            _ => other("a section"),
        }
    }

    /// Reads the value that a variable or an argument holds, or the text in a file.
    pub(super) fn of_text(self, text: &str) -> Result<Value, Wrong> {
        match self {
            Self::Choice(words) => match words.iter().find(|word| **word == text) {
                Some(word) => Ok(Value::Text((*word).to_owned())),
                None => {
                    Err(Wrong::new(format!("can't be {}", quoted(text)), format!("write one of: {}", words.join(", "))))
                }
            },
            Self::Number(min, max) => match text.trim().parse::<u32>() {
                Ok(number) if (min..=max).contains(&number) => Ok(Value::Number(number)),
                Ok(number) => Err(bounds(&number.to_string(), min, max)),
                Err(_) => Err(bounds(&quoted(text), min, max)),
            },
            Self::Length(min, max) => {
                let length = parse_length(text).map_err(|_| {
                    Wrong::new(
                        format!("is {}, which isn't a length of time", quoted(text)),
                        "write a number and a unit, for example 7d, 36h, 90m or 45s",
                    )
                })?;
                if (min..=max).contains(&length) {
                    return Ok(Value::Length(length));
                }
                Err(Wrong::new(
                    format!("is {}, which is out of bounds", compact(length)),
                    format!("write {} to {}", compact(min), compact(max)),
                ))
            }
            Self::Flag => match text.trim() {
                "true" => Ok(Value::Flag(true)),
                "false" => Ok(Value::Flag(false)),
                _ => Err(Wrong::new(format!("can't be {}", quoted(text)), "write true or false")),
            },
            Self::Path if text.contains('\0') => {
                Err(Wrong::new("contains a NUL character", "write the path without it"))
            }
            Self::Path => Ok(Value::Text(text.to_owned())),
            Self::Text(_) if text.is_empty() => Ok(Value::Text(String::new())),
            Self::Text(check) | Self::Needed(check) => {
                check(text)?;
                Ok(Value::Text(text.to_owned()))
            }
            Self::List(check) => {
                let texts: Vec<String> =
                    text.split(',').map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect();
                texts.iter().try_for_each(|text| check(text))?;
                Ok(Value::List(texts))
            }
        }
    }
}

impl Value {
    /// The value as TOML writes it.
    pub(super) fn to_toml(&self) -> toml_edit::Value {
        match self {
            Self::Text(text) => text.into(),
            Self::Number(number) => i64::from(*number).into(),
            Self::Length(length) => compact(*length).into(),
            Self::Flag(flag) => (*flag).into(),
            Self::List(texts) => texts.iter().collect::<toml_edit::Array>().into(),
        }
    }
}

fn bounds(found: &str, min: u32, max: u32) -> Wrong {
    Wrong::new(format!("is {found}, which is out of bounds"), format!("write a whole number from {min} to {max}"))
}
