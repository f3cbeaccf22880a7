//! Emails as files: one `.eml` an email in a folder, for trying things out and for machines without a relay.
//!
//! A file is there whole or not at all, is readable by its owner only (its link opens an account), and has a name made
//! of the Message-ID, so that the same email written twice is one file.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::message::{Bytes, Envelope};
use crate::access;
use crate::domain::explain::Explain as _;
use crate::domain::mail::{Failure, FailureClass, Outcome, Stage};
use crate::domain::text::{shorten, visible};

/// Longest part of a file's name that is taken from the Message-ID; file systems allow 255 bytes in all.
const NAME_BYTES: usize = 160;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder(pub PathBuf);

impl Folder {
    /// Writes an email; writing it again changes nothing.
    pub async fn send(&self, envelope: &Envelope, mail: Bytes) -> Outcome {
        let (folder, name) = (self.0.clone(), file_name(&envelope.message_id));
        let written = tokio::task::spawn_blocking(move || write(&folder, &name, &mail).map(|()| name)).await;
        match written {
            Ok(Ok(name)) => Outcome::Accepted(format!("written as {name}")),
            Ok(Err(error)) => Outcome::Failed(self.failure(&error)),
            Err(error) => Outcome::Failed(self.failure(&io::Error::other(error))),
        }
    }

    /// A folder that cannot be written to says nothing about the email.
    fn failure(&self, error: &io::Error) -> Failure {
        let text = format!("the email can't be written to {}: {error}; check mail.folder", self.0.display());
        let text = shorten(&visible(&text), 300).into_owned();
        Failure { class: FailureClass::Transport, stage: Stage::File, code: None, text }
    }
}

fn write(folder: &Path, name: &str, mail: &[u8]) -> io::Result<()> {
    let target = folder.join(name);
    access::judge("the email", &target).map_err(|error| {
        let hint = error.hint().unwrap_or_default();
        io::Error::other(format!("{error}: {hint}"))
    })?;
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let temporary = folder.join(format!(".{name}.new"));
    // What an earlier try left half-written goes away first, so that the file is always made with its mode.
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(mail)?;
    // The email is reported as sent after this, so it has to outlive a power cut.
    file.sync_all()?;
    fs::rename(&temporary, &target)?;
    File::open(folder)?.sync_all()
}

/// A Message-ID as the name of a file: what could lead elsewhere or hide is replaced, and then a hash keeps two apart.
fn file_name(message_id: &str) -> String {
    let bare = message_id.trim_matches(['<', '>']);
    let mut name: String =
        bare.chars().map(|c| if c.is_ascii_alphanumeric() || "@._+-".contains(c) { c } else { '_' }).collect();
    name.truncate(NAME_BYTES);
    if name.starts_with('.') {
        name.replace_range(..1, "_");
    }
    if name != bare || name.is_empty() {
        name.push('-');
        for byte in &Sha256::digest(bare)[..8] {
            let _ = write!(name, "{byte:02x}");
        }
    }
    format!("{name}.eml")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use proptest::prelude::*;
    use zeroize::Zeroizing;

    use super::*;
    use crate::domain::email::Email;
    use crate::domain::time::Timestamp;

    fn envelope(id: &str) -> Envelope {
        let address = || Email::parse("ada@example.org").unwrap();
        Envelope {
            from_name: String::new(),
            from: address(),
            return_path: None,
            to: address(),
            to_name: String::new(),
            message_id: id.into(),
            date: Timestamp(0),
            code: None,
        }
    }

    fn bytes(text: &str) -> Bytes {
        Zeroizing::new(text.as_bytes().to_vec())
    }

    fn files(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn a_mail_becomes_one_file_for_its_owner_however_often_it_is_sent() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder(place.path().join("mails"));
        for _ in 0..2 {
            let outcome = folder.send(&envelope("<42@example.org>"), bytes("Hello")).await;
            assert_eq!(outcome, Outcome::Accepted("written as 42@example.org.eml".into()));
        }
        assert_eq!(files(&folder.0), ["42@example.org.eml"]);
        let file = folder.0.join("42@example.org.eml");
        assert_eq!(fs::read_to_string(&file).unwrap(), "Hello");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&folder.0).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[tokio::test]
    async fn a_half_written_file_of_a_crash_is_replaced_and_never_taken_for_a_mail() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join(".42@example.org.eml.new"), "Hel").unwrap();
        let folder = Folder(place.path().to_owned());
        assert!(matches!(folder.send(&envelope("42@example.org"), bytes("Hello")).await, Outcome::Accepted(_)));
        assert_eq!(files(place.path()), ["42@example.org.eml"]);
    }

    #[tokio::test]
    async fn a_folder_that_is_a_file_is_no_fault_of_the_mail() {
        let place = tempfile::NamedTempFile::new().unwrap();
        let outcome = Folder(place.path().to_owned()).send(&envelope("42@example.org"), bytes("x")).await;
        let Outcome::Failed(failure) = outcome else { panic!("{outcome:?}") };
        assert_eq!((failure.class, failure.stage), (FailureClass::Transport, Stage::File));
        assert!(failure.text.contains("check mail.folder"), "{}", failure.text);
    }

    proptest! {
        #[test]
        fn no_message_id_leads_out_of_the_folder(id in "\\PC{0,300}|[./\\\\<>a\u{0}]{0,20}") {
            let name = file_name(&id);
            prop_assert!(name.len() <= 200 && !name.starts_with('.') && !name.contains(['/', '\0']));
            prop_assert_eq!(Path::new(&name).extension(), Some("eml".as_ref()));
        }

        #[test]
        fn two_mails_are_two_files(one in "[a/.:]{1,8}", other in "[a/.:]{1,8}") {
            prop_assert_eq!(one == other, file_name(&one) == file_name(&other));
        }
    }
}
