//! Set-up and sign-in, without a terminal: keys in, screens out.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::NOW;
use crate::app::session::sign_in::SignedIn;
use crate::app::test::{PASSWORD, on_both};
use crate::domain::actor::Origin;
use crate::domain::password::PasswordRules;
use crate::tui::keymap::Keymap;
use crate::tui::refused::Refused;
use crate::tui::screens::set_up::{CheckSetting, Choice, Create, Effect, Paths, SetUp};
use crate::tui::screens::sign_in::SignIn;
use crate::tui::session::{Happened, Perform, Session};
use crate::tui::term::{Appearance, Look, Wish};

fn key<S: Session>(part: &mut S, code: KeyCode) -> Vec<S::Effect> {
    part.happened(Happened::Key(KeyEvent::from(code), NOW))
}

fn keys<S: Session>(part: &mut S, text: &str) {
    for c in text.chars() {
        key(part, if c == '\t' { KeyCode::Tab } else { KeyCode::Char(c) });
    }
}

fn picture<S: Session>(part: &mut S, columns: u16, rows: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| part.draw(frame)).unwrap();
    super::described(terminal.backend().buffer())
}

fn look() -> Look {
    look_in(Wish::Ansi16)
}

fn look_in(theme: Wish) -> Look {
    Appearance { ascii: Some(false), theme, ..Appearance::default() }.look(Keymap::default())
}

fn set_up() -> SetUp {
    set_up_with(look())
}

fn set_up_with(look: Look) -> SetUp {
    let paths = Paths {
        database: "/home/ada/.local/share/rsvp/rsvp.db".to_owned(),
        key: "/home/ada/.local/share/rsvp/rsvp.key".to_owned(),
        settings: "/home/ada/.config/rsvp/config.toml".to_owned(),
    };
    // As the settings check it, told by the part that composes both.
    let check: CheckSetting = Arc::new(|key, text| {
        let in_the_clear = key == "portal.public_url" && text.starts_with("http://");
        in_the_clear.then(|| "this begins with http://, so passwords would cross the network unencrypted".to_owned())
    });
    let create: Create = Arc::new(|_| {
        Box::pin(async {
            Err(Refused { hint: Some("free some space".to_owned()), ..super::refused("the disk is full") })
        })
    });
    SetUp::new(paths, PasswordRules::default(), &check, create, look)
}

fn filled_in() -> SetUp {
    let mut screen = set_up();
    key(&mut screen, KeyCode::Enter);
    keys(&mut screen, &format!("Example Ltd\tAda Lovelace\tada@example.org\t{PASSWORD}\t{PASSWORD}\t"));
    screen
}

fn save(screen: &mut SetUp) -> Vec<Effect> {
    screen.happened(Happened::Key(KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL), NOW))
}

#[test]
fn set_up_at_four_sizes() {
    let mut first = set_up();
    let mut form = filled_in();
    keys(&mut form, "\thttp://rsvp.example.org\t ");
    let mut without = set_up_with(look_in(Wish::Mono));
    insta::assert_snapshot!("set_up_first_mono", picture(&mut without, 80, 24));
    key(&mut without, KeyCode::Enter);
    keys(&mut without, "Example Ltd\tA");
    insta::assert_snapshot!("set_up_form_mono", picture(&mut without, 80, 24));
    for (columns, rows) in [(120, 36), (80, 24), (60, 20), (40, 10)] {
        insta::assert_snapshot!(format!("set_up_first_{columns}x{rows}"), picture(&mut first, columns, rows));
        insta::assert_snapshot!(format!("set_up_form_{columns}x{rows}"), picture(&mut form, columns, rows));
    }
}

#[tokio::test]
async fn what_was_typed_is_asked_for_and_a_failure_keeps_it() {
    let mut screen = filled_in();
    let effects = save(&mut screen);
    let [Effect::Create(answers)] = effects.as_slice() else { panic!("one thing is asked for") };
    assert_eq!(answers.request.organisation.as_str(), "Example Ltd");
    assert!(answers.settings.is_empty() && answers.relay_password.is_none());
    let Perform::Change(work) = screen.perform(effects.into_iter().next().unwrap()) else {
        panic!("it changes something")
    };
    screen.answered(work.await);
    let shown = picture(&mut screen, 80, 24);
    assert!(shown.contains("✗ The disk is full. Free some space.") && shown.contains("ada@example.org"), "{shown}");
}

