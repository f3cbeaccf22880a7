//! Mails as files in a folder, for trying things out and for relays that pick mails up: one `.eml` a mail.
//!
//! A file holds a working link, so nobody but its owner may read it. It appears under its name only when it is whole.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::domain::mail::{Failure, FailureClass, MailId, Outcome, Stage};

/// Writes a mail. The same mail gets the same name, so that a second try writes no second copy.
pub async fn deliver(folder: &Path, id: MailId, bytes: &[u8]) -> Outcome {
    let path = folder.join(format!("{:08}.eml", id.0));
    let (target, bytes) = (path.clone(), zeroize::Zeroizing::new(bytes.to_vec()));
    let written = tokio::task::spawn_blocking(move || write(&target, &bytes)).await;
    let failed = |text: String| {
        // The folder as a whole cannot be used, which says nothing about this mail.
        Outcome::Failed(Failure { class: FailureClass::Transport, stage: Stage::File, code: None, text })
    };
    match written {
        Ok(Ok(())) => Outcome::Accepted(format!("written to {}", path.display())),
        Ok(Err(error)) => failed(format!("{} cannot be written: {error}", path.display())),
        Err(error) => failed(error.to_string()),
    }
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let unfinished: PathBuf = path.with_extension("part");
    // What a crash left is removed rather than opened: its mode might be another.
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)
}
