//! Finds files that know each other in a circle, so that none of them can be read, tested or moved without the rest.
//!
//! A file knows another if it names, by `use` or by a path, something that the other defines. What counts and what not:
//!
//! - A name is followed through `use` to the file that defines it, so it does not matter where it was re-exported.
//! - `mod child;` and `pub use child::Name;` are no knowledge: a `mod.rs` that only lists its children knows none of
//!   them. It does if it also uses what it re-exports.
//! - A child that names what its parent *defines* knows the parent. If the parent calls the child as well, that is a
//!   circle: what both need belongs into a file of its own.
//! - A module that is named knows nothing yet; what is taken out of it does.
//! - Tests do not count, neither `#[cfg(test)]` items nor the files that they declare.
//!
//! What no path names is not seen: methods of a value, and what a macro makes up.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::source::{QUOTE, Token, file_modules, tokens};

/// Files that reach each other, and what ties each to the next.
pub struct Circle {
    pub files: Vec<PathBuf>,
    pub ties: Vec<String>,
}

impl Circle {
    /// The circle as a finding: its files, and a line for each tie.
    pub fn report(&self) -> String {
        let files: Vec<_> = self.files.iter().map(|path| path.display().to_string()).collect();
        format!("a circle of {} files: {}\n  {}", files.len(), files.join(", "), self.ties.join("\n  "))
    }
}

/// The circles among `sources`, each as its path below `src` and its text.
pub fn circles(sources: &[(PathBuf, String)]) -> Vec<Circle> {
    let house = House::read(sources);
    let ties = house.ties();
    let reached: Vec<BTreeSet<usize>> = (0..house.files.len()).map(|from| reachable(from, &ties)).collect();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (at, reaches) in reached.iter().enumerate() {
        if seen.contains(&at) || !reaches.contains(&at) {
            continue;
        }
        let members: BTreeSet<usize> = reaches.iter().copied().filter(|other| reached[*other].contains(&at)).collect();
        let path_of = |at: usize| house.files[at].path.clone();
        let inner = ties.iter().filter(|((from, to), _)| members.contains(from) && members.contains(to));
        found.push(Circle {
            files: members.iter().map(|at| path_of(*at)).collect(),
            ties: inner
                .map(|((from, to), names)| {
                    let names: Vec<_> = names.iter().map(String::as_str).collect();
                    format!("{} -> {}: {}", path_of(*from).display(), path_of(*to).display(), names.join(", "))
                })
                .collect(),
        });
        seen.extend(members);
    }
    found
}

/// For each file and each that it knows, the names that it takes.
type Ties = BTreeMap<(usize, usize), BTreeSet<String>>;

/// Every file that can be reached from `from` in at least one step.
fn reachable(from: usize, ties: &Ties) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        let next = ties.range((at, 0)..=(at, usize::MAX)).map(|((_, to), _)| *to);
        open.extend(next.filter(|to| reached.insert(*to)));
    }
    reached
}

/// A file without its tests.
struct File {
    path: PathBuf,
    module: Vec<String>,
    uses: Vec<Use>,
    /// What stands in it as an item of its own.
    defines: BTreeSet<String>,
    /// Each path in its code, and each name that stands alone, with the inline module it stands in.
    paths: Vec<Vec<String>>,
}

/// One name that a `use` brings in.
struct Use {
    /// The path from the root of the crate; of another crate it is not kept.
    path: Vec<String>,
    /// What it is called here; `*` for everything.
    name: String,
    /// Whether others may take it from here.
    public: bool,
}

/// All files, by their module.
struct House {
    files: Vec<File>,
    modules: BTreeMap<Vec<String>, usize>,
}

impl House {
    fn read(sources: &[(PathBuf, String)]) -> Self {
        let mut read: Vec<_> =
            sources.iter().map(|(path, text)| (path, module_of(path), split(&tokens(text)))).collect();
        let mut tests = BTreeSet::new();
        for (path, module, (_, declared)) in &read {
            tests.extend(declared.iter().map(|file| match file.strip_prefix(QUOTE) {
                Some(beside) => module_of(&path.with_file_name(beside)),
                None => [module.as_slice(), std::slice::from_ref(file)].concat(),
            }));
        }
        read.retain(|(_, module, _)| !(1..=module.len()).any(|to| tests.contains(&module[..to])));
        read.sort_by_key(|(path, ..)| (*path).clone());
        let modules: BTreeMap<_, _> =
            read.iter().enumerate().map(|(at, (_, module, _))| (module.clone(), at)).collect();
        let files =
            read.into_iter().map(|(path, module, (tokens, _))| File::read(path, module, &tokens, &modules)).collect();
        Self { files, modules }
    }

