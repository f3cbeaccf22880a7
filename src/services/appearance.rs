//! How the terminal interface looks and which keys it has, as the settings say.

use crate::config::own_keys::OwnKeys;
use crate::config::parse::Colour;
use crate::config::problem::{Problem, Problems};
use crate::config::settings::{Glyphs, Settings, Theme};
use crate::tui::{Appearance, Keymap, Look, Own, Paint, Wish};

/// The look; or what is wrong with own keys.
pub fn look(settings: &Settings) -> Result<Look, Problems> {
    Ok(appearance(settings).look(keymap(&settings.terminal.keys)?))
}

/// What is wrong with own keys.
pub fn problems(keys: &[OwnKeys]) -> Vec<Problem> {
    keymap(keys).err().map_or_else(Vec::new, |Problems(problems)| problems)
}

fn keymap(keys: &[OwnKeys]) -> Result<Keymap, Problems> {
    let own: Vec<Own> = keys
        .iter()
        .map(|own| Own { context: own.context.clone(), command: own.command.clone(), keys: own.keys.clone() })
        .collect();
    Keymap::with(&own)
        .map_err(|wrong| Problems(wrong.into_iter().map(|one| keys[one.at].problem(one.what, one.hint)).collect()))
}

fn appearance(settings: &Settings) -> Appearance {
    let paint = |colour: Colour| match colour {
        Colour::Indexed(index) => Paint::Indexed(index),
        Colour::Rgb(red, green, blue) => Paint::Rgb(red, green, blue),
    };
    let terminal = &settings.terminal;
    Appearance {
        ascii: match terminal.glyphs {
            Glyphs::Auto => None,
            Glyphs::Unicode => Some(false),
            Glyphs::Ascii => Some(true),
        },
        theme: match terminal.theme {
            Theme::Auto => Wish::Auto,
            Theme::Dark => Wish::Dark,
            Theme::Light => Wish::Light,
            Theme::Ansi16 => Wish::Ansi16,
            Theme::Mono => Wish::Mono,
        },
        colours: terminal.colours.iter().map(|(name, colour)| (*name, paint(*colour))).collect(),
        mouse: terminal.mouse,
    }
}
