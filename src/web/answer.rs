//! How one request is answered: in which language, as a page or as JSON.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use minijinja::{Value, context};
use serde_json::json;

use super::limits::{Counted, TooMany};
use super::pages::{Page, PageLink};
use super::portal::Portal;
use crate::app::links::redeem::Error;
use crate::domain::explain::Explain;
use crate::domain::language::Language;
use crate::domain::text::visible_json;

/// Seconds in which the 64 passwords that may wait are hashed, with two at once and 50 ms each.
const BUSY: u128 = 2;

/// Any path that leads nowhere.
pub async fn nowhere(State(portal): State<Arc<Portal>>, headers: HeaderMap) -> Response {
    Answer::to(&portal, &headers).plain(StatusCode::NOT_FOUND, "nowhere", "nothing_here")
}

/// A page that is there for another method.
pub async fn not_here(State(portal): State<Arc<Portal>>, headers: HeaderMap) -> Response {
    Answer::to(&portal, &headers).plain(StatusCode::METHOD_NOT_ALLOWED, "nowhere", "method_not_allowed")
}

/// That a request's head can't be read, and how it is refused; what its client accepts is not known then.
#[derive(Debug, Clone, Copy)]
pub struct Unreadable(pub StatusCode);

#[derive(Clone, Copy)]
pub struct Answer<'a> {
    pub portal: &'a Portal,
    pub language: Language,
    /// Whether the reader is a program.
    pub json: bool,
}

impl<'a> Answer<'a> {
    /// As the request's headers ask for it.
    pub fn to(portal: &'a Portal, headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let json = text(header::ACCEPT).starts_with("application/json");
        Self { portal, language: preferred(text(header::ACCEPT_LANGUAGE)), json }
    }

    /// The same for somebody whose language is known.
    pub const fn in_language(self, language: Language) -> Self {
        Self { language, ..self }
    }

    pub fn say(&self, key: &str, values: &Value) -> String {
        self.portal.pages.say(self.language, key, values)
    }

    pub fn page(&self, status: StatusCode, page: &Page) -> Response {
        self.portal.pages.answer(self.language, status, page)
    }

    /// A page that says only what is the matter, and leads on: the words are `key` and `key`_text.
    pub fn plain(&self, status: StatusCode, key: &str, code: &str) -> Response {
        self.plain_with(status, (key, code), &context! {})
    }

    /// The same where something is filled in.
    fn plain_with(&self, status: StatusCode, (key, code): (&str, &str), values: &Value) -> Response {
        let (heading, text) = (self.say(key, values), self.say(&format!("{key}_text"), values));
        if self.json {
            return json(status, &json!({ "error": { "code": code, "message": heading, "hint": text } }));
        }
        let page = Page {
            organisation: Some(self.portal.app.organisation().to_owned()),
            heading,
            paragraphs: vec![text],
            aside: Some(self.forgot()),
            ..Page::default()
        };
        self.page(status, &page)
    }

    /// One answer for every code that proves nothing, whatever is wrong with it, which counts against the client.
    pub fn unknown(&self, client: IpAddr) -> Response {
        match self.portal.limits.count(Counted::WrongCode, client, self.portal.app.now()) {
            Err(too_many) => self.too_many(too_many),
            Ok(()) if self.json => Self::error_json(&Error::Unknown),
            Ok(()) => self.plain(StatusCode::NOT_FOUND, "unknown", ""),
        }
    }

    /// Too many tries of a client or of a link.
    pub fn too_many(&self, TooMany { wait }: TooMany) -> Response {
        let seconds = wait.as_millis().div_ceil(1_000);
        let values = context! { minutes => seconds.div_ceil(60) };
        Self::later(seconds, self.plain_with(StatusCode::TOO_MANY_REQUESTS, ("tries", "too_many_tries"), &values))
    }

    /// Too many people at once, which is over as soon as the passwords that wait were hashed.
    pub fn busy(&self) -> Response {
        Self::later(BUSY, self.plain(StatusCode::TOO_MANY_REQUESTS, "busy", "busy"))
    }

