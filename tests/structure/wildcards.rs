//! Finds `_` that takes what is left of an enum of ours: a variant that is added later would silently go there.
//!
//! `clippy::wildcard_enum_match_arm` sees a `match` over the enum itself; this sees it behind tuples, options, results
//! and references too. The rule: **an arm may not also take what an arm above it takes by naming a variant of ours.**
//! So in
//!
//! ```text
//! match (status, invitation) {
//!     (Status::Invited, Some(_)) => ..,
//!     (Status::Active, _) => ..,         allowed: takes nothing that stands above
//!     (Status::Invited, _) => ..,        allowed: hides no variant, only `None`
//!     (_, None) => ..,                   allowed: the first arm is not among what it takes
//!     _ => ..,                           found: takes what is left of `Status`
//! }
//! ```
//!
//! A name that is bound (`other => pass_on(other)`) is no wildcard here: what it takes is not forgotten but handed on.
//! `matches!`, `if let` and `let else` ask one question and are no matches. The enums of ours are those that `src`
//! defines; a variant is known by `Enum::Variant`, or `Self::Variant` inside `impl Enum`.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Token, tokens};

/// Each enum with its variants.
pub type Enums = BTreeMap<String, BTreeSet<String>>;

/// Adds the enums that `source` defines.
pub fn enums(source: &str, found: &mut Enums) {
    let tokens = tokens(source);
    let text = |at: usize| tokens.get(at).map_or("", |token: &Token| token.text.as_str());
    for at in 0..tokens.len() {
        if text(at) != "enum" {
            continue;
        }
        let Some(open) = (at..tokens.len()).find(|at| text(*at) == "{") else { continue };
        let body = &tokens[open + 1..closing(&tokens, open)];
        let variants = found.entry(text(at + 1).to_owned()).or_default();
        for variant in parts(body, ",") {
            // What stands before the name are attributes.
            let mut rest = variant;
            while rest.first().is_some_and(|token| token.text == "#") {
                rest = &rest[(closing(rest, 1) + 1).min(rest.len())..];
            }
            variants.extend(rest.first().map(|token| token.text.clone()));
        }
    }
}

/// The line of each arm of `source` that takes what is left of one of `enums`.
pub fn leftovers(source: &str, enums: &Enums) -> Vec<usize> {
    let tokens = tokens(source);
    let mut found = Vec::new();
    // The types whose `impl` is open, with the place where it ends.
    let mut own: Vec<(usize, String)> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        own.retain(|(end, _)| at < *end);
        match token.text.as_str() {
            "impl" => own.extend(implemented(&tokens, at)),
            "match" => {
                let names = Names { enums, own: own.last().map_or("", |(_, name)| name) };
                let Some(body) = match_body(&tokens, at) else { continue };
                found.extend(leftovers_of(body, &names));
            }
            _ => {}
        }
    }
    found
}

/// The end of the block of the `impl` at `at`, and the type that it is for.
fn implemented(tokens: &[Token], at: usize) -> Option<(usize, String)> {
    let open = (at..tokens.len()).find(|at| matches!(tokens[*at].text.as_str(), "{" | ";" | ")" | "="))?;
    if tokens[open].text != "{" {
        return None;
    }
    let head = &tokens[at + 1..open];
    let head = head.split(|token| token.text == "where").next()?;
    let named = match head.iter().rposition(|token| token.text == "for") {
        Some(at) => &head[at + 1..],
        // Parameters of the `impl` stand before the type.
        None if head.first()?.text == "<" => &head[head.iter().position(|token| token.text == ">")? + 1..],
        None => head,
    };
    let path = named.split(|token| token.text == "<").next()?;
    Some((closing(tokens, open), path.last()?.text.clone()))
}

/// What stands between the braces of the `match` at `at`.
fn match_body(tokens: &[Token], at: usize) -> Option<&[Token]> {
    let mut here = at + 1;
    while here < tokens.len() {
        match tokens[here].text.as_str() {
            "(" | "[" => here = closing(tokens, here),
            "{" => return Some(&tokens[here + 1..closing(tokens, here)]),
            ";" | "," => return None,
            _ => {}
        }
        here += 1;
    }
    None
}

fn leftovers_of(body: &[Token], names: &Names<'_>) -> Vec<usize> {
    let mut above: Vec<Pattern> = Vec::new();
    let mut found = Vec::new();
    for (tokens, line) in arms(body) {
        let pattern = names.pattern(tokens);
        if above.iter().any(|earlier| takes(&pattern, earlier) == Some(true)) {
            found.push(line);
        }
        above.push(pattern);
    }
    found
}

