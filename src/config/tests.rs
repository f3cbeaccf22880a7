//! Stories about settings files that people get wrong, and what they are shown.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::key::KEYS;
use super::layers::{Argument, DEFAULTS, Inputs, load};
use super::parse::Tls;
use super::save::save;
use super::secret::SecretSource;
use super::settings::Transport;
use super::test_machine::Machine;
use crate::domain::explain::Explain as _;
use crate::domain::time::days;

fn walk(prefix: &str, table: &toml_edit::Table, found: &mut Vec<String>) {
    for (name, item) in table {
        match item.as_table() {
            Some(inner) => walk(&format!("{prefix}{name}."), inner, found),
            None => found.push(format!("{prefix}{name}")),
        }
    }
}

#[test]
fn the_compiled_in_file_has_every_setting_in_the_order_of_the_registry_and_each_has_a_comment() {
    let document: toml_edit::Document<_> = toml_edit::Document::parse(DEFAULTS).unwrap();
    let mut found = Vec::new();
    walk("", document.as_table(), &mut found);
    assert_eq!(found, KEYS.iter().map(|key| key.name).collect::<Vec<_>>());
    let lines: Vec<&str> = DEFAULTS.lines().collect();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.contains(" = ") && !line.starts_with('#')) {
        assert!(lines[at - 1].starts_with("# "), "{line} has no comment");
    }
}

#[test]
fn the_defaults_are_in_order_and_lead_to_a_database_in_the_home() {
    let machine = Machine::new();
    let settings = machine.settings();
    assert_eq!(settings.database.shown(), machine.path("home/.local/share/rsvp/rsvp.db").to_string_lossy());
    assert_eq!(settings.key_file, machine.path("home/.local/share/rsvp/rsvp.key"));
    assert_eq!(settings.portal.listen.to_string(), "127.0.0.1:8400");
    assert!(matches!(settings.mail.transport, Transport::None));
    assert_eq!(settings.valid_for, days(7));
    assert_eq!((settings.password.memory_kib, settings.password.min_length), (47_104, 15));
    assert_eq!(settings.mail.per_minute, None);
}

#[test]
fn a_later_source_counts_more_and_show_says_which() {
    let mut machine = Machine::new();
    machine.system("[invitation]\nvalid_for = \"1d\"\n[password]\nmin_length = 20\n");
    machine.user("[invitation]\nvalid_for = \"2d\"\n");
    assert_eq!(machine.settings().valid_for, days(2));
    assert_eq!(machine.settings().password.min_length, 20);
    let file = machine.write("own.toml", "[invitation]\nvalid_for = \"3d\"\n");
    let with_file = |machine: &Machine, arguments| {
        load(&Inputs { environment: &machine.environment, file: Some(file.clone()), file_may_be_new: false, arguments })
            .ok()
            .unwrap()
    };
    assert_eq!(with_file(&machine, Vec::new()).settings.valid_for, days(3));
    machine.set("RSVP_INVITATION__VALID_FOR", "4d");
    assert_eq!(with_file(&machine, Vec::new()).settings.valid_for, days(4));
    assert_eq!(machine.shown("invitation.valid_for").1, "RSVP_INVITATION__VALID_FOR in the environment");
    let argument = Argument { key: "invitation.valid_for", name: "--valid-for", text: "5d".to_owned() };
    assert_eq!(with_file(&machine, vec![argument]).settings.valid_for, days(5));
    assert!(machine.shown("password.min_length").1.ends_with("etc/config.toml:4"));
}

#[test]
fn a_database_that_the_machine_names_counts_over_the_users() {
    let machine = Machine::new();
    machine.system("[database]\nurl = \"sqlite:///var/lib/rsvp/rsvp.db\"\n");
    machine.user("[database]\nurl = \"sqlite:///home/ada/rsvp.db\"\n[secrets]\nkey_file = \"/home/ada/key\"\n");
    let settings = machine.settings();
    assert_eq!(settings.database.shown(), "/var/lib/rsvp/rsvp.db");
    assert_eq!(settings.key_file, Path::new("/var/lib/rsvp/rsvp.key"));
}

