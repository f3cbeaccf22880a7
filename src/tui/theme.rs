//! Styles by meaning. Without colour everything is still told by words, glyphs, bold and reverse.

use ratatui::style::{Color, Modifier, Style};

use crate::domain::status::Status;
use crate::domain::user::LinkColumn;

/// A piece of a screen by what it means, for own colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// What stays behind.
    Quiet,
    /// A key to press.
    Key,
    /// Something went well; active.
    Good,
    /// Something waits; invited.
    Waits,
    /// Something is wrong; expired.
    Bad,
}

impl Meaning {
    /// The meaning of this name, as the settings write it.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "quiet" => Self::Quiet,
            "key" => Self::Key,
            "good" => Self::Good,
            "waits" => Self::Waits,
            "bad" => Self::Bad,
            _ => return None,
        })
    }
}

/// The styles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    quiet: Style,
    key: Style,
    good: Style,
    waits: Style,
    bad: Style,
}

const fn of(quiet: Color, key: Color, good: Color, waits: Color, bad: Color) -> Theme {
    Theme {
        quiet: Style::new().fg(quiet),
        key: Style::new().fg(key).add_modifier(Modifier::BOLD),
        good: Style::new().fg(good),
        waits: Style::new().fg(waits),
        bad: Style::new().fg(bad).add_modifier(Modifier::BOLD),
    }
}

impl Theme {
    /// Without colours.
    pub const MONO: Self = Self {
        quiet: Style::new().add_modifier(Modifier::DIM),
        key: Style::new().add_modifier(Modifier::BOLD),
        good: Style::new(),
        waits: Style::new(),
        bad: Style::new().add_modifier(Modifier::BOLD),
    };

    /// The terminal's own sixteen colours, which suit its own background.
    pub const ANSI16: Self = of(Color::DarkGray, Color::Cyan, Color::Green, Color::Yellow, Color::Red);

    /// For a dark background. Numbers from 16 to 255 are the same shade on every terminal with 256 colours, and three
    /// times as short on the line as a shade by its parts; each has a contrast of at least 4.5 to 1 against a dark
    /// grey of #1e1e1e (WCAG 2.2, 1.4.3).
    pub const DARK: Self =
        of(Color::Indexed(246), Color::Indexed(117), Color::Indexed(114), Color::Indexed(221), Color::Indexed(210));

    /// For a light background: at least 4.5 to 1 against white.
    pub const LIGHT: Self =
        of(Color::Indexed(242), Color::Indexed(25), Color::Indexed(22), Color::Indexed(94), Color::Indexed(124));

    /// The same with another colour for a meaning.
    #[must_use]
    pub fn with(mut self, meaning: Meaning, colour: Color) -> Self {
        let style = match meaning {
            Meaning::Quiet => &mut self.quiet,
            Meaning::Key => &mut self.key,
            Meaning::Good => &mut self.good,
            Meaning::Waits => &mut self.waits,
            Meaning::Bad => &mut self.bad,
        };
        *style = style.fg(colour);
        self
    }

    /// What the eye finds first.
    #[expect(clippy::unused_self, reason = "a style of the theme like the others, and the same in each")]
    pub const fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The row or button that has the focus.
    #[expect(clippy::unused_self, reason = "a style of the theme like the others, and the same in each")]
    pub const fn focus(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// What stays behind.
    pub const fn quiet(self) -> Style {
        self.quiet
    }

    /// A key to press.
    pub const fn key(self) -> Style {
        self.key
    }

    /// Something went well.
    pub const fn good(self) -> Style {
        self.good
    }

    /// Something waits.
    pub const fn waits(self) -> Style {
        self.waits
    }

    /// Something is wrong.
    pub const fn bad(self) -> Style {
        self.bad
    }

    /// A status.
    pub const fn status(self, status: Status) -> Style {
        match status {
            Status::Active => self.good,
            Status::Invited => self.waits,
            Status::Suspended | Status::Deleted => self.quiet,
        }
    }

    /// A link's fate.
    pub const fn link(self, link: LinkColumn) -> Style {
        match link {
            LinkColumn::None | LinkColumn::Withdrawn => self.quiet,
            LinkColumn::Works(_) => Style::new(),
            LinkColumn::Expired(_) | LinkColumn::Asked(_) | LinkColumn::MailFailed => self.bad,
        }
    }
}

/// A status's glyph: a shape of its own, for whoever does not see the colour.
pub const fn glyph(status: Status) -> &'static str {
    match status {
        Status::Active => "●",
        Status::Invited => "◌",
        Status::Suspended => "⊘",
        Status::Deleted => "⌫",
    }
}
