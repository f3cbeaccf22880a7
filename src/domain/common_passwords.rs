//! Passwords that many people chose before: the first that anybody tries. The list and its licence are in
//! `assets/passwords`.

/// One a line, in small letters, in the order of their bytes.
const LIST: &str = include_str!("../../assets/passwords/common.txt");
/// Shorter ones than this are in no list: nobody may have one.
const SHORTEST: usize = 8;

/// Whether a password is one of them, as it is or with digits and signs put behind or before it. It is given folded.
#[must_use]
pub fn is_common(folded: &str) -> bool {
    let bare = folded.trim_matches(|c: char| c.is_ascii_digit() || c.is_ascii_punctuation() || c.is_whitespace());
    let behind = folded.trim_end_matches(|c: char| c.is_ascii_digit() || c.is_ascii_punctuation());
    [folded, behind, bare].into_iter().any(|text| text.len() >= SHORTEST && is_listed(text))
}

/// Looks in the sorted list, halving it: nothing of it is copied.
fn is_listed(text: &str) -> bool {
    let (mut low, mut high) = (0, LIST.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        let begin = LIST.as_bytes()[..middle].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let end = LIST.as_bytes()[begin..].iter().position(|byte| *byte == b'\n').map_or(LIST.len(), |at| begin + at);
        match LIST[begin..end].cmp(text) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = begin,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_list_is_found_and_the_list_is_what_it_says() {
        let lines: Vec<&str> = LIST.lines().collect();
        assert!(lines.is_sorted() && lines.len() > 50_000);
        assert!(
            lines.iter().filter(|line| line.len() >= 15).count() > 10_000,
            "ASVS 5.0, 6.2.4 asks for 3000 that fit the rules"
        );
        for line in &lines {
            assert!(is_listed(line) && line.len() >= SHORTEST && *line == line.to_lowercase(), "{line}");
        }
        for other in ["", "violet tractor sings twice", "passwordpassworc", "\u{0}", "zzzzzzzzzzzzzzzzzzzzz~"] {
            assert!(!is_listed(other), "{other}");
        }
    }

    #[test]
    fn digits_and_signs_around_one_make_it_no_other() {
        for text in ["passwordpassword", "passwordpassword1!", "2024passwordpassword", "qwertyuiopasdfgh!!!!"] {
            assert!(is_common(text), "{text}");
        }
        assert!(!is_common("12345678 sunny horses"));
    }
}
