//! One installation on a machine: the key is found however the database was named, a second organisation is never made
//! by accident, and set-up makes all of it or nothing. Size: some fifty starts of the program.

mod support;

use std::fs;
use std::path::Path;

use support::cli::{Home, PASSWORD, Said, mode};
use support::postgres::Database;

/// `rsvp setup` with these arguments beside the usual ones.
fn set_up(home: &Home, more: &[&str]) -> Said {
    let mut arguments = vec!["setup", "--organisation", "Example", "--name", "Ada", "--email", "ada@example.org"];
    arguments.push("--password-stdin");
    arguments.extend(more);
    home.type_in(&format!("{PASSWORD}\n"), &arguments)
}

/// The database in this home as an argument.
fn own_database(home: &Home) -> String {
    format!("sqlite://{}", home.path("second/rsvp.db").display())
}

#[test]
fn a_url_that_moves_between_file_and_environment_never_loses_the_key() {
    let Some(database) = Database::fresh() else { return };
    let file = format!("[database]\nurl = \"{}\"\n", database.url);
    let mut home = Home::new();
    home.machine_settings(&file);
    home.set_up().ends(0);
    home.run("invite grace@example.org").ends(0);
    home.run("link grace@example.org").ends(0);
    // As earlier versions left it: beside the settings file that named the database.
    let beside = home.path("machine/etc/rsvp/rsvp.key");
    for place in [home.key(), beside] {
        if place != home.key() {
            fs::rename(home.key(), &place).unwrap();
        }
        home.machine_settings(&file);
        home.run("link grace@example.org").ends(0);
        home.machine_settings("");
        home.set("RSVP_DATABASE__URL", &database.url);
        home.run("link grace@example.org").ends(0);
        let shown = home.run("key status --json").ends(0).json();
        assert_eq!(shown["key_file"], place.display().to_string());
        home.run("key new --lost --yes").ends(2).tells(&place.display().to_string());
        home.set("RSVP_DATABASE__URL", &database.url);
    }
}

#[test]
fn a_key_in_another_usual_place_is_used_and_never_taken_for_lost() {
    let mut home = Home::with_organisation();
    home.run("invite grace@example.org").ends(0);
    let elsewhere = home.path("config/rsvp/rsvp.key");
    fs::create_dir_all(elsewhere.parent().unwrap()).unwrap();
    fs::rename(home.key(), &elsewhere).unwrap();
    let place = elsewhere.display().to_string();
    home.run("link grace@example.org").ends(0);
    home.run("key new --lost --yes").ends(2).tells(&place).tells("rsvp key rotate");
    home.run("key rotate").ends(0).tells("");
    assert!(!home.key().exists(), "it is replaced where it is");
    assert_eq!(home.run("key status --json").ends(0).json()["key_file"], place);
    let doctor = home.run("doctor --json").json();
    let key = doctor["items"].as_array().unwrap().iter().find(|one| one["check"] == "key").unwrap().clone();
    assert!(key["state"] == "ok" && key["message"].as_str().unwrap().contains(&place), "{key}");

    // A setting that names another place is obeyed: it says where the key is.
    let named = home.path("named.key");
    home.set("RSVP_SECRETS__KEY_FILE", &named.display().to_string());
    let said = home.run("list").ends(1).tells(&place);
    assert!(!said.err.contains("--lost"), "{said:?}");
    home.run("key new --lost --yes").ends(1).tells(&place);
    assert!(!named.exists());
}

#[test]
fn a_key_that_is_nowhere_is_missed_with_every_place_and_only_then_called_lost() {
    let home = Home::with_organisation();
    let other = Home::with_organisation();
    fs::rename(home.key(), home.path("kept")).unwrap();
    let said = home.run("list").ends(1).tells("key new --lost");
    for place in ["data/rsvp/rsvp.key", "machine/etc/rsvp/rsvp.key", "config/rsvp/rsvp.key"] {
        assert!(said.err.contains(&home.path(place).display().to_string()), "{said:?}");
    }
    let elsewhere = home.path("config/rsvp/rsvp.key");
    fs::create_dir_all(elsewhere.parent().unwrap()).unwrap();
    let place = elsewhere.display().to_string();
    // Another installation's, one that cannot be read, and none at all.
    fs::copy(other.key(), &elsewhere).unwrap();
    for (open, word) in [(0o600, "different installation"), (0o644, "can be read by others")] {
        mode(&elsewhere, open);
        let said = home.run("list").ends(1).tells(&place).tells(word);
        assert!(!said.err.contains("--lost"), "{said:?}");
        assert_ne!(home.run("key new --lost --yes").tells(&place).status, 0);
    }
    fs::remove_file(&elsewhere).unwrap();
    home.run("key new --lost --yes").ends(0);
}

