//! Links out of emails: an invitation's, a password reset's, and the two of a change of address. Every code whose proof
//! is wrong gets one and the same answer; whoever has a right one received the email and is shown what happened.

use std::sync::Arc;

use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Extension, Form as Body, Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};
use minijinja::{Value, context};
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::answer::{self, Answer, is_from_elsewhere, status};
use super::client::Client;
use super::pages::{Field, Form, Page};
use super::portal::Portal;
use crate::app::links::ask_link;
use crate::app::links::look::{self, Looked};
use crate::app::links::redeem::{Error, Redeemed, Request};
use crate::app::links::{accept, confirm_email, keep_email, reset};
use crate::domain::code::{Code, InvalidCode, MAC_BYTES};
use crate::domain::explain::Explain as _;
use crate::domain::link::{LinkState, Purpose};
use crate::domain::password::WeakPassword;
use crate::domain::text::{visible, visible_lines};
use crate::words::catalogue::{Catalogue, CatalogueError};
use crate::words::roles;

#[derive(Deserialize)]
pub struct Submitted {
    #[serde(default)]
    password: String,
    #[serde(default)]
    password_again: String,
}

/// What is known of who asks.
type From = (State<Arc<Portal>>, Extension<Client>, Coded, HeaderMap);
/// The code in the path, or why the path cannot be read.
type Coded = Result<Path<String>, PathRejection>;
/// The form, or why it cannot be read.
type Typed = Result<Body<Submitted>, FormRejection>;

/// The pages of a purpose's links: `GET` shows what a link does, `POST` does what it is for.
pub fn routes(purpose: Purpose) -> MethodRouter<Arc<Portal>> {
    let look =
        async move |(state, client, code, headers): From| look_at(purpose, &state, client.0, code, &headers).await;
    let with_password = async move |(state, client, code, headers): From, typed: Typed| {
        submit(purpose, &state, client.0, code, &headers, typed).await
    };
    let with_button = async move |(state, client, code, headers): From| {
        submit(purpose, &state, client.0, code, &headers, Ok(Body(nothing_typed()))).await
    };
    if purpose.chooses_password() { get(look).post(with_password) } else { get(look).post(with_button) }
}

/// By which words the pages of a purpose's links find theirs in the catalogue.
struct Keys {
    /// Of the page with the form: its heading, its paragraphs, its button.
    form: (&'static str, &'static [&'static str], &'static str),
    /// What follows `expired_`, `withdrawn_` and `used_`.
    dead: &'static str,
    /// Of the page after it is done: its heading, and its text with `_text` behind.
    done: &'static str,
    /// What JSON says after it is done.
    state: &'static str,
}

const fn keys(purpose: Purpose) -> Keys {
    match purpose {
        Purpose::Invitation => Keys {
            form: ("invited", &["invites", "until"], "button"),
            dead: "invitation",
            done: "accepted",
            state: "accepted",
        },
        Purpose::Reset => Keys {
            form: ("resets", &["resets_text", "resets_until"], "reset_button"),
            dead: "reset",
            done: "was_reset",
            state: "reset",
        },
        Purpose::ConfirmEmail => Keys {
            form: ("confirms", &["confirms_text", "confirms_until"], "confirm_button"),
            dead: "confirm",
            done: "confirmed",
            state: "confirmed",
        },
        Purpose::KeepEmail => Keys {
            form: ("keeps", &["keeps_text", "keeps_choice"], "keep_button"),
            dead: "keep",
            done: "kept",
            state: "kept",
        },
    }
}

/// The number of no link: a database counts from 1.
const NO_LINK: i64 = 0;

/// A form that is nothing but a button.
const fn nothing_typed() -> Submitted {
    Submitted { password: String::new(), password_again: String::new() }
}

/// `GET /i/{code}/ask`, as when the page after it is loaded again: leads to the link's page, which has the button.
pub async fn before_asking(State(portal): State<Arc<Portal>>, uri: Uri) -> Response {
    let page = portal.at(uri.path().trim_end_matches("/ask"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, page)]).into_response()
}

/// `POST /i/{code}/ask`: the owner of an expired link asks for a new one.
pub async fn ask((state, Extension(client), code, headers): From) -> Response {
    let answer = Answer::to(&state, &headers);
    if is_from_elsewhere(&state, &headers) {
        return answer.plain(StatusCode::FORBIDDEN, "refused", "cross_site");
    }
    let code = read(code);
    match look::run(&state.app, Purpose::Invitation, &code).await {
        Ok(Some(_)) => {}
        Ok(None) => return answer.unknown(client.0),
        Err(error) => return answer.broken(&error),
    }
    if let Err(too_many) = state.limits.try_link(Purpose::Invitation, code.id, state.app.now()) {
        return answer.too_many(too_many);
    }
    if let Err(error) = ask_link::run(&state.app, &code).await {
        return answer.broken(&error);
    }
    // What it shows now is what became of it.
    show(answer, Purpose::Invitation, client, &code).await
}

