//! For terminals that show ASCII only: every glyph of ours becomes a sign that is told apart as well.

use ratatui::buffer::Buffer;

/// Replaces every symbol that is not ASCII. Letters of names that ASCII does not have become `?`: a terminal that
/// cannot show them would show something worse.
#[expect(clippy::disallowed_methods, reason = "the signs are constants of this file")]
pub fn only(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            let sign = sign(cell.symbol());
            cell.set_symbol(sign);
        }
    }
}

fn sign(symbol: &str) -> &'static str {
    match symbol {
        "●" => "*",
        "◌" | "…" => "~",
        "⊘" | "·" | "─" => "-",
        "⌫" => "x",
        "✗" => "!",
        "✓" | "╭" | "╮" | "╰" | "╯" => "+",
        "│" | "▏" => "|",
        "▌" | "›" | "→" => ">",
        "‹" | "←" => "<",
        "↑" => "^",
        "↓" => "v",
        "“" | "”" => "\"",
        _ => "?",
    }
}
