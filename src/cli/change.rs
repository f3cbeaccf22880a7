//! Commands that change. One target answers for itself; several get a verdict each, and status 6 if some failed.

use jiff::tz::TimeZone;
use serde_json::Value;

use super::many::{self, Plan};
use super::out::{Failed, Out, Status, Usage};
use super::targets::{Selection, number, resolve};
use super::verdict::verdicts;
use super::{args, json, requests};
use crate::app::links::{renew, resend, reset_password};
use crate::app::users::{edit, erase, find, invite, perform, show};
use crate::app::{App, UserRequest};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::change::Change;
use crate::domain::mail::takes;
use crate::domain::policy::{Authority, allow, meant};
use crate::domain::user::{User, UserId};

/// Does an action to each target, after a question where the command asks.
pub async fn user_action(app: &App, actor: &Actor, on: &args::UserAction, out: Out) -> Result<Status, Failed> {
    let (action, dry_run) = (on.action, on.change.dry_run);
    let mut selection = resolve(app, actor, &on.change.targets).await?;
    if !many::may_begin(app, actor, &Plan::of(action), &on.change, &mut selection, out).await? {
        out.message(&format!("Nothing was {}.", action.past()));
        return Ok(Status::Refused);
    }
    if action == Action::Erase {
        return erase(app, actor, dry_run, &selection, out).await;
    }
    apply(app, actor, action, dry_run, &selection, out).await
}

/// Erases each target, or what is left in the audit log of one who is gone.
async fn erase(app: &App, actor: &Actor, dry_run: bool, selection: &Selection, out: Out) -> Result<Status, Failed> {
    verdicts(selection, out, async |name| {
        let user = match (find::run(app, actor, name).await, number(name)) {
            (Ok(user), _) => user,
            // Somebody who is gone can still be in the log.
            (Err(_), Some(id)) if !dry_run => {
                erase::erase_gone(app, actor, id).await?;
                return Ok((erased(id, 0), format!("#{}: erased what was left in the audit log", id.0)));
            }
            (Err(error), _) => return Err(error.into()),
        };
        if dry_run {
            return would_end(app, actor, &user, &Change::Act(Action::Erase), true).await;
        }
        let done = erase::run(app, actor, UserRequest { user: user.id, version: selection.version(name) }).await?;
        let (gone, ended) = (done.user, renew::ended_clause(done.replaced));
        let text = format!("{} (#{}): {}{ended}", gone.email, gone.id.0, Action::Erase.past());
        Ok((erased(gone.id, done.replaced), text))
    })
    .await
}

/// What `--json` says about an erased user.
fn erased(id: UserId, replaced: u64) -> Value {
    serde_json::json!({ "id": id.0, "state": "erased", "links_replaced": replaced })
}

async fn apply(
    app: &App,
    actor: &Actor,
    action: Action,
    dry_run: bool,
    selection: &Selection,
    out: Out,
) -> Result<Status, Failed> {
    verdicts(selection, out, async |name| {
        let user = find::run(app, actor, name).await?;
        // Whoever is named may be meant with what waits for them; a query for invitations means nothing else.
        let action = if selection.version(name).is_none() { meant(action, &user) } else { action };
        if dry_run {
            return match Change::of(action) {
                Some(change) if action.spec().removes => would_end(app, actor, &user, &change, true).await,
                Some(change) => would(app, actor, &user, &change).await,
                None => Err(Usage::new(format!("{action} has no dry run"), "leave out --dry-run").into()),
            };
        }
        let done = perform::run(app, actor, action, user.id, selection.version(name)).await?;
        let data = described(app, actor, done.user.id).await;
        let data = if action.spec().removes { with_replaced(data, done.replaced) } else { data };
        let ended = renew::ended_clause(done.replaced);
        Ok((data, format!("{}: {}{ended}", done.user.email, action.past())))
    })
    .await
}

/// `rsvp resend`
pub async fn resend(app: &App, actor: &Actor, args: &args::Change, force: bool, out: Out) -> Result<Status, Failed> {
    let mut selection = resolve(app, actor, &args.targets).await?;
    how_long(app, selection.names.len(), out);
    if !many::may_begin(app, actor, &Plan::of(Action::Resend), args, &mut selection, out).await? {
        return Ok(nothing(out));
    }
    verdicts(&selection, out, async |name| {
        let user = find::run(app, actor, name).await?;
        if args.dry_run {
            return would(app, actor, &user, &Change::Act(Action::Resend)).await;
        }
        let request = resend::Request { user: user.id, version: selection.version(name), force };
        let sent = resend::run(app, actor, request).await?;
        let until = sent.expires_at.local(&TimeZone::system());
        let text = format!(
            "{}: invitation resent as email {}, for the {} time; the earlier link no longer works, the new one works until {until}",
            user.email,
            sent.mail.0,
            ordinal(sent.times_sent)
        );
        Ok((described(app, actor, user.id).await, text))
    })
    .await
}

/// That somebody said no.
pub(super) fn nothing(out: Out) -> Status {
    out.message("Nothing was changed.");
    Status::Refused
}

/// Says before many emails go into the outbox how long the relay's limit makes them take.
fn how_long(app: &App, mails: usize, out: Out) {
    if let Some(text) = takes(mails as u64, app.options().per_minute) {
        out.message(&text);
    }
}

