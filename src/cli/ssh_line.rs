//! `rsvp ssh-line`: the line of `authorized_keys` with which a key stands for a user. An address changes hands, and may hold
//! what a shell acts on, so that the line names the user by number.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::args::SshLine;
use super::ask;
use super::out::{Failed, Out, Status, Usage};
use crate::app::App;
use crate::app::users::find;
use crate::domain::actor::Actor;
use crate::domain::command_line::shell;
use crate::domain::policy::Authority;
use crate::domain::ssh_key::{PublicKey, forced};

/// How this program was started, as far as a forced command must repeat it.
#[derive(Debug, Clone, Default)]
pub struct Started {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--database`.
    pub database: Option<String>,
}

impl Started {
    /// The command that starts it the same way from anywhere.
    pub fn command(&self) -> Result<String, Failed> {
        let program = std::env::current_exe().map_err(|error| {
            Usage::new(format!("the path of this program can't be found: {error}"), "start it by its path")
        })?;
        let mut words = vec![path(&program)?];
        if let Some(config) = &self.config {
            let config = std::path::absolute(config).unwrap_or_else(|_| config.clone());
            words.extend(["--config".to_owned(), path(&config)?]);
        }
        if let Some(database) = &self.database {
            words.extend(["--database".to_owned(), word(database)?]);
        }
        Ok(words.join(" "))
    }
}

fn path(path: &Path) -> Result<String, Failed> {
    let text = path.to_str().ok_or_else(|| {
        Usage::new(format!("{} isn't UTF-8", path.display()), "move it to a path of letters and digits")
    })?;
    word(text)
}

/// A word of a forced command: in one line, and as a shell reads it.
fn word(text: &str) -> Result<String, Failed> {
    if text.contains(|c: char| c.is_control()) {
        let hint = "a line of authorized_keys can't hold it";
        return Err(Usage::new(format!("{text:?} has a control character"), hint).into());
    }
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/.-_+:@".contains(c));
    Ok(if is_plain { text.to_owned() } else { shell(text) })
}

/// The key that was given: itself, in a file, or on stdin.
fn key(words: &[String]) -> Result<PublicKey, Failed> {
    let text = match words {
        [only] if only == "-" => ask::all("the key")?,
        [only] if !only.trim().contains([' ', '\t', '\n']) => std::fs::read_to_string(only).map_err(|error| {
            let hint = "give the key itself, the path of its .pub file, or - for stdin";
            Usage::new(format!("the key can't be read from {only}: {error}"), hint)
        })?,
        words => words.join(" "),
    };
    let hint = "give the one line of the .pub file that `ssh-keygen` made";
    PublicKey::parse(&text).map_err(|error| Usage::new(error.to_string(), hint).into())
}

pub async fn run(app: &App, actor: &Actor, args: &SshLine, started: &Started, out: Out) -> Result<Status, Failed> {
    let key = key(&args.key)?;
    let user = find::run(app, actor, &args.user).await?;
    let line = key.line(&started.command()?, user.id, &user.email);
    let data = json!({
        "id": user.id.0, "email": user.email.as_str(), "fingerprint": key.fingerprint(), "line": line,
    });
    out.data(&data, || line.clone());
    if Authority::of(&user).is_none() {
        out.message("They can't sign in with it yet: only someone who is active and holds a role can.");
    } else if !user.ssh {
        out.message(&format!(
            "They can't sign in with it: `rsvp edit {} --ssh yes` opens the way.",
            shell(user.email.as_str())
        ));
    }
    Ok(Status::Done)
}

/// What to write where somebody was named by address in a forced command.
pub async fn instead(app: &App, actor: &Actor, address: &str, started: &Started) -> Usage {
    let message = "--as takes a user's number, because an address may change hands";
    match (find::run(app, actor, address).await, started.command()) {
        (Ok(user), Ok(command)) => {
            Usage::new(message, format!("write this instead: command=\"{}\"", forced(&command, user.id)))
        }
        (Ok(_) | Err(_), _) => Usage::new(message, "make the line with `rsvp ssh-line ADDR KEY`"),
    }
}
