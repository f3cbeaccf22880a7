//! The rules of the code base: which part may know which, what each file begins with, and how long it may grow.
//!
//! The rules are in the tables below and hold for every file, without exceptions; a new part has no place
//! until it is entered there. Each check is a function over a made-up source as well, so that a check that can
//! no longer fail is noticed.

mod circles;
mod source;
mod wildcards;

use std::fs;
use std::path::{Path, PathBuf};

use circles::Circle;
use source::{Token, file_modules, names_of_ours, tokens};

/// A part of the program and the parts it may know. `lib` only declares the others.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("access", &["domain"]),
    ("secrets", &["access", "domain"]),
    ("store", &["access", "domain"]),
    ("app", &["store", "secrets", "domain"]),
    ("config", &["access", "domain"]),
    ("tui", &["app", "domain"]),
    ("plain", &["app", "domain"]),
    ("web", &["app", "domain", "words"]),
    ("words", &["domain"]),
    ("mail", &["access", "app", "domain", "words"]),
    ("maintenance", &["app", "domain"]),
    ("demo", &["app", "domain"]),
    ("cli", &["app", "config", "domain", "words"]),
    (
        "services",
        &[
            "access",
            "app",
            "cli",
            "config",
            "demo",
            "domain",
            "mail",
            "maintenance",
            "plain",
            "secrets",
            "store",
            "tui",
            "web",
        ],
    ),
    ("fuzzing", &["config", "domain", "mail"]),
    ("main", &["cli", "services"]),
    ("lib", &[]),
];

/// A library and the only parts that may name it: the rest must not notice when it is replaced.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("sea_orm", &["store", "migration"]),
    ("sea_orm_migration", &["store", "migration"]),
    ("sea_query", &["store", "migration"]),
    ("sqlx", &["store", "migration"]),
    ("migration", &["store", "migration"]),
    ("ratatui", &["tui"]),
    ("ratatui_macros", &["tui"]),
    ("crossterm", &["tui"]),
    ("tui_input", &["tui"]),
    ("ratatui_textarea", &["tui"]),
    ("axum", &["web"]),
    ("hickory_resolver", &["maintenance"]),
];

/// The lines a file may have, its tests included. Longer ones have more than one reason to change.
const LONGEST: usize = 500;

