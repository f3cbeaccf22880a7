//! `docs/install.md`, done by a new login on a machine of its own: every command of the page is run in a throw-away root,
//! the service starts as its unit says, with homes hidden, and however the program is started afterwards, there is one
//! organisation. Needs root. Size: one organisation, some twenty starts of the program.

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use support::cli::PASSWORD;
use support::skip;

/// Highest exposure of the unit, as `systemd-analyze security` counts it; 10 is worst.
const EXPOSURE: f64 = 1.5;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The blocks of a page in this language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// The value of a line of the unit.
fn unit(key: &str) -> String {
    let text = read("docs/rsvp.service");
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{key}=")));
    line.unwrap_or_else(|| panic!("{key} is not in the unit")).to_owned()
}

#[test]
fn the_unit_gives_the_service_little() {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rsvp.service");
    let output = Command::new("systemd-analyze").args(["security", "--offline=true", "--no-pager"]).arg(&unit).output();
    let Ok(output) = output else { return skip("systemd-analyze (Debian: systemd)") };
    let text = String::from_utf8(output.stdout).unwrap();
    let overall = text.split("Overall exposure level for rsvp.service: ").nth(1);
    let level: f64 = overall.and_then(|rest| rest.split(' ').next()).and_then(|level| level.parse().ok()).unwrap();
    assert!(level <= EXPOSURE, "{text}");
}

/// Makes the root and does what the page says in it. `sudo` and `systemctl` are stood in for: the one by what it does, the
/// other by a line in a file.
const MACHINE: &str = r#"
set -eu
root=$1 program=$2 docs=$3
mount -t tmpfs -o mode=755 rsvp "$root" || exit 77
cd "$root"
mkdir -p usr proc dev run tmp var/lib var/mail var/log home root src/target/release
chmod 1777 tmp
for each in bin sbin lib lib32 lib64; do
  if [ -L "/$each" ]; then cp -P "/$each" .; elif [ -d "/$each" ]; then mkdir "$each"; mount --bind "/$each" "$each"; fi
done
mount --rbind /usr usr
mount -o remount,bind,ro usr
mount -t tmpfs -o mode=755 rsvp usr/local
mkdir -p usr/local/bin
mount --rbind /proc proc
mount --rbind /dev dev
cp -a /etc etc
rm -rf etc/rsvp
mkdir -p etc/systemd/system etc/ssh/sshd_config.d
cp "$program" src/target/release/rsvp
cp -r "$docs" src/docs
cat > usr/local/bin/sudo <<'END'
#!/bin/sh
login=$2
shift 2
home=$(getent passwd "$login" | cut -d: -f6)
[ -d "$home" ] || home=/
cd "$home" 2>/dev/null || cd /
exec setpriv --reuid "$login" --regid "$login" --init-groups env -i \
  HOME="$home" USER="$login" LOGNAME="$login" PATH=/usr/local/bin:/usr/bin:/bin TERM=dumb LANG=C.UTF-8 "$@"
END
cat > usr/local/bin/systemctl <<'END'
#!/bin/sh
echo "$@" >> /tmp/systemctl
END
chmod 755 usr/local/bin/sudo usr/local/bin/systemctl
exec chroot "$root" sh -eu /dev/stdin
"#;

/// Runs a script in a machine of its own, as root.
fn on_a_machine(script: &str) -> Option<Output> {
    if !rustix::process::geteuid().is_root() {
        skip("root, who may mount and make logins");
        return None;
    }
    let root = tempfile::tempdir().unwrap();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", MACHINE, "machine"]);
    command.arg(root.path()).arg(env!("CARGO_BIN_EXE_rsvp")).arg(docs);
    let file = root.path().with_extension("script");
    fs::write(&file, script).unwrap();
    command.stdin(fs::File::open(&file).unwrap());
    let output = command.output();
    fs::remove_file(&file).unwrap();
    let output = output.unwrap();
    if output.status.code() == Some(77) {
        skip("the right to mount");
        return None;
    }
    Some(output)
}

/// Everything that the page says to type; what a person types into it comes from files.
fn page() -> String {
    let page = read("docs/install.md");
    let shell = blocks(&page, "sh").join("\n");
    assert_eq!(shell.matches(" rsvp setup ").count(), 1, "the page makes one organisation");
    let settings = &blocks(&page, "toml")[0];
    // The settings are written once their files are there, and before anybody needs them.
    let (before, after) = shell.split_once("sudo -u rsvp rsvp setup ").unwrap();
    let (setup, after) = after.split_once('\n').unwrap();
    format!(
        "cd /src\n{before}\ncat > /etc/rsvp/config.toml <<'END'\n{settings}END\necho hush > /etc/rsvp/smtp-password\n\
         echo '{PASSWORD}' > /tmp/typed\nsudo -u rsvp rsvp setup {setup} --password-stdin < /tmp/typed\n{}\n",
        after.replace("rsvp doctor", "rsvp doctor --local")
    )
}