    /// The file that defines what `path` names, and the name; nothing for a module, or for what is not ours.
    fn definition(&self, path: &[String], steps: usize) -> Option<(usize, String)> {
        let length = (0..=path.len()).rev().find(|length| self.modules.contains_key(&path[..*length]))?;
        let (name, rest) = path[length..].split_first()?;
        let at = self.modules[&path[..length]];
        let file = &self.files[at];
        if file.defines.contains(name) || steps == 0 {
            return Some((at, name.clone()));
        }
        let onward = |path: &[String]| self.definition(path, steps - 1);
        if let Some(taken) = file.uses.iter().find(|taken| taken.name == *name) {
            return onward(&[&taken.path, rest].concat());
        }
        let stars = file.uses.iter().filter(|taken| taken.name == "*");
        stars
            .filter_map(|taken| onward(&[taken.path.as_slice(), &path[length..]].concat()))
            .find(|(at, name)| self.files[*at].defines.contains(name))
            .or_else(|| Some((at, name.clone())))
    }

    fn ties(&self) -> Ties {
        let mut ties = Ties::new();
        for (from, file) in self.files.iter().enumerate() {
            // What is only handed on is no tie; if the code uses it too, it names it.
            let uses = file.uses.iter().filter(|taken| !taken.public).map(|taken| &taken.path);
            let paths = file.paths.iter().filter_map(|path| file.absolute(path, &self.modules));
            for path in uses.cloned().chain(paths) {
                if let Some((to, name)) = self.definition(&path, 8)
                    && to != from
                {
                    ties.entry((from, to)).or_default().insert(name);
                }
            }
        }
        ties
    }
}

impl File {
    fn read(path: &Path, module: Vec<String>, tokens: &[Token], modules: &BTreeMap<Vec<String>, usize>) -> Self {
        let mut file =
            Self { path: path.to_owned(), module, uses: Vec::new(), defines: BTreeSet::new(), paths: Vec::new() };
        let mut walk = Walk { tokens, at: 0, depth: 0, inline: Vec::new() };
        while walk.at < tokens.len() {
            file.step(&mut walk, modules);
        }
        file
    }

    /// Reads one item's name, one `use`, one path, or passes over one token.
    fn step(&mut self, walk: &mut Walk<'_>, modules: &BTreeMap<Vec<String>, usize>) {
        let (word, next) = (walk.text(0), walk.text(1));
        match word {
            "{" => walk.depth += 1,
            "}" => walk.leave(),
            "mod" if walk.text(2) == "{" => {
                if walk.depth == walk.inline.len() {
                    self.defines.insert(next.to_owned());
                }
                walk.inline.push((walk.depth, next.to_owned()));
            }
            "struct" | "enum" | "fn" | "const" | "static" | "type" | "trait" | "union"
                if walk.depth == walk.inline.len() && is_name(next) =>
            {
                self.defines.insert(next.to_owned());
                walk.at += 2;
                return;
            }
            "use" if next != "<" => return self.take_use(walk, modules),
            _ if is_name(word) && !matches!(walk.before(), "::" | ".") => return self.take_path(walk),
            _ => {}
        }
        walk.at += 1;
    }

    fn take_use(&mut self, walk: &mut Walk<'_>, modules: &BTreeMap<Vec<String>, usize>) {
        let public = matches!(walk.before(), "pub" | ")");
        let mut found = Vec::new();
        walk.at += 1;
        use_tree(walk, &[], &mut found);
        for (path, name) in found {
            if let Some(path) = self.absolute(&walk.inside(&path), modules) {
                self.uses.push(Use { path, name, public });
            }
        }
    }

    fn take_path(&mut self, walk: &mut Walk<'_>) {
        let mut path = vec![walk.text(0).to_owned()];
        walk.at += 1;
        while walk.text(0) == "::" && is_name(walk.text(1)) {
            path.push(walk.text(1).to_owned());
            walk.at += 2;
        }
        self.paths.push(walk.inside(&path));
    }

