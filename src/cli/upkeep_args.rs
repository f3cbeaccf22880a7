//! The arguments of the commands for the installation: emails, the audit log, the key, settings.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};

use super::target_args::Consent;

/// The commands for emails.
#[derive(Debug, Subcommand)]
pub enum Mail {
    /// List emails, newest first
    List {
        /// Only in this state: queued, sending, accepted, failed, cancelled or expired; can be given several times
        #[arg(long = "state", value_name = "STATE")]
        states: Vec<String>,
        /// Only to this user: an email address, or # and a number
        #[arg(long, value_parser = NonEmptyStringValueParser::new())]
        user: Option<String>,
        /// Show at most this many emails, 1 to 1000
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
        /// Continue after the `next` of the previous page
        #[arg(long, value_name = "CURSOR")]
        after: Option<i64>,
    },
    /// Show one email with every attempt to send it
    Show {
        /// The email's number
        number: i64,
    },
    /// Retry emails that are queued or failed
    Retry {
        /// The emails' numbers
        #[arg(required_unless_present = "failed")]
        numbers: Vec<i64>,
        /// Every failed email whose link still works
        #[arg(long, conflicts_with = "numbers")]
        failed: bool,
        /// Show which emails this would retry, and change nothing
        #[arg(long, conflicts_with = "numbers")]
        dry_run: bool,
        #[command(flatten)]
        consent: Consent,
    },
    /// Cancel emails that are queued or failed; their links keep working
    Cancel {
        /// The emails' numbers
        #[arg(required = true)]
        numbers: Vec<i64>,
    },
    /// Read an email, with dots in place of its code
    Preview {
        /// The email's number
        number: i64,
        /// As HTML instead of plain text
        #[arg(long)]
        html: bool,
    },
    /// Send a test email and show each stage of the conversation with the relay; without a relay, queue it
    Test {
        /// Where to
        #[arg(value_name = "ADDR")]
        to: String,
    },
}

/// The commands for the audit log.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// List what was done, newest first
    List(AuditList),
    /// Verify the chain of the log and show where it is broken, if it is
    Verify {
        /// A head that was kept elsewhere, for example in the service's log: the chain must contain it
        #[arg(long, value_name = "N:PROOF")]
        head: Option<String>,
    },
}

/// The commands for the key.
#[derive(Debug, Clone, Subcommand)]
pub enum Key {
    /// Show the current key, the earlier ones, and how many open links use each
    Status,
    /// Rotate the key; links made with the old one keep working
    Rotate {
        /// Someone else may have the old one: every open link ends now
        #[arg(long)]
        stolen: bool,
        /// Don't ask
        #[arg(long)]
        yes: bool,
    },
    /// Copy the key, and what is kept beside it, to another place: a backup of the database never holds it
    Export {
        /// A new file; only its owner can read it
        file: PathBuf,
    },
    /// Make a new key after the old one was lost for good; every open link ends
    New {
        /// Confirm that the key is lost, the only reason for a new key
        #[arg(long, required = true)]
        lost: bool,
        /// Don't ask
        #[arg(long)]
        yes: bool,
    },
}

/// Which entries of the audit log.
#[derive(Debug, Clone, Args)]
pub struct AuditList {
    /// Only what happened to this user: an email address, or # and a number
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub user: Option<String>,
    /// Only what this actor did: an email address, # and a number, operator, or rsvp for the program itself
    #[arg(long, value_parser = NonEmptyStringValueParser::new(), value_name = "WHO")]
    pub actor: Option<String>,
    /// Only this action, for example invite, edit or sign-in-failed
    #[arg(long)]
    pub action: Option<String>,
    /// Only from this time on: 2026-11-24, 2026-11-24T09:30, with a zone as in RFC 3339, or 7d for the last seven days
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only before this time
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Show at most this many entries, 1 to 1000
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
    /// Continue after the `next` of the previous page; with --jsonl, after the last entry that was read
    #[arg(long, value_name = "NUMBER")]
    pub after: Option<i64>,
    /// Write every entry as a line of JSON, oldest first: for a program that collects logs
    #[arg(long, conflicts_with = "limit")]
    pub jsonl: bool,
}

/// The commands for settings.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Config {
    /// Show everything that is wrong with the settings
    Check,
    /// Show every setting and where it comes from
    Show,
}

/// What a backup needs.
#[derive(Debug, Clone, Args)]
pub struct Backup {
    /// A new file; in a folder that exists, each backup gets a name of its own
    #[arg(required_unless_present = "check")]
    pub file: Option<PathBuf>,
    /// Keep only the newest N backups in that folder
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub keep: Option<u16>,
    /// Read every page of a backup that was made before, and make none
    #[arg(long, value_name = "FILE", conflicts_with_all = ["file", "keep"])]
    pub check: Option<PathBuf>,
}

/// What restoring a backup needs.
#[derive(Debug, Clone, Args)]
pub struct RestoreBackup {
    /// A file that `rsvp backup` made, or the copy from before an upgrade
    pub file: PathBuf,
    /// Check everything and show what it would mean, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Don't ask
    #[arg(long)]
    pub yes: bool,
    /// The key is lost for good: make a new one
    #[arg(long)]
    pub key_lost: bool,
}

/// What moving to another database needs.
#[derive(Debug, Clone, Args)]
pub struct Migrate {
    /// Where to
    #[arg(
        long,
        value_name = "URL",
        help = "Move the organisation into this empty database: sqlite:///path/to/rsvp.db or postgres://user@host/name"
    )]
    pub to: Option<String>,
    /// A file that holds the password of that database and nothing else, readable by its owner only
    #[arg(long, value_name = "FILE", requires = "to")]
    pub password_file: Option<PathBuf>,
}
