//! What a password must be, as NIST SP 800-63B-4 and OWASP ASVS 5.0 (6.2) have it: long, not common, not made of what
//! everybody knows of its owner; any characters, no composition rules.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::common_passwords::is_common;
use super::text::fold;

pub const MAX_CHARS: usize = 256;
/// Most bytes that are looked at at all.
pub const MAX_BYTES: usize = 1024;
/// Fewest characters unless the organisation wants more (ASVS 6.2.1 recommends 15 where nothing else protects an
/// account).
pub const MIN_CHARS: usize = 15;
/// A word of the owner's name this long or longer may not be part of the password; shorter ones are part of ordinary
/// words.
const WORD_CHARS: usize = 4;
/// Fewest guesses (as a power of ten) that the strength estimator must think a password takes.
const MIN_GUESSES_LOG10: f64 = 10.0;
/// See [`Strength::Strong`].
const STRONG: f64 = 13.0;
/// See [`Strength::VeryStrong`].
const VERY_STRONG: f64 = 16.0;

/// A password somebody typed, in NFC, wiped from memory when dropped. It cannot be printed.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Fewer characters than the organisation asks for.
    #[error(
        "the password has {have} characters and needs at least {need}: four or five unrelated words are easy to remember"
    )]
    TooShort { have: usize, need: usize },
    /// Over [`MAX_CHARS`] or [`MAX_BYTES`].
    #[error("the password is longer than {MAX_CHARS} characters")]
    TooLong,
    /// Contains a word of the name, the address or the organisation's name.
    #[error("the password contains \u{201c}{}\u{201d}, part of your name, your address or your organisation's name: leave it out", super::text::visible(.0))]
    Personal(String),
    /// Easy to guess: common, repeated, a row of keys.
    #[error("the password is too easy to guess (common words, repetition or rows of keys): choose unrelated words")]
    Common,
    /// The second typing differs.
    #[error("the passwords don't match: type the same one twice")]
    Differ,
}

/// How good a password is that is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Good enough: [`MIN_GUESSES_LOG10`].
    Enough,
    /// A thousand times better.
    Strong,
    /// A million times better.
    VeryStrong,
}

impl Strength {
    /// The words beside the field.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Enough => "good enough",
            Self::Strong => "strong",
            Self::VeryStrong => "very strong",
        }
    }
}

/// What the organisation asks of passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordRules {
    /// Fewest characters, [`MIN_CHARS`] unless set otherwise.
    pub min_chars: usize,
}

impl Default for PasswordRules {
    fn default() -> Self {
        Self { min_chars: MIN_CHARS }
    }
}

impl Password {
    /// Takes what somebody typed to be compared with a stored password: NFC and the length bound, no other rule.
    pub fn typed(text: &str) -> Result<Self, WeakPassword> {
        if text.len() > MAX_BYTES {
            return Err(WeakPassword::TooLong);
        }
        let password = Zeroizing::new(text.nfc().collect::<String>());
        if password.chars().count() > MAX_CHARS { Err(WeakPassword::TooLong) } else { Ok(Self(password)) }
    }

    /// Takes a new password. `known` is what is known of its owner: name, address, organisation.
    pub fn choose(text: &str, rules: PasswordRules, known: &[&str]) -> Result<Self, WeakPassword> {
        let password = Self::long_enough(text, rules)?;
        Self::weigh(&password, known)?;
        Ok(password)
    }

    fn long_enough(text: &str, rules: PasswordRules) -> Result<Self, WeakPassword> {
        let password = Self::typed(text)?;
        let have = password.0.chars().count();
        let need = rules.min_chars;
        if have < need { Err(WeakPassword::TooShort { have, need }) } else { Ok(password) }
    }

