//! The forms of the main screens: invite a user, edit a user, send a test mail.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::workspaces::Purpose as ForWorkspaces;
use super::{Dialog, Touch, frame, stay};
use crate::app::users::{edit, invite};
use crate::domain::action::Action;
use crate::domain::email::Email;
use crate::domain::invitation::{check_message, check_validity};
use crate::domain::language::Language;
use crate::domain::name::Name;
use crate::domain::role::{memberships_text, parse_memberships};
use crate::domain::time::{Timestamp, compact, parse_length, parse_moment};
use crate::domain::user::User;
use crate::tui::canvas::Canvas;
use crate::tui::message::{Effect, Request};
use crate::tui::screens::audit;
use crate::tui::screens::audit::update::Filter;
use crate::tui::state::State;
use crate::tui::widgets::fields::{Answer, Check, Field, Fields};
use crate::tui::widgets::lines::lines;

/// Columns of a form.
const COLUMNS: u16 = 84;

/// What a form is for.
pub enum Purpose {
    /// Inviting somebody.
    Invite,
    /// Changing somebody, as they were when the form opened.
    Edit(Box<User>),
    /// Sending a test mail.
    TestMail,
    /// Creating a workspace.
    CreateWorkspace,
    /// Giving the workspace with this name another one.
    RenameWorkspace(Name),
    /// Choosing which entries of the audit log are shown.
    AuditFilter(Timestamp, TimeZone),
}

/// A form.
pub struct Form {
    /// What it is for.
    pub purpose: Purpose,
    /// Its fields.
    pub fields: Fields,
    /// The number of the request whose answer is awaited, or was last.
    sent: Option<u64>,
}

/// The fields of the forms for users by their places.
pub mod at {
    pub const NAME: usize = 0;
    pub const EMAIL: usize = 1;
    pub const ROLE: usize = 2;
    pub const WORKSPACES: usize = 3;
    pub const LANGUAGE: usize = 4;
    pub const VALID_FOR: usize = 5;
    pub const MESSAGE: usize = 6;
}

fn roles() -> Vec<String> {
    vec!["member".to_owned(), "administrator".to_owned()]
}

fn languages() -> Vec<String> {
    Language::ALL.iter().map(|language| language.name().to_owned()).collect()
}

/// The check of a field that something must be in.
pub fn needs<T, E: std::fmt::Display>(parse: impl Fn(&str) -> Result<T, E> + Send + 'static) -> Check {
    Box::new(move |text| parse(text).err().map(|error| error.to_string()))
}

/// The check of a field that may stay empty.
pub fn may<T, E: std::fmt::Display>(parse: impl Fn(&str) -> Result<T, E> + Send + 'static) -> Check {
    Box::new(move |text| if text.trim().is_empty() { None } else { parse(text).err().map(|error| error.to_string()) })
}

fn validity(text: &str) -> Result<Duration, String> {
    let length = parse_length(text).map_err(|error| error.to_string())?;
    check_validity(length).map_err(|error| error.to_string())
}

fn workspaces_of(user: &User) -> String {
    memberships_text(user.memberships.iter().map(|m| (m.name.as_str(), m.role)))
}

fn language_of(user: &User) -> usize {
    Language::ALL.iter().position(|language| *language == user.language).unwrap_or(0)
}

/// The note of the field for workspaces.
const WORKSPACES: &str = "none; or such as Research, Library:admin";

impl Form {
    /// An empty form to invite with; `valid_for` is the organisation's setting.
    pub fn invite(valid_for: Duration) -> Self {
        let fields = vec![
            Field::text("Name", "", needs(Name::parse)),
            Field::text("E-mail", "", needs(Email::parse)),
            Field::choice("Role", roles(), 0),
            Field::listed("Workspaces", "", may(parse_memberships)).with_note(WORKSPACES),
            Field::choice("Language", languages(), 0),
            Field::text("Link works", compact(valid_for), needs(validity)),
            Field::lines("Message", may(check_message)).with_note("personal lines in the mail, if you like"),
        ];
        Self { purpose: Purpose::Invite, fields: Fields::new(fields), sent: None }
    }

