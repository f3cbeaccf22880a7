//! The list of mails and the head, without terminal or database: keys in, effects and screens out.

use crossterm::event::KeyCode;

use super::{NOW, picture, pictures, press, session, type_in};
use crate::app::mail::list_mails::{Detail, Page};
use crate::app::upkeep::health::{Health, RelayTrouble};
use crate::domain::action::Action;
use crate::domain::content::Words;
use crate::domain::email::Email;
use crate::domain::mail::{Answer, Attempt, Mail, MailId, MailKind, MailState, Stage};
use crate::domain::name::Name;
use crate::domain::node::Alive;
use crate::domain::time::{Timestamp, hours, minutes};
use crate::domain::user::UserId;
use crate::tui::dialogs::Dialog;
use crate::tui::message::{Effect, Msg, Refused};
use crate::tui::session::Happened;
use crate::tui::state::{Screen, State};
use crate::tui::update::update;

fn mail(id: i64, to: &str, state: MailState, text: Option<&str>) -> Mail {
    let answer = |text: &str| Answer { stage: Stage::Recipient, code: Some(550), text: text.to_owned() };
    Mail {
        id: MailId(id),
        kind: if id == 1 { MailKind::Test } else { MailKind::Invitation },
        user: (id != 1).then_some(UserId(id)),
        to: Email::stored(to.to_owned()),
        to_name: Name::stored(to.split('@').next().unwrap().to_owned()),
        state,
        attempts: i32::from(text.is_some()),
        created_at: NOW.minus(hours(5)),
        next_at: (state == MailState::Queued).then_some(NOW.plus(minutes(2))),
        ended_at: (state != MailState::Queued).then_some(NOW.minus(hours(4))),
        last: text.map(answer),
    }
}

fn relay_refuses() -> Health {
    Health {
        waiting: 41,
        dead: 2,
        relay: Some(RelayTrouble {
            reason: "535 5.7.8 authentication failed".to_owned(),
            next_probe_at: NOW.plus(std::time::Duration::from_secs(40)),
        }),
        worker: Alive::Now,
        portal: Alive::Now,
        has_address: true,
        at: NOW,
    }
}

fn on_mails() -> State {
    let mut state = session();
    update(&mut state, Msg::Health(Ok(Box::new(relay_refuses()))));
    press(&mut state, KeyCode::Char('2'));
    let mails = vec![
        mail(4, "grace@navy.example", MailState::Dead, Some("5.1.1 no such user\u{1b}[2J")),
        mail(3, "naomi@example.jp", MailState::Queued, None),
        mail(2, "ada@example.org", MailState::Sent, None),
        mail(1, "postmaster@example.org", MailState::Cancelled, None),
    ];
    let filter = state.mail.filter;
    update(&mut state, Msg::Mails(filter, Ok(Page { mails, next: None })));
    read(&mut state);
    state
}

fn read(state: &mut State) {
    let mail = state.mail.mail().unwrap().clone();
    let attempts = mail.last.iter().map(|answer| Attempt { at: NOW, accepted: false, answer: answer.clone() });
    let detail = Detail { message_id: "1@example.org".to_owned(), attempts: attempts.collect(), mail };
    update(state, Msg::MailDetail(detail.mail.id, Ok(Box::new((detail, None)))));
}

#[test]
fn screens_at_four_sizes() {
    let mut state = on_mails();
    pictures("mail", &mut state);
}

#[test]
fn a_failed_mail_is_retried_with_one_key_and_a_sent_one_cannot_be() {
    let mut state = on_mails();
    let effects = press(&mut state, KeyCode::Char('r'));
    assert!(matches!(effects.as_slice(), [Effect::Steer(Action::RetryMail, MailId(4))]));
    press(&mut state, KeyCode::Char('j'));
    press(&mut state, KeyCode::Char('j'));
    assert!(press(&mut state, KeyCode::Char('r')).is_empty());
    let text = state.toast.unwrap().text;
    assert!(text.contains("mail 2 accepted by relay; only one that waits or failed can be"), "{text}");
}

#[test]
fn cancelling_and_retrying_all_ask_first() {
    let mut state = on_mails();
    assert!(press(&mut state, KeyCode::Char('x')).is_empty());
    assert!(press(&mut state, KeyCode::Enter).is_empty(), "Cancel has the focus");
    press(&mut state, KeyCode::Char('a'));
    assert!(matches!(state.dialogs.as_slice(), [Dialog::Confirm(confirm)] if confirm.about == "2 failed"));
    press(&mut state, KeyCode::Tab);
    assert!(matches!(press(&mut state, KeyCode::Enter).as_slice(), [Effect::RetryAll]));
}

#[test]
fn from_a_mail_to_its_user_and_back() {
    let mut state = on_mails();
    let effects = press(&mut state, KeyCode::Char('@'));
    assert!(matches!(effects.last(), Some(Effect::Detail(UserId(4)))));
    assert_eq!((state.screen, state.users.cursor), (Screen::Users, Some(UserId(4))));
    press(&mut state, KeyCode::Char('2'));
    press(&mut state, KeyCode::End);
    assert!(press(&mut state, KeyCode::Char('@')).is_empty());
    assert!(state.toast.unwrap().text.contains("a test mail goes to no user"));
}

#[test]
fn what_is_wrong_stands_in_the_head_until_it_is_mended() {
    let mut state = on_mails();
    let shown = picture(&state, 120, 36);
    assert!(shown.contains("! Relay: 535 5.7.8 authentication failed. 41 mails wait; next try in 40 s."), "{shown}");
    let well = Health { waiting: 0, dead: 0, relay: None, ..relay_refuses() };
    update(&mut state, Msg::Health(Ok(Box::new(well))));
    assert!(!picture(&state, 120, 36).contains("Relay:"));
}