    /// How many guesses a password takes, as a power of ten, unless it is refused.
    fn weigh(password: &Self, known: &[&str]) -> Result<f64, WeakPassword> {
        let folded = Zeroizing::new(fold(&password.0));
        let words: Vec<String> = known.iter().flat_map(|text| words(text)).collect();
        if let Some(word) =
            words.iter().find(|word| word.chars().count() >= WORD_CHARS && folded.contains(word.as_str()))
        {
            return Err(WeakPassword::Personal(word.clone()));
        }
        let inputs: Vec<&str> = words.iter().map(String::as_str).collect();
        let guesses = zxcvbn::zxcvbn(&password.0, &inputs).guesses_log10();
        if is_common(&folded) || guesses < MIN_GUESSES_LOG10 { Err(WeakPassword::Common) } else { Ok(guesses) }
    }

    /// How good a new password is, while it is typed.
    pub fn strength(text: &str, rules: PasswordRules, known: &[&str]) -> Result<Strength, WeakPassword> {
        let password = Self::long_enough(text, rules)?;
        Ok(match Self::weigh(&password, known)? {
            guesses if guesses >= VERY_STRONG => Strength::VeryStrong,
            guesses if guesses >= STRONG => Strength::Strong,
            _ => Strength::Enough,
        })
    }

    /// As [`Password::choose`], with the second typing.
    pub fn choose_twice(first: &str, second: &str, rules: PasswordRules, known: &[&str]) -> Result<Self, WeakPassword> {
        let password = Self::choose(first, rules, known)?;
        if first == second { Ok(password) } else { Err(WeakPassword::Differ) }
    }

    /// The bytes that are hashed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The folded words of a name or an address.
fn words(text: &str) -> Vec<String> {
    fold(text).split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: &[&str] = &["Ada Lovelace", "ada.l@example.org", "Example Ltd"];

    fn choose(text: &str) -> Result<Password, WeakPassword> {
        Password::choose(text, PasswordRules::default(), ADA)
    }

    #[test]
    fn a_long_unlikely_sentence_is_accepted() {
        for text in ["violet tractor sings twice", "přílišžluťoučkýkůň úpěl", "correct-zebra-lamp-orbit9"] {
            assert!(choose(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn short_common_personal_and_endless_ones_are_refused() {
        assert!(matches!(choose("short"), Err(WeakPassword::TooShort { have: 5, need: 15 })));
        for text in [
            "passwordpassword",
            "aaaaaaaaaaaaaaaaaaaa",
            "qwertyuiopasdfgh",
            "123456789012345678",
            "letmeinletmeinletmein",
        ] {
            assert!(matches!(choose(text), Err(WeakPassword::Common)), "{text}");
        }
        assert!(matches!(choose("my name is LOVELACE ok"), Err(WeakPassword::Personal(_))));
        assert!(matches!(choose(&"x".repeat(257)), Err(WeakPassword::TooLong)));
        assert!(matches!(choose(&"x".repeat(10_000_000)), Err(WeakPassword::TooLong)));
        assert!(matches!(
            Password::choose_twice("violet tractor sings twice", "violet tractor sings", PasswordRules::default(), ADA),
            Err(WeakPassword::Differ)
        ));
    }

    #[test]
    fn a_password_is_the_better_the_more_guesses_it_takes() {
        let strength = |text| Password::strength(text, PasswordRules { min_chars: 8 }, ADA);
        for (text, wanted) in [
            ("dartfelixomq", Strength::Enough),
            ("dart felixo mq wa", Strength::Strong),
            ("violet tractor sings twice", Strength::VeryStrong),
        ] {
            assert_eq!(strength(text), Ok(wanted), "{text}");
        }
        assert_eq!(strength("monkey1234"), Err(WeakPassword::Common));
    }

    #[test]
    fn composed_and_decomposed_typing_is_the_same_password() {
        let composed = Password::typed("zoë with a long tail").unwrap();
        let decomposed = Password::typed("zoe\u{308} with a long tail").unwrap();
        assert_eq!(composed.as_bytes(), decomposed.as_bytes());
    }

    #[test]
    fn a_password_cannot_be_printed() {
        assert_eq!(format!("{:?}", Password::typed("secret").unwrap()), "Password(…)");
    }
}
