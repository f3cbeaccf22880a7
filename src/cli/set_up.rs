//! `rsvp setup`: checks what was given before anything is created, and keeps what it says about mail and portal.

use std::path::Path;

use super::args::Setup;
use super::ask;
use super::out::{Failed, Usage};
use crate::app::session::set_up::Request;
use crate::config::layers::Argument;
use crate::config::problem::Problem;
use crate::config::save::{Prepared, prepare};
use crate::domain::email::Email;
use crate::domain::language::Language;
use crate::domain::name::Name;
use crate::domain::password::{Password, PasswordRules};

/// Checks the arguments and asks for the password.
pub fn answers(args: &Setup, rules: PasswordRules) -> Result<Request, Failed> {
    let organisation = Name::parse(&args.organisation).map_err(Usage::plain)?;
    let name = Name::parse(&args.name).map_err(Usage::plain)?;
    let email = Email::parse(&args.email).map_err(Usage::plain)?;
    let language = Language::parse(&args.language).map_err(Usage::plain)?;
    let (first, second) = ask::password(&args.password)?;
    let known = [organisation.as_str(), name.as_str(), email.as_str()];
    let password = Password::choose_twice(&first, &second, rules, &known).map_err(Usage::plain)?;
    Ok(Request { organisation, name, email, password, language })
}

/// The settings that the arguments give.
pub fn settings(args: &Setup) -> Vec<Argument> {
    let given = |key, name, text: &Option<String>| text.clone().map(|text| Argument { key, name, text });
    let transport = args.smtp_url.as_ref().map(|_| "smtp".to_owned());
    [
        given("portal.public_url", "--public-url", &args.public_url),
        given("mail.smtp.url", "--smtp-url", &args.smtp_url),
        given("mail.transport", "--smtp-url", &transport),
        given("mail.from", "--from", &args.from),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Writes the settings that were given beside their file, where the next start will find them once they are kept; nothing if
/// none was given.
pub fn prepare_settings(file: &Path, given: &[Argument]) -> Result<Option<Prepared>, Problem> {
    let values: Vec<_> = given.iter().map(|argument| (argument.key, argument.text.clone())).collect();
    (!values.is_empty()).then(|| prepare(file, &values)).transpose()
}
