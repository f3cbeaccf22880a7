//! The forms of the main screens: invite a user, edit a user, send a test mail.

use std::time::Duration;

use super::fields::{Check, Field, Fields};
use crate::app::{edit, invite};
use crate::domain::email::Email;
use crate::domain::invitation::{check_message, check_validity};
use crate::domain::language::Language;
use crate::domain::name::Name;
use crate::domain::role::{InvalidMembership, Standing, parse_membership};
use crate::domain::time::{compact, parse_length};
use crate::domain::user::User;

/// What a form is for.
pub enum Purpose {
    /// Inviting somebody.
    Invite,
    /// Changing somebody, as they were when the form opened.
    Edit(Box<User>),
    /// Sending a test mail.
    TestMail,
}

/// A form.
pub struct Form {
    /// What it is for.
    pub purpose: Purpose,
    /// Its fields.
    pub fields: Fields,
}

/// What a filled-in form asks for.
#[derive(Debug, Clone)]
pub enum Request {
    /// To invite.
    Invite(Box<invite::Request>),
    /// To change.
    Edit(Box<edit::Request>),
    /// To send a test mail there.
    TestMail(Email),
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

/// Reads `Research, Library:admin`.
fn workspaces(text: &str) -> Result<Vec<(Name, Standing)>, InvalidMembership> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(parse_membership).collect()
}

/// The same the other way round.
fn workspaces_of(user: &User) -> String {
    let one = |(name, standing): (&str, Standing)| match standing {
        Standing::Member => name.to_owned(),
        Standing::Administrator => format!("{name}:{}", standing.name()),
    };
    user.memberships.iter().map(|m| one((m.name.as_str(), m.standing))).collect::<Vec<_>>().join(", ")
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
            Field::text("Workspaces", "", may(workspaces)).with_note(WORKSPACES),
            Field::choice("Language", languages(), 0),
            Field::text("Link works", compact(valid_for), needs(validity)),
            Field::text("Message", "", may(check_message)).with_note("a personal line in the mail, if you like"),
        ];
        Self { purpose: Purpose::Invite, fields: Fields::new(fields) }
    }

    /// A form with what a user is now.
    pub fn edit(user: &User) -> Self {
        let language = Language::ALL.iter().position(|language| *language == user.language).unwrap_or(0);
        let fields = vec![
            Field::text("Name", user.name.as_str(), needs(Name::parse)),
            Field::text("E-mail", user.email.as_str(), needs(Email::parse)),
            Field::choice("Role", roles(), usize::from(user.is_administrator)),
            Field::text("Workspaces", workspaces_of(user), may(workspaces)).with_note(WORKSPACES),
            Field::choice("Language", languages(), language),
        ];
        Self { purpose: Purpose::Edit(Box::new(user.clone())), fields: Fields::new(fields) }
    }

    /// Puts the cursor into the address.
    pub fn at_address(&mut self) {
        self.fields.focus = 1;
    }

    /// A form that asks where a test mail goes.
    pub fn test_mail(to: &str) -> Self {
        let fields = vec![Field::text("To", to, needs(Email::parse)).with_note("ada@example.org")];
        Self { purpose: Purpose::TestMail, fields: Fields::new(fields) }
    }

    /// What stands above it.
    pub fn title(&self) -> String {
        match &self.purpose {
            Purpose::Invite => "Invite user".to_owned(),
            Purpose::Edit(user) => format!("Edit {}", user.name.as_str()),
            Purpose::TestMail => "Send test mail".to_owned(),
        }
    }

    /// What its button says, and says while it is being done.
    pub const fn button(&self) -> (&'static str, &'static str) {
        match self.purpose {
            Purpose::Invite => ("Invite", "Inviting…"),
            Purpose::Edit(_) => ("Save", "Saving…"),
            Purpose::TestMail => ("Send", "Sending…"),
        }
    }

    /// What it asks for; `None` while a field is wrong.
    pub fn request(&self) -> Option<Request> {
        let fields = &self.fields;
        match &self.purpose {
            Purpose::TestMail => Email::parse(fields.value(0)).ok().map(Request::TestMail),
            Purpose::Invite => Some(Request::Invite(Box::new(invite::Request {
                name: Name::parse(fields.value(0)).ok()?,
                email: Email::parse(fields.value(1)).ok()?,
                administrator: fields.all[2].choice == 1,
                workspaces: workspaces(fields.value(3)).ok()?,
                language: Language::ALL[fields.all[4].choice],
                valid_for: Some(validity(fields.value(5)).ok()?),
                message: fields.value(6).to_owned(),
                hold: true,
            }))),
            Purpose::Edit(user) => {
                let administrator = fields.all[2].choice == 1;
                let wanted = workspaces(fields.value(3)).ok()?;
                let known: Vec<(Name, Standing)> =
                    user.memberships.iter().map(|m| (m.name.clone(), m.standing)).collect();
                Some(Request::Edit(Box::new(edit::Request {
                    version: Some(user.version),
                    name: Some(Name::parse(fields.value(0)).ok()?),
                    email: Some(Email::parse(fields.value(1)).ok()?).filter(|email| *email != user.email),
                    language: Some(Language::ALL[fields.all[4].choice]),
                    administrator: Some(administrator).filter(|is| *is != user.is_administrator),
                    workspaces: Some(wanted).filter(|wanted| *wanted != known),
                    ..edit::Request::of(user.id)
                })))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workspaces_are_read_with_and_without_a_role() {
        let all = workspaces(" Research , Library:admin,,").unwrap();
        let names: Vec<_> = all.iter().map(|(name, standing)| (name.as_str(), *standing)).collect();
        assert_eq!(names, [("Research", Standing::Member), ("Library", Standing::Administrator)]);
        assert!(workspaces("Library:boss").unwrap_err().to_string().contains("boss"));
    }
}
