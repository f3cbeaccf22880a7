//! Every dialog: what keys and clicks do to it, and how it looks at each size and without colour.

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::{
    NOW, answer, changed_to, detail_of, edited, go_to, key_at, picture, pictures, press, save, session, type_in,
    users_changes, users_reads,
};
use crate::app::users::bulk::Resolved;
use crate::app::users::edit;
use crate::app::users::invite::Invited;
use crate::app::users::list::Page;
use crate::domain::action::Action;
use crate::domain::mail::MailId;
use crate::domain::name::Name;
use crate::domain::query::{UserQuery, View};
use crate::domain::role::{Membership, WorkspaceId, WorkspaceRole};
use crate::domain::task::Task;
use crate::domain::text::is_hostile;
use crate::domain::user::UserId;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::dialogs::Dialog;
use crate::tui::keymap::{Command, Keymap, Own, ShellCommand};
use crate::tui::screen::Screen;
use crate::tui::screens::users;
use crate::tui::session::Happened;
use crate::tui::shell::{Effect, Msg, Read, ScreenRead, Shell, clicked, draw, happened, update};

/// Clicks on the first place that offers this.
fn click(state: &mut Shell, wanted: Target) -> Vec<Effect> {
    let mut terminal = Terminal::new(TestBackend::new(state.ctx.size.0, state.ctx.size.1)).unwrap();
    let mut targets = None;
    terminal
        .draw(|frame| {
            let mut canvas = Canvas::new(frame);
            draw(state, &mut canvas);
            targets = Some(canvas.targets());
        })
        .unwrap();
    let targets = targets.unwrap();
    let places = (0..state.ctx.size.1).flat_map(|row| (0..state.ctx.size.0).map(move |column| (column, row)));
    let (column, row) = places.into_iter().find(|(x, y)| targets.at(*x, *y) == Some(wanted)).expect("it is offered");
    let now = state.ctx.now.plus(Duration::from_millis(300));
    clicked(state, targets.at(column, row).unwrap(), now)
}

/// What an edit asks for.
fn edit_of(effects: &[Effect]) -> edit::Request {
    let [users::Change::Edit(_, request)] = users_changes(effects)[..] else { panic!("{effects:?}") };
    (**request).clone()
}

/// The names of the workspaces that were asked for come.
fn answer_names(state: &mut Shell, effects: &[Effect], names: Vec<Name>) {
    let [users::Read::Names(names_for)] = users_reads(effects)[..] else { panic!("{effects:?}") };
    answer(state, users::Msg::Names(names_for.clone(), Ok(names)));
}

/// Whom a task is about is fixed: Ada; answers the task.
fn resolve(state: &mut Shell, effects: &[Effect]) -> Task {
    let [users::Read::Resolve(task, selection, _)] = users_reads(effects)[..] else { panic!("{effects:?}") };
    let resolved = Resolved { people: vec![(UserId(1), 1)], names: vec!["Ada".to_owned()], hidden: 0 };
    answer(state, users::Msg::Resolved(task.clone(), selection.clone(), Ok(resolved)));
    task.clone()
}

fn names() -> Vec<Name> {
    ["Library", "Operations", "Research"].map(|name| Name::stored(name.to_owned())).to_vec()
}

