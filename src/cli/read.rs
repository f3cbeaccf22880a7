//! Commands that read: `list`, `show`, `link`.

use std::collections::HashMap;
use std::fmt::Write as _;

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

use super::args;
use super::json;
use super::out::{Failed, Out, Status, Usage};
use super::table::table;
use crate::app::links::{reset_password, show_link};
use crate::app::users::list::{self, Request};
use crate::app::users::show::Detail;
use crate::app::users::{find, show};
use crate::app::workspaces::list_workspaces;
use crate::app::{App, Failure, UserRequest};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::name::Name;
use crate::domain::query::{Anchor, Order, RoleFilter, SortKey, UserQuery, View};
use crate::domain::role::{OrganisationRole, Role, WorkspaceRole, parse_workspace};
use crate::domain::text::{fold, visible};
use crate::domain::time::Timestamp;
use crate::domain::user::{UserId, UserRow};

/// `rsvp list`
pub async fn list(app: &App, actor: &Actor, args: args::List, out: Out) -> Result<Status, Failed> {
    let view = view(&args.view)?;
    let key = SortKey::parse(&args.sort).ok_or_else(|| {
        Usage::new(format!("there is no order {}", args.sort), names(&SortKey::ALL.map(SortKey::name)))
    })?;
    let search = searched(args.search.as_deref())?;
    let (role, workspace_of_role) = role(args.role.as_deref())?;
    let workspace = match (args.workspace, workspace_of_role) {
        (Some(_), Some(_)) => {
            return Err(Usage::new("--role names a workspace already", "leave out --workspace").into());
        }
        (given, of_role) => workspace(app, actor, given.or(of_role)).await?,
    };
    let query = UserQuery { view, search, workspace, role, order: Order::natural(key) };
    let anchor = match args.after.as_deref() {
        None => Anchor::Start,
        Some(text) => Anchor::After(json::parse_cursor(text).ok_or_else(|| {
            Usage::new("this isn't a place in a list", "use the `next` of the previous page as it is")
        })?),
    };
    let page = list::run(app, actor, Request { query, anchor, limit: args.limit }).await?;
    let next = page.next.as_ref().map(json::cursor);
    let now = app.now();
    let (mut items, mut roles) = (Vec::new(), HashMap::new());
    let ids: Vec<_> = page.rows.iter().map(|row| row.id).collect();
    if out.json {
        items.extend(show::show_all(app, actor, &ids).await?.iter().map(|detail| json::user(detail, now)));
    } else {
        roles = list::roles(app, actor, &ids).await?;
    }
    out.data(&json!({ "items": items, "next": next }), || listed(&page.rows, &roles, now, columns()));
    if page.after {
        out.message(&format!("there are more: --limit {} --after '{}'", args.limit, next.unwrap_or_default()));
    }
    Ok(Status::Done)
}

/// The rows as people read them. The role has a column where this is not wider than so many.
fn listed(rows: &[UserRow], roles: &HashMap<UserId, Role>, now: Timestamp, columns: Option<usize>) -> String {
    let with_role = |row: &UserRow| {
        vec![
            row.name.as_str().to_owned(),
            row.email.as_str().to_owned(),
            roles.get(&row.id).map_or(String::new(), |role| role.name().to_owned()),
            row.status.name().to_owned(),
            row.link(now).words(now),
        ]
    };
    let mut rows: Vec<_> = rows.iter().map(with_role).collect();
    let text = table(&["Name", "Email", "Role", "Status", "Link"], &rows);
    if columns.is_none_or(|columns| text.lines().all(|line| line.width() <= columns)) {
        return text;
    }
    for row in &mut rows {
        row.remove(2);
    }
    table(&["Name", "Email", "Status", "Link"], &rows)
}

/// How wide the terminal is that a list is written to; what goes elsewhere has no width.
fn columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    (size.ws_col > 0).then(|| usize::from(size.ws_col))
}

/// The role that a filter names, and the workspace that it is in.
fn role(text: Option<&str>) -> Result<(Option<RoleFilter>, Option<String>), Usage> {
    let Some(text) = text else { return Ok((None, None)) };
    if let Ok(role) = OrganisationRole::parse(text) {
        return Ok((Some(RoleFilter::Organisation(role)), None));
    }
    match parse_workspace(text) {
        Ok((name, Some(role))) => Ok((Some(RoleFilter::InWorkspace(role)), Some(name.as_str().to_owned()))),
        Ok((_, None)) | Err(_) => Err(Usage::new(
            format!("there is no role {}", visible(text)),
            "use administrator, helpdesk, auditor or none; in a workspace W use W:member, W:helpdesk or W:admin",
        )),
    }
}

/// The view with this name.
pub fn view(name: &str) -> Result<View, Usage> {
    View::parse(name).ok_or_else(|| Usage::new(format!("there is no view {name}"), names(&View::ALL.map(View::name))))
}

/// What is searched for: an empty filter, or one that nothing is left of when it is compared, finds nobody, and was never
/// meant for everybody.
pub fn searched(text: Option<&str>) -> Result<String, Usage> {
    let Some(text) = text else { return Ok(String::new()) };
    if fold(text).is_empty() {
        return Err(Usage::new(
            "--search has nothing to search for",
            "leave it out, or give a part of a name or address",
        ));
    }
    Ok(text.to_owned())
}

