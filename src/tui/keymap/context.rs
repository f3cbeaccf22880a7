//! Contexts: where a key applies.

use crate::tui::screen::Screen;

/// Where a key applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// On every screen, in every dialog and field.
    Always,
    /// On every screen, outside text.
    Everywhere,
    /// In every list of a screen.
    Lists,
    /// In the list of one screen.
    Screen(Screen),
    /// In the field that searches a list.
    Search,
    /// In a dialog that asks.
    Question,
    Form,
    Menu,
    /// In a list that is filtered by what is typed.
    Picker,
    /// In a window that is read.
    Reading,
}

impl Context {
    /// Those that are no screen's, in the order of the documentation.
    const OTHERS: [Self; 9] = [
        Self::Lists,
        Self::Everywhere,
        Self::Search,
        Self::Question,
        Self::Form,
        Self::Menu,
        Self::Picker,
        Self::Reading,
        Self::Always,
    ];

    /// Every context, in the order of the documentation.
    pub fn all() -> Vec<Self> {
        Screen::ALL.into_iter().map(Self::Screen).chain(Self::OTHERS).collect()
    }

    /// The name in the settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Everywhere => "everywhere",
            Self::Lists => "lists",
            Self::Screen(screen) => screen.key(),
            Self::Search => "search",
            Self::Question => "question",
            Self::Form => "form",
            Self::Menu => "menu",
            Self::Picker => "picker",
            Self::Reading => "reading",
        }
    }

    /// What it is, for the documentation.
    #[cfg(test)]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Always => "On every screen, in every dialog and field",
            Self::Everywhere => "On every screen, outside text",
            Self::Lists => "In every list of a screen",
            Self::Screen(screen) => screen.place(),
            Self::Search => "While a search is typed",
            Self::Question => "In a dialog that asks",
            Self::Form => "In a form",
            Self::Menu => "In a menu",
            Self::Picker => "In all actions, the help and other lists that are filtered by typing",
            Self::Reading => "In a window that is read: details, previews, results",
        }
    }

    /// Whether letters are typed there, so that none can be a key.
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Always | Self::Search | Self::Form | Self::Picker | Self::Question)
    }

    /// The contexts whose keys apply at the same time.
    pub fn beside(self) -> Vec<Self> {
        match self {
            Self::Always => Self::all(),
            Self::Everywhere | Self::Lists => {
                let screens = Screen::ALL.into_iter().map(Self::Screen);
                [Self::Always, Self::Everywhere, Self::Lists].into_iter().chain(screens).collect()
            }
            Self::Screen(screen) => Self::of_screen(screen).to_vec(),
            Self::Search | Self::Question | Self::Form | Self::Menu | Self::Picker | Self::Reading => {
                vec![Self::Always, self]
            }
        }
    }

    /// The contexts of a screen, its own first.
    pub const fn of_screen(screen: Screen) -> [Self; 4] {
        [Self::Screen(screen), Self::Lists, Self::Everywhere, Self::Always]
    }
}
