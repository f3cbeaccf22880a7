//! The command line: the use cases for scripts. Data goes to stdout, messages to stderr; the exit status says what kind
//! of end it was.

pub mod args;
mod ask;
mod change;
mod json;
mod out;
mod read;
mod set_up;
mod settings;
mod table;

use crate::app::App;
use crate::domain::actor::Actor;

pub use out::{Failed, Out, Status};
pub use set_up::answers;
pub use settings::{check, show};

/// Runs a command that needs the organisation.
pub async fn run(app: &App, actor: &Actor, command: args::Command, out: Out) -> Result<Status, Failed> {
    use args::Command as C;
    match command {
        C::Invite(args) => change::invite(app, actor, args, out).await,
        C::Resend { targets, force } => change::resend(app, actor, &targets, force, out).await,
        C::Revoke(targets) => change::each(app, actor, change::Simple::Revoke, &targets, out).await,
        C::Suspend(targets) => change::each(app, actor, change::Simple::Suspend, &targets, out).await,
        C::Reactivate(targets) => change::each(app, actor, change::Simple::Reactivate, &targets, out).await,
        C::Restore(targets) => change::each(app, actor, change::Simple::Restore, &targets, out).await,
        C::Delete { targets, yes } => {
            if yes || ask::delete(app, actor, &targets).await? {
                change::each(app, actor, change::Simple::Delete, &targets, out).await
            } else {
                Ok(Status::Refused)
            }
        }
        C::Accept { code, password } => change::accept(app, &code, &password, out).await,
        C::List(args) => read::list(app, actor, args, out).await,
        C::Show { user } => read::show(app, actor, &user, out).await,
        C::Link { user } => read::link(app, actor, &user, out).await,
        // What needs no organisation, or runs on, was taken by whoever composes the parts.
        C::Setup(_) | C::Config(_) | C::Serve => Ok(Status::Done),
    }
}
