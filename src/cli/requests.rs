//! What the arguments of a command ask for, as the use case wants it.

use super::args;
use super::out::{Failed, Usage};
use crate::app::users::{edit, invite};
use crate::domain::email::Email;
use crate::domain::invitation::{check_message, check_validity};
use crate::domain::language::Language;
use crate::domain::name::Name;
use crate::domain::role::{OrganisationRole, WorkspaceRole, parse_membership};
use crate::domain::time::parse_length;
use crate::domain::user::UserId;

/// What `rsvp invite` asks for each address. What is the same for all of them is checked before the first.
pub fn invite(args: &args::Invite) -> Result<impl Fn(&str) -> Result<invite::Request, Failed> + use<>, Failed> {
    let language = Language::parse(&args.language).map_err(Usage::plain)?;
    let valid_for = args.valid_for.as_deref().map(parse_length).transpose().map_err(Usage::plain)?;
    let workspaces = memberships(&args.workspaces)?;
    valid_for.map(check_validity).transpose().map_err(Usage::plain)?;
    check_message(&args.message).map_err(Usage::plain)?;
    let role = OrganisationRole::parse(&args.role).map_err(Usage::plain)?;
    let (name, message) = (args.name.clone(), args.message.clone());
    Ok(move |address: &str| {
        let email = Email::parse(address).map_err(Usage::plain)?;
        let name = Name::parse(name.as_deref().unwrap_or(email.local())).map_err(Usage::plain)?;
        let (workspaces, message) = (workspaces.clone(), message.clone());
        Ok(invite::Request { email, name, role, workspaces, language, valid_for, message, hold: false })
    })
}

/// What `rsvp edit` asks for, of whoever its address turns out to be.
pub fn edit(args: &args::Edit) -> Result<impl Fn(UserId) -> edit::Request + use<>, Failed> {
    let keeps_workspaces = args.workspaces.is_empty() && !args.no_workspaces;
    let wanted = edit::Request {
        name: args.name.as_deref().map(Name::parse).transpose().map_err(Usage::plain)?,
        email: args.email.as_deref().map(Email::parse).transpose().map_err(Usage::plain)?,
        language: args.language.as_deref().map(Language::parse).transpose().map_err(Usage::plain)?,
        role: args.role.as_deref().map(OrganisationRole::parse).transpose().map_err(Usage::plain)?,
        workspaces: if keeps_workspaces { None } else { Some(memberships(&args.workspaces)?) },
        ssh: args.ssh.map(|answer| answer == args::YesNo::Yes),
        ..edit::Request::of(UserId(0))
    };
    Ok(move |user| edit::Request { user, ..wanted.clone() })
}

/// Reads `--workspace W[:ROLE]`, as often as it was given.
fn memberships(texts: &[String]) -> Result<Vec<(Name, WorkspaceRole)>, Failed> {
    Ok(texts.iter().map(|text| parse_membership(text)).collect::<Result<_, _>>().map_err(Usage::plain)?)
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use clap::Parser as _;
    use proptest::prelude::*;

    use super::*;
    use crate::app::users::command_lines::{of_edit, of_invite};
    use crate::cli::args::{Cli, Command as Asked};

    /// The words of a command line, as a real shell splits it.
    fn words(line: &str) -> Vec<String> {
        let script = format!("set -- {line}\nprintf '%s\\0' \"$@\"");
        let out = Command::new("sh").args(["-c", &script]).output().unwrap();
        assert!(out.status.success(), "{line}: {}", String::from_utf8_lossy(&out.stderr));
        let mut words: Vec<_> = String::from_utf8(out.stdout).unwrap().split('\0').map(str::to_owned).collect();
        assert_eq!(words.pop().as_deref(), Some(""));
        words
    }

    fn read(line: &str) -> Asked {
        let cli = Cli::try_parse_from(words(line)).unwrap_or_else(|error| panic!("{line}: {error}"));
        cli.command.unwrap()
    }

    fn name() -> impl Strategy<Value = Name> {
        let signs = "[-#'\"$`\\\\!*?~;&|<>(){}%:,@ a-zA-Zäß渡]{1,24}";
        signs.prop_filter_map("no name", |text| Name::parse(&text).ok())
    }

    fn email() -> impl Strategy<Value = Email> {
        "[-a-z0-9!#$%&'*+/=?^_`{|}~]{1,12}"
            .prop_filter_map("no address", |local| Email::parse(&format!("{local}@navy.example")).ok())
    }

    fn language() -> impl Strategy<Value = Language> {
        prop::sample::select(Language::ALL.to_vec())
    }

    fn role() -> impl Strategy<Value = OrganisationRole> {
        prop::sample::select(&OrganisationRole::ALL[..])
    }

    fn workspaces() -> impl Strategy<Value = Vec<(Name, WorkspaceRole)>> {
        let role = prop::sample::select(&WorkspaceRole::ALL[..]);
        prop::collection::vec((name(), role), 0..3)
    }

    proptest! {
        // Each case starts a shell.
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn the_command_line_that_a_screen_shows_invites_the_same_person_to_the_same(
            (email, name, role, workspaces, language) in (email(), name(), role(), workspaces(), language()),
            hours in prop::option::of(1_u64..720),
            message in prop::option::of("[-#'\"$`\\\\!*?~;&|<>%:\n a-zß渡]{1,40}"),
        ) {
            let message = message.unwrap_or_default().trim().to_owned();
            let valid_for = hours.map(|hours| Duration::from_secs(hours * 3_600));
            let request =
                invite::Request { email, name, role, workspaces, language, valid_for, message, hold: false };
            let line = of_invite(&request);
            let Asked::Invite(args) = read(&line) else { panic!("{line}") };
            prop_assert_eq!(args.emails.len(), 1);
            prop_assert_eq!(invite(&args).unwrap()(&args.emails[0]).unwrap(), request, "{}", line);
        }

        #[test]
        fn the_command_line_that_a_screen_shows_makes_the_same_edit(
            address in email(),
            (name, email, language) in
                (prop::option::of(name()), prop::option::of(email()), prop::option::of(language())),
            (role, workspaces) in (prop::option::of(role()), prop::option::of(workspaces())),
            ssh in prop::option::of(any::<bool>()),
        ) {
            let request = edit::Request {
                name, email, language, role, workspaces, ssh, ..edit::Request::of(UserId(7))
            };
            let line = of_edit(&request, &address);
            let Asked::Edit(args) = read(&line) else { panic!("{line}") };
            prop_assert_eq!(&args.user, address.as_str());
            prop_assert_eq!(edit(&args).unwrap()(UserId(7)), request, "{}", line);
        }
    }
}
