//! The reader's time zone, from one file: looking it up by its name in the system's database walks a folder of some
//! hundred files first, which costs more than the first screen.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

/// Where the system's zones are.
const FOLDER: &str = "/usr/share/zoneinfo/";
/// The system's own.
const LOCAL: &str = "/etc/localtime";

/// The zone that `TZ` names, otherwise the system's; UTC if there is none.
pub fn zone() -> TimeZone {
    let wanted = std::env::var_os("TZ");
    let found = match wanted.as_ref().map(|wanted| wanted.to_string_lossy()) {
        Some(wanted) => named(&wanted),
        None => read(&std::fs::read_link(LOCAL).unwrap_or_default(), Path::new(LOCAL)),
    };
    // Everything else that may stand there: a rule, a file that is no zone, a database in another place.
    found.unwrap_or_else(TimeZone::system)
}

fn named(wanted: &str) -> Option<TimeZone> {
    let wanted = wanted.strip_prefix(':').unwrap_or(wanted);
    if wanted.is_empty() {
        return Some(TimeZone::UTC);
    }
    let file: PathBuf = Path::new(FOLDER).join(wanted);
    read(&file, &file)
}

/// Reads a zone; its name is what follows the folder of zones.
fn read(name: &Path, file: &Path) -> Option<TimeZone> {
    let data = std::fs::read(file).ok()?;
    let name = name.to_string_lossy();
    let name = name.rsplit_once("zoneinfo/").map_or("local", |(_, name)| name);
    TimeZone::tzif(name, &data).ok()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_zone_is_read_by_its_name_as_the_database_has_it() {
        let Ok(wanted) = TimeZone::get("Europe/Zurich") else { return };
        for name in ["Europe/Zurich", ":Europe/Zurich", "/usr/share/zoneinfo/Europe/Zurich"] {
            let Some(zone) = named(name) else { continue };
            assert_eq!(zone.iana_name(), Some("Europe/Zurich"));
            for second in [0, 1_750_000_000, 1_780_000_000] {
                let at = Timestamp::from_second(second).expect("a moment");
                assert_eq!(zone.to_offset(at), wanted.to_offset(at));
            }
        }
        assert_eq!(named(""), Some(TimeZone::UTC));
        assert!(named("CET-1CEST,M3.5.0,M10.5.0/3").is_none() && named("Nowhere/AtAll").is_none());
    }
}
