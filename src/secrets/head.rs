//! The head that was sealed last, in a file beside the key: whoever can write to the database alone cannot cut the
//! audit log and let it grow again unnoticed. It is no secret.

use std::path::{Path, PathBuf};

use super::file::LastLink;

/// Its path.
pub struct KeptHead(PathBuf);

impl KeptHead {
    #[must_use]
    pub fn beside(key: &Path) -> Self {
        Self(key.with_added_extension("head"))
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What is kept; nothing where nothing was ever sealed, or what is there is no head.
    #[must_use]
    pub fn read(&self) -> Option<LastLink> {
        let text = std::fs::read_to_string(&self.0).ok()?;
        let (seq, proof) = text.trim().split_once(' ')?;
        LastLink::parse(seq, proof)
    }

    /// Keeps a later head, at once or not at all.
    ///
    /// # Errors
    /// A folder that cannot be written to.
    pub fn keep(&self, head: &LastLink) -> std::io::Result<()> {
        if self.read().is_some_and(|kept| kept.seq >= head.seq) {
            return Ok(());
        }
        let beside = self.0.with_added_extension(std::process::id().to_string());
        std::fs::write(&beside, format!("{}\n", head.text()))?;
        std::fs::rename(&beside, &self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_head_never_takes_the_place_of_a_later_one() {
        let folder = tempfile::tempdir().unwrap();
        let kept = KeptHead::beside(&folder.path().join("rsvp.key"));
        assert_eq!(kept.read(), None);
        let head = |seq| LastLink { seq, proof: vec![7; 32] };
        for (seq, wanted) in [(3, 3), (9, 9), (5, 9)] {
            kept.keep(&head(seq)).unwrap();
            assert_eq!(kept.read(), Some(head(wanted)));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        std::fs::write(kept.path(), "nonsense").unwrap();
        assert_eq!(kept.read(), None);
    }
}
