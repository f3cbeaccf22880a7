//! How quick and how quiet the terminal interface is, beside a bare program of the same libraries in the same run.
//!
//!     cargo bench --bench terminal            with 1,000 and with 1,000,000 users
//!
//! Everything is measured from outside, in a pseudo-terminal that reads the screen: from a key to the moment when its
//! effect is seen, in bytes that were written, and in CPU time that the kernel counted. The bare program draws a screen of
//! as many letters and colours and moves a bar in it; it has no database, no threads and nothing to decide.

#[path = "../tests/support/mod.rs"]
mod support;

use std::io::{BufWriter, stdout};
use std::path::Path;
use std::time::{Duration, Instant};

use ratatui::Terminal as Drawn;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{Event, KeyCode, read};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};
use support::cli::Home;
use support::pty::{Starter, Terminal};
use support::seed;

/// The variable that makes this program the bare one.
const BARE: &str = "RSVP_BENCH_BARE";
/// How often the start is measured.
const STARTS: usize = 21;
/// How many steps of the cursor are measured.
const STEPS: usize = 300;
/// How long a key that is held down takes to come again: 30 times a second.
const REPEAT: Duration = Duration::from_millis(33);
/// How many whole frames are drawn to measure one.
const FRAMES: usize = 200;

fn main() {
    if std::env::var_os(BARE).is_some() {
        bare().expect("a terminal");
        return;
    }
    // `cargo test --benches` only sees that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let program = std::env::current_exe().expect("this program");
    let folder = tempfile::tempdir().expect("a folder");
    let bare = || Starter::of(&program, folder.path()).env(BARE, "1");
    told("bare", &bare, "row 1");
    for users in [1_000, 1_000_000] {
        let home = Home::with_organisation();
        seed::invited(&format!("sqlite://{}", home.database().display()), users);
        // Their mails would keep the head busy.
        let statements = ["DELETE FROM outbox".to_owned(), "ANALYZE".to_owned()];
        seed::run(&format!("sqlite://{}", home.database().display()), &statements);
        let start = || Starter::new(&home.path("")).env("XDG_DATA_HOME", home.path("data")).args(["--operator"]);
        told(&format!("{users} users"), &start, "bulk1@example.org");
    }
}

fn told(name: &str, start: &dyn Fn() -> Starter, seen: &str) {
    let mut starts: Vec<Duration> = (0..STARTS).map(|_| first_screen(start, seen)).collect();
    starts.sort();
    println!("{name}: first screen {} (median of {STARTS}, least {})", ms(starts[STARTS / 2]), ms(starts[0]));

    let mut screen = start().size(120, 40).start();
    screen.wait_for(seen);
    screen.settle(Duration::from_millis(800));
    let before = screen.written();
    step(&mut screen, "j");
    screen.settle(Duration::from_millis(300));
    println!("{name}: a step and what follows when the cursor rests: {} bytes", screen.written() - before);
    let (times, bytes) = steps(&mut screen, 20);
    println!("{name}: cursor inside the window: {}, {bytes} bytes a step", percentiles(times));
    steps(&mut screen, 20);
    let (times, bytes) = steps(&mut screen, STEPS);
    println!("{name}: cursor scrolling: {}, {bytes} bytes a step", percentiles(times));
    screen.settle(Duration::from_millis(500));
    let before = screen.written();
    screen.send("\u{1b}[6~");
    screen.settle(Duration::from_millis(40));
    println!("{name}: a page: {} bytes", screen.written() - before);
    screen.settle(Duration::from_secs(3));
    println!(
        "{name}: resident {:.1} MiB, of it not from files {:.1} MiB",
        resident(&screen, "VmRSS"),
        resident(&screen, "RssAnon")
    );
    let before = cpu(&screen);
    screen.settle_for(Duration::from_mins(1));
    println!("{name}: idle for a minute: {:.3} s of CPU", cpu(&screen).saturating_sub(before).as_secs_f64());

    let mut screen = start().size(200, 50).start();
    screen.wait_for(seen);
    screen.settle(Duration::from_millis(800));
    let before = cpu(&screen);
    for _ in 0..FRAMES {
        let written = screen.written();
        screen.send("\u{c}");
        while screen.written() == written {
            screen.settle_for(Duration::from_millis(1));
        }
        screen.settle(Duration::from_millis(20));
    }
    let each = cpu(&screen).saturating_sub(before) / u32::try_from(FRAMES).expect("a count");
    println!("{name}: a whole frame at 200\u{d7}50: {} of CPU", ms(each));
}

