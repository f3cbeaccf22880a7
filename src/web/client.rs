//! Who the client is: the address that connects, or, behind a proxy that is trusted, the one that the proxy names.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, header};

use super::listener::Peer;
use crate::domain::proxy::Silence;

/// Who asks, as limits and the log see it.
#[derive(Debug, Clone, Copy)]
pub struct Client(pub IpAddr);

/// Whether an address is a proxy whose word counts.
pub type Trusts = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// Who asks, and what the trusted proxies on the way said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub address: IpAddr,
    /// Which trusted proxy should have named the client and didn't: the one at `address`.
    pub silence: Option<Silence>,
    /// The trusted proxies that named theirs.
    pub spoke: Vec<IpAddr>,
}

/// The client's address. Each proxy adds the address that connected to it at the end of `X-Forwarded-For` or `Forwarded`
/// (RFC 7239), so the list is read from its end, as far as trusted proxies wrote it: what a client puts in front of it counts
/// for nothing. Where there are both, the first counts, which is what proxies write unless told otherwise.
pub fn find(peer: Peer, headers: &HeaderMap, trusts: &Trusts) -> Found {
    let mut found = Found { address: peer.address(), silence: None, spoke: Vec::new() };
    let trusts = |address| trusts(address) || (matches!(peer, Peer::Local) && address == peer.address());
    if !trusts(found.address) {
        return found;
    }
    let named = named(headers);
    if named.is_empty() {
        return Found { silence: Some(Silence::Missing), ..found };
    }
    for node in named.iter().rev() {
        if !trusts(found.address) {
            break;
        }
        let Some(address) = node.as_deref().and_then(address) else {
            return Found { silence: Some(Silence::Unreadable), ..found };
        };
        found.spoke.push(found.address);
        found.address = address;
    }
    found
}

/// What the headers name, in their order; nothing for one that cannot be read at all.
fn named(headers: &HeaderMap) -> Vec<Option<String>> {
    let all = |name: &HeaderName| {
        headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("?")).collect::<Vec<_>>().join(",")
    };
    let forwarded_for = all(&HeaderName::from_static("x-forwarded-for"));
    if !forwarded_for.is_empty() {
        return forwarded_for.split(',').map(|node| Some(node.to_owned())).collect();
    }
    let forwarded = all(&header::FORWARDED);
    if forwarded.is_empty() {
        return Vec::new();
    }
    unquoted(&forwarded, ',').into_iter().map(forwarded_node).collect()
}

/// The client of one element of `Forwarded`: `for="[2001:db8::1]:4711";proto=https`.
fn forwarded_node(element: &str) -> Option<String> {
    unquoted(element, ';').into_iter().find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.to_owned())
    })
}

/// The parts of a text between separators that are in no quotes.
fn unquoted(text: &str, separator: char) -> Vec<&str> {
    let mut is_quoted = false;
    text.split(move |c| {
        is_quoted ^= c == '"';
        c == separator && !is_quoted
    })
    .collect()
}

/// An address as proxies write it: alone, with a port, in brackets, in quotes, with the name of an interface.
fn address(node: &str) -> Option<IpAddr> {
    let node = node.trim().trim_matches('"').trim();
    let bare = match node.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(rest, |(address, _)| address),
        None => node,
    };
    let bare = bare.split('%').next().unwrap_or_default();
    let alone = bare.parse::<IpAddr>().ok();
    alone.or_else(|| node.parse::<SocketAddr>().ok().map(|with_port| with_port.ip())).map(|found| found.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusts() -> Trusts {
        Arc::new(|address| address.is_loopback() || address == IpAddr::from([10, 0, 0, 1]))
    }

    fn found(peer: Peer, headers: &[(&'static str, &str)]) -> (String, Option<Silence>) {
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.append(*name, value.parse().unwrap());
        }
        let found = find(peer, &all, &trusts());
        (found.address.to_string(), found.silence)
    }

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let headers: Vec<_> = forwarded.iter().map(|value| ("x-forwarded-for", *value)).collect();
        found(Peer::Address(peer.parse().unwrap()), &headers).0
    }

    #[test]
    fn a_trusted_proxy_says_who_the_client_is() {
        assert_eq!(client("127.0.0.1", &["192.0.2.7"]), "192.0.2.7");
        assert_eq!(client("127.0.0.1", &["192.0.2.7, 10.0.0.1"]), "192.0.2.7");
        assert_eq!(client("127.0.0.1", &["192.0.2.7", "10.0.0.1"]), "192.0.2.7");
        assert_eq!(found(Peer::Local, &[("x-forwarded-for", "192.0.2.7")]).0, "192.0.2.7");
    }

    #[test]
    fn a_client_cannot_say_who_it_is() {
        assert_eq!(client("198.51.100.9", &["192.0.2.7"]), "198.51.100.9");
        assert_eq!(client("127.0.0.1", &["192.0.2.7, 198.51.100.9"]), "198.51.100.9");
        assert_eq!(client("127.0.0.1", &["nonsense"]), "127.0.0.1");
        assert_eq!(client("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(found(Peer::Address([198, 51, 100, 9].into()), &[("forwarded", "for=192.0.2.7")]).0, "198.51.100.9");
    }

    #[test]
    fn addresses_are_read_however_a_proxy_writes_them() {
        for (written, meant) in [
            ("192.0.2.7:4711", "192.0.2.7"),
            ("\"192.0.2.7\"", "192.0.2.7"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("\"[2001:db8::1]:4711\"", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
        ] {
            assert_eq!(client("127.0.0.1", &[written]), meant);
            let forwarded = format!("for=198.51.100.1, By=10.0.0.1;FOR={written};proto=https");
            assert_eq!(found(Peer::Local, &[("forwarded", &forwarded)]), (meant.to_owned(), None));
        }
    }

    #[test]
    fn a_proxy_that_names_nobody_is_noticed() {
        let local = |headers: &[(&'static str, &str)]| found(Peer::Local, headers).1;
        assert_eq!(local(&[("x-forwarded-for", "unknown")]), Some(Silence::Unreadable));
        assert_eq!(local(&[("x-forwarded-for", "192.0.2.7,")]), Some(Silence::Unreadable));
        assert_eq!(local(&[("forwarded", "for=_hidden")]), Some(Silence::Unreadable));
        assert_eq!(local(&[("forwarded", "proto=https")]), Some(Silence::Unreadable));
        assert_eq!(local(&[]), Some(Silence::Missing));
        assert_eq!(
            local(&[("x-forwarded-for", "unknown, 192.0.2.7")]),
            None,
            "what a client put before counts for nothing"
        );
        assert_eq!(found(Peer::Address([198, 51, 100, 9].into()), &[]).1, None);
    }
}
