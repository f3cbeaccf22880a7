//! `rsvp doctor`: everything that a start needs, and whatever stops the work that is under way.

use std::path::Path;

use jiff::tz::TimeZone;

use super::system::SystemRandom;
use super::{key_place, open, running, sealing, transport};
use crate::access::{self, GroupFolder};
use crate::app::App;
use crate::app::upkeep::queue::{self, Queue};
use crate::app::upkeep::{kept, proxies, ready};
use crate::cli::args::Doctor;
use crate::cli::doctor::{Checks, SETTINGS};
use crate::cli::{self, Failed, Out, Status};
use crate::config::layers::Loaded;
use crate::config::problem::Problems;
use crate::config::settings::{DatabaseLocation, Settings, Transport};
use crate::domain::actor::Actor;
use crate::domain::proxy::SilentProxy;
use crate::domain::time::Random as _;
use crate::maintenance::dns;

/// The least room for a database or a folder of emails, in bytes.
const LEAST_ROOM: u64 = 100_000_000;

/// Checks everything that a start needs, and goes on after what is wrong.
pub async fn doctor(loaded: Result<Loaded, Problems>, args: Doctor, out: Out) -> Status {
    let mut checks = Checks::default();
    let queue = match loaded {
        Err(Problems(problems)) => {
            for problem in problems {
                checks.add(SETTINGS, Err::<String, _>(problem));
            }
            None
        }
        Ok(Loaded { settings, .. }) => {
            checks.add(SETTINGS, Ok::<_, Failed>("in order"));
            let queue = organisation(&mut checks, &settings).await;
            files(&mut checks, &settings);
            machine(&mut checks, &settings).await;
            checks.surroundings(&settings, Some(mark()).filter(|_| !args.local).as_deref()).await;
            if !args.local {
                others(&mut checks, &settings).await;
            }
            queue
        }
    };
    if args.nagios { checks.report_to_monitor(queue.as_ref()) } else { checks.report(out) }
}

/// What takes the place of a code, and is none: too short for one, and new each time, so that old logs don't hold it.
pub fn mark() -> String {
    let mut bytes = [0; 4];
    SystemRandom.fill(&mut bytes);
    format!("RSVP-DOCTOR-{:08X}", u32::from_be_bytes(bytes))
}

/// What the database tells, if it can be opened.
async fn organisation(checks: &mut Checks, settings: &Settings) -> Option<Queue> {
    let app = match open::open(settings).await {
        Ok(app) => app,
        Err(failed) => {
            checks.add("organisation", Err::<String, _>(failed));
            return None;
        }
    };
    checks.add("organisation", Ok::<_, Failed>(app.organisation().to_owned()));
    look(checks, settings, &app).await
}

async fn look(checks: &mut Checks, settings: &Settings, app: &App) -> Option<Queue> {
    checks.add("key", Ok::<_, Failed>(key_place::shown(app.key_file())));
    let writable = ready::run(app, false).await;
    checks.add("database", writable.map(|()| format!("{} can be read and written", settings.database.shown())));
    match tokio::time::timeout(ready::PATIENCE, queue::run(app, &Actor::system())).await {
        // That it doesn't answer was said above.
        Err(_) => None,
        Ok(Err(failure)) => {
            checks.add("outbox", Err::<String, _>(failure));
            None
        }
        Ok(Ok(queue)) => {
            if let Err(failure) = kept::run(app).await {
                checks.open("beside the key", &format!("{failure}: a restored backup could bring erased people back"));
            }
            match proxies::run(app).await {
                Ok(silent) => silent_proxies(checks, &silent),
                Err(failure) => checks.add("trusted proxy", Err::<String, _>(failure)),
            }
            sealing::check(checks, app).await;
            checks.copies(settings, &queue);
            checks.queue(settings, &queue);
            Some(queue)
        }
    }
}

/// Which proxies don't say who the client is, and when that was last seen.
fn silent_proxies(checks: &mut Checks, silent: &[SilentProxy]) {
    if silent.is_empty() {
        return;
    }
    let zone = TimeZone::system();
    let one = |proxy: &SilentProxy| {
        format!("{} {}, last at {}", proxy.address, proxy.silence.words(), proxy.last.local_short(&zone))
    };
    let all: Vec<String> = silent.iter().map(one).collect();
    let text = format!(
        "{}: everybody behind it counts as one client; let it send X-Forwarded-For with the client's address",
        all.join("; ")
    );
    checks.open("trusted proxy", &text);
}

/// Who else can exchange what the organisation depends on. Of a group, only the operator knows who is in it.
fn files(checks: &mut Checks, settings: &Settings) {
    let mut named = Vec::new();
    let mut is_wrong = false;
    for (what, path) in settings.files() {
        match access::judge(what, &path) {
            Ok(folders) => named.extend(folders),
            Err(untrusted) => {
                is_wrong = true;
                checks.add("files", Err::<String, _>(untrusted));
            }
        }
    }
    named.sort();
    named.dedup();
    for GroupFolder { folder, mode, command } in &named {
        let folder = key_place::shown(folder);
        let text = format!(
            "your group can replace what is in {folder} (mode {mode:04o}): if anyone else is in it, run `{command}`"
        );
        checks.open("files", &text);
    }
    if named.is_empty() && !is_wrong {
        checks.add("files", Ok::<_, Failed>("nobody else can replace them"));
    }
}

/// What this machine tells: room on its disks, and the service that runs on it.
async fn machine(checks: &mut Checks, settings: &Settings) {
    if let DatabaseLocation::File(path) = &settings.database.location {
        let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let size = bytes(path) + bytes(Path::new(&log));
        let folder = path.parent().unwrap_or(path);
        checks.room("disk", folder, free(folder), LEAST_ROOM.max(size.saturating_mul(2)));
    }
    if let Transport::File(folder) = &settings.mail.transport {
        checks.room("folder of emails", folder, free(folder), LEAST_ROOM);
    }
    if let Some(gone) = running::has_lost(settings) {
        checks.add("service", Err::<String, _>(gone));
        return;
    }
    match cli::ready(&settings.portal.listen).await {
        Some(true) => checks.add("service", Ok::<_, Failed>("ready")),
        Some(false) => checks.wrong(
            "service",
            format!("the service on {} can't do its work", settings.portal.listen),
            "its log says why; restart it if its database or its key was replaced",
        ),
        // It has another address, runs on another machine, or not at all.
        None => {}
    }
}

/// How many bytes this login may still write in a folder, or in the nearest one above it that exists.
fn free(folder: &Path) -> std::io::Result<u64> {
    let nearest = folder.ancestors().find(|folder| folder.exists()).unwrap_or(folder);
    let found = rustix::fs::statvfs(nearest)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// What other machines tell: the name system and the relay.
async fn others(checks: &mut Checks, settings: &Settings) {
    let Transport::Smtp(smtp) = &settings.mail.transport else { return };
    if let Some(from) = &settings.mail.from {
        let domain = from.email.domain();
        checks.domain(domain, dns::records(domain).await.map(dns::Records::missing));
    }
    checks.add("relay", transport::try_relay(smtp).await);
}