/// Starts the service as its unit says, for as long as `work` takes; `home` is what the login has as its home.
fn service(home: &str, work: &str) -> String {
    format!(
        r"
mkdir -p /run/{runtime} && chown {login}: /run/{runtime} && chmod {mode} /run/{runtime}
chmod 000 /home /root
setpriv --reuid {login} --regid {login} --clear-groups --no-new-privs --bounding-set=-all env -i \
  HOME={home} USER={login} LOGNAME={login} SHELL=/bin/sh PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 \
  RUNTIME_DIRECTORY=/run/{runtime} STATE_DIRECTORY=/var/lib/{state} \
  RSVP_PORTAL__LISTEN=127.0.0.1:0 sh -c 'umask {umask}; exec {command}' 2> /tmp/log &
service=$!
# Whatever goes wrong below, nothing of this machine stays.
trap 'kill $service' EXIT
waited=0
until grep -q 'Emails are sent through' /tmp/log; do
  kill -0 $service && [ $waited -lt 600 ] || {{ cat /tmp/log; exit 1; }}
  waited=$((waited + 1)); sleep 0.1
done
{work}
trap - EXIT
kill $service
wait $service
chmod 755 /home && chmod 700 /root
",
        login = unit("User"),
        runtime = unit("RuntimeDirectory"),
        mode = unit("RuntimeDirectoryMode"),
        state = unit("StateDirectory"),
        umask = unit("UMask"),
        command = unit("ExecStart"),
    )
}

/// Which file is whose, as the page has it.
fn owners() -> Vec<(String, String)> {
    let page = read("docs/install.md");
    let rows = page.lines().filter(|line| line.starts_with("| `/"));
    let cells = rows.map(|row| row.split('|').map(str::trim).collect::<Vec<_>>());
    let files = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let absolute = |name: &String| name.starts_with('/') && !name.starts_with("/etc/ssh/");
    let owner = |cells: &[&str]| format!("{} {}", cells[2], cells[3].trim_start_matches('0'));
    let one = |cells: Vec<&str>| files(cells[1]).into_iter().filter(absolute).map(|f| (f, owner(&cells))).collect();
    cells.flat_map::<Vec<_>, _>(one).collect()
}

#[test]
fn the_page_leads_to_one_organisation_that_every_login_and_the_service_find() {
    let files = owners();
    assert!(files.len() > 8, "{files:?}");
    let stat = |(file, owner): &(String, String)| {
        format!(
            "[ \"$(stat -c '%U %a' {file})\" = '{owner}' ] || {{ echo {file}: $(stat -c '%U %a' {file}), not {owner}; exit 1; }}\n"
        )
    };
    let work = files.iter().map(stat).collect::<String>()
        + r"
# Everybody who comes in sees the same organisation.
sudo -u rsvp rsvp doctor --local
sudo -u rsvp rsvp list | grep ada@example.org
grep -q ' listens on ' /tmp/log
# Root does nothing in the files of that login, and is told how.
if (cd / && HOME=/root rsvp list) 2> /tmp/told; then exit 1; fi
grep -q 'sudo -u rsvp rsvp list' /tmp/told
printf 'quit\n' | sudo -u rsvp rsvp --plain --as 1 | grep 'Example Ltd. You are Ada Lovelace'
# Another login is told where it is, and begins none.
for line in 'list' '' 'setup --organisation Second --name Eve --email eve@example.org --password-stdin'; do
  if sudo -u eve rsvp $line < /tmp/typed 2> /tmp/told; then exit 1; fi
  cat /tmp/told
  grep -q 'sudo -u rsvp rsvp' /tmp/told
done
if sudo -u rsvp rsvp setup --organisation Second --name Eve --email eve@example.org --password-stdin < /tmp/typed; then exit 1; fi
sudo -u rsvp rsvp setup --if-missing --organisation Second --name Eve --email eve@example.org
";
    let script = format!(
        "{}useradd --create-home --shell /bin/sh eve\n{}{}\n{}",
        page(),
        service("/var/lib/rsvp", &work),
        // A home that the unit hides, with settings in it that nobody can read.
        service("/home/rsvp", "sudo -u rsvp rsvp list | grep ada@example.org\n"),
        "[ ! -e /run/rsvp/serve ]\n\
         grep -q 'enable --now rsvp' /tmp/systemctl\n\
         echo made: $(find / -xdev -name 'rsvp.db' -o -xdev -name 'rsvp.key' | sort)\n"
    );
    let Some(output) = on_a_machine(&script) else { return };
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    assert!(out.contains("made: /var/lib/rsvp/rsvp.db /var/lib/rsvp/rsvp.key\n"), "{out}\n{err}");
}

#[test]
fn root_makes_nothing_in_the_folder_of_the_login_and_nothing_half_done() {
    let script = page()
        .replace("sudo -u rsvp rsvp setup ", "if rsvp setup ")
        .replace("< /tmp/typed", "< /tmp/typed 2> /tmp/told; then exit 1; fi");
    let (script, _) = script.split_once("\ninstall -m 0644 docs/rsvp.service").unwrap();
    let script = format!("{script}\ncat /tmp/told\necho left: $(ls -A /var/lib/rsvp /root/.local 2>/dev/null)\n");
    let Some(output) = on_a_machine(&script) else { return };
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    assert!(out.contains("sudo -u rsvp rsvp") && out.contains("left: /var/lib/rsvp:\n"), "{out}\n{err}");
}
