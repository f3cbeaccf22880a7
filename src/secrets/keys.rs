//! The key file and what is derived from it. The file holds 256 random bits; each use has a key of its own (HKDF with
//! one label a use), so that what leaks of one says nothing of another.

use std::fmt;
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::SecretsError;
use crate::domain::code::{Code, MAC_BYTES, Purpose};
use crate::domain::time::Random;

/// The first line of a key file.
const HEAD: &str = "rsvp key 1";
/// Bytes of the key.
const KEY_BYTES: usize = 32;

/// What a code proves, beside its number.
#[derive(Debug, Clone, Copy)]
pub struct Proof<'a> {
    /// What it is for.
    pub purpose: Purpose,
    /// The row's random bits.
    pub nonce: &'a [u8],
    /// The installation's epoch, which a restored backup changes.
    pub epoch: &'a [u8],
    /// The normalised address that the mail went to.
    pub address: &'a str,
}

/// The keys of an installation. Never printed; wiped when dropped.
pub struct Keys {
    path: PathBuf,
    code: Zeroizing<[u8; KEY_BYTES]>,
    audit: Zeroizing<[u8; KEY_BYTES]>,
    chain: Zeroizing<[u8; KEY_BYTES]>,
    fingerprint: String,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

impl Keys {
    /// Creates a key file with mode 0600 in a folder that is made if it is missing; never writes over one.
    pub fn create(path: &Path, random: &dyn Random) -> Result<Self, SecretsError> {
        let io = |source| SecretsError::Io { path: path.to_owned(), what: "written", source };
        if let Some(folder) = path.parent() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io)?;
        }
        let mut key = Zeroizing::new([0_u8; KEY_BYTES]);
        random.fill(key.as_mut());
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|source| {
                match source.kind() {
                    std::io::ErrorKind::AlreadyExists => SecretsError::Exists(path.to_owned()),
                    _ => io(source),
                }
            })?;
        let text = Zeroizing::new(format!("{HEAD}\n{}\n", *hex(key.as_ref())));
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io)?;
        Ok(Self::derive(path, &key))
    }

    /// A key that is in no file and ends with the process, for a demo.
    #[must_use]
    pub fn in_memory(random: &dyn Random) -> Self {
        let mut key = Zeroizing::new([0_u8; KEY_BYTES]);
        random.fill(key.as_mut());
        Self::derive(Path::new("(in memory)"), &key)
    }

    /// Reads a key file that nobody else can read.
    pub fn load(path: &Path) -> Result<Self, SecretsError> {
        let io = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::NotFound => SecretsError::Missing(path.to_owned()),
            _ => SecretsError::Io { path: path.to_owned(), what: "read", source },
        };
        let mut file = std::fs::File::open(path).map_err(io)?;
        let metadata = file.metadata().map_err(io)?;
        if !metadata.is_file() {
            return Err(SecretsError::NotAKey(path.to_owned()));
        }
        let mode = metadata.mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(SecretsError::Open { path: path.to_owned(), mode });
        }
        let mut text = Zeroizing::new(String::with_capacity(256));
        let not_a_key = || SecretsError::NotAKey(path.to_owned());
        (&mut file).take(256).read_to_string(&mut text).map_err(|_| not_a_key())?;
        let line = text.strip_prefix(HEAD).map(str::trim).ok_or_else(not_a_key)?;
        let key = unhex(line).ok_or_else(not_a_key)?;
        Ok(Self::derive(path, &key))
    }

    fn derive(path: &Path, key: &[u8; KEY_BYTES]) -> Self {
        let hkdf = Hkdf::<Sha256>::new(None, key);
        let expand = |label: &[u8]| {
            let mut out = Zeroizing::new([0_u8; KEY_BYTES]);
            // HKDF-SHA-256 gives up to 255 · 32 bytes (RFC 5869, 2.3), so 32 always succeed.
            let _ = hkdf.expand(label, out.as_mut());
            out
        };
        let fingerprint = hex(&expand(b"rsvp fingerprint")[..8]).to_string();
        Self {
            path: path.to_owned(),
            code: expand(b"rsvp code"),
            audit: expand(b"rsvp audit detail"),
            chain: expand(b"rsvp audit chain"),
            fingerprint,
        }
    }

    /// A public name of the key, kept in the database: says which key it is and nothing about it.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// That this is the key the database was made with.
    pub fn check(&self, fingerprint: &str) -> Result<(), SecretsError> {
        if self.fingerprint == fingerprint { Ok(()) } else { Err(SecretsError::OtherKey(self.path.clone())) }
    }

    /// Makes the code of a row.
    #[must_use]
    pub fn code(&self, id: i64, proof: Proof<'_>) -> Code {
        let full = self.mac(id, proof);
        let mut mac = [0; MAC_BYTES];
        mac.copy_from_slice(&full[..MAC_BYTES]);
        Code { id, mac }
    }

    /// Whether a code is the row's, in a time that does not depend on where it differs.
    #[must_use]
    pub fn proves(&self, code: &Code, proof: Proof<'_>) -> bool {
        let full = self.mac(code.id, proof);
        bool::from(full[..MAC_BYTES].ct_eq(&code.mac))
    }

    fn mac(&self, id: i64, proof: Proof<'_>) -> Zeroizing<[u8; 32]> {
        // Every part but the last has a fixed length or a length before it, so that no two proofs run together.
        let mut mac = keyed(&self.code);
        mac.update(proof.purpose.path().as_bytes());
        mac.update(&[0]);
        mac.update(&id.to_be_bytes());
        for part in [proof.nonce, proof.epoch] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.update(proof.address.as_bytes());
        Zeroizing::new(mac.finalize().into_bytes().into())
    }

    /// The keyed hash of an audit row's detail under a salt, bound to who did what to whom and when; it stays when the
    /// detail is erased.
    #[must_use]
    pub fn audit_hash(&self, salt: &[u8; 16], facts: &[u8], detail: &str) -> Vec<u8> {
        let mut mac = keyed(&self.audit);
        mac.update(salt);
        mac.update(&(facts.len() as u64).to_be_bytes());
        mac.update(facts);
        mac.update(detail.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }

    /// The proof of a link of the chain over the audit log: of the one before it, its place, and the row that it seals.
    #[must_use]
    pub fn seal(&self, before: &[u8], seq: i64, facts: &[u8]) -> Vec<u8> {
        let mut mac = keyed(&self.chain);
        mac.update(&(before.len() as u64).to_be_bytes());
        mac.update(before);
        mac.update(&seq.to_be_bytes());
        mac.update(facts);
        mac.finalize().into_bytes().to_vec()
    }

    /// Which key this is, in a few letters: the beginning of its fingerprint.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.fingerprint[..self.fingerprint.len().min(16)]
    }
}