/// A number in a row: `2nd`.
fn ordinal(number: u64) -> String {
    let ending = match (number % 10, number % 100) {
        (1, rest) if rest != 11 => "st",
        (2, rest) if rest != 12 => "nd",
        (3, rest) if rest != 13 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// What a change would meet. Rules that look at other users or at the clock are asked only when it is done.
pub(super) async fn would(app: &App, actor: &Actor, user: &User, change: &Change) -> Result<(Value, String), Failed> {
    // Whoever runs commands is the operator, who may do everything that the user's own state allows.
    allow(&Authority::FULL, change, Some(user))?;
    let text = format!("{}: {} is possible; nothing was changed", user.email, change.action());
    Ok((described(app, actor, user.id).await, text))
}

/// The same of a change that may end links of others that the user was shown: if it takes power from them.
pub(super) async fn would_end(
    app: &App,
    actor: &Actor,
    user: &User,
    change: &Change,
    takes_power: bool,
) -> Result<(Value, String), Failed> {
    allow(&Authority::FULL, change, Some(user))?;
    let views = renew::views(app, actor, &[user.id], &|_| takes_power).await?;
    let (email, action, ends) = (&user.email, change.action(), renew::would_end_clause(views));
    let text = format!("{email}: {action} is possible{ends}; nothing was changed");
    Ok((with_replaced(described(app, actor, user.id).await, views), text))
}

/// The user with how many links of others are replaced that they were shown.
pub(super) fn with_replaced(mut user: Value, replaced: u64) -> Value {
    user["links_replaced"] = replaced.into();
    user
}

/// The change that only touches to what somebody belongs.
pub(super) const fn edit_of_memberships() -> Change {
    Change::Edit { profile: false, email: false, role: None, memberships: None }
}

/// The user as `--json` writes one, read again.
pub(super) async fn described(app: &App, actor: &Actor, user: UserId) -> Value {
    match show::run(app, actor, user).await {
        Ok(detail) => json::user(&detail, app.now()),
        // The change is stored: that it cannot be read back now is no failure of it.
        Err(_) => serde_json::json!({ "id": user.0 }),
    }
}

/// `rsvp invite`
pub async fn invite(app: &App, actor: &Actor, args: args::Invite, out: Out) -> Result<Status, Failed> {
    if args.name.is_some() && args.emails.len() > 1 {
        let message = "--name is for one person, and several addresses were given";
        return Err(Usage::new(message, "invite them one by one").into());
    }
    let wanted = requests::invite(&args)?;
    let selection = Selection::of(args.emails.clone(), args.emails.len() == 1);
    how_long(app, selection.names.len(), out);
    verdicts(&selection, out, async |text| {
        let request = wanted(text)?;
        if args.dry_run {
            return would_invite(app, actor, &request).await;
        }
        let invite::Invited { user, mail, expires_at, .. } = invite::run(app, actor, request).await?;
        let until = expires_at.local(&TimeZone::system());
        let text = format!("{}: invited; email {} is queued, and its link works until {until}", user.email, mail.0);
        Ok((json::invited(user, app.now()), text))
    })
    .await
}

/// `rsvp reset-password`
pub async fn reset_password(app: &App, actor: &Actor, args: &args::Change, out: Out) -> Result<Status, Failed> {
    let mut selection = resolve(app, actor, &args.targets).await?;
    how_long(app, selection.names.len(), out);
    if !many::may_begin(app, actor, &Plan::of(Action::ResetPassword), args, &mut selection, out).await? {
        return Ok(nothing(out));
    }
    verdicts(&selection, out, async |name| {
        let user = find::run(app, actor, name).await?;
        if args.dry_run {
            return would(app, actor, &user, &Change::Act(Action::ResetPassword)).await;
        }
        let request = UserRequest { user: user.id, version: selection.version(name) };
        let sent = reset_password::run(app, actor, request).await?;
        let until = sent.expires_at.local(&TimeZone::system());
        let text =
            format!("{}: password reset queued as email {}; its link works until {until}", user.email, sent.mail.0);
        Ok((described(app, actor, user.id).await, text))
    })
    .await
}

/// `rsvp edit`
pub async fn edit(app: &App, actor: &Actor, args: args::Edit, out: Out) -> Result<Status, Failed> {
    let nothing = args.name.is_none() && args.email.is_none() && args.language.is_none() && args.role.is_none();
    if nothing && args.workspaces.is_empty() && !args.no_workspaces && args.ssh.is_none() {
        let hint = "give --name, --email, --language, --role, --workspace, --no-workspaces or --ssh";
        return Err(Usage::new("no change was given", hint).into());
    }
    let wanted = requests::edit(&args)?;
    let selection = Selection::of(vec![args.user], true);
    verdicts(&selection, out, async |name| {
        let user = find::run(app, actor, name).await?;
        let request = wanted(user.id);
        if args.dry_run {
            let (email, role) = (request.email.is_some(), request.role);
            let change = Change::Edit { profile: true, email, role, memberships: None };
            let takes_power = edit::takes_role(&request, &user);
            return would_end(app, actor, &user, &change, takes_power).await;
        }
        let edited = edit::run(app, actor, request).await?;
        let until = edited
            .asked
            .as_ref()
            .map_or(String::new(), |(_, until)| format!(" (until {})", until.local(&TimeZone::system())));
        let text = format!("{}: {}", edited.user.email, edited.outcome_with(&until));
        Ok((with_replaced(described(app, actor, user.id).await, edited.replaced), text))
    })
    .await
}

async fn would_invite(app: &App, actor: &Actor, request: &invite::Request) -> Result<(Value, String), Failed> {
    if let Ok(user) = find::run(app, actor, request.email.as_str()).await
        && user.deleted_at.is_none()
    {
        let (email, status, user) = (user.email, user.status, user.id);
        return Err(invite::Error::AlreadyKnown { email, status, user }.into());
    }
    let text = format!("{}: invite is possible; nobody was invited", request.email);
    Ok((serde_json::json!({ "email": request.email.as_str(), "name": request.name.as_str() }), text))
}
