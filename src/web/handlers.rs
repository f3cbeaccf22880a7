//! What the routes answer, as a page for people and as JSON for `rsvp accept`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Form as FormBody;
use axum::Json;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::limits::Key;
use super::page::{Form, Page};
use super::words;
use super::{Portal, client};
use crate::app::accept;
use crate::app::look::{self, LinkState, Looked};
use crate::app::redeem::{Error, Request};
use crate::domain::code::{Code, InvalidCode, Purpose};
use crate::domain::explain::Explain;
use crate::domain::language::Language;

/// What the form submits.
#[derive(Deserialize)]
pub struct Submitted {
    #[serde(default)]
    password: String,
    #[serde(default)]
    password_again: String,
}

/// `GET /invitation/{code}`: changes nothing.
pub async fn look(State(portal): State<Arc<Portal>>, Path(code): Path<String>, headers: HeaderMap) -> Response {
    let json = wants_json(&headers);
    let code = match Code::parse(&code) {
        Ok(code) => code,
        Err(error) => return mistyped(&portal, &error, json),
    };
    match look::look(&portal.app, Purpose::Invitation, &code).await {
        Ok(Some(looked)) if json => Json(to_json(&looked)).into_response(),
        Ok(Some(looked)) => answer(&portal, &looked, None),
        Ok(None) => unknown(&portal, json),
        Err(error) => failed(&portal, &error, json),
    }
}

/// `POST /invitation/{code}`: accepts.
pub async fn accept(
    State(portal): State<Arc<Portal>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(code): Path<String>,
    headers: HeaderMap,
    FormBody(submitted): FormBody<Submitted>,
) -> Response {
    let json = wants_json(&headers);
    let password = Zeroizing::new(submitted.password);
    let password_again = Zeroizing::new(submitted.password_again);
    if headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        return plain(&portal, StatusCode::FORBIDDEN, "This form came from another site", json, "cross_site");
    }
    let code = match Code::parse(&code) {
        Ok(code) => code,
        Err(error) => return mistyped(&portal, &error, json),
    };
    let now = portal.app.now();
    let client = client::address(peer.ip(), &headers, &portal.options.trusts);
    if !portal.limits.allow(Key::client(client), now) {
        return too_many(&portal, json);
    }
    let looked = match look::look(&portal.app, Purpose::Invitation, &code).await {
        Ok(Some(looked)) => looked,
        Ok(None) => return unknown(&portal, json),
        Err(error) => return failed(&portal, &error, json),
    };
    // Counted only with a right proof, so that nobody can use up somebody else's tries with made-up codes.
    if !portal.limits.allow(Key::Invitation(code.id), now) {
        return too_many(&portal, json);
    }
    let done = accept::accept(&portal.app, Request { code: code.clone(), password, password_again }).await;
    match done {
        Ok(accepted) if json => {
            Json(json!({ "state": "accepted", "organisation": accepted.organisation, "email": accepted.email }))
                .into_response()
        }
        Ok(_) => welcome(&portal, &looked),
        Err(error) if json => (status(&error), Json(error_json(&error))).into_response(),
        Err(Error::Unknown) => unknown(&portal, false),
        Err(Error::Dead(state)) => answer(&portal, &Looked { standing: state, ..looked }, None),
        Err(error @ Error::Weak(_)) => answer(&portal, &looked, Some((status(&error), sentence(&error.to_string())))),
        Err(Error::Busy) => {
            let text = "Many people are choosing a password at this moment: try again in a minute";
            plain(&portal, StatusCode::TOO_MANY_REQUESTS, text, false, "busy")
        }
        Err(Error::Failure(error)) => failed(&portal, &error, false),
    }
}

fn too_many(portal: &Portal, json: bool) -> Response {
    let text = "Too many tries: wait a quarter of an hour";
    plain(portal, StatusCode::TOO_MANY_REQUESTS, text, json, "too_many_tries")
}

/// Any other path.
pub async fn nothing_here(State(portal): State<Arc<Portal>>, headers: HeaderMap) -> Response {
    plain(&portal, StatusCode::NOT_FOUND, "There is nothing here", wants_json(&headers), "nothing_here")
}

fn wants_json(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"))
}

