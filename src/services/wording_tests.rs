//! Words that people read: one spelling of each, in the documentation and in the emails and pages in English.

use std::path::{Path, PathBuf};

/// Every page and catalogue of words.
fn texts() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = |folder: &str, ending: &str| {
        let all = std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        all.filter(|path| path.to_string_lossy().ends_with(ending)).collect::<Vec<_>>()
    };
    let mut paths = files("docs", ".md");
    paths.extend(files("assets/messages", ".en.toml"));
    paths.extend(["README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|page| root.join(page)));
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

/// What of a line is a sentence: no command, nothing that is written as it is typed, and no key of a catalogue.
fn sentence(line: &str) -> String {
    if line.starts_with("    ") {
        return String::new();
    }
    let line = line.split_once(" = \"").map_or(line, |(_, text)| text);
    line.split('`').step_by(2).collect()
}

#[test]
fn the_help_desk_is_two_words_in_a_sentence_and_one_where_it_is_typed() {
    let all = texts();
    assert!(all.len() > 20, "{}", all.len());
    for (path, text) in all {
        let wrong = text.lines().find(|line| {
            let sentence = sentence(line).to_lowercase();
            sentence.contains("helpdesk") || sentence.contains("help-desk")
        });
        assert_eq!(wrong, None, "{}", path.display());
        assert!(!text.contains("`help desk`"), "{}", path.display());
    }
}