/// Shows what a link does. Changes nothing.
async fn look_at(purpose: Purpose, portal: &Portal, client: Client, code: Coded, headers: &HeaderMap) -> Response {
    let answer = Answer::to(portal, headers);
    let code = read(code);
    show(answer, purpose, client, &code).await
}

/// Reads the code in a path. What is none is looked up like any other, as one that proves nothing: it counts against the client
/// in the same way, gets the same page, and in the same time.
fn read(code: Coded) -> Code {
    let code = code.map_err(|_| InvalidCode::Mistyped).and_then(|Path(text)| Code::parse(&text));
    code.unwrap_or(Code { id: NO_LINK, mac: [0; MAC_BYTES] })
}

async fn show(answer: Answer<'_>, purpose: Purpose, Client(client): Client, code: &Code) -> Response {
    match look::run(&answer.portal.app, purpose, code).await {
        Ok(Some(looked)) if answer.json => answer::json(StatusCode::OK, &to_json(purpose, &looked)),
        Ok(Some(looked)) if looked.state == LinkState::Pending => form(answer, purpose, &looked, None),
        Ok(Some(looked)) => dead(answer, purpose, &looked, Some(code)),
        Ok(None) => answer.unknown(client),
        Err(error) => answer.broken(&error),
    }
}

async fn submit(
    purpose: Purpose,
    portal: &Portal,
    Client(client): Client,
    code: Coded,
    headers: &HeaderMap,
    typed: Typed,
) -> Response {
    let answer = Answer::to(portal, headers);
    let Ok(Body(typed)) = typed else {
        return answer.plain(StatusCode::BAD_REQUEST, "refused", "unreadable_form");
    };
    let (password, password_again) = (Zeroizing::new(typed.password), Zeroizing::new(typed.password_again));
    if is_from_elsewhere(portal, headers) {
        return answer.plain(StatusCode::FORBIDDEN, "refused", "cross_site");
    }
    let code = read(code);
    let looked = match look::run(&portal.app, purpose, &code).await {
        Ok(Some(looked)) => looked,
        Ok(None) => return answer.unknown(client),
        Err(error) => return answer.broken(&error),
    };
    let answer = answer.in_language(looked.language);
    let now = portal.app.now();
    if let Err(too_many) = portal.limits.try_link(purpose, code.id, now) {
        return answer.too_many(too_many);
    }
    let request = Request { code: code.clone(), password, password_again };
    let done = match purpose {
        Purpose::Invitation => accept::run(&portal.app, request).await,
        Purpose::Reset => reset::run(&portal.app, request).await,
        Purpose::ConfirmEmail => confirm_email::run(&portal.app, &code).await,
        Purpose::KeepEmail => keep_email::run(&portal.app, &code).await,
    };
    match done {
        Ok(redeemed) => welcome(answer, purpose, &redeemed),
        Err(Error::Failure(failure)) => answer.broken(&failure),
        Err(Error::Busy) => {
            portal.limits.was_no_try(purpose, code.id, now);
            answer.busy()
        }
        Err(Error::Unknown) => answer.unknown(client),
        Err(error) if answer.json => Answer::error_json(&error),
        Err(error @ Error::EmailTaken) => answer.plain(status(&error), "email_taken", error.code()),
        Err(Error::Dead(state)) => dead(answer, purpose, &Looked { state, ..looked }, Some(&code)),
        Err(Error::Weak(weak)) => form(answer, purpose, &looked, Some(&weak)),
    }
}

fn form(answer: Answer<'_>, purpose: Purpose, looked: &Looked, weak: Option<&WeakPassword>) -> Response {
    let answer = answer.in_language(looked.language);
    let values = values(answer, looked);
    let say = |key: &str| answer.say(key, &values);
    let need = answer.portal.app.options().password.min_chars;
    let password = |name, label: &str, hint| Field {
        name,
        kind: "password",
        autocomplete: "new-password",
        label: say(label),
        hint,
    };
    let hint = answer.say("password_hint", &context! { need });
    let message = looked.message.as_deref().map(|text| visible_lines(text).into_owned());
    let (heading, paragraphs, button) = keys(purpose).form;
    let mut paragraphs: Vec<String> = paragraphs.iter().map(|key| say(key)).collect();
    if purpose == Purpose::Invitation {
        match roles(answer, looked) {
            Ok(roles) => drop(paragraphs.splice(1..1, roles)),
            Err(error) => return answer.broken(&error),
        }
    }
    let chooses = purpose.chooses_password();
    let page = Page {
        organisation: Some(looked.organisation.clone()),
        heading: say(heading),
        paragraphs,
        message_label: message.is_some().then(|| say("message")),
        message,
        form: Some(Form {
            username: chooses.then(|| visible(&looked.email).into_owned()),
            fields: if chooses {
                vec![password("password", "password", Some(hint)), password("password_again", "again", None)]
            } else {
                Vec::new()
            },
            button: say(button),
            error: weak.map(|weak| reason(answer, weak)),
            ..Form::default()
        }),
        ..Page::default()
    };
    answer.page(if weak.is_some() { status(&Error::Weak(WeakPassword::Common)) } else { StatusCode::OK }, &page)
}