/// The part of the program that a file belongs to, from its path below `src`: `store/users.rs` is `store`.
fn part(path: &Path) -> String {
    let first = path.iter().next().unwrap_or_default();
    Path::new(first).file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// What `source`, which is `path` below `src`, knows of other parts and may not know.
fn forbidden_knowledge(path: &Path, source: &str) -> Vec<String> {
    let own = part(path);
    let Some((_, known)) = MAY_KNOW.iter().find(|(name, _)| *name == own) else {
        return vec![format!("`{own}` has no place yet: enter it in MAY_KNOW of tests/structure.rs")];
    };
    names_of_ours(&tokens(source), &file_modules(path))
        .into_iter()
        // A star takes in all parts.
        .filter(|(_, name)| name == "*" || *name != own && MAY_KNOW.iter().any(|(part, _)| part == name))
        .filter(|(_, name)| !known.contains(&name.as_str()))
        .map(|(line, name)| format!("{}:{line}: `{own}` may not know `{name}`", path.display()))
        .collect()
}

/// The libraries that `source` of the part `own` names and may not name.
fn forbidden_libraries(path: &Path, own: &str, source: &str) -> Vec<String> {
    let tokens = tokens(source);
    let starts_a_path = |at: usize| {
        let before = at.checked_sub(1).map(|at| tokens[at].text.as_str());
        let after = tokens.get(at + 1).map(|token| token.text.as_str());
        before != Some("::") && (after == Some("::") || matches!(before, Some("use" | "crate")) && after != Some("("))
    };
    tokens
        .iter()
        .enumerate()
        .filter(|(at, _)| starts_a_path(*at))
        .filter_map(|(_, token)| {
            let (library, places) = ONLY_IN.iter().find(|(library, _)| *library == token.text)?;
            let allowed = places.contains(&own);
            (!allowed).then(|| format!("{}:{}: `{own}` may not name `{library}`", path.display(), token.line))
        })
        .collect()
}

/// What is wrong with how `source` begins and how long it is.
fn bad_shape(path: &Path, source: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !source.trim_start().starts_with("//! ") {
        found.push(format!("{}: begins without a `//!` that says what the file is for", path.display()));
    }
    let lines = source.lines().count();
    if lines > LONGEST {
        found.push(format!(
            "{}: {lines} lines; more than {LONGEST} have more than one reason to change",
            path.display()
        ));
    }
    found
}

/// Where `source` silences a lint with `allow`: `expect` says why and tells when it is no longer needed.
fn silenced_lints(path: &Path, source: &str) -> Vec<String> {
    let tokens = tokens(source);
    attributes(&tokens)
        .filter_map(|attribute| attribute.windows(2).find(|pair| pair[0].text == "allow" && pair[1].text == "("))
        .map(|pair| format!("{}:{}: `allow` in an attribute; `expect` with a reason", path.display(), pair[0].line))
        .collect()
}

/// The tokens of each attribute, from its `#` on to its closing bracket.
fn attributes(tokens: &[Token]) -> impl Iterator<Item = &[Token]> {
    tokens.iter().enumerate().filter(|(_, token)| token.text == "#").filter_map(|(start, _)| {
        let open = (start + 1..start + 3).find(|at| tokens.get(*at).is_some_and(|token| token.text == "["))?;
        let mut depth = 0_usize;
        let end = (open..tokens.len()).find(|at| {
            match tokens[*at].text.as_str() {
                "[" => depth += 1,
                "]" => depth -= 1,
                _ => {}
            }
            depth == 0
        })?;
        Some(&tokens[start..end])
    })
}

/// Where `_` takes what is left of an enum of ours in `src`.
fn leftovers_of_the_house() -> Vec<String> {
    let sources = sources("src");
    let mut enums = wildcards::Enums::new();
    for (_, text) in &sources {
        wildcards::enums(text, &mut enums);
    }
    let mut found = Vec::new();
    for (path, text) in &sources {
        let say = |line| format!("{}:{line}: `_` takes what is left of an enum of ours; name it", path.display());
        found.extend(wildcards::leftovers(text, &enums).into_iter().map(say));
    }
    found
}

/// Every Rust file below `folder`, as its path from there and its text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut folders = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file is UTF-8");
                found.push((path.strip_prefix(&root).expect("below the folder").to_path_buf(), text));
            }
        }
    }
    assert!(!found.is_empty(), "no Rust file below {}", root.display());
    found
}

/// Fails with all findings, one a line.
fn none(found: &[String]) {
    assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
}

#[test]
fn each_part_knows_only_the_parts_it_may() {
    let found: Vec<_> = sources("src").iter().flat_map(|(path, text)| forbidden_knowledge(path, text)).collect();
    none(&found);
}

#[test]
fn each_library_stays_in_its_part() {
    let mut found = Vec::new();
    for (path, text) in sources("src") {
        found.extend(forbidden_libraries(&path, &part(&path), &text));
    }
    for (path, text) in sources("migration/src") {
        found.extend(forbidden_libraries(&path, "migration", &text));
    }
    none(&found);
}

#[test]
fn each_file_says_what_it_is_for_and_stays_small() {
    let all = ["src", "migration/src", "tests"].into_iter().flat_map(sources);
    none(&all.flat_map(|(path, text)| bad_shape(&path, &text)).collect::<Vec<_>>());
}

#[test]
fn no_lint_is_silenced() {
    let all = ["src", "migration/src", "tests"].into_iter().flat_map(sources);
    none(&all.flat_map(|(path, text)| silenced_lints(&path, &text)).collect::<Vec<_>>());
}

#[test]
fn no_files_know_each_other_in_a_circle() {
    none(&circles::circles(&sources("src")).iter().map(Circle::report).collect::<Vec<_>>());
}

#[test]
fn no_wildcard_takes_what_is_left_of_our_enums() {
    none(&leftovers_of_the_house());
}

#[test]
fn a_front_door_that_names_the_store_is_found() {
    for source in [
        "use crate::store::users;",
        "use crate::{app, store};",
        "use crate::{app::{invite, resend}, store::{users}};",
        "fn f() { crate::store::open() }",
        "use super::super::store;",
        "mod tests { use super::super::super::store::users; }",
        "use crate::secrets::Key;",
        "use crate::config::Settings;",
        "use crate::web;",
        "use crate::*;",
    ] {
        assert_eq!(forbidden_knowledge(Path::new("tui/screens.rs"), source).len(), 1, "{source}");
    }
}

