//! The pages that nobody is sent to: `/`, and where password managers look.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use minijinja::context;
use serde_json::json;

use super::answer::{self, Answer};
use super::pages::Page;
use super::portal::Portal;
use crate::domain::text::visible;

/// `GET /`: whose portal this is.
pub async fn home(State(portal): State<Arc<Portal>>, headers: HeaderMap) -> Response {
    let answer = Answer::to(&portal, &headers);
    let organisation = portal.app.organisation();
    if answer.json {
        return answer::json(StatusCode::OK, &json!({ "organisation": organisation }));
    }
    let values = context! { organisation => visible(organisation).into_owned() };
    let page = Page {
        organisation: Some(organisation.to_owned()),
        heading: answer.say("home", &values),
        paragraphs: vec![answer.say("home_text", &values)],
        onward: answer.onward(),
        aside: Some(answer.forgot()),
        ..Page::default()
    };
    answer.page(StatusCode::OK, &page)
}

/// Leads to where a password is changed.
pub async fn change_password(State(portal): State<Arc<Portal>>) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, portal.at("/forgot"))]).into_response()
}