#[test]
fn where_the_machine_has_an_installation_no_other_is_begun_by_accident() {
    let home = Home::new();
    home.machine_settings("[portal]\nlisten = \"127.0.0.1:0\"\n");
    let refused = |said: Said| said.ends(3).tells("this machine has an installation already").tells("config.toml");
    refused(home.set_up());
    refused(home.run("list"));
    // The first screen doesn't appear.
    refused(home.type_in("", &[]));
    assert!(!home.database().exists());
    set_up(&home, &["--database", &own_database(&home)]).ends(0);
    // Whoever has an organisation of their own is told of that one.
    let own = Home::with_organisation();
    own.machine_settings("");
    own.set_up().ends(3).tells("already has an organisation, Example");
    // A machine whose settings name the database has its first organisation made there.
    let database = home.path("machine/rsvp.db");
    home.machine_settings(&format!("[database]\nurl = \"sqlite://{}\"\n", database.display()));
    home.neighbour().set_up().ends(0);
    assert!(database.exists());
}

#[test]
fn beside_a_running_service_no_other_organisation_is_begun_by_accident() {
    let mut home = Home::with_organisation();
    fs::create_dir_all(home.path("machine/run/rsvp")).unwrap();
    let served = home.serve();
    let neighbour = home.neighbour();
    let process = format!("process {}", served.id());
    neighbour.set_up().ends(3).tells(&process).tells(&home.database().display().to_string());
    neighbour.type_in("", &[]).ends(3).tells(&process);
    set_up(&neighbour, &["--database", &own_database(&neighbour)]).ends(0);
    home.run("list").ends(0);
    // A file that is gone under the service isn't made anew.
    fs::rename(home.database(), home.path("aside.db")).unwrap();
    home.set_up().ends(1).tells("deleted or replaced").tells(&process);
    home.run("list").ends(1).tells("deleted or replaced");
    fs::rename(home.path("aside.db"), home.database()).unwrap();
    // It was killed: what it left is of nobody.
    drop(served);
    assert!(home.path("machine/run/rsvp/serve").exists());
    home.neighbour().set_up().ends(0);
}

#[test]
fn set_up_writes_its_settings_where_it_is_asked_to_or_makes_nothing() {
    let home = Home::new();
    // Nobody makes a file there, not even root.
    set_up(&home, &["--config", "/proc/rsvp.toml", "--public-url", "https://rsvp.example.org"])
        .ends(2)
        .tells("can't be written");
    assert!(!home.path("data").exists(), "no database and no key");

    let file = home.path("etc/own.toml");
    let at = file.display().to_string();
    let said = set_up(&home, &["--config", &at, "--public-url", "https://rsvp.example.org", "--json"]).ends(0).json();
    assert_eq!((&said["created"], &said["settings_file"]), (&true.into(), &at.clone().into()));
    assert!(fs::read_to_string(&file).unwrap().contains("https://rsvp.example.org"));
    assert!(!home.path("config").exists());
    let left: Vec<_> = fs::read_dir(file.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn set_up_writes_into_the_machines_settings_where_it_may() {
    let home = Home::new();
    let database = format!("[database]\nurl = \"sqlite://{}\"\n", home.path("machine/rsvp.db").display());
    let file = home.machine_settings(&database);
    mode(&file, 0o640);
    set_up(&home, &["--smtp-url", "smtps://smtp.example.org", "--from", "rsvp@example.org"]).ends(0);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(&database) && text.contains("smtps://smtp.example.org"), "{text}");
    assert!(!home.path("config").exists());
    let now = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions());
    assert_eq!(now & 0o7777, 0o640, "it stays as closed as it was");
}

#[test]
fn set_up_if_missing_ends_well_where_everything_is_there() {
    let home = Home::new();
    assert_eq!(set_up(&home, &["--if-missing", "--json"]).ends(0).json()["created"], true);
    let before = fs::read(home.key()).unwrap();
    // It asks for no password where none is needed.
    let mut again = vec!["setup", "--organisation", "Example", "--name", "Ada", "--email", "ada@example.org"];
    again.extend(["--if-missing"]);
    let said = home.type_in("", &again).ends(0);
    assert!(said.out.contains("is set up already"), "{said:?}");
    again.push("--json");
    assert_eq!(home.type_in("", &again).ends(0).json()["created"], false);
    assert_eq!(fs::read(home.key()).unwrap(), before);
    home.set_up().ends(3);
    assert!(Path::new(&home.database()).exists());
}

#[test]
fn the_settings_of_one_organisation_never_lead_to_another() {
    let home = Home::with_organisation();
    let file = home.settings(&format!("[database]\nurl = \"{}\"\n", home.database_url()));
    let before = fs::read_to_string(&file).unwrap();
    let url = format!("sqlite://{}", home.path("second/rsvp.db").display());
    let answers = "--organisation Second --name Eve --email eve@example.org --password-stdin";
    let set_up = |more: &[&str]| {
        let all: Vec<&str> =
            ["--database", &url].iter().chain(more).copied().chain(["setup"]).chain(answers.split(' ')).collect();
        home.type_in(&format!("{PASSWORD}\n"), &all)
    };
    set_up(&[]).ends(2).tells("leads to Example").tells("--config FILE");
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    assert!(!home.path("second/rsvp.db").exists(), "nothing was made");
    let own = home.path("second.toml").display().to_string();
    set_up(&["--config", &own]).ends(0);
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    home.run("show ada@example.org").ends(0);
    home.run(&format!("--config {own} show eve@example.org")).ends(0);
}
