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
    /// Whether whoever answers has a shell beside this, where a command can be typed.
    fn has_shell(&self) -> bool {
        true
    }
}

/// Asks for a password without showing it.
pub type AskSecret = fn(&str) -> std::io::Result<String>;

pub struct LineConsole<R, W> {
    input: R,
    output: W,
    secret: AskSecret,
    /// How writing went so far.
    written: std::io::Result<()>,
    has_shell: bool,
}

impl<R: BufRead + Send, W: Write + Send> LineConsole<R, W> {
    /// Reads answers from one and writes lines to the other.
    pub const fn new(input: R, output: W, secret: AskSecret) -> Self {
        Self { input, output, secret, written: Ok(()), has_shell: true }
    }

    /// The same for somebody whom an SSH key brought here and nowhere else.
    #[must_use]
    pub fn without_shell(self) -> Self {
        Self { has_shell: false, ..self }
    }

    /// How writing went: after the first failure nothing more is written, and no question gets an answer.
    ///
    /// # Errors
    /// Why a line could not be written.
    pub fn end(self) -> std::io::Result<()> {
        self.written
    }

    fn write(&mut self, text: &str) {
        if self.written.is_ok() {
            self.written = write!(self.output, "{text}").and_then(|()| self.output.flush());
        }
    }
}

impl<R: BufRead + Send, W: Write + Send> Console for LineConsole<R, W> {
    fn say(&mut self, line: &str) {
        self.write(&format!("{}\n", visible(line)));
    }

    fn ask(&mut self, prompt: &str) -> Option<String> {
        self.write(&visible(prompt));
        // Nobody answers what they can't read.
        self.written.as_ref().ok()?;
        let mut line = Vec::new();
        let read = std::io::Read::take(&mut self.input, MOST).read_until(b'\n', &mut line).ok()?;
        (read > 0).then(|| String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned())
    }

    fn ask_secret(&mut self, prompt: &str) -> Option<Zeroizing<String>> {
        self.written.as_ref().ok()?;
        (self.secret)(prompt).ok().map(Zeroizing::new)
    }

    fn has_shell(&self) -> bool {
        self.has_shell
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Error, ErrorKind, Result};

    use super::*;

    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> Result<usize> {
            Err(Error::from(ErrorKind::StorageFull))
        }

        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_answers_a_question_that_could_not_be_written_and_why_is_known_at_the_end() {
        let mut console = LineConsole::new(Cursor::new("delete 1\nyes\n"), Full, |_| Ok("secret".to_owned()));
        assert_eq!(console.ask("> "), None);
        assert!(console.ask_secret("Password: ").is_none());
        assert_eq!(console.end().unwrap_err().kind(), ErrorKind::StorageFull);
    }
}
