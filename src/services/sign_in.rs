//! How somebody signs in to an interface, and how the head of the terminal shows who did.

use super::system::origin;
use crate::domain::policy::Authority;
use crate::domain::user::{User, UserId};
use crate::tui::Me;

pub enum SignInMethod {
    /// With email address and password.
    Password,
    /// As the operator at the shell, whom nobody asks for a password.
    Operator,
    /// With an SSH key that stands for this user: restricted to what the interface does.
    SshKey(UserId),
}

/// The user who signed in, as the head of the screen shows them.
pub fn me(user: &User) -> Me {
    Me {
        shown: format!("{} · {}{}", user.name.as_str(), user.role(), from_where()),
        email: Some(user.email.as_str().to_owned()),
        authority: Authority::of(user).unwrap_or(Authority::none(user.id)),
        restricted: false,
    }
}

/// Where the session comes from, as sshd says it.
pub fn from_where() -> String {
    origin("terminal").ssh_source.map_or(String::new(), |source| format!(" · ssh {source}"))
}