#[test]
fn an_unknown_setting_is_named_with_its_place_and_the_nearest_one() {
    let machine = Machine::new();
    machine.user("[portal]\n\npublic_ulr = \"https://example.org\"\n\n[smtp]\nhost = \"a\"\n[terminall]\n");
    let complaints = machine.complaints();
    assert_eq!(
        complaints[0],
        "home/.config/rsvp/config.toml:3: there is no setting “portal.public_ulr”; the nearest is portal.public_url | \
         correct the name or remove it: `rsvp config show` lists every setting"
    );
    assert!(
        complaints[1].contains(":6: there is no setting “smtp.host”; the nearest is mail.smtp.host"),
        "{complaints:?}"
    );
    assert!(complaints[2].contains(":7: there is no setting “terminall”; the nearest is terminal."), "{complaints:?}");
    assert_eq!(complaints.len(), 3);
}

#[test]
fn every_wrong_value_is_reported_at_once_each_with_line_and_bounds() {
    let machine = Machine::new();
    machine.user(
        "portal.listen = 8400\n[invitation]\nvalid_for = \"31d\"\n[password]\nmin_length = \"15\"\nargon2 = { iterations = 11 }\n\
         [terminal]\nglyphs = \"emoji\"\ntheme = \"mono\"\nundo_hold = \"soon\"\n[mail]\nconnections = 2.5\nsmtp = 3\n\
         [mail.from]\nx = 1\n",
    );
    let complaints = machine.complaints();
    let expected = [
        ":1: portal.listen is a number | write a text in quotes",
        ":3: invitation.valid_for is 31d, which is out of bounds | write 1h to 30d",
        ":5: password.min_length is a text | write a whole number",
        ":6: password.argon2.iterations is 11, which is out of bounds | write a whole number from 1 to 10",
        ":8: terminal.glyphs can't be “emoji” | write one of: auto, unicode, ascii",
        ":10: terminal.undo_hold is “soon”, which isn't a length of time | write a number and a unit, for example 7d, 36h, 90m or 45s",
        ":12: mail.connections is a number with a fraction | write a whole number",
        ":13: mail.smtp is a section, not a setting | write its settings below a line [mail.smtp]",
        ":14: mail.from is a section | write a text in quotes",
    ];
    for expected in expected {
        assert!(complaints.iter().any(|one| one.ends_with(expected)), "{expected}\n{complaints:#?}");
    }
    assert_eq!(complaints.len(), expected.len(), "{complaints:#?}");
}

#[test]
fn what_is_no_settings_file_is_reported_as_what_it_is() {
    let machine = Machine::new();
    machine.user("[portal\nlisten = 1\n");
    assert!(machine.complaint().starts_with("home/.config/rsvp/config.toml:1: this isn't TOML: "));
    machine.user([b"# caf".as_slice(), b"\n# \xe9\n"].concat());
    assert!(machine.complaint().contains("isn't UTF-8 (line 2)"));
    let path = machine.user("");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let told = machine.complaint();
    assert!(told.contains("config.toml is a folder, not a file | name another file"), "{told}");
}

#[test]
fn a_named_file_must_be_there_and_a_settings_file() {
    let machine = Machine::new();
    let load_file = |name: &str| {
        machine.lines(load(&Inputs {
            environment: &machine.environment,
            file: Some(PathBuf::from(name)),
            file_may_be_new: false,
            arguments: Vec::new(),
        }))
    };
    assert_eq!(load_file("none.toml"), ["there is no settings file none.toml | check the path after --config"]);
    machine.write("large.toml", vec![b'#'; 1024 * 1024 + 1]);
    assert!(load_file("large.toml")[0].contains("is larger than 1 MiB"));
}

#[test]
fn a_misspelt_variable_is_reported_and_unrelated_ones_are_not() {
    let mut machine = Machine::new();
    machine.set("RSVP_LOG", "debug");
    assert_eq!(machine.complaints(), Vec::<String>::new());
    machine.set("RSVP_DATABASE_URL", "x");
    assert!(machine.complaint().contains("the nearest is RSVP_DATABASE__URL"), "{}", machine.complaint());
    machine.environment.variables.remove(std::ffi::OsStr::new("RSVP_DATABASE_URL"));
    machine.set("RSVP_MAIL__SMTP__HOTS", "x");
    assert!(machine.complaint().contains("the nearest is RSVP_MAIL__SMTP__HOST"), "{}", machine.complaint());
}

