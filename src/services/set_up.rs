//! `rsvp setup`: everything that can stand in the way is looked at before the organisation is made, so that it is made
//! whole or not at all.

use serde_json::json;

use super::open;
use super::system::origin;
use crate::app::session::set_up;
use crate::cli::args::Setup;
use crate::cli::{self, Failed, Out, Status};
use crate::config::layers::Inputs;
use crate::config::settings::Settings;
use crate::domain::actor::Actor;

pub async fn set_up(settings: &Settings, inputs: &Inputs<'_>, args: &Setup, out: Out) -> Result<Status, Failed> {
    if let Some((store, installation)) = open::look(settings).await? {
        store.close().await;
        if !args.if_missing {
            return Err(set_up::Error::Exists(installation.organisation).into());
        }
        return Ok(is_there(settings, installation.organisation.as_str(), out));
    }
    open::may_create(settings)?;
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