#[test]
fn the_palette_finds_actions_by_fuzzy_text_and_people_by_name_and_goes_there() {
    let mut state = session();
    press(&mut state, KeyCode::Char(':'));
    pictures("palette", &mut state);
    assert!(type_in(&mut state, "x").is_empty(), "one letter finds nobody in particular");
    press(&mut state, KeyCode::Backspace);
    let effects = type_in(&mut state, "gra");
    assert!(matches!(effects.last(), Some(Effect::Read(Read::People(text))) if text == "gra"), "{effects:?}");
    let rows = state.screens.users.list.rows()[1..3].to_vec();
    update(&mut state, Msg::People("gra".to_owned(), Ok(Page { rows, ..Page::default() })));
    // The answer to the letter before comes late.
    update(&mut state, Msg::People("gr".to_owned(), Ok(Page::default())));
    pictures("palette_people", &mut state);
    assert!(picture(&state, 80, 24).contains("Ingrid Gram <gram@example.org>"));
    click(&mut state, Target::Item(0));
    assert!(state.dialogs.is_empty());

    press(&mut state, KeyCode::Char(':'));
    type_in(&mut state, "rsnd");
    let shown = picture(&state, 120, 36);
    assert!(shown.contains("resend invitation") && shown.contains("✗ this user is already active"), "{shown}");
    press(&mut state, KeyCode::Esc);
    press(&mut state, KeyCode::Char(':'));
    type_in(&mut state, "view exp");
    let effects = press(&mut state, KeyCode::Enter);
    assert!(
        matches!(users_reads(&effects)[0], users::Read::Page(query, _) if query.view == View::Expired),
        "{effects:?}"
    );
}

#[test]
fn a_person_of_the_palette_is_shown_wherever_the_list_was() {
    let mut state = session();
    state.screens.users.query.view = View::Suspended;
    press(&mut state, KeyCode::Char('2'));
    press(&mut state, KeyCode::Char(':'));
    type_in(&mut state, "zzq");
    let rows = state.screens.users.list.rows()[1..2].to_vec();
    update(&mut state, Msg::People("zzq".to_owned(), Ok(Page { rows, ..Page::default() })));
    let effects = press(&mut state, KeyCode::Enter);
    assert!(
        matches!(effects.last(), Some(Effect::Read(Read::Screen(ScreenRead::Users(users::Read::Detail(UserId(2))))))),
        "{effects:?}"
    );
    assert_eq!((state.screen, &state.screens.users.query), (Screen::Users, &UserQuery::default()));
}

#[test]
fn the_help_is_filtered_by_a_key_or_by_words_and_does_what_it_lists() {
    let mut state = session();
    press(&mut state, KeyCode::Char('?'));
    pictures("help", &mut state);
    type_in(&mut state, "D");
    let shown = picture(&state, 80, 24);
    assert!(shown.find("delete user").unwrap() < shown.find("suspend or reactivate").unwrap_or(usize::MAX), "{shown}");
    press(&mut state, KeyCode::Enter);
    assert!(matches!(state.dialogs.as_slice(), [(_, Dialog::Question(_))]), "the first line is the key itself");
    press(&mut state, KeyCode::Esc);
    press(&mut state, KeyCode::Char('?'));
    type_in(&mut state, "ctrl-d");
    assert!(picture(&state, 80, 24).contains("page down"));
    for _ in 0..6 {
        press(&mut state, KeyCode::Backspace);
    }
    type_in(&mut state, "all view");
    let effects = press(&mut state, KeyCode::Enter);
    assert!(effects.is_empty() && !state.screens.users.marks.is_empty(), "all in view are marked");
}

#[test]
fn own_keys_are_pressed_shown_and_told() {
    let own = |context: &str, command: &str, key: &str| Own {
        context: context.to_owned(),
        command: command.to_owned(),
        keys: vec![key.to_owned()],
    };
    let mut state = session();
    let keys = [own("users", "delete", "d"), own("users", "suspend", "ctrl-x"), own("everywhere", "undo", "ctrl-y")];
    state.ctx.keymap = Arc::new(Keymap::with(&keys).unwrap());
    let shown = picture(&state, 120, 36);
    assert!(shown.contains(" d delete") && shown.contains("Ctrl-X suspend"), "{shown}");
    press(&mut state, KeyCode::Char('d'));
    let shown = picture(&state, 120, 36);
    assert!(shown.contains("Delete Ada Lovelace?") && shown.contains("Ctrl-Y undoes this."), "{shown}");
    press(&mut state, KeyCode::Esc);
    let suspend = KeyEvent::new(KeyCode::Char('x'), KeyModifiers::CONTROL);
    happened(&mut state, key_at(suspend, NOW));
    assert!(picture(&state, 120, 36).contains("Suspend Ada Lovelace?"));
}

