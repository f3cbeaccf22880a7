//! The ways by which a mail leaves.

use std::path::PathBuf;

use super::folder;
use crate::domain::mail::{MailId, Outcome};

/// A way by which mails leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// None: mails wait in the outbox.
    None,
    /// Each mail becomes a file in this folder.
    Folder(PathBuf),
}

impl Transport {
    /// Tries to send a mail; `None` if there is no way.
    pub async fn send(&self, id: MailId, bytes: &[u8]) -> Option<Outcome> {
        match self {
            Self::None => None,
            Self::Folder(path) => Some(folder::deliver(path, id, bytes).await),
        }
    }
}