#[test]
fn each_layer_knows_nothing_above_it() {
    for (path, source) in [
        ("domain/user.rs", "use crate::store::users;"),
        ("store/mod.rs", "use crate::app::invite;"),
        ("store/mod.rs", "use crate::secrets::Key;"),
        ("secrets/mod.rs", "use crate::store::users;"),
        ("app/invite.rs", "use crate::mail::render;"),
        ("config/mod.rs", "use crate::app::invite;"),
        ("web/mod.rs", "use crate::services;"),
    ] {
        assert_eq!(forbidden_knowledge(Path::new(path), source).len(), 1, "{path}: {source}");
    }
}

#[test]
fn what_is_allowed_is_left_alone() {
    for (path, source) in [
        ("tui/screens.rs", "use crate::app::invite; use crate::domain::{status, user}; use super::widgets;"),
        ("tui/screens.rs", "// use crate::store;\n/* crate::store /* nested */ crate::store */"),
        ("tui/screens.rs", r###"const A: &str = "crate::store"; const B: &str = r##"crate::"store"##;"###),
        ("tui/screens.rs", "fn f<'a>(store: &'a str) -> char { let c = '\"'; let store = c; store }"),
        ("tui/screens/users.rs", "mod tests { use super::store; }"),
        ("cli/mod.rs", "use crate::{app, config};"),
        ("app/invite.rs", "use crate::{store::users, secrets, domain::user};"),
        ("services.rs", "use crate::{app, cli, store, tui, web};"),
        ("lib.rs", "mod store;"),
    ] {
        none(&forbidden_knowledge(Path::new(path), source));
    }
}

#[test]
fn a_part_without_a_place_is_found() {
    assert_eq!(forbidden_knowledge(Path::new("helpers/mod.rs"), "").len(), 1);
}

#[test]
fn a_library_outside_its_part_is_found() {
    let find = |own: &str, source: &str| forbidden_libraries(Path::new("x.rs"), own, source).len();
    assert_eq!(find("app", "use sea_orm::DbErr;"), 1);
    assert_eq!(find("app", "fn f() -> Result<(), sea_orm::DbErr> { Ok(()) }"), 1);
    assert_eq!(find("app", "use ::sqlx;"), 0, "a leading path separator is not house style and not looked for");
    assert_eq!(find("cli", "use crossterm::style::Stylize;"), 1);
    assert_eq!(find("web", "use ratatui as r;"), 1);
    assert_eq!(find("store", "use sea_orm::DbErr; use migration::Migrator;"), 0);
    assert_eq!(find("tui", "use ratatui::Frame; use crossterm::event;"), 0);
    assert_eq!(find("app", "// sea_orm::DbErr\nlet migration = 1; store::migration::run();"), 0);
}

#[test]
fn a_file_without_a_purpose_is_found() {
    assert_eq!(bad_shape(Path::new("x.rs"), "use std::fs;\n").len(), 1);
    assert_eq!(bad_shape(Path::new("x.rs"), "").len(), 1);
    none(&bad_shape(Path::new("x.rs"), "//! What it is for.\n"));
}

#[test]
fn a_file_that_grew_too_long_is_found() {
    let long = format!("//! x\n{}", "\n".repeat(LONGEST));
    assert_eq!(bad_shape(Path::new("x.rs"), &long).len(), 1);
    let just_so = format!("//! x\n{}", "\n".repeat(LONGEST - 1));
    none(&bad_shape(Path::new("x.rs"), &just_so));
}

#[test]
fn a_silenced_lint_is_found() {
    for source in [
        "#[allow(dead_code)] fn f() {}",
        "#![allow(dead_code, reason = \"because\")]",
        "# [ allow (dead_code)] fn f() {}",
        "#[cfg_attr(test, allow(dead_code))] fn f() {}",
    ] {
        assert_eq!(silenced_lints(Path::new("x.rs"), source).len(), 1, "{source}");
    }
    for source in [
        "#[expect(dead_code, reason = \"x\")] fn f() { allow(actor); }",
        "let verdicts = [allow(actor), allow(target)];",
        "let verdicts = vec![allow(actor)];",
        "// #[allow(dead_code)]",
    ] {
        none(&silenced_lints(Path::new("x.rs"), source));
    }
}

#[test]
fn a_finding_tells_its_line() {
    let found = forbidden_knowledge(Path::new("tui/mod.rs"), "//! x\n\nuse crate::app;\nuse crate::store::users;\n");
    assert_eq!(found, ["tui/mod.rs:4: `tui` may not know `store`"]);
}
