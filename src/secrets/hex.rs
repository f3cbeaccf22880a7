//! Secret bytes as text.

use zeroize::Zeroizing;

/// Bytes as small letters and digits.
pub(super) fn write(bytes: &[u8]) -> Zeroizing<String> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = Zeroizing::new(String::with_capacity(bytes.len() * 2));
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}

/// Exactly `N` bytes, as [`write()`] wrote them.
pub(super) fn read<const N: usize>(text: &str) -> Option<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0_u8; N]);
    read_into(text, bytes.as_mut())?;
    Some(bytes)
}

/// The bytes of a link's proof.
pub(super) fn read_proof(text: &str) -> Option<Vec<u8>> {
    let mut proof = vec![0; text.len() / 2];
    read_into(text, &mut proof)?;
    Some(proof)
}

fn read_into(text: &str, out: &mut [u8]) -> Option<()> {
    if text.len() != out.len() * 2 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (at, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(())
}
