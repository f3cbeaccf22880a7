//! Questions whose answer must be something: asked again with what was wrong, given up with an empty line.

use super::console::Console;
use super::listed::LastList;
use crate::app::App;
use crate::app::users::find;
use crate::domain::actor::Actor;
use crate::domain::explain::Explain;
use crate::domain::user::User;

/// Says why something was refused, and what to do.
pub fn refuse(console: &mut dyn Console, error: &dyn Explain) {
    let hint = error.hint_for(console.has_shell()).map_or(String::new(), |hint| format!(". To do: {hint}"));
    console.say(&format!("Refused: {error}{hint}."));
}

/// Asks until the answer is right; an empty one gives up.
fn needed<T, E: std::fmt::Display>(
    console: &mut dyn Console,
    prompt: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Option<T> {
    loop {
        let answer = console.ask(&format!("{prompt}: "))?;
        if answer.trim().is_empty() {
            return None;
        }
        match parse(answer.trim()) {
            Ok(value) => return Some(value),
            Err(error) => console.say(&format!("{error}. Try again, or leave the line empty to give up.")),
        }
    }
}

/// The same with what was answered before, which an empty answer keeps.
pub fn needed_or<T, E: std::fmt::Display>(
    console: &mut dyn Console,
    prompt: &str,
    before: Option<&str>,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Option<T> {
    match before {
        Some(before) => usual(console, (prompt, before), parse),
        None => needed(console, prompt, parse),
    }
}

/// The same with what counts if nothing is answered.
pub fn usual<T, E: std::fmt::Display>(
    console: &mut dyn Console,
    (prompt, usual): (&str, &str),
    parse: impl Fn(&str) -> Result<T, E>,
) -> Option<T> {
    loop {
        let answer = console.ask(&format!("{prompt} [{usual}]: "))?;
        let text = if answer.trim().is_empty() { usual } else { answer.trim() };
        match parse(text) {
            Ok(value) => return Some(value),
            Err(error) => console.say(&format!("{error}. Try again.")),
        }
    }
}

/// Yes or no; an empty answer is no.
pub fn yes(console: &mut dyn Console, question: &str) -> bool {
    let answer = console.ask(&format!("{question} yes or no [no]: ")).unwrap_or_default();
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

/// A word that must be typed; anything else is no.
pub fn typed(console: &mut dyn Console, question: &str, word: &str) -> bool {
    let answer = console.ask(&format!("{question} Type {word} to continue:  ")).unwrap_or_default();
    answer.trim() == word
}

/// Who is meant: an address, a number of the last list, or `#` and a user's own number; asked for where it is missing.
pub async fn who(console: &mut dyn Console, app: &App, actor: &Actor, list: &LastList, named: &str) -> Option<User> {
    let named = match named {
        "" => console.ask("Which user? Email address, or number in the list:  ")?.trim().to_owned(),
        named => named.to_owned(),
    };
    if named.is_empty() {
        return None;
    }
    let name = match named.parse::<usize>() {
        Ok(number) => {
            let Some(id) = list.user(number) else {
                console.say(&format!("The last list has no number {number}."));
                return None;
            };
            format!("#{}", id.0)
        }
        Err(_) => named,
    };
    match find::run(app, actor, &name).await {
        Ok(user) => Some(user),
        Err(error) => {
            refuse(console, &error);
            None
        }
    }
}