    /// A form with what a user is now.
    pub fn edit(user: &User) -> Self {
        let fields = vec![
            Field::text("Name", user.name.as_str(), needs(Name::parse)),
            Field::text("E-mail", user.email.as_str(), needs(Email::parse)),
            Field::choice("Role", roles(), usize::from(user.is_administrator)),
            Field::listed("Workspaces", workspaces_of(user), may(parse_memberships)).with_note(WORKSPACES),
            Field::choice("Language", languages(), language_of(user)),
        ];
        Self { purpose: Purpose::Edit(Box::new(user.clone())), fields: Fields::new(fields), sent: None }
    }

    /// Whether it waits for the answer to this request.
    pub fn awaits(&self, number: u64) -> bool {
        self.fields.sending && self.sent == Some(number)
    }

    /// Goes on from what somebody else made of the user; what was changed here stays changed.
    pub fn rebase(&mut self, theirs: &User) {
        for (mine, now) in self.fields.all.iter_mut().zip(Self::edit(theirs).fields.all) {
            mine.rebase(&now);
        }
        self.fields.sending = false;
        self.fields.refused = None;
        self.purpose = Purpose::Edit(Box::new(theirs.clone()));
    }

    /// Asks for what it says, unless a field is wrong.
    pub fn save(mut self: Box<Self>, state: &mut State) -> Vec<Effect> {
        let answer = self.fields.save();
        self.decide(state, answer)
    }

    /// A form that asks where a test mail goes.
    pub fn test_mail(to: &str) -> Self {
        let fields = vec![Field::text("To", to, needs(Email::parse)).with_note("ada@example.org")];
        Self { purpose: Purpose::TestMail, fields: Fields::new(fields), sent: None }
    }

    /// A form that asks which entries of the audit log are to be shown.
    pub fn audit_filter(filter: &Filter, now: Timestamp, zone: &TimeZone) -> Self {
        let moment = || {
            let zone = zone.clone();
            may(move |text| parse_moment(text, now, &zone))
        };
        let mut actions = vec!["any".to_owned()];
        actions.extend(Action::ALL.map(|action| action.past().to_owned()));
        let at =
            filter.action.and_then(|action| Action::ALL.iter().position(|one| *one == action)).map_or(0, |at| at + 1);
        let anything = || may(|_| Ok::<_, String>(()));
        let fields = vec![
            Field::text("To whom", &filter.user, anything()).with_note("an e-mail address, or # and a number"),
            Field::text("By whom", &filter.actor, anything())
                .with_note("the same; or operator, or rsvp for the program"),
            Field::choice("What", actions, at),
            Field::text("Since", &filter.since.0, moment())
                .with_note("7d for the last seven days, or such as 2026-11-24"),
            Field::text("Before", &filter.until.0, moment()).with_note("such as 2026-11-24T09:30"),
        ];
        Self { purpose: Purpose::AuditFilter(now, zone.clone()), fields: Fields::new(fields), sent: None }
    }

    /// The filter as it is filled in.
    fn filter(&self, now: Timestamp, zone: &TimeZone) -> Filter {
        let value = |at: usize| self.fields.value(at).trim().to_owned();
        let moment = |at: usize| (value(at), parse_moment(&value(at), now, zone).ok());
        let action = self.fields.all[2].choice.checked_sub(1).map(|at| Action::ALL[at]);
        Filter { user: value(0), actor: value(1), action, since: moment(3), until: moment(4) }
    }

    /// A form that asks what a new workspace is called.
    pub fn create_workspace() -> Self {
        let fields = vec![Field::text("Name", "", needs(Name::parse)).with_note("such as Research")];
        Self { purpose: Purpose::CreateWorkspace, fields: Fields::new(fields), sent: None }
    }

    /// A form that asks what a workspace is called from now on.
    pub fn rename_workspace(name: &Name) -> Self {
        let fields = vec![Field::text("Name", name.as_str(), needs(Name::parse))];
        Self { purpose: Purpose::RenameWorkspace(name.clone()), fields: Fields::new(fields), sent: None }
    }

    /// What stands above it.
    pub fn title(&self) -> String {
        match &self.purpose {
            Purpose::Invite => "Invite user".to_owned(),
            Purpose::Edit(user) => format!("Edit {}", user.name.as_str()),
            Purpose::TestMail => "Send test mail".to_owned(),
            Purpose::AuditFilter(..) => "Which entries".to_owned(),
            Purpose::CreateWorkspace => "Create workspace".to_owned(),
            Purpose::RenameWorkspace(name) => format!("Rename workspace {name}"),
        }
    }

