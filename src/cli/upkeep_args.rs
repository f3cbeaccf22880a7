//! What can be typed after the commands that look after the installation: mails, the audit log, the key, settings.

use clap::{Args, Subcommand};

/// What can be done with mails.
#[derive(Debug, Subcommand)]
pub enum Mail {
    /// List mails, the newest first
    List {
        /// Only in this state: queued, sending, sent, dead, cancelled or expired; can be given several times
        #[arg(long = "state", value_name = "STATE")]
        states: Vec<String>,
        /// Only to this user: an email address, or # and a number
        #[arg(long)]
        user: Option<String>,
        /// Most mails, 1 to 1000
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
        /// Go on after the `next` of the page before
        #[arg(long, value_name = "CURSOR")]
        after: Option<i64>,
    },
    /// Show one mail with every try
    Show {
        /// The mail's number
        number: i64,
    },
    /// Try mails again that wait or failed
    Retry {
        /// The mails' numbers
        #[arg(required_unless_present = "failed")]
        numbers: Vec<i64>,
        /// Every failed mail whose link still works
        #[arg(long, conflicts_with = "numbers")]
        failed: bool,
    },
    /// Withdraw mails that wait or failed; their links go on working
    Cancel {
        /// The mails' numbers
        #[arg(required = true)]
        numbers: Vec<i64>,
    },
    /// Read what a mail says, with dots where its code is
    Preview {
        /// The mail's number
        number: i64,
        /// As HTML instead of plain text
        #[arg(long)]
        html: bool,
    },
    /// Send a test mail and tell each stage of the conversation with the relay; without a relay, through the outbox
    Test {
        /// Where to
        #[arg(value_name = "ADDR")]
        to: String,
    },
}

/// What can be done with the audit log.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// List what was done, the newest first
    List(AuditList),
    /// Walk the chain over the log and say where it breaks, if it does
    Verify {
        /// A head that was kept elsewhere, such as in the service's log: the chain must hold it
        #[arg(long, value_name = "N:PROOF")]
        head: Option<String>,
    },
}

/// What can be done with the key.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Key {
    /// Say which key counts, which did before, and how many open links hang on each
    Status,
    /// Exchange the key for a new one; links that the old one made go on working
    Rotate {
        /// Somebody else may have the old one: every open link ends now
        #[arg(long)]
        stolen: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Make a new key after the old one was lost for good; every open link ends
    New {
        /// Say so: there is no other reason for a new key beside a database that has one
        #[arg(long, required = true)]
        lost: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// Which entries of the audit log.
#[derive(Debug, Clone, Args)]
pub struct AuditList {
    /// Only what happened to this user: an email address, or # and a number
    #[arg(long)]
    pub user: Option<String>,
    /// Only what this one did: an email address, # and a number, operator, or rsvp for the program itself
    #[arg(long, value_name = "WHO")]
    pub actor: Option<String>,
    /// Only this action, such as invite, edit or sign-in-failed
    #[arg(long)]
    pub action: Option<String>,
    /// Only from then on: 2026-11-24, 2026-11-24T09:30, with a zone as in RFC 3339, or 7d for the last seven days
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only before then
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Most entries, 1 to 1000
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
    /// Go on after the `next` of the page before; with --jsonl, after the last entry that was read
    #[arg(long, value_name = "NUMBER")]
    pub after: Option<i64>,
    /// Every entry as a line of JSON, the oldest first: for a program that collects logs
    #[arg(long, conflicts_with = "limit")]
    pub jsonl: bool,
}

/// What can be done with settings.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Config {
    /// Say everything that is wrong with the settings
    Check,
    /// Show every setting and where it comes from
    Show,
}
