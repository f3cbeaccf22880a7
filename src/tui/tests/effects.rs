//! Every change that a screen asks for, on a real database, against the use case that it is meant for: the audit log,
//! which the use cases write themselves, is the witness. Whoever exchanges two of them is found here.

use crate::app::UserRequest;
use crate::app::audit::list_audit;
use crate::app::links::revoke;
use crate::app::mail::outbox::{claim, finish};
use crate::app::test::{PASSWORD, World, active, grace, on_both, operator, signed_in};
use crate::app::users::undo::Undoable;
use crate::app::users::{delete, edit, invite, perform, show, suspend};
use crate::app::workspaces::create_workspace;
use crate::domain::action::{Action, Precondition};
use crate::domain::email::Email;
use crate::domain::mail::{Failure, FailureClass, MailId, Outcome, Stage};
use crate::domain::name::Name;
use crate::domain::password::Password;
use crate::domain::role::{OrganisationRole, WorkspaceRole};
use crate::domain::status::Status;
use crate::domain::task::Task;
use crate::domain::time::minutes;
use crate::domain::user::{User, UserId};
use crate::tui::ctx::Number;
use crate::tui::screens::{mail, users, workspaces};
use crate::tui::shell::{Change, Msg, ScreenChange, ScreenMsg, changed};

/// What the newest entries of the audit log say was done, and to whom.
async fn newest(world: &World, count: usize) -> Vec<(Action, Option<UserId>)> {
    let request = list_audit::Request { limit: 100, ..list_audit::Request::default() };
    let entries = list_audit::run(&world.app, &operator(), &request).await.unwrap().entries;
    entries.into_iter().take(count).map(|entry| (Action::parse(&entry.action).unwrap(), entry.subject)).collect()
}

async fn do_it(world: &World, change: Change) -> Msg {
    changed(&world.app, &operator(), change).await
}

async fn user(world: &World, id: UserId) -> User {
    show::run(&world.app, &operator(), id).await.unwrap().user
}

async fn invited(world: &World) -> (UserId, MailId) {
    let done = invite::run(&world.app, &operator(), grace()).await.unwrap();
    world.pass(minutes(2));
    (done.user.id, done.mail)
}

async fn suspended(world: &World, email: &str) -> UserId {
    let user = active(world, email, false).await;
    suspend::run(&world.app, &operator(), UserRequest { user, version: None }).await.unwrap();
    user
}

async fn deleted(world: &World, email: &str) -> UserId {
    let user = active(world, email, false).await;
    delete::run(&world.app, &operator(), UserRequest { user, version: None }).await.unwrap();
    user
}

/// The emails that wait are refused by the relay for good.
async fn refused_by_the_relay(world: &World) {
    let failure = Failure {
        class: FailureClass::Permanent,
        stage: Stage::Recipient,
        code: Some(550),
        text: "no such mailbox".to_owned(),
    };
    for job in claim(&world.app, 10).await.unwrap() {
        finish(&world.app, &job, &Outcome::Failed(failure.clone())).await.unwrap();
    }
}

/// Whom an action is possible for, as its row says.
async fn someone_for(world: &World, action: Action) -> UserId {
    match action.spec().precondition {
        Precondition::Waiting if action == Action::KeepEmail => {
            let id = active(world, "bob@example.org", false).await;
            let email = Some(Email::parse("bob@elsewhere.example").unwrap());
            edit::run(&world.app, &operator(), edit::Request { email, ..edit::Request::of(id) }).await.unwrap();
            id
        }
        Precondition::Invited | Precondition::InvitationOpen | Precondition::Waiting => invited(world).await.0,
        Precondition::Always
        | Precondition::NotDeleted
        | Precondition::NotYetDeleted
        | Precondition::Active
        | Precondition::NotSuspended => active(world, "bob@example.org", false).await,
        Precondition::Suspended => suspended(world, "bob@example.org").await,
        Precondition::Deleted => deleted(world, "bob@example.org").await,
    }
}

