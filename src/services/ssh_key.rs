//! Which SSH key someone signed in with, from the file that sshd writes when `ExposeAuthInfo` is on.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use sha2::{Digest as _, Sha256};

/// Most bytes of the file that are read: a key has some hundreds.
const MOST: u64 = 64 * 1024;

/// The fingerprint as `ssh-keygen -l` writes it; nothing if sshd does not tell.
pub fn fingerprint() -> Option<String> {
    let path = std::env::var_os("SSH_USER_AUTH")?;
    let mut text = String::new();
    // Opening anything else could wait for ever.
    let file = std::fs::metadata(&path).ok()?.is_file().then(|| std::fs::File::open(path).ok())??;
    std::io::Read::read_to_string(&mut std::io::Read::take(file, MOST), &mut text).ok()?;
    of(&text)
}

/// Reads `publickey ssh-ed25519 AAAA…`, a line for each way in which the session was let in.
fn of(text: &str) -> Option<String> {
    let key = text.lines().find_map(|line| line.strip_prefix("publickey "))?;
    let blob = BASE64_STANDARD.decode(key.split_whitespace().nth(1)?).ok()?;
    Some(format!("SHA256:{}", BASE64_STANDARD_NO_PAD.encode(Sha256::digest(blob))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_is_the_one_that_ssh_keygen_writes() {
        // A key that ssh-keygen made and nobody has, and what `ssh-keygen -l` says of it.
        let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIISt2X/gSyWUr9CHIoTPeJSHADlZotu2IRyeoKsNaZUO";
        let wanted = "SHA256:peP5PJkhEtd7I9pm7aN9nkMNteluz6DyPQGb6WIbKt0";
        assert_eq!(of(&format!("publickey {key}\n")).as_deref(), Some(wanted));
        assert_eq!(of(&format!("keyboard-interactive\npublickey {key} ada@laptop\n")).as_deref(), Some(wanted));
        for nothing in ["", "password\n", "publickey ssh-ed25519\n", "publickey ssh-ed25519 %%%\n"] {
            assert_eq!(of(nothing), None, "{nothing:?}");
        }
    }
}
