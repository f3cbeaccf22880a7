//! Where the portal accepts connections. One that cannot be accepted is named in the log, because a portal that is out of
//! file descriptors looks dead from outside.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

use crate::domain::explain::{OUT_OF_DESCRIPTORS, is_out_of_descriptors};

/// How long nothing is accepted after a failure.
const REST: Duration = Duration::from_millis(200);
/// How often the log says so.
const SAY: Duration = Duration::from_mins(1);

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(SocketAddr);

impl Peer {
    pub const fn address(self) -> IpAddr {
        self.0.ip()
    }
}

pub struct Listener {
    inner: TcpListener,
    /// When the log said last that nothing can be accepted, if that was so since.
    said_at: Option<Instant>,
}

impl Listener {
    pub const fn new(inner: TcpListener) -> Self {
        Self { inner, said_at: None }
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

impl axum::serve::Listener for Listener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
        loop {
            match self.inner.accept().await {
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

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

impl Connected<IncomingStream<'_, Listener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        Self(*stream.remote_addr())
    }
}