    /// A path from the root of the crate; nothing for one of another crate, and for a name that is no path.
    fn absolute(&self, path: &[String], modules: &BTreeMap<Vec<String>, usize>) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" | "rsvp" => Some(rest.to_vec()),
            "self" => (!rest.is_empty()).then(|| [&self.module, rest].concat()),
            "super" => {
                let climbed = path.iter().take_while(|name| *name == "super").count();
                let base = self.module.len().checked_sub(climbed)?;
                Some([&self.module[..base], &path[climbed..]].concat())
            }
            name => {
                if let Some(taken) = self.uses.iter().find(|taken| taken.name == name) {
                    return Some([&taken.path, rest].concat());
                }
                let child = [self.module.as_slice(), &[name.to_owned()]].concat();
                modules.contains_key(&child).then(|| [&child, rest].concat())
            }
        }
    }
}

struct Walk<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    /// The inline modules that are open, each with the depth at which it was opened.
    inline: Vec<(usize, String)>,
}

impl Walk<'_> {
    fn text(&self, ahead: usize) -> &str {
        self.tokens.get(self.at + ahead).map_or("", |token| token.text.as_str())
    }

    fn before(&self) -> &str {
        self.at.checked_sub(1).map_or("", |at| self.tokens[at].text.as_str())
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.inline.last().is_some_and(|(depth, _)| *depth == self.depth) {
            self.inline.pop();
        }
    }

    /// A path as the file itself would write it, from one that may climb out of inline modules.
    fn inside(&self, path: &[String]) -> Vec<String> {
        let climbed = path.iter().take_while(|name| *name == "super").count();
        let out = climbed.min(self.inline.len());
        if out > 0 && out == climbed {
            return [vec!["self".to_owned()], path[out..].to_vec()].concat();
        }
        path[out..].to_vec()
    }
}

/// Reads the tree of a `use` from `walk` on to the mark behind it: each whole path with the name that it gets.
fn use_tree(walk: &mut Walk<'_>, prefix: &[String], found: &mut Vec<(Vec<String>, String)>) {
    let mut path = prefix.to_vec();
    loop {
        match walk.text(0) {
            "{" => {
                walk.at += 1;
                while !matches!(walk.text(0), "}" | "") {
                    use_tree(walk, &path, found);
                    if walk.text(0) == "," {
                        walk.at += 1;
                    }
                }
                walk.at += 1;
                return;
            }
            "*" => {
                found.push((path, "*".to_owned()));
                walk.at += 1;
                return;
            }
            "::" => walk.at += 1,
            "as" => {
                found.push((path, walk.text(1).to_owned()));
                walk.at += 2;
                return;
            }
            word if is_name(word) => {
                // `a::{self}` is `a`.
                if word != "self" || path.is_empty() {
                    path.push(word.to_owned());
                }
                walk.at += 1;
            }
            _ => {
                if let Some(name) = path.last().cloned() {
                    found.push((path, name));
                }
                if !matches!(walk.text(0), "," | "}") {
                    walk.at += 1;
                }
                return;
            }
        }
    }
}

/// The tokens without the items that only tests see, and the files that those items declare: each by its module's
/// name, or by the text of its `#[path]`.
fn split(tokens: &[Token]) -> (Vec<Token>, Vec<String>) {
    const ONLY_TESTS: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut declared = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let here = &tokens[at..];
        if here.len() < ONLY_TESTS.len() || here.iter().zip(ONLY_TESTS).any(|(token, text)| token.text != text) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let item = &here[ONLY_TESTS.len()..];
        let length = item_length(item);
        if let [.., word, name, end] = &item[..length]
            && word.text == "mod"
            && end.text == ";"
        {
            let path = item[..length].iter().find(|token| token.text.starts_with(QUOTE));
            declared.push(path.unwrap_or(name).text.clone());
        }
        at += ONLY_TESTS.len() + length;
    }
    (kept, declared)
}

