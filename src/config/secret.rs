//! Secrets that settings hold or point to. None of these types can be printed.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::problem::{Problem, shown};
use crate::access::{self, Guard};

/// Most bytes of a file that holds one password.
const MAX_BYTES: u64 = 4096;

/// A secret text, wiped from memory when dropped. It has neither `Debug` nor `Display`.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, for whoever hands it to a database or a relay.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Where a secret is. Files are read when the secret is needed: not every process may read every one.
#[derive(Clone)]
pub enum SecretSource {
    /// Given in a URL.
    Given(Secret),
    /// In a file of its own.
    File(PathBuf),
}

impl SecretSource {
    /// The secret itself.
    ///
    /// # Errors
    /// A file that is missing, unreadable, open to others, empty or no text.
    pub fn read(&self) -> Result<Secret, Problem> {
        match self {
            Self::Given(secret) => Ok(secret.clone()),
            Self::File(path) => read_file(path),
        }
    }
}

fn read_file(path: &Path) -> Result<Secret, Problem> {
    const WHAT: &str = "the password file";
    let invalid = |what: &str| {
        Problem::new(
            "secret_invalid",
            format!("{WHAT} {} {what}", shown(path)),
            "put only the password into it, on one line",
        )
    };
    let read = access::read(WHAT, path, Guard::Secret, MAX_BYTES);
    let (bytes, _) = read.map_err(|error| Problem::untrusted("secret_open", WHAT, path, &error))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| invalid("isn't text in UTF-8"))?;
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err(invalid("is empty"));
    }
    if line.contains(['\n', '\0']) {
        return Err(invalid("has more than one line"));
    }
    Ok(Secret::new(line.to_owned()))
}
