//! What must hold for any bytes at all: one function for each fuzz target (`fuzz/targets`), which panics where it does
//! not.
//!
//! Compiled only for them, by `tests/fuzz`, and for a test that goes through their seeds. Bytes that are no text are
//! read as text with replacement characters, so that no input is wasted.
#![expect(clippy::missing_panics_doc, reason = "to panic is what they are for")]

use std::borrow::Cow;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use futures_util::FutureExt as _;
use tokio::io::AsyncReadExt as _;
use url::Url;

use crate::config::environment::Environment;
use crate::config::layers::{Inputs, load};
use crate::domain::code::{Code, CodeOrLink};
use crate::domain::email::{Email, MAX_BYTES};
use crate::domain::explain::Explain as _;
use crate::domain::link::Purpose;
use crate::domain::mail::{ANSWER_BYTES, Stage};
use crate::domain::name::{MAX_CHARS, Name};
use crate::domain::text::{first_hostile, fold, shorten, visible, visible_lines};
use crate::mail::smtp::classify::{classify, clean};
use crate::mail::smtp::reply::{Reply, StageError};
use crate::mail::smtp::wire::Wire;
use crate::mail::smtp::{Limits, Relay, Tls};

fn text(data: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(data)
}

/// An address that is accepted is harmless ASCII, and is accepted again as the same.
pub fn address(data: &[u8]) {
    let typed = text(data);
    let email = match Email::parse(&typed) {
        Ok(email) => email,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(email.as_str().is_ascii() && email.as_str().len() <= MAX_BYTES);
    assert_eq!(first_hostile(email.as_str()), None);
    assert!(!email.as_str().contains([' ', '<', '>', '"', ',', ';', ':', '\\', '(', ')']));
    assert_eq!(email.to_string(), email.as_str());
    assert_eq!(format!("{}@{}", email.local(), email.domain()), email.as_str());
    assert_eq!(Email::parse(email.as_str()), Ok(email.clone()));
    let key = Email::parse(&email.key()).expect("the key of an address is an address");
    assert_eq!(key.as_str(), email.key());
    assert_eq!(key.key(), email.key());
}

/// A name that is accepted is shown as it is, and is accepted again as the same.
pub fn name(data: &[u8]) {
    let typed = text(data);
    let name = match Name::parse(&typed) {
        Ok(name) => name,
        Err(error) => return assert_eq!(first_hostile(&error.to_string()), None),
    };
    assert!((1..=MAX_CHARS).contains(&name.as_str().chars().count()));
    assert_eq!(name.as_str().trim(), name.as_str());
    assert_eq!(visible(name.as_str()), name.as_str());
    assert_eq!(name.to_string(), name.as_str());
    assert_eq!(Name::parse(name.as_str()), Ok(name.clone()));
    assert_eq!(fold(&name.key()), name.key());
}

/// A code that is read is written and read again as the same, alone and in a link.
pub fn code(data: &[u8]) {
    let typed = text(data);
    let found = match CodeOrLink::parse(&typed) {
        Ok(found) => found,
        Err(error) => return assert_eq!(first_hostile(&error.to_string()), None),
    };
    let written = found.code.format();
    assert_eq!(Code::parse(&written).as_ref(), Ok(&found.code));
    let Some((portal, _)) = &found.link else { return };
    for purpose in Purpose::ALL {
        let link = format!("{portal}/{}/{written}", purpose.path());
        let again = CodeOrLink { code: found.code.clone(), link: Some((portal.clone(), purpose)) };
        assert_eq!(CodeOrLink::parse(&link), Ok(again), "{link}");
    }
}

/// What is used as a password in the settings that are made up.
const PASSWORD: &str = "hUnTeR";

/// Settings never make reading them panic; every problem says something, and no password of a URL is repeated.
pub fn config(data: &[u8]) {
    let path = std::env::temp_dir().join(format!("settings-{}.toml", std::process::id()));
    write_privately(&path, data).expect("the temporary folder can be written to");
    let environment = Environment {
        variables: [("HOME".into(), "/home/ada".into())].into(),
        system_file: PathBuf::from("/nowhere/config.toml"),
        run_folder: PathBuf::from("/nowhere"),
        folder: PathBuf::from("/"),
    };
    let secret = has_password(&text(data));
    let harmless = |said: &str| assert!(!secret || !said.contains(PASSWORD), "the password is in: {said}");
    match load(&Inputs { environment: &environment, file: Some(path), file_may_be_new: false, arguments: Vec::new() }) {
        Ok(loaded) => loaded.effective.iter().filter(|one| !one.key.starts_with("keys.")).for_each(|one| {
            assert!(!one.source.is_empty());
            harmless(&one.value);
        }),
        Err(problems) => {
            assert!(!problems.0.is_empty());
            for problem in &problems.0 {
                let said = problem.to_string();
                assert!(said.contains(':') || said.contains("settings file"), "it names no place: {said}");
                harmless(&said);
                harmless(&problem.hint().expect("every problem says what to do"));
            }
        }
    }
}

fn write_privately(path: &Path, data: &[u8]) -> std::io::Result<()> {
    fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?.write_all(data)
}

/// Whether settings hold [`PASSWORD`] once, and as the password of a URL that is the value of a setting. What is a
/// password is for the library of URLs to say and not for the code under test.
fn has_password(text: &str) -> bool {
    let Ok(document) = toml_edit::Document::parse(text) else { return false };
    let mut tables: Vec<&dyn toml_edit::TableLike> = vec![document.as_table()];
    let mut found = false;
    while let Some(table) = tables.pop() {
        for (_, item) in table.iter() {
            found |= item.as_str().is_some_and(is_url_with_password);
            tables.extend(item.as_table_like());
        }
    }
    found && text.matches(PASSWORD).count() == 1
}

fn is_url_with_password(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let given = |password: &str| password.contains(PASSWORD);
    // The embedded database has no password, and neither has its URL.
    !url.scheme().starts_with("sqlite")
        && (url.password().is_some_and(given)
            || url.query_pairs().any(|(name, value)| name == "password" && given(&value)))
}

/// Whatever a relay answers, reading ends, means the same however it was cut on its way, and leaves only what can be
/// stored and shown.
pub fn relay(data: &[u8]) {
    let Some((cut, answers)) = data.split_first() else { return };
    let whole = conversation(answers, 0);
    assert_eq!(whole, conversation(answers, usize::from(*cut).min(answers.len())));
    let relay = Relay {
        host: "relay.example.org".to_owned(),
        port: 587,
        tls: Tls::StartTls,
        sign_in: None,
        allow_plain: false,
        authorities: None,
        hello: None,
        limits: Limits::SENDING,
    };
    for answer in whole {
        let troubles = match answer {
            Ok(reply) => {
                assert!((200..600).contains(&reply.code) && !reply.lines.is_empty());
                harmless(&clean(&reply.words()));
                vec![StageError::Refused(reply.clone()), StageError::Unexpected(reply)]
            }
            Err(trouble) => vec![trouble],
        };
        let stage = STAGES[usize::from(*cut) % STAGES.len()];
        for trouble in &troubles {
            let failure = classify(&relay, stage, trouble);
            assert!(!failure.text.is_empty());
            harmless(&failure.text);
        }
    }
}

/// The stages at which a relay is heard.
const STAGES: [Stage; 8] = [
    Stage::Greeting,
    Stage::Hello,
    Stage::Tls,
    Stage::SignIn,
    Stage::Sender,
    Stage::Recipient,
    Stage::Data,
    Stage::Dot,
];

fn harmless(stored: &str) {
    assert!(stored.len() <= ANSWER_BYTES);
    assert_eq!(first_hostile(stored), None);
}

/// The answers in these bytes, which arrive in two pieces, up to the first trouble.
fn conversation(bytes: &[u8], cut: usize) -> Vec<Result<Reply, StageError>> {
    let (first, second) = bytes.split_at(cut);
    let pieces = std::io::Cursor::new(first.to_vec()).chain(std::io::Cursor::new(second.to_vec()));
    let mut wire = Wire::new(Box::new(tokio::io::join(pieces, tokio::io::sink())));
    let mut answers = Vec::new();
    while answers.last().is_none_or(Result::is_ok) {
        // The shortest answer is a code and a line feed.
        assert!(answers.len() <= bytes.len() / 4, "more answers than there is room for");
        answers.push(wire.answer().now_or_never().expect("nothing to wait for"));
    }
    answers
}

/// What is shown has nothing hostile in it; to do it once more changes nothing.
pub fn display(data: &[u8]) {
    let text = text(data);
    let shown = visible(&text);
    assert_eq!(first_hostile(&shown), None);
    assert_eq!(visible(&shown), shown);
    assert!(first_hostile(&text).is_some() || shown == text);

    let lines = visible_lines(&text);
    assert!(lines.split('\n').all(|line| first_hostile(line).is_none()), "{lines:?}");
    assert_eq!(visible_lines(&lines), lines);
    assert_eq!(lines.matches('\n').count(), text.matches('\n').count());

    let room = usize::from(data.first().copied().unwrap_or_default());
    let short = shorten(&shown, room);
    assert!(short.chars().count() <= room, "{short:?} in {room}");
    assert_eq!(shorten(&short, room), short);
    assert_eq!(first_hostile(&short), None);

    let folded = fold(&text);
    assert_eq!(fold(&folded), folded);
    assert_eq!(folded.trim(), folded);
}

#[cfg(test)]
mod tests {
    use super::*;

    type Target = fn(&[u8]);

    #[test]
    fn what_must_hold_holds_for_every_seed() {
        let targets: [(&str, Target); 6] = [
            ("address", address),
            ("name", name),
            ("code", code),
            ("config", config),
            ("relay", relay),
            ("display", display),
        ];
        for (name, target) in targets {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
            let seeds: Vec<_> = fs::read_dir(folder).unwrap().collect();
            assert!(!seeds.is_empty(), "{name}");
            for seed in seeds {
                target(&fs::read(seed.unwrap().path()).unwrap());
            }
        }
    }
}
