//! What people find in their mailbox.

use proptest::prelude::*;

use super::*;
use crate::domain::code::{CHARS, Code};
use crate::domain::role::WorkspaceRole;
use crate::domain::time::Timestamp;
use crate::mail::samples;

#[test]
fn the_placeholder_is_as_long_as_a_code() {
    let code = Code { id: 7, mac: [7; 16] }.format();
    assert_eq!(code.len(), CHARS + 6);
    assert_eq!(PLACEHOLDER.len(), code.len());
}

#[test]
fn every_mail_reads_well_in_every_language() {
    for language in Language::ALL {
        for (name, content) in samples::all() {
            let mail = render(&content, language, &TimeZone::UTC).unwrap().with_code(DOTS);
            let shown = format!("Subject: {}\n\n{}", mail.subject, mail.text);
            insta::assert_snapshot!(format!("{name}_{}", language.tag()), shown);
        }
    }
}

#[test]
fn the_html_says_the_same_and_loads_nothing() {
    let mail = render(&samples::invitation(), Language::English, &TimeZone::UTC).unwrap();
    insta::assert_snapshot!("invitation_html", mail.with_code(DOTS).html);
    assert!(!mail.html.contains("<img") && !mail.html.contains("url(") && !mail.html.contains("<script"));
}

#[test]
fn a_mail_names_its_moment_in_the_zone_that_was_asked_for() {
    let zone = TimeZone::fixed(jiff::tz::offset(2));
    let mail = render(&samples::reset(), Language::English, &zone).unwrap();
    assert!(mail.text.contains("10:14 +02"), "{}", mail.text);
}

#[test]
fn a_mail_kept_for_later_holds_no_code_and_comes_back_the_same() {
    let mail = render(&samples::invitation(), Language::German, &TimeZone::UTC).unwrap();
    let stored = serde_json::to_string(&mail).unwrap();
    let back: Rendered = serde_json::from_str(&stored).unwrap();
    assert_eq!(back, mail);
    assert!(back.wants_code());
    assert!(back.with_code("the-code").text.contains("https://rsvp.example.org/i/the-code\n"));
}

#[test]
fn a_message_with_markup_shows_it_and_does_not_obey_it() {
    let content = samples::with(|it| it.message = Some("<a href=\"https://evil.example\">\r\n& \u{1b}[31m".into()));
    let mail = render(&content, Language::English, &TimeZone::UTC).unwrap();
    assert!(
        mail.html.contains("&lt;a href=&quot;https://evil.example&quot;&gt;<br>&amp; \\u{1b}[31m"),
        "{}",
        mail.html
    );
    assert!(mail.text.contains("> <a href=\"https://evil.example\">\n> & \\u{1b}[31m\n"), "{}", mail.text);
}

#[test]
fn a_template_in_a_name_is_a_name() {
    let content = samples::with(|it| it.name = "{{ organisation }}".into());
    let mail = render(&content, Language::English, &TimeZone::UTC).unwrap();
    assert!(mail.text.starts_with("Hello {{ organisation }},"));
}

#[test]
fn without_a_name_of_the_inviter_the_mail_still_reads_well() {
    let content = samples::with(|it| {
        it.sender = None;
        it.message = None;
        it.name = " ".into();
        it.workspaces.clear();
    });
    let mail = render(&content, Language::English, &TimeZone::UTC).unwrap();
    assert_eq!(mail.subject, "Your invitation to Example Hall");
    assert!(mail.text.starts_with("Hello,\n\nYou've been invited to join Example Hall.\n\nTo accept,"));
}

proptest! {
    /// The inviter, who writes name and message, must not get the code into a link of their own.
    #[test]
    fn no_name_and_no_message_moves_the_code(name in "\\PC{0,30}|.{0,30}", message in ".{0,80}", forged: bool) {
        let forge = |text: String| if forged { format!("{text} https://evil.example/{PLACEHOLDER}") } else { text };
        let content = samples::with(|it| {
            it.name = forge(name.clone());
            it.sender = Some(forge(name.clone()));
            it.workspaces = vec![(forge(name.clone()), WorkspaceRole::Member)];
            it.message = Some(forge(message.clone()));
            it.organisation = forge(name.clone());
        });
        let mail = render(&content, Language::French, &TimeZone::UTC).unwrap();
        prop_assert_eq!(mail.text.matches(PLACEHOLDER).count(), 1);
        prop_assert_eq!(mail.html.matches(PLACEHOLDER).count(), 3);
        prop_assert!(!mail.subject.chars().any(char::is_control));
        let clean = mail.with_code("");
        prop_assert!(clean.text.chars().all(|c| c == '\n' || !c.is_control()));
    }

    #[test]
    fn no_line_of_words_is_wider_than_a_mail_program_shows(message in "[a-zà-ÿ ]{0,300}", at in 0_i64..4_000_000_000_000) {
        let content = samples::with(|it| {
            it.message = Some(message.clone());
            it.expires_at = Timestamp(at);
        });
        for language in Language::ALL {
            let mail = render(&content, language, &TimeZone::UTC).unwrap();
            for line in mail.text.lines() {
                prop_assert!(line.width() <= COLUMNS || !line.trim_start_matches("> ").contains(' '), "{line}");
            }
        }
    }
}
