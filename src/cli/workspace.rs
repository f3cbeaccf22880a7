//! `rsvp workspace` and `rsvp member`: groups of users, and who belongs to them.

use serde_json::json;

use super::many::{self, Plan};
use super::out::{Failed, Out, Status, Usage};
use super::table::table;
use super::targets::resolve;
use super::verdict::verdicts;
use super::{args, ask, change};
use crate::app::links::renew;
use crate::app::users::{edit, find};
use crate::app::workspaces::create_workspace;
use crate::app::workspaces::delete_workspace::{self, consequences};
use crate::app::workspaces::list_workspaces::{self, missing};
use crate::app::workspaces::rename_workspace;
use crate::app::{App, Failure};
use crate::domain::actor::Actor;
use crate::domain::explain::{Explain, Kind};
use crate::domain::name::Name;
use crate::domain::role::{WorkspaceRole, parse_workspace};
use crate::domain::user::User;
use crate::domain::workspace::{Consequences, Workspace};

/// Somebody who would get another role does not belong to the workspace.
#[derive(Debug, thiserror::Error)]
#[error("{user} doesn't belong to {workspace}")]
struct NotMember {
    user: String,
    workspace: Name,
}

impl Explain for NotMember {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn code(&self) -> &'static str {
        "not_a_member"
    }

    fn hint(&self) -> Option<String> {
        Some("use `rsvp member add`".to_owned())
    }
}

/// `rsvp workspace`
pub async fn workspace(app: &App, actor: &Actor, command: args::Workspace, out: Out) -> Result<Status, Failed> {
    match command {
        args::Workspace::List => list(app, actor, out).await,
        args::Workspace::Create { name } => {
            let name = Name::parse(&name).map_err(Usage::plain)?;
            let id = create_workspace::run(app, actor, &name).await?;
            out.data(&json!({ "id": id.0, "name": name.as_str() }), || format!("{name}: created"));
            Ok(Status::Done)
        }
        args::Workspace::Rename { from, to } => {
            let (from, to) = (Name::parse(&from).map_err(Usage::plain)?, Name::parse(&to).map_err(Usage::plain)?);
            rename_workspace::run(app, actor, &from, &to).await?;
            out.data(&json!({ "name": to.as_str(), "before": from.as_str() }), || format!("{from}: renamed to {to}"));
            Ok(Status::Done)
        }
        args::Workspace::Delete { name, yes, dry_run } => {
            let name = Name::parse(&name).map_err(Usage::plain)?;
            delete(app, actor, &name, (yes, dry_run), out).await
        }
    }
}

async fn list(app: &App, actor: &Actor, out: Out) -> Result<Status, Failed> {
    let all = list_workspaces::run(app, actor).await?;
    let item = |one: &Workspace| {
        json!({
            "id": one.id.0,
            "name": one.name.as_str(),
            "users": one.users,
            "administrators": one.administrators,
            "created_at": one.created_at.rfc3339(),
        })
    };
    let items: Vec<_> = all.iter().map(item).collect();
    out.data(&json!({ "items": items, "next": null }), || {
        let row = |one: &Workspace| vec![one.name.to_string(), one.users.to_string(), one.administrators.to_string()];
        table(&["Name", "Users", "Administrators"], &all.iter().map(row).collect::<Vec<_>>())
    });
    if all.is_empty() {
        out.message("No workspaces yet. `rsvp workspace create NAME` creates one.");
    }
    Ok(Status::Done)
}

async fn delete(
    app: &App,
    actor: &Actor,
    name: &Name,
    (yes, dry_run): (bool, bool),
    out: Out,
) -> Result<Status, Failed> {
    let before = consequences(app, actor, name).await?;
    let data = |means: Consequences| {
        json!({
            "name": name.as_str(),
            "users": means.users,
            "administrators": means.administrators,
            "only_here": means.only_here,
            "links_replaced": means.views,
        })
    };
    if dry_run {
        out.data(&data(before), || format!("{name}: delete is possible; {before}; nothing was changed"));
        return Ok(Status::Done);
    }
    if !yes && !ask::sure(&[format!("{name}: {before}. Nobody is deleted.")], "Delete this workspace?")? {
        out.message("Nothing was deleted.");
        return Ok(Status::Refused);
    }
    let meant = delete_workspace::run(app, actor, name).await?;
    out.data(&data(meant), || format!("{name}: deleted; {meant}"));
    Ok(Status::Done)
}

