//! How quick and how quiet the terminal interface is, beside a bare program of the same libraries in the same run.
//!
//!     cargo bench --bench terminal            with 1,000 and with 1,000,000 users
//!     cargo bench --bench terminal -- 1000    with so many
//!
//! Everything is measured from outside, in a pseudo-terminal that reads the screen: from a key to the moment when its
//! effect is seen, in bytes that were written, and in CPU time that the kernel counted. The bare program draws a screen
//! of as many letters and colours, of the same people, and moves a bar in it, searches and sorts it; it has no
//! database, no threads and nothing to decide. `RSVP_BENCH_PROGRAM` measures another build of the program on the same
//! organisation.

#[path = "support/people.rs"]
mod people;
#[path = "../tests/support/mod.rs"]
mod support;

use std::io::{BufWriter, stdout};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ratatui::Terminal as Drawn;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{Event, KeyCode, read};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};
use support::cli::{Home, PASSWORD};
use support::pty::{Starter, Terminal, key};
use support::seed;

/// The variable that makes this program the bare one.
const BARE: &str = "RSVP_BENCH_BARE";
/// The variable that names another build of the program.
const PROGRAM: &str = "RSVP_BENCH_PROGRAM";
const BARE_PEOPLE: usize = 1_000;
/// How often the start, an order and a view are measured.
const TIMES: usize = 21;
/// How many steps of the cursor are measured: fewer than a workspace of the smallest organisation has people.
const STEPS: usize = 250;
/// How long a key that is held down takes to come again: 30 times a second.
const REPEAT: Duration = Duration::from_millis(33);
/// How many whole frames are drawn to measure one.
const FRAMES: usize = 200;
/// Words that are searched for, letter by letter.
const WORDS: [&str; 6] = ["grace", "lovelace", "chen", "oluwaseun", "zimmer", "tim"];

/// What is measured, and what came of it for each program.
struct Table {
    programs: Vec<String>,
    rows: Vec<(&'static str, Vec<String>)>,
}

impl Table {
    fn add(&mut self, what: &'static str, figure: String) {
        let row = self.rows.iter().position(|(known, _)| *known == what).unwrap_or_else(|| {
            self.rows.push((what, Vec::new()));
            self.rows.len() - 1
        });
        let figures = &mut self.rows[row].1;
        figures.resize(self.programs.len() - 1, String::new());
        eprintln!("{}: {what}: {figure}", self.programs[self.programs.len() - 1]);
        figures.push(figure);
    }