#[test]
fn a_database_url_is_a_file_or_a_postgres_server() {
    let mut machine = Machine::new();
    for (text, expected) in [
        ("rsvp.db", "isn't a database URL"),
        ("mysql://root:hunter2@localhost/rsvp", "names the kind of database “mysql”"),
        ("sqlite://", "names no database file"),
        ("sqlite:///a/b/", "names no database file"),
        ("sqlite:///a.db?mode=rwc", "has parameters"),
        ("postgres://u:hunter2@host:port/x", "isn't a database URL"),
    ] {
        machine.set("RSVP_DATABASE__URL", text);
        let complaint = machine.complaint();
        assert!(complaint.contains(expected) && !complaint.contains("hunter2"), "{text}: {complaint}");
    }
    machine.set("RSVP_DATABASE__URL", "sqlite://here.db");
    assert_eq!(
        machine.settings().database.url().ok().unwrap().expose(),
        format!("sqlite://{}", machine.path("here.db").display())
    );
}

#[test]
fn a_url_where_none_belongs_does_not_give_its_password_away() {
    let mut machine = Machine::new();
    for name in ["RSVP_MAIL__SMTP__HOST", "RSVP_PORTAL__LISTEN", "RSVP_PORTAL__TRUSTED_PROXIES", "RSVP_MAIL__TRANSPORT"]
    {
        machine.set(name, "smtp://ada:hunter2@relay");
        let complaint = machine.complaint();
        assert!(complaint.contains("“smtp://ada:…@relay”"), "{complaint}");
        machine.environment.variables.remove(std::ffi::OsStr::new(name));
    }
    machine.set("RSVP_MAIL__FROM", "postgres://db/rsvp?password=hunter2");
    assert!(machine.complaint().contains("is “postgres://db/rsvp?password=…”, which isn't an address"));
}

#[test]
fn a_password_may_come_from_a_closed_file_or_the_environment_never_from_an_argument() {
    let mut machine = Machine::new();
    let argument = |key, name, text: &str| {
        let arguments = vec![Argument { key, name, text: text.to_owned() }];
        machine.lines(load(&Inputs {
            environment: &machine.environment,
            file: None,
            file_may_be_new: false,
            arguments,
        }))
    };
    let complaints = argument("database.url", "--database", "postgres://ada:hunter2@db/rsvp");
    assert!(complaints[0].starts_with("--database contains a password"), "{complaints:?}");
    assert!(
        complaints[0].contains("RSVP_DATABASE__URL") && complaints[0].contains("database.password_file"),
        "{complaints:?}"
    );
    assert!(
        argument("database.url", "--database", "postgres://db/rsvp?password=hunter2")[0]
            .contains("contains a password")
    );
    assert!(argument("mail.smtp.url", "--smtp-url", "smtps://a:hunter2@relay")[0].contains("RSVP_MAIL__SMTP__URL"));
    assert!(!format!("{complaints:?}").contains("hunter2"));

    machine.set("RSVP_DATABASE__URL", "postgres://ada:hunter2@db/rsvp");
    assert_eq!(machine.settings().database.shown(), "postgres://ada:…@db/rsvp");
    assert_eq!(machine.shown("database.url").0, "\"postgres://ada:…@db/rsvp\"");

    machine.set("RSVP_DATABASE__URL", "postgres://ada@db/rsvp");
    let file = machine.write("secret", "p@ss/word\n");
    machine.set("RSVP_DATABASE__PASSWORD_FILE", "secret");
    assert_eq!(machine.settings().database.url().ok().unwrap().expose(), "postgres://ada:p%40ss%2Fword@db/rsvp");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = machine.settings().database.url().err().unwrap();
    assert!(refused.to_string().contains("can be read by others (mode 0644)"), "{refused}");
    assert_eq!(refused.hint().unwrap(), format!("close it with `chmod 600 {}`", file.display()));
}

