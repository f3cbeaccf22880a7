//! What happens to an invitation's mail, from the outbox to the file.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::*;
use crate::app::accept::accept;
use crate::app::invite::invite;
use crate::app::show::show;
use crate::app::test::{World, grace, on_both, operator};
use crate::domain::code::CodeOrLink;
use crate::domain::email::Email;
use crate::domain::language::Language;
use crate::domain::mail::LEASE;
use crate::domain::status::Status;

fn sender() -> Sender {
    Sender { address: Email::parse("invitations@example.org").unwrap(), name: "Example \"Ltd\"\r\nBcc: all".to_owned() }
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .map(|all| all.map(|file| file.unwrap().file_name().into_string().unwrap()).collect())
        .unwrap_or_default();
    names.sort();
    names
}

/// The link in a mail, as a mail program shows it: without the soft line ends of quoted-printable.
fn link(mail: &str) -> String {
    let plain = mail.replace("=\r\n", "");
    let start = plain.find("https://rsvp.example.org/invitation/").expect("a link");
    plain[start..].split_whitespace().next().unwrap().to_owned()
}

async fn once(world: &World, folder: &Path) -> Done {
    run_once(&world.app, &Transport::Folder(folder.to_owned()), &sender()).await.unwrap()
}

#[tokio::test]
async fn the_link_in_the_file_makes_the_invited_person_active() {
    for language in Language::ALL {
        on_both(async |world| {
            let folder = tempfile::tempdir().unwrap();
            let request = crate::app::invite::Request { language, ..grace() };
            let user = invite(&world.app, &operator(), request).await.unwrap().user.id;
            assert_eq!(once(world, folder.path()).await, Done { sent: 1, failed: 0 });

            let names = files(folder.path());
            assert_eq!(names.len(), 1, "{names:?}");
            let path = folder.path().join(&names[0]);
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            let mail = std::fs::read_to_string(&path).unwrap();
            assert!(mail.contains("\r\nAuto-Submitted: auto-generated\r\n"), "{mail}");
            assert!(mail.contains("<grace@navy.example>"), "{mail}");
            assert!(!mail.contains("\nBcc:"), "{mail}");

            let code = CodeOrLink::parse(&link(&mail)).unwrap().code;
            accept(&world.app, crate::app::accept::tests::choosing(code)).await.unwrap();
            assert_eq!(show(&world.app, &operator(), user).await.unwrap().user.status, Status::Active);
            assert_eq!(once(world, folder.path()).await, Done::default(), "nothing is sent twice");
        })
        .await;
    }
}

#[tokio::test]
async fn a_mail_is_the_same_byte_for_byte_when_another_worker_takes_over() {
    on_both(async |world| {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        invite(&world.app, &operator(), grace()).await.unwrap();
        // A worker that wrote the file and ended before it could say so.
        let job = outbox::claim(&world.app, 1).await.unwrap().remove(0);
        let transport = Transport::Folder(first.path().to_owned());
        assert!(attempt(&world.app, &transport, &sender(), &job).await.unwrap().is_some());
        assert_eq!(once(world, second.path()).await, Done::default(), "the lease still holds");

        world.pass(LEASE);
        let renamed = Sender { name: "Renamed Ltd".to_owned(), ..sender() };
        let transport = Transport::Folder(second.path().to_owned());
        let done = run_once(&world.app, &transport, &renamed).await.unwrap();
        assert_eq!(done, Done { sent: 1, failed: 0 });
        let read = |folder: &Path| std::fs::read(folder.join(&files(folder)[0])).unwrap();
        assert_eq!(read(first.path()), read(second.path()));
    })
    .await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_costs_no_mail_a_try() {
    on_both(async |world| {
        let folder = tempfile::tempdir().unwrap();
        let blocked = folder.path().join("mails");
        std::fs::write(&blocked, "a file where the folder should be").unwrap();
        let user = invite(&world.app, &operator(), grace()).await.unwrap().user.id;
        assert_eq!(once(world, &blocked).await, Done { sent: 0, failed: 1 });
        assert_eq!(once(world, &blocked).await, Done::default(), "it is left alone for a while");

        std::fs::remove_file(&blocked).unwrap();
        world.pass(crate::domain::time::minutes(1));
        assert_eq!(once(world, &blocked).await, Done { sent: 1, failed: 0 });
        assert!(show(&world.app, &operator(), user).await.unwrap().user.mail_failed_at.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_stops() {
    on_both(async |world| {
        let folder = tempfile::tempdir().unwrap();
        invite(&world.app, &operator(), grace()).await.unwrap();
        let (tell, told) = watch::channel(true);
        run(world.app.clone(), Transport::Folder(folder.path().to_owned()), sender(), told).await;
        assert!(files(folder.path()).is_empty());
        drop(tell);
        assert_eq!(once(world, folder.path()).await, Done { sent: 1, failed: 0 });
    })
    .await;
}
