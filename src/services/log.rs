//! The service's log: what long-running parts write to standard error, where systemd, or whoever started the service,
//! keeps it. Only our own lines, because what libraries log can hold what passes through them: paths with codes,
//! statements, conversations.

use tracing::Level;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Writes the log from now on: in colour on a terminal, and without an error when the reader is gone.
pub fn begin() {
    let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), Level::INFO);
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(false).log_internal_errors(false).with_filter(ours);
    // A second beginning would change nothing, and there is none.
    let _ = tracing_subscriber::registry().with(lines).try_init();
}