/// The tokens of the first item, with the `;` or the block that ends it, or of a variant, with its comma.
fn item_length(tokens: &[Token]) -> usize {
    let mut depth = 0_usize;
    if tokens.get(1).is_some_and(|token| token.text == ",") {
        return 2;
    }
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && matches!(token.text.as_str(), ";" | "}") {
            return at + 1;
        }
    }
    tokens.len()
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The module of a file; the program's own has one that nobody names.
fn module_of(path: &Path) -> Vec<String> {
    if path == Path::new("main.rs") { vec!["main".to_owned()] } else { file_modules(path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files of each circle among made-up sources.
    fn found(sources: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<_> = sources.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect();
        circles(&sources)
            .iter()
            .map(|circle| circle.files.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" "))
            .collect()
    }

    #[test]
    fn two_files_that_name_each_other_are_a_circle() {
        for (a, b) in [
            ("use super::b::B; pub struct A;", "use super::a::A; pub struct B;"),
            ("use crate::x::b::{self, B}; pub struct A;", "pub struct B; fn f() { crate::x::a::A; }"),
            ("use super::b; pub struct A(b::B);", "pub struct B; fn f(a: super::a::A) {}"),
            ("pub use super::b::B; pub struct A(B);", "use super::a::A; pub struct B;"),
            ("pub struct A; mod inner { use super::super::b::B; }", "use super::a::A; pub struct B;"),
        ] {
            let sources = [("lib.rs", "mod x;"), ("x/mod.rs", "mod a; mod b;"), ("x/a.rs", a), ("x/b.rs", b)];
            assert_eq!(found(&sources), ["x/a.rs x/b.rs"], "{a}");
        }
    }

    #[test]
    fn a_circle_through_several_files_is_found_once_and_says_what_ties_it() {
        let sources = [
            ("x/a.rs", "use super::b::B; pub struct A;"),
            ("x/b.rs", "use super::c::{C, D}; pub struct B;"),
            ("x/c.rs", "use super::a::A; pub struct C; pub struct D;"),
            ("x/d.rs", "use super::a::A;"),
        ]
        .map(|(path, text)| (PathBuf::from(path), text.to_owned()));
        let circles = circles(&sources);
        let [circle] = circles.as_slice() else { panic!("{} circles", circles.len()) };
        assert_eq!(
            circle.report(),
            "a circle of 3 files: x/a.rs, x/b.rs, x/c.rs\n  x/a.rs -> x/b.rs: B\n  x/b.rs -> x/c.rs: C, D\n  x/c.rs -> x/a.rs: A"
        );
    }

    #[test]
    fn a_parent_and_its_children() {
        let child = ("x/a.rs", "use super::Shared; pub struct A;");
        let calls = "mod a; pub struct Shared; fn f() { a::A; }";
        assert_eq!(found(&[("x/mod.rs", calls), child]), ["x/a.rs x/mod.rs"], "each names what the other defines");
        let imports = "mod a; use a::A; pub struct Shared(A);";
        assert_eq!(found(&[("x/mod.rs", imports), child]), ["x/a.rs x/mod.rs"]);
        let lists = "mod a; pub use a::A; pub struct Shared;";
        assert!(found(&[("x/mod.rs", lists), child]).is_empty(), "listing a child is not knowing it");
        let uses_what_it_lists = "mod a; pub use a::A; pub struct Shared(A);";
        assert_eq!(found(&[("x/mod.rs", uses_what_it_lists), child]), ["x/a.rs x/mod.rs"]);
        let elsewhere = [
            ("x/mod.rs", "mod a; mod b; pub use b::Shared; fn f() { a::A; }"),
            ("x/b.rs", "pub struct Shared;"),
            child,
        ];
        assert!(found(&elsewhere).is_empty(), "what the parent re-exports is followed to its own file");
        let by_star =
            [("x/mod.rs", "mod a; mod b; pub use b::*; fn f() { a::A; }"), ("x/b.rs", "pub struct Shared;"), child];
        assert!(found(&by_star).is_empty());
    }

    #[test]
    fn what_is_no_circle_is_left_alone() {
        for (a, b) in [
            ("use super::b::B; pub struct A;", "pub struct B; #[cfg(test)] mod tests { use super::super::a::A; }"),
            ("use super::b::B; pub struct A;", "pub struct B; // super::a::A\nconst X: &str = \"super::a::A\";"),
            ("use super::b::B; pub struct A;", "pub struct B; use super::a;"),
            ("use super::b::B; pub struct A;", "#[cfg(test)] use super::a::A; pub struct B;"),
            ("use std::b::B; pub struct A;", "use super::a::A; pub struct B;"),
        ] {
            let sources = [("x/mod.rs", "mod a; mod b;"), ("x/a.rs", a), ("x/b.rs", b)];
            assert!(found(&sources).is_empty(), "{b}");
        }
        let of_tests = [
            ("x/mod.rs", "mod a; #[cfg(test)] mod b;"),
            ("x/a.rs", "pub struct A; #[cfg(test)] use super::b::B;"),
            ("x/b.rs", "use super::a::A; use super::b::inner::C; pub struct B;"),
            ("x/b/inner.rs", "use super::B; pub struct C;"),
        ];
        assert!(found(&of_tests).is_empty(), "a file that a test declares");
    }
}
