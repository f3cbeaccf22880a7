//! `rsvp mail`: see and steer the mails in the outbox.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use serde_json::json;

use super::many::{Plan, Whom};
use super::out::{Failed, Out, Status, Usage};
use super::table::table;
use super::targets::Selection;
use super::verdict::verdicts_of;
use super::{args, json};
use crate::app::App;
use crate::app::mail::list_mails::{self, Request};
use crate::app::mail::preview_mail::{self, Wording};
use crate::app::mail::{cancel_mail, retry_mail, test_mail};
use crate::app::upkeep::health;
use crate::app::users::find;
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::email::Email;
use crate::domain::mail::{Mail, MailId, MailState};
use crate::domain::node::Alive;
use crate::domain::text::{counted, shorten, visible};
use crate::domain::time::words;

/// What `retry --failed` is about.
const NOUN: &str = "failed email";
/// Letters of an answer that a list shows.
const ANSWER: usize = 60;

pub async fn run(app: &App, actor: &Actor, command: args::Mail, wording: Wording, out: Out) -> Result<Status, Failed> {
    match command {
        args::Mail::List { states, user, limit, after } => list(app, actor, (states, user, limit, after), out).await,
        args::Mail::Show { number } => show(app, actor, MailId(number), out).await,
        args::Mail::Retry { failed: true, dry_run, consent, .. } => {
            retry_failed(app, actor, dry_run, consent, out).await
        }
        args::Mail::Retry { numbers, .. } => {
            each(&numbers, out, "due at once", async |id| Ok(retry_mail::run(app, actor, id).await?)).await
        }
        args::Mail::Cancel { numbers } => {
            each(&numbers, out, "cancelled", async |id| Ok(cancel_mail::run(app, actor, id).await?)).await
        }
        args::Mail::Preview { number, html } => preview(app, actor, MailId(number), html, wording, out).await,
        args::Mail::Test { to } => {
            let email = Email::parse(&to).map_err(Usage::plain)?;
            let id = test_mail::run(app, actor, &email).await?;
            let detail = list_mails::show(app, actor, id).await?;
            out.data(&json::mail(&detail.mail), || {
                format!("email {} to {email} is queued; `rsvp mail show {}` shows what happens to it", id.0, id.0)
            });
            waiting(app, actor, out).await?;
            Ok(Status::Done)
        }
    }
}

/// Retries every failed email that can be sent again, after a question about exactly those.
async fn retry_failed(
    app: &App,
    actor: &Actor,
    dry_run: bool,
    consent: args::Consent,
    out: Out,
) -> Result<Status, Failed> {
    let found = retry_mail::look(app, actor).await?;
    let ids: Vec<MailId> = found.usable.iter().map(|mail| mail.id).collect();
    let to: Vec<String> = found.usable.iter().map(|mail| format!("{} <{}>", mail.to_name, mail.to)).collect();
    let (count, left_out) = (ids.len() as u64, found.left_out);
    if let Some(left_out) = found.left_out_words() {
        out.message(&left_out);
    }
    if dry_run {
        let numbers: Vec<i64> = ids.iter().map(|id| id.0).collect();
        out.data(&json!({ "would_retry": numbers, "left_out": left_out }), || {
            let mut text = String::new();
            for (id, to) in ids.iter().zip(&to) {
                let _ = writeln!(text, "email {} to {to}", id.0);
            }
            format!("{text}{} would be retried; nothing was changed", counted(count, NOUN))
        });
        return Ok(Status::Done);
    }
    let plan = Plan::of_mails(Action::RetryMail, "Retry {}?", NOUN);
    if !plan.may_begin(&Whom { count, names: &to, by_query: true, views: 0 }, consent, out)? {
        return Ok(super::change::nothing(out));
    }
    let retried = retry_mail::retry_these(app, actor, &ids).await?;
    if retried < count {
        out.message(&format!("{} changed meanwhile and weren't retried.", counted(count - retried, NOUN)));
    }
    out.data(&json!({ "retried": retried, "left_out": left_out }), || format!("{} retried", counted(retried, "email")));
    Ok(Status::Done)
}

/// Which emails a list is asked for: states, user, most, after.
type ListArguments = (Vec<String>, Option<String>, u16, Option<i64>);