#[test]
fn leaving_asks_when_mails_wait_that_only_this_program_sends() {
    let mut state = on_mails();
    assert!(matches!(press(&mut state, KeyCode::Char('q')).as_slice(), [Effect::Quit]));
    state.here.sends = true;
    assert!(matches!(press(&mut state, KeyCode::Char('q')).as_slice(), [Effect::Leave]));
    assert!(update(&mut state, Msg::Leaving(Ok(Box::new(relay_refuses())))).is_empty());
    pictures("leave", &mut state);
    press(&mut state, KeyCode::Tab);
    assert!(matches!(press(&mut state, KeyCode::Enter).as_slice(), [Effect::Quit]));
    let none = Health { waiting: 0, ..relay_refuses() };
    assert!(matches!(update(&mut state, Msg::Leaving(Ok(Box::new(none)))).as_slice(), [Effect::Quit]));
}

#[test]
fn whoever_waits_for_the_mails_leaves_by_itself_when_the_last_one_left() {
    let mut state = on_mails();
    state.here.sends = true;
    update(&mut state, Msg::Leaving(Ok(Box::new(relay_refuses()))));
    assert!(press(&mut state, KeyCode::Enter).is_empty());
    assert!(picture(&state, 80, 24).contains("Waiting for the mails"));
    let effects = update(&mut state, Msg::Happened(Happened::Tick(Timestamp(NOW.0 + 3_000))));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Health)), "it is looked after each second");
    let fewer = Health { waiting: 1, relay: None, ..relay_refuses() };
    assert!(update(&mut state, Msg::Health(Ok(Box::new(fewer)))).is_empty());
    assert!(picture(&state, 80, 24).contains("1 mail waits"));
    let none = Health { waiting: 0, relay: None, ..relay_refuses() };
    assert!(matches!(update(&mut state, Msg::Health(Ok(Box::new(none)))).as_slice(), [Effect::Quit]));
}

#[test]
fn what_a_mail_says_is_read_as_text_and_as_html() {
    let mut state = on_mails();
    assert!(matches!(press(&mut state, KeyCode::Char('v')).as_slice(), [Effect::Preview(MailId(4))]));
    let words = Words {
        subject: "Ada invites you \u{1b}[31m".to_owned(),
        text: "Hello Grace,\n\nopen this link: https://rsvp.example.org/invitation/•••••\n".to_owned(),
        html: "<p>Hello Grace,</p>".to_owned(),
    };
    update(&mut state, Msg::Preview(MailId(4), Ok(Box::new(words))));
    let shown = picture(&state, 80, 24);
    assert!(shown.contains("Subject: Ada invites you \\u{1b}[31m") && shown.contains("•••••"), "{shown}");
    pictures("preview", &mut state);
    press(&mut state, KeyCode::Char('v'));
    assert!(picture(&state, 80, 24).contains("<p>Hello Grace,</p>"));
    press(&mut state, KeyCode::Esc);
    assert!(state.dialogs.is_empty());
}

#[test]
fn the_address_of_a_mail_that_was_refused_is_corrected_with_one_key() {
    let mut state = on_mails();
    press(&mut state, KeyCode::Char('j'));
    press(&mut state, KeyCode::Char('j'));
    // Grace is the second in the list of users.
    let effects = press(&mut state, KeyCode::Char('e'));
    assert!(matches!(effects.last(), Some(Effect::Detail(UserId(2)))));
    let grace = || super::detail_of(&session().users.page.rows[1]);
    update(&mut state, Msg::Detail(UserId(2), Ok(grace())));
    let [Dialog::Form(form)] = state.dialogs.as_slice() else { panic!("the form opens as soon as Grace was read") };
    assert_eq!((form.title().as_str(), form.fields.focus), ("Edit Grace Hopper", 1));
    press(&mut state, KeyCode::Esc);
    assert_eq!(state.screen, Screen::Mail, "and whoever leaves it is back at the mails");
    press(&mut state, KeyCode::Char('e'));
    press(&mut state, KeyCode::Char('k'));
    update(&mut state, Msg::Detail(UserId(2), Ok(grace())));
    assert!(state.dialogs.is_empty(), "whoever went on is not interrupted");
}

#[test]
fn the_palette_finds_an_action_by_its_words_and_does_it() {
    let mut state = session();
    press(&mut state, KeyCode::Char(':'));
    type_in(&mut state, "inv user");
    assert!(picture(&state, 80, 24).contains("invite user"));
    press(&mut state, KeyCode::Enter);
    assert!(matches!(state.dialogs.as_slice(), [Dialog::Form(_)]));
}

#[test]
fn a_look_that_fails_each_second_is_told_once() {
    let mut state = session();
    let refused =
        || Refused { code: "failed", message: "the database server cannot be reached".to_owned(), hint: None };
    update(&mut state, Msg::Revision(Err(refused())));
    state.dirty = false;
    update(&mut state, Msg::Happened(Happened::Tick(Timestamp(NOW.0 + 900))));
    update(&mut state, Msg::Revision(Err(refused())));
    assert!(!state.dirty);
}

#[test]
fn whoever_lost_the_authority_to_be_here_is_shown_out() {
    let mut state = session();
    let refused = Refused::from(crate::domain::policy::Denied::NoAuthority);
    let effects = update(&mut state, Msg::Revision(Err(refused)));
    assert!(matches!(effects.as_slice(), [Effect::Expel(why)] if why.contains("no longer an administrator")));
}