/// The actions that need nothing but whom.
fn simple() -> impl Iterator<Item = Action> {
    Action::ALL.into_iter().filter(|action| perform::is_simple(*action))
}

#[tokio::test]
async fn each_action_on_one_user_does_that_and_nothing_else() {
    for action in simple() {
        on_both(async |world| {
            let id = someone_for(world, action).await;
            let version = user(world, id).await.version;
            let done = do_it(world, Change::Screen(ScreenChange::Users(users::Change::Act(action, id, version)))).await;
            let Msg::Screen(ScreenMsg::Users(users::Msg::Acted(answered, about, Ok(_)))) = done else {
                panic!("{action}: {done:?}")
            };
            assert_eq!((answered, about), (action, id));
            assert_eq!(newest(world, 1).await, [(action, Some(id))], "{action}");
        })
        .await;
    }
}

#[tokio::test]
async fn each_action_for_many_does_that_to_each_of_them() {
    for action in simple().filter(|action| Task::of(*action).is_some()) {
        on_both(async |world| {
            let id = someone_for(world, action).await;
            let people = vec![(id, user(world, id).await.version)];
            let done =
                do_it(world, Change::Screen(ScreenChange::Users(users::Change::Chunk(Task::Act(action), people))))
                    .await;
            let Msg::Screen(ScreenMsg::Users(users::Msg::Chunk(Ok(chunk)))) = done else {
                panic!("{action}: {done:?}")
            };
            assert_eq!((chunk.done, chunk.refused.len()), (1, 0), "{action}");
            assert_eq!(newest(world, 1).await, [(action, Some(id))], "{action}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_role_and_a_workspace_are_given_to_each_of_many() {
    on_both(async |world| {
        let library = Name::parse("Library").unwrap();
        create_workspace::run(&world.app, &operator(), &library).await.unwrap();
        let (id, _) = invited(world).await;
        for task in
            [Task::Role(OrganisationRole::Administrator), Task::Join(library.clone(), WorkspaceRole::Administrator)]
        {
            let people = vec![(id, user(world, id).await.version)];
            let done = do_it(world, Change::Screen(ScreenChange::Users(users::Change::Chunk(task, people)))).await;
            assert!(
                matches!(&done, Msg::Screen(ScreenMsg::Users(users::Msg::Chunk(Ok(chunk)))) if chunk.done == 1),
                "{done:?}"
            );
        }
        let now = user(world, id).await;
        assert_eq!(now.organisation_role, OrganisationRole::Administrator);
        assert_eq!((&now.memberships[0].name, now.memberships[0].role), (&library, WorkspaceRole::Administrator));
    })
    .await;
}

#[tokio::test]
async fn inviting_editing_and_undoing_are_stored() {
    on_both(async |world| {
        let done =
            do_it(world, Change::Screen(ScreenChange::Users(users::Change::Invite(Number(3), Box::new(grace())))))
                .await;
        let Msg::Screen(ScreenMsg::Users(users::Msg::Invited(Number(3), _, Ok(invited)))) = done else {
            panic!("{done:?}")
        };
        let id = invited.user.id;
        assert_eq!(newest(world, 1).await, [(Action::Invite, Some(id))]);

        let name = Some(Name::parse("Rear Admiral Hopper").unwrap());
        let request = Box::new(edit::Request { name, ..edit::Request::of(id) });
        let done = do_it(world, Change::Screen(ScreenChange::Users(users::Change::Edit(Number(4), request)))).await;
        let Msg::Screen(ScreenMsg::Users(users::Msg::Edited(Number(4), _, Ok(edited)))) = done else {
            panic!("{done:?}")
        };
        assert_eq!(newest(world, 1).await, [(Action::Edit, Some(id))]);
        assert_eq!(user(world, id).await.name.as_str(), "Rear Admiral Hopper");

        let version = edited.user.version;
        delete::run(&world.app, &operator(), UserRequest { user: id, version: Some(version) }).await.unwrap();
        let version = user(world, id).await.version;
        let undo = Undoable { action: Action::Delete, user: id, version, role_before: None };
        let done = do_it(world, Change::Undo(undo)).await;
        assert!(matches!(done, Msg::Undone(_, Ok(_))), "{done:?}");
        assert_eq!(user(world, id).await.status, Status::Invited);
    })
    .await;
}

#[tokio::test]
async fn retrying_and_cancelling_mails_are_not_exchanged() {
    on_both(async |world| {
        let (id, mail) = invited(world).await;
        let done = do_it(world, Change::Screen(ScreenChange::Mail(mail::Change::Retry(mail)))).await;
        assert!(matches!(done, Msg::Screen(ScreenMsg::Mail(mail::Msg::Steered(Action::RetryMail, Ok(_))))), "{done:?}");
        assert_eq!(newest(world, 1).await, [(Action::RetryMail, Some(id))]);

        refused_by_the_relay(world).await;
        let done = do_it(world, Change::Screen(ScreenChange::Mail(mail::Change::RetryAll([mail].into())))).await;
        assert!(matches!(done, Msg::Screen(ScreenMsg::Mail(mail::Msg::RetriedAll(Ok(1))))), "{done:?}");
        assert_eq!(newest(world, 1).await, [(Action::RetryMail, Some(id))]);

        let done = do_it(world, Change::Screen(ScreenChange::Mail(mail::Change::Cancel(mail)))).await;
        assert!(
            matches!(done, Msg::Screen(ScreenMsg::Mail(mail::Msg::Steered(Action::CancelMail, Ok(_))))),
            "{done:?}"
        );
        assert_eq!(newest(world, 1).await, [(Action::CancelMail, Some(id))]);
        assert!(claim(&world.app, 10).await.unwrap().is_empty(), "a cancelled mail leaves no more");

        let to = Email::parse("me@example.org").unwrap();
        let done = do_it(world, Change::Screen(ScreenChange::Mail(mail::Change::Test(Number(5), to)))).await;
        assert!(matches!(done, Msg::Screen(ScreenMsg::Mail(mail::Msg::TestSent(Number(5), _, Ok(()))))), "{done:?}");
        assert_eq!(newest(world, 1).await[0].0, Action::TestMail);
        revoke::run(&world.app, &operator(), UserRequest { user: id, version: None }).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn workspaces_are_created_renamed_and_deleted() {
    on_both(async |world| {
        let (library, archive) = (Name::parse("Library").unwrap(), Name::parse("Archive").unwrap());
        let changes = [
            (workspaces::Change::Create(Number(1), library.clone()), Action::CreateWorkspace),
            (workspaces::Change::Rename(Number(2), library, archive.clone()), Action::RenameWorkspace),
            (workspaces::Change::Delete(archive), Action::DeleteWorkspace),
        ];
        for (change, action) in changes {
            let done = do_it(world, Change::Screen(ScreenChange::Workspaces(change))).await;
            let is_done = matches!(
                &done,
                Msg::Screen(ScreenMsg::Workspaces(
                    workspaces::Msg::Created(Number(1), _, Ok(()))
                        | workspaces::Msg::Renamed(Number(2), _, _, Ok(()))
                        | workspaces::Msg::Deleted(_, Ok(_))
                ))
            );
            assert!(is_done, "{done:?}");
            assert_eq!(newest(world, 1).await, [(action, None)]);
        }
    })
    .await;
}

#[tokio::test]
async fn only_the_right_password_unlocks() {
    on_both(async |world| {
        let unlock = async |typed: &str| {
            let password = Password::typed(typed).unwrap();
            changed(&world.app, &signed_in(world.ada.id), Change::Unlock(password)).await
        };
        assert!(matches!(unlock("a wrong one altogether").await, Msg::Unlocked(Err(_))));
        assert!(matches!(unlock(PASSWORD).await, Msg::Unlocked(Ok(()))));
    })
    .await;
}
