//! `rsvp accept` and `rsvp reset`: what a person does with a link or a code.

use serde_json::{Value, json};

use super::args::Redeem;
use super::ask;
use super::out::{Failed, Out, Status, Usage};
use super::portal::{self, Portal, PortalError};
use super::portal_tls::Authorities;
use crate::app::App;
use crate::app::links::look::{self, Looked};
use crate::app::links::{accept, redeem, reset};
use crate::domain::code::{Code, CodeOrLink};
use crate::domain::explain::Kind;
use crate::domain::language::Language;
use crate::domain::link::{LinkState, Purpose};
use crate::domain::role::{OrganisationRole, WorkspaceRole};
use crate::words::catalogue::{Catalogue, CatalogueError};
use crate::words::roles;

/// Reads the code or link from standard input, where it was given as `-`: arguments can be read by every process.
pub fn read_code(args: &mut Redeem) -> Result<(), Usage> {
    if args.code == "-" {
        args.code = ask::line("the code")?;
    }
    Ok(())
}

/// Redeems a whole link through its portal; `None` for a bare code, which is for whoever has the database.
pub async fn through_portal(
    args: &Redeem,
    purpose: Purpose,
    authorities: &Authorities,
    out: Out,
) -> Result<Option<Status>, Failed> {
    let found = CodeOrLink::parse(&args.code).map_err(Usage::plain)?;
    let Some((address, meant)) = &found.link else { return Ok(None) };
    if *meant != purpose {
        let hint = match meant {
            Purpose::Invitation => "use `rsvp accept`",
            Purpose::Reset => "use `rsvp reset`",
            Purpose::ConfirmEmail | Purpose::KeepEmail => "it confirms a new email address: open it in a browser",
        };
        return Err(Usage::new("this link is for something else", hint).into());
    }
    let path = format!("{}/{}", meant.path(), found.code.format());
    let portal = Portal { address, authorities };
    let looked = portal::look(portal, &path).await?;
    let not_a_portal = || PortalError::NotAPortal(address.clone());
    let text = |name: &str| looked[name].as_str().unwrap_or_default();
    let (organisation, email) = (text("organisation"), text("email"));
    let dead = match text("state") {
        "works" => None,
        "expired" => Some(LinkState::Expired),
        "superseded" => Some(LinkState::Superseded),
        "used" => Some(LinkState::Accepted),
        "withdrawn" => Some(LinkState::Revoked),
        _ => return Err(not_a_portal().into()),
    };
    if let Some(state) = dead {
        let hint = "ask the person who sent it for a new one".to_owned();
        let message = redeem::dead(state).to_owned();
        return Err(PortalError::Said { kind: Kind::Refused, message, hint: Some(hint) }.into());
    }
    out.message(&if purpose == Purpose::Invitation {
        let invited = Invited {
            organisation,
            email,
            inviter: looked["inviter"].as_str(),
            role: OrganisationRole::parse(text("organisation_role")).map_err(|_| not_a_portal())?,
            workspaces: &workspaces(&looked["workspaces"]).ok_or_else(not_a_portal)?,
        };
        invited.message()?
    } else {
        format!("A new password for {email} at {organisation}.")
    });
    let answer = portal::submit(portal, &path, ask::password(&args.password)?).await?;
    done(
        purpose,
        answer["email"].as_str().unwrap_or(email),
        answer["organisation"].as_str().unwrap_or(organisation),
        out,
    );
    Ok(Some(Status::Done))
}

/// `rsvp accept CODE`, beside the database.
pub async fn accept(app: &App, args: &Redeem, out: Out) -> Result<Status, Failed> {
    let (code, looked) = beside(app, Purpose::Invitation, args).await?;
    let invited = Invited {
        organisation: &looked.organisation,
        email: &looked.email,
        inviter: looked.sender.as_deref(),
        role: looked.organisation_role,
        workspaces: &looked.workspaces,
    };
    out.message(&invited.message()?);
    let (password, password_again) = ask::password(&args.password)?;
    let accepted = accept::run(app, redeem::Request { code, password, password_again }).await?;
    done(Purpose::Invitation, &accepted.email, &accepted.organisation, out);
    Ok(Status::Done)
}

/// `rsvp reset CODE`, beside the database.
pub async fn reset(app: &App, args: &Redeem, out: Out) -> Result<Status, Failed> {
    let (code, looked) = beside(app, Purpose::Reset, args).await?;
    out.message(&format!("A new password for {} at {}.", looked.email, looked.organisation));
    let (password, password_again) = ask::password(&args.password)?;
    let was_reset = reset::run(app, redeem::Request { code, password, password_again }).await?;
    done(Purpose::Reset, &was_reset.email, &was_reset.organisation, out);
    Ok(Status::Done)
}

/// Who is invited, by whom and as what.
struct Invited<'a> {
    organisation: &'a str,
    email: &'a str,
    /// None when the operator did it.
    inviter: Option<&'a str>,
    role: OrganisationRole,
    workspaces: &'a [(String, WorkspaceRole)],
}

impl Invited<'_> {
    /// What the email says too, in one line.
    fn message(&self) -> Result<String, CatalogueError> {
        let Self { organisation, email, .. } = self;
        let opening = match self.inviter {
            Some(inviter) => format!("{inviter} has invited {email} to {organisation}."),
            None => format!("{organisation} invites {email}."),
        };
        let catalogue = Catalogue::of(Language::English);
        let mut sentences = vec![opening];
        sentences.extend(roles::sentences(catalogue, organisation, self.role, self.workspaces)?);
        Ok(sentences.join(" "))
    }
}

/// The workspaces in a portal's answer; nothing where it isn't one.
fn workspaces(answer: &Value) -> Option<Vec<(String, WorkspaceRole)>> {
    let one = |item: &Value| {
        let role = WorkspaceRole::parse(item["role"].as_str()?).ok()?;
        Some((item["name"].as_str()?.to_owned(), role))
    };
    answer.as_array()?.iter().map(one).collect()
}

/// What a bare code is for; one that doesn't work is refused before a password is asked for.
async fn beside(app: &App, purpose: Purpose, args: &Redeem) -> Result<(Code, Looked), Failed> {
    let code = CodeOrLink::parse(&args.code).map_err(Usage::plain)?.code;
    match look::run(app, purpose, &code).await? {
        None => Err(redeem::Error::Unknown.into()),
        Some(looked) if looked.state != LinkState::Pending => Err(redeem::Error::Dead(looked.state).into()),
        Some(looked) => Ok((code, looked)),
    }
}

fn done(purpose: Purpose, email: &str, organisation: &str, out: Out) {
    let (state, words) =
        if purpose == Purpose::Invitation { ("accepted", "is active at") } else { ("reset", "has a new password at") };
    let data: Value = json!({ "state": state, "email": email, "organisation": organisation });
    out.data(&data, || format!("{email} {words} {organisation}."));
}
