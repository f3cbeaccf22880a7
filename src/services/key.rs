//! `rsvp key`: the one command that touches the key file and the database together.

use std::sync::Arc;

use super::system::{SystemRandom, origin};
use super::{key_place, open, server_clock};
use crate::app::upkeep::key::{export_key, lost, new_key, open_links, rotate_key, status};
use crate::cli::args::Key;
use crate::cli::{self, Failed, Out, Status};
use crate::config::settings::Settings;
use crate::domain::actor::Actor;
use crate::secrets::{Exchange, Keys, Replacement, Retirement, SecretsError, UnfinishedExchange};

pub async fn key(settings: &Settings, command: &Key, out: Out) -> Result<Status, Failed> {
    let actor = Actor::operator(origin("command"));
    match *command {
        Key::Status => {
            let app = open::open(settings).await?;
            Ok(cli::key::status(&status(&app).await?, app.key_file(), out))
        }
        Key::Export { ref file } => {
            let app = open::open(settings).await?;
            export_key(&app, &actor, file).await?;
            Ok(cli::key::exported(file, out))
        }
        Key::Rotate { stolen, yes } => {
            let (store, installation) = open::without_keys(settings).await?;
            let file = key_place::file(settings, &installation.key_fingerprint);
            let retirement = if stolen { Retirement::Stolen } else { Retirement::Ordinary };
            let exchange = Exchange::begin(&file, &installation.key_fingerprint, retirement, &SystemRandom)?;
            let clock = server_clock::of(&store).await?;
            let with = |keys: Keys| {
                let app = open::with_keys(settings, store.clone(), installation.clone(), keys);
                app.map(|app| app.with_clock(Arc::clone(&clock)))
            };
            let (old, new) = (exchange.old_keys().map(with).transpose()?, with(exchange.new_keys())?);
            if stolen && !yes && !cli::key::sure_of_stolen(open_links(&new).await?)? {
                return Ok(cli::key::nothing(out));
            }
            let done = rotate_key(old.as_ref(), &new, &actor, exchange).await?;
            Ok(cli::key::rotated(&done, &file, out))
        }
        Key::New { yes, .. } => {
            let (store, installation) = open::without_keys(settings).await?;
            let before = installation.key_fingerprint.clone();
            if let Ok(keys) = Keys::load(&settings.key_file) {
                let checked = keys.check(&before);
                if checked.is_ok() {
                    return Err(cli::key::not_lost(&settings.key_file).into());
                }
                // An exchange broke off: nothing is lost.
                if let Err(unfinished @ SecretsError::Unfinished(UnfinishedExchange::Rotation)) = checked {
                    return Err(unfinished.into());
                }
            }
            key_place::is_lost_elsewhere(settings, &before)?;
            // Nothing is made with this key: it only lets the database be asked.
            let clock = server_clock::of(&store).await?;
            let none = Keys::in_memory(&SystemRandom);
            let asking = open::with_keys(settings, store.clone(), installation.clone(), none)?;
            let asking = asking.with_clock(Arc::clone(&clock));
            if !yes && !cli::key::sure_of_lost(open_links(&asking).await?)? {
                return Ok(cli::key::nothing(out));
            }
            let lost = lost(&asking, &before).await?;
            let replacement = Replacement::begin(&settings.key_file, lost.clone(), &SystemRandom)?;
            let app = open::with_keys(settings, store, installation, replacement.keys())?.with_clock(clock);
            let done = new_key(&app, &actor, &lost).await?;
            replacement.finish()?;
            Ok(cli::key::made(&done, &settings.key_file, out))
        }
    }
}
