//! What a relay and an email program get to read.

use base64::Engine as _;
use proptest::prelude::*;

use super::*;
use crate::domain::language::Language;
use crate::mail::render::render;
use crate::mail::samples;

/// An email taken apart as an email program does, for the forms that are written here.
struct Parsed {
    headers: Vec<(String, String)>,
    parts: Vec<(String, String)>,
}

impl Parsed {
    fn header(&self, name: &str) -> &str {
        let found: Vec<_> = self.headers.iter().filter(|h| h.0.eq_ignore_ascii_case(name)).collect();
        assert_eq!(found.len(), 1, "{name}: {:?}", self.headers);
        &found[0].1
    }
}

fn headers(text: &str) -> Vec<(String, String)> {
    text.replace("\r\n ", " ")
        .replace("\r\n\t", " ")
        .split("\r\n")
        .map(|line| {
            let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("no header: {line:?}"));
            (name.to_owned(), words(value))
        })
        .collect()
}

/// Encoded words (RFC 2047) in plain text; lettre writes base64 in UTF-8 only.
fn words(value: &str) -> String {
    let mut out = Vec::new();
    let mut rest = value;
    while let Some(at) = rest.find("=?utf-8?b?") {
        let between = &rest[..at];
        if out.is_empty() || !between.trim().is_empty() {
            out.extend_from_slice(between.as_bytes());
        }
        let (word, after) = rest[at + 10..].split_once("?=").unwrap();
        out.extend(base64::engine::general_purpose::STANDARD.decode(word).unwrap());
        rest = after;
    }
    out.extend_from_slice(rest.as_bytes());
    String::from_utf8(out).unwrap()
}

fn decode(encoding: &str, body: &str) -> String {
    let bytes = match encoding {
        "7bit" => body.as_bytes().to_vec(),
        "base64" => base64::engine::general_purpose::STANDARD.decode(body.replace("\r\n", "")).unwrap(),
        "quoted-printable" => {
            let mut out = Vec::new();
            let mut rest = body.as_bytes();
            while let Some((first, after)) = rest.split_first() {
                rest = after;
                if *first != b'=' {
                    out.push(*first);
                } else if let Some(after) = rest.strip_prefix(b"\r\n") {
                    rest = after;
                } else {
                    out.push(u8::from_str_radix(std::str::from_utf8(&rest[..2]).unwrap(), 16).unwrap());
                    rest = &rest[2..];
                }
            }
            out
        }
        other => panic!("{other}"),
    };
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}

fn parse(bytes: &[u8]) -> Parsed {
    let text = std::str::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let headers_ = headers(head);
    let kind = &headers_.iter().find(|h| h.0 == "Content-Type").unwrap().1;
    let boundary = kind.split_once("boundary=\"").unwrap().1.trim_end_matches('"');
    let body = body.strip_suffix(&format!("--{boundary}--\r\n")).unwrap();
    let parts = body
        .split(&format!("--{boundary}\r\n"))
        .skip(1)
        .map(|part| {
            let (head, body) = part.split_once("\r\n\r\n").unwrap();
            let head = headers(head);
            let of = |name: &str| head.iter().find(|h| h.0 == name).unwrap().1.clone();
            let body = body.strip_suffix("\r\n").unwrap();
            (of("Content-Type"), decode(&of("Content-Transfer-Encoding"), body))
        })
        .collect();
    Parsed { headers: headers_, parts }
}

fn envelope() -> Envelope {
    Envelope {
        from_name: "Example Hall".into(),
        from: Email::parse("rsvp@example.org").unwrap(),
        return_path: None,
        to: Email::parse("zoe@example.net").unwrap(),
        to_name: "Zoë Müller".into(),
        message_id: "42.abc@example.org".into(),
        date: Timestamp(1_773_303_240_000),
        code: Some(Code { id: 42, mac: [9; 16] }),
    }
}

fn rendered(language: Language) -> Rendered {
    render(&samples::invitation(), language, &jiff::tz::TimeZone::UTC).unwrap()
}

#[test]
fn a_mail_has_its_headers_and_says_the_same_twice() {
    for language in Language::ALL {
        let rendered = rendered(language);
        let mail = parse(&compose(&rendered, &envelope()).unwrap());
        assert_eq!(mail.header("From"), "\"Example Hall\" <rsvp@example.org>");
        assert_eq!(mail.header("To"), "Zoë Müller <zoe@example.net>");
        assert_eq!(mail.header("Subject"), rendered.subject);
        assert_eq!(mail.header("Date"), "Thu, 12 Mar 2026 08:14:00 +0000");
        assert_eq!(mail.header("Message-ID"), "<42.abc@example.org>");
        assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
        let code = Code { id: 42, mac: [9; 16] }.format();
        let filled = rendered.with_code(&code);
        let expected = [("text/plain; charset=utf-8", filled.text), ("text/html; charset=utf-8", filled.html)];
        assert_eq!(mail.parts, expected.map(|(kind, body)| (kind.to_owned(), body)));
    }
}