/// The pattern of each arm, without its guard, and its line.
fn arms(body: &[Token]) -> Vec<(&[Token], usize)> {
    let text = |at: usize| body.get(at).map_or("", |token| token.text.as_str());
    let mut found = Vec::new();
    let mut at = 0;
    while at < body.len() {
        let start = at;
        let mut end = None;
        while at < body.len() && !(text(at) == "=" && text(at + 1) == ">") {
            match text(at) {
                "(" | "[" | "{" => at = closing(body, at),
                "if" => end = end.or(Some(at)),
                _ => {}
            }
            at += 1;
        }
        if at >= body.len() {
            break;
        }
        found.push((&body[start..end.unwrap_or(at)], body[start].line));
        at += 2;
        if text(at) == "{" {
            // A block ends its arm, with or without a comma.
            at = closing(body, at) + 1;
        } else {
            while at < body.len() && text(at) != "," {
                match text(at) {
                    "(" | "[" | "{" => at = closing(body, at),
                    // A turbofish may hold commas.
                    "::" if text(at + 1) == "<" => at = closing(body, at + 1),
                    _ => {}
                }
                at += 1;
            }
        }
        at += usize::from(text(at) == ",");
    }
    found
}

/// The place of the mark that closes the one at `open`; the end where there is none.
fn closing(tokens: &[Token], open: usize) -> usize {
    let Some(opens) = tokens.get(open).map(|token| token.text.as_str()) else { return tokens.len() };
    let closes = match opens {
        "{" => "}",
        "(" => ")",
        "[" => "]",
        _ => ">",
    };
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.text == opens {
            depth += 1;
        } else if token.text == closes && !(closes == ">" && tokens[at - 1].text == "-") {
            depth -= 1;
            if depth == 0 {
                return at;
            }
        }
    }
    tokens.len()
}

/// What stands between the separators of `tokens` that are in no brackets; a last empty part is none.
fn parts<'a>(tokens: &'a [Token], separator: &str) -> Vec<&'a [Token]> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at].text.as_str() {
            "(" | "[" | "{" => at = closing(tokens, at),
            text if text == separator => {
                found.push(&tokens[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    if start < tokens.len() {
        found.push(&tokens[start..]);
    }
    found
}

/// What a pattern takes, as far as the rule asks.
enum Pattern {
    /// `_`.
    Wildcard,
    /// A name that is bound: takes everything, and hides nothing.
    Bound,
    /// A literal or a range: takes nothing that is compared here.
    Value,
    Any(Vec<Pattern>),
    /// A tuple, a slice (both without a name), a variant or a struct.
    Shape {
        name: String,
        ours: bool,
        fields: Vec<Field>,
    },
}

/// A part of a shape: a `None` stands for `..`.
type Field = Option<(String, Pattern)>;

/// What names mean where a pattern stands.
struct Names<'a> {
    enums: &'a Enums,
    own: &'a str,
}

impl Names<'_> {
    fn pattern(&self, tokens: &[Token]) -> Pattern {
        // A first `|` may stand before the choices.
        let choices: Vec<_> = parts(tokens, "|").into_iter().filter(|choice| !choice.is_empty()).collect();
        if choices.len() > 1 {
            return Pattern::Any(choices.into_iter().map(|tokens| self.pattern(tokens)).collect());
        }
        let skipped = tokens.iter().take_while(|token| matches!(token.text.as_str(), "&" | "ref" | "mut" | "box"));
        let tokens = &tokens[skipped.count()..];
        let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
        if text(1) == "@" {
            return self.pattern(&tokens[2..]);
        }
        let first = text(0);
        let inside = |open: usize| &tokens[open + 1..closing(tokens, open)];
        match first {
            "_" => Pattern::Wildcard,
            "(" => match parts(inside(0), ",").as_slice() {
                // Brackets around one pattern, not a tuple.
                [one] if inside(0).last().is_some_and(|token| token.text != ",") => self.pattern(one),
                elements => self.shape(String::new(), false, elements),
            },
            "[" => self.shape(String::new(), false, &parts(inside(0), ",")),
            _ if !first.starts_with(|c: char| c.is_alphabetic() || c == '_') => Pattern::Value,
            _ if tokens.len() == 1 && first.starts_with(|c: char| c.is_lowercase() || c == '_') => Pattern::Bound,
            _ => self.named(tokens),
        }
    }

    fn named(&self, tokens: &[Token]) -> Pattern {
        let length = tokens.iter().position(|token| matches!(token.text.as_str(), "(" | "{" | "." | "<"));
        let (path, rest) = tokens.split_at(length.unwrap_or(tokens.len()));
        let mut names = path.iter().rev().filter(|token| token.text != "::").map(|token| token.text.as_str());
        let name = names.next().unwrap_or_default().to_owned();
        let holder = names.next().map(|holder| if holder == "Self" { self.own } else { holder });
        let variants = holder.and_then(|holder| self.enums.get(holder));
        let ours = variants.is_some_and(|variants| variants.contains(&name));
        match rest.first().map(|token| token.text.as_str()) {
            Some("(") => self.shape(name, ours, &parts(&rest[1..closing(rest, 0)], ",")),
            Some("{") => {
                let fields = parts(&rest[1..closing(rest, 0)], ",");
                let fields = fields.iter().map(|tokens| self.field(tokens)).collect();
                Pattern::Shape { name, ours, fields }
            }
            Some(_) => Pattern::Value,
            None => Pattern::Shape { name, ours, fields: Vec::new() },
        }
    }

    fn shape(&self, name: String, ours: bool, elements: &[&[Token]]) -> Pattern {
        let field = |tokens: &&[Token]| (!is_rest(tokens)).then(|| (String::new(), self.pattern(tokens)));
        Pattern::Shape { name, ours, fields: elements.iter().map(field).collect() }
    }

    /// `name`, `name: pattern` or `..`.
    fn field(&self, tokens: &[Token]) -> Field {
        if is_rest(tokens) {
            return None;
        }
        let colon = tokens.iter().position(|token| token.text == ":");
        let name = tokens.get(colon.unwrap_or(tokens.len()).checked_sub(1)?)?.text.clone();
        Some((name, colon.map_or(Pattern::Bound, |at| self.pattern(&tokens[at + 1..]))))
    }
}