    /// Says in how many seconds it is worth another try.
    fn later(seconds: u128, mut response: Response) -> Response {
        if let Ok(value) = HeaderValue::from_str(&seconds.to_string()) {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response
    }

    /// What went wrong inside is for the log, not for the visitor.
    pub fn broken(&self, error: &impl Explain) -> Response {
        tracing::error!(code = error.code(), hint = error.hint(), "the portal couldn't answer");
        self.plain(StatusCode::SERVICE_UNAVAILABLE, "broken", "failed")
    }

    /// An error for a program.
    pub fn error_json(error: &Error) -> Response {
        let body = json!({ "error": { "code": error.code(), "message": error.to_string(), "hint": error.hint() } });
        json(status(error), &body)
    }

    /// Where people sign in, if that is known.
    pub fn onward(&self) -> Option<PageLink> {
        let url = self.portal.options.continue_url.clone()?;
        Some(PageLink { url, label: self.say("continue", &context! {}) })
    }

    /// The way to "forgotten password".
    pub fn forgot(&self) -> PageLink {
        PageLink { url: self.portal.at("/forgot"), label: self.say("forgot_link", &context! {}) }
    }
}

pub const fn status(error: &Error) -> StatusCode {
    match error {
        Error::Unknown => StatusCode::NOT_FOUND,
        Error::Dead(_) => StatusCode::GONE,
        Error::EmailTaken => StatusCode::CONFLICT,
        Error::Weak(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Busy => StatusCode::TOO_MANY_REQUESTS,
        Error::Failure(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The language of `Accept-Language` that is wanted most (RFC 9110, 12.5.4) among those that there are; of equals the first.
fn preferred(accepted: &str) -> Language {
    let wanted = accepted.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next()?.split('-').next()?.to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let weight: f32 = weight.map_or(Ok(1.0), str::parse).ok()?;
        Some((weight, Language::parse(&tag).ok()?)).filter(|_| weight > 0.0)
    });
    wanted
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map_or_else(Language::default, |(_, best)| best)
}

/// Whether a form came from another site's page. `Sec-Fetch-Site` decides where a browser sends it, which is over https; else
/// `Origin` does, which is never `null` from our own pages ([`super::headers`]). One that says nothing is no browser, or one that
/// is too old for either.
pub fn is_from_elsewhere(portal: &Portal, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match text("sec-fetch-site") {
        // The page itself, or the person.
        Some("same-origin" | "none") => return false,
        Some("same-site" | "cross-site") => return true,
        // A word of later browsers, or not sent.
        Some(_) | None => {}
    }
    let Some(origin) = text("origin") else { return false };
    let authority =
        |url: &str| url.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default().to_owned());
    let from = authority(origin).unwrap_or_else(|| origin.to_owned());
    let public = portal.app.options().public_url.as_deref().and_then(authority);
    let is_own = [public.as_deref(), text("host")].into_iter().flatten().any(|own| own.eq_ignore_ascii_case(&from));
    !is_own
}

/// JSON in which nothing hides and nothing acts where it is looked at; its values are the same.
pub fn json(status: StatusCode, body: &serde_json::Value) -> Response {
    let body = visible_json(&body.to_string()).into_owned();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_counts_that_is_wanted_most() {
        assert_eq!(preferred("de-AT,de;q=0.9,en;q=0.8"), Language::German);
        assert_eq!(preferred("ja, fr;q=0.5"), Language::French);
        assert_eq!(preferred(""), Language::English);
        assert_eq!(preferred("en;q=0.1,de;q=0.9"), Language::German);
        assert_eq!(preferred("en; q=0.1 , DE ;q=0.9"), Language::German);
        assert_eq!(preferred("de;q=0"), Language::English);
        assert_eq!(preferred("de;q=0, fr;q=0.001, *;q=0.5"), Language::French);
        assert_eq!(preferred("de;q=x, fr"), Language::French);
    }
}
