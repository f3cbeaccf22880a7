//! The bytes of the conversation: one question, one answer.
//!
//! An answer is read only after its question and taken whole; anything that came before it was asked for makes the
//! connection useless, because from then on every answer would be one too late.

use std::fmt::Display;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use zeroize::Zeroizing;

use super::reply::{Line, Reply, StageError};

/// Most bytes of one answer. The longest real ones, to EHLO, have about one thousand.
const ANSWER_BYTES: usize = 64 * 1024;

/// A connection in the clear or under TLS.
pub trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

pub struct Wire {
    stream: Box<dyn Stream>,
    /// What was read and not taken yet.
    read: Vec<u8>,
}

impl Wire {
    pub fn new(stream: Box<dyn Stream>) -> Self {
        Self { stream, read: Vec::new() }
    }

    /// Gives the stream back for the TLS handshake. Nothing may have come ahead of it: that would be words of whoever
    /// sits on the line in the clear, taken for the relay's own (CVE-2011-0411 and its kind).
    pub fn into_stream(self) -> Result<Box<dyn Stream>, StageError> {
        if self.read.is_empty() { Ok(self.stream) } else { Err(StageError::Garbled("it spoke before TLS began")) }
    }

    pub async fn ask(&mut self, command: impl Display) -> Result<Reply, StageError> {
        // A command can be a password.
        let command = Zeroizing::new(command.to_string());
        self.quiet()?;
        self.write(command.as_bytes()).await?;
        self.answer().await
    }

    /// Writes an email up to, not including, its final dot.
    pub async fn content(&mut self, mail: &[u8]) -> Result<(), StageError> {
        self.quiet()?;
        self.write(&stuffed(mail)).await
    }

    /// Writes the final dot and waits for the answer.
    pub async fn dot(&mut self) -> Result<Reply, StageError> {
        self.quiet()?;
        self.write(b".\r\n").await?;
        self.answer().await
    }

    /// Waits for an answer, the greeting included.
    pub async fn answer(&mut self) -> Result<Reply, StageError> {
        let mut taken = 0;
        let mut lines = Vec::new();
        loop {
            let line = self.line().await?;
            taken += line.len();
            if taken > ANSWER_BYTES {
                return Err(StageError::Garbled("its answer doesn't end"));
            }
            // Answers are ASCII (RFC 5321, 4.2); a relay that writes them in some other way is understood all the same.
            let line = String::from_utf8_lossy(&line);
            let parsed = Line::parse(&line).ok_or(StageError::Garbled("its answer isn't SMTP"))?;
            lines.push((parsed.code, parsed.words.to_owned()));
            if !parsed.more {
                break;
            }
        }
        let code = lines.last().map_or(0, |line| line.0);
        if lines.iter().any(|line| line.0 != code) {
            return Err(StageError::Garbled("its answer has two codes"));
        }
        Ok(Reply { code, lines: lines.into_iter().map(|line| line.1).collect() })
    }

    fn quiet(&self) -> Result<(), StageError> {
        if self.read.is_empty() { Ok(()) } else { Err(StageError::Garbled("it answered before it was asked")) }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), StageError> {
        self.stream.write_all(bytes).await.map_err(lost)?;
        self.stream.flush().await.map_err(lost)
    }

    /// One line without its end.
    async fn line(&mut self) -> Result<Vec<u8>, StageError> {
        let mut seen = 0;
        loop {
            if let Some(end) = self.read[seen..].iter().position(|b| *b == b'\n') {
                let mut line: Vec<u8> = self.read.drain(..=seen + end).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
            seen = self.read.len();
            if seen > ANSWER_BYTES {
                return Err(StageError::Garbled("its answer doesn't end"));
            }
            if self.stream.read_buf(&mut self.read).await.map_err(lost)? == 0 {
                return Err(StageError::Lost("the relay hung up".into()));
            }
        }
    }
}

/// A broken connection in words.
#[expect(clippy::needless_pass_by_value, reason = "so that it can be handed to map_err")]
pub fn lost(error: std::io::Error) -> StageError {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let hung_up = matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof);
    StageError::Lost(if hung_up { "the relay hung up".to_owned() } else { error.to_string() })
}

/// An email as it travels: a dot at the beginning of a line is doubled (RFC 5321, 4.5.2), and the last line is ended.
fn stuffed(mail: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(mail.len() + mail.len() / 50 + 8));
    let mut begins = true;
    for byte in mail {
        if begins && *byte == b'.' {
            out.push(b'.');
        }
        out.push(*byte);
        begins = *byte == b'\n';
    }
    if !begins {
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_that_begins_a_line_is_doubled_and_no_other() {
        let text = |mail: &str| String::from_utf8(stuffed(mail.as_bytes()).to_vec()).unwrap();
        assert_eq!(text("a.\r\n.\r\n..b\r\n"), "a.\r\n..\r\n...b\r\n");
        assert_eq!(text(".a"), "..a\r\n");
    }

    #[tokio::test]
    async fn an_answer_in_pieces_and_in_another_alphabet_is_one_answer() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut wire = Wire::new(Box::new(near));
        let writer = tokio::spawn(async move {
            for piece in [&b"250-pr\xeat"[..], b" \r", b"\n250-   \n25", b"0 ok\r\n"] {
                far.write_all(piece).await.unwrap();
                far.flush().await.unwrap();
                tokio::task::yield_now().await;
            }
            far
        });
        let reply = wire.answer().await.unwrap();
        assert_eq!((reply.code, reply.lines.len()), (250, 3));
        assert_eq!(reply.lines[2], "ok");
        drop(writer.await.unwrap());
        assert!(matches!(wire.answer().await, Err(StageError::Lost(_))));
    }

    #[tokio::test]
    async fn an_answer_without_end_or_with_two_codes_is_none() {
        for (bytes, why) in [
            (b"250-a\r\n".repeat(20_000), "its answer doesn't end"),
            (b"2".repeat(200_000), "its answer doesn't end"),
            (b"250-a\r\n550 b\r\n".to_vec(), "its answer has two codes"),
            (b"HTTP/1.1 400 Bad Request\r\n".to_vec(), "its answer isn't SMTP"),
        ] {
            let mut wire = Wire::new(Box::new(std::io::Cursor::new(bytes)));
            assert_eq!(wire.answer().await, Err(StageError::Garbled(why)));
        }
    }
}
