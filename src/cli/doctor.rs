//! `rsvp doctor`: what the program needs, one line each, and what to do about what is missing.

use std::path::Path;

use serde_json::json;

use super::out::{Failed, Out, Status, Usage};
use super::portal::{self, Portal};
use super::portal_tls::Authorities;
use crate::app::upkeep::queue::Queue;
use crate::config::settings::{Settings, Transport};
use crate::domain::node::{Alive, GONE_AFTER};
use crate::domain::text::{counted, visible};
use crate::domain::time::words;

/// The check of the settings: without them nothing else can be looked at.
pub const SETTINGS: &str = "settings";

const BACK_UP: &str = "run `rsvp backup FILE`, and find out why it isn't done regularly";

/// Bytes as people say them.
fn size(bytes: u64) -> String {
    const MB: u64 = 1_000_000;
    if bytes < 10_000 * MB { format!("{} MB", bytes / MB) } else { format!("{} GB", bytes / (1_000 * MB)) }
}

enum Found {
    /// As it should be.
    Ok(String),
    /// Works, but something is still open.
    Open(String),
    /// Does not work.
    Wrong(Failed),
}

/// The checks that were made, in order.
#[derive(Default)]
pub struct Checks(Vec<(&'static str, Found)>);

impl Checks {
    /// Something that works or does not.
    pub fn add<E>(&mut self, name: &'static str, result: Result<impl Into<String>, E>)
    where
        E: Into<Failed>,
    {
        self.0.push((name, result.map_or_else(|error| Found::Wrong(error.into()), |text| Found::Ok(text.into()))));
    }

    /// Something that works but is still open.
    pub fn open(&mut self, name: &'static str, text: &str) {
        self.0.push((name, Found::Open(text.to_owned())));
    }

    /// Something that doesn't work, with what to do.
    pub fn wrong(&mut self, name: &'static str, text: impl Into<String>, hint: impl Into<String>) {
        self.add(name, Err::<String, _>(Usage::new(text, hint)));
    }

    /// What the portal's public address tells. The mark takes the place of a code: only whoever runs the web server can see
    /// whether it comes into a log.
    async fn portal(&mut self, portal: Portal<'_>, mark: &str) {
        let address = portal.address;
        let alive = portal::health(portal).await.map(|()| format!("{address} answers"));
        let is_alive = alive.is_ok();
        self.add("portal", alive.map_err(|error| Usage::new(error.to_string(), error.hint_for_operator())));
        if is_alive {
            let text = format!("search the logs of the web server for {mark}: it must not be there (docs/proxy.md)");
            let left = portal::leave_mark(portal, mark).await.map(|()| text);
            self.add("codes in logs", left.map_err(|error| Usage::new(error.to_string(), error.hint_for_operator())));
        }
    }

    /// What only the settings and the network tell; the network only with a mark for the portal.
    pub async fn surroundings(&mut self, settings: &Settings, mark: Option<&str>) {
        for problem in settings.unusable_secrets() {
            self.add("secrets", Err::<String, _>(problem));
        }
        match (&settings.portal.public_url, mark) {
            (None, _) => self.open(
                "portal",
                "portal.public_url isn't set, so links are bare codes: set it to the portal's public address",
            ),
            (Some(_), None) => {}
            (Some(address), Some(mark)) => {
                let own = settings.portal.authority().ok().flatten();
                let authorities = own.map_or_else(Authorities::default, |pem| Authorities::of_pem(&pem));
                self.portal(Portal { address, authorities: &authorities }, mark).await;
            }
        }
        match &settings.mail.transport {
            Transport::None => self.open(
                "mail",
                "mail.transport is none, so emails wait: set mail.transport = \"smtp\" and mail.smtp.host",
            ),
            Transport::File(folder) => self.add("mail", Ok::<_, Failed>(format!("into {}", folder.display()))),
            Transport::Smtp(smtp) => self.add("mail", Ok::<_, Failed>(format!("through {}:{}", smtp.host, smtp.port))),
        }
    }

    /// What the outbox and the running parts tell.
    pub fn queue(&mut self, settings: &Settings, queue: &Queue) {
        let health = &queue.health;
        let mails = |count: u64| counted(count, "email");
        match (queue.late(), queue.oldest_at) {
            _ if health.held_at.is_some() => {
                let text =
                    format!("a backup was restored, and {} wait until `rsvp release mail`", mails(health.waiting));
                self.open("outbox", &text);
            }
            (Some(age), _) => {
                let waiting = mails(health.waiting);
                let why = health.relay.as_ref().map_or_else(
                    || "see `rsvp mail list --state queued`, and check that a worker is running".to_owned(),
                    |relay| format!("the relay can't be used: {}", relay.reason),
                );
                let text = format!("{waiting} unsent, the oldest since {}", words(age));
                self.wrong("outbox", text, why);
            }
            (None, Some(oldest)) => {
                let since = words(health.at.since(oldest));
                self.add(
                    "outbox",
                    Ok::<_, Failed>(format!("{} unsent, the oldest since {since}", mails(health.waiting))),
                );
            }
            (None, None) => self.add("outbox", Ok::<_, Failed>("nothing waits")),
        }
        if health.dead > 0 {
            let text = format!("{} failed for good: `rsvp mail list --state failed` shows why", mails(health.dead));
            self.open("failed emails", &text);
        }
        self.parts(settings, queue);
        if let Some(held) = queue.held {
            let hint = "if the clock is right, `rsvp release purge` goes on at once";
            self.wrong("deleting", held.to_string(), hint);
        }
        match queue.skew() {
            None => self.add("clock", Ok::<_, Failed>("agrees")),
            Some(skew) => {
                let text = format!(
                    "this machine's clock is off by {} from the database's or from what was written before",
                    words(skew)
                );
                let hint = "set it from the network (timedatectl set-ntp true): expiry and workers depend on it";
                self.wrong("clock", text, hint);
            }
        }
    }

    /// Whether the parts that should run do.
    fn parts(&mut self, settings: &Settings, queue: &Queue) {
        let health = &queue.health;
        let sends = !matches!(settings.mail.transport, Transport::None);
        let serves = settings.portal.public_url.is_some();
        for (name, alive, needed, is_missed) in [
            ("worker", health.worker, sends, sends && health.waiting > 0),
            ("portal process", health.portal, serves, serves),
        ] {
            match alive {
                Alive::Now => self.add(name, Ok::<_, Failed>("alive")),
                Alive::Never | Alive::Last(_) if !needed => {}
                Alive::Never => self.open(name, "none has run yet: start `rsvp serve`"),
                Alive::Last(at) => {
                    let silence = health.at.since(at);
                    let text = format!("none is running, and the last one stopped {} ago", words(silence));
                    if is_missed && silence > GONE_AFTER {
                        self.wrong(name, text, "start `rsvp serve`, and find out from its log why it ended");
                    } else {
                        self.open(name, &format!("{text}: start `rsvp serve`"));
                    }
                }
            }
        }
    }

    /// Whether there are copies of what nobody can make anew: the key, and the database if backups are expected.
    pub fn copies(&mut self, settings: &Settings, queue: &Queue) {
        let now = queue.health.at;
        match queue.key_exported_at {
            None => self.open("key export", "The key has never been exported: `rsvp key export FILE` makes a copy"),
            Some(at) => self.add("key export", Ok::<_, Failed>(format!("{} ago", words(now.since(at))))),
        }
        match (queue.backed_up_at.map(|at| now.since(at)), settings.backup_max_age) {
            (None, None) => {}
            (None, Some(_)) => self.wrong("backup", "there has been no backup yet", BACK_UP),
            (Some(age), Some(most)) if age > most => {
                let text = format!("the last one is {} old, and backup.max_age is {}", words(age), words(most));
                self.wrong("backup", text, BACK_UP);
            }
            (Some(age), _) => self.add("backup", Ok::<_, Failed>(format!("{} old", words(age)))),
        }
    }

    /// Whether a folder has room: what is free there, and how much is needed at least, in bytes.
    pub fn room(&mut self, name: &'static str, folder: &Path, free: std::io::Result<u64>, needed: u64) {
        let folder = visible(&folder.to_string_lossy()).into_owned();
        match free {
            Ok(free) if free >= needed => {
                self.add(name, Ok::<_, Failed>(format!("{} free in {folder}", size(free))));
            }
            Ok(free) => {
                let text = format!("only {} are free in {folder}, and {} are needed", size(free), size(needed));
                self.wrong(name, text, "free some space, or make the disk larger: without room nothing is stored");
            }
            Err(error) => {
                self.wrong(name, format!("{folder} can't be looked at: {error}"), "check the folder and its disk");
            }
        }
    }

    /// What the name system lacks for the sender's domain, or why it cannot be asked.
    pub fn domain(&mut self, domain: &str, missing: Result<Vec<&'static str>, String>) {
        match missing {
            Ok(missing) if missing.is_empty() => {
                self.add("sender's domain", Ok::<_, Failed>(format!("{domain} has MX, SPF and DMARC records")));
            }
            Ok(missing) => self.open("sender's domain", &format!("{domain} has {}", missing.join("; "))),
            Err(why) => self.open("sender's domain", &format!("{domain} could not be looked up: {why}")),
        }
    }

    /// The checks for a screen: what, whether it works (`None` for what is still open), and what was found.
    pub fn results(&self) -> Vec<(&'static str, Option<bool>, String)> {
        let one = |(name, found): &(&'static str, Found)| match found {
            Found::Ok(text) => (*name, Some(true), text.clone()),
            Found::Open(text) => (*name, None, text.clone()),
            Found::Wrong(failed) => (*name, Some(false), failed.to_line()),
        };
        self.0.iter().map(one).collect()
    }

    /// How many checks found something wrong, and how many something open; what they found, the worst first.
    fn findings(&self) -> (usize, usize, Vec<String>) {
        let some = |wrong: bool| {
            self.0.iter().filter_map(move |(name, found)| match found {
                Found::Wrong(failed) if wrong => Some(format!("{name}: {}", failed.parts().0)),
                Found::Open(text) if !wrong => Some(format!("{name}: {text}")),
                Found::Ok(_) | Found::Open(_) | Found::Wrong(_) => None,
            })
        };
        let (wrong, open): (Vec<_>, Vec<_>) = (some(true).collect(), some(false).collect());
        (wrong.len(), open.len(), wrong.into_iter().chain(open).collect())
    }

    /// Writes one line for a monitor, in the form that Nagios and its kin read: <https://www.monitoring-plugins.org/doc/guidelines.html>.
    /// Without a queue nobody could look at it. Settings that can't be used say nothing of what runs.
    pub fn report_to_monitor(&self, queue: Option<&Queue>) -> Status {
        let (wrong, open, findings) = self.findings();
        let unread = self.0.iter().any(|(name, found)| *name == SETTINGS && matches!(found, Found::Wrong(_)));
        let (word, status) = match (unread, wrong, open) {
            (true, ..) => ("UNKNOWN", Status::Unknown),
            (false, 0, 0) => ("OK", Status::Done),
            (false, 0, _) => ("WARNING", Status::Warning),
            (false, ..) => ("CRITICAL", Status::Critical),
        };
        let all = if findings.is_empty() { "everything works".to_owned() } else { findings.join("; ") };
        // A bar begins the figures, and a second line is another kind of output.
        let all = visible(&all).replace('|', "/");
        let figures = queue.map_or_else(String::new, |queue| {
            let oldest = queue.oldest_at.map_or(0, |at| queue.health.at.since(at).as_secs());
            format!(" | waiting={} failed={} oldest_s={oldest}", queue.health.waiting, queue.health.dead)
        });
        Out::bytes(format!("RSVP {word} - {all}{figures}\n").as_bytes());
        status
    }

    /// Writes the checks; fails if one did.
    pub fn report(&self, out: Out) -> Status {
        let items = self.0.iter().map(|(name, found)| match found {
            Found::Ok(text) => json!({ "check": name, "state": "ok", "message": text, "hint": null }),
            Found::Open(text) => json!({ "check": name, "state": "open", "message": text, "hint": null }),
            Found::Wrong(failed) => {
                let error = failed.to_json();
                json!({ "check": name, "state": "wrong", "message": error["message"], "hint": error["hint"] })
            }
        });
        let items: Vec<_> = items.collect();
        out.data(&json!({ "items": items, "next": null }), || {
            let line = |(name, found): &(&str, Found)| match found {
                Found::Ok(text) => format!("ok     {name}: {text}"),
                Found::Open(text) => format!("open   {name}: {text}"),
                Found::Wrong(failed) => format!("wrong  {name}: {}", failed.to_line()),
            };
            self.0.iter().map(line).collect::<Vec<_>>().join("\n")
        });
        if self.0.iter().any(|(_, found)| matches!(found, Found::Wrong(_))) { Status::Failed } else { Status::Done }
    }
}
