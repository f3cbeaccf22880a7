//! Whom a command is about: names from the arguments or from stdin, or everybody whom a query finds.

use std::collections::HashMap;
use std::io::BufRead as _;

use super::args::Targets;
use super::out::{Failed, Usage};
use super::read::{searched, view, workspace};
use crate::app::App;
use crate::app::users::find;
use crate::app::users::list::{self, Request};
use crate::domain::actor::Actor;
use crate::domain::email::Email;
use crate::domain::name::Name;
use crate::domain::query::{Anchor, UserQuery};
use crate::domain::user::UserId;

/// Who it is about.
pub struct Selection {
    /// Each by an address, or by # and a number; none twice.
    pub names: Vec<String>,
    /// Whether it was one name in the arguments: then the answer is one object, otherwise a list.
    pub single: bool,
    /// The version of each that was seen, where it was: by the query, or for the question. Whoever changed since is
    /// left alone.
    pub versions: HashMap<String, i64>,
    /// Whether a query found them.
    pub by_query: bool,
    /// Whom a number stands for, as people know them: name and address.
    shown: HashMap<String, (Name, Email)>,
}

impl Selection {
    /// Users by their names, none of whom was looked at yet.
    pub fn of(names: Vec<String>, single: bool) -> Self {
        Self { names, single, versions: HashMap::new(), by_query: false, shown: HashMap::new() }
    }

    /// The first of those whom a query found, with their addresses.
    pub fn first_shown(&self, most: usize) -> Vec<String> {
        let shown = self.names.iter().filter_map(|name| self.shown.get(name)).take(most);
        shown.map(|(name, email)| format!("{name} <{email}>")).collect()
    }

    /// The address of somebody who is known by number here, or what was typed.
    pub fn address<'a>(&'a self, name: &'a str) -> &'a str {
        self.shown.get(name).map_or(name, |(_, email)| email.as_str())
    }

    /// Everybody who is known by number here.
    pub fn numbers(&self) -> Vec<UserId> {
        self.names.iter().filter_map(|name| number(name)).collect()
    }

    /// The version of somebody that was seen.
    pub fn version(&self, name: &str) -> Option<i64> {
        self.versions.get(name).copied()
    }
}

/// The number in `#7`.
pub fn number(name: &str) -> Option<UserId> {
    name.strip_prefix('#')?.parse().ok().map(UserId)
}

/// Resolves what was typed. A query is resolved once, before anything is changed.
pub async fn resolve(app: &App, actor: &Actor, targets: &Targets) -> Result<Selection, Failed> {
    if targets.users.is_empty() {
        return found(app, actor, targets).await;
    }
    let single = targets.users.len() == 1 && targets.users[0] != "-";
    let mut names: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut add = |name: &str| {
        let name = name.trim();
        if !name.is_empty() && seen.insert(name.to_lowercase()) {
            names.push(name.to_owned());
        }
    };
    for user in &targets.users {
        if user != "-" {
            add(user);
            continue;
        }
        for line in std::io::stdin().lock().lines() {
            let wrong =
                |error| Usage::new(format!("stdin can't be read: {error}"), "give one address a line, as UTF-8");
            add(&line.map_err(wrong)?);
        }
    }
    let mut selection = Selection::of(names, single);
    for name in selection.names.iter().filter(|name| name.starts_with('#')) {
        // Whoever isn't there gets a verdict of their own later.
        if let Ok(user) = find::run(app, actor, name).await {
            selection.shown.insert(name.clone(), (user.name, user.email));
        }
    }
    Ok(selection)
}

async fn found(app: &App, actor: &Actor, targets: &Targets) -> Result<Selection, Failed> {
    let query = UserQuery {
        view: targets.view.as_deref().map(view).transpose()?.unwrap_or_default(),
        search: searched(targets.search.as_deref())?,
        workspace: workspace(app, actor, targets.workspace.clone()).await?,
        ..UserQuery::default()
    };
    let mut anchor = Anchor::Start;
    let mut found = Selection { by_query: true, ..Selection::of(Vec::new(), false) };
    loop {
        let page = list::run(app, actor, Request { query: query.clone(), anchor, limit: 1000 }).await?;
        for row in page.rows {
            let name = format!("#{}", row.id.0);
            found.versions.insert(name.clone(), row.version);
            found.shown.insert(name.clone(), (row.name, row.email));
            found.names.push(name);
        }
        match page.next {
            Some(next) => anchor = Anchor::After(next),
            None => return Ok(found),
        }
    }
}
