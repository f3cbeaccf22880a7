//! Where the portal accepts connections: at a network address, or at a socket on this machine. One that cannot be accepted is
//! named in the log, because a portal that is out of file descriptors looks dead from outside.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::time::{Instant, sleep};

use crate::domain::explain::{OUT_OF_DESCRIPTORS, is_out_of_descriptors};

/// How long nothing is accepted after a failure.
const REST: Duration = Duration::from_millis(200);
/// How often the log says so.
const SAY: Duration = Duration::from_mins(1);

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub enum Peer {
    Address(IpAddr),
    /// A program on this machine that may open the socket: a proxy.
    Local,
}

impl Peer {
    pub const fn address(self) -> IpAddr {
        match self {
            Self::Address(address) => address,
            Self::Local => IpAddr::V4(Ipv4Addr::LOCALHOST),
        }
    }
}

#[derive(Debug)]
pub enum Listener {
    Network(TcpListener),
    Socket(UnixListener),
}

pub enum Stream {
    Network(TcpStream),
    Socket(UnixStream),
}

impl Listener {
    async fn next(&self) -> std::io::Result<(Stream, Peer)> {
        match self {
            Self::Network(listener) => {
                let (stream, address) = listener.accept().await?;
                Ok((Stream::Network(stream), Peer::Address(address.ip())))
            }
            Self::Socket(listener) => Ok((Stream::Socket(listener.accept().await?.0), Peer::Local)),
        }
    }
}

/// Accepts connections, and says in the log when none can be.
pub struct Accepting {
    inner: Listener,
    /// When the log said last that nothing can be accepted, if that was so since.
    said_at: Option<Instant>,
}

impl Accepting {
    pub const fn new(inner: Listener) -> Self {
        Self { inner, said_at: None }
    }

    pub async fn next(&mut self) -> (Stream, Peer) {
        use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
        loop {
            match self.inner.next().await {
                Ok(accepted) => {
                    if self.said_at.take().is_some() {
                        tracing::info!("the portal accepts connections again");
                    }
                    return accepted;
                }
                // The other end is gone already.
                Err(error) if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) => {}
                Err(error) => {
                    self.report(&error);
                    sleep(REST).await;
                }
            }
        }
    }

    fn report(&mut self, error: &std::io::Error) {
        if self.said_at.is_some_and(|at| at.elapsed() < SAY) {
            return;
        }
        self.said_at = Some(Instant::now());
        if is_out_of_descriptors(error) {
            tracing::error!(
                code = "out_of_descriptors",
                hint = OUT_OF_DESCRIPTORS,
                "the portal can't accept connections"
            );
        } else {
            tracing::error!(%error, "the portal can't accept connections");
        }
    }
}
