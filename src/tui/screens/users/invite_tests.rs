//! The form that invites, and what is said once somebody is invited.

use std::time::Duration;

use crossterm::event::KeyCode;

use super::msg::{Change, Msg};
use crate::app::upkeep::health::Health;
use crate::app::users::invite::Invited;
use crate::domain::allowance::{Allowance, Within};
use crate::domain::mail::MailId;
use crate::domain::status::Status;
use crate::domain::time::days;
use crate::domain::user::UserId;
use crate::tui::shell::{Effect, Shell};
use crate::tui::tests::{
    NOW, answer, detail_of, go_to, picture, press, refused, row, save, session, type_in, users_changes,
};

#[test]
fn the_form_tells_errors_while_typing_and_saves_when_all_is_right() {
    let mut state = session();
    press(&mut state, KeyCode::Char('i'));
    type_in(&mut state, "Zoë Quinn");
    press(&mut state, KeyCode::Tab);
    type_in(&mut state, "zoe@");
    assert!(picture(&state, 120, 36).contains("✗ “zoe@” isn't an email address"));
    type_in(&mut state, "example.org");
    let effects = save(&mut state);
    let [Change::Invite(_, request)] = users_changes(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!((request.name.as_str(), request.email.as_str(), request.hold), ("Zoë Quinn", "zoe@example.org", true));
}

#[test]
fn a_refused_invitation_keeps_what_was_typed_and_says_why() {
    let mut state = session();
    press(&mut state, KeyCode::Char('i'));
    type_in(&mut state, "Ada");
    press(&mut state, KeyCode::Tab);
    type_in(&mut state, "ada@example.org");
    let effects = save(&mut state);
    let [Change::Invite(number, request)] = users_changes(&effects)[..] else { panic!("{effects:?}") };
    assert!(save(&mut state).is_empty(), "sent once");
    let not = Msg::Invited(*number, request.clone(), Err(refused("ada@example.org is already active")));
    answer(&mut state, not);
    let shown = picture(&state, 80, 24);
    assert!(shown.contains("✗ ada@example.org is already active.") && shown.contains("ada@example.org"), "{shown}");
    assert!(matches!(users_changes(&save(&mut state))[..], [Change::Invite(..)]));
}

/// Grace is invited, with everything that the form can say.
fn invited(state: &mut Shell) -> Vec<Effect> {
    press(state, KeyCode::Char('i'));
    type_in(state, "Zoë Quinn");
    press(state, KeyCode::Tab);
    type_in(state, "zoe@example.org");
    press(state, KeyCode::Tab);
    press(state, KeyCode::Tab);
    type_in(state, "Research:admin");
    let effects = save(state);
    let [Change::Invite(number, request)] = users_changes(&effects)[..] else { panic!("{effects:?}") };
    let mut user = detail_of(&row(9, "Zoë Quinn", "zoe@example.org", Status::Invited, Some(NOW.plus(days(7))))).user;
    user.version = 2;
    let held_until = Some(state.ctx.now.plus(Duration::from_secs(10)));
    let done = Invited { user, mail: MailId(4), expires_at: NOW.plus(days(7)), held_until };
    answer(state, Msg::Invited(*number, request.clone(), Ok(Box::new(done))))
}

#[test]
fn an_invitation_says_what_is_true_of_its_email_and_the_whole_command_that_does_the_same() {
    let mut state = session();
    invited(&mut state);
    let text = state.ctx.toast.as_ref().unwrap().text.clone();
    assert!(text.contains("no relay is set") && !text.contains("leaves in"), "{text}");
    let equal =
        "rsvp invite zoe@example.org --name 'Zoë Quinn' --workspace Research:admin --language en --valid-for 7d";
    assert!(text.contains("u undoes this") && text.ends_with(equal), "{text}");
    assert!(state.dialogs.is_empty());
    assert_eq!(state.screens.users.cursor(), Some(UserId(9)));
    let mut sends = session();
    sends.ctx.here.sends = true;
    invited(&mut sends);
    assert!(sends.ctx.toast.as_ref().unwrap().text.contains("; the email leaves in 10 s"));
}

#[test]
fn whoever_may_send_no_more_is_told_before_a_form_is_filled_in() {
    let mut state = session();
    let all = Allowance { left: 0, of: 200, within: Within::Hour };
    state.ctx.health = Some(Box::new(Health { allowance: Some(all), ..Health::default() }));
    go_to(&mut state, "Grace");
    for key in ['i', 'r'] {
        assert!(press(&mut state, KeyCode::Char(key)).is_empty());
        assert!(state.dialogs.is_empty(), "{key}");
        let text = state.ctx.toast.take().unwrap().text;
        assert!(text.contains("you have sent 200 invitations") || text.contains("You have sent 200"), "{text}");
        assert!(text.contains("ait up to an hour"), "{text}");
    }
}
