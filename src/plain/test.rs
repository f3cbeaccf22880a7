//! Conversations, on both databases.

use std::io::Cursor;
use std::time::Duration;

use zeroize::Zeroizing;

use super::console::{Console, LineConsole};
use super::{run, signed_in};
use crate::app::UserRequest;
use crate::app::test::{PASSWORD, World, active, grace, on_both, operator};
use crate::app::users::{edit, invite};
use crate::app::workspaces::create_workspace;
use crate::domain::actor::Origin;
use crate::domain::name::Name;
use crate::domain::role::WorkspaceRole;
use crate::domain::status::Status;
use crate::domain::text::is_hostile;

/// What is said when these lines are answered.
async fn conversation(world: &World, lines: &[&str]) -> String {
    let mut heard = Vec::new();
    let mut console = LineConsole::new(Cursor::new(lines.join("\n")), &mut heard, |_| Ok(String::new()));
    run(&mut console, &world.app, &operator(), "operator", None).await;
    drop(console);
    String::from_utf8(heard).unwrap()
}

/// Somebody who lets time pass before an answer.
struct Slow<'a> {
    world: &'a World,
    answers: Vec<(Duration, &'static str)>,
    secrets: Vec<&'static str>,
    heard: String,
}

impl Console for Slow<'_> {
    fn say(&mut self, line: &str) {
        self.heard.push_str(line);
        self.heard.push('\n');
    }

    fn ask(&mut self, _: &str) -> Option<String> {
        let (silence, answer) = self.answers.pop()?;
        self.world.pass(silence);
        Some(answer.to_owned())
    }

    fn ask_secret(&mut self, _: &str) -> Option<Zeroizing<String>> {
        self.secrets.pop().map(|secret| Zeroizing::new(secret.to_owned()))
    }
}

#[tokio::test]
async fn an_answer_after_too_long_a_silence_does_nothing_before_the_password_is_typed() {
    on_both(async |world| {
        let user = invite::run(&world.app, &operator(), grace()).await.unwrap().user.id;
        let soon = Duration::from_mins(14);
        let late = Duration::from_mins(15);
        let mut answers =
            vec![(soon, "list"), (soon, "delete 2"), (late, "yes"), (soon, "list"), (late, "list"), (soon, "quit")];
        answers.reverse();
        let secrets = vec![PASSWORD, "not the password"];
        let mut console = Slow { world, answers, secrets, heard: String::new() };
        let ada = crate::app::test::signed_in(world.ada.id);
        run(&mut console, &world.app, &ada, "Ada", Some(late)).await;
        let status = crate::app::users::show::run(&world.app, &operator(), user).await.unwrap().user.status;
        assert_eq!(status, Status::Invited, "the late yes deleted nobody");
        let heard = console.heard;
        assert_eq!(heard.matches("Type your password to continue").count(), 2, "{heard}");
        assert!(heard.contains("email address or password is wrong"), "{heard}");
        assert_eq!(
            heard.matches("2 users.").count(),
            2,
            "the last list is not shown, because nobody typed the password: {heard}"
        );
    })
    .await;
}

#[tokio::test]
async fn whoever_is_suspended_is_shown_out_at_the_next_answer() {
    on_both(async |world| {
        let bob = active(world, "bob@example.org", true).await;
        let block = UserRequest { user: bob, version: None };
        crate::app::users::suspend::run(&world.app, &operator(), block).await.unwrap();
        let answers = vec![(Duration::ZERO, "list"), (Duration::ZERO, "list")];
        let mut console = Slow { world, answers, secrets: Vec::new(), heard: String::new() };
        run(&mut console, &world.app, &crate::app::test::signed_in(bob), "Bob", None).await;
        assert_eq!(console.heard.matches("no longer have a role here").count(), 2, "{}", console.heard);
        assert!(console.heard.ends_with("Bye.\n") && console.answers.len() == 1, "{}", console.heard);
    })
    .await;
}