fn keyed(key: &[u8; KEY_BYTES]) -> Hmac<Sha256> {
    // A key of the block's size (RFC 2104, 2): shorter ones are padded with zeros.
    let mut block = Zeroizing::new([0_u8; 64]);
    block[..KEY_BYTES].copy_from_slice(key);
    Hmac::<Sha256>::new((&*block).into())
}

fn hex(bytes: &[u8]) -> Zeroizing<String> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = Zeroizing::new(String::with_capacity(bytes.len() * 2));
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}

fn unhex(text: &str) -> Option<Zeroizing<[u8; KEY_BYTES]>> {
    if text.len() != KEY_BYTES * 2 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut key = Zeroizing::new([0_u8; KEY_BYTES]);
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::domain::explain::Explain;

    struct Ones;
    impl Random for Ones {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(1);
        }
    }

    const PROOF: Proof<'static> =
        Proof { purpose: Purpose::Invitation, nonce: &[7; 16], epoch: b"one", address: "ada@example.org" };

    #[test]
    fn a_key_file_is_private_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/rsvp.key");
        let made = Keys::create(&path, &Ones).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(Keys::load(&path).unwrap().fingerprint(), made.fingerprint());
        assert!(matches!(Keys::create(&path, &Ones), Err(SecretsError::Exists(_))));
    }

    #[test]
    fn a_key_that_others_can_read_is_refused_with_the_command_that_mends_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rsvp.key");
        Keys::create(&path, &Ones).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = Keys::load(&path).unwrap_err();
        assert!(matches!(error, SecretsError::Open { mode: 0o640, .. }));
        assert!(error.hint().unwrap().contains("chmod 600"));
    }

    #[test]
    fn what_is_no_key_is_told_from_a_missing_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rsvp.key");
        assert!(matches!(Keys::load(&path), Err(SecretsError::Missing(_))));
        std::fs::write(&path, "hello").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(Keys::load(&path), Err(SecretsError::NotAKey(_))));
    }

    #[test]
    fn a_code_is_bound_to_everything_it_stands_for() {
        let keys = Keys::derive(Path::new("k"), &[1; KEY_BYTES]);
        let code = keys.code(5, PROOF);
        assert!(keys.proves(&code, PROOF));
        assert!(!Keys::derive(Path::new("k"), &[2; KEY_BYTES]).proves(&code, PROOF));
        assert!(!keys.proves(&Code { id: 6, mac: code.mac }, PROOF));
        for other in [
            Proof { purpose: Purpose::Reset, ..PROOF },
            Proof { nonce: &[8; 16], ..PROOF },
            Proof { epoch: b"two", ..PROOF },
            Proof { address: "eve@example.org", ..PROOF },
        ] {
            assert!(!keys.proves(&code, other), "{other:?}");
        }
    }

    #[test]
    fn keys_do_not_print_themselves() {
        let keys = Keys::derive(Path::new("k"), &[1; KEY_BYTES]);
        assert_eq!(format!("{keys:?}"), format!("Keys {{ fingerprint: {:?}, .. }}", keys.fingerprint()));
    }
}