#[test]
fn a_relay_is_asked_about_only_when_there_is_one_and_its_settings_are_kept() {
    let mut screen = filled_in();
    assert!(!picture(&mut screen, 120, 36).contains("Sender"));
    keys(&mut screen, "\thttps://rsvp.example.org\t \tsmtp.example.org\t \t\tmailer\tsecret\tExample <a@example.org>");
    assert!(picture(&mut screen, 120, 36).contains("Sender"));
    let effects = save(&mut screen);
    let [Effect::Create(answers)] = effects.as_slice() else { panic!("{}", picture(&mut screen, 120, 36)) };
    let settings: Vec<_> = answers.settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(
        settings,
        [
            "portal.public_url=https://rsvp.example.org",
            "mail.transport=smtp",
            "mail.smtp.host=smtp.example.org",
            "mail.smtp.tls=implicit",
            "mail.smtp.user=mailer",
            "mail.from=Example <a@example.org>"
        ]
    );
    assert_eq!(answers.relay_password.as_ref().unwrap().as_str(), "secret");
}

#[test]
fn a_weak_password_and_one_without_its_user_are_told_at_their_field() {
    let mut screen = set_up();
    key(&mut screen, KeyCode::Enter);
    keys(&mut screen, "Example Ltd\tAda Lovelace\tada@example.org\tshort\tshort");
    assert!(save(&mut screen).is_empty());
    assert!(picture(&mut screen, 120, 36).contains("needs at least 15"));
}

#[test]
fn nothing_ends_the_form_while_it_is_created_and_leaving_it_forgets_the_passwords() {
    let mut screen = filled_in();
    assert!(matches!(save(&mut screen).as_slice(), [Effect::Create(_)]));
    for _ in 0..3 {
        assert!(key(&mut screen, KeyCode::Esc).is_empty());
    }
    assert!(picture(&mut screen, 80, 24).contains("Setting up…"));
    screen.answered(Err(super::refused("the disk is full")));
    key(&mut screen, KeyCode::Esc);
    key(&mut screen, KeyCode::Esc);
    key(&mut screen, KeyCode::Enter);
    let shown = picture(&mut screen, 80, 24);
    assert!(!shown.contains('•') && !shown.contains("Ada Lovelace"), "{shown}");
}

#[test]
fn the_first_question_takes_clicks() {
    let chosen = |row| {
        let mut screen = set_up();
        picture(&mut screen, 80, 24);
        screen.happened(Happened::Click(20, row, NOW)).into_iter().next()
    };
    let ends = |row: &u16| matches!(chosen(*row), Some(Effect::End(_)));
    let rows: Vec<_> = (0..24).filter(ends).collect();
    assert_eq!(rows.len(), 2, "to look around, and to quit: {rows:?}");
    assert!(matches!(chosen(rows[0]), Some(Effect::End(Choice::LookAround))));
}

#[test]
fn looking_around_and_leaving_are_one_key_away() {
    let mut screen = set_up();
    key(&mut screen, KeyCode::Down);
    let effects = key(&mut screen, KeyCode::Enter);
    assert!(matches!(effects.as_slice(), [Effect::End(Choice::LookAround)]));
    assert!(matches!(key(&mut screen, KeyCode::Esc).as_slice(), [Effect::End(Choice::Leave)]));
}

#[tokio::test]
async fn ada_signs_in_after_a_wrong_password_was_forgotten_again() {
    on_both(async |world| {
        let mut screen = SignIn::new(world.app.clone(), Origin::default(), look());
        for (columns, rows) in [(120, 36), (80, 24), (60, 20), (40, 10)] {
            insta::assert_snapshot!(format!("sign_in_{columns}x{rows}"), picture(&mut screen, columns, rows));
        }
        let mut without = SignIn::new(world.app.clone(), Origin::default(), look_in(Wish::Mono));
        insta::assert_snapshot!("sign_in_mono", picture(&mut without, 80, 24));
        keys(&mut screen, "ada@example.org\twrong");
        assert!(!picture(&mut screen, 80, 24).contains("wrong"), "nobody sees a password");
        let signed_in = submit(&mut screen).await;
        assert!(signed_in.is_none());
        assert!(picture(&mut screen, 80, 24).contains("mail address or password is wrong"));
        keys(&mut screen, PASSWORD);
        assert_eq!(submit(&mut screen).await.unwrap().user.id, world.ada.id);
    })
    .await;
}

/// Presses Enter in the last field and waits for the answer.
async fn submit(screen: &mut SignIn) -> Option<Box<SignedIn>> {
    let effects = key(screen, KeyCode::Enter);
    let Some(Perform::Look(_, work)) = effects.into_iter().next().map(|effect| screen.perform(effect)) else {
        panic!("the sign-in is checked")
    };
    let ended = screen.answered(work.await).into_iter().next()?;
    if let Perform::End(signed_in) = screen.perform(ended) { signed_in } else { None }
}