/// What the person will be, as the email says it.
fn roles(answer: Answer<'_>, looked: &Looked) -> Result<Vec<String>, CatalogueError> {
    let catalogue = Catalogue::of(answer.language);
    roles::sentences(catalogue, &looked.organisation, looked.organisation_role, &looked.workspaces)
}

/// The page of a link that does not work any more: what happened, and the way on.
fn dead(answer: Answer<'_>, purpose: Purpose, looked: &Looked, code: Option<&Code>) -> Response {
    let answer = answer.in_language(looked.language);
    let values = values(answer, looked);
    let say = |key: &str| answer.say(key, &values);
    let keys = keys(purpose);
    let key = match looked.state {
        LinkState::Superseded => "superseded".to_owned(),
        LinkState::Expired => format!("expired_{}", keys.dead),
        LinkState::Revoked => format!("withdrawn_{}", keys.dead),
        LinkState::Accepted | LinkState::Pending => format!("used_{}", keys.dead),
    };
    let asks = purpose == Purpose::Invitation && looked.state == LinkState::Expired;
    let form = code.filter(|_| asks && !looked.asked).map(|code| Form {
        action: Some(answer.portal.at(&format!("/i/{}/ask", code.format()))),
        button: say("ask_button"),
        ..Form::default()
    });
    let mut paragraphs = vec![say(&key)];
    if asks && looked.asked {
        paragraphs.push(say("asked"));
    }
    let used = looked.state == LinkState::Accepted;
    let page = Page {
        organisation: Some(looked.organisation.clone()),
        heading: say("dead"),
        paragraphs,
        form,
        onward: answer.onward().filter(|_| used),
        aside: (purpose == Purpose::Reset || (used && purpose == Purpose::Invitation)).then(|| answer.forgot()),
        ..Page::default()
    };
    answer.page(StatusCode::GONE, &page)
}

fn welcome(answer: Answer<'_>, purpose: Purpose, redeemed: &Redeemed) -> Response {
    let Redeemed { name, email, organisation, .. } = redeemed;
    let Keys { state, done, .. } = keys(purpose);
    if answer.json {
        let continue_url = &answer.portal.options.continue_url;
        let body = json!({
            "state": state, "organisation": organisation, "name": name, "email": email, "continue_url": continue_url,
        });
        return answer::json(StatusCode::OK, &body);
    }
    let values = context! { name => visible(name).into_owned(), email => visible(email).into_owned() };
    let page = Page {
        organisation: Some(organisation.clone()),
        heading: answer.say(done, &values),
        paragraphs: vec![answer.say(&format!("{done}_text"), &values)],
        onward: answer.onward(),
        ..Page::default()
    };
    answer.page(StatusCode::OK, &page)
}

/// What the words are filled with.
fn values(answer: Answer<'_>, looked: &Looked) -> Value {
    context! {
        inviter => looked.sender.as_deref().map(|name| visible(name).into_owned()),
        name => visible(&looked.name).into_owned(),
        email => visible(&looked.email).into_owned(),
        new_email => looked.new_email.as_deref().map(|email| visible(email).into_owned()),
        organisation => visible(&looked.organisation).into_owned(),
        expires => answer.portal.pages.moment(answer.language, looked.expires_at),
    }
}

fn reason(answer: Answer<'_>, weak: &WeakPassword) -> String {
    let (key, values) = match weak {
        WeakPassword::TooShort { have, need } => ("weak_short", context! { have => *have, need => *need }),
        WeakPassword::TooLong => ("weak_long", context! {}),
        WeakPassword::Personal(word) => ("weak_personal", context! { word => visible(word).into_owned() }),
        WeakPassword::Common => ("weak_common", context! {}),
        WeakPassword::Differ => ("weak_differ", context! {}),
    };
    answer.say(key, &values)
}

fn to_json(purpose: Purpose, looked: &Looked) -> serde_json::Value {
    let state = match looked.state {
        LinkState::Pending => "works",
        LinkState::Expired => "expired",
        LinkState::Superseded => "superseded",
        LinkState::Revoked => "withdrawn",
        LinkState::Accepted => "used",
    };
    let mut body = json!({
        "state": state,
        "organisation": looked.organisation,
        "name": looked.name,
        "email": looked.email,
        "expires_at": looked.expires_at.rfc3339(),
    });
    if purpose == Purpose::Invitation {
        body["inviter"] = json!(looked.sender);
        body["role"] = json!(looked.role.name());
        body["organisation_role"] = json!(looked.organisation_role.name());
        body["workspaces"] =
            looked.workspaces.iter().map(|(name, role)| json!({ "name": name, "role": role.name() })).collect();
        body["asked"] = json!(looked.asked);
    }
    if let Some(email) = &looked.new_email {
        body["new_email"] = json!(email);
    }
    body
}
