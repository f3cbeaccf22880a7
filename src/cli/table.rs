//! Plain tables, aligned by what a terminal shows.

use unicode_width::UnicodeWidthStr;

use crate::domain::text::visible;

/// Lines of cells, each column as wide as its widest cell.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut all: Vec<Vec<String>> = vec![head.iter().map(|&cell| cell.to_owned()).collect()];
    all.extend(rows.iter().map(|row| row.iter().map(|cell| visible(cell).into_owned()).collect()));
    let widths: Vec<usize> = (0..head.len())
        .map(|at| all.iter().filter_map(|row| row.get(at)).map(|cell| cell.width()).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    for row in all {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width()) + 2));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_and_hostile_names_keep_the_columns_straight() {
        let rows = vec![vec!["渡辺".into(), "a@b.org".into()], vec!["Eve\u{202e}".into(), "e@b.org".into()]];
        let text = table(&["Name", "Email"], &rows);
        assert_eq!(text, "Name         Email\n渡辺         a@b.org\nEve\\u{202e}  e@b.org\n");
    }
}
