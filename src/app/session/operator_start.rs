//! Begin a session as the operator at the shell, and write it down: whoever can read the database and the key can do
//! anything.

use crate::app::step::record_by;
use crate::app::{App, Failure};
use crate::domain::action::Action;
use crate::domain::actor::{Actor, Origin};
use crate::domain::audit::Record;

pub async fn run(app: &App, origin: Origin) -> Result<Actor, Failure> {
    let actor = Actor::operator(origin);
    let by = &actor;
    app.store
        .write(|tx| async move {
            let record = Record { action: Action::OperatorStart, subject: None, detail: serde_json::Value::Null };
            record_by(app, &tx, by, app.now(), record).await
        })
        .await?;
    Ok(actor)
}
