//! Commands that change. One target answers for itself; several get a verdict each, and status 6 if some failed.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::args::{self, PasswordFrom, Targets};
use super::out::{Failed, Out, Status, Usage};
use super::{ask, json};
use crate::app::{App, accept as accepting, delete, find, invite as inviting, reactivate, resend as resending};
use crate::app::{restore, revoke, suspend};
use crate::domain::actor::Actor;
use crate::domain::code::CodeOrLink;
use crate::domain::email::Email;
use crate::domain::language::Language;
use crate::domain::name::Name;
use crate::domain::role::Standing;
use crate::domain::time::parse_length;
use crate::domain::user::User;

/// A change that needs nothing but whom.
#[derive(Debug, Clone, Copy)]
pub enum Simple {
    /// `rsvp revoke`
    Revoke,
    /// `rsvp suspend`
    Suspend,
    /// `rsvp reactivate`
    Reactivate,
    /// `rsvp delete`
    Delete,
    /// `rsvp restore`
    Restore,
}

impl Simple {
    const fn done(self) -> &'static str {
        match self {
            Self::Revoke => "invitation revoked",
            Self::Suspend => "suspended",
            Self::Reactivate => "reactivated",
            Self::Delete => "deleted; `rsvp restore` brings back",
            Self::Restore => "restored",
        }
    }

    async fn run(self, app: &App, actor: &Actor, name: &str) -> Result<User, Failed> {
        let user = find::find(app, actor, name).await?.id;
        let version = None;
        Ok(match self {
            Self::Revoke => revoke::revoke(app, actor, revoke::Request { user, version }).await?,
            Self::Suspend => suspend::suspend(app, actor, suspend::Request { user, version }).await?,
            Self::Reactivate => reactivate::reactivate(app, actor, reactivate::Request { user, version }).await?,
            Self::Delete => delete::delete(app, actor, delete::Request { user, version }).await?,
            Self::Restore => restore::restore(app, actor, restore::Request { user, version }).await?,
        })
    }
}

/// Does the same to each target.
pub async fn each(app: &App, actor: &Actor, change: Simple, targets: &Targets, out: Out) -> Result<Status, Failed> {
    verdicts(&ask::expand(targets), out, async |name| {
        let user = change.run(app, actor, name).await?;
        Ok((json::user(&user, app.now()), format!("{}: {}", user.email, change.done())))
    })
    .await
}

/// `rsvp resend`
pub async fn resend(app: &App, actor: &Actor, targets: &Targets, force: bool, out: Out) -> Result<Status, Failed> {
    verdicts(&ask::expand(targets), out, async |name| {
        let user = find::find(app, actor, name).await?.id;
        let resent = resending::resend(app, actor, resending::Request { user, version: None, force }).await?;
        let text = format!("{}: invitation sent again; the earlier link stops working", resent.user.email);
        Ok((json::user(&resent.user, app.now()), text))
    })
    .await
}

/// `rsvp invite`
pub async fn invite(app: &App, actor: &Actor, args: args::Invite, out: Out) -> Result<Status, Failed> {
    if args.name.is_some() && args.emails.len() > 1 {
        return Err(Usage::new(
            "--name is one person's name, and several addresses were given",
            "invite them one by one",
        )
        .into());
    }
    let language = Language::parse(&args.language).map_err(Usage::plain)?;
    let valid_for = args.valid_for.as_deref().map(parse_length).transpose().map_err(Usage::plain)?;
    let mut workspaces = Vec::new();
    for text in &args.workspaces {
        let (name, role) = text.rsplit_once(':').unwrap_or((text, "member"));
        let standing = Standing::parse(role).map_err(Usage::plain)?;
        workspaces.push((Name::parse(name).map_err(Usage::plain)?, standing));
    }
    verdicts(&args.emails, out, async |text| {
        let email = Email::parse(text).map_err(Usage::plain)?;
        let name = Name::parse(args.name.as_deref().unwrap_or(email.local())).map_err(Usage::plain)?;
        let request = inviting::Request {
            email,
            name,
            administrator: args.administrator,
            workspaces: workspaces.clone(),
            language,
            valid_for,
            message: args.message.clone(),
            hold: false,
        };
        let invited = inviting::invite(app, actor, request).await?;
        let text = format!("{}: invited; the mail waits in the outbox", invited.user.email);
        Ok((json::user(&invited.user, app.now()), text))
    })
    .await
}

/// `rsvp accept CODE`
pub async fn accept(app: &App, code: &str, from: &PasswordFrom, out: Out) -> Result<Status, Failed> {
    let code = CodeOrLink::parse(code).map_err(Usage::plain)?.code;
    let (password, password_again) = ask::password(*from)?;
    let accepted = accepting::accept(app, accepting::Request { code, password, password_again }).await?;
    let data = json!({ "state": "accepted", "email": accepted.email, "organisation": accepted.organisation });
    out.data(&data, || format!("{} is active at {}.", accepted.email, accepted.organisation));
    Ok(Status::Done)
}

/// Runs for each target and reports as many as there are.
async fn verdicts(
    targets: &[String],
    out: Out,
    run: impl AsyncFn(&str) -> Result<(Value, String), Failed>,
) -> Result<Status, Failed> {
    if let [only] = targets {
        let (data, text) = run(only).await?;
        out.data(&data, || text);
        return Ok(Status::Done);
    }
    let (mut items, mut lines, mut failed) = (Vec::new(), String::new(), 0);
    for target in targets {
        match run(target).await {
            Ok((data, text)) => {
                items.push(json!({ "target": target, "user": data }));
                lines.push_str(&text);
            }
            Err(error) => {
                failed += 1;
                items.push(json!({ "target": target, "error": error.to_json() }));
                let _ = write!(lines, "{target}: {}", error.to_text().replace("\n  hint: ", "; "));
            }
        }
        lines.push('\n');
    }
    out.data(&json!({ "items": items, "next": null }), || lines);
    Ok(if failed == 0 { Status::Done } else { Status::SomeFailed })
}
