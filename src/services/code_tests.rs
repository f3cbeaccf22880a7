//! That `docs/failures.md` explains every code with which the program says what failed, and no other: the codes are read from the
//! source.

use std::collections::BTreeSet;
use std::path::Path;

use super::hint_tests::sources;

/// What encloses the codes of one kind: what comes before, what ends it, and which of the texts between quotes is one, if not
/// each.
const PLACES: [(&str, &str, Option<usize>); 5] = [
    // An error of a use case.
    ("fn code(&self) -> &'static str {", "\n    }\n", None),
    // A page of the portal that is JSON for whoever asks for it, after the key of its words.
    (".plain(StatusCode::", ")", Some(1)),
    (".plain(status, ", ")", Some(1)),
    (".plain_with(StatusCode::", ")", Some(1)),
    ("trouble(StatusCode::", ")", Some(1)),
];

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

fn codes(source: &str) -> BTreeSet<String> {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut all = BTreeSet::new();
    for (begin, end, wanted) in PLACES {
        for rest in source.split(begin).skip(1) {
            let inside = rest.split(end).next().unwrap_or(rest);
            let texts = inside.split('"').skip(1).step_by(2).enumerate();
            all.extend(
                texts
                    .filter(|(at, text)| wanted.is_none_or(|one| one == *at) && is_code(text))
                    .map(|(_, text)| text.to_owned()),
            );
        }
    }
    // The portal's own answers as JSON, lines of the log, and problems with the settings.
    for (begin, prefix) in [("\"code\": \"", ""), ("code = \"", ""), ("\"config_", "config_"), ("\"secret_", "secret_")]
    {
        let rest = source.split(begin).skip(1).filter_map(|rest| rest.split('"').next());
        all.extend(rest.filter(|text| is_code(text)).map(|text| format!("{prefix}{text}")));
    }
    all
}

#[test]
fn every_code_is_explained_on_the_page_of_failures_and_every_code_there_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    sources(&root.join("src"), &mut all);
    let known: BTreeSet<String> = all.iter().flat_map(|source| codes(source)).collect();
    assert!(known.len() > 150, "{known:?}");
    let page = std::fs::read_to_string(root.join("docs/failures.md")).unwrap();
    let cells = page.lines().filter(|line| line.starts_with("| `")).filter_map(|line| line.split('|').nth(1));
    let named: Vec<String> = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect();
    let explained: BTreeSet<String> = named.iter().cloned().collect();
    let missing: Vec<_> = known.difference(&explained).collect();
    assert!(missing.is_empty(), "docs/failures.md lacks {missing:?}");
    let gone: Vec<_> = explained.difference(&known).collect();
    assert!(gone.is_empty(), "docs/failures.md explains what nothing says: {gone:?}");
    assert_eq!(named.len(), explained.len(), "a code is explained twice");
}

#[test]
fn codes_are_found_wherever_the_source_has_them() {
    let found = |source: &str| codes(source).into_iter().collect::<Vec<_>>();
    let error = "    fn code(&self) -> &'static str {\n        match self {\n            Self::A => \"one\",\n            \
                 Self::B => \"two\",\n        }\n    }\n    fn hint() { \"three\" }\n";
    assert_eq!(found(error), ["one", "two"]);
    assert_eq!(found("Problem::new(\n    \"config_file\", \"other\")"), ["config_file"]);
    assert_eq!(found("tracing::warn!(code = \"rare\", \"text\");"), ["rare"]);
    assert_eq!(found("answer.plain(StatusCode::FORBIDDEN, \"refused\", \"cross_site\")"), ["cross_site"]);
}
