//! The program: everything is in the library.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> color_eyre::Result<ExitCode> {
    color_eyre::config::HookBuilder::default().display_env_section(false).install()?;
    Ok(rsvp::run().await)
}
