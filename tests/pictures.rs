//! The pictures of the documentation: made from real screens of the demo, in a pseudo-terminal, never by hand.
//!
//! `tests/pictures` runs this and writes `docs/pictures/*.svg`. It is no check, so the test run leaves it out.

mod support;

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use support::pty::{Starter, Terminal, key};
use vt100::{Cell, Color, Screen};

/// A cell's size in the picture.
const CELL: (f32, f32) = (8.4, 18.0);
/// The room around the screen.
const MARGIN: f32 = 14.0;

#[test]
#[ignore = "writes the pictures of the documentation; run by tests/pictures"]
fn pictures() {
    let home = tempfile::tempdir().unwrap();
    let start = |columns, rows| {
        let mut screen = Starter::new(home.path()).args(["demo"]).size(columns, rows).start();
        screen.wait_for("Ada Lovelace");
        screen.wait_for("861 active");
        screen
    };
    let mut screen = start(120, 30);
    screen.send("f");
    screen.wait_for("needs attention");
    screen.send(&format!("j{}", key::ENTER));
    screen.wait_for("needs attention · by name");
    screen.settle(Duration::from_millis(400));
    save(&screen, "attention");
    screen.send(&format!("f{}{}", key::UP, key::ENTER));
    screen.wait_for("all · by name");
    screen.send("/grac");
    screen.settle(Duration::from_millis(400));
    screen.send(key::ENTER);
    screen.settle(Duration::from_millis(400));
    save(&screen, "users");
    screen.send("D");
    screen.wait_for("Delete ");
    save(&screen, "delete");
    screen.send(key::ESCAPE);
    screen.send("i");
    screen.wait_for("Invite user");
    screen.send(&format!("Grace Hopper{}grace@navy", key::TAB));
    screen.settle(Duration::from_millis(300));
    save(&screen, "invite");
    screen.send(key::ESCAPE);
    screen.wait_for("Leave?");
    screen.send(key::ESCAPE);
    screen.wait_gone("Invite user");
    screen.send("2");
    screen.wait_for("newest first");
    screen.send(&format!("f{}{}{}", key::DOWN, key::DOWN, key::ENTER));
    screen.wait_for("Mail · failed");
    screen.settle(Duration::from_millis(400));
    save(&screen, "mail");

    let mut narrow = start(80, 24);
    narrow.send("/ada");
    narrow.settle(Duration::from_millis(400));
    save(&narrow, "narrow");
}

/// Writes the screen as a picture.
fn save(screen: &Terminal, name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.svg")), svg(screen.screen())).unwrap();
}

fn svg(screen: &Screen) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let (width, height) = (2.0 * MARGIN + f32::from(columns) * CELL.0, 2.0 * MARGIN + f32::from(rows) * CELL.1);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#1e1e1e\"/>\n\
         <g font-family=\"'DejaVu Sans Mono',Menlo,Consolas,monospace\" font-size=\"14\" xml:space=\"preserve\">\n"
    );
    for row in 0..rows {
        let mut column = 0;
        while column < columns {
            let Some(first) = screen.cell(row, column) else { break };
            let look = Look::of(first);
            let begin = column;
            let mut text = String::new();
            while let Some(cell) = screen.cell(row, column).filter(|cell| column < columns && Look::of(cell) == look) {
                if !cell.is_wide_continuation() {
                    text.push_str(if cell.has_contents() { cell.contents() } else { " " });
                }
                column += 1;
            }
            run(&mut out, row, begin, column - begin, &text, look);
        }
    }
    out + "</g>\n</svg>\n"
}

/// How a cell looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    colour: &'static str,
    bold: bool,
    inverse: bool,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let colour = match cell.fgcolor() {
            Color::Idx(1 | 9) => "#f66",
            Color::Idx(2 | 10) => "#3fb950",
            Color::Idx(3 | 11) => "#d8a928",
            Color::Idx(6 | 14) => "#39c5cf",
            Color::Idx(8) => "#8b8b8b",
            _ => "#dcdcdc",
        };
        Self { colour, bold: cell.bold(), inverse: cell.inverse() }
    }
}

/// A run of cells that look the same.
fn run(out: &mut String, row: u16, column: u16, cells: u16, text: &str, look: Look) {
    let (x, y) = (MARGIN + f32::from(column) * CELL.0, MARGIN + f32::from(row) * CELL.1);
    let length = f32::from(cells) * CELL.0;
    let (ink, bold) =
        (if look.inverse { "#1e1e1e" } else { look.colour }, if look.bold { " font-weight=\"bold\"" } else { "" });
    if look.inverse {
        let _ = writeln!(
            out,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{length:.1}\" height=\"{}\" fill=\"{}\"/>",
            CELL.1, look.colour
        );
    }
    if text.trim().is_empty() {
        return;
    }
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // Spaces in a row count as one in most viewers, whatever `xml:space` says.
    let escaped = escaped.replace(' ', "\u{a0}");
    let base = y + 13.5;
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{base:.1}\" textLength=\"{length:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{ink}\"{bold}>{escaped}</text>"
    );
}
