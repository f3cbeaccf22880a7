//! A user at the terminal, with the command line beside it.

use std::time::Duration;

use serde_json::Value;

use crate::support::cli::Home;
use crate::support::pty::{Terminal, key};
use crate::support::seed;

/// The terminal interface with the list of users, and the home whose database it shows.
pub struct Desk {
    pub home: Home,
    pub screen: Terminal,
}

impl Desk {
    /// The operator at an organisation with Ada as its administrator and these people, invited.
    pub fn with(people: &[&str]) -> Self {
        let home = Home::with_organisation();
        invite(&home, people);
        Self::at(home)
    }

    /// The operator at the organisation of this home.
    pub fn at(home: Home) -> Self {
        let mut screen = home.terminal().args(["--operator"]).size(170, 40).start();
        screen.wait_for("ada@example.org");
        Self { home, screen }
    }

    pub fn press(&mut self, keys: &str) {
        self.screen.send(keys);
    }

    /// Waits until this is shown.
    #[track_caller]
    pub fn sees(&mut self, text: &str) {
        self.screen.wait_for(text);
    }

    /// Waits until this is shown no longer.
    #[track_caller]
    pub fn sees_go(&mut self, text: &str) {
        self.screen.wait_gone(text);
    }

    /// Searches for somebody, and waits until everything about them is beside the list.
    #[track_caller]
    pub fn find(&mut self, name: &str) {
        self.press(&format!("/{}{name}{}", key::CTRL_U, key::ENTER));
        self.sees(&format!("╭ {name} "));
    }

    /// Chooses the line of a menu so far below the first, and waits for the title of the list that is shown then.
    #[track_caller]
    pub fn choose(&mut self, key: &str, below: usize, shown: &str) {
        self.press(key);
        self.sees("╭ View ");
        self.press(&format!("{}{}", "j".repeat(below), key::ENTER));
        self.sees_go("╭ View ");
        self.sees(shown);
    }

    /// Does a line of the list of all actions, by its words.
    #[track_caller]
    pub fn run(&mut self, words: &str) {
        self.press(":");
        self.sees("All actions");
        self.press(words);
        self.sees(words);
        self.press(key::ENTER);
    }

    /// Presses the button that does it, as soon as the dialog takes it: Enter counts a quarter of a second after the
    /// key before it.
    pub fn confirm(&mut self) {
        self.screen.settle(Duration::from_millis(100));
        self.press(key::TAB);
        self.enter();
    }

    /// Presses Esc as soon as the dialog takes it: a key that comes within 30 ms was on its way when it opened.
    pub fn cancel(&mut self) {
        self.screen.settle(Duration::from_millis(100));
        self.press(key::ESCAPE);
    }

    /// Presses Enter as soon as the dialog takes it.
    pub fn enter(&mut self) {
        self.screen.settle(Duration::from_millis(400));
        self.press(key::ENTER);
    }

    /// Types a word that a dialog asks for and presses its button.
    pub fn prove(&mut self, word: &str) {
        self.screen.settle(Duration::from_millis(400));
        self.press(word);
        self.enter();
    }

    /// What the command line reads of a user.
    #[track_caller]
    pub fn user(&self, email: &str) -> Value {
        self.home.type_in("", &["show", email, "--all", "--json"]).ends(0).json()
    }

    #[track_caller]
    pub fn status(&self, email: &str) -> String {
        self.user(email)["status"].as_str().expect("a status").to_owned()
    }

    /// What a view of the command line finds: the addresses, in its order.
    #[track_caller]
    pub fn list(&self, view: &str) -> Vec<String> {
        let items = self.home.run(&format!("list --view {view} --json")).ends(0).json();
        let email = |user: &Value| user["email"].as_str().expect("an address").to_owned();
        items["items"].as_array().expect("users").iter().map(email).collect()
    }

    /// The emails, the newest first, each as its kind, recipient and state.
    #[track_caller]
    pub fn emails(&self) -> Vec<String> {
        let items = self.home.run("mail list --json").ends(0).json();
        let word = |mail: &Value, name: &str| mail[name].as_str().expect("a word").to_owned();
        let said = |mail: &Value| format!("{} {} {}", word(mail, "kind"), word(mail, "to"), word(mail, "state"));
        items["items"].as_array().expect("emails").iter().map(said).collect()
    }

    /// What the log says was done, the newest first.
    #[track_caller]
    pub fn log(&self) -> Vec<String> {
        let items = self.home.run("audit list --json").ends(0).json();
        let action = |entry: &Value| entry["action"].as_str().expect("an action").to_owned();
        items["items"].as_array().expect("entries").iter().map(action).collect()
    }

    /// Changes the database behind the program's back.
    pub fn change(&self, statement: &str) {
        change(&self.home, statement);
    }
}

/// Invites people whose names are before the `@`.
pub fn invite(home: &Home, people: &[&str]) {
    for name in people {
        let first = name.split(' ').next().unwrap_or(name).to_lowercase();
        home.type_in("", &["invite", &format!("{first}@example.org"), "--name", name]).ends(0);
    }
}

/// Lets somebody who is invited choose a password.
pub fn accept(home: &Home, email: &str) {
    let link = home.run(&format!("link {email}")).ends(0).out;
    let code = link.trim().rsplit('/').next().expect("a code").to_owned();
    home.type_in(crate::support::cli::PASSWORD, &["accept", &code, "--password-stdin"]).ends(0);
}

/// Changes a database behind the program's back.
pub fn change(home: &Home, statement: &str) {
    seed::run(&format!("sqlite://{}", home.database().display()), &[statement.to_owned()]);
}

/// Makes the invitation of somebody older than its validity, and than the minute in which none is sent again.
pub fn expire(home: &Home, email: &str) {
    let user = format!("(SELECT id FROM users WHERE email = '{email}')");
    for statement in [
        format!(
            "UPDATE links SET issued_at = issued_at - 900000000, expires_at = expires_at - 900000000 WHERE user_id = {user}"
        ),
        format!("UPDATE users SET open_expires_at = open_expires_at - 900000000 WHERE id = {user}"),
        format!("UPDATE outbox SET created_at = created_at - 900000000 WHERE user_id = {user}"),
    ] {
        change(home, &statement);
    }
}

/// Lets a minute pass since the last invitation of somebody: one more may be sent.
pub fn wait_a_minute(home: &Home, email: &str) {
    let user = format!("(SELECT id FROM users WHERE email = '{email}')");
    change(home, &format!("UPDATE links SET issued_at = issued_at - 61000 WHERE user_id = {user}"));
}

/// Gives up the emails to somebody, as the worker does after the last try.
pub fn fail(home: &Home, email: &str) {
    let failed = "state = 'dead', ended_at = created_at, attempts = 9, last_text = 'no such mailbox'";
    change(home, &format!("UPDATE outbox SET {failed} WHERE to_address = '{email}'"));
    change(home, &format!("UPDATE users SET mail_failed_at = created_at WHERE email = '{email}'"));
}
