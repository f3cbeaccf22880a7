//! Changes: what has to be known is asked, who and what is said again, and nothing happens before a yes.

use jiff::tz::TimeZone;

use super::ask::{needed_or, refuse, typed, usual, who, yes};
use super::console::Console;
use super::listed::LastList;
use crate::app::links::renew;
use crate::app::session::authority;
use crate::app::upkeep::health;
use crate::app::users::{edit, find, invite, perform, show};
use crate::app::workspaces::list_workspaces::missing;
use crate::app::{App, Failure};
use crate::domain::action::{Action, Asks};
use crate::domain::actor::Actor;
use crate::domain::change::Change;
use crate::domain::email::Email;
use crate::domain::invitation::{check_message, check_validity};
use crate::domain::language::Language;
use crate::domain::name::Name;
use crate::domain::policy::{allow, editable, invites, meant};
use crate::domain::role::{InvalidMembership, OrganisationRole, WorkspaceRole, memberships_text, parse_memberships};
use crate::domain::time::{compact, parse_length};
use crate::domain::user::User;

/// The question about the way in by SSH key.
const SSH: &str = "An SSH key can stand for them: yes or no";
/// The question about a role in the organisation.
const ROLE: &str = "Role: administrator, helpdesk, auditor or none";

/// The action that a word names, if it is one that needs nothing but whom.
pub fn simple(word: &str) -> Option<Action> {
    Action::parse(word).filter(|action| is_a_word(*action))
}

/// Whether an action that needs nothing but whom is a word here: keeping an address is what `revoke` means for some.
pub fn is_a_word(action: Action) -> bool {
    perform::is_simple(action) && action != Action::KeepEmail
}

/// Does an action to one user, after what its row asks.
pub async fn perform(
    console: &mut dyn Console,
    app: &App,
    actor: &Actor,
    action: Action,
    (list, named): (&LastList, &str),
) {
    let Some(user) = who(console, app, actor, list, named).await else { return };
    let action = meant(action, &user);
    let spec = action.spec();
    let question = spec.question.replace("{}", user.name.as_str());
    // What is refused anyway is not asked about.
    let change = Change::of(action).unwrap_or(Change::Act(action));
    let detail = match authority::run(app, actor).await {
        Ok(authority) => match allow(&authority, &change, Some(&user)) {
            Ok(()) => show::run(app, actor, user.id).await,
            Err(denied) => return refuse(console, &denied),
        },
        Err(failure) => Err(failure),
    };
    let views = match detail {
        Ok(detail) => detail.views,
        Err(failure) => return refuse(console, &failure),
    };
    let sends = action == Action::ResetPassword || action == Action::Resend;
    if sends && !has_left(console, app, actor).await {
        return;
    }
    let mut ask = || {
        console.say(&format!("{}, {}, {}, {}.", user.name, user.email, user.status, user.role()));
        console.say(spec.consequence);
        if let Some(views) = renew::of_views(views).filter(|_| spec.removes) {
            console.say(&views);
        }
    };
    let sure = match spec.asks {
        Asks::Nothing => true,
        Asks::Yes => {
            ask();
            yes(console, &question)
        }
        Asks::Word(word) => {
            ask();
            typed(console, &question, word)
        }
    };
    if !sure {
        console.say("Nothing was changed.");
        return;
    }
    match perform::run(app, actor, action, user.id, Some(user.version)).await {
        Ok(done) => {
            let ended = renew::ended_clause(done.replaced);
            console.say(&format!("Done: {}, {}{ended}.", done.user.name, spec.past));
        }
        Err(error) => refuse(console, &error),
    }
}

/// Reads `Research, Library:admin`; `none` is nowhere.
fn workspaces(text: &str) -> Result<Vec<(Name, WorkspaceRole)>, InvalidMembership> {
    if text.eq_ignore_ascii_case("none") { Ok(Vec::new()) } else { parse_memberships(text) }
}

fn length(text: &str) -> Result<std::time::Duration, String> {
    let length = parse_length(text).map_err(|error| error.to_string())?;
    check_validity(length).map_err(|error| error.to_string())
}

/// Several lines up to an empty one; `None` if nobody answers any more.
fn message(console: &mut dyn Console, last: &str) -> Option<String> {
    if last.is_empty() {
        console.say("Personal message, if you like. An empty line ends it.");
    } else {
        console.say("Personal message: an empty line keeps this one, and none removes it.");
        last.lines().for_each(|line| console.say(&format!("  {line}")));
    }
    loop {
        let mut lines = Vec::new();
        loop {
            let line = console.ask("Message: ")?;
            if line.trim().is_empty() {
                break;
            }
            lines.push(line);
        }
        let text = match lines.join("\n") {
            text if text.is_empty() => last.to_owned(),
            text if !last.is_empty() && text.trim().eq_ignore_ascii_case("none") => String::new(),
            text => text,
        };
        match check_message(&text) {
            Ok(_) => return Some(text),
            Err(error) => console.say(&format!("{error}. Try again.")),
        }
    }
}