/// Whether it is `..`, also with a name.
fn is_rest(tokens: &[Token]) -> bool {
    let mut last = tokens.iter().rev().map(|token| token.text.as_str());
    last.next() == Some(".") && last.next() == Some(".")
}

/// Whether `later` also takes what `earlier` takes; if so, whether it does by a `_` where `earlier` names a variant of
/// ours.
fn takes(later: &Pattern, earlier: &Pattern) -> Option<bool> {
    match (later, earlier) {
        (Pattern::Any(choices), _) => choices.iter().filter_map(|later| takes(later, earlier)).max(),
        (_, Pattern::Any(choices)) => choices.iter().filter_map(|earlier| takes(later, earlier)).max(),
        (Pattern::Wildcard, earlier) => Some(earlier.names_ours()),
        (Pattern::Bound, _) => Some(false),
        (Pattern::Shape { name, fields, .. }, Pattern::Shape { name: earlier_name, fields: earlier_fields, .. })
            if name == earlier_name =>
        {
            let pairs = pairs(fields, earlier_fields)?;
            pairs
                .into_iter()
                .map(|(later, earlier)| takes(later, earlier))
                .try_fold(false, |found, one| Some(found | one?))
        }
        (Pattern::Shape { .. } | Pattern::Value, _) => None,
    }
}

/// The parts of two shapes that stand at the same place; nothing if they are of different length.
fn pairs<'a>(later: &'a [Field], earlier: &'a [Field]) -> Option<Vec<(&'a Pattern, &'a Pattern)>> {
    if later.iter().chain(earlier).flatten().any(|(name, _)| !name.is_empty()) {
        let find = |fields: &'a [Field], wanted: &str| {
            let mut fields = fields.iter().flatten();
            fields.find(|(name, _)| name == wanted).map_or(&Pattern::Wildcard, |(_, pattern)| pattern)
        };
        let names: BTreeSet<_> = later.iter().chain(earlier).flatten().map(|(name, _)| name).collect();
        return Some(names.into_iter().map(|name| (find(later, name), find(earlier, name))).collect());
    }
    let length = later.iter().flatten().count().max(earlier.iter().flatten().count());
    let later = stretched(later, length)?;
    Some(later.into_iter().zip(stretched(earlier, length)?).collect())
}

/// The fields with a `_` for each that `..` stands for.
fn stretched(fields: &[Field], length: usize) -> Option<Vec<&Pattern>> {
    let given = fields.iter().flatten().count();
    if given == fields.len() && given != length {
        return None;
    }
    let mut found = Vec::new();
    for field in fields {
        match field {
            Some((_, pattern)) => found.push(pattern),
            None => found.extend(std::iter::repeat_n(&Pattern::Wildcard, length - given)),
        }
    }
    Some(found)
}

