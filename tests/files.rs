//! Files that others could read, change or exchange are refused, each with the command that ends it; the tests run that
//! command. Where another login is needed, this needs root.
//!
//! Size: some eighty starts of the program; fifteen seconds.

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use support::cli::{Home, PASSWORD, Said, mode};
use support::skip;

/// A login that every machine has, and another number that is no login of ours.
const NOBODY: u32 = 65_534;
const STRANGER: u32 = 1;

/// Runs the program, and ends it if it waits for something that never comes.
fn at_once(home: &Home, arguments: &[&str]) -> Said {
    let script = "exec timeout --kill-after=1 30 \"$0\" \"$@\"";
    let output = home.spawn_in_shell(script, arguments).wait_with_output().unwrap();
    let said = Said {
        status: output.status.code().expect("it ends by itself"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    };
    assert_ne!(said.status, 124, "it waited for ever: {arguments:?}");
    said
}

/// The commands that a message names.
fn commands(message: &str) -> Vec<String> {
    message.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// What `sudo` does, for a shell of the tests that is root's: another login's commands run as that login.
const SUDO: &str = r#"
sudo() {
  [ "$1" = -u ] || { "$@"; return; }
  login=$2; shift 2
  [ "${login#\#}" = "$login" ] && login=$(id -u "$login") || login=${login#\#}
  setpriv --reuid "$login" --regid "$login" --clear-groups "$@"
}
"#;

/// Types a command into a shell in this home, where `rsvp` is the program.
fn type_command(home: &Home, command: &str) -> Said {
    let programs = home.path("programs");
    if !programs.exists() {
        fs::create_dir(&programs).unwrap();
        symlink(env!("CARGO_BIN_EXE_rsvp"), programs.join("rsvp")).unwrap();
    }
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{SUDO}\n{command}")]);
    let mut shell = home.surround(shell);
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", programs.display());
    let output = shell.env("PATH", path).output().unwrap();
    Said {
        status: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs the program as this login.
fn run_as(home: &Home, login: u32, command: &str) -> Said {
    type_command(home, &format!("sudo -u '#{login}' rsvp {command}"))
}

fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        skip("root, who may give files to other logins");
    }
    is_root
}

/// Gives everything below a folder to a login, links themselves among it.
fn give(folder: &Path, login: u32) {
    std::os::unix::fs::lchown(folder, Some(login), Some(login)).unwrap();
    if folder.symlink_metadata().unwrap().is_dir() {
        for entry in fs::read_dir(folder).unwrap() {
            give(&entry.unwrap().path(), login);
        }
    }
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").args(["-m", "600"]).arg(path).status().unwrap().success());
}

#[test]
fn each_folder_above_that_others_can_write_to_is_refused_and_the_command_named_fixes_it() {
    let home = Home::with_organisation();
    let settings = home.settings("");
    let links = home.path("links");
    fs::create_dir(&links).unwrap();
    symlink(&settings, links.join("rsvp.toml")).unwrap();
    let linked = links.join("rsvp.toml").display().to_string();
    for (folder, arguments, of) in [
        (home.path("data/rsvp"), vec!["list"], "the database "),
        (home.path("data"), vec!["list"], "the database "),
        (home.path("config/rsvp"), vec!["list"], "the settings file "),
        (home.path("config"), vec!["config", "check"], "the settings file "),
        (links, vec!["--config", &linked, "list"], "the settings file "),
    ] {
        mode(&folder, 0o777);
        let refused = home.type_in("", &arguments);
        let message = format!("{}{}", refused.out, refused.err);
        assert!(refused.status != 0 && message.contains(of), "{}: {refused:?}", folder.display());
        assert!(message.contains(&format!("they can write to {} (mode 0777)", folder.display())), "{refused:?}");
        let command = commands(&message).into_iter().next().unwrap();
        assert_eq!(command, format!("chmod go-w {}", folder.display()));
        type_command(&home, &command).ends(0);
        home.type_in("", &arguments).ends(0);
    }
}

#[test]
fn a_folder_that_the_own_group_can_write_to_is_named_by_the_doctor_and_refused_by_nobody() {
    let home = Home::with_organisation();
    let folder = home.path("data");
    mode(&folder, 0o775);
    home.run("list").ends(0);
    let found = |home: &Home| {
        let all = home.run("doctor --local --json").json();
        all["items"].as_array().unwrap().iter().find(|one| one["check"] == "files").unwrap().clone()
    };
    let named = found(&home);
    assert_eq!(named["state"], "open");
    let command = commands(named["message"].as_str().unwrap()).remove(0);
    assert_eq!(command, format!("chmod g-w {}", folder.display()));
    type_command(&home, &command).ends(0);
    assert_eq!(found(&home)["state"], "ok");
}

#[test]
fn in_a_folder_where_every_login_makes_files_nothing_is_made_and_nothing_is_read() {
    let home = Home::with_organisation();
    let shared = home.path("shared");
    fs::create_dir(&shared).unwrap();
    mode(&shared, 0o1777);
    let at = |name: &str| shared.join(name).display().to_string();
    // What a login could plant there would take the place of what is in the database.
    fs::write(shared.join("rsvp.db-journal"), "planted").unwrap();
    let url = format!("sqlite://{}", at("rsvp.db"));
    let set_up = "--organisation Second --name Eve --email eve@example.org --password-stdin";
    let own = home.path("second.toml").display().to_string();
    let set_up: Vec<&str> =
        ["--database", &url, "--config", &own, "setup"].into_iter().chain(set_up.split(' ')).collect();
    home.type_in(&format!("{PASSWORD}\n"), &set_up).ends(1).tells("mode 1777");
    assert!(!shared.join("rsvp.db").exists());
    home.run("backup before.db").ends(0);
    fs::copy(home.path("before.db"), shared.join("theirs.db")).unwrap();
    mode(&shared.join("theirs.db"), 0o600);
    let theirs = at("theirs.db");
    for arguments in [
        vec!["backup", &at("new.db")],
        vec!["backup", &shared.display().to_string()],
        vec!["backup", "--check", &theirs],
        vec!["restore-backup", &theirs, "--yes"],
        vec!["key", "export", &at("rsvp.key")],
    ] {
        home.type_in("", &arguments).ends(1).tells("mode 1777");
    }
    assert_eq!(fs::read_dir(&shared).unwrap().count(), 2, "nothing was made there");
    // A folder of one's own in it is as good as any other where the shared one is root's.
    let refused = home.type_in("", &["backup", &at("new.db")]);
    let command = commands(&refused.err).remove(0);
    assert!(command.starts_with(&format!("mkdir -m 700 {}/", shared.display())) || !is_root(), "{refused:?}");
    if is_root() {
        type_command(&home, &command).ends(0);
        home.type_in("", &["backup", &format!("{}/new.db", command.rsplit(' ').next().unwrap())]).ends(0);
    }
}

#[test]
fn emails_as_files_go_into_no_folder_where_others_could_exchange_them() {
    let home = Home::with_organisation();
    let folder = home.path("mails");
    fs::create_dir(&folder).unwrap();
    mode(&folder, 0o1777);
    home.settings(&format!(
        "[portal]\npublic_url = \"http://127.0.0.1:1\"\n[mail]\ntransport = \"file\"\nfolder = \"{}\"\n\
         from = \"Example <rsvp@example.org>\"\n",
        folder.display()
    ));
    let all = home.run("doctor --local --json").ends(1).json();
    let found = all["items"].as_array().unwrap().iter().find(|one| one["check"] == "files").unwrap().clone();
    assert!(found["state"] == "wrong" && found["message"].as_str().unwrap().contains("mode 1777"), "{found}");
}

#[test]
fn a_pipe_is_refused_at_once_whatever_it_should_be() {
    let mut home = Home::with_organisation();
    pipe(&home.path("pipe"));
    let pipe_path = home.path("pipe").display().to_string();
    let url = format!("sqlite://{pipe_path}");
    for arguments in [
        vec!["--config", &pipe_path, "list"],
        vec!["--config", &pipe_path, "doctor", "--local"],
        vec!["--config", "/dev/zero", "list"],
        vec!["--database", &url, "list"],
        vec!["backup", "--check", &pipe_path],
        vec!["restore-backup", &pipe_path, "--yes"],
    ] {
        let said = at_once(&home, &arguments);
        let told = format!("{}{}", said.out, said.err);
        assert!(said.status != 0 && told.contains(", not a file"), "{arguments:?}: {said:?}");
    }
    for beside in ["rsvp.key.erased", "rsvp.key.numbers", "rsvp.key.head", "rsvp.db-journal"] {
        let file = home.path("data/rsvp").join(beside);
        let _ = fs::remove_file(&file);
        pipe(&file);
        let said = at_once(&home, &["list"]).ends(1);
        assert!(said.err.contains("is a named pipe, not a file"), "{beside}: {said:?}");
        fs::remove_file(&file).unwrap();
    }
    for file in ["user = \"rsvp\"\npassword_file", "ca_file"] {
        home.settings(&format!(
            "[mail]\ntransport = \"smtp\"\nfrom = \"rsvp@example.org\"\n[mail.smtp]\nhost = \"127.0.0.1\"\n\
             {file} = \"{pipe_path}\"\n"
        ));
        let said = at_once(&home, &["doctor", "--local"]).ends(1);
        assert!(said.out.contains("is a named pipe, not a file"), "{file}: {said:?}");
    }
    home.settings("");
    home.set("RSVP_SECRETS__KEY_FILE", &pipe_path);
    let said = at_once(&home, &["list"]).ends(1);
    assert!(said.err.contains("the key file") && said.err.contains("is a named pipe, not a file"), "{said:?}");
    fs::remove_file(&pipe_path).unwrap();
    fs::create_dir(&pipe_path).unwrap();
    let said = at_once(&home, &["list"]).ends(1);
    assert!(said.err.contains("is a folder, not a file"), "{said:?}");
}

#[test]
fn root_over_the_files_of_another_login_does_nothing_and_names_the_same_command_as_that_login() {
    if !is_root() {
        return;
    }
    for with_settings in [false, true] {
        let home = Home::with_organisation();
        if with_settings {
            home.settings("[invitation]\nvalid_for = \"3d\"\n");
        }
        give(&home.path(""), NOBODY);
        let before = fs::metadata(home.database()).unwrap().mtime_nsec();
        for arguments in [
            "list",
            "list --json",
            "doctor --local",
            "serve",
            "key status",
            "key rotate",
            "key new --lost --yes",
            "audit verify",
            "nodes",
            "migrate",
            "mail list",
            "backup copy.db",
            "setup --organisation Second --name Eve --email eve@example.org --password-stdin",
            "invite grace@example.org --name 'Grace Hopper'",
        ] {
            let refused = type_command(&home, &format!("rsvp {arguments}"));
            let told = format!("{}{}", refused.out, refused.err);
            assert!(refused.status != 0, "{arguments}: {refused:?}");
            let wanted = format!("sudo -u nobody rsvp {arguments}");
            assert!(told.contains(&wanted), "{wanted}: {refused:?}");
        }
        assert_eq!(fs::metadata(home.database()).unwrap().mtime_nsec(), before);
        if with_settings {
            let checked = type_command(&home, "rsvp config check").ends(2);
            assert!(checked.out.contains("sudo -u nobody rsvp config check"), "{checked:?}");
        }
        // What needs neither settings nor files goes on, and the command that is named does what root asked for.
        home.run("completions bash").ends(0);
        home.run("--version").ends(0);
        let told = type_command(&home, "rsvp invite grace@example.org --name 'Grace Hopper'").err;
        type_command(&home, &commands(&told)[0]).ends(0);
        let shown = run_as(&home, NOBODY, "show grace@example.org --json").ends(0).json();
        assert_eq!(shown["name"], "Grace Hopper");
    }
}

#[test]
fn root_over_its_own_files_is_a_login_like_any_other() {
    if !is_root() {
        return;
    }
    let home = Home::with_organisation();
    home.settings("");
    home.run("list").ends(0);
    home.run("doctor --local").ends(0);
}

/// A home of `nobody` with an organisation.
fn of_nobody() -> Home {
    let home = Home::with_organisation();
    home.settings("");
    type_command(&home, "true").ends(0);
    give(&home.path(""), NOBODY);
    run_as(&home, NOBODY, "list").ends(0);
    home
}

#[test]
fn what_belongs_to_a_third_login_is_refused_and_taken_with_the_command_named() {
    if !is_root() {
        return;
    }
    let home = of_nobody();
    let places: [PathBuf; 8] = [
        home.path("config/rsvp/config.toml"),
        home.path("config/rsvp"),
        home.path("config"),
        home.database(),
        home.key(),
        home.key().with_added_extension("numbers"),
        home.path("data/rsvp"),
        home.path("data"),
    ];
    for place in places {
        chown(&place, Some(STRANGER), None).unwrap();
        let bits = fs::metadata(&place).unwrap().mode() & 0o7777;
        // So that it is the owner that is refused, and not a file that can't be read.
        if place.is_dir() {
            mode(&place, 0o755);
        }
        let refused = run_as(&home, NOBODY, "list");
        assert!(refused.status != 0 && refused.err.contains("daemon"), "{}: {refused:?}", place.display());
        let named = commands(&refused.err);
        assert_eq!(named[0], "sudo -u daemon rsvp list");
        assert_eq!(named[1], format!("sudo chown nobody {}", place.display()));
        type_command(&home, &named[1]).ends(0);
        mode(&place, bits);
        run_as(&home, NOBODY, "list").ends(0);
    }
    // Root's settings are as good as one's own.
    let settings = home.path("config/rsvp/config.toml");
    chown(&settings, Some(0), Some(0)).unwrap();
    mode(&settings, 0o644);
    run_as(&home, NOBODY, "list").ends(0);
}

#[test]
fn a_link_or_a_side_file_that_another_login_planted_changes_nothing() {
    if !is_root() {
        return;
    }
    let home = of_nobody();
    let before = fs::read(home.database()).unwrap();
    for ending in ["-journal", "-wal", "-shm"] {
        let mut planted = home.database().into_os_string();
        planted.push(ending);
        let planted = PathBuf::from(planted);
        fs::write(&planted, "planted").unwrap();
        chown(&planted, Some(STRANGER), None).unwrap();
        run_as(&home, NOBODY, "list").ends(1).tells("belongs to another login, daemon");
        fs::remove_file(&planted).unwrap();
    }
    assert_eq!(fs::read(home.database()).unwrap(), before);
    // A link of a stranger's, even to a file of one's own.
    let (settings, real) = (home.path("config/rsvp/config.toml"), home.path("config/rsvp/real.toml"));
    fs::rename(&settings, &real).unwrap();
    symlink(&real, &settings).unwrap();
    std::os::unix::fs::lchown(&settings, Some(STRANGER), None).unwrap();
    run_as(&home, NOBODY, "list").ends(2).tells("belongs to another login, daemon");
}
