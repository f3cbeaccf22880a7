//! Runs the real program in a pseudo-terminal and reads its screen as a person does.
//!
//! Every wait is for something seen on the screen or for the end of the program. A wait that gives up prints the
//! screen as it stood. The bytes are kept as they came, so that a test can also tell *how* the screen was drawn.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system};
use vt100::{Callbacks, Cell, Parser, Screen};

use super::DEADLINE;

/// The keys that are not letters, as a terminal sends them.
pub mod key {
    pub const ENTER: &str = "\r";
    pub const ESCAPE: &str = "\x1b";
    pub const TAB: &str = "\t";
    pub const BACK_TAB: &str = "\x1b[Z";
    pub const BACKSPACE: &str = "\x7f";
    pub const UP: &str = "\x1b[A";
    pub const DOWN: &str = "\x1b[B";
    pub const RIGHT: &str = "\x1b[C";
    pub const LEFT: &str = "\x1b[D";
    pub const CTRL_C: &str = "\x03";
    pub const CTRL_L: &str = "\x0c";
    pub const CTRL_S: &str = "\x13";
    pub const CTRL_U: &str = "\x15";
}

/// The program in a pseudo-terminal. Dropping it kills the program.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    // Held open so that the modes of the terminal can be read after the program ended.
    _slave: Box<dyn SlavePty + Send>,
    child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    /// What reads the terminal, as long as nobody does.
    unread: Option<Unread>,
    output: Receiver<Vec<u8>>,
    parser: Parser<Answers>,
    raw: Vec<u8>,
}

/// The reading end, and where what it reads goes.
type Unread = (Box<dyn Read + Send>, Sender<Vec<u8>>);

/// Starts programs in a pseudo-terminal: arguments, environment and size.
pub struct Starter {
    command: CommandBuilder,
    size: PtySize,
}

impl Starter {
    /// The program `rsvp` at 120 columns and 36 rows, with nothing in its environment but what is given. `home` is
    /// its home folder and the folder it starts in.
    pub fn new(home: &Path) -> Self {
        Self::of(Path::new(env!("CARGO_BIN_EXE_rsvp")), home)
    }

    /// Another program, for the tests of this driver.
    pub fn of(program: &Path, home: &Path) -> Self {
        let mut command = CommandBuilder::new(program);
        command.env_clear();
        command.env("HOME", home);
        // No settings and no service of the machine that runs the tests.
        command.env("RSVP_TEST_ROOT", home.join("machine"));
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        command.env("LANG", "C.UTF-8");
        command.env("RUST_BACKTRACE", "0");
        command.cwd(home);
        Self { command, size: size(120, 36) }
    }

    pub fn args<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(mut self, args: I) -> Self {
        self.command.args(args);
        self
    }

    /// With this variable in its environment.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// On a terminal of this size.
    pub fn size(mut self, columns: u16, rows: u16) -> Self {
        self.size = size(columns, rows);
        self
    }

    pub fn start(self) -> Terminal {
        let mut terminal = self.start_unread();
        terminal.read_on();
        terminal
    }

    /// Starts it on a terminal that nobody reads yet: what the program writes stays in its buffer, until that is full.
    pub fn start_unread(self) -> Terminal {
        let pair = native_pty_system().openpty(self.size).expect("a pseudo-terminal");
        let writer = pair.master.take_writer().expect("the writing end");
        let reader = pair.master.try_clone_reader().expect("the reading end");
        let child = pair.slave.spawn_command(self.command).expect("the program starts");
        let (bytes, output) = channel();
        let (columns, rows) = (self.size.cols, self.size.rows);
        let parser = Parser::new_with_callbacks(not_zero(rows), not_zero(columns), 0, Answers::default());
        let unread = Some((reader, bytes));
        Terminal { master: pair.master, _slave: pair.slave, child, writer, unread, output, parser, raw: Vec::new() }
    }
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn not_zero(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("a terminal has rows and columns")
}

/// What a terminal answers when a program asks it something, and what it put on the clipboard (OSC 52).
#[derive(Default)]
pub struct Answers {
    pending: Vec<u8>,
    clipboard: Vec<String>,
}

impl Callbacks for Answers {
    fn copy_to_clipboard(&mut self, _: &mut Screen, _: &[u8], data: &[u8]) {
        self.clipboard.push(String::from_utf8_lossy(data).into_owned());
    }