fn first_screen(start: &dyn Fn() -> Starter, seen: &str) -> Duration {
    let began = Instant::now();
    let mut screen = start().start();
    screen.wait_for(seen);
    screen.wait_for("q quit");
    began.elapsed()
}

/// Moves the cursor by one row and waits until the bar is there.
fn step(screen: &mut Terminal, key: &str) -> Duration {
    let before = bar(screen);
    let began = Instant::now();
    screen.send(key);
    screen.wait_until("the bar to move", |screen| bar_of(screen) != before);
    began.elapsed()
}

fn steps(screen: &mut Terminal, count: usize) -> (Vec<Duration>, usize) {
    let before = screen.written();
    let mut one = || {
        let time = step(screen, "j");
        // As fast as a key repeats; the cursor does not come to rest.
        screen.settle_for(REPEAT);
        time
    };
    let times = (0..count).map(|_| one()).collect();
    (times, (screen.written() - before) / count)
}

/// The row with the bar: its place and its words.
fn bar(screen: &Terminal) -> Option<(usize, String)> {
    bar_of(screen.screen())
}

fn bar_of(screen: &vt100::Screen) -> Option<(usize, String)> {
    let (_, columns) = screen.size();
    screen.rows(0, columns.get()).enumerate().find(|(_, row)| row.contains('\u{258c}'))
}

fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort();
    format!("p50 {}, p99 {}", ms(times[times.len() / 2]), ms(times[times.len() * 99 / 100]))
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

/// The bare program: a list with a bar, and nothing behind it.
fn bare() -> std::io::Result<()> {
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen)?;
    let mut terminal = Drawn::new(CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, stdout())))?;
    let mut at = 0_usize;
    loop {
        terminal.draw(|frame| {
            let area = frame.area();
            let room = usize::from(area.height.saturating_sub(2));
            let first = at.saturating_sub(room / 2);
            let row = |number: usize| {
                let here = number == at;
                let strong = if here { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
                Line::from(vec![
                    Span::styled(if here { "\u{258c} " } else { "  " }, Style::new().fg(Color::Cyan)),
                    Span::styled(format!("{:<24}", format!("row {}", number + 1)), strong),
                    Span::styled(
                        format!("{:<32}", format!("row{}@example.org", number + 1)),
                        Style::new().fg(Color::DarkGray),
                    ),
                    Span::styled("\u{25cc} invited   ", Style::new().fg(Color::Yellow)),
                    Span::raw("6 d left"),
                ])
            };
            let lines: Vec<Line> =
                (first..first + room.saturating_sub(1)).map(row).chain([Line::raw(" q quit")]).collect();
            frame.render_widget(Paragraph::new(lines).block(Block::new().borders(Borders::ALL)), area);
        })?;
        std::io::Write::flush(terminal.backend_mut())?;
        match read()? {
            Event::Key(key) if key.code == KeyCode::Char('j') => at += 1,
            Event::Key(key) if key.code == KeyCode::PageDown => at += 30,
            // Draws everything anew, as Ctrl-L does.
            Event::Key(key) if key.code == KeyCode::Char('l') => {
                let size = terminal.size()?;
                terminal.resize(ratatui::layout::Rect::new(0, 0, size.width, size.height))?;
            }
            Event::Key(key) if key.code == KeyCode::Char('q') => break,
            Event::FocusGained
            | Event::FocusLost
            | Event::Key(_)
            | Event::Mouse(_)
            | Event::Paste(_)
            | Event::Resize(..) => {}
        }
    }
    execute!(stdout(), LeaveAlternateScreen)?;
    disable_raw_mode()
}
