//! One command for each action that needs nothing but whom, made from the rows of the table of actions: the command
//! line learns of a new one by itself.

use clap::{ArgMatches, Args as _, Command, Error, FromArgMatches, Subcommand, error::ErrorKind};

use super::target_args::{Change, about, long_about};
use crate::app::users::perform;
use crate::domain::action::Action;

/// What is typed for it: `rsvp suspend USER`.
#[derive(Debug, Clone)]
pub struct UserAction {
    pub action: Action,
    pub change: Change,
}

/// Whether an action is a command here. A resend and a reset have options of their own; keeping an address is what
/// revoking means for somebody who has a new one to confirm.
fn is_command(action: Action) -> bool {
    perform::is_simple(action) && !matches!(action, Action::Resend | Action::ResetPassword | Action::KeepEmail)
}

impl Subcommand for UserAction {
    fn augment_subcommands(mut command: Command) -> Command {
        for action in Action::ALL.into_iter().filter(|action| is_command(*action)) {
            let one = Change::augment_args(Command::new(action.name()));
            command = command.subcommand(one.about(about(action)).long_about(long_about(action)));
        }
        command
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        Action::parse(name).is_some_and(is_command)
    }
}

impl FromArgMatches for UserAction {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let found = matches.subcommand().and_then(|(name, one)| Some((Action::parse(name)?, one)));
        let Some((action, one)) = found else { return Err(Error::new(ErrorKind::MissingSubcommand)) };
        Ok(Self { action, change: Change::from_arg_matches(one)? })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
