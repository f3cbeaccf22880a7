//! Where the key of a database is: in its usual place, or in another one where it was left when the database was named
//! in another way. Which one it is, the fingerprint in the database says, never the mere existence of a file.

use std::path::{Path, PathBuf};

use crate::access;
use crate::cli::Failed;
use crate::cli::key::not_lost;
use crate::config::settings::Settings;
use crate::domain::explain::{Explain, Kind};
use crate::domain::text::visible;
use crate::secrets::{Keys, SecretsError};

/// Why the key of a database can't be had, although nothing is wrong with a file at its usual place.
#[derive(Debug, thiserror::Error)]
pub enum KeyAway {
    #[error("the key file doesn't exist: rsvp looked for {}", list(.0))]
    Nowhere(Vec<PathBuf>),
    /// `secrets.key_file` names one place, and the key is in another.
    #[error(
        "the key file {} doesn't exist or is another installation's; the key of this database is in {}",
        shown(named),
        shown(found)
    )]
    Elsewhere { named: PathBuf, found: PathBuf },
    /// There is a key, and it is not this database's.
    #[error(
        "the key of this database isn't in {}; the key in {} belongs to a different installation",
        list(places),
        shown(found)
    )]
    OnlyAnothers { places: Vec<PathBuf>, found: PathBuf },
    /// There is a key file, and nobody can say whose.
    #[error("the key of this database may be in {}, but {why}", shown(found))]
    Unreadable { found: PathBuf, why: SecretsError },
    /// Of a backup, which is yet to be restored.
    #[error("the key file {} doesn't exist", shown(.0))]
    OfBackup(PathBuf),
    /// The key is asked to be replaced as lost, and may be there.
    #[error("the key may not be lost: there is one in {}", shown(.0))]
    NotLost(PathBuf),
}

impl Explain for KeyAway {
    fn kind(&self) -> Kind {
        match self {
            Self::NotLost(_) => Kind::Invalid,
            Self::OfBackup(_)
            | Self::Nowhere(_)
            | Self::Elsewhere { .. }
            | Self::OnlyAnothers { .. }
            | Self::Unreadable { .. } => Kind::Failed,
        }
    }

    fn code(&self) -> &'static str {
        "key_missing"
    }

    fn hint(&self) -> Option<String> {
        const RESTORE: &str = "restore it from its own backup (backups of the database never contain it), or name it with secrets.key_file";
        Some(match self {
            Self::OfBackup(_) => {
                "put the key there that `rsvp key export` made; if it is lost for good, add --key-lost".to_owned()
            }
            Self::Nowhere(_) => format!("{RESTORE}; if it is lost for good, run `rsvp key new --lost`"),
            Self::Elsewhere { found, .. } => {
                format!("set secrets.key_file = \"{}\", or move the key to where the setting says", shown(found))
            }
            Self::OnlyAnothers { .. } => RESTORE.to_owned(),
            Self::Unreadable { why, .. } => why.hint().unwrap_or_else(|| RESTORE.to_owned()),
            Self::NotLost(found) => format!(
                "if {} belongs to another installation, say with secrets.key_file where the new key of this one goes",
                shown(found)
            ),
        })
    }
}

/// A path as a message writes it.
pub fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}

fn list(places: &[PathBuf]) -> String {
    places.iter().map(|place| shown(place)).collect::<Vec<_>>().join(", ")
}

/// What a place has for a database.
enum Held {
    Nothing,
    /// Its key, or one that it was exchanged for.
    Ours,
    Anothers,
    Unreadable(SecretsError),
}

fn held(place: &Path, fingerprint: &str) -> Held {
    if Keys::is_prepared(place, fingerprint) {
        return Held::Ours;
    }
    // A folder that this login may not enter says nothing; it is named among the places.
    if place.symlink_metadata().is_err() {
        return Held::Nothing;
    }
    let keys = match Keys::load(place) {
        Ok(keys) => keys,
        Err(SecretsError::Missing(_)) => return Held::Nothing,
        Err(error) => return Held::Unreadable(error),
    };
    // Every other error is about an exchange of this very key.
    let is_anothers = matches!(keys.check(fingerprint), Err(SecretsError::OtherKey(_)));
    if is_anothers { Held::Anothers } else { Held::Ours }
}

