//! The forms of the list of users: invite a user, edit a user.

use std::sync::Arc;
use std::time::Duration;

use super::msg::{Msg, NamesFor};
use crate::app::links::renew;
use crate::app::users::{edit, invite};
use crate::domain::email::Email;
use crate::domain::invitation::{check_message, check_validity};
use crate::domain::language::Language;
use crate::domain::name::Name;
use crate::domain::policy::{Editable, editable};
use crate::domain::role::{OrganisationRole, memberships_text, parse_memberships};
use crate::domain::text::capital;
use crate::domain::time::{compact, parse_length};
use crate::domain::user::{User, UserId};
use crate::tui::ctx::Ctx;
use crate::tui::dialogs::Form;
use crate::tui::widgets::fields::{Field, Fields, may as may_be, needs};

/// The fields by their places.
pub mod at {
    pub const NAME: usize = 0;
    pub const EMAIL: usize = 1;
    pub const ROLE: usize = 2;
    pub const WORKSPACES: usize = 3;
    pub const LANGUAGE: usize = 4;
    pub const VALID_FOR: usize = 5;
    pub const MESSAGE: usize = 6;
    /// Of the form of a user who is there.
    pub const SSH: usize = 5;
}

/// The note of the field for workspaces.
const WORKSPACES: &str = "none; or for example Research, Library:admin, Choir:helpdesk";

/// What an empty field says to somebody who invites: only administrators invite into none.
fn workspaces_note(ctx: &Ctx) -> &'static str {
    if ctx.me.authority.is_administrator() { WORKSPACES } else { "at least one that you manage; for example Research" }
}

/// Whether an SSH key may stand for somebody.
const SSH: [&str; 2] = ["allowed", "not allowed"];

fn roles() -> Vec<String> {
    OrganisationRole::ALL.map(|role| role.words().to_owned()).to_vec()
}

/// The place of a role in [`roles`].
fn place(role: OrganisationRole) -> usize {
    OrganisationRole::ALL.iter().position(|one| *one == role).unwrap_or(0)
}

fn languages() -> Vec<String> {
    Language::ALL.iter().map(|language| language.name().to_owned()).collect()
}

fn validity(text: &str) -> Result<Duration, String> {
    let length = parse_length(text).map_err(|error| error.to_string())?;
    check_validity(length).map_err(|error| error.to_string())
}

/// An empty form to invite with.
pub fn invite(ctx: &Ctx) -> Form<Msg> {
    let fields = vec![
        Field::text("Name", "", needs(Name::parse)),
        Field::text("Email", "", needs(Email::parse)),
        Field::choice("Role", roles(), 0).absent_unless(ctx.me.authority.is_administrator()),
        Field::listed("Workspaces", "", may_be(parse_memberships)).with_note(workspaces_note(ctx)),
        Field::choice("Language", languages(), 0),
        Field::text("Link lasts", compact(ctx.valid_for), needs(validity)),
        Field::lines("Message", may_be(check_message)).with_note("a personal message in the email, if you like"),
    ];
    let submit = |fields: &Fields, number| Some(Msg::Invite(number, Box::new(invitation(fields)?)));
    let left = ctx.health.as_ref().and_then(|health| health.allowance);
    let left =
        left.map_or_else(String::new, |all| format!(" · {} of {} left this {}", all.left, all.of, all.within.words()));
    let form = Form::new(format!("Invite user{left}"), Fields::new(fields), ("Invite", "Inviting…"), Arc::new(submit));
    form.opening(Arc::new(|number, text| Msg::Choose(NamesFor::Form(number, text))))
}

fn invitation(fields: &Fields) -> Option<invite::Request> {
    let value = |at: usize| fields.value(at);
    Some(invite::Request {
        name: Name::parse(&value(at::NAME)).ok()?,
        email: Email::parse(&value(at::EMAIL)).ok()?,
        role: OrganisationRole::ALL[fields.all[at::ROLE].choice],
        workspaces: parse_memberships(&value(at::WORKSPACES)).ok()?,
        language: Language::ALL[fields.all[at::LANGUAGE].choice],
        valid_for: Some(validity(&value(at::VALID_FOR)).ok()?),
        message: value(at::MESSAGE),
        hold: true,
    })
}