/// `rsvp member`
pub async fn member(app: &App, actor: &Actor, command: args::Member, out: Out) -> Result<Status, Failed> {
    let (membership, change, what) = match command {
        args::Member::Add { membership, change } => (membership, change, Membership::Add),
        args::Member::Remove { membership, change } => (membership, change, Membership::Remove),
        args::Member::Role { membership, change } => (membership, change, Membership::Role),
    };
    let (name, wanted) = parse_workspace(&membership).map_err(Usage::plain)?;
    if what == Membership::Role && wanted.is_none() {
        return Err(Usage::new("no role was given", format!("write {membership}:member or {membership}:admin")).into());
    }
    let mut selection = resolve(app, actor, &change.targets).await?;
    if let Some(missing) = missing(app, actor, &[(name.clone(), WorkspaceRole::Member)]).await? {
        return Err(Failure::NoWorkspace(missing).into());
    }
    let question = match what {
        Membership::Add => {
            format!("Add {{}} to {name}? Links of those for whom that is more are replaced by new ones.")
        }
        Membership::Remove => format!("Remove {{}} from {name}?"),
        Membership::Role => {
            format!("Change the role of {{}} in {name}? Links of those for whom that is more are replaced by new ones.")
        }
    };
    let joined = name.clone();
    let plan = Plan::of_membership(
        question,
        Box::new(move |user| edit::takes_role(&wanted_of(what, &joined, wanted, user), user)),
    );
    if !many::may_begin(app, actor, &plan, &change, &mut selection, out).await? {
        return Ok(change::nothing(out));
    }
    verdicts(&selection, out, async |who| {
        let user = find::run(app, actor, who).await?;
        let now = user.memberships.iter().find(|m| m.name.key() == name.key()).map(|m| m.role);
        if what == Membership::Role && now.is_none() {
            return Err(NotMember { user: user.email.to_string(), workspace: name.clone() }.into());
        }
        let request = wanted_of(what, &name, wanted, &user);
        if change.dry_run {
            let takes_power = edit::takes_role(&request, &user);
            return change::would_end(app, actor, &user, &change::edit_of_memberships(), takes_power).await;
        }
        let role = request.joins.as_ref().map_or(WorkspaceRole::Member, |(_, role)| *role);
        let edited = edit::run(app, actor, request).await?;
        let changed = !edited.changed.is_empty();
        let (renewed, ended) = (edited.renewed.clause(), renew::ended_clause(edited.replaced));
        let text = format!("{}{renewed}{ended}", message(what, &edited.user, &name, role, changed));
        Ok((change::with_replaced(change::described(app, actor, user.id).await, edited.replaced), text))
    })
    .await
}

/// The edit that does it to a user. Whoever belongs to the workspace already keeps their role unless another one is named.
fn wanted_of(what: Membership, name: &Name, role: Option<WorkspaceRole>, user: &User) -> edit::Request {
    let now = || user.memberships.iter().find(|m| m.name.key() == name.key()).map(|m| m.role);
    let request = edit::Request::of(user.id);
    match what {
        Membership::Remove => edit::Request { leaves: Some(name.clone()), ..request },
        Membership::Add | Membership::Role => {
            let role = role.or_else(now).unwrap_or(WorkspaceRole::Member);
            edit::Request { joins: Some((name.clone(), role)), ..request }
        }
    }
}

/// What is done to a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Membership {
    Add,
    Remove,
    Role,
}

fn message(what: Membership, user: &User, workspace: &Name, role: WorkspaceRole, changed: bool) -> String {
    let email = &user.email;
    match (what, changed) {
        (Membership::Remove, true) => format!("{email}: no longer belongs to {workspace}"),
        (Membership::Remove, false) => format!("{email}: didn't belong to {workspace}"),
        (Membership::Add | Membership::Role, true) => format!("{email}: now {} of {workspace}", role.words()),
        (Membership::Add | Membership::Role, false) => format!("{email}: already {} of {workspace}", role.words()),
    }
}
