//! Which characters and colours are used: what the settings say, and otherwise what the surroundings say.

/// What the settings say; what they leave open is taken from the locale and from `NO_COLOR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Appearance {
    /// Whether only ASCII is drawn.
    pub ascii: Option<bool>,
    /// Whether colours are used.
    pub colour: Option<bool>,
}

impl Appearance {
    /// Whether only ASCII is drawn.
    pub fn is_ascii(self) -> bool {
        self.ascii.unwrap_or_else(|| !locale_is_utf8())
    }

    /// Whether colours are used (<https://no-color.org>: not where `NO_COLOR` is set and not empty).
    pub fn has_colour(self) -> bool {
        self.colour.unwrap_or_else(|| std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()))
    }
}

/// Whether the locale says UTF-8. One that is not set says nothing: over SSH the reader's terminal is most likely a
/// UTF-8 one although the server has no locale.
fn locale_is_utf8() -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var_os(name).filter(|value| !value.is_empty()))
        .is_none_or(|value| value.to_string_lossy().to_lowercase().replace('-', "").contains("utf8"))
}
