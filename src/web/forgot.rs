//! "Forgotten password": every address is answered alike and in the same time, because nothing but one row is written;
//! the worker decides later what the address gets.

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form as Body, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use minijinja::context;
use serde::Deserialize;
use serde_json::json;

use super::answer::{self, Answer, is_from_elsewhere};
use super::client::Client;
use super::limits::{Counted, Network};
use super::pages::{Field, Form, Page};
use super::portal::Portal;
use crate::app::links::forgot;
use crate::domain::email::Email;
use crate::domain::text::shorten;

#[derive(Deserialize)]
pub struct Submitted {
    #[serde(default)]
    email: String,
}

/// `GET /forgot`
pub async fn form(State(portal): State<Arc<Portal>>, headers: HeaderMap) -> Response {
    page(Answer::to(&portal, &headers), StatusCode::OK, None)
}

/// `POST /forgot`
pub async fn submit(
    State(portal): State<Arc<Portal>>,
    Extension(Client(client)): Extension<Client>,
    headers: HeaderMap,
    typed: Result<Body<Submitted>, FormRejection>,
) -> Response {
    let answer = Answer::to(&portal, &headers);
    if is_from_elsewhere(&portal, &headers) {
        return answer.plain(StatusCode::FORBIDDEN, "refused_ask", "cross_site");
    }
    let Ok(Body(typed)) = typed else {
        return answer.plain(StatusCode::BAD_REQUEST, "refused_ask", "unreadable_form");
    };
    if let Err(too_many) = portal.limits.count(Counted::Forgot, client, portal.app.now()) {
        return answer.too_many(too_many);
    }
    // What is no address at all is a typing mistake; that says nothing of who is known.
    let email = match Email::parse(&typed.email) {
        Ok(email) => email,
        Err(error) if answer.json => {
            let error = json!({ "code": "invalid_email", "message": error.to_string(), "hint": null });
            return answer::json(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "error": error }));
        }
        Err(_) => return page(answer, StatusCode::UNPROCESSABLE_ENTITY, Some("weak_email")),
    };
    match forgot::run(&portal.app, &email, &Network::of(client).bytes()).await {
        Ok(true) => {}
        // What isn't taken is not promised.
        Ok(false) => return answer.busy(),
        Err(error) => return answer.broken(&error),
    }
    if answer.json {
        return answer::json(StatusCode::OK, &json!({ "state": "asked", "email": email.as_str() }));
    }
    let values = context! { email => shorten(email.as_str(), 100).into_owned() };
    let done = Page {
        heading: answer.say("forgot_done", &values),
        paragraphs: vec![answer.say("forgot_done_text", &values)],
        onward: answer.onward(),
        ..Page::default()
    };
    answer.page(StatusCode::OK, &done)
}

fn page(answer: Answer<'_>, status: StatusCode, wrong: Option<&str>) -> Response {
    let say = |key: &str| answer.say(key, &context! {});
    let email = Field { name: "email", kind: "email", autocomplete: "username", label: say("email"), hint: None };
    let page = Page {
        organisation: Some(answer.portal.app.organisation().to_owned()),
        heading: say("forgot"),
        paragraphs: vec![say("forgot_text")],
        form: Some(Form {
            fields: vec![email],
            button: say("forgot_button"),
            error: wrong.map(say),
            ..Form::default()
        }),
        ..Page::default()
    };
    answer.page(status, &page)
}