#[test]
fn a_key_that_is_dead_on_purpose_says_which_one_was_meant() {
    let mut state = session();
    assert!(press(&mut state, KeyCode::Char('d')).is_empty());
    assert_eq!(state.ctx.toast.as_ref().unwrap().text, "Delete user is D.");
}

#[test]
fn a_key_that_is_nothing_says_where_the_keys_are_and_the_next_command_ends_what_was_said() {
    let mut state = session();
    press(&mut state, KeyCode::Char('Z'));
    assert_eq!(state.ctx.toast.as_ref().unwrap().text, "That key does nothing here. ? lists the keys.");
    press(&mut state, KeyCode::Char('j'));
    assert!(state.ctx.toast.is_some(), "moving about leaves it");
    press(&mut state, KeyCode::Char('2'));
    assert!(state.ctx.toast.is_none(), "it does not follow to another screen");
}

#[test]
fn keys_that_were_on_their_way_when_a_dialog_opened_do_nothing_to_it() {
    let mut state = session();
    go_to(&mut state, "Grace");
    press(&mut state, KeyCode::Char('D'));
    let opened = state.ctx.now;
    for (code, after) in [(KeyCode::Tab, 0), (KeyCode::Enter, 2), (KeyCode::Esc, 9)] {
        happened(&mut state, key_at(KeyEvent::from(code), opened.plus(Duration::from_millis(after))));
    }
    assert!(matches!(state.dialogs.as_slice(), [(_, Dialog::Question(_))]), "nothing was pressed");
    assert!(press(&mut state, KeyCode::Enter).is_empty(), "and Cancel still has the focus");
    assert!(state.dialogs.is_empty());
}

/// Grace's form, whose name and role were changed here, and whose name and language somebody else changed first.
fn conflict() -> Shell {
    let mut state = session();
    go_to(&mut state, "Grace");
    press(&mut state, KeyCode::Char('e'));
    type_in(&mut state, " PhD");
    press(&mut state, KeyCode::Tab);
    press(&mut state, KeyCode::Tab);
    press(&mut state, KeyCode::Right);
    let effects = save(&mut state);
    let change = users_changes(&effects)[0].clone();
    let request = edit_of(&effects);
    assert_eq!((request.email.as_ref(), request.language), (None, None), "only what was changed is asked for");
    let mut theirs = detail_of(state.screens.users.list.current().unwrap()).user;
    theirs.name = Name::stored("Rear Admiral Hopper".to_owned());
    theirs.language = crate::domain::language::Language::German;
    theirs.version = 7;
    answer(&mut state, changed_to(&change, theirs));
    state
}