    fn print(&self) {
        let line = |what: &str, figures: &[String]| {
            figures.iter().fold(format!("{what:<44}"), |line, figure| format!("{line}{figure:>30}"))
        };
        println!("\n{}", line("", &self.programs));
        for (what, figures) in &self.rows {
            println!("{}", line(what, figures));
        }
    }
}

fn main() {
    if std::env::var_os(BARE).is_some() {
        bare().expect("a terminal");
        return;
    }
    // `cargo test --benches` only sees that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let wanted: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let wanted = if wanted.is_empty() { vec![1_000, 1_000_000] } else { wanted };
    let this = std::env::current_exe().expect("this program");
    let program = std::env::var_os(PROGRAM).map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_rsvp")), PathBuf::from);
    let folder = tempfile::tempdir().expect("a folder");
    let bare = || Starter::of(&this, folder.path()).env(BARE, "1");
    let mut table = Table { programs: vec!["bare".to_owned()], rows: Vec::new() };
    measure(&mut table, &bare);
    idle(&mut table, &bare);
    for users in wanted {
        let home = organisation(users);
        let as_who = |arguments: [&str; 2]| {
            let starter = Starter::of(&program, &home.path("")).env("XDG_DATA_HOME", home.path("data"));
            starter.args(arguments.iter().filter(|argument| !argument.is_empty()))
        };
        table.programs.push(format!("{users} users"));
        let operator = || as_who(["--operator", ""]);
        measure(&mut table, &operator);
        idle(&mut table, &operator);
        table.programs.push(format!("{users}, workspace admin"));
        measure(&mut table, &|| as_who(["--as", "lead@example.org"]));
    }
    table.print();
}

/// An organisation with so many believable people, a third of whom somebody sees who administers a workspace.
fn organisation(users: usize) -> Home {
    let home = Home::with_organisation();
    home.run("workspace create Third").ends(0);
    home.run("invite lead@example.org --name Lead --workspace Third:admin").ends(0);
    let link = home.run("link lead@example.org").ends(0).out;
    let code = link.trim().rsplit('/').next().unwrap_or_default().to_owned();
    home.type_in(&format!("{PASSWORD}\n"), &["accept", &code, "--password-stdin"]).ends(0);
    let url = format!("sqlite://{}", home.database().display());
    seed::invited(&url, users);
    let members = "INSERT INTO memberships (workspace_id, user_id, role)
        SELECT w.id, u.id, 'member' FROM workspaces w, users u WHERE u.email LIKE 'bulk%' AND u.id % 3 = 0";
    seed::run(&url, &[members.to_owned()]);
    seed::run(&url, &people::statements());
    home
}

fn measure(table: &mut Table, start: &dyn Fn() -> Starter) {
    let mut starts: Vec<Duration> = (0..TIMES).map(|_| first_list(start)).collect();
    starts.sort();
    table.add("exec to the list, median (least)", format!("{} ({})", ms(starts[TIMES / 2]), ms(starts[0])));
    let mut screen = on_list(start, (120, 40));
    let before = screen.written();
    step(&mut screen);
    screen.settle(Duration::from_millis(300));
    table.add("a step, and what follows when it rests", format!("{} B", screen.written() - before));
    let (times, bytes) = steps(&mut screen, 20);
    table.add("cursor inside the window, p50 p99", format!("{}, {bytes} B", percentiles(times)));
    steps(&mut screen, 20);
    let (times, bytes) = steps(&mut screen, STEPS);
    table.add("cursor scrolling, p50 p99", format!("{}, {bytes} B", percentiles(times)));
    drop(screen);

    let mut screen = on_list(start, (120, 40));
    let times = (0..TIMES).map(|_| chosen(&mut screen, &["o", key::ENTER])).collect();
    table.add("another order, p50 p99", percentiles(times));
    // To those who are invited, two below all, and back.
    let times = (0..TIMES).map(|at| {
        let way = if at % 2 == 0 { "j" } else { "k" };
        chosen(&mut screen, &["f", way, way, key::ENTER])
    });
    table.add("another view, p50 p99", percentiles(times.collect()));
    drop(screen);

    let mut screen = on_list(start, (120, 40));
    let times = WORDS.iter().flat_map(|word| search(&mut screen, word)).collect();
    table.add("a letter of a search, p50 p99", percentiles(times));
}

fn idle(table: &mut Table, start: &dyn Fn() -> Starter) {
    let mut screen = on_list(start, (120, 40));
    screen.settle(Duration::from_secs(3));
    let memory = format!("{:.1} ({:.1}) MiB", resident(&screen, "VmRSS"), resident(&screen, "RssAnon"));
    table.add("resident (not from files)", memory);
    let (before, written) = (cpu(&screen), screen.written());
    screen.settle_for(Duration::from_mins(1));
    let used = cpu(&screen).saturating_sub(before);
    table.add("idle for a minute", format!("{} of CPU, {} B", ms(used), screen.written() - written));

    let mut screen = on_list(start, (200, 50));
    let before = cpu(&screen);
    for _ in 0..FRAMES {
        let written = screen.written();
        screen.send(key::CTRL_L);
        while screen.written() == written {
            screen.settle_for(Duration::from_millis(1));
        }
        screen.settle(Duration::from_millis(20));
    }
    let each = cpu(&screen).saturating_sub(before) / u32::try_from(FRAMES).expect("a count");
    table.add("a whole frame at 200\u{d7}50", format!("{} of CPU", ms(each)));
}

/// The program on its list, with nothing more to come.
fn on_list(start: &dyn Fn() -> Starter, (columns, rows): (u16, u16)) -> Terminal {
    let mut screen = start().size(columns, rows).start();
    screen.wait_until("the list", is_full);
    screen.settle(Duration::from_millis(1_500));
    screen
}

fn first_list(start: &dyn Fn() -> Starter) -> Duration {
    let began = Instant::now();
    let mut screen = start().start();
    screen.wait_until("the list", is_full);
    began.elapsed()
}

/// Whether the list is there, from its first row to the keys below it.
fn is_full(screen: &vt100::Screen) -> bool {
    list(screen).len() > 20 && rows(screen).any(|row| row.contains("q quit"))
}

fn rows(screen: &vt100::Screen) -> impl Iterator<Item = String> + '_ {
    let (_, columns) = screen.size();
    screen.rows(0, columns.get())
}

