//! Follow the audit log: each entry once, whoever wrote it, for a service that tells of changes.

use std::collections::BTreeSet;

use crate::app::{App, Failure};

/// How far below the newest entry one may still come: entries get their numbers before they are committed.
const LATE: i64 = 500;
const CHUNK: u64 = 500;

/// What was told so far.
#[derive(Debug, Default)]
pub struct Follow {
    newest: i64,
    /// The numbers of the entries that are not far below the newest.
    told: BTreeSet<i64>,
}

impl Follow {
    /// Begins behind what is sealed: what nobody sealed yet, nobody told of.
    pub async fn begin(app: &App) -> Result<Self, Failure> {
        let (newest, before) = app
            .store
            .read(|tx| async move {
                let newest = tx.chain_head().await?.map_or(0, |head| head.entry);
                Ok::<_, Failure>((newest, tx.entries_after(newest - LATE, CHUNK).await?))
            })
            .await?;
        let told = before.into_iter().map(|(id, _)| id).filter(|id| *id <= newest).collect();
        Ok(Self { newest, told })
    }

    /// The entries that came since, by number, with the word for what was done: at most so many as one answer holds, the
    /// rest next time.
    pub async fn next(&mut self, app: &App) -> Result<Vec<(i64, String)>, Failure> {
        let from = self.newest - LATE;
        let told = &self.told;
        let most = CHUNK + told.len() as u64;
        let rows = app.store.read(|tx| async move { tx.entries_after(from, most).await }).await?;
        let new: Vec<_> = rows.into_iter().filter(|(id, _)| !told.contains(id)).collect();
        self.told.extend(new.iter().map(|(id, _)| *id));
        self.newest = self.told.last().copied().unwrap_or(0).max(self.newest);
        self.told = self.told.split_off(&(self.newest - LATE));
        Ok(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::UserRequest;
    use crate::app::test::{grace, on_both, operator};
    use crate::app::users::{erase, invite};

    #[tokio::test]
    async fn every_entry_is_told_once_whoever_sealed_it() {
        on_both(async |world| {
            let mut follow = Follow::begin(&world.app).await.unwrap();
            let told = follow.next(&world.app).await.unwrap();
            assert_eq!(told, [(1, "setup".to_owned())], "nobody has sealed it yet");
            crate::app::audit::seal_audit::run(&world.app).await.unwrap();
            let mut follow = Follow::begin(&world.app).await.unwrap();
            assert_eq!(follow.next(&world.app).await.unwrap(), []);
            let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
            // Erasing seals what was before it.
            erase::run(&world.app, &operator(), UserRequest { user, version: None }).await.unwrap();
            let told = follow.next(&world.app).await.unwrap();
            assert_eq!(told.iter().map(|(_, action)| action.as_str()).collect::<Vec<_>>(), ["invite", "erase"]);
            assert_eq!(follow.next(&world.app).await.unwrap(), []);
        })
        .await;
    }
}
