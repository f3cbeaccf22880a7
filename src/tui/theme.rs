//! Styles by meaning. Colours are the terminal's own sixteen, so that they suit its background; without colour
//! everything is still told by words, glyphs, bold and reverse.

use ratatui::style::{Color, Modifier, Style};

use crate::domain::status::Status;
use crate::domain::user::Link;

/// What a piece of a screen means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Whether colours may be used.
    pub colour: bool,
}

impl Theme {
    const fn plain(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    /// What the eye finds first.
    #[expect(clippy::unused_self, reason = "a style of the theme like the others; only colours differ yet")]
    pub const fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What stays behind.
    pub const fn quiet(self) -> Style {
        if self.colour { Style::new().fg(Color::DarkGray) } else { Style::new().add_modifier(Modifier::DIM) }
    }

    /// The row or button that has the focus.
    #[expect(clippy::unused_self, reason = "a style of the theme like the others; only colours differ yet")]
    pub const fn focus(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// A key to press.
    pub const fn key(self) -> Style {
        self.plain(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// Something went well.
    pub const fn good(self) -> Style {
        self.plain(Color::Green)
    }

    /// Something waits.
    pub const fn waits(self) -> Style {
        self.plain(Color::Yellow)
    }

    /// Something is wrong.
    pub const fn bad(self) -> Style {
        self.plain(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// A status.
    pub const fn status(self, status: Status) -> Style {
        match status {
            Status::Active => self.good(),
            Status::Invited => self.waits(),
            Status::Suspended | Status::Deleted => self.quiet(),
        }
    }

    /// A link's fate.
    pub const fn link(self, link: Link) -> Style {
        match link {
            Link::None | Link::Withdrawn => self.quiet(),
            Link::Works(_) => Style::new(),
            Link::Expired(_) | Link::Asked(_) | Link::MailFailed => self.bad(),
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
