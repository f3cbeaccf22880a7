//! `rsvp audit`: who did what to whom, and whether anybody meddled with the log.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::args;
use super::out::{Failed, Out, Status, Usage};
use super::table::table;
use crate::app::App;
use crate::app::audit::list_audit::{self, self as log, Request};
use crate::app::audit::seal_audit::HeadFile;
use crate::app::audit::verify_audit::{self, Head, Verified, told};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Entry;
use crate::domain::text::visible;
use crate::domain::time::parse_moment;

/// Entries that `--jsonl` reads at once.
const CHUNK: u16 = 1_000;

pub async fn run(app: &App, actor: &Actor, command: args::Audit, out: Out) -> Result<Status, Failed> {
    match command {
        args::Audit::List(args) => list(app, actor, args, out).await,
        args::Audit::Verify { head } => verify(app, actor, head.as_deref(), out).await,
    }
}

async fn list(app: &App, actor: &Actor, args: args::AuditList, out: Out) -> Result<Status, Failed> {
    let action = |text: &String| {
        Action::parse(text).ok_or_else(|| {
            let names = Action::ALL.map(Action::name).join(", ");
            Usage::new(format!("there is no action {}", visible(text)), format!("use one of {names}"))
        })
    };
    let moment = |text: &String| parse_moment(text, app.now(), &TimeZone::system()).map_err(Usage::plain);
    let request = Request {
        user: args.user,
        actor: args.actor,
        action: args.action.as_ref().map(action).transpose()?,
        since: args.since.as_ref().map(moment).transpose()?,
        until: args.until.as_ref().map(moment).transpose()?,
        beyond: args.after,
        oldest_first: args.jsonl,
        limit: if args.jsonl { CHUNK } else { args.limit },
    };
    if args.jsonl {
        return lines(app, actor, request).await;
    }
    let page = list_audit::run(app, actor, &request).await?;
    let items: Vec<_> = page.entries.iter().map(item).collect();
    let zone = TimeZone::system();
    out.data(&json!({ "items": items, "next": page.next }), || {
        let row = |entry: &Entry| {
            vec![
                entry.id.to_string(),
                entry.at.local(&zone),
                entry.actor.clone(),
                Action::parse(&entry.action).map_or_else(|| entry.action.clone(), |action| action.past().to_owned()),
                whom(entry),
            ]
        };
        table(&["No.", "When", "Who", "What", "Whom"], &page.entries.iter().map(row).collect::<Vec<_>>())
    });
    if let Some(next) = page.next {
        out.message(&format!("there are more: --limit {} --after {next}", args.limit));
    }
    Ok(Status::Done)
}

/// Whom it concerned, as far as that is known.
fn whom(entry: &Entry) -> String {
    match (&entry.subject_name, entry.subject) {
        (Some(name), _) => name.clone(),
        (None, Some(id)) => format!("#{}", id.0),
        (None, None) => String::new(),
    }
}

/// Every entry, a line each, the oldest first: for a program that collects logs.
async fn lines(app: &App, actor: &Actor, mut request: Request) -> Result<Status, Failed> {
    loop {
        let log::Page { entries, next } = list_audit::run(app, actor, &request).await?;
        Out::lines(entries.iter().map(item));
        match next {
            Some(last) => request.beyond = Some(last),
            None => return Ok(Status::Done),
        }
    }
}

fn item(entry: &Entry) -> Value {
    json!({
        "id": entry.id,
        "at": entry.at.rfc3339(),
        "actor": entry.actor,
        "actor_id": entry.actor_id.map(|id| id.0),
        "action": entry.action,
        "user": entry.subject.map(|id| id.0),
        "user_name": entry.subject_name,
        "detail": entry.detail,
    })
}

async fn verify(app: &App, actor: &Actor, head: Option<&str>, out: Out) -> Result<Status, Failed> {
    let head = head.map(|text| {
        let parts = text.split_once(':').and_then(|(seq, proof)| Some((seq.parse().ok()?, proof)));
        let (seq, proof) = parts
            .filter(|(_, proof)| proof.len() >= 8 && proof.chars().all(|c| c.is_ascii_hexdigit()))
            .ok_or_else(|| {
                Usage::new(
                    "this isn't a head of the audit log",
                    "copy it from the service's log: a number, a colon and letters",
                )
            })?;
        Ok::<_, Usage>(Head { seq, proof: proof.to_lowercase() })
    });
    let found = verify_audit::run(app, actor, head.transpose()?.as_ref()).await?;
    let shown = found.head.as_ref().map(told);
    let broken = found.broken.as_ref();
    let data = json!({
        "state": if broken.is_none() { "ok" } else { "broken" },
        "sealed": found.sealed,
        "unsealed": found.unsealed,
        "erased": found.erased,
        "unprovable": found.unprovable,
        "restored": found.restored,
        "head": shown,
        "kept_head": found.head_file.name(),
        "broken": broken.map(|broken| json!({
            "link": broken.seq, "entry": broken.entry, "why": broken.why.to_string(),
        })),
    });
    out.data(&data, || report(&found, shown.as_deref()));
    Ok(if broken.is_none() { Status::Done } else { Status::Failed })
}

fn report(found: &Verified, head: Option<&str>) -> String {
    let mut text = String::new();
    if let Some(broken) = &found.broken {
        let entry = broken.entry.map_or(String::new(), |entry| format!(", entry {entry}"));
        let _ = writeln!(text, "BROKEN at link {}{entry}: {}", broken.seq, broken.why);
        let _ = writeln!(text, "{} entries before it are unchanged.", found.sealed);
        return text;
    }
    let _ = writeln!(text, "{} entries are sealed and unchanged.", found.sealed);
    if found.restored > 0 {
        let _ = writeln!(
            text,
            "A backup was restored {}: entries of the time between aren't in this log.",
            if found.restored == 1 { "once".to_owned() } else { format!("{} times", found.restored) }
        );
    }
    if found.unprovable > 0 {
        let _ = writeln!(
            text,
            "{} before them were sealed with a key that is lost, so they can't be verified.",
            found.unprovable
        );
    }
    if found.erased > 0 {
        let _ = writeln!(text, "The detail of {} of them, or where the actor came from, was erased.", found.erased);
    }
    if found.unsealed > 0 {
        let _ = writeln!(
            text,
            "{} aren't sealed: `rsvp serve` or an open terminal seals new entries within seconds, and an entry that stays unsealed was added by \
             someone else.",
            found.unsealed
        );
    }
    if found.head_file == HeadFile::Missing {
        text.push_str(
            "No head is kept beside the key on this machine, so a cut end shows only against one that you kept elsewhere: \
             use --head.\n",
        );
    }
    if let Some(head) = head {
        let _ = writeln!(text, "Head: {head}");
    }
    text
}
