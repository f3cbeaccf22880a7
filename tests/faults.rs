//! Machines that fail under a running service: whatever was reported as stored is stored, and everything goes on
//! afterwards without a restart. Size: a service and some thirty starts of the command line.

mod support;

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use support::cli::{Home, PASSWORD, Said, Served};

/// No file of the service may grow beyond so many bytes from now on, as on a disk that is full; or it may again.
fn limit_files(served: &Served, bytes: Option<u64>) {
    let process = Pid::from_raw(served.id().try_into().unwrap()).unwrap();
    let maximum = getrlimit(Resource::Fsize).maximum;
    prlimit(Some(process), Resource::Fsize, Rlimit { current: bytes, maximum }).unwrap();
}

/// Accepts with this link through the portal.
fn accept(home: &Home, link: &str) -> Said {
    home.type_in(&format!("{PASSWORD}\n"), &["accept", link, "--password-stdin"])
}

fn status(home: &Home, email: &str) -> String {
    home.run(&format!("show {email} --json")).ends(0).json()["status"].as_str().unwrap().to_owned()
}

#[test]
fn after_a_disk_that_was_full_for_a_moment_everything_that_is_reported_is_stored() {
    let mut home = Home::with_organisation();
    for person in ["ann@example.org", "bea@example.org"] {
        home.run(&format!("invite {person}")).ends(0);
    }
    let served = home.serve_without_xfsz();
    let link = |person: &str| home.run(&format!("link {person}")).ends(0).out.trim().to_owned();
    let (ann, bea) = (link("ann@example.org"), link("bea@example.org"));
    limit_files(&served, Some(4_096));
    // Every connection of the portal meets the full disk.
    for _ in 0..4 {
        let said = accept(&home, &ann);
        assert_ne!(said.status, 0, "{said:?}");
    }
    limit_files(&served, None);
    accept(&home, &ann).ends(0);
    // Refused changes between those that are stored: behind one, a connection that was not closed stores nothing.
    for _ in 0..4 {
        accept(&home, &ann).ends(3);
    }
    // Nobody is kept out, and what was reported is what others read.
    home.run("invite new@example.org").ends(0);
    accept(&home, &bea).ends(0);
    for person in ["ann@example.org", "bea@example.org"] {
        assert_eq!(status(&home, person), "active", "{person}");
    }
    drop(served);
    for person in ["ann@example.org", "bea@example.org"] {
        assert_eq!(status(&home, person), "active", "{person} after the service ended");
    }
    home.run("audit verify").ends(0);
}
