//! The list of workspaces, without terminal or database: keys in, effects and screens out.

use crossterm::event::KeyCode;

use super::msg::{Change, Msg, Read};
use crate::domain::name::Name;
use crate::domain::role::WorkspaceId;
use crate::domain::time::days;
use crate::domain::workspace::{Consequences, Workspace};
use crate::tui::screen::Screen;
use crate::tui::screens::users;
use crate::tui::shell::{self, Effect, Shell};
use crate::tui::tests::{NOW, picture, pictures, press, refused, session, type_in, users_reads};

fn update(state: &mut Shell, msg: Msg) -> Vec<Effect> {
    shell::update(state, shell::Msg::Screen(shell::ScreenMsg::Workspaces(msg)))
}

/// The one change that is asked for.
fn changed(effects: &[Effect]) -> &Change {
    let [Effect::Change(shell::Change::Screen(shell::ScreenChange::Workspaces(change)))] = effects else {
        panic!("{effects:?}")
    };
    change
}

fn reads_all(effects: &[Effect]) -> bool {
    effects.iter().any(|one| matches!(one, Effect::Read(shell::Read::Screen(shell::ScreenRead::Workspaces(Read::All)))))
}

fn workspace(id: i64, name: &str, users: u64, administrators: u64) -> Workspace {
    let (id, name) = (WorkspaceId(id), Name::stored(name.to_owned()));
    Workspace { id, name, created_at: NOW.minus(days(90)), users, administrators }
}

fn on_workspaces() -> Shell {
    let mut state = session();
    let effects = press(&mut state, KeyCode::Char('3'));
    assert!(reads_all(&effects));
    let all = vec![
        workspace(1, "Library", 1_204, 2),
        workspace(2, "渡辺 Operations", 1, 0),
        workspace(3, "Research\u{1b}[31m", 36, 1),
    ];
    update(&mut state, Msg::All(Ok(all)));
    state
}

#[test]
fn workspaces_at_every_size() {
    let mut state = on_workspaces();
    press(&mut state, KeyCode::Char('j'));
    pictures("workspaces_screen", &mut state);
    press(&mut state, KeyCode::Char('e'));
    pictures("rename_workspace", &mut state);
}

#[test]
fn one_is_created_and_a_name_that_is_taken_is_told_in_the_form() {
    let mut state = on_workspaces();
    press(&mut state, KeyCode::Char('i'));
    type_in(&mut state, "library");
    press(&mut state, KeyCode::Tab);
    let effects = press(&mut state, KeyCode::Enter);
    let Change::Create(number, name) = changed(&effects).clone() else { panic!("{effects:?}") };
    assert_eq!(name.as_str(), "library");
    update(&mut state, Msg::Created(number, name, Err(refused("a workspace is called library already"))));
    assert!(picture(&state, 80, 24).contains("✗ A workspace is called library already."));
    let effects = press(&mut state, KeyCode::Enter);
    let Change::Create(number, name) = changed(&effects).clone() else { panic!("{effects:?}") };
    let effects = update(&mut state, Msg::Created(number, name, Ok(())));
    assert!(state.dialogs.is_empty() && reads_all(&effects));
    let text = &state.ctx.toast.as_ref().unwrap().text;
    assert_eq!(text, "Workspace library created · rsvp workspace create library");
}

#[test]
fn deleting_one_says_what_that_means_for_its_users_before_it_asks() {
    let mut state = on_workspaces();
    let effects = press(&mut state, KeyCode::Char('D'));
    let [Effect::Read(shell::Read::Screen(shell::ScreenRead::Workspaces(Read::Consequences(name))))] =
        effects.as_slice()
    else {
        panic!("{effects:?}")
    };
    let means = Consequences { users: 1_204, administrators: 2, only_here: 7, views: 0 };
    update(&mut state, Msg::Consequences(name.clone(), Ok(means)));
    pictures("delete_workspace", &mut state);
    let shown = picture(&state, 120, 36);
    assert!(shown.contains("Nobody is deleted"), "{shown}");
    assert!(shown.contains("to no other workspace") && shown.contains("1,204"), "{shown}");
    assert!(press(&mut state, KeyCode::Enter).is_empty() && state.dialogs.is_empty(), "Cancel has the focus");
    update(&mut state, Msg::Consequences(name.clone(), Ok(means)));
    press(&mut state, KeyCode::Tab);
    let effects = press(&mut state, KeyCode::Enter);
    assert!(matches!(changed(&effects), Change::Delete(_)));
}

#[test]
fn opening_one_shows_its_users_and_escape_shows_all_again() {
    let mut state = on_workspaces();
    let effects = press(&mut state, KeyCode::Enter);
    assert!(
        matches!(users_reads(&effects)[0], users::Read::Page(query, _) if query.workspace.as_deref() == Some("Library"))
    );
    assert_eq!(state.screen, Screen::Users);
    assert!(picture(&state, 120, 36).contains("all · in Library · by name"));
    let effects = press(&mut state, KeyCode::Esc);
    assert!(matches!(users_reads(&effects)[0], users::Read::Page(query, _) if query.workspace.is_none()));
}

#[test]
fn a_workspace_administrator_sees_why_the_keys_are_grey() {
    let mut state = on_workspaces();
    state.ctx.me.authority = crate::domain::test::administers(&[1]);
    for key in ['i', 'e', 'D'] {
        assert!(press(&mut state, KeyCode::Char(key)).is_empty() && state.dialogs.is_empty());
        assert_eq!(state.ctx.toast.as_ref().unwrap().text, "Only an administrator can do this.");
    }
    press(&mut state, KeyCode::Char('?'));
    assert!(picture(&state, 120, 36).contains("✗ only an administrator can do this"));
}

#[test]
fn the_cursor_stays_on_its_workspace_until_it_moves_on() {
    let mut state = on_workspaces();
    press(&mut state, KeyCode::End);
    assert_eq!(state.screens.workspaces.list.cursor(), Some(3));
    update(&mut state, Msg::All(Ok(vec![workspace(1, "Library", 1, 0), workspace(2, "Ops", 1, 0)])));
    assert_eq!(state.screens.workspaces.list.cursor(), Some(3));
    let shown = picture(&state, 120, 36);
    assert!(shown.contains("Workspaces · by name · 2") && shown.contains("This workspace was deleted."), "{shown}");
    for key in ['e', 'D'] {
        assert!(press(&mut state, KeyCode::Char(key)).is_empty() && state.dialogs.is_empty());
        assert_eq!(state.ctx.toast.as_ref().unwrap().text, "This workspace was deleted.");
    }
    press(&mut state, KeyCode::Char('k'));
    assert_eq!((state.screens.workspaces.list.cursor(), state.screens.workspaces.list.rows().len()), (Some(2), 2));
}

#[test]
fn without_workspaces_it_is_said_how_to_create_one() {
    let mut state = session();
    press(&mut state, KeyCode::Char('3'));
    update(&mut state, Msg::All(Ok(Vec::new())));
    assert!(picture(&state, 80, 24).contains("No workspaces yet. i creates one."));
    press(&mut state, KeyCode::Char('D'));
    assert!(state.dialogs.is_empty());
    assert_eq!(state.ctx.toast.as_ref().unwrap().text, "No workspace is under the cursor.");
}
