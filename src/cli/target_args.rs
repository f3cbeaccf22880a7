//! The arguments of commands on users, and what the help says of an action.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use crate::domain::action::Action;
use crate::domain::text::capital;

/// What the list of commands says of an action, from the action's row.
pub(super) fn about(action: Action) -> String {
    capital(action.words())
}

/// The same with what it means.
pub(super) fn long_about(action: Action) -> String {
    format!("{}. {}", about(action), action.spec().consequence).trim_end().to_owned()
}

/// The users that a command is about: by name, or by a query.
#[derive(Debug, Clone, Args)]
pub struct Targets {
    /// Email addresses, or # and a number; - reads one a line from stdin
    #[arg(value_name = "USER", required_unless_present_any = ["view", "search", "workspace"])]
    pub users: Vec<String>,
    /// Every user in a view: all, attention, invited, expired, active, suspended or deleted
    #[arg(long, conflicts_with = "users", value_parser = NonEmptyStringValueParser::new())]
    pub view: Option<String>,
    /// Only users with all these words in their name or address
    #[arg(long, conflicts_with = "users", value_parser = NonEmptyStringValueParser::new())]
    pub search: Option<String>,
    /// Only users of this workspace
    #[arg(long, conflicts_with = "users", value_parser = NonEmptyStringValueParser::new())]
    pub workspace: Option<String>,
}

/// The answer to a question that a command asks first.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Consent {
    /// Don't ask. A command asks about whom --view, --search, --workspace or --failed finds (above 50 found, add --expect
    /// too), and `delete` and `erase` also about whom you name
    #[arg(long)]
    pub yes: bool,
    /// Change nothing unless it would concern exactly so many
    #[arg(long, value_name = "N")]
    pub expect: Option<u64>,
}

/// A change to some users.
#[derive(Debug, Clone, Args)]
pub struct Change {
    #[command(flatten)]
    pub targets: Targets,
    /// Show which users this would change and whether it is possible, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub consent: Consent,
}
