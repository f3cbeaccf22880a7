//! Asking at the terminal: passwords without echo, and whether to delete.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use zeroize::Zeroizing;

use super::args::{PasswordFrom, Targets};
use super::out::{Failed, Usage};
use crate::app::{App, find};
use crate::domain::actor::Actor;

/// A password typed twice, or the first line of stdin for both.
pub fn password(from: PasswordFrom) -> Result<(Zeroizing<String>, Zeroizing<String>), Usage> {
    if from.password_stdin {
        let mut line = Zeroizing::new(String::new());
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(|e| Usage::new(format!("the password cannot be read: {e}"), "write it to stdin as one line"))?;
        let password = Zeroizing::new(line.trim_end_matches(['\n', '\r']).to_owned());
        return Ok((password.clone(), password));
    }
    let ask = |prompt: &str| {
        rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|_| {
            Usage::new("there is no terminal to ask for the password", "write it to stdin and add --password-stdin")
        })
    };
    Ok((ask("Password: ")?, ask("The same again: ")?))
}

/// Names who would be deleted and asks; nobody to ask is an error with the way out.
pub async fn delete(app: &App, actor: &Actor, targets: &Targets) -> Result<bool, Failed> {
    if !std::io::stdin().is_terminal() {
        return Err(Usage::new("delete asks first, and there is no terminal to ask", "add --yes").into());
    }
    let mut err = std::io::stderr().lock();
    for name in &targets.users {
        let user = find::find(app, actor, name).await?;
        let _ = writeln!(err, "{} <{}>, {}", user.name, user.email, user.status);
    }
    let _ = write!(
        err,
        "Links stop working and unsent mail is cancelled; they stay in the bin for 30 days.\nDelete? [y/N] "
    );
    let _ = err.flush();
    let mut answer = String::new();
    let _ = std::io::stdin().lock().read_line(&mut answer);
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// The targets, with `-` replaced by the lines of stdin.
pub fn expand(targets: &Targets) -> Vec<String> {
    let mut all = Vec::new();
    for user in &targets.users {
        if user == "-" {
            let lines = std::io::stdin().lock().lines().map_while(Result::ok);
            all.extend(lines.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()));
        } else {
            all.push(user.clone());
        }
    }
    all
}
