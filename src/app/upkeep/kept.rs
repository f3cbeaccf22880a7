//! Keep beside the key what a backup of the database cannot know: who was erased, and how far numbers were given.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::app::{App, Failure};

/// Brings both up to what the database says: at the start of whatever holds the key, after each erasure, and at the end.
pub async fn run(app: &App) -> Result<(), Failure> {
    let (erased, numbers) =
        app.store.read(|tx| async move { Ok::<_, Failure>((tx.erased().await?, tx.highest_numbers().await?)) }).await?;
    app.keys.erased_list().add(&erased)?;
    app.keys.kept_numbers().raise(&numbers)?;
    Ok(())
}

/// Whether it failed at the last time, so that a log says so once and not at every change.
static FAILED: AtomicBool = AtomicBool::new(false);

/// The same, for what must not fail because of it: the next start does it, and the doctor says what is wrong.
pub async fn try_run(app: &App) {
    let done = run(app).await;
    let failed_before = FAILED.swap(done.is_err(), Ordering::Relaxed);
    if let Err(error) = done
        && !failed_before
    {
        tracing::warn!(%error, "can't keep beside the key who was erased and which numbers were given");
    }
}
