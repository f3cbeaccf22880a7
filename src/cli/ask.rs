//! Asking: passwords without echo, and whether an action is meant.

use std::io::{BufRead as _, IsTerminal as _, Read as _, Write as _};

use zeroize::Zeroizing;

use super::args::PasswordFrom;
use super::out::{Failed, Usage};
use crate::config::secret::SecretSource;
use crate::domain::text::visible;

/// Most bytes of a line that is read as a password; a longer one is refused for its length later.
const MOST: u64 = 4096;

/// A password typed twice, or read once for both.
pub fn password(from: &PasswordFrom) -> Result<(Zeroizing<String>, Zeroizing<String>), Failed> {
    if let Some(path) = &from.password_file {
        let secret = SecretSource::File(path.clone()).read()?;
        let password = Zeroizing::new(secret.expose().to_owned());
        return Ok((password.clone(), password));
    }
    if from.password_stdin {
        let mut line = Zeroizing::new(String::with_capacity(256));
        std::io::stdin().lock().take(MOST).read_line(&mut line).map_err(|error| {
            Usage::new(format!("the password can't be read: {error}"), "write it to stdin as one line of UTF-8")
        })?;
        let password = Zeroizing::new(line.trim_end_matches(['\n', '\r']).to_owned());
        return Ok((password.clone(), password));
    }
    let ask = |prompt: &str| {
        rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|_| {
            Usage::new(
                "the password can't be asked for without a terminal",
                "write it to stdin and add --password-stdin",
            )
        })
    };
    Ok((ask("Password: ")?, ask("The same password again: ")?))
}

/// A line of standard input.
pub fn line(what: &str) -> Result<String, Usage> {
    let mut line = String::new();
    std::io::stdin().lock().take(MOST).read_line(&mut line).map_err(|error| {
        Usage::new(format!("{what} can't be read: {error}"), "write it to stdin as one line of UTF-8")
    })?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

/// All of standard input, up to a bound that no text which is asked for so reaches.
pub fn all(what: &str) -> Result<String, Usage> {
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .take(64 * 1024)
        .read_to_string(&mut text)
        .map_err(|error| Usage::new(format!("{what} can't be read: {error}"), "write it to stdin as UTF-8"))?;
    Ok(text)
}

/// Says what would happen and asks for a word or a number; anything else is no.
pub fn typed(told: &[String], question: &str, wanted: &str) -> Result<bool, Failed> {
    Ok(answer(told, question)?.trim() == wanted)
}

/// Says what would happen and asks whether it shall; nobody to ask is an error with the way out.
pub fn sure(told: &[String], question: &str) -> Result<bool, Failed> {
    Ok(matches!(answer(told, &format!("{question} [y/N] "))?.trim(), "y" | "Y" | "yes"))
}

/// Says what would happen and reads what is answered.
fn answer(told: &[String], question: &str) -> Result<String, Failed> {
    if !std::io::stdin().is_terminal() {
        return Err(Usage::new("this command asks first, and can't ask without a terminal", "add --yes").into());
    }
    let mut err = std::io::stderr().lock();
    for line in told {
        let _ = writeln!(err, "{}", visible(line));
    }
    let _ = write!(err, "{question}");
    let _ = err.flush();
    let mut answer = String::new();
    let _ = std::io::stdin().lock().take(MOST).read_line(&mut answer);
    Ok(answer)
}
