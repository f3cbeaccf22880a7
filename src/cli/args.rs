//! What can be typed after `rsvp`.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand};

pub use super::target_args::{Change, Consent, Targets};
use super::target_args::{about, long_about};
pub use super::upkeep_args::{Audit, AuditList, Backup, Config, Key, Mail, Migrate, RestoreBackup};
pub use super::user_action::UserAction;
use crate::domain::action::Action;

/// Invite and manage an organisation's users from a terminal.
#[derive(Debug, Parser)]
#[command(name = "rsvp", version, after_help = STATUSES)]
pub struct Cli {
    /// The database, instead of the one in the settings
    #[arg(
        long,
        global = true,
        value_name = "URL",
        help = "The database: sqlite:///path/to/rsvp.db or postgres://user@host/name"
    )]
    pub database: Option<String>,
    /// A settings file that overrides the usual ones
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Answer with JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Open the terminal interface as the operator at the shell, without signing in; recorded as such
    #[arg(long)]
    pub operator: bool,
    /// Open the interface as the user with this number, without a password: for a forced command of an SSH key, as
    /// `ssh-line` writes it
    #[arg(long = "as", value_name = "NUMBER", conflicts_with = "operator", allow_hyphen_values = false)]
    pub by_key: Option<String>,
    /// Ask and answer line by line: for screen readers and simple terminals (the default with TERM=dumb)
    #[arg(long)]
    pub plain: bool,
    /// What to do; without a command, the terminal interface opens
    #[command(subcommand)]
    pub command: Option<Command>,
}

const STATUSES: &str = "Exit status: 0 done, 1 failed, 2 wrong usage, 3 refused by a rule, 4 not found, \
5 someone else changed it, 6 some of several failed.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create the organisation and its first administrator
    Setup(Setup),
    /// Invite people by email
    Invite(Invite),
    /// List users
    List(List),
    /// Show one user: invitations, emails, history
    Show {
        /// An email address, or # and a number
        user: String,
        /// Show everything stored about them: every invitation, reset, change of address and email, the whole history,
        /// and what they did
        #[arg(long)]
        all: bool,
    },
    #[command(about = about(Action::ShowLink), long_about = long_about(Action::ShowLink))]
    Link {
        /// An email address, or # and a number
        user: String,
    },
    #[command(about = about(Action::Resend), long_about = long_about(Action::Resend))]
    Resend {
        #[command(flatten)]
        change: Change,
        /// Even if the last one is less than a minute old
        #[arg(long)]
        force: bool,
    },
    #[command(about = about(Action::Edit), long_about = long_about(Action::Edit))]
    Edit(Edit),
    #[command(about = about(Action::ResetPassword), long_about = long_about(Action::ResetPassword))]
    ResetPassword {
        #[command(flatten)]
        change: Change,
        /// Show the link instead of sending it, so that an only administrator who forgot the password can sign in again
        /// (written to the audit log)
        #[arg(long, conflicts_with_all = ["view", "search", "workspace", "dry_run"])]
        print_link: bool,
    },
    #[command(flatten)]
    UserAction(UserAction),
    /// Accept an invitation: give its link to use the portal, or its code on the machine with the database
    Accept(Redeem),
    /// Choose a new password: give the link of a reset to use the portal, or its code on the machine with the database
    Reset(Redeem),
    /// List, create, rename and delete workspaces
    #[command(subcommand)]
    Workspace(Workspace),
    /// Change who belongs to a workspace, and with which role
    #[command(subcommand)]
    Member(Member),
    /// List, read, retry and cancel emails
    #[command(subcommand)]
    Mail(Mail),
    /// Read and verify the audit log
    #[command(subcommand)]
    Audit(Audit),
    /// Show or replace the key that proves links and the audit log
    #[command(subcommand)]
    Key(Key),
    /// Go on with what was held up
    #[command(subcommand)]
    Release(Release),
    /// Serve the portal, where people accept invitations, and send emails
    Serve {
        /// Only send emails
        #[arg(long, conflicts_with = "no_worker")]
        no_portal: bool,
        /// Only serve the portal
        #[arg(long)]
        no_worker: bool,
    },
    /// Look around in a throw-away organisation; nothing is stored or sent
    Demo {
        /// How many people the organisation has
        #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        users: u32,
    },
    /// Check what the program needs: settings, secrets, database, disk, key, portal, emails
    Doctor(Doctor),
    /// Bring the schema of a PostgreSQL database up to date after an upgrade (SQLite's is when rsvp starts), or move to
    /// another database
    Migrate(Migrate),
    /// Back up the database, in use or not, into one file; it never holds the key
    Backup(Backup),
    /// Put a backup in the place of the database; what is replaced is kept
    RestoreBackup(RestoreBackup),
    /// List the services and terminals that send email or serve the portal, and the version of each
    Nodes,
    /// Write the line of `authorized_keys` with which an SSH key opens the interface for a user, and nothing else
    SshLine(SshLine),
    /// Write the completions for a shell to stdout
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Check or show the settings
    #[command(subcommand)]
    Config(Config),
}

