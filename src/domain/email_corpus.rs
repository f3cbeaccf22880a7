//! The parser of addresses against a public corpus (`tests/corpus`): where the two differ, a rule says why.
//!
//! A rule looks at the text and at what the parser said of it, so that it cannot cover another mistake by chance. A
//! difference that no rule explains fails, and so does a rule that explains nothing any more.

use super::email::{Email, InvalidEmail};

/// One case per line: verdict, text, diagnosis.
const CORPUS: &str = include_str!("../../tests/corpus/addresses.tsv");

type Parsed = Result<Email, InvalidEmail>;

/// Why the parser may differ from the corpus.
struct Rule {
    name: &'static str,
    explains: fn(&str, &Parsed) -> bool,
}

const RULES: &[Rule] = &[
    // Quotes and comments could carry one past a terminal, or past the end of a header's line.
    Rule {
        name: "a control character is refused wherever it stands",
        explains: |_, answer| matches!(answer, Err(InvalidEmail::Hostile(c)) if c.is_ascii_control()),
    },
    // No provider gives such an address out, and a quote can carry anything.
    Rule {
        name: "a quoted local part is refused",
        explains: |text, answer| text.starts_with('"') && matches!(answer, Err(InvalidEmail::Local('"'))),
    },
    // An email to a machine's number is delivered by none of the large providers, and an invitation is meant for a
    // person.
    Rule {
        name: "an address in brackets for a domain is refused",
        explains: |text, answer| text.contains("@[") && matches!(answer, Err(InvalidEmail::Domain(_))),
    },
    // Comments belong to the header of a message and are no part of the address.
    Rule {
        name: "a comment is refused",
        explains: |text, answer| {
            text.contains('(') && matches!(answer, Err(InvalidEmail::Local('(') | InvalidEmail::Domain(_)))
        },
    },
    // What the header of a message may fold, nobody types into a form on purpose.
    Rule {
        name: "space inside is refused",
        explains: |text, answer| {
            text.trim().contains(' ') && matches!(answer, Err(InvalidEmail::Local(' ') | InvalidEmail::Domain(_)))
        },
    },
    // It is most likely cut off or the name of a machine.
    Rule {
        name: "a domain without a dot is refused",
        explains: |text, answer| {
            text.split_once('@').is_some_and(|(_, domain)| !domain.contains('.'))
                && matches!(answer, Err(InvalidEmail::NoTopLevel(_)))
        },
    },
    // There is no such top-level domain, nor will there be (RFC 3696, 2).
    Rule {
        name: "a number for a top-level domain is refused",
        explains: |text, answer| {
            text.ends_with(|c: char| c.is_ascii_digit()) && matches!(answer, Err(InvalidEmail::NoTopLevel(_)))
        },
    },
    // It comes along when somebody copies an address.
    Rule {
        name: "space around is taken away",
        explains: |text, answer| matches!(answer, Ok(email) if text != text.trim() && email.as_str() == text.trim()),
    },
];

/// The text of a case: `\u{d}` and `\\` as they are meant.
fn unescaped(written: &str) -> String {
    let mut out = String::new();
    let mut rest = written;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('\\') {
            out.push('\\');
            rest = after;
        } else {
            let (digits, after) = after.strip_prefix("u{").and_then(|code| code.split_once('}')).expect("an escape");
            out.extend(char::from_u32(u32::from_str_radix(digits, 16).expect("hexadecimal digits")));
            rest = after;
        }
    }
    out + rest
}

#[test]
fn every_difference_from_the_corpus_is_one_that_is_meant() {
    let mut explained = vec![0; RULES.len()];
    let mut unexplained = Vec::new();
    let mut cases = 0;
    for line in CORPUS.lines() {
        let mut columns = line.split('\t');
        let (Some(verdict), Some(written), Some(diagnosis), None) =
            (columns.next(), columns.next(), columns.next(), columns.next())
        else {
            panic!("not three columns: {line:?}");
        };
        assert!(matches!(verdict, "address" | "none"), "{line:?}");
        cases += 1;
        let text = unescaped(written);
        let answer = Email::parse(&text);
        if answer.is_ok() == (verdict == "address") && answer.as_ref().is_ok_and(|email| email.as_str() == text)
            || answer.is_err() && verdict == "none"
        {
            continue;
        }
        match RULES.iter().position(|rule| (rule.explains)(&text, &answer)) {
            Some(rule) => explained[rule] += 1,
            None => unexplained.push(format!("{text:?}, {diagnosis} in the corpus: {answer:?}")),
        }
    }
    assert_eq!(cases, 187, "the corpus is not whole");
    assert!(unexplained.is_empty(), "{} differences:\n{}", unexplained.len(), unexplained.join("\n"));
    for (rule, cases) in RULES.iter().zip(explained) {
        println!("{cases:4}  {}", rule.name);
        assert!(cases > 0, "nothing is explained any more by: {}", rule.name);
    }
}
