//! The line of `authorized_keys` with which an SSH key stands for a user, and the public key in it.
//!
//! sshd reads options before a key, and runs the forced command through the login's shell. So nothing of what somebody
//! chose may stand there: the key is read part by part and written anew, the user is a number, and the address is only
//! the comment, with harmless letters.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::email::Email;
use super::user::UserId;

/// The types of key that OpenSSH accepts, and how many parts the key itself has behind its type (RFC 4253, 5656, 8709, and
/// PROTOCOL.u2f of OpenSSH).
const TYPES: [(&str, usize); 7] = [
    ("ssh-ed25519", 1),
    ("ssh-rsa", 2),
    ("ecdsa-sha2-nistp256", 2),
    ("ecdsa-sha2-nistp384", 2),
    ("ecdsa-sha2-nistp521", 2),
    ("sk-ssh-ed25519@openssh.com", 2),
    ("sk-ecdsa-sha2-nistp256@openssh.com", 3),
];

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    kind: &'static str,
    bytes: Vec<u8>,
}

/// Why a text is no public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAKey {
    #[error("there is no key")]
    Empty,
    #[error("this is a private key, which nobody but its owner may have: give the .pub file")]
    Private,
    #[error("there is more than one line, and a key is one line")]
    Lines,
    #[error("a key begins with its type, such as ssh-ed25519, and no options may stand before it")]
    Kind,
    #[error("the key behind its type isn't whole, or belongs to another type")]
    Body,
}

impl PublicKey {
    /// Reads a line as `ssh-keygen` writes it; what stands behind the key is left out.
    ///
    /// # Errors
    /// What is no such line.
    pub fn parse(text: &str) -> Result<Self, NotAKey> {
        if text.contains("PRIVATE KEY") {
            return Err(NotAKey::Private);
        }
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let line = lines.next().ok_or(NotAKey::Empty)?;
        if lines.next().is_some() || line.contains(|c: char| c.is_control() && c != '\t') {
            return Err(NotAKey::Lines);
        }
        let mut words = line.split([' ', '\t']).filter(|word| !word.is_empty());
        let first = words.next().ok_or(NotAKey::Empty)?;
        let (kind, parts) = TYPES.into_iter().find(|(kind, _)| *kind == first).ok_or(NotAKey::Kind)?;
        let bytes = BASE64_STANDARD.decode(words.next().ok_or(NotAKey::Body)?).map_err(|_| NotAKey::Body)?;
        let found = strings(&bytes).ok_or(NotAKey::Body)?;
        let is_whole =
            found.len() == parts + 1 && found[0] == kind.as_bytes() && found.iter().all(|one| !one.is_empty());
        let fits = kind != "ssh-ed25519" || found.get(1).is_some_and(|key| key.len() == 32);
        if is_whole && fits { Ok(Self { kind, bytes }) } else { Err(NotAKey::Body) }
    }

    /// As `ssh-keygen -l` writes it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", BASE64_STANDARD_NO_PAD.encode(Sha256::digest(&self.bytes)))
    }

    /// The line with which this key opens the interface for a user and does nothing else. `command` is what a shell
    /// reads, without the user.
    #[must_use]
    pub fn line(&self, command: &str, user: UserId, email: &Email) -> String {
        let key = BASE64_STANDARD.encode(&self.bytes);
        format!("restrict,pty,command=\"{}\" {} {key} {}", forced(command, user), self.kind, comment(email))
    }
}

/// A forced command inside the quotes of `authorized_keys`, where only a quote has to be escaped (sshd(8)).
#[must_use]
pub fn forced(command: &str, user: UserId) -> String {
    format!("{command} --as {}", user.0).replace('"', "\\\"")
}

/// The parts that a key consists of: each with its length before it, up to the last byte.
fn strings(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (one, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        all.push(one);
        bytes = rest;
    }
    Some(all)
}