fn list(screen: &vt100::Screen) -> Vec<String> {
    // An address may be cut anywhere; the glyph of the status never is.
    rows(screen).filter(|row| row.contains(['\u{25cf}', '\u{25cc}', '\u{2298}'])).collect()
}

/// Moves the cursor by one row and waits until the bar is there.
fn step(screen: &mut Terminal) -> Duration {
    let before = bar(screen.screen());
    let began = Instant::now();
    screen.send("j");
    screen.wait_until("the bar to move", |screen| bar(screen) != before);
    began.elapsed()
}

fn steps(screen: &mut Terminal, count: usize) -> (Vec<Duration>, usize) {
    let before = screen.written();
    let mut one = || {
        let time = step(screen);
        // As fast as a key repeats; the cursor does not come to rest.
        screen.settle_for(REPEAT);
        time
    };
    let times = (0..count).map(|_| one()).collect();
    (times, (screen.written() - before) / count)
}

/// Chooses from a menu, and waits until the list is another one: from the last key on.
fn chosen(screen: &mut Terminal, keys: &[&str]) -> Duration {
    screen.settle(Duration::from_millis(100));
    let before = list(screen.screen());
    let (last, first) = keys.split_last().expect("keys");
    for key in first {
        screen.send(key);
        screen.settle(Duration::from_millis(60));
    }
    let behind_menu = list(screen.screen());
    let began = Instant::now();
    screen.send(last);
    screen.wait_until("another list", |screen| {
        // The person under the cursor stays, and may be the first of both.
        let now = list(screen);
        now.len() > 20 && now != before && now != behind_menu
    });
    began.elapsed()
}

/// Searches for a word; for each letter, how long it took until only people are shown who have it, as far as a row
/// shows it.
fn search(screen: &mut Terminal, word: &str) -> Vec<Duration> {
    screen.send("/");
    screen.wait_for("/ ");
    let mut times = Vec::new();
    for end in 1..=word.len() {
        screen.settle(Duration::from_millis(120));
        let began = Instant::now();
        screen.send(&word[end - 1..end]);
        screen.wait_until("what was searched for", |screen| {
            let found = list(screen);
            let typed = rows(screen).any(|row| row.contains(&format!("/ {}", &word[..end])));
            let has = |row: &String| people::plain(row).contains(&word[..end]);
            // What is cut may have it where it is cut.
            typed && found.iter().any(has) && found.iter().all(|row| has(row) || row.contains('\u{2026}'))
        });
        times.push(began.elapsed());
    }
    screen.send(key::ESCAPE);
    let typed = format!("/ {word}");
    screen.wait_until("the whole list", |screen| is_full(screen) && !rows(screen).any(|row| row.contains(&typed)));
    times
}

/// The row with the bar: its place and its words.
fn bar(screen: &vt100::Screen) -> Option<(usize, String)> {
    rows(screen).enumerate().find(|(_, row)| row.contains('\u{258c}'))
}

fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort();
    format!("{} {}", ms(times[times.len() / 2]), ms(times[(times.len() - 1) * 99 / 100]))
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1_000.0)
}

/// What the kernel says of the program's memory, in MiB.
fn resident(screen: &Terminal, what: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", screen.process_id())).expect("its status");
    let line = status.lines().find(|line| line.starts_with(what)).expect("its memory");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).expect("a number") / 1_024.0
}

