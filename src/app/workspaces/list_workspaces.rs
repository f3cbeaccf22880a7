//! The workspaces that the actor can see: their names, for choosing among them, and how many users belong to each.

use crate::app::failure::takes_failures;
use crate::app::step::Step;
use crate::app::{App, Failure};
use crate::domain::actor::Actor;
use crate::domain::explain::{Explain, Kind};
use crate::domain::name::Name;
use crate::domain::policy::scope;
use crate::domain::role::WorkspaceRole;
use crate::domain::workspace::Workspace;

/// Most workspaces that are read: more than anybody chooses from in a list. Any name can be typed.
pub const MOST: u64 = 1_000;

/// Why a workspace is not created, renamed or deleted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another one is called so, perhaps in other letters.
    #[error("a workspace named {0} already exists")]
    Taken(Name),
    #[error(transparent)]
    Failure(#[from] Failure),
}

takes_failures!(Error);

impl Explain for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Taken(_) => Kind::Refused,
            Self::Failure(failure) => failure.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Taken(_) => "workspace_taken",
            Self::Failure(failure) => failure.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Taken(_) => {
                Some("choose another name: upper case, lower case and accents make no difference".to_owned())
            }
            Self::Failure(failure) => failure.hint(),
        }
    }
}

/// Reads the names in their order, at most [`MOST`].
pub async fn names(app: &App, actor: &Actor) -> Result<Vec<Name>, Failure> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            Ok(tx.workspace_names(&scope(&step.authority), MOST).await?)
        })
        .await
}

/// Reads the workspaces in the order of their names, at most [`MOST`].
pub async fn run(app: &App, actor: &Actor) -> Result<Vec<Workspace>, Failure> {
    app.store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            Ok(tx.workspaces(&scope(&step.authority), MOST).await?)
        })
        .await
}

/// The first of these that is not there, if one is not.
pub async fn missing(app: &App, actor: &Actor, wanted: &[(Name, WorkspaceRole)]) -> Result<Option<Name>, Failure> {
    let found = app
        .store
        .read(|tx| async move {
            let step = Step::begin(app, &tx, actor).await?;
            step.workspaces(wanted).await.map(drop)
        })
        .await;
    match found {
        Ok(()) => Ok(None),
        Err(Failure::NoWorkspace(name)) => Ok(Some(name)),
        Err(failure) => Err(failure),
    }
}
