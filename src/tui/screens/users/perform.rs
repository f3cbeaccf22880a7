//! The list of users at work: calls the use cases that its effects ask for.

use std::time::Duration;

use super::msg::{Change, Msg, Read};
use crate::app::App;
use crate::app::links::show_link;
use crate::app::users::{bulk, edit, invite, list, perform, show};
use crate::app::workspaces::list_workspaces;
use crate::domain::actor::Actor;
use crate::domain::query::{Anchor, UserQuery};
use crate::domain::user::UserId;
use crate::tui::reads::Slot;
use crate::tui::refused::{Refused, Unsaved};
use crate::tui::widgets::cursor_list::Window;

/// Rows that are read at once: a screen and what a hand scrolls through before the next are there.
const WINDOW: u16 = 200;
/// How long the cursor rests before the detail follows it.
const REST: Duration = Duration::from_millis(60);

/// A page of the list.
pub const PAGE: Slot = Slot("users");
/// How many a query finds.
const HITS: Slot = Slot("hits");

impl Read {
    /// Which reads of the same kind it overtakes; somebody's detail is asked for by name, and always wanted.
    pub const fn slot(&self) -> Option<Slot> {
        match self {
            Self::Page(..) => Some(PAGE),
            Self::Hits(_) => Some(HITS),
            Self::Rest(_)
            | Self::Detail(_)
            | Self::Link(_)
            | Self::Names(_)
            | Self::Resolve(..)
            | Self::CameLater(..) => None,
        }
    }
}

/// Reads a page of a query.
pub async fn page(app: &App, actor: &Actor, query: UserQuery, window: Window) -> Msg {
    let anchor = match window {
        Window::Start => Anchor::Start,
        Window::End => Anchor::End,
        Window::Around(number) => Anchor::Around(UserId(number)),
    };
    let request = list::Request { query: query.clone(), anchor, limit: WINDOW };
    Msg::Page(query, window, list::run(app, actor, request).await.map_err(Refused::from))
}

/// Reads what an effect asks for.
pub async fn read(app: &App, actor: &Actor, read: Read) -> Msg {
    match read {
        Read::Page(query, window) => page(app, actor, query, window).await,
        Read::Hits(query) => {
            let hits = list::hits(app, actor, &query).await.map_err(Refused::from);
            Msg::Hits(query, hits)
        }
        Read::Rest(id) => {
            tokio::time::sleep(REST).await;
            Msg::Rested(id)
        }
        Read::Detail(id) => Msg::Detail(id, show::run(app, actor, id).await.map(Box::new).map_err(Refused::from)),
        Read::Link(user) => {
            let shown = show_link::run(app, actor, show_link::Request { user }).await;
            Msg::Link(shown.map(|shown| (shown.link, Box::new(shown.user))).map_err(Refused::from))
        }
        Read::Names(names_for) => {
            Msg::Names(names_for, list_workspaces::names(app, actor).await.map_err(Refused::from))
        }
        Read::Resolve(task, selection, shown) => {
            let resolved = bulk::resolve(app, actor, &task, &selection, &shown).await.map_err(Refused::from);
            Msg::Resolved(task, selection, resolved)
        }
        Read::CameLater(selection, people) => {
            Msg::CameLater(bulk::came_later(app, actor, &selection, &people).await.map_err(Refused::from))
        }
    }
}

/// Changes what an effect asks for.
pub async fn change(app: &App, actor: &Actor, change: Change) -> Msg {
    match change {
        Change::Act(action, user, version) => {
            let done = perform::run(app, actor, action, user, Some(version)).await;
            Msg::Acted(action, user, done.map(|done| Box::new(done.user)).map_err(Refused::from))
        }
        Change::Invite(number, request) => {
            let done = invite::run(app, actor, (*request).clone()).await;
            Msg::Invited(number, request, done.map(Box::new).map_err(Refused::from))
        }
        Change::Edit(number, request) => {
            let done = edit::run(app, actor, (*request).clone()).await;
            Msg::Edited(number, request, done.map(Box::new).map_err(unsaved))
        }
        Change::Chunk(task, people) => Msg::Chunk(bulk::chunk(app, actor, &task, &people).await.map_err(Refused::from)),
    }
}

fn unsaved(error: edit::Error) -> Unsaved {
    let theirs = if let edit::Error::Changed { now, .. } = &error { Some(now.clone()) } else { None };
    Unsaved { refused: error.into(), theirs }
}
