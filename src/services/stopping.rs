//! Ctrl-C and the signals that end a program, for commands that have no way of their own to stop: what is under way is
//! given up, which changes nothing, and the connections end, so that a stopped installation is one file and its key.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::signal::unix::signal;
use tokio::sync::oneshot;

use super::open;
use crate::cli::args::{Command, Mail};
use crate::cli::heard_signals;

/// How long the command has to notice; one that waits for an answer at its terminal does not.
const NOTICE: Duration = Duration::from_millis(200);
/// What a shell adds to the number of the signal.
const BY_SIGNAL: u8 = 128;

/// Whether a command stops by itself, after what is under way.
pub fn stops_by_itself(command: Option<&Command>) -> bool {
    match command {
        // The interfaces and what runs on; what does the same for many.
        None
        | Some(
            Command::Serve { .. }
            | Command::Demo { .. }
            | Command::Invite(_)
            | Command::Resend { .. }
            | Command::UserAction(_)
            | Command::ResetPassword { .. }
            | Command::Member(_)
            | Command::Mail(Mail::Retry { .. } | Mail::Cancel { .. }),
        ) => true,
        Some(
            Command::Setup(_)
            | Command::List(_)
            | Command::SshLine(_)
            | Command::Show { .. }
            | Command::Link { .. }
            | Command::Edit(_)
            | Command::Accept(_)
            | Command::Reset(_)
            | Command::Workspace(_)
            | Command::Mail(Mail::List { .. } | Mail::Show { .. } | Mail::Preview { .. } | Mail::Test { .. })
            | Command::Audit(_)
            | Command::Key(_)
            | Command::Release(_)
            | Command::Doctor(_)
            | Command::Migrate(_)
            | Command::Backup(_)
            | Command::RestoreBackup(_)
            | Command::Nodes
            | Command::Completions { .. }
            | Command::Config(_),
        ) => false,
    }
}

/// Does something until a signal ends it; answers with the exit status that the signal means.
pub async fn unless_stopped<T>(work: impl Future<Output = T>) -> Result<T, u8> {
    let (tell, told) = oneshot::channel();
    let noticed = Arc::new(AtomicBool::new(false));
    let watched = Arc::clone(&noticed);
    let heard = heard_signals().into_iter().filter_map(|kind| Some((signal(kind).ok()?, kind)));
    let mut heard: Vec<_> = heard.collect();
    tokio::spawn(async move {
        if heard.is_empty() {
            return;
        }
        let any = heard.iter_mut().map(|(signal, kind)| Box::pin(async move { (signal.recv().await, *kind) }));
        let ((_, kind), ..) = futures_util::future::select_all(any).await;
        let status = BY_SIGNAL + u8::try_from(kind.as_raw_value()).unwrap_or(0);
        let _ = tell.send(status);
        tokio::time::sleep(NOTICE).await;
        if !watched.load(Ordering::Relaxed) {
            open::close_all().await;
            std::process::exit(status.into());
        }
    });
    let stopped = async {
        match told.await {
            Ok(status) => status,
            // Nobody listens any more.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        done = work => Ok(done),
        status = stopped => {
            noticed.store(true, Ordering::Relaxed);
            Err(status)
        }
    }
}
