//! One owner of every terminal mode: raw mode, alternate screen, bracketed paste, mouse,
//! title. They are given back however the
//! program ends, also when nobody reads what it writes.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use ratatui::layout::Size;
use ratatui::{Frame, Terminal};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::background::QUESTION;
use super::screen::Screen;
use super::tty::Tty;
use crate::domain::text::visible;

/// Alternate screen, and pastes in brackets (`XTerm` Control Sequences, "DEC Private Mode Set").
const MODES: (&str, &str) = ("\u{1b}[?1049h\u{1b}[?2004h", "\u{1b}[?2004l\u{1b}[?1049l");
/// Clicks and the wheel, with places beyond column 223; not every movement, which no screen here is interested in
/// (`XTerm` Control Sequences, "Mouse Tracking").
const MOUSE: (&str, &str) = ("\u{1b}[?1000h\u{1b}[?1006h", "\u{1b}[?1006l\u{1b}[?1000l");
/// Keeps the window's title, and brings it back (`XTerm` Control Sequences, "Window manipulation").
const TITLE: (&str, &str) = ("\u{1b}[22;2t", "\u{1b}[23;2t");
/// Around a frame, so that nobody sees half of it (synchronized output).
const FRAME: (&str, &str) = ("\u{1b}[?2026h", "\u{1b}[?2026l");
const SHOW_CARET: &str = "\u{1b}[?25h";
/// Asks the terminal to answer when it has shown what came before (DSR 5).
const SHOWN: &str = "\u{1b}[5n";
/// How long giving the terminal back waits for somebody to read it.
const READ: Duration = Duration::from_millis(200);

/// The terminal while the program has it.
pub struct Guard {
    tty: Arc<AsyncFd<Tty>>,
    terminal: Terminal<Screen>,
    /// What could not be written yet, because nobody read what came before.
    unwritten: Vec<u8>,
    /// Whether there was no room for it.
    stuck: bool,
    mouse: bool,
    title: String,
}

impl Guard {
    /// Takes the terminal; a panic gives it back before it is reported.
    pub fn take(mouse: bool) -> std::io::Result<Self> {
        let tty = Arc::new(watched(Tty::open()?)?);
        let (report, broken) = (std::panic::take_hook(), Arc::clone(&tty));
        std::panic::set_hook(Box::new(move |info| {
            give_back(broken.get_ref());
            report(info);
        }));
        let Ok(terminal) = Terminal::new(Screen::new(tty.get_ref().size()));
        let mut guard = Self { tty, terminal, unwritten: Vec::new(), stuck: false, mouse, title: "rsvp".to_owned() };
        guard.modes()?;
        Ok(guard)
    }

    fn modes(&mut self) -> std::io::Result<()> {
        self.tty.get_ref().raw()?;
        self.terminal.backend_mut().forget();
        let mouse = if self.mouse { MOUSE.0 } else { "" };
        self.put(&format!("{}\u{1b}]0;{}\u{7}{}{mouse}", TITLE.0, self.title, MODES.0));
        Ok(())
    }

    /// Columns and rows as they are now.
    pub fn size(&self) -> Size {
        self.tty.get_ref().size()
    }

    /// From the next frame on the terminal has this size.
    pub fn resize(&mut self, size: Size) {
        self.terminal.backend_mut().resize(size);
    }

    /// Draws a frame, in one write where there is room for it; asks to be told when it is shown if `asks`. Answers
    /// whether anything changed.
    pub fn draw(&mut self, asks: bool, draw: impl FnOnce(&mut Frame)) -> std::io::Result<bool> {
        let Ok(_) = self.terminal.draw(draw);
        let frame = self.terminal.backend_mut().take_frame();
        if frame.is_empty() {
            return Ok(false);
        }
        let asked = if asks { SHOWN } else { "" };
        self.put(&format!("{}{frame}{}{asked}", FRAME.0, FRAME.1));
        self.write()?;
        Ok(true)
    }

    /// Draws everything anew at the next frame.
    pub fn redraw(&mut self) {
        self.resize(self.size());
        let Ok(()) = self.terminal.clear();
    }

