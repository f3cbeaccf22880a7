//! The list of emails and the head, without terminal or database: keys in, effects and screens out.

use crossterm::event::KeyCode;

use super::msg::{Change, Msg, Read};
use crate::app::mail::list_mails::Detail;
use crate::app::mail::retry_mail::Failed;
use crate::app::upkeep::health::{Health, RelayTrouble};
use crate::app::upkeep::revision::Revision;
use crate::domain::content::{Words, WordsSource};
use crate::domain::email::Email;
use crate::domain::mail::{Answer, Attempt, Mail, MailId, MailKind, MailState, Stage};
use crate::domain::name::Name;
use crate::domain::node::Alive;
use crate::domain::policy::{Authority, Denied};
use crate::domain::query::NewestRows;
use crate::domain::role::{OrganisationRole, Rank};
use crate::domain::time::{Timestamp, hours, minutes};
use crate::domain::user::UserId;
use crate::tui::dialogs::Dialog;
use crate::tui::effect::Terminal;
use crate::tui::refused::Refused;
use crate::tui::screen::Screen;
use crate::tui::screens::users;
use crate::tui::session::Happened;
use crate::tui::shell::{self, Effect, Shell, happened};
use crate::tui::tests::{NOW, answer, detail_of, picture, pictures, press, refused, session, type_in, users_reads};
use crate::tui::widgets::cursor_list::Window;

fn update(state: &mut Shell, msg: Msg) -> Vec<Effect> {
    shell::update(state, shell::Msg::Screen(shell::ScreenMsg::Mail(msg)))
}

fn health(state: &mut Shell, health: Health) -> Vec<Effect> {
    shell::update(state, shell::Msg::Health(Ok(Box::new(health))))
}

/// What a key changes of the emails.
fn changed(effects: &[Effect]) -> Vec<&Change> {
    let one = |effect| {
        if let &Effect::Change(shell::Change::Screen(shell::ScreenChange::Mail(ref change))) = effect {
            Some(change)
        } else {
            None
        }
    };
    effects.iter().filter_map(one).collect()
}

/// What is read of the emails.
fn reads(effects: &[Effect]) -> Vec<&Read> {
    let one = |effect| {
        if let &Effect::Read(shell::Read::Screen(shell::ScreenRead::Mail(ref read))) = effect {
            Some(read)
        } else {
            None
        }
    };
    effects.iter().filter_map(one).collect()
}

fn quits(effects: &[Effect]) -> bool {
    matches!(effects, [Effect::Terminal(Terminal::Quit)])
}

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
        held_at: None,
        relay: Some(RelayTrouble {
            reason: "535 5.7.8 authentication failed".to_owned(),
            next_probe_at: NOW.plus(std::time::Duration::from_secs(40)),
        }),
        worker: Alive::Now,
        portal: Alive::Now,
        has_address: true,
        allowance: None,
        at: NOW,
    }
}

fn on_mails() -> Shell {
    let mut state = session();
    health(&mut state, relay_refuses());
    press(&mut state, KeyCode::Char('2'));
    let mails = vec![
        mail(4, "grace@navy.example", MailState::Dead, Some("5.1.1 no such user\u{1b}[2J")),
        mail(3, "naomi@example.jp", MailState::Queued, None),
        mail(2, "ada@example.org", MailState::Sent, None),
        mail(1, "postmaster@example.org", MailState::Cancelled, None),
    ];
    let rows = NewestRows { rows: mails, before: false, after: false };
    let filter = state.screens.mail.filter;
    update(&mut state, Msg::Page(filter, Window::Start, Ok(rows)));
    read(&mut state);
    state
}

fn read(state: &mut Shell) {
    let mail = state.screens.mail.list.current().unwrap().clone();
    let attempts = mail.last.iter().map(|answer| Attempt { at: NOW, accepted: false, answer: answer.clone() });
    let detail = Detail { message_id: "1@example.org".to_owned(), attempts: attempts.collect(), mail };
    update(state, Msg::Detail(detail.mail.id, Ok(Box::new((detail, None)))));
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
    assert!(matches!(changed(&effects)[..], [Change::Retry(MailId(4))]));
    press(&mut state, KeyCode::Char('j'));
    press(&mut state, KeyCode::Char('j'));
    assert!(press(&mut state, KeyCode::Char('r')).is_empty());
    let text = state.ctx.toast.unwrap().text;
    assert_eq!(text, "Email 2 is accepted by relay; you can only retry one that is queued or failed.");
}

