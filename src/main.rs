//! The program: everything is in the library.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use color_eyre::config::{HookBuilder, Theme};

#[tokio::main]
async fn main() -> color_eyre::Result<ExitCode> {
    report_panics()?;
    Ok(rsvp::run().await)
}

/// In colour only on a terminal. A report that can't be written must not panic again, which would end the program without
/// giving the terminal back.
fn report_panics() -> color_eyre::Result<()> {
    let theme = if std::io::stderr().is_terminal() { Theme::dark() } else { Theme::new() };
    let (panics, errors) = HookBuilder::default().display_env_section(false).theme(theme).try_into_hooks()?;
    errors.install()?;
    std::panic::set_hook(Box::new(move |panic| {
        let _ = writeln!(std::io::stderr(), "{}", panics.panic_report(panic));
    }));
    Ok(())
}