#[tokio::test]
async fn somebody_is_invited_found_sent_again_and_deleted_by_answering_questions() {
    on_both(async |world| {
        let heard = conversation(
            world,
            &[
                "invite",
                "Zoë Quinn",
                "zoe@",
                "zoe@example.org",
                "",
                "",
                "de",
                "",
                "Hello",
                "there",
                "",
                "yes",
                "list invited zo",
                "show 1",
                "resend 1",
                "delete 1",
                "no",
                "delete 1",
                "yes",
                "list deleted",
                "quit",
            ],
        )
        .await;
        for said in [
            "isn't an email address",
            "Zoë Quinn, zoe@example.org, member, no workspace, Deutsch: gets an email with a link that works for 7d.",
            "Message: Hello\nMessage: there\n",
            "Done: Zoë Quinn is invited; the link works until",
            "1 user.\n1. Zoë Quinn, zoe@example.org, invited, link 7 d left\n",
            "Language: Deutsch.",
            "Refused: an invitation was queued",
            "They move to the bin, open links stop working",
            "Delete Zoë Quinn? yes or no [no]: Nothing was changed.",
            "Nothing was changed.",
            "Done: Zoë Quinn, deleted.",
            "1. Zoë Quinn, zoe@example.org, deleted",
            "Bye.",
        ] {
            assert!(heard.contains(said), "{said}\n{heard}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_search_of_which_nothing_is_left_to_compare_finds_nobody() {
    on_both(async |world| {
        let heard = conversation(world, &["list \u{301}", "list active \u{200d}", "list", "quit"]).await;
        assert_eq!((heard.matches("0 users.").count(), heard.matches("1 user.").count()), (2, 1), "{heard}");
    })
    .await;
}

#[tokio::test]
async fn an_active_user_cannot_be_sent_an_invitation_and_the_way_out_is_said() {
    on_both(async |world| {
        active(world, "bob@example.org", false).await;
        let heard = conversation(world, &["resend bob@example.org", "edit bob@example.org", "Bob Ross"]).await;
        assert!(
            heard.contains("Refused: this user is already active. To do: send a password reset instead."),
            "{heard}"
        );
        assert!(heard.contains("Name [bob]: "), "{heard}");
        let bob = crate::app::users::find::run(&world.app, &operator(), "bob@example.org").await.unwrap();
        assert_eq!((bob.name.as_str(), bob.status), ("bob", Status::Active), "whoever hangs up changes nothing");
    })
    .await;
}

#[tokio::test]
async fn editing_keeps_what_is_answered_with_nothing() {
    on_both(async |world| {
        invite::run(&world.app, &operator(), grace()).await.unwrap();
        let heard =
            conversation(world, &["edit grace@navy.example", "Rear Admiral", "", "auditor", "", "", "no", "yes"]).await;
        assert!(heard.contains("An SSH key can stand for them: yes or no [yes]: "), "{heard}");
        assert!(heard.contains("no SSH key can stand for them any more"), "{heard}");
        assert!(heard.contains("Rear Admiral: name, role saved;") && heard.contains("it stops working"), "{heard}");
        assert!(
            conversation(world, &["frobnicate", "show nobody@x.org", "show 7", "more"])
                .await
                .contains("no command frobnicate")
        );
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_is_said_at_its_question_and_nothing_typed_is_lost() {
    on_both(async |world| {
        let lines = ["INVITE", "Zoë", "ada@example.org", "zoe@example.org", "", "Reserch", "none", "", "", "", "yes"];
        let heard = conversation(world, &lines).await;
        for said in ["Ada Lovelace, active, already has this address", "There is no workspace Reserch", "Done: Zoë is"]
        {
            assert!(heard.contains(said), "{said}\n{heard}");
        }
        let heard = conversation(world, &["list suspendd", "list Suspended", "invite", "Bob", "", "edit 1"]).await;
        assert!(
            heard.contains("searched for suspendd in names and addresses. The views are: all, attention"),
            "{heard}"
        );
        assert!(heard.contains("Nobody was invited."), "{heard}");
        let heard = conversation(world, &["edit zoe@example.org", "Zoe"]).await;
        assert!(heard.contains("Nothing was changed."), "that is shown even to someone who hangs up: {heard}");
    })
    .await;
}

#[tokio::test]
async fn nothing_that_is_stored_moves_the_cursor() {
    on_both(async |world| {
        let request = invite::Request { name: Name::stored("Eve\u{1b}[2J\u{202e}\u{9b}31m".to_owned()), ..grace() };
        invite::run(&world.app, &operator(), request).await.unwrap();
        let heard = conversation(world, &["list", "show grace@navy.example", "\u{1b}[5n", "delete 2"]).await;
        assert!(heard.chars().all(|c| c == '\n' || !is_hostile(c)), "{heard:?}");
        assert!(heard.contains("Eve\\u{1b}[2J"));
    })
    .await;
}

#[tokio::test]
async fn whoever_mistypes_the_password_is_asked_again() {
    on_both(async |world| {
        let mut heard = Vec::new();
        let lines = "ada@example.org\nada@example.org\n";
        let secret = |_: &str| {
            use std::sync::atomic::{AtomicUsize, Ordering};
            static TIMES: AtomicUsize = AtomicUsize::new(0);
            let right = TIMES.fetch_add(1, Ordering::SeqCst) % 2 == 1;
            Ok(if right { PASSWORD } else { "wrong" }.to_owned())
        };
        let mut console = LineConsole::new(Cursor::new(lines), &mut heard, secret);
        let signed_in = signed_in(&mut console, &world.app, Origin::default()).await.unwrap();
        assert_eq!(signed_in.user.id, world.ada.id);
        assert!(String::from_utf8(heard).unwrap().contains("Refused: the email address or password is wrong"));
    })
    .await;
}

#[tokio::test]
async fn help_lists_what_the_readers_role_does() {
    on_both(async |world| {
        let id = active(world, "audit@example.org", false).await;
        let role = Some(crate::domain::role::OrganisationRole::Auditor);
        let request = edit::Request { role, ..edit::Request::of(id) };
        edit::run(&world.app, &operator(), request).await.unwrap();
        let mut console =
            Slow { world, answers: vec![(Duration::ZERO, "help")], secrets: Vec::new(), heard: String::new() };
        run(&mut console, &world.app, &crate::app::test::signed_in(id), "Otto", None).await;
        assert!(console.heard.contains("show [who]") && !console.heard.contains("delete [who]"), "{}", console.heard);
        assert!(!console.heard.contains("invite a user") && !console.heard.contains("edit [who]"), "{}", console.heard);
        let heard = conversation(world, &["help"]).await;
        assert!(heard.contains("delete [who]") && heard.contains("invite a user"), "{heard}");
    })
    .await;
}

#[tokio::test]
async fn what_was_answered_is_kept_when_a_form_is_refused() {
    on_both(async |world| {
        active(world, "bob@example.org", false).await;
        invite::run(&world.app, &operator(), grace()).await.unwrap();
        let lines = ["edit grace@navy.example", "Rear Admiral", "bob@example.org", "", "", "", "", "yes"];
        // The address is taken: only that is answered again.
        let again = ["yes", "", "hopper@navy.example", "", "", "", "", "yes"];
        let heard = conversation(world, &[&lines[..], &again].concat()).await;
        for said in
            ["Refused: bob@example.org belongs to another user", "Name [Rear Admiral]: ", "Email [bob@example.org]: "]
        {
            assert!(heard.contains(said), "{said}\n{heard}");
        }
        assert!(heard.contains("Rear Admiral: name, email saved"), "{heard}");

        // Links that lead elsewhere are refused to whoever is no administrator.
        create_workspace::run(&world.app, &operator(), &name("Library")).await.unwrap();
        let wes = active(world, "wes@example.org", false).await;
        let joins = Some((name("Library"), WorkspaceRole::Administrator));
        edit::run(&world.app, &operator(), edit::Request { joins, ..edit::Request::of(wes) }).await.unwrap();
        let lines =
            ["invite", "Zoe", "zoe@example.org", "Library", "de", "2d", "Look at https://evil.example/", "", "yes"];
        let again = ["yes", "", "", "", "", "", "none", "", "yes"];
        let mut heard = Vec::new();
        let lines = [&lines[..], &again].concat().join("\n");
        let mut console = LineConsole::new(Cursor::new(lines), &mut heard, |_| Ok(String::new()));
        run(&mut console, &world.app, &crate::app::test::signed_in(wes), "Wes", None).await;
        drop(console);
        let heard = String::from_utf8(heard).unwrap();
        for said in [
            "leads away from",
            "Name [Zoe]: ",
            "Workspaces, for example Research, Library:admin [Library]: ",
            "How long the link works [2d]: ",
            "  Look at https://evil.example/",
            "Done: Zoe is invited",
        ] {
            assert!(heard.contains(said), "{said}\n{heard}");
        }
    })
    .await;
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}
