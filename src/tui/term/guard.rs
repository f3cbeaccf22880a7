//! One owner of every terminal mode: raw mode, alternate screen, bracketed paste, mouse,
//! title. They are given back however the
//! program ends.

use std::io::{BufWriter, Stdout, Write as _, stdout};

use base64::Engine as _;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::style::{Print, force_color_output};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, SetTitle,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::{Frame, Terminal};

use super::background::QUESTION;
use crate::domain::text::visible;

/// Bytes that are gathered before they are written: a whole frame fits, so a frame is one write.
const BUFFER: usize = 64 * 1024;

/// Clicks and the wheel, with places beyond column 223; not every movement, which no screen here is interested in
/// (`XTerm` Control Sequences, "Mouse Tracking").
const MOUSE: (&str, &str) = ("\u{1b}[?1000h\u{1b}[?1006h", "\u{1b}[?1006l\u{1b}[?1000l");
/// Keeps the window's title, and brings it back (`XTerm` Control Sequences, "Window manipulation").
const TITLE: (&str, &str) = ("\u{1b}[22;2t", "\u{1b}[23;2t");

/// The terminal while the program has it.
pub struct Guard {
    terminal: Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    mouse: bool,
    title: String,
}

impl Guard {
    /// Takes the terminal; a panic gives it back before it is reported.
    pub fn take(mouse: bool) -> std::io::Result<Self> {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            give_back();
            report(info);
        }));
        // NO_COLOR makes crossterm swallow reverse video too; without colours is a theme of ours.
        force_color_output(true);
        take(mouse, "rsvp")?;
        let backend = CrosstermBackend::new(BufWriter::with_capacity(BUFFER, stdout()));
        Ok(Self { terminal: Terminal::new(backend)?, mouse, title: "rsvp".to_owned() })
    }

    /// Draws a frame in one write.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Frame)) -> std::io::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(draw)?;
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        self.terminal.backend_mut().flush()
    }

    /// Draws everything anew at the next frame.
    pub fn redraw(&mut self) -> std::io::Result<()> {
        let size = self.terminal.size()?;
        self.terminal.resize(ratatui::layout::Rect::new(0, 0, size.width, size.height))
    }

    /// Gives the terminal to the shell, stops until the shell goes on with the program, and takes it again.
    pub fn pause(&mut self) -> std::io::Result<()> {
        give_back();
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP)?;
        take(self.mouse, &self.title)?;
        self.redraw()
    }

    /// Names the window. The text is escaped here: a title goes past everything that draws.
    pub fn title(&mut self, text: &str) -> std::io::Result<()> {
        self.title = visible(text).into_owned();
        let out = self.terminal.backend_mut();
        queue!(out, SetTitle(&self.title))?;
        out.flush()
    }

    /// Asks the terminal for its background; the answer comes among the keys.
    pub fn ask_background(&mut self) -> std::io::Result<()> {
        let out = self.terminal.backend_mut();
        out.write_all(QUESTION.as_bytes())?;
        out.flush()
    }

    /// Asks the reader's terminal to put a text into its clipboard (OSC 52). Nothing tells whether it did.
    pub fn copy(&mut self, text: &str) -> std::io::Result<()> {
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        let out = self.terminal.backend_mut();
        write!(out, "\u{1b}]52;c;{encoded}\u{7}")?;
        out.flush()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

fn take(mouse: bool, title: &str) -> std::io::Result<()> {
    enable_raw_mode()?;
    let mouse = if mouse { MOUSE.0 } else { "" };
    execute!(stdout(), Print(TITLE.0), SetTitle(title), EnterAlternateScreen, EnableBracketedPaste, Print(mouse))
}

/// Gives every mode back; twice does no harm. Errors mean that the terminal is gone.
fn give_back() {
    let _ = execute!(
        stdout(),
        EndSynchronizedUpdate,
        Print(MOUSE.1),
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Print(TITLE.1),
        cursor::Show
    );
    let _ = disable_raw_mode();
}
