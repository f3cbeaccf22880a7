//! `rsvp setup`: everything that can stand in the way is looked at before the organisation is made, so that it is made
//! whole or not at all.

use serde_json::json;

use super::open;
use super::system::origin;
use crate::app::session::set_up;
use crate::cli::args::Setup;
use crate::cli::{self, Failed, Out, Status, Usage};
use crate::config::layers::{self, Inputs};
use crate::config::settings::Settings;
use crate::domain::actor::Actor;
use crate::domain::text::visible;

pub async fn set_up(settings: &Settings, inputs: &Inputs<'_>, args: &Setup, out: Out) -> Result<Status, Failed> {
    if let Some((store, installation)) = open::look(settings).await? {
        store.close().await;
        if !args.if_missing {
            return Err(set_up::Error::Exists(installation.organisation).into());
        }
        return Ok(is_there(settings, installation.organisation.as_str(), out));
    }
    open::may_create(settings)?;
    refuse_to_mix(settings, inputs).await?;
    let answers = cli::answers(args, open::rules(settings))?;
    let kept = match inputs.environment.kept_in(inputs.file.as_deref()) {
        Some(file) => cli::prepare_settings(&file, &inputs.arguments)?,
        None => None,
    };
    let (app, user) = open::create(settings, &Actor::operator(origin("command")), answers).await?;
    let kept = kept.map(|kept| kept.keep().map(|()| kept.path().display().to_string())).transpose()?;
    let database = settings.database.shown();
    let key = settings.key_file.display().to_string();
    let data = json!({
        "created": true,
        "organisation": app.organisation(),
        "administrator": user.email.as_str(),
        "database": database,
        "key_file": key,
        "settings_file": kept,
    });
    out.data(&data, || {
        let settings = kept.map_or_else(String::new, |file| format!("\n  settings  {file}"));
        format!(
            "{} is set up; {} is its administrator.\n  database  {database}\n  key       {key}{settings}\n\
             Keep a copy of the key apart from backups of the database: without it no open link works.",
            app.organisation(),
            user.email
        )
    });
    if settings.portal.public_url.is_none() {
        out.message("Still to do: set portal.public_url. Until then links are bare codes.");
    }
    Ok(Status::Done)
}

/// The settings of one organisation are not to lead to another one: what was given here goes into a file that leads to none.
async fn refuse_to_mix(settings: &Settings, inputs: &Inputs<'_>) -> Result<(), Failed> {
    let Some(file) = inputs.environment.kept_in(inputs.file.as_deref()).filter(|_| !inputs.arguments.is_empty()) else {
        return Ok(());
    };
    // One that was named for it, and isn't there yet, leads nowhere.
    if inputs.file.is_some() && !file.exists() {
        return Ok(());
    }
    let without = Inputs {
        environment: inputs.environment,
        file: inputs.file.clone(),
        file_may_be_new: true,
        arguments: Vec::new(),
    };
    let there = layers::load(&without)?.settings;
    if there.database.shown() == settings.database.shown() {
        return Ok(());
    }
    let Some((store, installation)) = open::look(&there).await? else { return Ok(()) };
    store.close().await;
    let text = format!(
        "the settings file {} leads to {} in {}, and would lead to the new organisation from then on",
        visible(&file.display().to_string()),
        visible(installation.organisation.as_str()),
        there.database.shown(),
    );
    Err(Usage::new(text, "name a settings file for the new organisation with --config FILE").into())
}

/// What `--if-missing` says where there is nothing to do.
fn is_there(settings: &Settings, organisation: &str, out: Out) -> Status {
    let database = settings.database.shown();
    let data = json!({
        "created": false,
        "organisation": organisation,
        "administrator": null,
        "database": database,
        "key_file": settings.present_key_file().display().to_string(),
        "settings_file": null,
    });
    out.data(&data, || format!("{organisation} is set up already in {database}; nothing was changed."));
    Status::Done
}