#[test]
fn somebody_elses_save_is_shown_side_by_side() {
    let mut state = conflict();
    pictures("conflict", &mut state);
    let shown = picture(&state, 120, 36);
    for text in ["It was", "Rear Admiral Hopper", "Grace Hopper PhD", "Deutsch", "administrator", "Take mine"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
}

#[test]
fn taking_mine_saves_only_what_was_changed_here_over_what_they_saved() {
    let mut state = conflict();
    press(&mut state, KeyCode::Tab);
    press(&mut state, KeyCode::Tab);
    let effects = press(&mut state, KeyCode::Enter);
    let request = edit_of(&effects);
    assert_eq!(request.version, Some(7));
    assert_eq!(request.name.as_ref().unwrap().as_str(), "Grace Hopper PhD");
    assert_eq!((request.administrator, request.language), (Some(true), None), "their language stays");
}

#[test]
fn keeping_theirs_leaves_and_editing_goes_on_with_both() {
    let mut state = conflict();
    press(&mut state, KeyCode::Tab);
    assert!(press(&mut state, KeyCode::Enter).is_empty());
    assert!(state.dialogs.is_empty());

    let mut state = conflict();
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    happened(&mut state, key_at(interrupt, NOW));
    type_in(&mut state, "!");
    assert!(!picture(&state, 120, 36).contains("Saving"), "the form goes on");

    let mut state = conflict();
    press(&mut state, KeyCode::Esc);
    let shown = picture(&state, 120, 36);
    assert!(shown.contains("Grace Hopper PhD") && shown.contains("‹ Deutsch ›"), "{shown}");
}

#[test]
fn workspaces_are_chosen_from_a_list_for_the_user_and_for_the_form() {
    let mut state = session();
    go_to(&mut state, "Grace");
    let effects = press(&mut state, KeyCode::Char('w'));
    answer_names(&mut state, &effects, names());
    press(&mut state, KeyCode::Char(' '));
    type_in(&mut state, "res");
    press(&mut state, KeyCode::Right);
    press(&mut state, KeyCode::Right);
    for _ in 0..3 {
        press(&mut state, KeyCode::Backspace);
    }
    pictures("workspaces", &mut state);
    let effects = press(&mut state, KeyCode::Enter);
    let request = edit_of(&effects);
    let chosen: Vec<_> = request.workspaces.iter().flatten().map(|(name, role)| (name.as_str(), *role)).collect();
    assert_eq!(chosen, [("Library", WorkspaceRole::Member), ("Research", WorkspaceRole::Administrator)]);
    let user = detail_of(state.screens.users.list.current().unwrap()).user;
    answer(&mut state, edited(users_changes(&effects)[0], user, vec![edit::Field::Workspaces]));

    press(&mut state, KeyCode::Char('i'));
    for _ in 0..3 {
        press(&mut state, KeyCode::Tab);
    }
    type_in(&mut state, "Library:admin");
    let effects = press(&mut state, KeyCode::Enter);
    answer_names(&mut state, &effects, names());
    press(&mut state, KeyCode::Down);
    press(&mut state, KeyCode::Char(' '));
    press(&mut state, KeyCode::Enter);
    assert!(picture(&state, 80, 24).contains("Library:admin, Operations"));
}

#[test]
fn a_workspace_that_the_list_has_no_room_for_stays_chosen_and_a_space_is_typed_in_a_name() {
    let mut state = session();
    go_to(&mut state, "Grace");
    let workspace = |id, name: &str| Membership {
        workspace: WorkspaceId(id),
        name: Name::stored(name.to_owned()),
        role: WorkspaceRole::Administrator,
    };
    state.screens.users.detail.as_mut().unwrap().user.memberships =
        vec![workspace(1, "Library"), workspace(9, "Zoo, and more")];
    let effects = press(&mut state, KeyCode::Char('w'));
    answer_names(&mut state, &effects, names());
    press(&mut state, KeyCode::Right);
    type_in(&mut state, "zoo, and");
    assert!(picture(&state, 80, 24).contains("[x] Zoo, and more"), "{}", picture(&state, 80, 24));
    press(&mut state, KeyCode::Left);
    let effects = press(&mut state, KeyCode::Enter);
    let request = edit_of(&effects);
    let chosen: Vec<_> = request.workspaces.iter().flatten().map(|(name, role)| (name.as_str(), *role)).collect();
    assert_eq!(chosen, [("Zoo, and more", WorkspaceRole::Member)], "the other one went out with the arrow");
    let user = state.screens.users.user().unwrap().clone();
    answer(&mut state, edited(users_changes(&effects)[0], user, vec![edit::Field::Workspaces]));

    press(&mut state, KeyCode::Char('e'));
    assert!(picture(&state, 120, 36).contains("Library:admin, \"Zoo, and more\":admin"));
    press(&mut state, KeyCode::End);
    type_in(&mut state, "!");
    let effects = save(&mut state);
    assert!(edit_of(&effects).workspaces.is_none());
}

#[test]
fn names_of_workspaces_that_come_late_open_nothing_over_a_form_that_cannot_take_them() {
    let mut state = session();
    press(&mut state, KeyCode::Char('e'));
    type_in(&mut state, "!");
    for _ in 0..3 {
        press(&mut state, KeyCode::Tab);
    }
    let asked = press(&mut state, KeyCode::Enter);
    let effects = save(&mut state);
    answer_names(&mut state, &asked, names());
    assert!(matches!(state.dialogs.as_slice(), [(_, Dialog::Form(_))]), "it is being saved");
    let mut theirs = detail_of(state.screens.users.list.current().unwrap()).user;
    theirs.version = 7;
    answer(&mut state, changed_to(users_changes(&effects)[0], theirs));
    assert!(matches!(state.dialogs.as_slice(), [(_, Dialog::Form(_)), (_, Dialog::Comparison(_))]));
    state.dialogs.clear();
    press(&mut state, KeyCode::Char('2'));
    press(&mut state, KeyCode::Char('t'));
    answer_names(&mut state, &asked, names());
    assert!(matches!(state.dialogs.as_slice(), [(_, Dialog::Form(_))]), "a test mail goes to no workspace");
}

#[test]
fn an_answer_to_a_form_that_was_left_touches_no_other_form() {
    let mut state = session();
    press(&mut state, KeyCode::Char('e'));
    type_in(&mut state, "!");
    let left = users_changes(&save(&mut state))[0].clone();
    press(&mut state, KeyCode::Esc);
    press(&mut state, KeyCode::Esc);
    press(&mut state, KeyCode::Char('i'));
    type_in(&mut state, "Zoë");
    press(&mut state, KeyCode::Tab);
    type_in(&mut state, "zoe@example.org");
    let sent = users_changes(&save(&mut state))[0].clone();
    let theirs = detail_of(state.screens.users.list.current().unwrap()).user;
    answer(&mut state, changed_to(&left, theirs.clone()));
    assert!(matches!(state.dialogs.as_slice(), [(_, Dialog::Form(_))]), "no comparison in an invitation");
    assert!(state.ctx.toast.as_ref().unwrap().text.contains("changed"), "but it is told");
    answer(&mut state, edited(&left, theirs.clone(), Vec::new()));
    assert!(picture(&state, 80, 24).contains("Inviting"), "the invitation still waits for its own answer");
    let users::Change::Invite(number, request) = sent else { panic!("{sent:?}") };
    let invited = Invited { user: theirs, mail: MailId(1), expires_at: NOW, held_until: None };
    answer(&mut state, users::Msg::Invited(number, request, Ok(Box::new(invited))));
    assert!(state.dialogs.is_empty());
}

#[test]
fn all_who_are_marked_get_a_role_or_a_workspace_after_a_question() {
    let mut state = session();
    press(&mut state, KeyCode::Char(' '));
    let effects = press(&mut state, KeyCode::Char('w'));
    answer_names(&mut state, &effects, names());
    press(&mut state, KeyCode::Down);
    let effects = press(&mut state, KeyCode::Enter);
    let Task::Join(name, WorkspaceRole::Member) = resolve(&mut state, &effects) else { panic!("{effects:?}") };
    assert_eq!(name.as_str(), "Operations");
    assert!(picture(&state, 80, 24).contains("Add 1 user to Operations as member?"), "{}", picture(&state, 80, 24));
    press(&mut state, KeyCode::Esc);

    let effects = press(&mut state, KeyCode::Char('w'));
    answer_names(&mut state, &effects, vec![Name::stored("Ops\u{202e}\u{1b}[31m".to_owned())]);
    press(&mut state, KeyCode::Right);
    let effects = press(&mut state, KeyCode::Enter);
    let task = resolve(&mut state, &effects);
    assert!(matches!(task, Task::Join(_, WorkspaceRole::Administrator)), "the first arrow counts: {task:?}");
    let shown = picture(&state, 120, 36);
    assert!(shown.contains("Ops\\u{202e}") && shown.chars().all(|c| c == '\n' || !is_hostile(c)), "{shown}");
    press(&mut state, KeyCode::Esc);

    press(&mut state, KeyCode::Char(':'));
    type_in(&mut state, "make admin");
    press(&mut state, KeyCode::Enter);
    press(&mut state, KeyCode::Down);
    let effects = press(&mut state, KeyCode::Enter);
    assert_eq!(resolve(&mut state, &effects), Task::Administrator(true));
}

#[test]
fn what_is_clicked_is_done() {
    let mut state = session();
    click(&mut state, Target::Row(3));
    assert_eq!(state.screens.users.cursor(), Some(UserId(3)));
    super::read_detail(&mut state);
    click(&mut state, Target::Row(3));
    assert!(matches!(state.dialogs.as_slice(), [(_, Dialog::Whole(_))]), "a second time opens");
    press(&mut state, KeyCode::Esc);
    click(&mut state, Target::Command(Command::Act(Action::Delete)));
    assert!(click(&mut state, Target::Item(0)).is_empty() && state.dialogs.is_empty(), "Cancel");
    click(&mut state, Target::Command(Command::Act(Action::Delete)));
    assert!(matches!(click(&mut state, Target::Item(1)).as_slice(), [Effect::Change(..)]));
    click(&mut state, Target::Command(Command::Shell(ShellCommand::Go(Screen::Mail))));
    assert_eq!(state.screen, Screen::Mail);
    press(&mut state, KeyCode::Char('1'));
    happened(&mut state, Happened::Wheel(-1));
    assert_eq!(state.screens.users.cursor(), Some(UserId(1)));
}

#[test]
fn nothing_below_a_dialog_can_be_clicked() {
    let mut state = session();
    press(&mut state, KeyCode::Char('D'));
    let mut terminal = Terminal::new(TestBackend::new(120, 36)).unwrap();
    let mut targets = None;
    terminal
        .draw(|frame| {
            let mut canvas = Canvas::new(frame);
            draw(&state, &mut canvas);
            targets = Some(canvas.targets());
        })
        .unwrap();
    let targets = targets.unwrap();
    for (column, row) in (0..120).flat_map(|column| (0..36).map(move |row| (column, row))) {
        assert!(matches!(targets.at(column, row), None | Some(Target::Item(_))));
    }
}

#[test]
fn the_other_dialogs_at_every_size() {
    let mut state = session();
    go_to(&mut state, "Grace");
    for (name, key) in [("view_menu", 'f'), ("order_menu", 'o'), ("delete", 'D'), ("edit", 'e'), ("invite", 'i')] {
        press(&mut state, KeyCode::Char(key));
        pictures(name, &mut state);
        state.dialogs.clear();
    }
    press(&mut state, KeyCode::Enter);
    pictures("whole", &mut state);
    press(&mut state, KeyCode::Esc);
    let user = Box::new(detail_of(state.screens.users.list.current().unwrap()).user);
    let link = "https://rsvp.example.org/i/ABCD-EFGH-JKMN".to_owned();
    answer(&mut state, users::Msg::Link(Ok((link, user))));
    pictures("link", &mut state);
}

#[test]
fn leaving_a_form_that_was_changed_is_asked_about() {
    let mut state = session();
    press(&mut state, KeyCode::Char('i'));
    press(&mut state, KeyCode::Esc);
    assert!(state.dialogs.is_empty(), "nothing was typed");
    press(&mut state, KeyCode::Char('i'));
    type_in(&mut state, "Zoë");
    press(&mut state, KeyCode::Esc);
    pictures("leave_form", &mut state);
    press(&mut state, KeyCode::Char('!'));
    let [(_, Dialog::Form(form))] = state.dialogs.as_slice() else { panic!("it stays") };
    assert_eq!(form.fields.value(0), "Zoë", "a key that only stays types nothing");
    press(&mut state, KeyCode::Esc);
    assert!(save(&mut state).is_empty() && !picture(&state, 80, 24).contains("Leave?"), "and saves nothing");
    press(&mut state, KeyCode::Esc);
    happened(&mut state, Happened::Paste("pasted".to_owned()));
    press(&mut state, KeyCode::Esc);
    click(&mut state, Target::Item(7));
    let [(_, Dialog::Form(form))] = state.dialogs.as_slice() else { panic!("it stays") };
    assert!(form.fields.value(0) == "Zoë" && !form.fields.tried, "neither do a paste and a click");
    press(&mut state, KeyCode::Esc);
    press(&mut state, KeyCode::Esc);
    assert!(state.dialogs.is_empty());
}