/// Whose key it is.
#[derive(Debug, Clone, Args)]
pub struct SshLine {
    /// An email address, or # and a number
    pub user: String,
    /// The public key: itself, the path of its .pub file, or - for stdin
    #[arg(required = true, value_name = "KEY")]
    pub key: Vec<String>,
}

/// How much is checked, and for whom.
#[derive(Debug, Clone, Copy, Args)]
pub struct Doctor {
    /// Only what this machine and the database tell: no name is looked up, no relay and no public address is asked
    #[arg(long)]
    pub local: bool,
    /// One line for a monitor, with the exit status 0 (OK), 1 (WARNING), 2 (CRITICAL) or 3 (UNKNOWN)
    #[arg(long, conflicts_with = "json")]
    pub nagios: bool,
}

/// Where a password comes from; never from an argument, which any process can read.
#[derive(Debug, Clone, Args)]
pub struct PasswordFrom {
    /// Read the password from the first line of stdin instead of asking
    #[arg(long, conflicts_with = "password_file")]
    pub password_stdin: bool,
    /// Read the password from a file that only its owner can read
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

/// A code or link from an email, and the password that its owner chooses.
#[derive(Debug, Clone, Args)]
pub struct Redeem {
    /// The link from the email, or the code at its end; - reads it from the first line of stdin
    #[arg(value_name = "CODE-OR-LINK")]
    pub code: String,
    #[command(flatten)]
    pub password: PasswordFrom,
}

/// What set-up needs.
#[derive(Debug, Clone, Args)]
pub struct Setup {
    /// Do nothing, and end well, if the organisation is set up already
    #[arg(long)]
    pub if_missing: bool,
    /// The organisation's name
    #[arg(long)]
    pub organisation: String,
    /// Your name
    #[arg(long)]
    pub name: String,
    /// Your email address
    #[arg(long)]
    pub email: String,
    /// The language of your emails: en, de or fr
    #[arg(long, default_value = "en")]
    pub language: String,
    /// The portal's address as invited people reach it
    #[arg(
        long,
        value_name = "URL",
        help = "The portal's public address, for example https://rsvp.example.org; saved in the settings file"
    )]
    pub public_url: Option<String>,
    /// The relay
    #[arg(
        long,
        value_name = "URL",
        requires = "from",
        help = "The relay: smtps://host or smtp://host; with a password only in the environment or a settings file"
    )]
    pub smtp_url: Option<String>,
    /// The sender of emails, for example "Example <rsvp@example.org>"; saved in the settings file
    #[arg(long, value_name = "ADDR")]
    pub from: Option<String>,
    #[command(flatten)]
    pub password: PasswordFrom,
}

/// What an invitation needs.
#[derive(Debug, Clone, Args)]
pub struct Invite {
    /// Email addresses
    #[arg(required = true, value_name = "ADDR")]
    pub emails: Vec<String>,
    /// The person's name; without it, the part before the @
    #[arg(long)]
    pub name: Option<String>,
    /// Their role in the organisation: administrator, helpdesk, auditor or none
    #[arg(long, default_value = "none")]
    pub role: String,
    /// Add them to a workspace, as member, helpdesk or admin
    #[arg(long = "workspace", value_name = "W[:ROLE]")]
    pub workspaces: Vec<String>,
    /// The language of their emails and pages: en, de or fr
    #[arg(long, default_value = "en")]
    pub language: String,
    /// How long the link works: 1h to 30d
    #[arg(long, value_name = "LENGTH")]
    pub valid_for: Option<String>,
    /// A personal message
    #[arg(long, default_value = "")]
    pub message: String,
    /// Check everything, and invite nobody
    #[arg(long)]
    pub dry_run: bool,
}