impl Pattern {
    /// Whether a variant of an enum of ours is named anywhere in it.
    fn names_ours(&self) -> bool {
        match self {
            Self::Wildcard | Self::Bound | Self::Value => false,
            Self::Any(choices) => choices.iter().any(Self::names_ours),
            Self::Shape { ours, fields, .. } => {
                *ours || fields.iter().flatten().any(|(_, pattern)| pattern.names_ours())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "enum Status { Invited, #[default] Active { since: u8 }, Gone(u8) } enum Way<T> { In(T), Out }";

    /// The lines that are found in a function after [`OURS`].
    fn found(arms: &str) -> Vec<usize> {
        let mut known = Enums::new();
        enums(OURS, &mut known);
        leftovers(&format!("fn f() {{ match x(|| {{ 1 }}) {{\n{arms}\n}} }}"), &known)
    }

    #[test]
    fn enums_are_read_with_their_variants() {
        let mut known = Enums::new();
        enums(OURS, &mut known);
        let variants = |name: &str| known[name].iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        assert_eq!(variants("Status"), "Active Gone Invited");
        assert_eq!(variants("Way"), "In Out");
    }

    #[test]
    fn what_takes_the_rest_of_an_enum_is_found() {
        for arms in [
            "Status::Invited => 1,\n_ => 2,",
            "Some(Status::Invited) => 1,\n_ => 2,",
            "Some(Status::Invited) => 1, None => 3,\nSome(_) => 2,",
            "Ok(Some(&domain::status::Status::Invited)) => 1,\nOk(_) => 2, Err(_) => 3",
            "(Status::Invited, true) => { 1 }\n(_, true) => 2, (_, _) => 3,",
            "(Some(a), Status::Gone(_)) => g::<A, B>(), (None, _) => 3,\n(Some(_), _) => 2,",
            "[Status::Invited, ..] => 1,\n[_, rest @ ..] => 2, [] => 3,",
            "(_, Status::Invited | Status::Gone(1)) => 1,\n(_, _) if late => 2, x => x",
            "Page { status: Status::Invited, .. } => 1,\nPage { .. } => 2,",
            "Way::In(Status::Invited) => 1,\nWay::In(_) | Way::Out => 2,",
            "(\"a\", Status::Invited) => 1, (_, Status::Active { .. }) => 1,\n_ => 2,",
        ] {
            let lines = found(arms);
            assert!(lines.first() == Some(&3), "{lines:?} in {arms}");
        }
    }

    #[test]
    fn a_variant_by_self_and_a_match_in_a_match_are_found() {
        let mut known = Enums::new();
        enums(OURS, &mut known);
        let own = "impl<T> Show for Way<T> where T: A { fn f() { match self {\nSelf::Out => 1,\n_ => 2 } } }";
        assert_eq!(leftovers(own, &known), [3]);
        assert_eq!(leftovers(&own.replace("Way", "Other"), &known), [0; 0]);
        assert_eq!(found("None => match y {\nWay::Out => 1,\n_ => 2,\n},\nSome(_) => 3"), [4]);
    }

    #[test]
    fn what_hides_no_variant_is_left_alone() {
        for arms in [
            "Status::Invited => 1, Status::Active { .. } | Status::Gone(_) => 2",
            "(Status::Invited, Some(_)) => 1, (Status::Active { .. }, _) => 2, (Status::Invited, _) => 3",
            "(None, _) => 1, (Some(_), Status::Invited) => 2, (Some(_), Status::Gone(_)) => 3",
            "Some(Status::Invited) => 1, Some(Status::Gone(_)) => 2, None => 3",
            "Some(Status::Invited) => 1, other => pass_on(other)",
            "Err(Status::Invited) => 1, Err(error) => return Err(error), Ok(_) => 2",
            "Foreign::Invited => 1, _ => 2",
            "\"invited\" => Status::Invited, _ => Status::Active",
            "Some(1..=3) => matches!(x, Status::Invited), _ => 2",
            "Status::Gone(1) => 1, Status::Gone(_) => 2, Status::Invited | Status::Active { .. } => 3",
            "Ok(_) => 1, Err(Status::Invited) => 2",
        ] {
            assert!(found(arms).is_empty(), "{arms}");
        }
    }
}