#[test]
fn a_settings_file_with_a_password_must_be_closed_to_others() {
    let machine = Machine::new();
    let path = machine.user("[mail.smtp]\nurl = \"smtps://a:hunter2@relay\"\n");
    assert_eq!(machine.complaints(), Vec::<String>::new());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(
        machine.complaint(),
        "the password in the settings file home/.config/rsvp/config.toml can be read by others (mode 0640) | \
         close it with `chmod 600 home/.config/rsvp/config.toml`"
    );
}

#[test]
fn a_password_file_holds_one_line() {
    let machine = Machine::new();
    for (text, expected) in [("", "is empty"), ("a\nb\n", "has more than one line")] {
        let path = machine.write("secret", text);
        assert!(SecretSource::File(path).read().err().unwrap().to_string().contains(expected));
    }
    let missing = SecretSource::File(machine.path("none")).read().err().unwrap();
    assert_eq!(missing.hint().as_deref(), Some("check the path"));
    assert!(SecretSource::File(machine.path("home")).read().err().unwrap().to_string().contains("is a folder"));
    let spaces = SecretSource::File(machine.write("secret", " a b \r\n")).read().ok().unwrap();
    assert_eq!(spaces.expose(), " a b ");
}

#[test]
fn links_lead_over_tls_unless_they_stay_on_this_machine() {
    let mut machine = Machine::new();
    for (text, expected) in [
        ("rsvp.example.org", "doesn't begin with https://"),
        ("ftp://rsvp.example.org", "doesn't begin with https://"),
        ("http://rsvp.example.org", "begins with http://"),
        ("https://rsvp.example.org/", "ends with a slash"),
        ("https://rsvp.example.org/?a=b", "has a ? or # in it"),
        ("https://ada:x@rsvp.example.org", "has a user name in it"),
        ("https://", "isn't a web address"),
        ("https://rsvp.example.org/\nBcc: x", "contains a character"),
    ] {
        machine.set("RSVP_PORTAL__PUBLIC_URL", text);
        assert!(machine.complaint().contains(expected), "{text}: {}", machine.complaint());
    }
    for text in [
        "https://rsvp.example.org",
        "https://example.org/rsvp",
        "http://127.0.0.1:8400",
        "http://localhost:8400",
        "http://[::1]:1",
    ] {
        machine.set("RSVP_PORTAL__PUBLIC_URL", text);
        assert_eq!(machine.settings().portal.public_url.as_deref(), Some(text));
    }
}

#[test]
fn a_relay_is_one_url_or_its_parts_and_never_in_the_clear_to_others() {
    let mut machine = Machine::new();
    machine.set("RSVP_MAIL__TRANSPORT", "smtp");
    let complaints = machine.complaints();
    assert!(complaints[0].contains("is smtp, and no relay is set"), "{complaints:?}");
    machine.set("RSVP_MAIL__SMTP__HOTS", "mail.example.org");
    let complaint = machine.complaint();
    assert!(complaint.contains("the nearest is RSVP_MAIL__SMTP__HOST"), "{complaint}");
    machine.environment.variables.remove(std::ffi::OsStr::new("RSVP_MAIL__SMTP__HOTS"));
    machine.set("RSVP_MAIL__FROM", "Example <rsvp@example.org>");
    let smtp = |machine: &Machine| match machine.settings().mail.transport {
        Transport::Smtp(smtp) => smtp,
        Transport::None | Transport::File(_) => panic!("no relay"),
    };
    machine.set("RSVP_MAIL__SMTP__URL", "smtps://ada%40example.org:p%3Aw@mail.example.org");
    let relay = smtp(&machine);
    assert_eq!((relay.host.as_str(), relay.port, relay.tls), ("mail.example.org", 465, Tls::Implicit));
    assert_eq!(relay.user.as_deref(), Some("ada@example.org"));
    assert_eq!(relay.password.unwrap().read().ok().unwrap().expose(), "p:w");

    machine.set("RSVP_MAIL__SMTP__URL", "smtp://mail.example.org:25?tls=none");
    assert!(machine.complaint().contains("unencrypted to another machine"), "{}", machine.complaint());
    machine.set("RSVP_MAIL__SMTP__ALLOW_PLAIN", "true");
    assert_eq!(smtp(&machine).tls, Tls::None);
    machine.set("RSVP_MAIL__SMTP__ALLOW_PLAIN", "false");
    machine.set("RSVP_MAIL__SMTP__URL", "smtp://127.0.0.1:2525?tls=none");
    assert_eq!(smtp(&machine).port, 2525);

    machine.set("RSVP_MAIL__SMTP__HOST", "mail.example.org");
    assert!(machine.complaint().contains("are both set"), "{}", machine.complaint());
    machine.set("RSVP_MAIL__SMTP__URL", "");
    assert_eq!((smtp(&machine).port, smtp(&machine).tls), (587, Tls::Starttls));
    machine.set("RSVP_MAIL__SMTP__USER", "ada");
    assert!(machine.complaint().contains("is set without a password"), "{}", machine.complaint());
}