#[test]
fn no_relay_needs_more_than_the_oldest_rules() {
    for language in Language::ALL {
        let bytes = compose(&rendered(language), &envelope()).unwrap();
        let text = std::str::from_utf8(&bytes).unwrap();
        assert!(text.is_ascii());
        assert!(text.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])), "{text}");
    }
}

#[test]
fn an_english_email_can_be_read_undecoded_and_its_link_is_whole() {
    let content = samples::with(|it| it.name = "Ada".into());
    let rendered = render(&content, Language::English, &jiff::tz::TimeZone::UTC).unwrap();
    let bytes = compose(&rendered, &envelope()).unwrap();
    let link = format!("https://rsvp.example.org/i/{}\r\n", Code { id: 42, mac: [9; 16] }.format());
    assert!(std::str::from_utf8(&bytes).unwrap().contains(&link));
}

#[test]
fn a_code_and_a_place_for_it_belong_together() {
    let mut without = envelope();
    without.code = None;
    let error = compose(&rendered(Language::English), &without).unwrap_err();
    assert_eq!(error.to_string(), "the email has a link without a code");
    let test = render(&samples::all().pop().unwrap().1, Language::English, &jiff::tz::TimeZone::UTC).unwrap();
    assert!(compose(&test, &envelope()).is_err());
    assert!(compose(&test, &without).is_ok());
}

#[test]
fn what_cannot_stand_in_a_header_is_refused_for_good() {
    for id in ["", "no-at", "@", "a@b>\r\nBcc: x@example.org", "a b@c", "ä@b", &format!("{}@b", "a".repeat(300))] {
        let wrong = Envelope { message_id: id.to_owned(), ..envelope() };
        let error = compose(&rendered(Language::English), &wrong).unwrap_err();
        assert!(matches!(error, CannotCompose::MessageId(_)), "{id:?}");
    }
    for address in ["zoë@example.org", "a@b.org\r\nBcc: x@example.org", "a@b.org>", "a b@c.org", "a@b.org\u{200b}", ""]
    {
        let wrong = Envelope { to: Email::stored(address.to_owned()), ..envelope() };
        let failure = Failure::from(compose(&rendered(Language::English), &wrong).unwrap_err());
        assert_eq!((failure.class, failure.stage), (FailureClass::Permanent, Stage::Build), "{address:?}");
        assert!(!failure.text.chars().any(char::is_control));
    }
}

proptest! {
    #[test]
    fn no_name_no_subject_and_no_moment_adds_a_header(
        from_name in "\\PC{0,60}|(.|\r|\n|\u{0}|\u{1b}){0,60}",
        to_name in "\\PC{0,250}|[a-z\\\\\"<>,; ]{0,30}|(.|\r|\n|\u{0}){0,60}",
        subject in "(.|\r\n|\n|\u{0}|\u{1b}){0,90}|\\PC{0,300}",
        at: i64,
    ) {
        let rendered = Rendered { subject, ..rendered(Language::French) };
        let envelope = Envelope { from_name, to_name, date: Timestamp(at), ..envelope() };
        let bytes = compose(&rendered, &envelope).unwrap();
        prop_assert_eq!(&bytes, &compose(&rendered, &envelope).unwrap());
        prop_assert!(bytes.is_ascii());
        let mail = parse(&bytes);
        let mut names: Vec<_> = mail.headers.iter().map(|h| h.0.as_str()).collect();
        names.sort_unstable();
        prop_assert_eq!(names, [
            "Auto-Submitted", "Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Subject", "To",
            "X-Auto-Response-Suppress",
        ]);
        prop_assert!(mail.header("From").ends_with("rsvp@example.org>") || mail.header("From") == "rsvp@example.org");
        prop_assert!(mail.headers.iter().all(|h| !h.1.chars().any(char::is_control)));
        prop_assert!(bytes.split(|b| *b == b'\n').all(|line| line.len() <= 999));
        prop_assert_eq!(mail.parts.len(), 2);
    }

    #[test]
    fn every_message_arrives_as_it_was_written(message in "(\\PC|\n|\\.){0,300}") {
        let content = samples::with(|it| it.message = Some(message.clone()));
        let rendered = render(&content, Language::German, &jiff::tz::TimeZone::UTC).unwrap();
        let mail = parse(&compose(&rendered, &envelope()).unwrap());
        let code = Code { id: 42, mac: [9; 16] }.format();
        prop_assert_eq!(&mail.parts[0].1, &rendered.with_code(&code).text);
        prop_assert_eq!(&mail.parts[1].1, &rendered.with_code(&code).html);
    }
}
