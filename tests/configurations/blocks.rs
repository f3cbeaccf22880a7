//! The blocks of the documentation, and which program each is for.

use std::fs;
use std::path::{Path, PathBuf};

/// A block of a page: fenced, or indented by four spaces.
#[derive(Debug, Clone)]
pub struct Block {
    pub page: String,
    /// Its first line on the page, counted from 1.
    pub line: usize,
    /// What the fence says; nothing for an indented block.
    pub fence: Option<String>,
    /// The last file that the paragraph above names with its whole path: where the block goes.
    pub place: Option<String>,
    pub text: String,
}

/// What reads a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A shell.
    Shell,
    /// Lines of commands, which `tests/docs.rs` runs.
    Commands,
    /// What a command answers.
    Answer,
    Json,
    Settings,
    Nginx,
    Caddy,
    Apache,
    Haproxy,
    Fail2banFilter,
    Fail2banJail,
    SshdConfig,
    AuthorizedKeys,
    Systemd,
}

/// Where a file goes, and what reads it there.
const PLACES: [(&str, Kind); 10] = [
    ("/etc/rsvp/config.toml", Kind::Settings),
    ("/etc/nginx/", Kind::Nginx),
    ("/etc/caddy/", Kind::Caddy),
    ("/etc/apache2/", Kind::Apache),
    ("/etc/haproxy/", Kind::Haproxy),
    ("/etc/fail2ban/filter.d/", Kind::Fail2banFilter),
    ("/etc/fail2ban/jail.d/", Kind::Fail2banJail),
    ("/etc/ssh/sshd_config", Kind::SshdConfig),
    ("/etc/ssh/rsvp_keys", Kind::AuthorizedKeys),
    ("/etc/systemd/system/", Kind::Systemd),
];

impl Block {
    /// What reads it, if anything does: its fence says so, or the file that it goes into, or it is lines of commands.
    pub fn kind(&self) -> Option<Kind> {
        let commands = |line: &str| line.is_empty() || ["rsvp ", "mkdir "].iter().any(|word| line.starts_with(word));
        match self.fence.as_deref() {
            Some("sh") => Some(Kind::Shell),
            Some("toml") => Some(Kind::Settings),
            Some("json") => Some(Kind::Json),
            Some("console") => Some(Kind::Answer),
            None if self.text.lines().all(commands) => Some(Kind::Commands),
            Some(_) | None => {
                let place = self.place.as_deref()?;
                PLACES.iter().find(|(beginning, _)| place.starts_with(beginning)).map(|(_, kind)| *kind)
            }
        }
    }

    /// Where it is, for messages.
    pub fn at(&self) -> String {
        format!("{}:{}", self.page, self.line)
    }

    /// The block with other ports, names and files; each must be in it.
    #[track_caller]
    pub fn with(&self, changes: &[(&str, String)]) -> String {
        changes.iter().fold(self.text.clone(), |text, (from, to)| {
            assert!(text.contains(from), "{}: “{from}” is not in it", self.at());
            text.replace(from, to)
        })
    }
}

/// The blocks of a page.
pub fn of_page(page: &str, text: &str) -> Vec<Block> {
    let lines: Vec<&str> = text.lines().collect();
    let mut blocks = Vec::new();
    let (mut at, mut paragraph) = (0, String::new());
    let is_indented = |line: &str| line.starts_with("    ");
    while at < lines.len() {
        let (first, line) = (at, lines[at]);
        let indent = line.len() - line.trim_start().len();
        let (fence, until) = if let Some(info) = line.trim_start().strip_prefix("```") {
            let rest = lines[at + 1..].iter().position(|line| line.trim_start().starts_with("```"));
            (Some(info.trim().to_owned()), at + 1 + rest.expect("the fence ends"))
        } else if is_indented(line) && (at == 0 || lines[at - 1].trim().is_empty()) {
            let rest = lines[at..].iter().position(|line| !is_indented(line) && !line.trim().is_empty());
            (None, at + rest.unwrap_or(lines.len() - at))
        } else {
            if line.trim().is_empty()
                && lines.get(at + 1).is_none_or(|next| !next.trim_start().starts_with("```") && !is_indented(next))
            {
                paragraph.clear();
            }
            paragraph.push_str(line);
            paragraph.push(' ');
            at += 1;
            continue;
        };
        let inside = if fence.is_some() { first + 1..until } else { first..until };
        let strip = |line: &&str| line.get(indent.min(line.len() - line.trim_start().len())..).unwrap_or("").to_owned();
        let text = lines[inside.clone()].iter().map(strip).collect::<Vec<_>>().join("\n");
        let spans = paragraph.split('`').skip(1).step_by(2);
        let place = spans.filter(|span| span.starts_with('/')).last().map(str::to_owned);
        blocks.push(Block {
            page: page.to_owned(),
            line: inside.start + 1,
            fence: fence.clone(),
            place,
            text: text.trim_end().to_owned() + "\n",
        });
        paragraph.clear();
        at = if fence.is_some() { until + 1 } else { until };
    }
    blocks
}

/// The blocks of every page for people who install or use rsvp.
pub fn all() -> Vec<Block> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = docs.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect();
    paths.extend(["README.md", "SECURITY.md", "CONTRIBUTING.md", "ARCHITECTURE.md"].map(|page| root.join(page)));
    paths.sort();
    let page = |path: &PathBuf| {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        of_page(&name, &fs::read_to_string(path).unwrap())
    };
    paths.iter().flat_map(page).collect()
}

/// Those that one program reads.
pub fn of(kind: Kind) -> Vec<Block> {
    all().into_iter().filter(|block| block.kind() == Some(kind)).collect()
}

/// The only one that a program reads.
#[track_caller]
pub fn the(kind: Kind) -> Block {
    let mut found = of(kind);
    assert_eq!(found.len(), 1, "{kind:?}: {found:?}");
    found.remove(0)
}

#[test]
fn a_block_is_found_with_the_file_that_it_goes_into() {
    let page = "Put this into `/etc/nginx/x.conf`, beside `y`:\n\n```nginx\nmap;\n```\n\n1. In `/etc/ssh/rsvp_keys`:\n\n        \
                restrict ssh-ed25519 AAAA\n\n   Then:\n\n    rsvp list\n\n    rsvp show x\n\nAnd `/etc/nginx/z`.\n\nIt is so:\n\n    free = 1\n";
    let found = of_page("page.md", page);
    let said: Vec<_> = found.iter().map(|block| (block.line, block.kind(), block.text.as_str())).collect();
    assert_eq!(
        said,
        [
            (4, Some(Kind::Nginx), "map;\n"),
            (9, Some(Kind::AuthorizedKeys), "restrict ssh-ed25519 AAAA\n"),
            (13, Some(Kind::Commands), "rsvp list\n\nrsvp show x\n"),
            (21, None, "free = 1\n"),
        ]
    );
}
