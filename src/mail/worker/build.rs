//! From a claimed email to its bytes. An email that makes the program panic is set aside like any other that cannot
//! be built, so that it does not take the worker with it again and again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::tz::TimeZone;

use crate::app::mail::outbox::{Job, JobContent};
use crate::domain::code::Code;
use crate::domain::email::Email;
use crate::domain::mail::{Failure, FailureClass, Stage};
use crate::mail::message::{Bytes, Envelope, Kept, Sender, compose};
use crate::mail::render::render;

/// What an email says, put into words; and the text to be kept of it, unless it was kept before.
pub(super) fn words(job: &Job, from: &Sender) -> Result<(Kept, Option<String>), Failure> {
    guarded(|| match &job.content {
        JobContent::Stored(text) => Ok((serde_json::from_str(text).map_err(|e| unbuilt(e.to_string()))?, None)),
        JobContent::Unrendered(content, language) => {
            let words = render(content, *language, &TimeZone::UTC).map_err(|e| unbuilt(e.to_string()))?;
            let kept = Kept { from: from.address.as_str().to_owned(), from_name: from.name.clone(), words };
            let text = serde_json::to_string(&kept).map_err(|e| unbuilt(e.to_string()))?;
            Ok((kept, Some(text)))
        }
    })
}

pub(super) fn bytes(job: &Job, kept: &Kept, from: &Sender) -> Result<(Envelope, Bytes), Failure> {
    guarded(|| {
        let mail = &job.mail;
        let envelope = Envelope {
            from_name: kept.from_name.clone(),
            from: Email::stored(kept.from.clone()),
            return_path: from.return_path.clone(),
            to: mail.to.clone(),
            to_name: mail.to_name.as_str().to_owned(),
            message_id: job.message_id.clone(),
            date: mail.created_at,
            code: job.code.as_ref().map(|code| Code::parse(code)).transpose().map_err(|e| unbuilt(e.to_string()))?,
        };
        let bytes = compose(&kept.words, &envelope)?;
        Ok((envelope, bytes))
    })
}

fn guarded<T>(build: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(build))
        .unwrap_or_else(|_| Err(unbuilt("writing this email failed unexpectedly".to_owned())))
}

const fn unbuilt(text: String) -> Failure {
    Failure { class: FailureClass::Permanent, stage: Stage::Build, code: None, text }
}
