//! A real mail server for a test (aiosmtpd), and the emails it took.
//!
//! `tests/run` prepares the Python it runs in and names it in `RSVP_TEST_PYTHON`. What an email meets is decided by the
//! recipient's address, see `sink.py`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde::Deserialize;
use tempfile::TempDir;

use super::DEADLINE;

/// The environment variable that names a Python with aiosmtpd.
const PYTHON: &str = "RSVP_TEST_PYTHON";

/// A running mail server on a free loopback port. It ends with this value.
pub struct Sink {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    process: Child,
    lines: Receiver<String>,
    _folder: TempDir,
}

/// An email as the server took it, decoded.
#[derive(Debug, Deserialize)]
pub struct Mail {
    pub file: PathBuf,
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// The headers with encoded words decoded, in their order.
    pub headers: Vec<(String, String)>,
    /// The plain text.
    pub text: String,
    /// The HTML, or nothing.
    pub html: String,
    /// What a strict reader finds wrong with it.
    pub defects: Vec<String>,
}

#[derive(Deserialize)]
struct Started {
    port: u16,
}

impl Sink {
    /// Starts one that takes email from everybody, or nothing (said loudly, and a failure under CI) where no Python
    /// with aiosmtpd is there.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// Starts one with options of `sink.py`.
    pub fn start_with(options: &[&str]) -> Option<Self> {
        let python = std::env::var(PYTHON).unwrap_or_else(|_| "python3".to_owned());
        let check = Command::new(&python).args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status();
        if !check.is_ok_and(|status| status.success()) {
            super::skip("aiosmtpd (`tests/run` installs it and sets RSVP_TEST_PYTHON)");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder for mails");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/sink.py");
        let mut process = Command::new(python)
            .arg(script)
            .arg(folder.path())
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the mail server starts");
        let output = process.stdout.take().expect("its output is piped");
        let (line, lines) = channel();
        thread::spawn(move || {
            for text in BufReader::new(output).lines().map_while(Result::ok) {
                if line.send(text).is_err() {
                    break;
                }
            }
        });
        let first = lines.recv_timeout(DEADLINE).expect("the mail server says its port");
        let Started { port } = serde_json::from_str(&first).expect("the mail server's first line");
        Some(Self { port, process, lines, _folder: folder })
    }

    #[track_caller]
    pub fn next(&self) -> Mail {
        let line = self.lines.recv_timeout(DEADLINE).expect("a mail arrives");
        serde_json::from_str(&line).expect("the mail server's line")
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

impl Mail {
    /// A header's value, or nothing.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The link in the plain text whose address contains `part`, for example `/i/`.
    #[track_caller]
    pub fn link(&self, part: &str) -> &str {
        self.text
            .split_whitespace()
            .map(|word| word.trim_matches(['<', '>', '(', ')', ',']))
            .find(|word| word.starts_with("http") && word.contains(part))
            .unwrap_or_else(|| panic!("no link with {part:?} in:\n{}", self.text))
    }
}