pub async fn invite(console: &mut dyn Console, app: &App, actor: &Actor) {
    match authority::run(app, actor).await.map(|authority| invites(&authority)) {
        Ok(Ok(())) if has_left(console, app, actor).await => {}
        Ok(Ok(())) => return,
        Ok(Err(denied)) => return refuse(console, &denied),
        Err(failure) => return refuse(console, &failure),
    }
    // What was refused is asked again with what was answered.
    let mut last = None;
    while let Some(request) = invitation(console, app, actor, last.as_ref()).await {
        tell_invitation(console, app, &request);
        if !yes(console, "Invite?") {
            break;
        }
        match invite::run(app, actor, request.clone()).await {
            Ok(done) => {
                let until = done.expires_at.local(&TimeZone::system());
                console.say(&format!("Done: {} is invited; the link works until {until}.", done.user.name));
                return;
            }
            Err(error) => refuse(console, &error),
        }
        if !yes(console, AGAIN) {
            break;
        }
        console.say(KEEPS);
        last = Some(request);
    }
    console.say("Nobody was invited.");
}

/// Whether to correct what was refused.
const AGAIN: &str = "Change your answers and try again?";
/// What is said before questions that have been answered before.
const KEEPS: &str = "An empty answer keeps what is in brackets.";

/// Says what an invitation will be.
fn tell_invitation(console: &mut dyn Console, app: &App, request: &invite::Request) {
    let role = request.role.words();
    let joined = memberships_text(request.workspaces.iter().map(|(name, role)| (name.as_str(), *role)));
    let joined = if joined.is_empty() { "no workspace".to_owned() } else { joined };
    let works = compact(request.valid_for.unwrap_or(app.options().valid_for));
    let (name, email, language) = (&request.name, &request.email, request.language.name());
    console.say(&format!(
        "{name}, {email}, {role}, {joined}, {language}: gets an email with a link that works for {works}."
    ));
    for line in request.message.lines() {
        console.say(&format!("Message: {line}"));
    }
}

/// Says how much may be sent still, where there is a limit; refuses where that is nothing.
async fn has_left(console: &mut dyn Console, app: &App, actor: &Actor) -> bool {
    match health::run(app, actor).await.map(|health| health.allowance) {
        Ok(Some(all)) if all.left == 0 => {
            refuse(console, &Failure::SentEnough(all));
            return false;
        }
        Ok(Some(all)) => console.say(&all.words()),
        // What cannot be looked up now is reported when it is done.
        Ok(None) | Err(_) => {}
    }
    true
}

/// Asks for an invitation, with the answers of the last one that was refused.
async fn invitation(
    console: &mut dyn Console,
    app: &App,
    actor: &Actor,
    last: Option<&invite::Request>,
) -> Option<invite::Request> {
    let gives_roles = authority::run(app, actor).await.is_ok_and(|authority| authority.is_administrator());
    let usually = compact(last.and_then(|last| last.valid_for).unwrap_or(app.options().valid_for));
    let role = last.map_or(OrganisationRole::None, |last| last.role).name();
    let joined = last.map_or_else(|| "none".to_owned(), |last| listed(&last.workspaces));
    let language = last.map_or("en", |last| last.language.tag());
    Some(invite::Request {
        name: needed_or(console, "Name", last.map(|last| last.name.as_str()), Name::parse)?,
        email: unknown_address(console, app, actor, last.map(|last| last.email.as_str())).await?,
        role: if gives_roles { usual(console, (ROLE, role), OrganisationRole::parse)? } else { OrganisationRole::None },
        workspaces: known_workspaces(console, app, actor, ("Workspaces, for example Research, Library:admin", &joined))
            .await?,
        language: usual(console, ("Language: en, de or fr", language), Language::parse)?,
        valid_for: Some(usual(console, ("How long the link works", &usually), length)?),
        message: message(console, last.map_or("", |last| &last.message))?,
        hold: false,
    })
}

/// Workspaces as the question about them has them.
fn listed(workspaces: &[(Name, WorkspaceRole)]) -> String {
    let text = memberships_text(workspaces.iter().map(|(name, role)| (name.as_str(), *role)));
    if text.is_empty() { "none".to_owned() } else { text }
}

/// Asks for an address that nobody has yet, as far as the actor can see.
async fn unknown_address(console: &mut dyn Console, app: &App, actor: &Actor, mut last: Option<&str>) -> Option<Email> {
    loop {
        let email = needed_or(console, "Email", last, Email::parse)?;
        // Whoever gives it up leaves the line empty.
        last = None;
        match find::run(app, actor, email.as_str()).await {
            Ok(user) => console.say(&format!(
                "{}, {}, already has this address. Type another one, or leave the line empty to give up.",
                user.name, user.status
            )),
            Err(_) => return Some(email),
        }
    }
}

