//! The languages in which emails and pages are written to people.

use std::fmt;

/// A language that emails and pages exist in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Language {
    #[default]
    English,
    German,
    French,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("emails can't be written in \u{201c}{}\u{201d}: use {}", super::text::visible(.0), Language::list())]
pub struct UnknownLanguage(pub String);

impl Language {
    /// Every language, the default first.
    pub const ALL: [Self; 3] = [Self::English, Self::German, Self::French];

    /// Its tag (BCP 47), which is stored and which arguments take.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
        }
    }

    /// Its own name for itself.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::French => "Français",
        }
    }

    /// Reads a tag, or the language's own name.
    pub fn parse(text: &str) -> Result<Self, UnknownLanguage> {
        let wanted = text.trim().to_lowercase();
        Self::ALL
            .into_iter()
            .find(|l| l.tag() == wanted || l.name().to_lowercase() == wanted)
            .ok_or_else(|| UnknownLanguage(text.to_owned()))
    }

    fn list() -> String {
        Self::ALL.map(Self::tag).join(", ")
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
