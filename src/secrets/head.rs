//! The head that was sealed last, in a file beside the key: whoever can write to the database alone cannot cut the
//! audit log and let it grow again unnoticed. It is no secret.

use std::path::{Path, PathBuf};

use super::file::LastLink;
use super::lock::Lock;
use super::{SecretsError, beside};

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

    /// What is kept; nothing where there is no such file, because nothing was ever sealed here or somebody took it away.
    ///
    /// # Errors
    /// A file that can't be read or that is no head: what was sealed last is not known then.
    pub fn read(&self) -> Result<Option<LastLink>, SecretsError> {
        let Some(text) = beside::read(&self.0).map_err(|source| self.failed("read", source))? else { return Ok(None) };
        let text = String::from_utf8(text).ok();
        let head = text.as_deref().and_then(|text| text.trim().split_once(' '));
        let head = head.and_then(|(seq, proof)| LastLink::parse(seq, proof)).filter(|head| head.seq > 0);
        head.map(Some).ok_or_else(|| SecretsError::NotAHead(self.0.clone()))
    }

    /// Keeps a later head, at once or not at all.
    ///
    /// # Errors
    /// As [`Self::read`]; a folder that cannot be written to.
    pub fn keep(&self, head: &LastLink) -> Result<(), SecretsError> {
        // Of two that keep one at once none puts the earlier in the place of the later.
        let _alone = Lock::wait_for(&self.0.with_extension("erased"))?;
        if self.read()?.is_some_and(|kept| kept.seq >= head.seq) {
            return Ok(());
        }
        beside::replace(&self.0, format!("{}\n", head.text()).as_bytes())
            .map_err(|source| self.failed("written", source))
    }

    fn failed(&self, what: &'static str, source: std::io::Error) -> SecretsError {
        SecretsError::Beside { path: self.0.clone(), what, source }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn an_earlier_head_never_takes_the_place_of_a_later_one() {
        let folder = tempfile::tempdir().unwrap();
        let kept = KeptHead::beside(&folder.path().join("rsvp.key"));
        assert_eq!(kept.read().unwrap(), None);
        let head = |seq| LastLink { seq, proof: vec![7; 32] };
        for (seq, wanted) in [(3, 3), (9, 9), (5, 9)] {
            kept.keep(&head(seq)).unwrap();
            assert_eq!(kept.read().unwrap(), Some(head(wanted)));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "itself and the list that is its lock");
        assert_eq!(std::fs::metadata(kept.path()).unwrap().permissions().mode() & 0o7777, 0o600);
    }

    #[test]
    fn of_many_that_keep_a_head_at_once_the_latest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let kept = KeptHead::beside(&folder.path().join("rsvp.key"));
        std::thread::scope(|scope| {
            for first in 1..=4 {
                let kept = &kept;
                scope.spawn(move || {
                    for seq in (first..=200).step_by(4) {
                        kept.keep(&LastLink { seq, proof: vec![7; 32] }).unwrap();
                        assert!(kept.read().unwrap().unwrap().seq >= seq);
                    }
                });
            }
        });
        assert_eq!(kept.read().unwrap().unwrap().seq, 200);
    }

    #[test]
    fn what_is_no_head_is_an_error_and_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let kept = KeptHead::beside(&folder.path().join("rsvp.key"));
        let proof = "07".repeat(32);
        for garbage in ["", "nonsense", "7", "x \"07\"", &format!("0 \"{proof}\""), &format!("-4 \"{proof}\"")] {
            std::fs::write(kept.path(), garbage).unwrap();
            assert!(matches!(kept.read(), Err(SecretsError::NotAHead(_))), "{garbage:?}");
            assert!(kept.keep(&LastLink { seq: 9, proof: vec![7; 32] }).is_err(), "{garbage:?}");
            assert_eq!(std::fs::read_to_string(kept.path()).unwrap(), garbage);
        }
        std::fs::write(kept.path(), [0xff, 0xfe]).unwrap();
        assert!(matches!(kept.read(), Err(SecretsError::NotAHead(_))));
    }
}
