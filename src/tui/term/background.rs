//! Whether the terminal's background is dark or light, asked without anybody waiting for the answer: the first screen
//! is drawn at once in the terminal's own colours. The answer comes among the keys, at some time or never.

/// The question: OSC 11 with a question mark (`XTerm` Control Sequences, "Operating System Commands").
pub const QUESTION: &str = "\u{1b}]11;?\u{1b}\\";
/// A background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// Light letters on it.
    Dark,
    /// Dark letters on it.
    Light,
}

/// Reads `11;rgb:1e1e/1e1e/1e1e`, or with another count of digits, or with an alpha part.
pub fn read(answer: &[u8]) -> Option<Background> {
    let text = std::str::from_utf8(answer).ok()?;
    let parts = text.strip_prefix("11;rgb")?.trim_start_matches('a').strip_prefix(':')?;
    let mut shares = parts.split('/').map(|part| {
        let most = 16_u32.checked_pow(u32::try_from(part.len()).ok()?)?.checked_sub(1).filter(|most| *most > 0)?;
        u32::from_str_radix(part, 16).ok().map(|value| f64::from(value) / f64::from(most))
    });
    let (red, green, blue) = (shares.next()??, shares.next()??, shares.next()??);
    // The luma of ITU-R BT.601: how bright the eye finds it.
    let bright = 0.299 * red + 0.587 * green + 0.114 * blue;
    Some(if bright < 0.5 { Background::Dark } else { Background::Light })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_whatever_count_of_digits_it_has() {
        for (answer, wanted) in [
            ("11;rgb:1e1e/1e1e/2e2e", Some(Background::Dark)),
            ("11;rgb:ff/fa/f0", Some(Background::Light)),
            ("11;rgb:0/0/0", Some(Background::Dark)),
            ("11;rgba:ffff/ffff/ffff/8000", Some(Background::Light)),
            ("10;rgb:ff/ff/ff", None),
            ("11;rgb:/ff/ff", None),
            ("11;rgb:ff/ff", None),
        ] {
            assert_eq!(read(answer.as_bytes()), wanted, "{answer}");
        }
    }
}
