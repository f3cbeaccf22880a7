//! Where lines are written to and answers come from.

use std::io::{BufRead, Write};

use zeroize::Zeroizing;

use crate::domain::text::visible;

/// Most bytes of an answer.
const MOST: u64 = 16 * 1024;

pub trait Console: Send {
    /// Says a line. Stored text may be in it: it is escaped here.
    fn say(&mut self, line: &str);
    /// Asks for a line; `None` when nobody answers any more.
    fn ask(&mut self, prompt: &str) -> Option<String>;
    /// Asks for what nobody may see.
    fn ask_secret(&mut self, prompt: &str) -> Option<Zeroizing<String>>;
}

/// Asks for a password without showing it.
pub type AskSecret = fn(&str) -> std::io::Result<String>;

pub struct LineConsole<R, W> {
    input: R,
    output: W,
    secret: AskSecret,
}

impl<R: BufRead + Send, W: Write + Send> LineConsole<R, W> {
    /// Reads answers from one and writes lines to the other.
    pub const fn new(input: R, output: W, secret: AskSecret) -> Self {
        Self { input, output, secret }
    }
}

impl<R: BufRead + Send, W: Write + Send> Console for LineConsole<R, W> {
    fn say(&mut self, line: &str) {
        // Nobody reads any more, so nobody can be shown that: the next question gets no answer.
        let _ = writeln!(self.output, "{}", visible(line));
        let _ = self.output.flush();
    }

    fn ask(&mut self, prompt: &str) -> Option<String> {
        let _ = write!(self.output, "{}", visible(prompt));
        let _ = self.output.flush();
        let mut line = Vec::new();
        let read = std::io::Read::take(&mut self.input, MOST).read_until(b'\n', &mut line).ok()?;
        (read > 0).then(|| String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned())
    }

    fn ask_secret(&mut self, prompt: &str) -> Option<Zeroizing<String>> {
        (self.secret)(prompt).ok().map(Zeroizing::new)
    }
}