fn answer(portal: &Portal, looked: &Looked, wrong: Option<(StatusCode, String)>) -> Response {
    let language = looked.language;
    if looked.standing != LinkState::Works {
        let (title, text) = words::dead(language, looked.standing);
        let page = Page {
            lang: language.tag(),
            organisation: Some(looked.organisation.clone()),
            title: title.to_owned(),
            lines: vec![text.to_owned()],
            onward: portal.options.continue_url.clone().filter(|_| looked.standing == LinkState::Used),
            ..Page::default()
        };
        return portal.pages.answer(StatusCode::GONE, &page);
    }
    let said = words::form(language);
    let fill = |text: &str, value: &str| text.replace("{}", value);
    let mut lines = vec![];
    lines.extend(looked.sender.as_ref().map(|inviter| fill(said.inviter, inviter)));
    lines.push(fill(said.address, &looked.email));
    lines.push(fill(said.until, &looked.expires_at.local(&TimeZone::UTC)));
    let (status, error) = wrong.map_or((StatusCode::OK, None), |(status, error)| (status, Some(error)));
    let page = Page {
        lang: language.tag(),
        organisation: Some(looked.organisation.clone()),
        title: fill(said.title, &looked.organisation),
        lines,
        message: looked.message.clone(),
        form: Some(Form {
            email: looked.email.clone(),
            password: said.password,
            again: said.again,
            rule: fill(said.rule, &portal.app.options().password.min_chars.to_string()),
            submit: said.submit,
        }),
        error,
        onward: None,
    };
    portal.pages.answer(status, &page)
}

fn welcome(portal: &Portal, looked: &Looked) -> Response {
    let said = words::form(looked.language);
    let page = Page {
        lang: looked.language.tag(),
        organisation: Some(looked.organisation.clone()),
        title: said.done.to_owned(),
        lines: vec![said.done_text.replace("{}", &looked.email)],
        onward: portal.options.continue_url.clone(),
        ..Page::default()
    };
    portal.pages.answer(StatusCode::OK, &page)
}

/// One answer for every code whose proof is wrong.
fn unknown(portal: &Portal, json: bool) -> Response {
    if json {
        return (StatusCode::NOT_FOUND, Json(error_json(&Error::Unknown))).into_response();
    }
    let page = Page {
        lang: Language::English.tag(),
        title: "This link is not valid".to_owned(),
        lines: vec!["Copy the whole link from the newest mail, or ask whoever invited you for a new one.".to_owned()],
        ..Page::default()
    };
    portal.pages.answer(StatusCode::NOT_FOUND, &page)
}

/// A code that cannot be one is told before any look-up.
fn mistyped(portal: &Portal, error: &InvalidCode, json: bool) -> Response {
    plain(portal, StatusCode::BAD_REQUEST, &sentence(&error.to_string()), json, "mistyped_code")
}

fn failed(portal: &Portal, error: &impl Explain, json: bool) -> Response {
    // What went wrong inside is for the log, not for the visitor.
    tracing::error!(code = error.code(), "the portal could not answer");
    plain(portal, StatusCode::SERVICE_UNAVAILABLE, "This does not work at the moment: try again later", json, "failed")
}

fn plain(portal: &Portal, status: StatusCode, text: &str, json: bool, code: &str) -> Response {
    if json {
        return (status, Json(json!({ "error": { "code": code, "message": text, "hint": null } }))).into_response();
    }
    let page = Page { lang: Language::English.tag(), title: text.to_owned(), ..Page::default() };
    portal.pages.answer(status, &page)
}

fn status(error: &Error) -> StatusCode {
    match error {
        Error::Unknown => StatusCode::NOT_FOUND,
        Error::Dead(_) => StatusCode::GONE,
        Error::Weak(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Busy => StatusCode::TOO_MANY_REQUESTS,
        Error::Failure(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn error_json(error: &Error) -> serde_json::Value {
    json!({ "error": { "code": error.code(), "message": error.to_string(), "hint": error.hint() } })
}

fn to_json(looked: &Looked) -> serde_json::Value {
    let state = match looked.standing {
        LinkState::Works => "works",
        LinkState::Expired => "expired",
        LinkState::Superseded => "superseded",
        LinkState::Withdrawn => "withdrawn",
        LinkState::Used => "used",
    };
    json!({
        "state": state,
        "organisation": looked.organisation,
        "name": looked.name,
        "email": looked.email,
        "inviter": looked.sender,
        "role": looked.role,
        "workspaces": looked.workspaces,
        "expires_at": looked.expires_at.rfc3339(),
    })
}

/// A message as a sentence of its own.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let begun = chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect());
    format!("{begun}.")
}
