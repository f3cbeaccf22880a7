//! Changes: what has to be known is asked, who and what is said again, and nothing happens before a yes.

use jiff::tz::TimeZone;

use super::ask::{flag, needed, refuse, usual, who, yes};
use super::console::Console;
use super::read::Listed;
use crate::app::act::{self as acting, Act};
use crate::app::{App, edit as editing, invite as inviting};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::email::Email;
use crate::domain::invitation::{check_message, check_validity};
use crate::domain::language::Language;
use crate::domain::name::Name;
use crate::domain::role::{InvalidMembership, Standing, parse_membership};
use crate::domain::time::{compact, parse_length};
use crate::domain::user::User;

/// The action that a word names, if it is one that needs nothing but whom.
pub fn simple(word: &str) -> Option<Act> {
    Action::parse(word).and_then(Act::of)
}

/// What an action does, to be read after the name.
const fn what_happens(act: Act) -> &'static str {
    match act {
        Act::Resend => "gets a new mail with a new link; the earlier link stops working",
        Act::Revoke => "keeps no working link: the invitation, or the change of address, is withdrawn",
        Act::Suspend => "cannot sign in any more; open links stop working and unsent mail is cancelled",
        Act::Reactivate => "can sign in again, or is invited again",
        Act::Delete => "goes to the bin; open links stop working and unsent mail is cancelled. restore brings back",
        Act::Restore => "comes back as before",
        Act::ResetPassword => "gets a mail with a link to choose a new password; it works for an hour",
    }
}

/// Does an action to one user, after a question where it takes something away or sends something.
pub async fn act(console: &mut dyn Console, app: &App, actor: &Actor, act: Act, (list, named): (&Listed, &str)) {
    let Some(user) = who(console, app, actor, list, named).await else { return };
    let asks = !matches!(act, Act::Resend | Act::Restore);
    let person = format!("{}, {}, {}, {}", user.name, user.email, user.status, user.role());
    if asks {
        console.say(&format!("{person}: {}.", what_happens(act)));
        if !yes(console, &format!("{}?", capital(act.action().words()))) {
            console.say("Nothing was changed.");
            return;
        }
    }
    match acting::act(app, actor, act, user.id, Some(user.version)).await {
        Ok(user) => console.say(&format!("Done: {}, {}.", user.name, act.action().past())),
        Err(error) => refuse(console, &error),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Reads `Research, Library:admin`; `none` is nowhere.
fn workspaces(text: &str) -> Result<Vec<(Name, Standing)>, InvalidMembership> {
    if text.eq_ignore_ascii_case("none") {
        return Ok(Vec::new());
    }
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(parse_membership).collect()
}

fn length(text: &str) -> Result<std::time::Duration, String> {
    let length = parse_length(text).map_err(|error| error.to_string())?;
    check_validity(length).map_err(|error| error.to_string())
}

/// Several lines up to an empty one; `None` if nobody answers any more.
fn message(console: &mut dyn Console) -> Option<String> {
    console.say("A personal message, if you like; an empty line ends it.");
    loop {
        let mut lines = Vec::new();
        loop {
            let line = console.ask("Message: ")?;
            if line.trim().is_empty() {
                break;
            }
            lines.push(line);
        }
        let text = lines.join("\n");
        match check_message(&text) {
            Ok(_) => return Some(text),
            Err(error) => console.say(&format!("{error}. Once more.")),
        }
    }
}

/// Invites somebody.
pub async fn invite(console: &mut dyn Console, app: &App, actor: &Actor) {
    let Some(request) = invitation(console, app) else { return };
    let role = if request.administrator { "administrator" } else { "member" };
    console.say(&format!("{}, {}, {role}: gets a mail with a link.", request.name, request.email));
    if !yes(console, "Invite?") {
        console.say("Nobody was invited.");
        return;
    }
    match inviting::invite(app, actor, request).await {
        Ok(done) => {
            let until = done.expires_at.local(&TimeZone::system());
            console.say(&format!("Done: {} is invited; the link works until {until}.", done.user.name));
        }
        Err(error) => refuse(console, &error),
    }
}

fn invitation(console: &mut dyn Console, app: &App) -> Option<inviting::Request> {
    let usually = compact(app.options().valid_for);
    Some(inviting::Request {
        name: needed(console, "Name", Name::parse)?,
        email: needed(console, "E-mail", Email::parse)?,
        administrator: usual(console, ("Administrator, yes or no", "no"), flag)?,
        workspaces: usual(console, ("Workspaces, such as Research, Library:admin", "none"), workspaces)?,
        language: usual(console, ("Language: en, de or fr", "en"), Language::parse)?,
        valid_for: Some(usual(console, ("How long the link works", &usually), length)?),
        message: message(console)?,
        hold: false,
    })
}

/// Edits a user: each field with what it is now, which an empty answer keeps.
pub async fn edit(console: &mut dyn Console, app: &App, actor: &Actor, list: &Listed, named: &str) {
    let Some(user) = who(console, app, actor, list, named).await else { return };
    console.say(&format!("{}: an empty answer keeps what is in brackets.", user.name));
    let Some(request) = changes(console, &user) else { return };
    if !yes(console, "Save?") {
        console.say("Nothing was changed.");
        return;
    }
    match editing::edit(app, actor, request).await {
        Ok(edited) if edited.changed.is_empty() => console.say("Nothing was different."),
        Ok(edited) => {
            console.say(&format!("Done: {}: {} changed.", edited.user.name, edited.changed.join(", ")));
            if edited.invited_anew {
                console.say("A new invitation goes to the new address; the old link is dead.");
            }
            if let Some((email, _)) = edited.asked {
                console.say(&format!("{email} has to confirm first; until then the old address stays."));
            }
        }
        Err(error) => refuse(console, &error),
    }
}

fn changes(console: &mut dyn Console, user: &User) -> Option<editing::Request> {
    let memberships: Vec<_> = user.memberships.iter().map(|m| format!("{}:{}", m.name, m.standing.name())).collect();
    let memberships = if memberships.is_empty() { "none".to_owned() } else { memberships.join(", ") };
    let administrator = if user.is_administrator { "yes" } else { "no" };
    let known: Vec<_> = user.memberships.iter().map(|m| (m.name.clone(), m.standing)).collect();
    Some(editing::Request {
        version: Some(user.version),
        name: Some(usual(console, ("Name", user.name.as_str()), Name::parse)?),
        email: Some(usual(console, ("E-mail", user.email.as_str()), Email::parse)?).filter(|new| *new != user.email),
        administrator: Some(usual(console, ("Administrator, yes or no", administrator), flag)?)
            .filter(|is| *is != user.is_administrator),
        workspaces: Some(usual(console, ("Workspaces", &memberships), workspaces)?).filter(|wanted| *wanted != known),
        language: Some(usual(console, ("Language: en, de or fr", user.language.tag()), Language::parse)?),
        ..editing::Request::of(user.id)
    })
}
