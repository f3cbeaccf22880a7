//! The one function through which stored text reaches a screen: escaped, and exactly as wide as its place.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::domain::text::visible;

/// The text in exactly `width` columns: cut with an ellipsis, or filled with spaces.
pub fn cell(text: &str, width: usize) -> String {
    let shown = visible(text);
    let mut out = String::with_capacity(width);
    let mut used = 0;
    let fits = shown.width() <= width;
    let room = if fits { width } else { width.saturating_sub(1) };
    for cluster in shown.graphemes(true) {
        if used + cluster.width() > room {
            break;
        }
        out.push_str(cluster);
        used += cluster.width();
    }
    if !fits && width > 0 {
        out.push('…');
        used += 1;
    }
    out.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
    out
}

/// The text in as many columns as it takes, at most forty.
pub fn whole(text: &str) -> String {
    const MOST: usize = 40;
    cell(text, visible(text).width().min(MOST))
}

/// The text in lines of at most `width` columns, broken between words where that is possible and within a word where it
/// is longer than a line: an address or a link is shown whole.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in visible(text).split(' ') {
        for (part, begins) in parts(word, width) {
            match lines.last_mut() {
                Some(line) if begins && line.width() + 1 + part.width() <= width => {
                    line.push(' ');
                    line.push_str(&part);
                }
                _ => lines.push(part),
            }
        }
    }
    lines.iter().map(|line| cell(line, width)).collect()
}

/// A word in parts of at most `width` columns, the first of which begins it.
fn parts(word: &str, width: usize) -> Vec<(String, bool)> {
    let mut parts = vec![(String::new(), true)];
    for cluster in word.graphemes(true) {
        if parts.last().is_some_and(|(part, _)| !part.is_empty() && part.width() + cluster.width() > width) {
            parts.push((String::new(), false));
        }
        if let Some((part, _)) = parts.last_mut() {
            part.push_str(cluster);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_as_wide_as_its_place() {
        for text in ["", "Ada", "渡辺 直美 渡辺", "a\u{202e}b", "Zoe\u{308} and more than fits"] {
            for width in 0..12 {
                assert_eq!(cell(text, width).width(), width, "{text:?} in {width}");
            }
        }
        assert_eq!(wrapped("too soon after the last", 9), ["too soon ", "after the", "last     "]);
        assert_eq!(cell("Ada Lovelace", 5), "Ada …");
        assert_eq!(wrapped("to abcdefghij k", 4), ["to  ", "abcd", "efgh", "ij k"]);
        assert_eq!(wrapped("渡辺渡", 4), ["渡辺", "渡  "]);
    }
}
