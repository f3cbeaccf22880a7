//! What lies between a connection and the parser of requests, for the first head of a connection: what programs put raw behind a
//! link is escaped as a browser does it, and an answer of the parser's own, which would be an empty page, is held back for ours.
//!
//! Where one head ends and the next begins only the parser knows, so later heads of a connection come as they are. Browsers and
//! proxies, which are the ones to send several, escape by themselves.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes that no path may hold (RFC 3986, 2) and that the parser refuses. Controls and spaces stay: they are no mistake of a link.
fn is_escaped(byte: u8) -> bool {
    matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | 0x80..)
}

/// Where in the first head the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Before the first space: the method.
    Method,
    /// In the rest of the first line: the path and the version.
    Target,
    Headers,
}

/// What the parser and the one who answers know of a connection.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// Whether a whole head was there.
    head: Arc<AtomicBool>,
    /// Whether its first line was.
    line: Arc<AtomicBool>,
}

impl Heard {
    pub fn set_head(&self) {
        self.head.store(true, Ordering::Release);
    }

    pub fn head(&self) -> bool {
        self.head.load(Ordering::Acquire)
    }

    pub fn line(&self) -> bool {
        self.line.load(Ordering::Acquire)
    }
}

pub struct Wire<S> {
    stream: S,
    at: At,
    /// Escaped, and not read yet.
    waits: Vec<u8>,
    heard: Heard,
}

impl<S> Wire<S> {
    pub const fn new(stream: S, heard: Heard) -> Self {
        Self { stream, at: At::Method, waits: Vec::new(), heard }
    }

    fn escape(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match (self.at, byte) {
                (At::Method, b' ') => self.at = At::Target,
                (At::Target, b'\n') => {
                    self.at = At::Headers;
                    self.heard.line.store(true, Ordering::Release);
                }
                (At::Method | At::Target | At::Headers, _) => {}
            }
            if self.at == At::Target && is_escaped(*byte) {
                self.waits.extend(format!("%{byte:02X}").bytes());
            } else {
                self.waits.push(*byte);
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.waits.is_empty() {
            if this.at == At::Headers {
                return Pin::new(&mut this.stream).poll_read(cx, buf);
            }
            let mut bytes = [0; 1_024];
            let mut read = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut this.stream).poll_read(cx, &mut read))?;
            this.escape(read.filled());
        }
        let some = this.waits.len().min(buf.remaining());
        buf.put_slice(&this.waits[..some]);
        this.waits.drain(..some);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        // Nobody was asked yet, so nobody but the parser answers.
        if !self.heard.head() {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.heard.head() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    async fn read(sent: &[u8]) -> String {
        let mut read = String::new();
        Wire::new(tokio::io::join(sent, tokio::io::sink()), Heard::default()).read_to_string(&mut read).await.unwrap();
        read
    }

    #[tokio::test]
    async fn a_path_is_escaped_and_nothing_else_is() {
        let head = "\r\nGET /i/X>?\"\u{2026} HTTP/1.1\r\nX-Other: a \"b\" <c>\r\n\r\nGET /<>";
        let escaped = head.replacen("X>?\"\u{2026}", "X%3E?%22%E2%80%A6", 1);
        assert_eq!(read(head.as_bytes()).await, escaped);
        let long = format!("GET /{} HTTP/1.1\r\n\r\n", "<".repeat(5_000));
        assert_eq!(read(long.as_bytes()).await, long.replace('<', "%3C"));
    }
}
