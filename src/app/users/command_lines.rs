//! The command lines that ask for the same as a request: what a screen shows beside what was done.

use crate::app::users::{edit, invite};
use crate::domain::command_line::command_line;
use crate::domain::email::Email;
use crate::domain::name::Name;
use crate::domain::role::{OrganisationRole, WorkspaceRole, memberships_text};
use crate::domain::time::compact;

/// The command line of an invitation; everything but the hold, which no command has.
#[must_use]
pub fn of_invite(request: &invite::Request) -> String {
    let mut arguments = vec![("--name", Some(request.name.as_str().to_owned()))];
    if request.role != OrganisationRole::None {
        arguments.push(("--role", Some(request.role.name().to_owned())));
    }
    arguments.extend(workspaces(&request.workspaces));
    arguments.push(("--language", Some(request.language.tag().to_owned())));
    arguments.extend(request.valid_for.map(|length| ("--valid-for", Some(compact(length)))));
    let message = request.message.trim();
    if !message.is_empty() {
        arguments.push(("--message", Some(message.to_owned())));
    }
    command_line(&["invite"], &arguments, &[request.email.as_str()])
}

/// The command line of an edit of the user who has this address.
#[must_use]
pub fn of_edit(request: &edit::Request, address: &Email) -> String {
    let mut arguments = Vec::new();
    arguments.extend(request.name.as_ref().map(|name| ("--name", Some(name.as_str().to_owned()))));
    arguments.extend(request.email.as_ref().map(|email| ("--email", Some(email.as_str().to_owned()))));
    arguments.extend(request.language.map(|language| ("--language", Some(language.tag().to_owned()))));
    arguments.extend(request.role.map(|role| ("--role", Some(role.name().to_owned()))));
    match &request.workspaces {
        Some(all) if all.is_empty() => arguments.push(("--no-workspaces", None)),
        Some(all) => arguments.extend(workspaces(all)),
        None => {}
    }
    let answer = |open| if open { "yes" } else { "no" };
    arguments.extend(request.ssh.map(|open| ("--ssh", Some(answer(open).to_owned()))));
    command_line(&["edit"], &arguments, &[address.as_str()])
}

fn workspaces(all: &[(Name, WorkspaceRole)]) -> impl Iterator<Item = (&'static str, Option<String>)> {
    all.iter().map(|(name, role)| ("--workspace", Some(memberships_text(std::iter::once((name.as_str(), *role))))))
}
