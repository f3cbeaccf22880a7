//! `rsvp setup`: checks what was given before anything is created.

use super::args::Setup;
use super::ask;
use super::out::{Failed, Usage};
use crate::app::set_up::Request;
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
    let (first, second) = ask::password(args.password)?;
    let known = [organisation.as_str(), name.as_str(), email.as_str()];
    let password = Password::choose_twice(&first, &second, rules, &known).map_err(Usage::plain)?;
    Ok(Request { organisation, name, email, password, language })
}
