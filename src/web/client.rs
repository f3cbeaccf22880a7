//! Who the client is: the address that connects, or, behind a proxy that is trusted, the one that the proxy names.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::HeaderMap;

/// Who asks, as limits and the log see it.
#[derive(Debug, Clone, Copy)]
pub struct Client(pub IpAddr);

/// Whether an address is a proxy whose word counts.
pub type Trusts = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// The client's address. Each proxy adds the address that connected to it at the end of `X-Forwarded-For`, so the list
/// is read from its end, as far as trusted proxies wrote it: what a client puts in front of it counts for nothing.
pub fn address(peer: IpAddr, headers: &HeaderMap, trusts: &Trusts) -> IpAddr {
    let all: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|v| v.split(','))
        .collect();
    let mut client = peer;
    for named in all.into_iter().rev() {
        if !trusts(client) {
            break;
        }
        let Ok(address) = named.trim().parse() else { break };
        client = address;
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let trusts: Trusts = Arc::new(|address| address.is_loopback() || address == IpAddr::from([10, 0, 0, 1]));
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        address(peer.parse().unwrap(), &headers, &trusts).to_string()
    }

    #[test]
    fn a_trusted_proxy_says_who_the_client_is() {
        assert_eq!(client("127.0.0.1", &["192.0.2.7"]), "192.0.2.7");
        assert_eq!(client("127.0.0.1", &["192.0.2.7, 10.0.0.1"]), "192.0.2.7");
        assert_eq!(client("127.0.0.1", &["192.0.2.7", "10.0.0.1"]), "192.0.2.7");
    }

    #[test]
    fn a_client_cannot_say_who_it_is() {
        assert_eq!(client("198.51.100.9", &["192.0.2.7"]), "198.51.100.9");
        assert_eq!(client("127.0.0.1", &["192.0.2.7, 198.51.100.9"]), "198.51.100.9");
        assert_eq!(client("127.0.0.1", &["nonsense"]), "127.0.0.1");
        assert_eq!(client("127.0.0.1", &[]), "127.0.0.1");
    }
}
