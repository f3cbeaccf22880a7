//! Set up an organisation: its name, its first administrator, the key's fingerprint and the epoch.

use std::sync::Arc;

use serde_json::json;

use crate::app::context::hex;
use crate::app::failure::takes_failures;
use crate::app::step::record_by;
use crate::app::{App, Failure, Options};
use crate::domain::action::Action;
use crate::domain::actor::Actor;
use crate::domain::audit::Record;
use crate::domain::email::Email;
use crate::domain::explain::{Explain, Kind};
use crate::domain::language::Language;
use crate::domain::name::Name;
use crate::domain::password::Password;
use crate::domain::role::OrganisationRole;
use crate::domain::time::{Clock, Random};
use crate::domain::user::User;
use crate::secrets::{Hasher, Keys};
use crate::store::{Installation, NewUser, Store, StoreError};

#[derive(Debug, Clone)]
pub struct Request {
    pub organisation: Name,
    pub name: Name,
    pub email: Email,
    /// The first administrator's password, chosen by [`Password::choose_twice`].
    pub password: Password,
    pub language: Language,
}

/// What use cases will work with, before there is an organisation.
pub struct Parts {
    /// The database, migrated and without an organisation.
    pub store: Store,
    /// The keys, just created.
    pub keys: Arc<Keys>,
    pub hasher: Arc<Hasher>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub options: Options,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is an organisation in this database.
    #[error("this database already has an organisation, {0}")]
    Exists(Name),
    #[error(transparent)]
    Failure(#[from] Failure),
}

takes_failures!(Error);

impl Explain for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Exists(_) => Kind::Refused,
            Self::Failure(failure) => failure.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Exists(_) => "exists",
            Self::Failure(failure) => failure.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Exists(_) => Some("start `rsvp` to sign in, or name another database with --database".to_owned()),
            Self::Failure(failure) => failure.hint(),
        }
    }
}

/// Creates the organisation and its first administrator, and answers with what use cases work with from now on.
pub async fn run(parts: Parts, actor: &Actor, request: Request) -> Result<(App, User), Error> {
    let Parts { store, keys, hasher, clock, random, options } = parts;
    let mut salt = [0; 16];
    random.fill(&mut salt);
    let hash = hasher.hash(request.password.clone(), salt).await?;
    let mut epoch = [0; 16];
    random.fill(&mut epoch);
    let installation = Installation {
        organisation: request.organisation.clone(),
        epoch: hex(&epoch),
        key_fingerprint: keys.fingerprint().to_owned(),
    };
    let app = App::new(store, keys, hasher, clock, random, installation.clone(), options);
    let (request, hash, installation, within) = (&request, &hash, &installation, &app);
    let user = app
        .store
        .write(|tx| async move {
            if let Some(existing) = tx.installation().await? {
                return Err(Error::Exists(existing.organisation));
            }
            tx.create_installation(installation).await?;
            let new = NewUser {
                name: request.name.clone(),
                email: request.email.clone(),
                role: OrganisationRole::Administrator,
                language: request.language,
                password_hash: Some(hash.clone()),
                at: within.now(),
                invited_until: None,
            };
            let id = tx.insert_user(&new).await?.ok_or(StoreError::Missing("a free address"))?;
            let detail = json!({ "organisation": request.organisation.as_str(), "email": request.email.as_str() });
            record_by(within, &tx, actor, within.now(), Record::about(Action::SetUp, id).with(detail)).await?;
            Ok(tx.user(id).await?.ok_or(StoreError::Missing("the user that was just stored"))?)
        })
        .await?;
    Ok((app, user))
}