async fn list(
    app: &App,
    actor: &Actor,
    (states, user, limit, after): ListArguments,
    out: Out,
) -> Result<Status, Failed> {
    let state = |text: &String| {
        MailState::parse_public(text).ok_or_else(|| {
            let names = MailState::ALL.map(MailState::public_name).join(", ");
            Usage::new(format!("there is no state {}", visible(text)), format!("use one of {names}"))
        })
    };
    let states = states.iter().map(state).collect::<Result<_, _>>()?;
    let user = match user {
        Some(name) => Some(find::run(app, actor, &name).await?.id),
        None => None,
    };
    let page = list_mails::run(app, actor, Request { states, user, before: after.map(MailId), limit }).await?;
    let next = page.next.map(|id| id.0);
    let items: Vec<_> = page.mails.iter().map(json::mail).collect();
    let zone = TimeZone::system();
    out.data(&json!({ "items": items, "next": next }), || {
        let row = |mail: &Mail| {
            let when = mail.next_at.or(mail.ended_at).unwrap_or(mail.created_at);
            vec![
                mail.id.0.to_string(),
                mail.state.public_name().to_owned(),
                mail.to.as_str().to_owned(),
                mail.kind.name().to_owned(),
                mail.attempts.to_string(),
                when.local_short(&zone),
                mail.last.as_ref().map_or(String::new(), |last| shorten(&last.text, ANSWER).into_owned()),
            ]
        };
        let rows: Vec<_> = page.mails.iter().map(row).collect();
        table(&["No.", "State", "To", "Kind", "Failed", "Next or end", "Last answer"], &rows)
    });
    if let Some(next) = next {
        out.message(&format!("there are more: --limit {limit} --after {next}"));
    }
    waiting(app, actor, out).await?;
    Ok(Status::Done)
}

/// Says why emails wait, if they do.
async fn waiting(app: &App, actor: &Actor, out: Out) -> Result<(), Failed> {
    let health = health::run(app, actor).await?;
    let why = match &health.relay {
        _ if health.waiting == 0 => return Ok(()),
        _ if health.held_at.is_some() => "a backup was restored, and email waits until `rsvp release mail`".to_owned(),
        Some(relay) => {
            let next = words(relay.next_probe_at.since(health.at));
            format!("the relay can't be used ({}); next try in {next}", relay.reason)
        }
        None if !health.has_address => "links can't be made: set portal.public_url".to_owned(),
        None if health.worker != Alive::Now => {
            "no service runs that sends them: start `rsvp serve`, with mail.transport set".to_owned()
        }
        None => return Ok(()),
    };
    out.message(&format!("{} queued: {why}", health.waiting));
    Ok(())
}

async fn show(app: &App, actor: &Actor, id: MailId, out: Out) -> Result<Status, Failed> {
    let detail = list_mails::show(app, actor, id).await?;
    out.data(&json::mail_detail(&detail), || {
        let (mail, zone) = (&detail.mail, TimeZone::system());
        let mut text = format!("email {}: {}\n", mail.id.0, mail.state.public_name());
        let mut line = |name: &str, value: &str| {
            let _ = writeln!(text, "  {name:<12}{value}");
        };
        if let Some(note) = mail.note() {
            line("note", note);
        }
        line("to", &format!("{} <{}>", mail.to_name, mail.to));
        line("kind", mail.kind.name());
        line("message-id", &detail.message_id);
        line("enqueued", &mail.created_at.local(&zone));
        if let Some(next) = mail.next_at {
            line("next try", &next.local(&zone));
        }
        if let Some(ended) = mail.ended_at {
            line("ended", &ended.local(&zone));
        }
        for attempt in &detail.attempts {
            let answer = &attempt.answer;
            let code = answer.code.map_or(String::new(), |code| format!("{code} "));
            line("try", &format!("{} {}: {code}{}", attempt.at.local(&zone), answer.stage, visible(&answer.text)));
        }
        text
    });
    Ok(Status::Done)
}

async fn preview(
    app: &App,
    actor: &Actor,
    id: MailId,
    html: bool,
    wording: Wording,
    out: Out,
) -> Result<Status, Failed> {
    let words = preview_mail::run(app, actor, id, wording).await?;
    let data = json!({
        "id": id.0, "subject": words.subject, "text": words.text, "html": words.html, "source": words.source.name(),
    });
    let note = words.source.note().map_or(String::new(), |note| format!("Note: {note}\n"));
    out.data(&data, || {
        if html { words.html.clone() } else { format!("Subject: {}\n{note}\n{}", words.subject, words.text) }
    });
    Ok(Status::Done)
}

/// Steers each email.
async fn each(
    numbers: &[i64],
    out: Out,
    done: &str,
    steer: impl AsyncFn(MailId) -> Result<Mail, Failed>,
) -> Result<Status, Failed> {
    let selection = Selection::of(numbers.iter().map(ToString::to_string).collect(), numbers.len() == 1);
    verdicts_of("mail", "email", &selection, out, async |number| {
        // They were numbers a moment ago.
        let id = MailId(number.parse().unwrap_or_default());
        let mail = steer(id).await?;
        Ok((json::mail(&mail), format!("email {}: {done}", mail.id.0)))
    })
    .await
}
