//! Text from outside: which characters are never wanted, and how a text that holds one is shown.
//!
//! Stored text can come from another program, an older version or a relay's answer, so showing escapes it whatever was
//! checked when it came in.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Most marks that one letter may carry. Written languages need at most three or four; more is a drawing over other
/// text.
pub const MARKS_PER_LETTER: usize = 4;

/// Whether a character could act on a terminal, reorder what is read, or hide: the C0 and C1 controls, the
/// bidirectional controls, invisible and zero-width characters, line and paragraph separators, tags, noncharacters.
#[must_use]
pub fn is_hostile(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || (c as u32) & 0xfffe == 0xfffe
        || matches!(c, '\u{fdd0}'..='\u{fdef}')
}

/// Whether a joiner (U+200C, U+200D) is between two letters of a script that is spelled with it, as in Persian and
/// Sinhala (RFC 5892, appendix A.1 and A.2, says so more narrowly). Elsewhere it only hides.
fn joins(before: Option<char>, c: char, after: Option<char>) -> bool {
    let is_spelled = |c: Option<char>| {
        c.is_some_and(|c| matches!(c, '\u{600}'..='\u{8ff}' | '\u{900}'..='\u{dff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'))
    };
    matches!(c, '\u{200c}' | '\u{200d}') && is_spelled(before) && is_spelled(after)
}

/// The first unwanted character of a text, and whether it is only too many marks on one letter.
#[must_use]
pub fn first_hostile(text: &str) -> Option<char> {
    let mut marks = 0;
    let mut before = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if is_hostile(c) && !joins(before, c, rest.clone().next()) {
            return Some(c);
        }
        before = Some(c);
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        if marks > MARKS_PER_LETTER {
            return Some(c);
        }
    }
    None
}

/// The text with everything unwanted written out (`\u{202e}`), so that it can be put on a terminal in one line.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    escape(text, false)
}

/// As [`visible`], but line ends stay: for a personal message or an email's text.
#[must_use]
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escape(text, true)
}

/// JSON with everything unwanted in its strings written as JSON writes it (`\u202e`): the same value, and harmless
/// where it is looked at.
#[must_use]
pub fn visible_json(json: &str) -> Cow<'_, str> {
    if first_hostile(json).is_none() {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    let mut marks = 0;
    for c in json.chars() {
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        if is_hostile(c) || marks > MARKS_PER_LETTER {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

fn escape(text: &str, keep_lines: bool) -> Cow<'_, str> {
    let wanted = |c: char| keep_lines && c == '\n';
    if text.split(wanted).all(|line| first_hostile(line).is_none()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut marks = 0;
    for c in text.chars() {
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        if wanted(c) || (!is_hostile(c) && marks <= MARKS_PER_LETTER) {
            out.push(c);
        } else {
            out.extend(c.escape_unicode());
        }
    }
    Cow::Owned(out)
}

/// What texts are compared, sorted and searched by: without case, accents and compatibility forms, one space between
/// words.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => out.push_str("ss"),
            'ø' => out.push('o'),
            'ł' => out.push('l'),
            'đ' | 'ð' => out.push('d'),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'þ' => out.push_str("th"),
            'ı' => out.push('i'),
            // As it is typed on most keyboards.
            '\u{2018}' | '\u{2019}' | '\u{2bc}' => out.push('\''),
            '\u{200c}' | '\u{200d}' => {}
            c if c.is_whitespace() => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c => out.push(c),
        }
    }
    out.trim().to_owned()
}

/// The text with a capital letter at its beginning.
#[must_use]
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A number with its thousands set apart: `1,160`.
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// How many there are of something: `1 user`, `1,160 users`.
#[must_use]
pub fn counted(number: u64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {one}s", thousands(number)) }
}

/// At most this many characters, the last one an ellipsis when something was left off.
#[must_use]
pub fn shorten(text: &str, chars: usize) -> Cow<'_, str> {
    if text.chars().count() <= chars {
        return Cow::Borrowed(text);
    }
    let Some(kept) = chars.checked_sub(1) else { return Cow::Borrowed("") };
    let mut out: String = text.chars().take(kept).collect();
    out.push('…');
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn thousands_are_set_apart_and_one_is_one() {
        assert_eq!([0, 999, 1160, 1_000_000].map(thousands), ["0", "999", "1,160", "1,000,000"]);
        assert_eq!([0, 1, 1_204].map(|n| counted(n, "user")), ["0 users", "1 user", "1,204 users"]);
    }

    #[test]
    fn a_right_to_left_override_is_shown_not_obeyed() {
        assert_eq!(visible("Ada\u{202e}ecalevoL"), "Ada\\u{202e}ecalevoL");
        assert_eq!(visible("\u{1b}[31mred"), "\\u{1b}[31mred");
        assert_eq!(visible("one\ntwo"), "one\\u{a}two");
        assert_eq!(visible_lines("one\ntwo"), "one\ntwo");
        assert_eq!(visible_lines("one\r\ntwo"), "one\\u{d}\ntwo");
    }

    #[test]
    fn ordinary_names_are_left_alone() {
        for name in ["Ada Lovelace", "Zoë Müller", "Nguyễn Thị Ánh", "渡辺 直美", "محمد علي", "O’Connor-Smith"]
        {
            assert_eq!(visible(name), name);
        }
    }

    #[test]
    fn a_pile_of_marks_is_cut() {
        let piled = format!("a{}", "\u{301}".repeat(50));
        assert!(first_hostile(&piled).is_some());
        assert!(visible(&piled).contains("\\u{301}"));
        assert!(visible_lines(&format!("one\n{piled}")).contains("\\u{301}"));
    }

    #[test]
    fn folding_finds_people_typed_without_accents() {
        assert_eq!(fold("  Zoë   MÜLLER "), "zoe muller");
        assert_eq!(fold("Øystein Łukasz Straße"), "oystein lukasz strasse");
    }

    #[test]
    fn what_is_cut_fits() {
        for (room, shown) in [(0, ""), (1, "…"), (2, "A…"), (3, "Ada"), (9, "Ada")] {
            assert_eq!(shorten("Ada", room), shown);
        }
    }

    proptest! {
        #[test]
        fn nothing_hostile_survives(text in "\\PC*|.*") {
            let shown = visible(&text);
            prop_assert!(shown.chars().all(|c| !is_hostile(c)));
            prop_assert!(visible_lines(&text).chars().all(|c| c == '\n' || !is_hostile(c)));
        }

        #[test]
        fn json_stays_the_same_value_and_has_nothing_hostile(text in "\\PC*|.*") {
            let json = serde_json::json!({ "text": text }).to_string();
            let shown = visible_json(&json);
            prop_assert_eq!(first_hostile(&shown), None);
            let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
            prop_assert_eq!(read["text"].as_str(), Some(text.as_str()));
        }

        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
