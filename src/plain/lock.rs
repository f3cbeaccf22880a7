//! The lock: an answer after too long a silence is ignored, and the user types the password
//! before anything goes on. What is on the screen already cannot be taken back.

use std::time::Duration;

use zeroize::Zeroizing;

use super::ask::refuse;
use super::console::Console;
use crate::app::App;
use crate::app::session::unlock;
use crate::domain::actor::Actor;
use crate::domain::password::Password;

pub struct LockingConsole<'a> {
    inner: &'a mut dyn Console,
    app: &'a App,
    /// After how long a silence; never if there is none.
    after: Option<Duration>,
    is_locked: bool,
}

impl<'a> LockingConsole<'a> {
    pub fn new(inner: &'a mut dyn Console, app: &'a App, after: Option<Duration>) -> Self {
        Self { inner, app, after, is_locked: false }
    }

    /// Whether the last question has no answer because it came too late.
    pub const fn is_locked(&self) -> bool {
        self.is_locked
    }

    /// Asks for the password until it is right; whether it was.
    pub async fn unlock(&mut self, actor: &Actor) -> bool {
        self.inner
            .say("There was no answer for a long time, so nothing was done. Type your password to continue, or leave it empty to quit.");
        while let Some(typed) = self.inner.ask_secret("Password: ").filter(|typed| !typed.is_empty()) {
            match Password::typed(&typed) {
                Ok(password) => match unlock::run(self.app, actor, &password).await {
                    Ok(()) => {
                        self.is_locked = false;
                        return true;
                    }
                    Err(error) => refuse(self.inner, &error),
                },
                Err(error) => self.inner.say(&error.to_string()),
            }
        }
        false
    }
}

impl Console for LockingConsole<'_> {
    fn say(&mut self, line: &str) {
        self.inner.say(line);
    }

    fn ask(&mut self, prompt: &str) -> Option<String> {
        if self.is_locked {
            return None;
        }
        let asked_at = self.app.now();
        let answer = self.inner.ask(prompt)?;
        self.is_locked = self.after.is_some_and(|after| self.app.now().since(asked_at) >= after);
        (!self.is_locked).then_some(answer)
    }

    fn ask_secret(&mut self, prompt: &str) -> Option<Zeroizing<String>> {
        if self.is_locked { None } else { self.inner.ask_secret(prompt) }
    }

    fn has_shell(&self) -> bool {
        self.inner.has_shell()
    }
}
