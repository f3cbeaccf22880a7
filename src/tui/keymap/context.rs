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
    /// In the list of users.
    Users,
    /// In the list of emails.
    Mail,
    /// In the list of workspaces.
    Workspaces,
    /// In the audit log.
    Audit,
    /// In the field that searches a list.
    Search,
    /// In a dialog that asks.
    Question,
    /// In a form.
    Form,
    /// In a menu.
    Menu,
    /// In a list that is filtered by what is typed.
    Picker,
    /// In a window that is read.
    Reading,
}

impl Context {
    /// Every context, in the order of the documentation.
    pub const ALL: [Self; 13] = [
        Self::Users,
        Self::Mail,
        Self::Workspaces,
        Self::Audit,
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

    /// The name in the settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Everywhere => "everywhere",
            Self::Lists => "lists",
            Self::Users => "users",
            Self::Mail => "mail",
            Self::Workspaces => "workspaces",
            Self::Audit => "audit",
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
            Self::Users => "In the list of users",
            Self::Mail => "In the list of emails",
            Self::Workspaces => "In the list of workspaces",
            Self::Audit => "In the audit log",
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
    pub const fn beside(self) -> &'static [Self] {
        match self {
            Self::Always => &Self::ALL,
            Self::Everywhere | Self::Lists => {
                &[Self::Always, Self::Everywhere, Self::Lists, Self::Users, Self::Mail, Self::Workspaces, Self::Audit]
            }
            Self::Users => &[Self::Users, Self::Lists, Self::Everywhere, Self::Always],
            Self::Mail => &[Self::Mail, Self::Lists, Self::Everywhere, Self::Always],
            Self::Workspaces => &[Self::Workspaces, Self::Lists, Self::Everywhere, Self::Always],
            Self::Audit => &[Self::Audit, Self::Lists, Self::Everywhere, Self::Always],
            Self::Search => &[Self::Always, Self::Search],
            Self::Question => &[Self::Always, Self::Question],
            Self::Form => &[Self::Always, Self::Form],
            Self::Menu => &[Self::Always, Self::Menu],
            Self::Picker => &[Self::Always, Self::Picker],
            Self::Reading => &[Self::Always, Self::Reading],
        }
    }

    /// The contexts of a screen, its own first.
    pub const fn of_screen(screen: Screen) -> [Self; 4] {
        let own = match screen {
            Screen::Users => Self::Users,
            Screen::Mail => Self::Mail,
            Screen::Workspaces => Self::Workspaces,
            Screen::Audit => Self::Audit,
        };
        [own, Self::Lists, Self::Everywhere, Self::Always]
    }
}
