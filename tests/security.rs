//! Keys, erasure and secrets, by running the program: stories of an operator who guards an organisation, and of somebody who
//! got hold of a part of it.
//!
//! Each story has a home of its own; none needs a network. Size: some fifty starts of the program; ten seconds.

mod support;

use std::fs;

use serde_json::{Value, json};
use support::cli::{Home, PASSWORD, mode};

/// The fingerprint of the key that counts.
fn fingerprint(home: &Home) -> String {
    home.run("key status --json").ends(0).json()["fingerprint"].as_str().unwrap().to_owned()
}

#[test]
fn an_exchanged_key_leaves_open_links_alone_and_a_stolen_one_ends_them() {
    let home = Home::with_organisation();
    home.run("invite grace@example.org linus@example.org").ends(0);
    let code = |who: &str| home.run(&format!("link {who} --json")).ends(0).json()["link"].as_str().unwrap().to_owned();
    let (grace, linus) = (code("grace@example.org"), code("linus@example.org"));
    let first = fingerprint(&home);

    let rotated = home.run("key rotate --json").ends(0).json();
    assert_ne!(rotated["fingerprint"], json!(first));
    assert_eq!(rotated["links_ended"], json!({ "invitations": 0, "resets": 0, "email_changes": 0 }));
    let told = home.run("key status --json").ends(0).json();
    assert_eq!(told["older"][0]["state"], "retired");
    assert_eq!((&told["open_links"], &told["older"][0]["open_links"]), (&json!(0), &json!(2)));
    assert_eq!(code("linus@example.org"), linus, "the mail that was sent and the link that is shown are the same");
    home.type_in(PASSWORD, &["accept", &grace, "--password-stdin"]).ends(0);

    home.run("key rotate --stolen").ends(2).tells("add --yes");
    let said = home.run("key rotate --stolen --yes").ends(0).tells("rsvp resend --view invited");
    assert!(said.out.contains("1 invitations, 0 password resets"), "{said:?}");
    home.type_in(PASSWORD, &["accept", &linus, "--password-stdin"]).ends(4);
    home.run("resend --view invited --force").ends(0);
    home.type_in(PASSWORD, &["accept", &code("linus@example.org"), "--password-stdin"]).ends(0);
    let verified = home.run("audit verify --json").ends(0).json();
    assert_eq!(verified["state"], "ok");
    let log = home.run("audit list --action key-rotate --json").ends(0).json();
    assert_eq!(log["items"][0]["detail"]["change"]["links_ended"], 1);
    assert_eq!(log["items"][1]["detail"]["change"]["key"]["before"], json!(first));
    assert!(!fs::read_to_string(home.key()).unwrap().contains(&first), "a fingerprint is no key");
}

#[test]
fn a_key_is_not_exchanged_under_a_service_that_has_it() {
    let mut home = Home::with_organisation();
    let served = home.serve();
    let is_alive = |home: &Home| {
        let all = home.run("doctor --json").json();
        let all = all["items"].as_array().unwrap().clone();
        all.iter().any(|one| one["check"] == "portal process" && one["message"] == "alive")
    };
    let deadline = std::time::Instant::now() + support::DEADLINE;
    while !is_alive(&home) {
        assert!(std::time::Instant::now() < deadline, "the portal never gave a sign of life");
    }
    let before = fs::read(home.key()).unwrap();
    home.run("key rotate").ends(3).tells("of this organisation runs").tells("stop rsvp serve");
    assert_eq!(fs::read(home.key()).unwrap(), before);
    drop(served);
}

#[test]
fn a_lost_key_is_replaced_and_only_a_lost_one() {
    let home = Home::with_organisation();
    home.run("invite grace@example.org").ends(0);
    home.run("key new --lost --yes").ends(2).tells("rsvp key rotate");
    home.run("key new --yes").ends(2);
    fs::remove_file(home.key()).unwrap();
    home.run("list").ends(1).tells("rsvp key new --lost");
    home.run("key new --lost").ends(2).tells("add --yes");
    home.run("key new --lost --yes").ends(0).tells("rsvp resend --view invited");
    let grace = home.run("show grace@example.org --json").ends(0).json();
    assert_eq!(grace["invitation"]["state"], "revoked");
    let verified = home.run("audit verify --json").ends(0).json();
    assert_eq!(verified["state"], "ok");
    assert_eq!(home.run("key status --json").json()["older"][0]["state"], "lost");
    let other = Home::with_organisation();
    fs::copy(other.key(), home.key()).unwrap();
    home.run("key new --lost --yes").ends(1).tells("exists already");
    home.run("key rotate").ends(1).tells("belongs to another installation");
}

#[test]
fn a_key_in_a_folder_that_others_write_to_is_refused_with_what_mends_it() {
    let home = Home::with_organisation();
    let folder = home.path("data/rsvp");
    mode(&folder, 0o777);
    home.run("list").ends(1).tells("others can exchange the database").tells("chmod go-w ");
    mode(&folder, 0o700);
    home.run("list").ends(0);
    let settings = home.settings("[invitation]\nvalid_for = \"3d\"\n");
    mode(&settings, 0o666);
    home.run("list").ends(2).tells("can be written by others").tells("chmod go-w ");
}

#[test]
fn whoever_is_erased_is_gone_from_every_answer_and_from_the_file() {
    let home = Home::with_organisation();
    home.run("invite zelda.quartz@example.org --name Zelda --message crystalline").ends(0);
    home.run("erase zelda.quartz@example.org").ends(2).tells("add --yes");
    let all = home.run("show zelda.quartz@example.org --all --json").ends(0).json();
    assert_eq!(all["invitations"][0]["message"], "crystalline");
    for name in ["resets", "email_changes", "mails", "history", "did"] {
        assert!(all[name].is_array(), "{name}");
    }
    let number = all["id"].as_i64().unwrap();
    let gone = home.run("erase zelda.quartz@example.org --yes --json").ends(0).json();
    assert_eq!(gone, json!({ "id": number, "state": "erased" }));
    home.run("show zelda.quartz@example.org").ends(4);
    home.run("erase zelda.quartz@example.org --yes").ends(4);
    home.run("erase ada@example.org --yes").ends(3).tells("last active administrator");
    let log = home.run("audit list --json").ends(0);
    assert!(!log.out.contains("quartz") && !log.out.contains("Zelda"), "{log:?}");
    let entries = log.json();
    let invited: Vec<&Value> =
        entries["items"].as_array().unwrap().iter().filter(|one| one["user"] == number).collect();
    assert_eq!(invited.len(), 2, "that user {number} was invited and erased stays");
    assert_eq!(home.run("audit verify --json").ends(0).json()["state"], "ok");
    for name in ["rsvp.db", "rsvp.db-wal"] {
        let bytes = fs::read(home.path("data/rsvp").join(name)).unwrap_or_default();
        for word in ["zelda", "Zelda", "quartz", "crystalline"] {
            assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word} is in {name}");
        }
    }
    home.run(&format!("erase #{number} --yes")).ends(0);
}

#[test]
fn an_only_administrator_who_forgot_the_password_comes_back_in_from_the_shell() {
    let home = Home::with_organisation();
    let shown = home.run("reset-password ada@example.org --print-link --json").ends(0).json();
    let code = shown["link"].as_str().unwrap();
    home.type_in("another velvet cactus moon\n", &["reset", code, "--password-stdin"]).ends(0);
    let log = home.run("audit list --action reset-password --json").ends(0).json();
    assert_eq!(log["items"][0]["detail"]["change"]["link"], "shown");
    home.run("reset-password ada@example.org --print-link --dry-run").ends(2);
}
