//! Changes: what has to be known is asked, who and what is said again, and nothing happens before a yes.

use jiff::tz::TimeZone;

use super::ask::{needed, refuse, typed, usual, who, yes};
use super::console::Console;
use super::listed::LastList;
use crate::app::App;
use crate::app::links::renew;
use crate::app::session::authority;
use crate::app::upkeep::health;
use crate::app::users::{edit, find, invite, perform, show};
use crate::app::workspaces::list_workspaces::missing;
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
    if action == Action::ResetPassword || action == Action::Resend {
        say_left(console, app, actor).await;
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
fn message(console: &mut dyn Console) -> Option<String> {
    console.say("Personal message, if you like. An empty line ends it.");
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
            Err(error) => console.say(&format!("{error}. Try again.")),
        }
    }
}

pub async fn invite(console: &mut dyn Console, app: &App, actor: &Actor) {
    match authority::run(app, actor).await.map(|authority| invites(&authority)) {
        Ok(Ok(())) => say_left(console, app, actor).await,
        Ok(Err(denied)) => return refuse(console, &denied),
        Err(failure) => return refuse(console, &failure),
    }
    let Some(request) = invitation(console, app, actor).await else {
        console.say("Nobody was invited.");
        return;
    };
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
    if !yes(console, "Invite?") {
        console.say("Nobody was invited.");
        return;
    }
    match invite::run(app, actor, request).await {
        Ok(done) => {
            let until = done.expires_at.local(&TimeZone::system());
            console.say(&format!("Done: {} is invited; the link works until {until}.", done.user.name));
        }
        Err(error) => refuse(console, &error),
    }
}

/// Says how much may be sent still, where there is a limit.
async fn say_left(console: &mut dyn Console, app: &App, actor: &Actor) {
    if let Ok(Some(left)) = health::run(app, actor).await.map(|health| health.allowance) {
        console.say(&left.words());
    }
}

async fn invitation(console: &mut dyn Console, app: &App, actor: &Actor) -> Option<invite::Request> {
    let gives_roles = authority::run(app, actor).await.is_ok_and(|authority| authority.is_administrator());
    let usually = compact(app.options().valid_for);
    Some(invite::Request {
        name: needed(console, "Name", Name::parse)?,
        email: unknown_address(console, app, actor).await?,
        role: if gives_roles {
            usual(console, (ROLE, "none"), OrganisationRole::parse)?
        } else {
            OrganisationRole::None
        },
        workspaces: known_workspaces(console, app, actor, ("Workspaces, for example Research, Library:admin", "none"))
            .await?,
        language: usual(console, ("Language: en, de or fr", "en"), Language::parse)?,
        valid_for: Some(usual(console, ("How long the link works", &usually), length)?),
        message: message(console)?,
        hold: false,
    })
}

/// Asks for an address that nobody has yet, as far as the actor can see.
async fn unknown_address(console: &mut dyn Console, app: &App, actor: &Actor) -> Option<Email> {
    loop {
        let email = needed(console, "Email", Email::parse)?;
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
    let request = changes(console, app, actor, &user).await;
    if request.as_ref().is_some_and(|request| edit::renews(request, &user, app.now())) {
        console.say(edit::RENEWS);
    }
    if request.as_ref().is_some_and(|request| edit::takes_role(request, &user)) {
        let views = show::run(app, actor, user.id).await.map(|detail| renew::of_views(detail.views));
        if let Ok(Some(views)) = views {
            console.say(&views);
        }
    }
    let Some(request) = request.filter(|_| yes(console, "Save?")) else {
        console.say("Nothing was changed.");
        return;
    };
    match edit::run(app, actor, request).await {
        Ok(edited) => console.say(&format!("{}: {}.", edited.user.name, edited.outcome())),
        Err(error) => refuse(console, &error),
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

async fn changes(console: &mut dyn Console, app: &App, actor: &Actor, user: &User) -> Option<edit::Request> {
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
    let memberships = memberships_text(known.iter().map(|(name, role)| (name.as_str(), *role)));
    let memberships = if memberships.is_empty() { "none".to_owned() } else { memberships };
    // What stays as it is is not asked for: somebody else may be changing it.
    Some(edit::Request {
        version: Some(user.version),
        name: if may.profile {
            Some(usual(console, ("Name", user.name.as_str()), Name::parse)?).filter(|name| *name != user.name)
        } else {
            None
        },
        email: if may.email {
            Some(usual(console, ("Email", user.email.as_str()), Email::parse)?).filter(|new| *new != user.email)
        } else {
            None
        },
        role: if may.role {
            let now = user.organisation_role;
            Some(usual(console, (ROLE, now.name()), OrganisationRole::parse)?).filter(|role| *role != now)
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
            Some(usual(console, ("Language: en, de or fr", user.language.tag()), Language::parse)?)
                .filter(|language| *language != user.language)
        } else {
            None
        },
        ssh: if may.ssh {
            Some(usual(console, (SSH, yes_or_no(user.ssh)), parse_yes_or_no)?).filter(|open| *open != user.ssh)
        } else {
            None
        },
        ..edit::Request::of(user.id)
    })
}
