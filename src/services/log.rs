//! The service's log: what long-running parts write to standard error, where systemd, or whoever started the service,
//! keeps it. Only our own lines, because what libraries log can hold what passes through them: paths with codes,
//! statements, conversations.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Registry, fmt as lines};

use super::system::SystemClock;
use crate::config::settings::{Log, LogFormat, LogLevel};
use crate::domain::time::Clock as _;

/// Changes what is written while the log is open.
pub struct OpenLog(Handle<Targets, Registry>);

impl OpenLog {
    /// Writes lines of this level and more serious ones from now on.
    pub fn set_level(&self, level: LogLevel) {
        // It fails only where nothing is logged any more.
        let _ = self.0.reload(ours(level));
    }
}

/// Writes the log from now on: without colours, and without an error when the reader is gone.
pub fn begin(log: Log) -> OpenLog {
    let (filter, handle) = reload::Layer::new(ours(log.level));
    let layer = lines::layer().with_writer(std::io::stderr).with_ansi(false).log_internal_errors(false);
    let layer = match log.format {
        LogFormat::Text => layer.with_filter(filter).boxed(),
        LogFormat::Json => layer.event_format(JsonLines).with_filter(filter).boxed(),
    };
    // A second beginning would change nothing, and there is none.
    let _ = tracing_subscriber::registry().with(layer).try_init();
    OpenLog(handle)
}

fn ours(level: LogLevel) -> Targets {
    let level = match level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
    };
    Targets::new().with_target(env!("CARGO_CRATE_NAME"), level)
}

/// Writes each line as one JSON object.
struct JsonLines;

#[derive(Serialize)]
struct Line<'a> {
    /// RFC 3339 in UTC.
    time: String,
    level: &'a str,
    message: String,
    fields: Map<String, Value>,
}

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut found = Found::default();
        event.record(&mut found);
        let line = Line {
            time: SystemClock.now().to_jiff().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            level: match *event.metadata().level() {
                Level::ERROR => "error",
                Level::WARN => "warn",
                Level::INFO => "info",
                Level::DEBUG | Level::TRACE => "debug",
            },
            message: found.message,
            fields: found.fields,
        };
        writeln!(writer, "{}", serde_json::to_string(&line).map_err(|_| fmt::Error)?)
    }
}

/// What an event holds.
#[derive(Default)]
struct Found {
    message: String,
    fields: Map<String, Value>,
}

impl Found {
    fn add(&mut self, field: &Field, value: impl Into<Value>) {
        self.fields.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Found {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" { value.clone_into(&mut self.message) } else { self.add(field, value) }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}