#[test]
fn cancelling_and_retrying_all_ask_first() {
    let mut state = on_mails();
    assert!(press(&mut state, KeyCode::Char('x')).is_empty());
    assert!(press(&mut state, KeyCode::Enter).is_empty(), "Cancel has the focus");
    let effects = press(&mut state, KeyCode::Char('a'));
    assert!(matches!(reads(&effects)[..], [Read::Failed]), "{effects:?}");
    let usable = vec![mail(4, "grace@navy.example", MailState::Dead, None)];
    update(&mut state, Msg::Failed(Ok(Failed { usable, left_out: 1 })));
    let [(_, Dialog::Question(question))] = state.dialogs.as_slice() else { panic!("it asks") };
    let asked = (question.title.as_str(), question.about.as_str());
    assert_eq!(asked, ("Retry 1 failed email?", "grace@navy.example"), "two failed, and one of them can be retried");
    pictures("retry_all", &mut state);
    press(&mut state, KeyCode::Tab);
    let effects = press(&mut state, KeyCode::Enter);
    let [Change::RetryAll(these)] = changed(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!(these[..], [MailId(4)], "what was counted is what is retried");
    press(&mut state, KeyCode::Char('a'));
    update(&mut state, Msg::Failed(Ok(Failed { usable: Vec::new(), left_out: 2 })));
    let text = "No failed email can be retried. 2 failed emails are left out: their links no longer work, or their users \
                are deleted.";
    assert_eq!(state.ctx.toast.unwrap().text, text);
}

#[test]
fn from_a_mail_to_its_user_and_back() {
    let mut state = on_mails();
    let effects = press(&mut state, KeyCode::Char('@'));
    assert!(matches!(users_reads(&effects).last(), Some(users::Read::Detail(UserId(4)))));
    assert_eq!((state.screen, state.screens.users.cursor()), (Screen::Users, Some(UserId(4))));
    press(&mut state, KeyCode::Char('2'));
    press(&mut state, KeyCode::End);
    assert!(press(&mut state, KeyCode::Char('@')).is_empty());
    assert!(state.ctx.toast.unwrap().text.contains("A test email goes to no user"));
}

#[test]
fn the_list_goes_on_to_its_end_however_long_it_is() {
    let mut state = on_mails();
    let rows: Vec<_> = (0..200).map(|id| mail(5_000 - id, "ada@example.org", MailState::Sent, None)).collect();
    let (filter, window) = (state.screens.mail.filter, state.screens.mail.list.restart());
    update(&mut state, Msg::Page(filter, window, Ok(NewestRows { rows, before: false, after: true })));
    let effects = press(&mut state, KeyCode::Char('G'));
    assert!(matches!(reads(&effects)[..], [Read::Page(_, Window::End)]), "{effects:?}");
    let rows: Vec<_> = (0..200).map(|id| mail(200 - id, "ada@example.org", MailState::Sent, None)).collect();
    update(&mut state, Msg::Page(filter, Window::End, Ok(NewestRows { rows, before: true, after: false })));
    assert_eq!(state.screens.mail.cursor(), Some(MailId(1)));
}

#[test]
fn what_is_wrong_is_in_the_head_until_it_is_fixed() {
    let mut state = on_mails();
    let shown = picture(&state, 120, 36);
    assert!(
        shown.contains("! Relay: 535 5.7.8 authentication failed. 41 emails are waiting. Next try in 40 s."),
        "{shown}"
    );
    let well = Health { waiting: 0, dead: 0, relay: None, ..relay_refuses() };
    health(&mut state, well);
    assert!(!picture(&state, 120, 36).contains("Relay:"));
}

fn leaving(state: &mut Shell, health: Health) -> Vec<Effect> {
    shell::update(state, shell::Msg::Leaving(Ok(Box::new(health))))
}

#[test]
fn leaving_asks_when_mails_wait_that_only_this_program_sends() {
    let mut state = on_mails();
    assert!(quits(&press(&mut state, KeyCode::Char('q'))));
    state.ctx.here.sends = true;
    assert!(matches!(press(&mut state, KeyCode::Char('q')).as_slice(), [Effect::Read(shell::Read::Leaving)]));
    assert!(leaving(&mut state, relay_refuses()).is_empty());
    pictures("leave", &mut state);
    press(&mut state, KeyCode::Tab);
    assert!(quits(&press(&mut state, KeyCode::Enter)));
    assert!(quits(&leaving(&mut state, Health { waiting: 0, ..relay_refuses() })));
}

#[test]
fn whoever_waits_for_the_mails_leaves_by_itself_when_the_last_one_left() {
    let mut state = on_mails();
    state.ctx.here.sends = true;
    leaving(&mut state, relay_refuses());
    assert!(press(&mut state, KeyCode::Enter).is_empty());
    assert!(picture(&state, 80, 24).contains("Waiting for the emails"));
    let effects = happened(&mut state, Happened::Tick(Timestamp(NOW.0 + 3_000)));
    let looks = effects.iter().any(|effect| matches!(effect, Effect::Read(shell::Read::Health)));
    assert!(looks, "it is looked after each second");
    assert!(health(&mut state, Health { waiting: 1, relay: None, ..relay_refuses() }).is_empty());
    assert!(picture(&state, 80, 24).contains("1 email is waiting"));
    assert!(quits(&health(&mut state, Health { waiting: 0, relay: None, ..relay_refuses() })));
}

#[test]
fn what_a_mail_says_is_read_as_text_and_as_html() {
    let mut state = on_mails();
    assert!(matches!(reads(&press(&mut state, KeyCode::Char('v')))[..], [Read::Preview(MailId(4))]));
    let words = Words {
        subject: "Ada invites you \u{1b}[31m".to_owned(),
        text: "Hello Grace,\n\nopen this link: https://rsvp.example.org/i/•••••\n".to_owned(),
        html: "<p>Hello Grace,</p>".to_owned(),
        source: WordsSource::Forgotten,
    };
    update(&mut state, Msg::Preview(MailId(4), Ok(Box::new(words))));
    let shown = picture(&state, 80, 24);
    assert!(shown.contains("Subject: Ada invites you \\u{1b}[31m") && shown.contains("•••••"), "{shown}");
    assert!(
        shown.contains("The text that was sent is no longer stored."),
        "nobody takes it for what was sent: {shown}"
    );
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
    assert!(matches!(users_reads(&effects)[..], [users::Read::Detail(UserId(2))]));
    let grace = || users::Msg::Detail(UserId(2), Ok(detail_of(&session().screens.users.list.rows()[1])));
    answer(&mut state, grace());
    let [(_, Dialog::Form(form))] = state.dialogs.as_slice() else {
        panic!("the form opens as soon as Grace was read")
    };
    assert_eq!((form.title.as_str(), form.fields.focus), ("Edit Grace Hopper", 1));
    press(&mut state, KeyCode::Esc);
    assert_eq!(state.screen, Screen::Mail, "and whoever leaves it is back at the mails");
    press(&mut state, KeyCode::Char('e'));
    press(&mut state, KeyCode::Char('1'));
    answer(&mut state, grace());
    assert!(state.dialogs.is_empty(), "whoever went on is not interrupted");
}

#[test]
fn the_palette_finds_an_action_by_its_words_and_does_it() {
    let mut state = session();
    press(&mut state, KeyCode::Char(':'));
    type_in(&mut state, "inv user");
    assert!(picture(&state, 80, 24).contains("invite user"));
    press(&mut state, KeyCode::Enter);
    assert!(matches!(state.dialogs.as_slice(), [(_, Dialog::Form(_))]));
}

#[test]
fn a_look_that_fails_each_second_is_told_once() {
    let mut state = session();
    let fails = || shell::Msg::Revision(Err(refused("the database server can't be reached")));
    shell::update(&mut state, fails());
    state.ctx.dirty = false;
    happened(&mut state, Happened::Tick(Timestamp(NOW.0 + 900)));
    shell::update(&mut state, fails());
    assert!(!state.ctx.dirty);
    // It goes with what it says, not with its time.
    let works = || shell::Msg::Revision(Ok(Revision::default()));
    shell::update(&mut state, works());
    assert!(state.ctx.dirty && state.ctx.toast.is_none());
    state.ctx.warn("That key does nothing here.");
    shell::update(&mut state, works());
    assert!(state.ctx.toast.is_some(), "what somebody else said stays");
}

#[test]
fn whoever_lost_the_authority_to_be_here_is_signed_out() {
    let mut state = session();
    let effects = shell::update(&mut state, shell::Msg::Revision(Err(Refused::from(Denied::NoAuthority))));
    let [Effect::Terminal(Terminal::Expel(why))] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(why.contains("no longer have a role here"), "{why}");
}

/// The same screen for somebody with a role who is no administrator.
fn on_mails_as(organisation: OrganisationRole) -> Shell {
    let mut state = on_mails();
    state.ctx.me.authority = Authority { organisation, rank: Rank::Helpdesk, ..Authority::none(UserId(9)) };
    state
}

#[test]
fn what_is_not_theirs_does_nothing_and_is_in_no_hint() {
    let keys =
        [('r', " r retry"), ('a', " a retry all"), ('x', " x cancel"), ('e', " e correct"), ('t', " t send test")];
    for (role, theirs) in [
        (OrganisationRole::Auditor, ""),
        (OrganisationRole::Helpdesk, "rae"),
        (OrganisationRole::Administrator, "raxet"),
    ] {
        for (key, hint) in keys {
            let mut state = on_mails_as(role);
            let shown = picture(&state, 160, 36);
            let rows: Vec<_> = shown.lines().take_while(|line| *line != "-- styles --").collect();
            let hints = rows[rows.len() - 2..].join("\n");
            let effects = press(&mut state, KeyCode::Char(key));
            let did = !effects.is_empty() || !state.dialogs.is_empty();
            assert_eq!(did, theirs.contains(key), "{key} of {role:?}: {effects:?}");
            assert_eq!(hints.contains(hint), theirs.contains(key), "{key} of {role:?}: {hints}");
            assert_eq!(state.ctx.toast.is_some(), !theirs.contains(key), "it says why not");
        }
        // Reading is everybody's.
        let mut state = on_mails_as(role);
        assert!(matches!(reads(&press(&mut state, KeyCode::Char('v')))[..], [Read::Preview(MailId(4))]));
    }
}