/// What to change of a user; what is not given stays.
#[derive(Debug, Clone, Args)]
pub struct Edit {
    /// An email address, or # and a number
    pub user: String,
    /// The name
    #[arg(long)]
    pub name: Option<String>,
    /// The address; an invited user gets a new invitation there
    #[arg(long, value_name = "ADDR")]
    pub email: Option<String>,
    /// The language of their emails and pages: en, de or fr
    #[arg(long)]
    pub language: Option<String>,
    /// Their role in the organisation: administrator, helpdesk, auditor or none
    #[arg(long)]
    pub role: Option<String>,
    /// A workspace to belong to, as member, helpdesk or admin; the ones that aren't given are removed
    #[arg(long = "workspace", value_name = "W[:ROLE]")]
    pub workspaces: Vec<String>,
    /// Remove them from every workspace
    #[arg(long, conflicts_with = "workspaces")]
    pub no_workspaces: bool,
    /// Whether an SSH key may stand for them (`ssh-line`); `no` ends a session that came in with one
    #[arg(long, value_name = "yes|no")]
    pub ssh: Option<YesNo>,
    /// Check whether this is possible, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum YesNo {
    /// It is so.
    Yes,
    /// It is not.
    No,
}

/// The commands for workspaces.
#[derive(Debug, Subcommand)]
pub enum Workspace {
    /// List workspaces and how many users belong to each
    List,
    /// Create a workspace
    Create {
        /// Its name; upper case, lower case and accents make no difference
        name: String,
    },
    /// Rename a workspace
    Rename {
        /// Its current name
        from: String,
        /// Its new name
        to: String,
    },
    /// Delete a workspace, after showing what it means for its users and asking; the users stay
    Delete {
        /// Its name
        name: String,
        /// Don't ask
        #[arg(long)]
        yes: bool,
        /// Show what it would mean, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// What can be held up.
#[derive(Debug, Subcommand)]
pub enum Release {
    /// Send email again: a backup was restored, and what waits may leave
    Mail,
    /// Delete again what has expired: the clock had jumped, and is right
    Purge,
}

/// The commands for memberships.
#[derive(Debug, Subcommand)]
pub enum Member {
    /// Add users to a workspace
    Add {
        /// The workspace and the role there, member or admin; without a role, their present one or member
        #[arg(value_name = "W[:ROLE]")]
        membership: String,
        #[command(flatten)]
        change: Change,
    },
    /// Remove users from a workspace
    Remove {
        /// The workspace
        #[arg(value_name = "W")]
        membership: String,
        #[command(flatten)]
        change: Change,
    },
    /// Change the role of users in a workspace
    Role {
        /// The workspace, and member or admin
        #[arg(value_name = "W:ROLE")]
        membership: String,
        #[command(flatten)]
        change: Change,
    },
}

/// What a list needs.
#[derive(Debug, Clone, Args)]
pub struct List {
    /// all, attention, invited, expired, active, suspended or deleted
    #[arg(long, default_value = "all")]
    pub view: String,
    /// Only users with all these words in their name or address
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub search: Option<String>,
    /// Only users of this workspace
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub workspace: Option<String>,
    /// Only users with this role: administrator, helpdesk, auditor or none in the organisation, or W:member, W:helpdesk or
    /// W:admin in a workspace
    #[arg(long, value_name = "ROLE", value_parser = NonEmptyStringValueParser::new())]
    pub role: Option<String>,
    /// name, email, status, invited or last-sign-in
    #[arg(long, default_value = "name")]
    pub sort: String,
    /// Show at most this many users, 1 to 1000
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
    /// Continue after the `next` of the previous page
    #[arg(long, value_name = "CURSOR")]
    pub after: Option<String>,
}
