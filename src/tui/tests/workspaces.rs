//! The list of workspaces, without terminal or database: keys in, effects and screens out.

use crossterm::event::KeyCode;

use super::{answer, picture, pictures, press, session, type_in};
use crate::domain::action::Action;
use crate::domain::name::Name;
use crate::domain::policy::{Authority, Power};
use crate::domain::role::WorkspaceId;
use crate::domain::time::days;
use crate::domain::workspace::{Consequences, Workspace};
use crate::tui::message::{Done, Effect, Msg, Refused, Request, Said};
use crate::tui::state::{Screen, State};
use crate::tui::update::update;

fn workspace(id: i64, name: &str, users: u64, administrators: u64) -> Workspace {
    let (id, name) = (WorkspaceId(id), Name::stored(name.to_owned()));
    Workspace { id, name, created_at: super::NOW.minus(days(90)), users, administrators }
}

fn on_workspaces() -> State {
    let mut state = session();
    let effects = press(&mut state, KeyCode::Char('3'));
    assert!(matches!(effects.as_slice(), [Effect::AllWorkspaces]));
    let all = vec![
        workspace(1, "Library", 1_204, 2),
        workspace(2, "渡辺 Operations", 1, 0),
        workspace(3, "Research\u{1b}[31m", 36, 1),
    ];
    update(&mut state, Msg::AllWorkspaces(Ok(all)));
    state
}

fn done(action: Action, told: &str) -> Box<Done> {
    Box::new(Done {
        user: None,
        said: Said::Workspace(action, told.to_owned(), "rsvp workspace".to_owned()),
        undo: None,
    })
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
    let [Effect::Ask(_, Request::CreateWorkspace(name))] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(name.as_str(), "library");
    let taken =
        Refused { code: "workspace_taken", message: "there is a workspace library already".to_owned(), hint: None };
    answer(&mut state, Err(taken.into()));
    assert!(picture(&state, 80, 24).contains("✗ there is a workspace library already"));
    press(&mut state, KeyCode::Enter);
    let effects = answer(&mut state, Ok(done(Action::CreateWorkspace, "workspace library created")));
    assert!(state.dialogs.is_empty() && effects.iter().any(|effect| matches!(effect, Effect::AllWorkspaces)));
    assert_eq!(state.toast.as_ref().unwrap().text, "workspace library created · rsvp workspace");
}

#[test]
fn deleting_one_says_what_that_means_for_its_users_before_it_asks() {
    let mut state = on_workspaces();
    let effects = press(&mut state, KeyCode::Char('D'));
    let [Effect::Consequences(name)] = effects.as_slice() else { panic!("{effects:?}") };
    let means = Consequences { users: 1_204, administrators: 2, only_here: 7 };
    update(&mut state, Msg::Consequences(name.clone(), Ok(means)));
    pictures("delete_workspace", &mut state);
    let shown = picture(&state, 120, 36);
    assert!(shown.contains("7 belong to no other workspace") && shown.contains("Nobody is deleted"), "{shown}");
    assert!(press(&mut state, KeyCode::Enter).is_empty() && state.dialogs.is_empty(), "Cancel has the focus");
    update(&mut state, Msg::Consequences(name.clone(), Ok(means)));
    press(&mut state, KeyCode::Tab);
    let effects = press(&mut state, KeyCode::Enter);
    assert!(matches!(effects.as_slice(), [Effect::Ask(_, Request::DeleteWorkspace(_))]), "{effects:?}");
}

#[test]
fn opening_one_shows_its_users_and_escape_shows_all_again() {
    let mut state = on_workspaces();
    let effects = press(&mut state, KeyCode::Enter);
    assert!(matches!(effects.first(), Some(Effect::Page(query, _)) if query.workspace.as_deref() == Some("Library")));
    assert_eq!(state.screen, Screen::Users);
    assert!(picture(&state, 120, 36).contains("all · in Library · by name"));
    let effects = press(&mut state, KeyCode::Esc);
    assert!(matches!(effects.first(), Some(Effect::Page(query, _)) if query.workspace.is_none()));
}

#[test]
fn a_workspace_administrator_sees_why_the_keys_are_grey() {
    let mut state = on_workspaces();
    state.me.authority = Authority { user: None, power: Power::Workspaces([WorkspaceId(1)].into()) };
    for key in ['i', 'e', 'D'] {
        assert!(press(&mut state, KeyCode::Char(key)).is_empty() && state.dialogs.is_empty());
        assert_eq!(state.toast.as_ref().unwrap().text, "only an administrator may do this");
    }
    press(&mut state, KeyCode::Char('?'));
    assert!(picture(&state, 120, 36).contains("✗ only an administrator may do this"));
}

#[test]
fn the_cursor_stays_on_its_workspace_and_goes_on_when_that_is_gone() {
    let mut state = on_workspaces();
    press(&mut state, KeyCode::End);
    assert_eq!(state.workspaces.cursor, Some(WorkspaceId(3)));
    update(&mut state, Msg::AllWorkspaces(Ok(vec![workspace(1, "Library", 1, 0), workspace(2, "Ops", 1, 0)])));
    assert_eq!(state.workspaces.cursor, Some(WorkspaceId(2)));
    update(&mut state, Msg::AllWorkspaces(Ok(Vec::new())));
    assert!(picture(&state, 80, 24).contains("No workspaces here yet. i creates one."));
    press(&mut state, KeyCode::Char('D'));
    assert!(state.dialogs.is_empty());
    assert_eq!(state.toast.as_ref().unwrap().text, "no workspace is under the cursor");
}
