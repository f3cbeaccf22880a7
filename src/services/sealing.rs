//! Says at a start that the audit log isn't sealed any more, or that nobody would notice if its end were cut off: while it
//! runs, only a service's log could tell.

use crate::app::App;
use crate::app::audit::seal_audit::{HeadFile, look_at_head};
use crate::app::upkeep::ready::PATIENCE;
use crate::cli::doctor::Checks;
use crate::cli::{Failed, Out};

/// What is said where the file with the last head is missing.
fn missing(app: &App) -> String {
    format!(
        "{} is missing, so nobody would notice if the end of the audit log were cut off; the next seal writes it. If \
         this machine sealed before, compare `rsvp audit verify --head` with the head in the service's log",
        app.head_file().display()
    )
}

/// In a service's log.
pub async fn log(app: &App) {
    match look_at_head(app).await {
        Ok(HeadFile::Nothing | HeadFile::Contained) => {}
        Ok(HeadFile::Missing) => tracing::warn!("{}", missing(app)),
        Err(failure) => tracing::error!("the audit log isn't sealed: {}", Failed::from(failure).to_line()),
    }
}

/// To whoever opens an interface at the shell.
pub async fn say(app: &App) {
    if let Err(failure) = look_at_head(app).await {
        Out { json: false }.message(&format!("The audit log isn't sealed: {}.", Failed::from(failure).to_line()));
    }
}

/// Among what the doctor checks.
pub async fn check(checks: &mut Checks, app: &App) {
    // That the database doesn't answer is said elsewhere.
    let Ok(looked) = tokio::time::timeout(PATIENCE, look_at_head(app)).await else { return };
    match looked {
        Ok(HeadFile::Nothing) => {}
        Ok(HeadFile::Contained) => checks.add("audit log", Ok::<_, Failed>("contains the head that was sealed last")),
        Ok(HeadFile::Missing) => checks.open("audit log", &missing(app)),
        Err(failure) => checks.add("audit log", Err::<String, _>(failure)),
    }
}
