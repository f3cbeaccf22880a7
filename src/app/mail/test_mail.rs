//! Send a test email: through the outbox like any other, so that what works for it works for invitations.

use serde_json::json;

use crate::app::step::Step;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::email::Email;
use crate::domain::mail::{GIVE_UP, MailId, MailKind};
use crate::domain::name::Name;
use crate::domain::policy::allow;
use crate::domain::time::Timestamp;
use crate::store::NewMail;

/// What a test email that goes straight to the relay needs.
pub struct DirectTest {
    /// Its Message-ID without brackets.
    pub message_id: String,
    /// The `Date` header.
    pub at: Timestamp,
}

/// Writes down that a test email goes straight to the relay, beside the outbox. Only an administrator may.
pub async fn direct(app: &App, actor: &Actor, to: &Email) -> Result<DirectTest, Failure> {
    let message_id = &app.message_id();
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            may(&step)?;
            let detail = json!({ "to": to.as_str(), "message_id": message_id });
            step.record(Record { action: Action::TestMail, subject: None, detail }).await?;
            Ok(DirectTest { message_id: message_id.clone(), at: step.now })
        })
        .await
}

fn may(step: &Step<'_>) -> Result<(), Failure> {
    Ok(allow(&step.authority, &Change::Act(Action::TestMail), None)?)
}

/// Puts a test email to this address into the outbox. Only an administrator may.
pub async fn run(app: &App, actor: &Actor, to: &Email) -> Result<MailId, Failure> {
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            may(&step)?;
            let new = NewMail {
                kind: MailKind::Test,
                user: None,
                // Who asked for it: a test has no link whose row could be named here.
                subject: actor.who.user().map(|id| id.0),
                to: to.clone(),
                to_name: Name::stored(String::new()),
                message_id: app.message_id(),
                at: step.now,
                next_at: step.now,
                not_after: step.now.plus(GIVE_UP),
            };
            let id = tx.insert_mail(&new).await?;
            tx.probe_relay_at(step.now).await?;
            let detail = json!({ "to": to.as_str(), "mail": id.0 });
            step.record(Record { action: Action::TestMail, subject: None, detail }).await?;
            Ok(id)
        })
        .await
}