/// The CPU time of all its threads so far, to the nanosecond.
fn cpu(screen: &Terminal) -> Duration {
    let tasks = format!("/proc/{}/task", screen.process_id());
    let of = |task: &Path| {
        let text = std::fs::read_to_string(task.join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    };
    let all = std::fs::read_dir(tasks).expect("its threads").flatten();
    Duration::from_nanos(all.filter_map(|task| of(&task.path())).sum())
}

/// The bare program's list: the same people, in memory.
struct Bare {
    people: Vec<(String, String)>,
    at: usize,
    search: Option<String>,
    menu: Option<char>,
    line: usize,
    descending: bool,
    only_own: bool,
}

/// The bare program: a list with a bar, and nothing behind it.
fn bare() -> std::io::Result<()> {
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen)?;
    let mut terminal = Drawn::new(CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, stdout())))?;
    let people = (0..BARE_PEOPLE).map(people::person).collect();
    let mut list = Bare { people, at: 0, search: None, menu: None, line: 0, descending: false, only_own: false };
    loop {
        terminal.draw(|frame| frame.render_widget(list.drawn(usize::from(frame.area().height)), frame.area()))?;
        std::io::Write::flush(terminal.backend_mut())?;
        let Event::Key(key) = read()? else { continue };
        if key.code == KeyCode::Char('q') && list.search.is_none() {
            break;
        }
        if key.code == KeyCode::Char('l') && !key.modifiers.is_empty() {
            // Draws everything anew.
            let size = terminal.size()?;
            terminal.resize(ratatui::layout::Rect::new(0, 0, size.width, size.height))?;
        } else {
            list.press(key.code);
        }
    }
    execute!(stdout(), LeaveAlternateScreen)?;
    disable_raw_mode()
}

impl Bare {
    fn press(&mut self, code: KeyCode) {
        match (code, &mut self.search, self.menu) {
            (KeyCode::Esc, search, _) => *search = None,
            (KeyCode::Char(c), Some(search), _) => search.push(c),
            (KeyCode::Char('/'), ..) => self.search = Some(String::new()),
            (KeyCode::Char(c @ ('o' | 'f')), ..) => self.menu = Some(c),
            (KeyCode::Enter, _, Some('o')) => (self.descending, self.menu) = (!self.descending, None),
            (KeyCode::Enter, _, Some(_)) => (self.only_own, self.menu) = (self.line == 1, None),
            (KeyCode::Char('j'), _, Some(_)) => self.line = 1,
            (KeyCode::Char('k'), _, Some(_)) => self.line = 0,
            (KeyCode::Char('j'), ..) => self.at += 1,
            _ => {}
        }
    }

    fn drawn(&self, height: usize) -> Paragraph<'static> {
        let searched = self.search.as_deref().unwrap_or_default();
        let mut found: Vec<&(String, String)> = self
            .people
            .iter()
            .filter(|(name, email)| people::plain(&format!("{name} {email}")).contains(searched))
            .filter(|(_, email)| !self.only_own || email.ends_with("@example.com"))
            .collect();
        if self.descending {
            found.reverse();
        }
        let room = height.saturating_sub(4);
        let first = self.at.saturating_sub(room / 2);
        let row = |number: usize, (name, email): &(String, String)| {
            let here = number == self.at;
            let strong = if here { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
            Line::from(vec![
                Span::styled(if here { "\u{258c} " } else { "  " }, Style::new().fg(Color::Cyan)),
                Span::styled(format!("{name:<28}"), strong),
                Span::styled(format!("{email:<44}"), Style::new().fg(Color::DarkGray)),
                Span::styled("\u{25cf} active    ", Style::new().fg(Color::Green)),
                Span::raw("6 d ago"),
            ])
        };
        let rows = found.iter().enumerate().skip(first).take(room).map(|(number, person)| row(number, person));
        let lines = [Line::raw(format!(" / {searched}"))].into_iter().chain(rows).chain([Line::raw(" q quit")]);
        Paragraph::new(lines.collect::<Vec<_>>()).block(Block::new().borders(Borders::ALL))
    }
}