/// An address that can be read as nothing but a comment.
fn comment(email: &Email) -> String {
    let harmless = |c: char| c.is_ascii_alphanumeric() || "@.-_+".contains(c);
    email.as_str().chars().map(|c| if harmless(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Keys that ssh-keygen made and nobody has.
    const ED25519: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIISt2X/gSyWUr9CHIoTPeJSHADlZotu2IRyeoKsNaZUO";

    #[test]
    fn the_line_has_the_number_the_key_and_an_address_that_can_be_read_as_nothing_else() {
        let key = PublicKey::parse(&format!("  {ED25519} ada's \"laptop\",command=x\n\n")).unwrap();
        assert_eq!(key.fingerprint(), "SHA256:peP5PJkhEtd7I9pm7aN9nkMNteluz6DyPQGb6WIbKt0");
        for (address, comment) in [
            ("ada@example.org", "ada@example.org"),
            ("x|touch${IFS}/tmp/f|@example.org", "x_touch__IFS__tmp_f_@example.org"),
            ("\"a b\"@example.org", "_a_b_@example.org"),
            ("zo\u{eb}@example.org", "zo_@example.org"),
            ("a\n#b@example.org", "a__b@example.org"),
        ] {
            let line = key.line("/usr/local/bin/rsvp", UserId(4_711), &Email::stored(address.to_owned()));
            assert_eq!(
                line,
                format!("restrict,pty,command=\"/usr/local/bin/rsvp --as 4711\" {ED25519} {comment}"),
                "{address:?}"
            );
        }
        let line = key.line("'/srv/a \"b\"/rsvp'", UserId(7), &Email::stored("a@b.example".to_owned()));
        assert!(line.starts_with("restrict,pty,command=\"'/srv/a \\\"b\\\"/rsvp' --as 7\" ssh-ed25519 "), "{line}");
    }

    #[test]
    fn what_is_no_public_key_in_one_line_is_refused() {
        let body = ED25519.split(' ').nth(1).unwrap();
        for (text, why) in [
            (String::new(), NotAKey::Empty),
            (" \n\n".to_owned(), NotAKey::Empty),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA==\n".to_owned(), NotAKey::Private),
            (format!("{ED25519}\nssh-rsa AAAA"), NotAKey::Lines),
            (format!("{ED25519} ada\rcommand=\"sh\" {ED25519}"), NotAKey::Lines),
            (format!("{ED25519} \u{0}"), NotAKey::Lines),
            (format!("command=\"sh\" {ED25519}"), NotAKey::Kind),
            (format!("no-pty {ED25519}"), NotAKey::Kind),
            (format!("# {ED25519}"), NotAKey::Kind),
            (format!("@cert-authority {ED25519}"), NotAKey::Kind),
            (format!("ssh-dss {body}"), NotAKey::Kind),
            (format!("SSH-ED25519 {body}"), NotAKey::Kind),
            ("ssh-ed25519".to_owned(), NotAKey::Body),
            (format!("ssh-rsa {body}"), NotAKey::Body),
            (format!("ssh-ed25519 {}", &body[..body.len() - 4]), NotAKey::Body),
            (format!("ssh-ed25519 {body}AAAA"), NotAKey::Body),
            ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5".to_owned(), NotAKey::Body),
            ("ssh-ed25519 %%%".to_owned(), NotAKey::Body),
            ("ssh-ed25519 //////////8=".to_owned(), NotAKey::Body),
        ] {
            assert_eq!(PublicKey::parse(&text), Err(why), "{text:?}");
        }
    }

    #[test]
    fn every_type_of_key_that_ssh_keygen_makes_is_read() {
        let folder = tempfile::tempdir().unwrap();
        for (kind, bits) in [("ed25519", "256"), ("rsa", "2048"), ("ecdsa", "256"), ("ecdsa", "384"), ("ecdsa", "521")]
        {
            let file = folder.path().join(format!("{kind}{bits}"));
            let mut keygen = std::process::Command::new("ssh-keygen");
            let made = keygen.args(["-q", "-t", kind, "-b", bits, "-N", "", "-f"]).arg(&file).status();
            // Where OpenSSH isn't installed, the other tests have a key.
            let Ok(made) = made else { return };
            assert!(made.success());
            let text = std::fs::read_to_string(file.with_added_extension("pub")).unwrap();
            let key = PublicKey::parse(&text).unwrap_or_else(|error| panic!("{kind} {bits}: {error}"));
            let line = key.line("rsvp", UserId(1), &Email::stored("ada@example.org".to_owned()));
            let known: Vec<&str> = text.split(' ').take(2).collect();
            assert!(line.contains(&known.join(" ")), "{line}");
        }
    }
}