/// Asks for workspaces until all of them are there.
async fn known_workspaces(
    console: &mut dyn Console,
    app: &App,
    actor: &Actor,
    question: (&str, &str),
) -> Option<Vec<(Name, WorkspaceRole)>> {
    loop {
        let wanted = usual(console, question, workspaces)?;
        match missing(app, actor, &wanted).await {
            Ok(Some(name)) => console.say(&format!("There is no workspace {name}. Try again.")),
            // What cannot be looked up now is reported when it is saved.
            Ok(None) | Err(_) => return Some(wanted),
        }
    }
}

/// Edits a user: each field with what it is now, which an empty answer keeps.
pub async fn edit(console: &mut dyn Console, app: &App, actor: &Actor, list: &LastList, named: &str) {
    let Some(user) = who(console, app, actor, list, named).await else { return };
    console.say(&format!("{}: an empty answer keeps what is in brackets.", user.name));
    let (mut user, mut answered) = (user, None);
    while let Some(request) = changes(console, app, actor, &user, answered.as_ref()).await {
        tell_edit(console, app, actor, (&request, &user)).await;
        if !yes(console, "Save?") {
            break;
        }
        match edit::run(app, actor, request.clone()).await {
            Ok(edited) => {
                console.say(&format!("{}: {}.", edited.user.name, edited.outcome()));
                return;
            }
            Err(error) => {
                refuse(console, &error);
                if let edit::Error::Changed { now, .. } = error {
                    user = *now;
                }
            }
        }
        if !yes(console, AGAIN) {
            break;
        }
        console.say(KEEPS);
        answered = Some(request);
    }
    console.say("Nothing was changed.");
}

/// Says which links an edit ends.
async fn tell_edit(console: &mut dyn Console, app: &App, actor: &Actor, (request, user): (&edit::Request, &User)) {
    if edit::renews(request, user, app.now()) {
        console.say(edit::RENEWS);
    }
    if edit::takes_role(request, user) {
        let views = show::run(app, actor, user.id).await.map(|detail| renew::of_views(detail.views));
        if let Ok(Some(views)) = views {
            console.say(&views);
        }
    }
}

const fn yes_or_no(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "no" }
}

fn parse_yes_or_no(text: &str) -> Result<bool, &'static str> {
    match text.to_lowercase().as_str() {
        "y" | "yes" => Ok(true),
        "n" | "no" => Ok(false),
        _ => Err("type yes or no"),
    }
}

/// Asks for an edit, with what the user is, and the answers of the last one that was refused.
async fn changes(
    console: &mut dyn Console,
    app: &App,
    actor: &Actor,
    user: &User,
    last: Option<&edit::Request>,
) -> Option<edit::Request> {
    let may = match authority::run(app, actor).await.map(|authority| editable(&authority, user)) {
        Ok(Ok(may)) => may,
        Ok(Err(denied)) => {
            refuse(console, &denied);
            return None;
        }
        Err(failure) => {
            refuse(console, &failure);
            return None;
        }
    };
    let known: Vec<_> = user.memberships.iter().map(|m| (m.name.clone(), m.role)).collect();
    let memberships = listed(last.and_then(|last| last.workspaces.as_ref()).unwrap_or(&known));
    let name = last.and_then(|last| last.name.as_ref()).unwrap_or(&user.name);
    let email = last.and_then(|last| last.email.as_ref()).unwrap_or(&user.email);
    let role = last.and_then(|last| last.role).unwrap_or(user.organisation_role);
    let language = last.and_then(|last| last.language).unwrap_or(user.language);
    let ssh = last.and_then(|last| last.ssh).unwrap_or(user.ssh);
    // What stays as it is is not asked for: somebody else may be changing it.
    Some(edit::Request {
        version: Some(user.version),
        name: if may.profile {
            Some(usual(console, ("Name", name.as_str()), Name::parse)?).filter(|name| *name != user.name)
        } else {
            None
        },
        email: if may.email {
            Some(usual(console, ("Email", email.as_str()), Email::parse)?).filter(|new| *new != user.email)
        } else {
            None
        },
        role: if may.role {
            let now = user.organisation_role;
            Some(usual(console, (ROLE, role.name()), OrganisationRole::parse)?).filter(|role| *role != now)
        } else {
            None
        },
        workspaces: if may.workspaces {
            Some(known_workspaces(console, app, actor, ("Workspaces", &memberships)).await?)
                .filter(|wanted| *wanted != known)
        } else {
            None
        },
        language: if may.profile {
            Some(usual(console, ("Language: en, de or fr", language.tag()), Language::parse)?)
                .filter(|language| *language != user.language)
        } else {
            None
        },
        ssh: if may.ssh {
            Some(usual(console, (SSH, yes_or_no(ssh)), parse_yes_or_no)?).filter(|open| *open != user.ssh)
        } else {
            None
        },
        ..edit::Request::of(user.id)
    })
}