    /// What its button says, and says while it is being done.
    const fn button(&self) -> (&'static str, &'static str) {
        match self.purpose {
            Purpose::Invite => ("Invite", "Inviting…"),
            Purpose::Edit(_) => ("Save", "Saving…"),
            Purpose::TestMail => ("Send", "Sending…"),
            Purpose::AuditFilter(..) => ("Show", "Show"),
            Purpose::CreateWorkspace => ("Create", "Creating…"),
            Purpose::RenameWorkspace(_) => ("Rename", "Renaming…"),
        }
    }

    /// Somebody touches it.
    pub fn on(mut self: Box<Self>, state: &mut State, touch: Touch) -> Vec<Effect> {
        let answer = match touch {
            Touch::Key(key) => self.fields.key(&state.keymap, key),
            Touch::Click(at) => self.fields.click(at),
        };
        self.decide(state, answer)
    }

    fn decide(mut self: Box<Self>, state: &mut State, answer: Answer) -> Vec<Effect> {
        let effects = match answer {
            Answer::Leaves => return Vec::new(),
            Answer::Saves if let Purpose::AuditFilter(now, zone) = &self.purpose => {
                let filter = self.filter(*now, zone);
                return audit::update::choose(state, filter);
            }
            Answer::Saves => match self.request() {
                Some(request) => {
                    let asks = state.ask(request);
                    self.sent = Some(state.asked);
                    vec![asks]
                }
                None => Vec::new(),
            },
            Answer::Opens => vec![Effect::Workspaces(ForWorkspaces::Form)],
            Answer::Stays => Vec::new(),
        };
        stay(state, Dialog::Form(self));
        effects
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas) {
        let width = usize::from(canvas.area().width.min(COLUMNS)).saturating_sub(2);
        let lines = lines((state.theme, &state.keymap), &self.fields, self.button(), width);
        let inner = frame(canvas, &self.title(), COLUMNS, lines.count());
        lines.draw(canvas, inner);
    }

    /// What it asks for; `None` while a field is wrong.
    fn request(&self) -> Option<Request> {
        let fields = &self.fields;
        let value = |at: usize| fields.value(at);
        match &self.purpose {
            Purpose::TestMail => Email::parse(&value(0)).ok().map(Request::TestMail),
            Purpose::AuditFilter(..) => None,
            Purpose::CreateWorkspace => Name::parse(&value(0)).ok().map(Request::CreateWorkspace),
            Purpose::RenameWorkspace(from) => {
                Name::parse(&value(0)).ok().map(|to| Request::RenameWorkspace(from.clone(), to))
            }
            Purpose::Invite => Some(Request::Invite(Box::new(invite::Request {
                name: Name::parse(&value(at::NAME)).ok()?,
                email: Email::parse(&value(at::EMAIL)).ok()?,
                administrator: fields.all[at::ROLE].choice == 1,
                workspaces: parse_memberships(&value(at::WORKSPACES)).ok()?,
                language: Language::ALL[fields.all[at::LANGUAGE].choice],
                valid_for: Some(validity(&value(at::VALID_FOR)).ok()?),
                message: value(at::MESSAGE),
                hold: true,
            }))),
            Purpose::Edit(user) => {
                // What was not changed here is not asked for: somebody else may have changed it meanwhile.
                let changed = |at: usize| fields.all[at].is_changed();
                let (name, email) = (value(at::NAME), value(at::EMAIL));
                let workspaces = value(at::WORKSPACES);
                Some(Request::Edit(Box::new(edit::Request {
                    version: Some(user.version),
                    name: changed(at::NAME).then(|| Name::parse(&name)).transpose().ok()?,
                    email: changed(at::EMAIL).then(|| Email::parse(&email)).transpose().ok()?,
                    language: changed(at::LANGUAGE).then(|| Language::ALL[fields.all[at::LANGUAGE].choice]),
                    administrator: changed(at::ROLE).then(|| fields.all[at::ROLE].choice == 1),
                    workspaces: changed(at::WORKSPACES).then(|| parse_memberships(&workspaces)).transpose().ok()?,
                    ..edit::Request::of(user.id)
                })))
            }
        }
    }
}
