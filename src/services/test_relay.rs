//! `rsvp mail test ADDRESS`: a test email straight to the relay, each stage of the conversation shown as it ends.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::transport;
use crate::app::App;
use crate::app::mail::test_mail::direct;
use crate::cli::{Failed, Out, Status, Usage};
use crate::config::settings::{Settings, Smtp};
use crate::domain::actor::Actor;
use crate::domain::content::{Content, Test};
use crate::domain::email::Email;
use crate::domain::explain::{Explain, Kind};
use crate::domain::language::Language;
use crate::domain::mail::{Failure, FailureClass, Stage};
use crate::mail::message::{Envelope, compose};
use crate::mail::render::render;
use crate::mail::smtp::Limits;
use crate::mail::smtp::connection::{WatchedStage, walk};

/// The relay did not take the test email.
#[derive(Debug, thiserror::Error)]
#[error("the relay didn't accept the test email: it failed at the stage \u{201c}{}\u{201d}", .0.stage.name())]
struct NotTaken(Failure);

impl Explain for NotTaken {
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    fn code(&self) -> &'static str {
        "relay"
    }

    fn hint(&self) -> Option<String> {
        Some(self.0.text.clone())
    }
}

/// Sends a test email and shows each stage. It is no email of the outbox, so nothing retries it.
pub async fn test(
    app: &App,
    actor: &Actor,
    (settings, smtp): (&Settings, &Smtp),
    to: &Email,
    out: Out,
) -> Result<Status, Failed> {
    let relay = transport::relay(smtp, Limits::WAITED_FOR)?;
    let Some(from) = transport::sender(settings, app.organisation()) else {
        return Err(Usage::new("no sender is set, so no email can be sent", "set mail.from").into());
    };
    let recorded = direct(app, actor, to).await?;
    let content =
        Content::Test(Test { organisation: app.organisation().to_owned(), sender: None, sent_at: recorded.at });
    let words = render(&content, Language::default(), &TimeZone::UTC).map_err(|error| {
        let (class, text) = (FailureClass::Permanent, error.to_string());
        NotTaken(Failure { class, stage: Stage::Build, code: None, text })
    })?;
    let envelope = Envelope {
        from_name: from.name,
        from: from.address,
        return_path: from.return_path,
        to: to.clone(),
        to_name: String::new(),
        message_id: recorded.message_id,
        date: recorded.at,
        code: None,
    };
    let bytes = compose(&words, &envelope).map_err(|error| NotTaken(error.into()))?;
    let mut stages: Vec<Value> = Vec::new();
    let mut watch = |step: WatchedStage| {
        let (ended, code, text) = match &step.result {
            Ok(words) => ("ok", None, words.as_str()),
            Err(failure) => ("failed", failure.code, failure.text.as_str()),
        };
        let ms = u64::try_from(step.took.as_millis()).unwrap_or(u64::MAX);
        let stage = step.stage.name();
        // A person sees each stage as it ends; a script gets all at once.
        out.line(&format!("{ended:<7}{stage:<10}{ms:>6} ms  {text}"));
        let one = json!({ "stage": stage, "state": ended, "ms": ms, "code": code, "text": text });
        stages.push(one);
    };
    let taken = walk(&relay, Some((&envelope, &bytes)), &mut watch).await;
    out.data(
        &json!({ "to": to.as_str(), "message_id": envelope.message_id, "items": stages, "next": null }),
        String::new,
    );
    match taken {
        Ok(()) => Ok(Status::Done),
        Err(failure) => Err(NotTaken(failure).into()),
    }
}
