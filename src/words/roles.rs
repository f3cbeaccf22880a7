//! What an invitation says that somebody will be: in its email, on its page and at `rsvp accept`.

use minijinja::context;

use super::catalogue::{Catalogue, CatalogueError};
use crate::domain::role::{OrganisationRole, WorkspaceRole};
use crate::domain::text::visible;

/// One sentence for a role in the organisation, then one for each role in workspaces, the highest first. Nothing for
/// somebody without either.
pub fn sentences(
    catalogue: &Catalogue,
    organisation: &str,
    role: OrganisationRole,
    workspaces: &[(String, WorkspaceRole)],
) -> Result<Vec<String>, CatalogueError> {
    let mut sentences = Vec::new();
    let key = match role {
        OrganisationRole::None => None,
        OrganisationRole::Auditor => Some("invitation.auditor"),
        OrganisationRole::Helpdesk => Some("invitation.helpdesk"),
        OrganisationRole::Administrator => Some("invitation.administrator"),
    };
    if let Some(key) = key {
        sentences.push(catalogue.say(key, &context! { organisation => visible(organisation) })?);
    }
    for role in WorkspaceRole::ALL.into_iter().rev() {
        let key = match role {
            WorkspaceRole::Administrator => "invitation.looks_after",
            WorkspaceRole::Helpdesk => "invitation.helps",
            WorkspaceRole::Member => "invitation.member_of",
        };
        let names: Vec<_> = workspaces.iter().filter(|w| w.1 == role).map(|w| visible(&w.0)).collect();
        if !names.is_empty() {
            sentences.push(catalogue.say(key, &context! { workspaces => names.join(", ") })?);
        }
    }
    Ok(sentences)
}
