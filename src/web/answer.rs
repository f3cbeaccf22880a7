//! How one request is answered: in which language, as a page or as JSON.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use minijinja::{Value, context};
use serde_json::json;

use super::limits::{Counted, TooMany};
use super::pages::{Page, PageLink};
use super::portal::Portal;
use crate::app::links::redeem::Error;
use crate::domain::code::InvalidCode;
use crate::domain::explain::Explain;
use crate::domain::language::Language;

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

    /// A page that says only what is the matter: the words are `key` and `key`_text.
    pub fn plain(&self, status: StatusCode, key: &str, code: &str) -> Response {
        self.plain_with(status, (key, code), &context! {})
    }

    /// The same where something is filled in.
    fn plain_with(&self, status: StatusCode, (key, code): (&str, &str), values: &Value) -> Response {
        let (heading, text) = (self.say(key, values), self.say(&format!("{key}_text"), values));
        if self.json {
            return (status, Json(json!({ "error": { "code": code, "message": heading, "hint": text } })))
                .into_response();
        }
        self.page(status, &Page { heading, paragraphs: vec![text], ..Page::default() })
    }

    /// A code that cannot be one is refused before any look-up.
    pub fn mistyped(&self, error: &InvalidCode) -> Response {
        if self.json {
            let error = json!({ "code": "mistyped_code", "message": error.to_string(), "hint": null });
            return (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
        }
        self.plain(StatusCode::BAD_REQUEST, "mistyped", "mistyped_code")
    }

    /// One answer for every code whose proof is wrong, which counts against the client.
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
        (status(error), Json(body)).into_response()
    }

    /// Where people sign in, if that is known.
    pub fn onward(&self) -> Option<PageLink> {
        let url = self.portal.options.continue_url.clone()?;
        Some(PageLink { url, label: self.say("continue", &context! {}) })
    }

    /// The way to "forgotten password".
    pub fn forgot(&self) -> PageLink {
        PageLink { url: "/forgot".to_owned(), label: self.say("forgot_link", &context! {}) }
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

/// The first language of `Accept-Language` that there is; browsers write the most wanted first.
fn preferred(accepted: &str) -> Language {
    accepted
        .split(',')
        .filter_map(|range| range.split([';', '-']).next())
        .find_map(|tag| Language::parse(tag).ok())
        .unwrap_or_default()
}

/// Whether a form came from another site's page.
pub fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_there_is_counts() {
        assert_eq!(preferred("de-AT,de;q=0.9,en;q=0.8"), Language::German);
        assert_eq!(preferred("ja, fr;q=0.5"), Language::French);
        assert_eq!(preferred(""), Language::English);
    }
}
