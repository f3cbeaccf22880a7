//! The portal's paths: which there are, how the log names them, and what is before them where the public address has a path.

use axum::http::Uri;
use axum::http::uri::PathAndQuery;

use crate::domain::link::Purpose;

/// Where browsers and password managers look for the page that changes a password
/// (<https://w3c.github.io/webappsec-change-password-url/>).
pub const CHANGE_PASSWORD: &str = "/.well-known/change-password";

/// A path of ours as the log names it: without the code. Nothing for one that leads nowhere.
pub fn pattern(path: &str) -> Option<String> {
    match path {
        "/" | "/health" | "/ready" | "/forgot" | CHANGE_PASSWORD => Some(path.to_owned()),
        path => {
            let of = |purpose: &Purpose| path.starts_with(&format!("/{}/", purpose.path()));
            let after = if path.ends_with("/ask") { "/ask" } else { "" };
            Purpose::ALL.into_iter().find(of).map(|purpose| format!("/{}/{{code}}{after}", purpose.path()))
        }
    }
}

/// The path of a web address, without a slash at its end: `/users` of `https://example.org/users`.
pub fn base(public_url: &str) -> &str {
    let place = public_url.split_once("://").map_or("", |(_, rest)| rest);
    place.find('/').map_or("", |at| place[at..].trim_end_matches('/'))
}

/// What is asked for without the public address's path, which some proxies leave there and others take away. As it is, where
/// that leads nowhere.
pub fn below(base: &str, uri: &Uri) -> Option<Uri> {
    let rest = uri.path().strip_prefix(base).filter(|_| !base.is_empty())?;
    let rest = if rest.is_empty() { "/" } else { rest };
    pattern(rest)?;
    let query = uri.query().map_or(String::new(), |query| format!("?{query}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(format!("{rest}{query}")).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_with_and_without_what_is_before_it() {
        let found = |base: &str, text: &str| below(base, &text.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(found("/users", "/users/forgot?x=1").as_deref(), Some("/forgot?x=1"));
        assert_eq!(found("/users", "/users").as_deref(), Some("/"));
        assert_eq!(found("/users", "/users/i/CODE").as_deref(), Some("/i/CODE"));
        for stays in ["/forgot", "/usersforgot", "/users/else", "/"] {
            assert_eq!(found("/users", stays), None);
        }
        assert_eq!(found("/i", "/i/CODE"), None, "whose letter the path has as well");
        assert_eq!(found("/i", "/i/i/CODE").as_deref(), Some("/i/CODE"));
        assert_eq!(found("", "/forgot"), None);
    }

    #[test]
    fn the_path_of_a_web_address_ends_without_a_slash() {
        assert_eq!(base("https://x.example/users"), "/users");
        assert_eq!((base("https://x.example"), base("http://127.0.0.1:1/a/b/")), ("", "/a/b"));
    }
}
