//! What the program takes from the system: time, randomness, and who is at the shell.

use std::time::Duration;

use crate::access;
use crate::domain::actor::Origin;
use crate::domain::node::Process;
use crate::domain::time::{Clock, Random, Timestamp, Uptime};

pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the time comes in")]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_millisecond())
    }

    fn uptime(&self) -> Uptime {
        // proc(5). Where the system has no such file, each start of the program is one of the machine for us.
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let boot = if boot.is_empty() { std::process::id().to_string() } else { boot.trim().to_owned() };
        Uptime { boot, since: up() }
    }
}

/// How long the machine is up, sleep included.
pub fn up() -> Duration {
    let at = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = Duration::from_secs(at.tv_sec.try_into().unwrap_or(0));
    seconds + Duration::from_nanos(at.tv_nsec.try_into().unwrap_or(0))
}

pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(clippy::disallowed_methods, reason = "the one place where randomness comes in")]
    #[expect(clippy::expect_used, reason = "without randomness no key, nonce or salt may be made")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}

/// Lets nobody look into this process or keep what is in its memory when it ends: there are keys and passwords in it. A
/// system that cannot do so goes on without.
pub fn keep_memory_private() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    let _ = rustix::process::setrlimit(rustix::process::Resource::Core, none);
}

/// Lets this process have as many files and connections open as the system allows it, and answers how many those are.
pub fn raise_descriptors() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    // Nothing is no limit.
    (if raised { maximum } else { current }).unwrap_or(u64::MAX)
}

/// How the actor at the shell came here.
pub fn origin(door: &'static str) -> Origin {
    let variable = |name: &str| std::env::var(name).ok();
    Origin {
        login: variable("USER").or_else(|| variable("LOGNAME")),
        uid: Some(rustix::process::getuid().as_raw()),
        ssh_source: variable("SSH_CONNECTION").and_then(|text| text.split(' ').next().map(str::to_owned)),
        ssh_key: super::ssh_key::fingerprint(),
        by_key: false,
        resets: None,
        door,
    }
}

/// This process, as others see it among the running parts.
pub fn process() -> Process {
    Process {
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        pid: std::process::id().into(),
        login: origin("service").login.unwrap_or_else(|| access::name_of(rustix::process::getuid().as_raw())),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}