    /// Gives the terminal to the shell, stops until the shell goes on with the program, and takes it again.
    pub fn pause(&mut self) -> std::io::Result<()> {
        (self.unwritten, self.stuck) = (Vec::new(), false);
        give_back(self.tty.get_ref());
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP)?;
        self.modes()?;
        self.redraw();
        self.write()
    }

    /// Names the window. The text is escaped here: a title goes past everything that draws.
    pub fn title(&mut self, text: &str) {
        self.title = visible(text).into_owned();
        self.put(&format!("\u{1b}]0;{}\u{7}", self.title));
    }

    /// Asks the terminal for its background; the answer comes among the keys.
    pub fn ask_background(&mut self) {
        self.put(QUESTION);
    }

    /// Asks the reader's terminal to put a text into its clipboard (OSC 52). Nothing tells whether it did.
    pub fn copy(&mut self, text: &str) -> std::io::Result<()> {
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        self.put(&format!("\u{1b}]52;c;{encoded}\u{7}"));
        self.write()
    }

    /// What the terminal sends; none when it is gone.
    pub async fn read(&self) -> Option<Vec<u8>> {
        let mut bytes = [0; 4096];
        loop {
            let mut ready = self.tty.readable().await.ok()?;
            match ready.try_io(|tty| tty.get_ref().read(&mut bytes)) {
                Ok(Ok(0)) => return None,
                Ok(Ok(count)) => return Some(bytes[..count].to_vec()),
                Ok(Err(error)) if error.kind() == ErrorKind::Interrupted => {}
                Ok(Err(_)) => return None,
                Err(_would_block) => {}
            }
        }
    }

    /// What the terminal still sends until then, one piece at a time.
    pub fn read_until(&self, until: std::time::Instant) -> Option<Vec<u8>> {
        let mut bytes = [0; 4096];
        let tty = self.tty.get_ref();
        let count = tty.wait_to_read(until).then(|| tty.read(&mut bytes).ok())??;
        (count > 0).then(|| bytes[..count].to_vec())
    }

    /// Whether nobody reads what was written, so that more would only wait behind it.
    pub const fn is_stuck(&self) -> bool {
        self.stuck
    }

    /// Waits until there is room to write, or the terminal is gone.
    pub async fn room(&self) {
        // An error comes again with the write.
        let _ = self.tty.writable().await;
    }

    /// Writes what is not written yet, as much as there is room for.
    pub fn write(&mut self) -> std::io::Result<()> {
        let unwritten = &mut self.unwritten;
        let mut written = write(self.tty.get_ref(), unwritten);
        if is_full(&written) {
            // Once more, so that the runtime knows that there was no room and tells when there is.
            written = self.tty.try_io(Interest::WRITABLE, |tty| write(tty, unwritten));
        }
        self.stuck = is_full(&written);
        if self.stuck { Ok(()) } else { written }
    }

    fn put(&mut self, text: &str) {
        self.unwritten.extend_from_slice(text.as_bytes());
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // The end of what is half written, so that nothing of it is taken for something else.
        let _ = self.tty.get_ref().write_within(&self.unwritten, READ);
        give_back(self.tty.get_ref());
    }
}

#[expect(deprecated, reason = "what replaces it is unsafe code; `Tty` owns the one file that it answers with")]
fn watched(tty: Tty) -> std::io::Result<AsyncFd<Tty>> {
    AsyncFd::new(tty)
}

fn is_full(written: &std::io::Result<()>) -> bool {
    written.as_ref().is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

fn write(tty: &Tty, unwritten: &mut Vec<u8>) -> std::io::Result<()> {
    while !unwritten.is_empty() {
        let count = tty.write(unwritten)?;
        unwritten.drain(..count);
    }
    Ok(())
}

/// Gives every mode back; twice does no harm. Where nobody reads, what they did not read makes room for it. Errors mean
/// that the terminal is gone.
fn give_back(tty: &Tty) {
    let back = format!("{}{}{}{}{SHOW_CARET}", FRAME.1, MOUSE.1, MODES.1, TITLE.1);
    if tty.write_within(back.as_bytes(), READ).is_err_and(|error| error.kind() == ErrorKind::TimedOut) {
        tty.forget_written();
        let _ = tty.write_within(back.as_bytes(), READ);
    }
    let _ = tty.cooked();
}