    fn unhandled_csi(&mut self, screen: &mut Screen, mark: Option<u8>, _: Option<u8>, params: &[&[u16]], c: char) {
        match (mark, params, c) {
            // Primary device attributes: a VT220 with colours, which is what xterm says.
            (None, _, 'c') => self.pending.extend(b"\x1b[?62;22c"),
            // That everything is well, and shown.
            (None, [[5]], 'n') => self.pending.extend(b"\x1b[0n"),
            // Where the cursor is, from 1.
            (None, [[6]], 'n') => {
                let (row, column) = screen.cursor_position();
                self.pending.extend(format!("\x1b[{};{}R", row + 1, column + 1).bytes());
            }
            _ => {}
        }
    }
}

impl Terminal {
    /// Reads what the program writes from now on, and what waits for that.
    pub fn read_on(&mut self) {
        let Some((mut reader, bytes)) = self.unread.take() else { return };
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if bytes.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
    }

    /// Takes in what the program wrote, waiting for it until `deadline`; `false` when nothing came or it closed.
    fn take_in(&mut self, deadline: Instant) -> bool {
        let wait = deadline.saturating_duration_since(Instant::now());
        let Ok(bytes) = self.output.recv_timeout(wait) else { return false };
        self.process(&bytes);
        while let Ok(bytes) = self.output.try_recv() {
            self.process(&bytes);
        }
        true
    }

    fn process(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
        self.parser.process(bytes);
        let answer = std::mem::take(&mut self.parser.callbacks_mut().pending);
        if !answer.is_empty() {
            // The program may have ended since; then nobody waits for the answer.
            _ = self.writer.write_all(&answer);
        }
    }

    /// Waits until `seen` holds for the screen. `what` tells in a failure what was waited for.
    #[track_caller]
    pub fn wait_until(&mut self, what: &str, seen: impl Fn(&Screen) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !seen(self.parser.screen()) {
            assert!(self.take_in(deadline), "gave up waiting for {what}; the screen was:\n{}", self.picture());
        }
    }

    /// Waits until `text` is on the screen, within one row.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(&format!("{text:?}"), |screen| row_of(screen, text).is_some());
    }

    /// Waits until `text` is no longer on the screen.
    #[track_caller]
    pub fn wait_gone(&mut self, text: &str) {
        self.wait_until(&format!("{text:?} to go"), |screen| row_of(screen, text).is_none());
    }

    /// Waits until `text` is in the row of `row`, for example a status in the row of a name.
    #[track_caller]
    pub fn wait_in_row(&mut self, row: &str, text: &str) {
        self.wait_until(&format!("{text:?} in the row of {row:?}"), |screen| {
            rows(screen).any(|line| line.contains(row) && line.contains(text))
        });
    }

    /// Waits until the program has written nothing for `quiet`: for what must *not* happen, and for a screen that
    /// is still being drawn. Never the way to wait for something to happen.
    pub fn settle(&mut self, quiet: Duration) {
        while self.take_in(Instant::now() + quiet) {}
    }

    /// Takes in what the program writes for so long, however little that is.
    pub fn settle_for(&mut self, time: Duration) {
        let deadline = Instant::now() + time;
        while Instant::now() < deadline {
            self.take_in(deadline);
        }
    }

    /// Types `text`, or presses a key of [`key`].
    pub fn send(&mut self, text: &str) {
        self.writer.write_all(text.as_bytes()).and_then(|()| self.writer.flush()).expect("the program reads its input");
    }

