//! The audit log on the screen, without terminal or database: keys in, effects and screens out.

use crossterm::event::KeyCode;
use serde_json::json;

use super::msg::{Filter, Msg, Read};
use crate::app::audit::verify_audit::{Broken, Verified, Why};
use crate::domain::action::Action;
use crate::domain::audit::Entry;
use crate::domain::query::NewestRows;
use crate::domain::time::{days, hours};
use crate::domain::user::UserId;
use crate::tui::dialogs::Dialog;
use crate::tui::screen::Screen;
use crate::tui::screens::users;
use crate::tui::shell::{self, Effect, Shell};
use crate::tui::tests::{NOW, picture, pictures, press, save, session, type_in, users_reads};
use crate::tui::widgets::cursor_list::Window;

fn update(state: &mut Shell, msg: Msg) -> Vec<Effect> {
    shell::update(state, shell::Msg::Screen(shell::ScreenMsg::Audit(msg)))
}

/// The one page that is read.
fn page(effects: &[Effect]) -> (Filter, Window) {
    let [Effect::Read(shell::Read::Screen(shell::ScreenRead::Audit(Read::Page(filter, window))))] = effects else {
        panic!("{effects:?}")
    };
    (filter.clone(), *window)
}

fn read(state: &mut Shell, filter: Filter, rows: Vec<Entry>) {
    update(state, Msg::Page(filter, Window::Start, Ok(NewestRows { rows, before: false, after: false })));
}

fn entry(id: i64, action: Action, subject: Option<(i64, &str)>) -> Entry {
    Entry {
        id,
        at: NOW.minus(hours(u64::try_from(10 - id).unwrap())),
        actor: "Ada Lovelace".to_owned(),
        actor_id: Some(UserId(1)),
        action: action.name().to_owned(),
        subject: subject.map(|(id, _)| UserId(id)),
        subject_name: subject.map(|(_, name)| name.to_owned()),
        detail: json!({
            "door": "terminal", "login": "ada", "uid": 1000, "ssh_source": "192.0.2.7",
            "change": { "name": { "before": "Grace", "after": "Grace\u{1b}[31m Hopper" }, "workspaces": { "before": [], "after": ["Research:admin"] } },
        }),
    }
}

fn on_audit() -> Shell {
    let mut state = session();
    let effects = press(&mut state, KeyCode::Char('4'));
    let (filter, _) = page(&effects);
    let mut test_mail = entry(2, Action::TestMail, None);
    test_mail.detail = serde_json::Value::Null;
    let entries = vec![
        entry(4, Action::Edit, Some((2, "Grace Hopper"))),
        entry(3, Action::SignInFailed, Some((1, "Ada Lovelace"))),
        test_mail,
        entry(1, Action::Delete, Some((9, "渡辺 直美"))),
    ];
    read(&mut state, filter, entries);
    state
}

#[test]
fn the_audit_log_at_every_size() {
    let mut state = on_audit();
    pictures("audit", &mut state);
    let shown = picture(&state, 120, 36);
    for text in ["192.0.2.7", "Grace\\u{1b}[31m Hopper", "Research:admin"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    press(&mut state, KeyCode::Char('f'));
    pictures("audit_filter", &mut state);
}

#[test]
fn it_is_filtered_by_person_actor_action_and_time_and_escape_shows_all_again() {
    let mut state = on_audit();
    press(&mut state, KeyCode::Char('f'));
    type_in(&mut state, "grace@navy.example");
    press(&mut state, KeyCode::Tab);
    type_in(&mut state, "operator");
    press(&mut state, KeyCode::Tab);
    type_in(&mut state, "edit");
    press(&mut state, KeyCode::Tab);
    type_in(&mut state, "yesterday");
    assert!(save(&mut state).is_empty() && picture(&state, 80, 24).contains("isn't a time"));
    for _ in 0.."yesterday".len() {
        press(&mut state, KeyCode::Backspace);
    }
    type_in(&mut state, "7d");
    let effects = save(&mut state);
    let (filter, _) = page(&effects);
    let request = filter.request(50);
    assert_eq!((request.user.as_deref(), request.actor.as_deref()), (Some("grace@navy.example"), Some("operator")));
    assert_eq!((request.action, request.until), (Some(Action::Edit), None));
    assert!(
        request
            .since
            .is_some_and(|since| state.ctx.now.minus(days(8)) < since && since <= state.ctx.now.minus(days(7)))
    );
    assert!(state.dialogs.is_empty());
    read(&mut state, filter, Vec::new());
    let shown = picture(&state, 120, 36);
    assert!(
        shown.contains("Audit · to grace@navy.example, by operator, ") && shown.contains("No entries match"),
        "{shown}"
    );
    let effects = press(&mut state, KeyCode::Esc);
    assert!(page(&effects).0.words().is_empty());
}

#[test]
fn from_an_entry_to_its_user_and_to_everything_about_it() {
    let mut state = on_audit();
    press(&mut state, KeyCode::Enter);
    assert!(matches!(state.dialogs.as_slice(), [(_, Dialog::Whole(_))]));
    assert!(picture(&state, 80, 24).contains("SSH from"));
    press(&mut state, KeyCode::Esc);
    press(&mut state, KeyCode::Char('j'));
    press(&mut state, KeyCode::Char('j'));
    assert!(picture(&state, 120, 36).contains("erased"));
    assert!(press(&mut state, KeyCode::Char('@')).is_empty());
    assert_eq!(state.ctx.toast.as_ref().unwrap().text, "This entry is about no user.");
    press(&mut state, KeyCode::Char('k'));
    let effects = press(&mut state, KeyCode::Char('@'));
    assert!(matches!(users_reads(&effects).last(), Some(users::Read::Detail(UserId(1)))));
    assert_eq!(state.screen, Screen::Users);
}

#[test]
fn the_chain_is_walked_with_one_key_and_a_break_is_told_with_its_entry() {
    let mut state = on_audit();
    let effects = press(&mut state, KeyCode::Char('c'));
    assert!(matches!(effects.as_slice(), [Effect::Read(shell::Read::Screen(shell::ScreenRead::Audit(Read::Verify)))]));
    let well = Verified { sealed: 4_204, unsealed: 2, ..Verified::default() };
    update(&mut state, Msg::Verified(Ok(well)));
    let told = &state.ctx.toast.as_ref().unwrap().text;
    assert!(told.contains("4,204 entries are sealed and unchanged; 2 not sealed yet"), "{told}");
    let broken = Some(Broken { seq: 3, entry: Some(17), why: Why::Changed });
    update(&mut state, Msg::Verified(Ok(Verified { broken, ..Verified::default() })));
    let toast = state.ctx.toast.as_ref().unwrap();
    assert!(toast.bad && toast.text.contains("broken at link 3, entry 17"), "{}", toast.text);
    state.ctx.me.authority = crate::domain::test::administers(&[1]);
    assert!(press(&mut state, KeyCode::Char('c')).is_empty());
    assert_eq!(state.ctx.toast.as_ref().unwrap().text, "Only an administrator can do this.");
}
