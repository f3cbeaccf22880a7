//! What every error of a use case can say of itself, so that each front door shows it in its own way.

/// What kind of failure it is: decides the exit status and the colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something broke: the database, the relay, the disk.
    Failed,
    /// What was given is not what it should be.
    Invalid,
    /// A rule forbids it.
    Refused,
    /// There is no such thing.
    NotFound,
    /// Somebody else changed it meanwhile.
    Changed,
    /// Nobody knows whether it was done: the database server went away in the middle of storing it.
    Unknown,
}

/// Whether this process, or the whole machine, has as many files and connections open as it may.
#[must_use]
pub fn is_out_of_descriptors(error: &std::io::Error) -> bool {
    use rustix::io::Errno;
    [Errno::MFILE, Errno::NFILE].into_iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// What to do where [`is_out_of_descriptors`].
pub const OUT_OF_DESCRIPTORS: &str =
    "too many files and connections are open: raise LimitNOFILE of the service's unit (or `ulimit -n`)";

/// An error that says what it is in one word, and what to do next.
pub trait Explain: std::error::Error + Send + Sync + 'static {
    fn kind(&self) -> Kind;

    /// A stable word for scripts, in snake case: `already_active`.
    fn code(&self) -> &'static str;

    /// What to do next, where there is something to do.
    fn hint(&self) -> Option<String> {
        None
    }
}
