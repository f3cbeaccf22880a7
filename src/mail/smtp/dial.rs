//! Reaching the relay: its name, its addresses, one socket.

use std::net::{IpAddr, SocketAddr};

use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};

use super::reply::StageError;
use super::wire::lost;
use super::{Relay, Tls};
use crate::domain::explain::{OUT_OF_DESCRIPTORS, is_out_of_descriptors};

/// A socket to the relay. Its time limit is divided among the relay's addresses, so that one that never answers leaves
/// time for the next.
pub async fn dial(relay: &Relay) -> Result<TcpStream, StageError> {
    let until = Instant::now() + relay.limits.connect;
    let addresses = look_up(relay, until).await?;
    let mut last = StageError::Stopped(format!("the name {} has no address: check mail.smtp.host", relay.host));
    for (at, address) in addresses.iter().enumerate() {
        let left = u32::try_from(addresses.len() - at).unwrap_or(u32::MAX);
        let share = until.saturating_duration_since(Instant::now()) / left;
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(socket)) => {
                // Without this each email waits for a delayed acknowledgement: about 23 emails a second.
                socket.set_nodelay(true).map_err(lost)?;
                return Ok(socket);
            }
            Ok(Err(error)) if is_out_of_descriptors(&error) => {
                last = StageError::Stopped(OUT_OF_DESCRIPTORS.to_owned());
            }
            Ok(Err(error)) => last = StageError::Stopped(format!("nothing answers at {}: {error}", relay.place())),
            Err(_) => last = StageError::Silent(relay.limits.connect),
        }
    }
    Err(last)
}

async fn look_up(relay: &Relay, until: Instant) -> Result<Vec<SocketAddr>, StageError> {
    let found = match relay.host.parse::<IpAddr>() {
        Ok(ip) => vec![SocketAddr::new(ip, relay.port)],
        Err(_) => match tokio::time::timeout_at(until, lookup_host((relay.host.as_str(), relay.port))).await {
            Ok(Ok(found)) => found.collect(),
            Ok(Err(error)) => {
                return Err(StageError::Stopped(format!(
                    "the name {} can't be looked up: {error}; check mail.smtp.host",
                    relay.host
                )));
            }
            Err(_) => {
                return Err(StageError::Stopped(format!("the look-up of the name {} takes too long", relay.host)));
            }
        },
    };
    if relay.tls == Tls::None && !relay.allow_plain && !found.iter().all(|address| address.ip().is_loopback()) {
        return Err(StageError::Stopped(format!(
            "emails and passwords would cross the network to {} unencrypted: set mail.smtp.tls to \u{201c}starttls\u{201d} or \u{201c}implicit\u{201d}, or allow it with mail.smtp.allow_plain",
            relay.place()
        )));
    }
    Ok(found)
}

/// How this machine greets the relay: by its name, or by the address it speaks from (RFC 5321, 4.1.3 and 4.1.4).
pub fn hello_name(relay: &Relay, local: IpAddr) -> String {
    let fits = |name: &&String| {
        !name.is_empty() && name.len() <= 255 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b))
    };
    relay.hello.as_ref().filter(fits).cloned().unwrap_or_else(|| match local {
        IpAddr::V4(ip) => format!("[{ip}]"),
        IpAddr::V6(ip) => format!("[IPv6:{ip}]"),
    })
}
