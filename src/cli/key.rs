//! `rsvp key`: what is said of the key, and what is asked before links die.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;

use super::ask;
use super::out::{Failed, Out, Status, Usage};
use crate::app::upkeep::key::{self, Exchanged, KeyState, OpenLinks};
use crate::domain::text::visible;

/// The command that brings the links back that an exchange ended.
const RESEND: &str = "rsvp resend --view invited";

/// `rsvp key status`
pub fn status(status: &key::Status, file: &Path, out: Out) -> Status {
    let older: Vec<_> = status
        .older
        .iter()
        .map(|(one, open)| json!({ "fingerprint": one.id, "state": one.state.name(), "until_link": one.until, "open_links": open }))
        .collect();
    let shown = visible(&file.to_string_lossy()).into_owned();
    let data = json!({ "fingerprint": status.id, "key_file": shown, "open_links": status.open_links, "older": older });
    out.data(&data, || {
        let mut text =
            format!("Key {} in {shown} is this database\u{2019}s; {}.", status.id, open_links(status.open_links));
        for (one, open) in &status.older {
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                "\n  before it {} ({}): sealed the audit log up to link {}",
                one.id,
                one.state.name(),
                one.until
            );
            let _ = match (one.state, open) {
                (KeyState::Retired, 0) => write!(text, "; no open link uses it"),
                (KeyState::Retired, open) => write!(text, "; {} that use it work until they expire", open_links(*open)),
                (KeyState::Stolen | KeyState::Lost, _) => write!(text, "; no link works with it"),
            };
        }
        text
    });
    Status::Done
}

/// Says what dies when a key is stolen, and asks.
pub fn sure_of_stolen(open: OpenLinks) -> Result<bool, Failed> {
    ask::sure(&dying(open), "Replace the key and end all of these?")
}

/// Says what is over when a key is lost, and asks.
pub fn sure_of_lost(open: OpenLinks) -> Result<bool, Failed> {
    let mut consequences = dying(open);
    consequences.push("The audit log so far stays, but it can no longer be verified.".to_owned());
    ask::sure(&consequences, "Is the key lost for good? Make a new one?")
}

fn dying(open: OpenLinks) -> Vec<String> {
    vec![format!("{}: these links will no longer work, and their unsent emails will be cancelled.", counted(open))]
}

fn open_links(count: u64) -> String {
    several(count, "open link", "open links")
}

fn several(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// How many of each there are.
fn counted(links: OpenLinks) -> String {
    format!(
        "{}, {}, {}",
        several(links.invitations, "invitation", "invitations"),
        several(links.resets, "password reset", "password resets"),
        several(links.email_changes, "change of address", "changes of address")
    )
}

/// A key that is there is not lost.
pub fn not_lost(file: &Path) -> Usage {
    let file = file.to_string_lossy();
    Usage::new(
        format!("the key of this database is in {}", visible(&file)),
        "replace it with `rsvp key rotate`, and add --stolen if someone else may have it",
    )
}

/// Nothing was done.
pub fn nothing(out: Out) -> Status {
    out.message("Nothing was changed.");
    Status::Refused
}

/// What came of `rsvp key export`.
pub fn exported(file: &Path, out: Out) -> Status {
    let shown = visible(&file.to_string_lossy()).into_owned();
    out.data(&json!({ "file": shown }), || {
        format!("The key is in {shown}, with the list of erased people and the highest numbers beside it.")
    });
    out.message(
        "Whoever has it and the database can make links: keep it where neither the database nor its backups are.",
    );
    Status::Done
}

/// What came of `rsvp key rotate`.
pub fn rotated(done: &Exchanged, file: &Path, out: Out) -> Status {
    report(done, file, "The key was rotated", out)
}

/// What came of `rsvp key new --lost`.
pub fn made(done: &Exchanged, file: &Path, out: Out) -> Status {
    report(done, file, "A new key was made", out)
}

fn report(done: &Exchanged, file: &Path, what: &str, out: Out) -> Status {
    let ended = done.ended;
    let data = json!({
        "fingerprint": done.id,
        "key_file": visible(&file.to_string_lossy()),
        "links_ended": { "invitations": ended.invitations, "resets": ended.resets, "email_changes": ended.email_changes },
    });
    out.data(&data, || {
        let mut text = format!("{what}: {} is the current key.", done.id);
        if ended.all() > 0 {
            let _ = write!(text, " Links ended: {}.", counted(ended));
        }
        text
    });
    if ended.invitations > 0 {
        out.message(&format!("Resend the invitations with: {RESEND}"));
    }
    out.message("Keep a copy of the key file apart from backups of the database, and start rsvp serve again.");
    Status::Done
}
