//! `rsvp ssh-line`: the line with which a key stands for somebody, whatever their address holds.

use crate::support::cli::Home;

/// A key that ssh-keygen made and nobody has.
const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIISt2X/gSyWUr9CHIoTPeJSHADlZotu2IRyeoKsNaZUO";
const FINGERPRINT: &str = "SHA256:peP5PJkhEtd7I9pm7aN9nkMNteluz6DyPQGb6WIbKt0";

#[test]
fn the_line_names_the_number_and_takes_the_key_as_people_have_it() {
    let home = Home::with_organisation();
    let program = env!("CARGO_BIN_EXE_rsvp");
    let wanted = format!("restrict,pty,command=\"{program} --as 1\" {KEY} ada@example.org\n");
    let file = home.path("ada.pub");
    std::fs::write(&file, format!("{KEY} ada@laptop\n")).unwrap();
    let file = file.display().to_string();
    let whole = format!("{KEY} ada@laptop");
    let words: Vec<&str> = KEY.split(' ').collect();
    for key in [vec![whole.as_str()], words, vec![file.as_str()]] {
        let arguments: Vec<&str> = ["ssh-line", "ada@example.org"].into_iter().chain(key).collect();
        assert_eq!(home.type_in("", &arguments).ends(0).out, wanted);
    }
    let said = home.type_in(&format!("{KEY}\n"), &["ssh-line", "#1", "-", "--json"]).ends(0).json();
    assert_eq!((&said["id"], &said["fingerprint"]), (&1.into(), &FINGERPRINT.into()));
    assert_eq!(said["line"].as_str().unwrap(), wanted.trim_end());
}

#[test]
fn what_an_address_or_a_key_holds_is_never_an_option_or_a_command() {
    let home = Home::with_organisation();
    let hostile = "x|touch${IFS}/tmp/f|@example.org";
    home.type_in("", &["invite", hostile]).ends(0);
    let said = home.type_in("", &["ssh-line", hostile, KEY]).ends(0).tells("can't sign in with it yet");
    assert!(said.out.ends_with(" x_touch__IFS__tmp_f_@example.org\n") && said.out.contains("--as 2\""), "{said:?}");
    assert_eq!(said.out.lines().count(), 1);
    for key in [
        format!("command=\"sh\" {KEY}"),
        format!("{KEY}\n{KEY}"),
        format!("{KEY} a\rb"),
        "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n".to_owned(),
        "ssh-ed25519 AAAA".to_owned(),
        "/nowhere/ada.pub".to_owned(),
        String::new(),
    ] {
        let said = home.type_in("", &["ssh-line", "ada@example.org", &key]).ends(2);
        assert!(said.out.is_empty(), "{key:?}: {said:?}");
    }
    home.type_in("", &["ssh-line", "nobody@example.org", KEY]).ends(4);
}

#[test]
fn an_address_behind_as_is_refused_with_what_to_write_instead() {
    let home = Home::with_organisation();
    let said = home.run("--plain --as ada@example.org").ends(2).tells("--as takes a user's number");
    said.tells(&format!("command=\"{} --as 1\"", env!("CARGO_BIN_EXE_rsvp")));
    for nobody in ["nobody@example.org", "x|touch${IFS}/tmp/f|@example.org", "1; id", "$(id)"] {
        home.type_in("", &["--plain", "--as", nobody]).ends(2).tells("rsvp ssh-line ADDR KEY");
    }
    home.run("--plain --as 1").ends(0);
    home.run("--plain --as #1").ends(0);
    home.run("--plain --as 99").ends(3).tells("user #99 doesn't manage anything here");
    home.run("--plain --as 1 list").ends(2);
}

#[test]
fn the_way_in_by_key_is_closed_for_one_person_and_shown() {
    let home = Home::with_organisation();
    assert_eq!(home.run("show ada@example.org --json").ends(0).json()["ssh"], true);
    let said = home.run("edit ada@example.org --ssh no").ends(0);
    assert!(said.out.contains("no SSH key can stand for them any more"), "{said:?}");
    assert!(home.run("show ada@example.org").ends(0).out.contains("no key can stand for them"));
    home.run("--plain --as 1").ends(3).tells("can't sign in with an SSH key");
    home.type_in("", &["ssh-line", "ada@example.org", KEY]).ends(0).tells("--ssh yes");
    // A backup has it.
    home.run("backup ada.backup").ends(0);
    home.run("edit ada@example.org --ssh yes").ends(0);
    home.run("--plain --as 1").ends(0);
    home.run("restore-backup ada.backup --yes").ends(0);
    home.run("--plain --as 1").ends(3);
    let said = home.run("edit ada@example.org --ssh yes --name Countess").ends(0);
    assert!(said.out.contains("name saved; an SSH key can stand for them again"), "{said:?}");
    // One edit: all of it is in one entry, and nothing is done where something is refused.
    let log = home.run("audit list --user ada@example.org --action edit --json").ends(0).json();
    assert_eq!(log["items"][0]["detail"]["change"]["name"]["after"], "Countess");
    home.run("edit ada@example.org --ssh no --role none").ends(3);
    assert_eq!(home.run("show ada@example.org --json").ends(0).json()["ssh"], true);
    assert_eq!(log["items"][0]["detail"]["change"]["ssh"], serde_json::json!({ "before": false, "after": true }));
}
