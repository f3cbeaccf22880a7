//! One key: 256 random bits, and what is derived from them. Each use has a key of its own (HKDF with one label a use),
//! so that what leaks of one says nothing of another.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::hex;
use crate::domain::code::{Code, MAC_BYTES};
use crate::domain::link::Purpose;

pub(super) const KEY_BYTES: usize = 32;
/// The bits themselves, wiped when dropped.
pub(super) type Bits = Zeroizing<[u8; KEY_BYTES]>;

/// What a code proves, beside its number.
#[derive(Debug, Clone, Copy)]
pub struct Proof<'a> {
    /// Which key makes it, as the row has it: a key's [`Key::id`].
    pub key: &'a str,
    /// A code of one purpose proves nothing for another.
    pub purpose: Purpose,
    /// The row's random bits, 16 bytes; a new link gets new ones.
    pub nonce: &'a [u8],
    /// The installation's epoch, which a restored backup changes.
    pub epoch: &'a [u8],
    /// The normalised address that the email went to.
    pub address: &'a str,
}

/// A key; wiped when dropped.
pub struct Key {
    code: Bits,
    audit: Bits,
    chain: Bits,
    asker: Bits,
    id: String,
}

impl Key {
    /// Derives what a key is used for.
    pub(super) fn derive(bits: &Bits) -> Self {
        let hkdf = Hkdf::<Sha256>::new(None, bits.as_ref());
        let expand = |label: &[u8]| {
            let mut out = Zeroizing::new([0_u8; KEY_BYTES]);
            // HKDF-SHA-256 gives up to 255 · 32 bytes (RFC 5869, 2.3), so 32 always succeed.
            let _ = hkdf.expand(label, out.as_mut());
            out
        };
        Self {
            code: expand(b"rsvp code"),
            audit: expand(b"rsvp audit detail"),
            chain: expand(b"rsvp audit chain"),
            asker: expand(b"rsvp asker"),
            id: hex::write(&expand(b"rsvp fingerprint")[..8]).to_string(),
        }
    }

    /// The key's public name, its fingerprint: 16 letters that say which key it is and nothing about it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
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
        mac.update(proof.purpose.name().as_bytes());
        mac.update(&[0]);
        mac.update(&id.to_be_bytes());
        for part in [proof.nonce, proof.epoch] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.update(proof.address.as_bytes());
        Zeroizing::new(mac.finalize().into_bytes().into())
    }

    /// The keyed hash of a part of an audit row under a salt, bound to who did what to whom and when; it stays when
    /// that part is erased.
    #[must_use]
    pub fn audit_hash(&self, salt: &[u8; 16], facts: &[u8], detail: &str) -> Vec<u8> {
        let mut mac = keyed(&self.audit);
        mac.update(salt);
        mac.update(&(facts.len() as u64).to_be_bytes());
        mac.update(facts);
        mac.update(detail.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }

    /// A name for who asks about an address, which tells neither without this key, and nobody's two addresses together.
    #[must_use]
    pub fn asker(&self, client: &[u8], address: &str) -> String {
        let mut mac = keyed(&self.asker);
        mac.update(&(client.len() as u64).to_be_bytes());
        mac.update(client);
        mac.update(address.as_bytes());
        hex::write(&mac.finalize().into_bytes()[..16]).to_string()
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
}

fn keyed(key: &[u8; KEY_BYTES]) -> Hmac<Sha256> {
    // A key of the block's size (RFC 2104, 2): shorter ones are padded with zeros.
    let mut block = Zeroizing::new([0_u8; 64]);
    block[..KEY_BYTES].copy_from_slice(key);
    Hmac::<Sha256>::new((&*block).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROOF: Proof<'static> =
        Proof { key: "", purpose: Purpose::Invitation, nonce: &[7; 16], epoch: b"one", address: "ada@example.org" };

    fn key(byte: u8) -> Key {
        Key::derive(&Zeroizing::new([byte; KEY_BYTES]))
    }

    #[test]
    fn a_code_is_bound_to_everything_it_proves() {
        let keys = key(1);
        let code = keys.code(5, PROOF);
        assert!(keys.proves(&code, PROOF));
        assert!(!key(2).proves(&code, PROOF));
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
}