    /// Gives the terminal another size, as a person who drags the window does.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.master.resize(size(columns, rows)).expect("the terminal takes the size");
        self.parser.set_size(not_zero(rows), not_zero(columns));
    }

    pub fn screen(&self) -> &Screen {
        self.parser.screen()
    }

    /// Whether `text` is on the screen now, within one row.
    pub fn shows(&self, text: &str) -> bool {
        row_of(self.screen(), text).is_some()
    }

    /// The first cell of `text` on the screen, for its colours and attributes.
    #[track_caller]
    pub fn cell_of(&self, text: &str) -> &Cell {
        let at = row_of(self.screen(), text).and_then(|(row, line)| {
            let before = &line[..line.find(text)?];
            // Columns, not letters: a wide letter takes two cells.
            let column = unicode_width::UnicodeWidthStr::width(before);
            self.screen().cell(row, u16::try_from(column).ok()?)
        });
        at.unwrap_or_else(|| panic!("{text:?} is not on the screen:\n{}", self.picture()))
    }

    /// What the program put on the clipboard (OSC 52), as the base64 it sent, oldest first.
    pub fn clipboard(&self) -> &[String] {
        &self.parser.callbacks().clipboard
    }

    /// Every byte the program wrote so far.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// How many bytes the program wrote so far: the difference of two is what a key cost.
    pub fn written(&self) -> usize {
        self.raw.len()
    }

    /// The modes of the terminal (termios) as one text, to be compared with themselves.
    pub fn modes(&self) -> String {
        let modes = self.master.get_termios().expect("the modes of the terminal");
        format!("{:?} {:?} {:?} {:?}", modes.input_flags, modes.output_flags, modes.control_flags, modes.local_flags)
    }

    pub fn process_id(&self) -> i32 {
        self.child.process_id().and_then(|id| i32::try_from(id).ok()).expect("the program runs")
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let process = rustix::process::Pid::from_raw(self.process_id()).expect("a process id is not zero");
        rustix::process::kill_process(process, signal).expect("the program can be signalled");
    }

    /// Waits for the program to end and takes in all it wrote. The modes of the terminal can still be read.
    #[track_caller]
    pub fn wait_exit(&mut self) -> ExitStatus {
        let deadline = Instant::now() + DEADLINE;
        // The program must not block on a full terminal while it ends, so its output is read in between.
        let pause = Duration::from_millis(10);
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("the program can be waited for") {
                break status;
            }
            assert!(Instant::now() < deadline, "the program did not end; the screen was:\n{}", self.picture());
            match self.output.recv_timeout(pause) {
                Ok(bytes) => self.process(&bytes),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => thread::sleep(pause),
            }
        };
        // What is still in the terminal's buffer comes at once; the reader ends only when the last holder lets go.
        while self.take_in(Instant::now() + Duration::from_millis(200)) {}
        status
    }

    /// Whether the program ended, after waiting so long for it.
    pub fn has_ended_within(&mut self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        while Instant::now() < deadline {
            if self.child.try_wait().expect("the program can be waited for").is_some() {
                return true;
            }
            thread::sleep(Duration::from_millis(5));
        }
        false
    }

    /// The screen as text with its frame, for a failure.
    pub fn picture(&self) -> String {
        let (_, columns) = self.screen().size();
        let mut picture = format!("┌{}┐\n", "─".repeat(columns.get().into()));
        for row in rows(self.screen()) {
            let _ = writeln!(picture, "│{row}");
        }
        picture + "└" + &"─".repeat(columns.get().into()) + "┘"
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            _ = self.child.kill();
            _ = self.child.wait();
        }
    }
}

/// The rows of `screen` as text.
fn rows(screen: &Screen) -> impl Iterator<Item = String> + '_ {
    let (_, columns) = screen.size();
    screen.rows(0, columns.get())
}

/// The first row with `text`, and its column, from 0.
fn row_of(screen: &Screen, text: &str) -> Option<(u16, String)> {
    (0..).zip(rows(screen)).find(|(_, row)| row.contains(text))
}