/// A form with what a user is now, who was shown so many links of others that work, and the fields that whoever opens it may
/// change.
pub fn edit(ctx: &Ctx, user: &User, views: u64) -> Form<Msg> {
    let all = Editable { profile: true, email: true, role: true, workspaces: true, ssh: true };
    // Whoever may change nothing any more is told so when it is saved.
    let may = editable(&ctx.me.authority, user).unwrap_or(all);
    let (now, of) = (ctx.now, user.clone());
    let means = Arc::new(move |request: edit::Request| {
        let renews = edit::renews(&request, &of, now).then(|| edit::RENEWS.to_owned());
        renews.or_else(|| renew::of_views(views).filter(|_| edit::takes_role(&request, &of)))
    });
    let (gives, joins, id) = (Arc::clone(&means), means, user.id);
    let role_means = move |field: &Field| {
        gives(edit::Request { role: Some(OrganisationRole::ALL[field.choice]), ..edit::Request::of(id) })
    };
    let workspaces_mean = move |field: &Field| {
        let workspaces = Some(parse_memberships(&field.value()).ok()?);
        joins(edit::Request { workspaces, ..edit::Request::of(id) })
    };
    let workspaces = memberships_text(user.memberships.iter().map(|m| (m.name.as_str(), m.role)));
    let language = Language::ALL.iter().position(|language| *language == user.language).unwrap_or(0);
    let fields = vec![
        Field::text("Name", user.name.as_str(), needs(Name::parse)).absent_unless(may.profile),
        Field::text("Email", user.email.as_str(), needs(Email::parse)).absent_unless(may.email),
        Field::choice("Role", roles(), place(user.organisation_role))
            .absent_unless(may.role)
            .meaning(Box::new(role_means)),
        Field::listed("Workspaces", workspaces, may_be(parse_memberships))
            .with_note(WORKSPACES)
            .absent_unless(may.workspaces)
            .meaning(Box::new(workspaces_mean)),
        Field::choice("Language", languages(), language).absent_unless(may.profile),
        Field::choice("SSH key", SSH.map(str::to_owned).to_vec(), usize::from(!user.ssh))
            .absent_unless(may.ssh)
            .meaning(Box::new(|field| Some(format!("{}.", capital(edit::ssh_words(field.choice == 0)))))),
    ];
    let (id, version) = (user.id, user.version);
    let submit = move |fields: &Fields, number| Some(Msg::Edit(number, Box::new(changes(fields, id, version)?)));
    let title = format!("Edit {}", user.name.as_str());
    let form = Form::new(title, Fields::new(fields), ("Save", "Saving…"), Arc::new(submit));
    form.opening(Arc::new(|number, text| Msg::Choose(NamesFor::Form(number, text))))
}

/// What was changed, and nothing else: somebody else may have changed the rest meanwhile.
fn changes(fields: &Fields, user: UserId, version: i64) -> Option<edit::Request> {
    let changed = |at: usize| fields.all[at].is_changed();
    let (name, email) = (fields.value(at::NAME), fields.value(at::EMAIL));
    let workspaces = fields.value(at::WORKSPACES);
    Some(edit::Request {
        version: Some(version),
        name: changed(at::NAME).then(|| Name::parse(&name)).transpose().ok()?,
        email: changed(at::EMAIL).then(|| Email::parse(&email)).transpose().ok()?,
        language: changed(at::LANGUAGE).then(|| Language::ALL[fields.all[at::LANGUAGE].choice]),
        role: changed(at::ROLE).then(|| OrganisationRole::ALL[fields.all[at::ROLE].choice]),
        ssh: changed(at::SSH).then(|| fields.all[at::SSH].choice == 0),
        workspaces: changed(at::WORKSPACES).then(|| parse_memberships(&workspaces)).transpose().ok()?,
        ..edit::Request::of(user)
    })
}