/// The workspace that a filter names: one that is not there is an error, and not an empty list.
pub async fn workspace(app: &App, actor: &Actor, name: Option<String>) -> Result<Option<String>, Failed> {
    let Some(name) = name else { return Ok(None) };
    if name.trim().is_empty() {
        return Err(Usage::new("--workspace names no workspace", "leave it out, or give its name").into());
    }
    let wanted = [(Name::stored(name.clone()), WorkspaceRole::Member)];
    match list_workspaces::missing(app, actor, &wanted).await? {
        Some(missing) => Err(Failure::NoWorkspace(missing).into()),
        None => Ok(Some(name)),
    }
}

fn names(all: &[&str]) -> String {
    format!("use one of {}", all.join(", "))
}

/// How many invitations, emails and history entries `rsvp show` writes without `--all`.
const SHORT: usize = 3;

/// `rsvp show`
pub async fn show(app: &App, actor: &Actor, user: &str, all: bool, out: Out) -> Result<Status, Failed> {
    let user = find::run(app, actor, user).await?;
    let now = app.now();
    let (detail, data) = if all {
        let everything = show::show_everything(app, actor, user.id).await?;
        let data = json::everything(&everything, now);
        (everything.detail, data)
    } else {
        let detail = show::run(app, actor, user.id).await?;
        let data = json::user(&detail, now);
        (detail, data)
    };
    let most = if all { usize::MAX } else { SHORT };
    out.data(&data, || person(&detail, &data, now, most));
    Ok(Status::Done)
}

/// Everything about a user as people read it, at most so many of each kind.
fn person(detail: &Detail, data: &Value, now: Timestamp, most: usize) -> String {
    let zone = TimeZone::system();
    let user = &detail.user;
    let mut text = format!("{} <{}>\n", user.name, user.email);
    let mut line = |name: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {name:<12}{value}");
    };
    line("number", &format!("#{}", user.id.0));
    line("status", user.status.name());
    line("role", user.role().words());
    let workspaces: Vec<_> = user.memberships.iter().map(|m| m.name.to_string()).collect();
    line("workspaces", &if workspaces.is_empty() { "none".to_owned() } else { workspaces.join(", ") });
    line("language", user.language.name());
    if !user.ssh {
        line("ssh", "no key can stand for them");
    }
    line("created", &user.created_at.local(&zone));
    for invitation in detail.invitations.iter().take(most) {
        let until = invitation.expires_at.local(&zone);
        line("invitation", &format!("{}, link until {until}", invitation.state(now)));
    }
    for (what, one) in [("reset", "resets"), ("address", "email_changes")] {
        for one in data[one].as_array().into_iter().flatten() {
            let text = |key: &str| one[key].as_str().unwrap_or_default();
            let to = if what == "address" { format!(" to {}", text("to")) } else { String::new() };
            line(what, &format!("{}{to}, asked for {}", text("state"), text("issued_at")));
        }
    }
    for mail in detail.mails.iter().take(most) {
        let answer = mail.last.as_ref().map_or(String::new(), |last| format!(": {}", last.text));
        line("mail", &format!("#{} {} {}{answer}", mail.id.0, mail.kind.name(), mail.state.public_name()));
    }
    for entry in detail.history.iter().take(most) {
        let words = Action::parse(&entry.action).map_or(entry.action.as_str(), |action| action.past());
        line("history", &format!("{} {words} by {}", entry.at.local(&zone), entry.actor));
    }
    let all =
        [("invitation", detail.invitations.len()), ("mail", detail.mails.len()), ("history", detail.history.len())];
    for (name, all) in all.into_iter().filter(|(_, all)| *all > most) {
        line(name, &format!("{} more; --all shows everything", all - most));
    }
    for entry in data["did"].as_array().into_iter().flatten() {
        let text = |key: &str| entry[key].as_str().unwrap_or_default();
        let whom = entry["user"].as_i64().map_or(String::new(), |id| format!(" #{id}"));
        line("did", &format!("{} {}{whom}", text("at"), text("action")));
    }
    text
}

/// `rsvp reset-password --print-link`
pub async fn reset_link(app: &App, actor: &Actor, args: &args::Change, out: Out) -> Result<Status, Failed> {
    let [user] = args.targets.users.as_slice() else {
        return Err(Usage::new("this command shows the link of one user at a time", "give one user").into());
    };
    let user = find::run(app, actor, user).await?;
    let request = UserRequest { user: user.id, version: None };
    let shown = reset_password::show_reset(app, actor, request).await?;
    Ok(link_of(shown.user.email.as_str(), &shown.link, shown.expires_at, out))
}

/// Writes a link and what it is worth.
fn link_of(email: &str, link: &str, expires_at: Timestamp, out: Out) -> Status {
    out.data(&json!({ "email": email, "link": link, "expires_at": expires_at.rfc3339() }), || link.to_owned());
    out.message("Anyone who has this link can become this user. The audit log records that you saw it.");
    Status::Done
}

/// `rsvp link`
pub async fn link(app: &App, actor: &Actor, user: &str, out: Out) -> Result<Status, Failed> {
    let user = find::run(app, actor, user).await?;
    let shown = show_link::run(app, actor, show_link::Request { user: user.id }).await?;
    Ok(link_of(shown.user.email.as_str(), &shown.link, shown.expires_at, out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::status::Status;
    use crate::domain::test::user;

    #[test]
    fn the_role_has_a_column_where_there_is_room() {
        let rows = [UserRow::from(&user(1, Status::Active))];
        let roles = HashMap::from([(rows[0].id, Role::Helpdesk)]);
        let head = |columns| listed(&rows, &roles, Timestamp(0), columns).lines().next().unwrap().to_owned();
        assert!(head(None).contains("Role") && head(Some(120)).contains("Role"));
        assert!(!head(Some(30)).contains("Role"), "{}", head(Some(30)));
    }
}
