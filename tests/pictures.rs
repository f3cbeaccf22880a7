//! The pictures of the documentation: made from real screens of the demo, in a pseudo-terminal, never by hand.
//!
//! `tests/pictures` runs this and writes `docs/pictures/*.svg`. It is no check, so the test run leaves it out.

mod support;

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use support::cli::Home;
use support::pty::{Starter, Terminal, key};
use vt100::{Cell, Color, Screen};

const CELL: (f32, f32) = (8.4, 18.0);
const MARGIN: f32 = 14.0;

/// A theme, and how a picture of it is painted.
#[derive(Clone, Copy)]
struct Theme {
    name: &'static str,
    /// What its pictures' names end with.
    ending: &'static str,
    background: &'static str,
    ink: &'static str,
}

const THEMES: [Theme; 2] = [
    Theme { name: "dark", ending: "", background: "#1e1e1e", ink: "#dcdcdc" },
    Theme { name: "light", ending: "-light", background: "#ffffff", ink: "#1f2328" },
];

#[test]
#[ignore = "writes the pictures of the documentation; run by tests/pictures"]
fn pictures() {
    for theme in THEMES {
        in_the_demo(theme);
        at_the_beginning(theme);
    }
}

fn in_the_demo(theme: Theme) {
    let home = tempfile::tempdir().unwrap();
    let start = |columns, rows| {
        let starter = Starter::new(home.path()).env("RSVP_TERMINAL__THEME", theme.name);
        let mut screen = starter.args(["demo"]).size(columns, rows).start();
        screen.wait_for("Ada Lovelace");
        screen.wait_for("861 active");
        screen
    };
    let mut screen = start(120, 30);
    of_the_list(&mut screen, theme);
    of_one_user(&mut screen, theme);
    of_the_other_screens(&mut screen, theme);

    let mut narrow = start(80, 24);
    narrow.send("/ada");
    settled(&mut narrow, theme, "narrow");
}

/// Saves a picture once nothing moves any more.
fn settled(screen: &mut Terminal, theme: Theme, name: &str) {
    screen.settle(Duration::from_millis(400));
    save(screen, theme, name);
}

/// Views, many at once and a search.
fn of_the_list(screen: &mut Terminal, theme: Theme) {
    let save = |screen: &mut Terminal, name: &str| settled(screen, theme, name);
    screen.send("f");
    screen.wait_for("needs attention");
    save(screen, "view");
    screen.send(&format!("j{}", key::ENTER));
    screen.wait_for("needs attention · by name");
    save(screen, "attention");
    screen.send("  jV");
    screen.settle(Duration::from_millis(300));
    screen.send("r");
    screen.wait_for("[ Cancel ]");
    save(screen, "many");
    screen.send(key::ESCAPE);
    screen.wait_gone("[ Cancel ]");
    screen.send(key::ESCAPE);
    screen.send(&format!("f{}{}", key::UP, key::ENTER));
    screen.wait_for("all · by name");
    screen.send("/grac");
    screen.settle(Duration::from_millis(400));
    screen.send(key::ENTER);
    save(screen, "users");
}

/// What is shown of a user and asked about one, with help and palette.
fn of_one_user(screen: &mut Terminal, theme: Theme) {
    let save = |screen: &mut Terminal, name: &str| settled(screen, theme, name);
    screen.send(key::ENTER);
    screen.wait_for("Esc closes");
    save(screen, "person");
    screen.send(key::ESCAPE);
    screen.send("?");
    screen.wait_for("type words or a key");
    save(screen, "help");
    screen.send(key::ESCAPE);
    screen.send(":");
    screen.wait_for("All actions, views and people");
    screen.send("inv");
    save(screen, "palette");
    screen.send(key::ESCAPE);
    screen.wait_gone("All actions, views and people");
    screen.send("w");
    screen.wait_for("Space in or out");
    save(screen, "workspaces");
    screen.send(key::ESCAPE);
    screen.send("D");
    screen.wait_for("Delete ");
    save(screen, "delete");
    screen.send(key::ESCAPE);
    screen.send("i");
    screen.wait_for("Invite user");
    screen.send(&format!("Grace Hopper{}grace@navy", key::TAB));
    save(screen, "invite");
    screen.send(key::ESCAPE);
    screen.wait_for("Leave without saving?");
    screen.send(key::ESCAPE);
    screen.wait_gone("Invite user");
}