/// Each place where the key of a database may lie, the usual one first.
fn places(settings: &Settings) -> Vec<PathBuf> {
    std::iter::once(&settings.key_file).chain(&settings.other_key_places).cloned().collect()
}

/// The file of this database's key; the usual one if no place has it.
pub fn file(settings: &Settings, fingerprint: &str) -> PathBuf {
    let others = settings.other_key_places.iter().filter(|_| !settings.key_file_is_named);
    let mut all = std::iter::once(&settings.key_file).chain(others);
    all.find(|place| matches!(held(place, fingerprint), Held::Ours)).unwrap_or(&settings.key_file).clone()
}

/// Reads the key of a database.
///
/// # Errors
/// What is wrong with the file, or where it was looked for.
pub fn load(settings: &Settings, fingerprint: &str) -> Result<Keys, Failed> {
    let file = file(settings, fingerprint);
    let loaded = Keys::load_for(&file, fingerprint).and_then(|keys| keys.check(fingerprint).map(|()| keys));
    match loaded {
        Ok(keys) => Ok(with_kept_place(settings, &file, keys)),
        Err(error @ (SecretsError::Missing(_) | SecretsError::OtherKey(_))) => Err(away(settings, fingerprint, error)),
        Err(error) => Err(error.into()),
    }
}

/// The key with the place of what is kept beside it: in the data folder, where systemd hands the key over.
pub fn with_kept_place(settings: &Settings, file: &Path, keys: Keys) -> Keys {
    match settings.other_key_places.iter().find(|place| !access::is_credential(place)) {
        Some(place) if access::is_credential(file) => keys.keep_beside(place),
        Some(_) | None => keys,
    }
}

/// Why the key isn't there, with what the other places have.
fn away(settings: &Settings, fingerprint: &str, error: SecretsError) -> Failed {
    for found in &settings.other_key_places {
        match held(found, fingerprint) {
            Held::Ours => {
                return KeyAway::Elsewhere { named: settings.key_file.clone(), found: found.clone() }.into();
            }
            Held::Unreadable(why) => return KeyAway::Unreadable { found: found.clone(), why }.into(),
            Held::Nothing | Held::Anothers => {}
        }
    }
    if !matches!(error, SecretsError::Missing(_)) {
        return error.into();
    }
    let all = places(settings);
    let anothers = settings.other_key_places.iter().find(|place| matches!(held(place, fingerprint), Held::Anothers));
    match anothers {
        Some(found) => {
            let places = all.into_iter().filter(|place| place != found).collect();
            KeyAway::OnlyAnothers { places, found: found.clone() }.into()
        }
        None => KeyAway::Nowhere(all).into(),
    }
}

/// That no other place than the usual one has a key that may be this database's, before a new one is made as for a lost
/// one.
///
/// # Errors
/// The place that has one.
pub fn is_lost_elsewhere(settings: &Settings, fingerprint: &str) -> Result<(), Failed> {
    for found in &settings.other_key_places {
        match held(found, fingerprint) {
            Held::Nothing => {}
            // Whoever says where the new key goes knows that this is none of theirs.
            Held::Anothers if settings.key_file_is_named => {}
            Held::Anothers => return Err(KeyAway::NotLost(found.clone()).into()),
            Held::Unreadable(why) => return Err(KeyAway::Unreadable { found: found.clone(), why }.into()),
            Held::Ours if settings.key_file_is_named => {
                return Err(KeyAway::Elsewhere { named: settings.key_file.clone(), found: found.clone() }.into());
            }
            Held::Ours => return Err(not_lost(found).into()),
        }
    }
    Ok(())
}
