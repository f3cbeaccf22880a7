//! The screens by name: what the head lists, what keys go to, what else differs from screen to screen.

/// A screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    Users,
    Mail,
    Workspaces,
    Audit,
}

impl Screen {
    /// Every screen, in the order of their keys.
    pub const ALL: [Self; 4] = [Self::Users, Self::Mail, Self::Workspaces, Self::Audit];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Users => "Users",
            Self::Mail => "Mail",
            Self::Workspaces => "Workspaces",
            Self::Audit => "Audit",
        }
    }

    /// Its name where there is little room.
    pub const fn brief(self) -> &'static str {
        match self {
            Self::Users | Self::Mail | Self::Audit => self.name(),
            Self::Workspaces => "Wksp",
        }
    }

    /// The name of its keys in the settings.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Mail => "mail",
            Self::Workspaces => "workspaces",
            Self::Audit => "audit",
        }
    }

    /// Where its keys apply, for the documentation.
    #[cfg(test)]
    pub const fn place(self) -> &'static str {
        match self {
            Self::Users => "In the list of users",
            Self::Mail => "In the list of emails",
            Self::Workspaces => "In the list of workspaces",
            Self::Audit => "In the audit log",
        }
    }
}
