//! Cancel an email that waits or was given up. Its link goes on working: revoking the invitation is what ends that.

use serde_json::json;

use crate::app::mail::retry_mail::{Error, seen};
use crate::app::step::Step;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::change::Change;
use crate::domain::mail::{Mail, MailId};
use crate::domain::policy::scope;

/// Withdraws the email; answers with the email as stored now.
pub async fn run(app: &App, actor: &Actor, id: MailId) -> Result<Mail, Error> {
    app.store
        .write(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            let (mail, user) = seen(&step, id, &Change::Act(Action::CancelMail)).await?;
            if !tx.cancel_mail(id, step.now).await? {
                return Err(Error::State { id: id.0, state: mail.state });
            }
            if let Some(user) = user {
                tx.set_mail_failed(user.id, None).await?;
            }
            let detail = json!({ "mail": id.0 });
            step.record(Record { action: Action::CancelMail, subject: mail.user, detail }).await?;
            Ok(tx.mail(&scope(&step.authority), id).await?.ok_or(Failure::NoMail(id.0))?)
        })
        .await
}
