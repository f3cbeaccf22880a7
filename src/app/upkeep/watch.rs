//! Notice that somebody wrote to the database, so that a screen that looks every second only asks it when there is
//! something to see.

use crate::app::App;
use crate::store::Stamp;

/// What was seen at the last look.
#[derive(Debug, Default)]
pub struct Watch(Option<Stamp>);

impl Watch {
    /// Whether nothing was written since this was asked last. Always false where that is unknown, and at first.
    pub fn is_quiet(&mut self, app: &App) -> bool {
        let now = app.store.stamp(app.now());
        let quiet = now.is_some() && self.0 == now;
        self.0 = now;
        quiet
    }
}

/// What was read at the last look, which holds as long as nothing is written.
#[derive(Debug)]
pub struct Seen<T> {
    watch: Watch,
    last: Option<T>,
}

impl<T> Default for Seen<T> {
    fn default() -> Self {
        Self { watch: Watch::default(), last: None }
    }
}

impl<T: Clone> Seen<T> {
    /// What was read, if nothing was written since.
    pub fn still(&mut self, app: &App) -> Option<&T> {
        let quiet = self.watch.is_quiet(app);
        self.last.as_ref().filter(|_| quiet)
    }

    /// Takes what was read now; after a failure the next look reads again.
    pub fn take<E>(&mut self, read: Result<T, E>) -> Result<T, E> {
        match &read {
            Ok(read) => self.last = Some(read.clone()),
            Err(_) => *self = Self::default(),
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::app::test::{grace, operator, world_on_sqlite};
    use crate::app::users::invite;
    use crate::domain::time::{Clock, Timestamp, Uptime};
    use crate::store::Store;

    /// The clock of the file system: files are stamped by it.
    struct FileClock(std::path::PathBuf);

    impl Clock for FileClock {
        fn now(&self) -> Timestamp {
            std::fs::write(&self.0, "tick").unwrap();
            let changed = std::fs::metadata(&self.0).unwrap().modified().unwrap();
            let since = changed.duration_since(std::time::UNIX_EPOCH).unwrap();
            Timestamp(i64::try_from(since.as_millis()).unwrap())
        }

        fn uptime(&self) -> Uptime {
            unreachable!("nothing is deleted here")
        }
    }

    #[tokio::test]
    async fn it_is_quiet_until_somebody_writes() {
        let world = world_on_sqlite().await;
        let folder = tempfile::tempdir().unwrap();
        let app = world.app.clone().with_clock(Arc::new(FileClock(folder.path().join("clock"))));
        let mut watch = Watch::default();
        assert!(!watch.is_quiet(&app), "at first there is something to see");
        // As soon as the files' clock has moved on.
        while !watch.is_quiet(&app) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        for _ in 0..3 {
            assert!(watch.is_quiet(&app));
        }
        invite::run(&app, &operator(), grace()).await.unwrap();
        assert!(!watch.is_quiet(&app));
    }

    #[tokio::test]
    async fn a_database_behind_a_symbolic_link_is_watched_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (there, link) = (folder.path().join("there"), folder.path().join("link"));
        std::fs::create_dir(&there).unwrap();
        let url = |path: &std::path::Path| format!("sqlite://{}", path.display());
        drop(Store::open(&url(&there.join("rsvp.db")), true).await.unwrap());
        std::os::unix::fs::symlink(there.join("rsvp.db"), &link).unwrap();
        let store = Store::open(&url(&link), false).await.unwrap();
        // So late that nothing can be taken for just written.
        let late = Timestamp(4_000_000_000_000);
        let before = store.stamp(late).unwrap();
        let write = |tx: crate::store::Tx| async move { tx.set_pace(late).await };
        store.write::<_, crate::store::StoreError, _, _>(write).await.unwrap();
        assert_ne!(store.stamp(late).unwrap(), before);
    }
}
