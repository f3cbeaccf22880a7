//! Lists and everything about one user, in sentences.

use jiff::tz::TimeZone;

use super::ask::{refuse, who};
use super::console::Console;
use super::listed::LastList;
use crate::app::App;
use crate::app::users::list::{self, Page, Request};
use crate::app::users::show;
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::mail::MailState;
use crate::domain::query::{Anchor, UserQuery, View};
use crate::domain::user::UserRow;

const ROWS: u16 = 10;
/// How many invitations, emails and entries of the history are shown.
const MOST: usize = 5;

/// How many users there are of each kind.
pub async fn counts(console: &mut dyn Console, app: &App, actor: &Actor) {
    match list::counts(app, actor).await {
        Ok(counts) => console.say(&format!(
            "{} active, {} invited ({} expired), {} suspended.",
            counts.active, counts.invited, counts.expired, counts.suspended
        )),
        Err(error) => refuse(console, &error),
    }
}

/// Lists users: a view, a text, or both.
pub async fn list(console: &mut dyn Console, app: &App, actor: &Actor, asked: &str) -> LastList {
    let (first, rest) = asked.split_once(' ').unwrap_or((asked, ""));
    let (view, search) = match View::parse(&first.to_lowercase()) {
        Some(view) => (view, rest),
        None => (View::All, asked),
    };
    let query = UserQuery { view, search: search.trim().to_owned(), ..UserQuery::default() };
    match list::hits(app, actor, &query).await {
        Ok(hits) => {
            let over = if hits.more { "over " } else { "" };
            let people = if hits.count == 1 { "user" } else { "users" };
            console.say(&format!("{over}{} {people}.", hits.count));
            if hits.count == 0 && view == View::All && !search.is_empty() {
                let views = View::ALL.map(View::name).join(", ");
                console.say(&format!("This searched for {search} in names and addresses. The views are: {views}."));
            }
        }
        Err(error) => refuse(console, &error),
    }
    let mut listed = LastList { query, ..LastList::default() };
    page(console, app, actor, &mut listed, Anchor::Start).await;
    listed
}

pub async fn more(console: &mut dyn Console, app: &App, actor: &Actor, listed: &mut LastList) {
    match listed.next.take() {
        Some(next) => page(console, app, actor, listed, Anchor::After(next)).await,
        None => console.say("There are no more users."),
    }
}

async fn page(console: &mut dyn Console, app: &App, actor: &Actor, listed: &mut LastList, anchor: Anchor) {
    let request = Request { query: listed.query.clone(), anchor, limit: ROWS };
    match list::run(app, actor, request).await {
        Ok(Page { rows, next, .. }) => {
            for row in &rows {
                listed.users.push(row.id);
                console.say(&format!("{}. {}", listed.users.len(), sentence(app, row)));
            }
            if next.is_some() {
                console.say("Type more for the next users.");
            }
            listed.next = next;
        }
        Err(error) => refuse(console, &error),
    }
}

fn sentence(app: &App, row: &UserRow) -> String {
    let link = row.link(app.now()).words(app.now());
    let link = if link.is_empty() { link } else { format!(", link {link}") };
    format!("{}, {}, {}{link}", row.name, row.email, row.status)
}

pub async fn show(console: &mut dyn Console, app: &App, actor: &Actor, list: &LastList, named: &str) {
    let Some(user) = who(console, app, actor, list, named).await else { return };
    let detail = match show::run(app, actor, user.id).await {
        Ok(detail) => detail,
        Err(error) => return refuse(console, &error),
    };
    let (user, now, zone) = (&detail.user, app.now(), TimeZone::system());
    console.say(&format!("{}, {}, {}, number #{}.", user.name, user.email, user.status, user.id.0));
    let link = user.link(now).words(now);
    if !link.is_empty() {
        console.say(&format!("Link: {link}."));
    }
    let workspaces: Vec<_> = user.memberships.iter().map(|m| format!("{} ({})", m.name, m.role.words())).collect();
    let workspaces = if workspaces.is_empty() { "none".to_owned() } else { workspaces.join(", ") };
    console.say(&format!(
        "Role: {}. Workspaces: {workspaces}. Language: {}.",
        user.role().words(),
        user.language.name()
    ));
    if let Some(change) = &user.email_change {
        console.say(&format!("New email address, not confirmed yet: {}.", change.to));
    }
    for invitation in detail.invitations.iter().take(MOST) {
        console.say(&format!(
            "Invitation: {}, link until {}.",
            invitation.state(now),
            invitation.expires_at.local(&zone)
        ));
    }
    for mail in detail.mails.iter().take(MOST) {
        let answer = match &mail.last {
            Some(said) if mail.state != MailState::Sent => format!(": {}", said.text),
            _ => String::new(),
        };
        console.say(&format!("Email {}: {}, {}{answer}.", mail.id.0, mail.kind.name(), mail.state.words()));
        if let Some(note) = mail.note() {
            console.say(note);
        }
    }
    for entry in detail.history.iter().take(MOST) {
        let what = Action::parse(&entry.action).map_or(entry.action.as_str(), |action| action.past());
        console.say(&format!("{}: {what}, by {}.", entry.at.local(&zone), entry.actor));
    }
}
