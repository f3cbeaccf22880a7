//! Look up what a code is for. Changes nothing, however often: mail scanners open links.

use crate::app::links::prove::proved;
use crate::app::{App, Failure};
use crate::domain::code::Code;
use crate::domain::language::Language;
use crate::domain::link::{LinkState, Purpose};
use crate::domain::role::{OrganisationRole, Role, WorkspaceRole};
use crate::domain::time::Timestamp;

/// What a code with a right proof is for: whoever has it received the email, so the page can say what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// What the link is for its user now.
    pub state: LinkState,
    /// The organisation's name.
    pub organisation: String,
    /// The person's name.
    pub name: String,
    /// The person's address.
    pub email: String,
    /// The address that they asked for, where the link is about one.
    pub new_email: Option<String>,
    /// The person's language.
    pub language: Language,
    /// Who sent it, if that was a person.
    pub sender: Option<String>,
    /// The highest role, in the organisation or in a workspace.
    pub role: Role,
    pub organisation_role: OrganisationRole,
    /// The workspaces' names, with the role in each.
    pub workspaces: Vec<(String, WorkspaceRole)>,
    /// Whether the person asked for a new link already.
    pub asked: bool,
    /// The personal message.
    pub message: Option<String>,
    /// When the link stops, or stopped, working.
    pub expires_at: Timestamp,
}

/// Looks at a code; `None` for every one whose proof is wrong, for whatever reason.
pub async fn run(app: &App, purpose: Purpose, code: &Code) -> Result<Option<Looked>, Failure> {
    app.store
        .read(|tx| async move {
            app.check_key(&tx).await?;
            let Some(link) = proved(app, &tx, purpose, code).await?.map(|stored| stored.link) else { return Ok(None) };
            let Some(user) = tx.user(link.user).await? else { return Ok(None) };
            let sender = match link.issued_by {
                Some(id) => tx.user(id).await?.map(|sender| sender.name.to_string()),
                None => None,
            };
            // Of a change of address the one that it is about, which is another one once it was confirmed.
            let (email, new_email) = match link.addresses() {
                (from, Some(to)) => (from, Some(to)),
                (_, None) => (&user.email, None),
            };
            Ok(Some(Looked {
                state: link.state_for(user.status, user.power_rises, app.now()),
                organisation: app.organisation().to_owned(),
                role: user.role(),
                organisation_role: user.organisation_role,
                workspaces: user.memberships.iter().map(|m| (m.name.as_str().to_owned(), m.role)).collect(),
                name: user.name.as_str().to_owned(),
                email: email.as_str().to_owned(),
                new_email: new_email.map(|email| email.as_str().to_owned()),
                language: user.language,
                asked: user.asked_at.is_some(),
                sender,
                message: link.message.clone(),
                expires_at: link.expires_at,
            }))
        })
        .await
}
