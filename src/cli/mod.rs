//! The command line: the use cases for scripts. Data goes to stdout, messages to stderr; the exit status says what kind
//! of end it was.

pub mod args;
mod ask;
mod audit;
pub mod backup;
mod change;
pub mod doctor;
mod json;
pub mod key;
mod mail;
mod many;
mod mistyped;
mod out;
mod portal;
mod portal_tls;
mod read;
mod redeem;
mod requests;
mod set_up;
mod settings;
mod ssh_line;
mod table;
mod target_args;
mod targets;
mod upkeep;
mod upkeep_args;
mod user_action;
mod verdict;
mod workspace;

use crate::app::App;
use crate::app::mail::preview_mail::Wording;
use crate::domain::actor::Actor;

pub use mistyped::usage;
pub use out::{Failed, Out, Status, Usage, note, unwritten};
pub use portal::ready;
pub use portal_tls::Authorities;
pub use redeem::{read_code, through_portal};
pub use set_up::{answers, prepare_settings, settings as set_up_settings};
pub use settings::{check, show};
pub use ssh_line::{Started as StartedAs, instead, run as ssh_line};
pub use verdict::heard_signals;

/// Runs a command that needs the organisation.
pub async fn run(
    app: &App,
    actor: &Actor,
    command: args::Command,
    wording: Wording,
    out: Out,
) -> Result<Status, Failed> {
    use args::Command as C;
    match command {
        C::Invite(args) => change::invite(app, actor, args, out).await,
        C::Resend { change, force } => change::resend(app, actor, &change, force, out).await,
        C::UserAction(on) => change::user_action(app, actor, &on, out).await,
        C::Accept(redeem) => redeem::accept(app, &redeem, out).await,
        C::List(args) => read::list(app, actor, args, out).await,
        C::Show { user, all } => read::show(app, actor, &user, all, out).await,
        C::Link { user } => read::link(app, actor, &user, out).await,
        C::Edit(args) => change::edit(app, actor, args, out).await,
        C::ResetPassword { change, print_link: true } => read::reset_link(app, actor, &change, out).await,
        C::ResetPassword { change, print_link: false } => change::reset_password(app, actor, &change, out).await,
        C::Reset(redeem) => redeem::reset(app, &redeem, out).await,
        C::Workspace(command) => workspace::workspace(app, actor, command, out).await,
        C::Member(command) => workspace::member(app, actor, command, out).await,
        C::Release(args::Release::Mail) => upkeep::release_mail(app, actor, out).await,
        C::Nodes => upkeep::nodes(app, out).await,
        C::Backup(args) => backup::run(app, actor, &args, out).await,
        C::Release(args::Release::Purge) => upkeep::release_purge(app, actor, out).await,
        C::Audit(command) => audit::run(app, actor, command, out).await,
        C::Mail(command) => mail::run(app, actor, command, wording, out).await,
        // What needs no organisation, or runs on, was taken by whoever composes the parts.
        C::Setup(_)
        | C::Config(_)
        | C::Key(_)
        | C::Serve { .. }
        | C::Demo { .. }
        | C::Doctor(_)
        | C::Migrate(_)
        | C::RestoreBackup(_)
        | C::SshLine(_)
        | C::Completions { .. } => Ok(Status::Done),
    }
}