fn of_the_other_screens(screen: &mut Terminal, theme: Theme) {
    let save = |screen: &mut Terminal, name: &str| settled(screen, theme, name);
    screen.send("2");
    screen.wait_for("newest first");
    screen.send(&format!("f{}{}{}", key::DOWN, key::DOWN, key::ENTER));
    screen.wait_for("Mail · failed");
    save(screen, "mail");
    screen.send("v");
    screen.wait_for("Subject:");
    save(screen, "preview");
    screen.send(key::ESCAPE);
    screen.wait_gone("Subject:");
    screen.send("3");
    screen.wait_for("Workspaces · by name · ");
    screen.send("jj");
    save(screen, "all-workspaces");
    screen.send("4");
    screen.wait_for("Audit · all");
    screen.send("jj");
    save(screen, "audit");
}

/// What an organisation of one's own shows at its beginning, and when two edit the same user.
fn at_the_beginning(theme: Theme) {
    let home = Home::new();
    let start = |args: &[&str]| {
        let starter = Starter::new(&home.path("")).env("RSVP_TERMINAL__THEME", theme.name);
        starter.env("XDG_DATA_HOME", home.path("data")).args(args).size(100, 24).start()
    };
    // The first screen shows where things will be: not where this run put them.
    let mut screen = Starter::new(&home.path("")).env("RSVP_TERMINAL__THEME", theme.name).size(100, 24).start();
    screen.wait_for("No organisation is set up here yet.");
    screen.send(key::ENTER);
    screen.wait_for("Set up my organisation");
    screen.send(&format!("Example Ltd{}Ada Lovelace", key::TAB));
    screen.settle(Duration::from_millis(300));
    save(&screen, theme, "set_up");
    drop(screen);

    home.set_up().ends(0);
    let mut screen = start(&[]);
    screen.wait_for("Password forgotten?");
    save(&screen, theme, "sign_in");
    drop(screen);

    home.run("invite grace@navy.example --name Grace").ends(0);
    let mut screen = start(&["--operator"]);
    screen.wait_in_row("Grace", "◌ invited");
    screen.send("G");
    screen.wait_for("◌ INVITED");
    screen.send("e");
    screen.wait_for("Edit Grace");
    screen.send(" Hopper");
    home.run("edit grace@navy.example --name Amazing-Grace --language de").ends(0);
    screen.send(key::CTRL_S);
    screen.wait_for("Keep theirs");
    screen.settle(Duration::from_millis(300));
    save(&screen, theme, "conflict");
}

fn save(screen: &Terminal, theme: Theme, name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}{}.svg", theme.ending)), svg(screen.screen(), theme)).unwrap();
}

fn svg(screen: &Screen, theme: Theme) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let (width, height) = (2.0 * MARGIN + f32::from(columns) * CELL.0, 2.0 * MARGIN + f32::from(rows) * CELL.1);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>\n\
         <g font-family=\"'DejaVu Sans Mono',Menlo,Consolas,monospace\" font-size=\"14\" xml:space=\"preserve\">\n",
        theme.background
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
            run(&mut out, theme, (row, begin, column - begin), &text, look);
        }
    }
    out + "</g>\n</svg>\n"
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    /// One of the colours of the fixed 256, if not the terminal's own.
    colour: Option<u8>,
    bold: bool,
    inverse: bool,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let colour = match cell.fgcolor() {
            Color::Idx(index) => Some(index),
            Color::Default | Color::Rgb(..) => None,
        };
        Self { colour, bold: cell.bold(), inverse: cell.inverse() }
    }

    /// The colour as SVG writes it: a cube of six steps a side, and greys.
    fn ink(self, theme: Theme) -> String {
        let step = |at: u8| if at == 0 { 0 } else { 55 + 40 * at };
        let [red, green, blue] = match self.colour {
            Some(index @ 16..=231) => [step((index - 16) / 36), step((index - 16) / 6 % 6), step((index - 16) % 6)],
            Some(index @ 232..=255) => [8 + 10 * (index - 232); 3],
            // The themes that pictures are made of use no others.
            _ => return theme.ink.to_owned(),
        };
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

/// A run of cells that look the same.
fn run(out: &mut String, theme: Theme, (row, column, cells): (u16, u16, u16), text: &str, look: Look) {
    let (x, y) = (MARGIN + f32::from(column) * CELL.0, MARGIN + f32::from(row) * CELL.1);
    let length = f32::from(cells) * CELL.0;
    let colour = look.ink(theme);
    let ink = if look.inverse { theme.background } else { &colour };
    let bold = if look.bold { " font-weight=\"bold\"" } else { "" };
    if look.inverse {
        let _ = writeln!(
            out,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{length:.1}\" height=\"{}\" fill=\"{}\"/>",
            CELL.1, colour
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
