//! How well a text fits a few letters of it: `rsnd` and `inv re` both find “resend invitation”.
//!
//! Our own, because the kept libraries for it are under licences with duties for whoever hands the program on, and a
//! few dozen short texts need none of their speed.

use crate::domain::text::fold;

/// What a letter is worth at the beginning of a word, right after the letter before it, and anywhere else.
const WORTH: (i32, i32, i32) = (8, 5, 1);

/// How well a text fits, larger being better; `None` if a typed word does not occur in it as letters in this order.
pub fn fits(text: &str, typed: &str) -> Option<i32> {
    let text: Vec<char> = fold(text).chars().collect();
    let words = fold(typed);
    words.split_whitespace().map(|word| best(&text, word)).sum()
}

/// The best way to find a word's letters in a text, in their order.
fn best(text: &[char], word: &str) -> Option<i32> {
    // For each place: the best worth of a way that ends there.
    let mut ends: Vec<Option<i32>> = Vec::new();
    for (at, letter) in word.chars().enumerate() {
        let mut before = None;
        let mut now = vec![None; text.len()];
        for (place, c) in text.iter().enumerate() {
            let follows = place.checked_sub(1).and_then(|last| ends.get(last).copied().flatten());
            if *c == letter {
                let begins = place == 0 || !text[place - 1].is_alphanumeric();
                let free = if at == 0 { Some(0) } else { before };
                let alone = free.map(|worth| worth + if begins { WORTH.0 } else { WORTH.2 });
                now[place] = alone.max(follows.map(|worth| worth + WORTH.1));
            }
            before = before.max(ends.get(place).copied().flatten());
        }
        ends = now;
    }
    ends.into_iter().flatten().max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(typed: &str) -> Vec<&'static str> {
        let all = ["resend invitation", "revoke invitation", "restore user", "view: needs attention", "search"];
        let mut found: Vec<_> = all.into_iter().filter_map(|text| Some((fits(text, typed)?, text))).collect();
        found.sort_by_key(|(worth, _)| std::cmp::Reverse(*worth));
        found.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn letters_in_their_order_are_enough_and_beginnings_of_words_count_most() {
        assert_eq!(order("rsnd"), ["resend invitation"]);
        assert_eq!(order("inv re"), ["resend invitation", "revoke invitation"]);
        assert_eq!(order("ri")[0], "resend invitation");
        assert_eq!(order("na")[0], "view: needs attention");
        assert_eq!(order("Sear"), ["search"]);
        assert_eq!(order("xyz"), Vec::<&str>::new());
        assert_eq!(order("").len(), 5);
        assert!(fits("Zo\u{eb} Quinn", "zoe").is_some(), "without accents");
    }
}