#[test]
fn a_folder_for_emails_and_a_sender_are_needed_where_emails_leave() {
    let machine = Machine::new();
    machine.user("[mail]\ntransport = \"file\"\n");
    assert!(machine.complaint().contains("is file, and mail.folder isn't set"));
    machine.user("[mail]\ntransport = \"file\"\nfolder = \"outbox\"\n");
    assert!(machine.complaint().contains("mail.from isn't set, and emails are sent"));
    machine.user("[mail]\ntransport = \"file\"\nfolder = \"outbox\"\nfrom = \"Ada <rsvp@example.org>\"\n");
    let mail = machine.settings().mail;
    assert!(matches!(mail.transport, Transport::File(folder) if folder == machine.path("home/.config/rsvp/outbox")));
    assert_eq!(mail.from.unwrap().name.unwrap().as_str(), "Ada");
}

#[test]
fn cheap_hashing_is_refused_by_the_product() {
    let machine = Machine::new();
    machine.user("[password.argon2]\nmemory_kib = 7168\n");
    assert!(machine.complaint().contains("too cheap to guess"));
    machine.user("[password.argon2]\nmemory_kib = 7168\niterations = 5\n");
    assert_eq!(machine.settings().password.iterations, 5);
}

#[test]
fn proxies_are_addresses_or_networks() {
    let machine = Machine::new();
    machine.user("[portal]\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n");
    let proxies = machine.settings().portal.trusted_proxies;
    assert!(
        proxies[0].contains("10.9.8.7".parse().unwrap()) && proxies[0].contains("::ffff:10.9.8.7".parse().unwrap())
    );
    assert!(!proxies[0].contains("11.0.0.1".parse().unwrap()) && proxies[1].contains("::1".parse().unwrap()));
    for list in ["[\"proxy\"]", "[\"10.0.0.0/33\"]", "[3]", "\"10.0.0.0/8\""] {
        machine.user(format!("[portal]\ntrusted_proxies = {list}\n"));
        assert!(machine.complaint().contains("portal.trusted_proxies"), "{list}");
    }
}

#[test]
fn without_a_home_a_database_must_be_named() {
    let mut machine = Machine::new();
    machine.environment.variables.clear();
    assert!(machine.complaint().contains("neither HOME nor XDG_DATA_HOME"));
    machine.set("RSVP_DATABASE__URL", "sqlite:///var/lib/rsvp/rsvp.db");
    assert_eq!(machine.settings().key_file, Path::new("/var/lib/rsvp/rsvp.key"));
}

#[test]
fn settings_that_others_can_write_or_exchange_do_not_count() {
    let machine = Machine::new();
    let path = machine.user("[portal]\nlisten = \"127.0.0.1:1\"\n");
    for mode in [0o620, 0o602] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert!(machine.complaint().contains("can be written by others"), "{}", machine.complaint());
    }
    // Read by others they may be: there is no secret in them.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    machine.settings();
    let folder = path.parent().unwrap();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(machine.complaint().contains("others can replace the settings file"), "{}", machine.complaint());
}

