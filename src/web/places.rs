//! The portal's paths: which there are, how the log names them, and what is before them where the public address has a path.

use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use percent_encoding::percent_decode_str;

use crate::domain::link::Purpose;

/// Where browsers and password managers look for the page that changes a password
/// (<https://w3c.github.io/webappsec-change-password-url/>).
pub const CHANGE_PASSWORD: &str = "/.well-known/change-password";

/// The pages of one word.
const SINGLE: [&str; 3] = ["/forgot", "/health", "/ready"];

/// A path of ours as the log names it: without the code. Nothing for one that leads nowhere.
pub fn pattern(path: &str) -> Option<String> {
    match path {
        "/" | CHANGE_PASSWORD => Some(path.to_owned()),
        path if SINGLE.contains(&path) => Some(path.to_owned()),
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

/// What is asked for in the way that the portal writes it; nothing if it is so already, or leads nowhere. The public address's path
/// goes, which some proxies leave there and others take away. So do doubled slashes, one at the end and what a sentence put behind
/// a page's name, and capitals, which telephones begin with.
pub fn written(base: &str, uri: &Uri) -> Option<Uri> {
    let (base, all) = (parts(base), parts(uri.path()));
    let below = all.strip_prefix(&*base).filter(|_| !base.is_empty());
    let path = below.and_then(page).or_else(|| page(&all)).filter(|path| path != uri.path())?;
    let query = uri.query().map_or(String::new(), |query| format!("?{query}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(format!("{path}{query}")).ok()?);
    Uri::from_parts(parts).ok()
}

/// The parts of a path between slashes that say something.
fn parts(path: &str) -> Vec<&str> {
    let is_empty =
        |part: &&str| percent_decode_str(part).decode_utf8().is_ok_and(|text| !text.contains(char::is_alphanumeric));
    path.split('/').filter(|part| !is_empty(part)).collect()
}

/// The page that the parts of a path name, if one is.
fn page(parts: &[&str]) -> Option<String> {
    let word = |part: &str| {
        let word = percent_decode_str(part).decode_utf8_lossy().to_lowercase();
        word.trim_end_matches(|c: char| !c.is_alphanumeric()).to_owned()
    };
    let of = |part: &str| Purpose::ALL.into_iter().find(|purpose| purpose.path() == word(part));
    match parts {
        [] => Some("/".to_owned()),
        [one] => Some(format!("/{}", word(one))).filter(|path| SINGLE.contains(&&**path)),
        [one, two] if format!("/{}/{}", word(one), word(two)) == CHANGE_PASSWORD => Some(CHANGE_PASSWORD.to_owned()),
        [letter, code] => Some(format!("/{}/{code}", of(letter)?.path())),
        [letter, code, ask] if word(ask) == "ask" => Some(format!("/{}/{code}/ask", of(letter)?.path())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(base: &str, text: &str) -> Option<String> {
        written(base, &text.parse().unwrap()).map(|uri| uri.to_string())
    }

    #[test]
    fn a_path_is_found_with_and_without_what_is_before_it() {
        assert_eq!(found("/users", "/users/forgot?x=1").as_deref(), Some("/forgot?x=1"));
        assert_eq!(found("/users", "/users").as_deref(), Some("/"));
        assert_eq!(found("/users", "//users//").as_deref(), Some("/"));
        for stays in ["/forgot", "/usersforgot", "/users/else", "/"] {
            assert_eq!(found("/users", stays), None);
        }
        assert_eq!(found("/i", "/i/CODE"), None, "whose letter the path has as well");
        assert_eq!(found("/i", "/i/i/CODE").as_deref(), Some("/i/CODE"));
        assert_eq!(found("", "/forgot"), None);
    }

    #[test]
    fn a_path_is_found_however_it_is_written() {
        for (asked, page) in [
            ("//forgot", "/forgot"),
            ("/forgot/", "/forgot"),
            ("/Forgot", "/forgot"),
            ("/forgot.", "/forgot"),
            ("/forgot%20", "/forgot"),
            ("/forgot%E2%80%8B/)", "/forgot"),
            ("//", "/"),
            ("/%20", "/"),
            ("/.well-known//change-password/", CHANGE_PASSWORD),
            ("//i//CODE/", "/i/CODE"),
            ("/I/CODE%3E/.", "/i/CODE%3E"),
            ("/i/CODE/ask/", "/i/CODE/ask"),
            ("/K/CODE?x=/", "/k/CODE?x=/"),
        ] {
            assert_eq!(found("", asked).as_deref(), Some(page), "{asked}");
            assert_eq!(found("", page), None);
        }
        for nowhere in
            ["/forgot/more", "/%ff", "/x/CODE", "/i/CODE/more", "/well-known/change-password", "/i/CODE/ask/more"]
        {
            assert_eq!(found("", nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn the_path_of_a_web_address_ends_without_a_slash() {
        assert_eq!(base("https://x.example/users"), "/users");
        assert_eq!((base("https://x.example"), base("http://127.0.0.1:1/a/b/")), ("", "/a/b"));
    }
}
