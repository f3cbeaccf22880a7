//! Keep beside the key what a backup of the database cannot know: who was erased, and how far numbers were given.

use crate::app::{App, Failure};

/// Brings both up to what the database says: at the start of whatever holds the key, after each erasure, and at the end.
pub async fn run(app: &App) -> Result<(), Failure> {
    let (erased, numbers) =
        app.store.read(|tx| async move { Ok::<_, Failure>((tx.erased().await?, tx.highest_numbers().await?)) }).await?;
    app.keys.erased_list().add(&erased)?;
    app.keys.kept_numbers().raise(&numbers)?;
    Ok(())
}

/// The same, for what must not fail because of it: the next start does it.
pub async fn try_run(app: &App) {
    if let Err(error) = run(app).await {
        tracing::warn!(%error, "can't keep beside the key who was erased and which numbers were given");
    }
}