#[test]
fn saving_keeps_what_is_there_and_closes_the_file() {
    let machine = Machine::new();
    let path = machine.user("# mine\n[mail]\n# slow relay\nconnections = 1 # one\ntransport = \"none\" # for now\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let values = [
        ("mail.transport", "smtp".to_owned()),
        ("mail.from", "Example <rsvp@example.org>".to_owned()),
        ("mail.smtp.url", "smtps://ada:hunter2@mail.example.org".to_owned()),
        ("portal.public_url", "https://rsvp.example.org".to_owned()),
    ];
    save(&path, &values).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.starts_with("# mine\n[mail]\n# slow relay\nconnections = 1 # one\ntransport = \"smtp\" # for now\n"),
        "{text}"
    );
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    assert_eq!(machine.settings().portal.public_url.as_deref(), Some("https://rsvp.example.org"));
    assert_eq!(machine.shown("mail.smtp.url").0, "\"smtps://ada:…@mail.example.org\"");

    let fresh = machine.path("home/new/folder/config.toml");
    save(&fresh, &[("database.url", "sqlite:///x.db".to_owned())]).unwrap();
    assert_eq!(fs::read_to_string(fresh).unwrap(), "[database]\nurl = \"sqlite:///x.db\"\n");
}

#[test]
fn saving_what_is_wrong_changes_nothing() {
    let machine = Machine::new();
    let path = machine.user("[portal]\nlisten = \"127.0.0.1:1\"\n");
    assert!(save(&path, &[("portal.public_url", "example.org".to_owned())]).is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "[portal]\nlisten = \"127.0.0.1:1\"\n");
    let broken = machine.user("[portal\n");
    assert!(save(&broken, &[("database.url", "sqlite:///x.db".to_owned())]).is_err());
    assert_eq!(fs::read_to_string(&broken).unwrap(), "[portal\n");
    assert_eq!(fs::read_dir(broken.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn the_keys_place_does_not_depend_on_how_the_database_was_named() {
    const URL: &str = "postgres://rsvp@db.example.org/rsvp";
    let mut machine = Machine::new();
    let data = machine.path("home/.local/share/rsvp/rsvp.key");
    let all = |machine: &Machine| {
        let settings = machine.settings();
        (settings.key_file.clone(), settings.other_key_places)
    };
    machine.set("RSVP_DATABASE__URL", URL);
    let in_the_environment = all(&machine);
    assert_eq!(in_the_environment.0, data);
    machine.environment.variables.remove(std::ffi::OsStr::new("RSVP_DATABASE__URL"));
    machine.system(&format!("[database]\nurl = \"{URL}\"\n"));
    assert_eq!(all(&machine), in_the_environment);
    let others = [machine.path("etc/rsvp.key"), machine.path("home/.config/rsvp/rsvp.key")];
    assert_eq!(in_the_environment.1, others, "beside every settings file");
    machine.set("RSVP_DATABASE__URL", "sqlite:///srv/rsvp.db");
    let (key, others) = all(&machine);
    assert_eq!(key, Path::new("/srv/rsvp.key"));
    assert_eq!(others[0], data);
    machine.set("RSVP_SECRETS__KEY_FILE", "/keys/one");
    let (key, others) = all(&machine);
    assert_eq!((key.as_path(), others[0].as_path()), (Path::new("/keys/one"), Path::new("/srv/rsvp.key")));
}

#[test]
fn what_is_shown_as_the_key_file_is_the_one_that_is_there() {
    let machine = Machine::new();
    let usual = machine.path("home/.local/share/rsvp/rsvp.key");
    let shown = |path: &Path| format!("\"{}\"", path.display());
    assert_eq!(machine.shown("secrets.key_file").0, shown(&usual));
    let elsewhere = machine.write("etc/rsvp.key", "a key");
    assert_eq!(machine.shown("secrets.key_file").0, shown(&elsewhere));
}

#[test]
fn a_settings_file_of_ones_own_that_is_out_of_reach_counts_as_absent() {
    let mut machine = Machine::new();
    machine.system("[portal]\nlisten = \"127.0.0.1:1\"\n");
    // As root nothing else is out of reach; what a hidden home says is tried where the service is installed.
    machine.set("HOME", "/dev/null");
    assert!(machine.settings().portal.listen.to_string().ends_with(":1"));
}
