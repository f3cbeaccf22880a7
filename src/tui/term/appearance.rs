//! Which characters and colours are used: what the settings say, and otherwise what the surroundings say.

use std::ffi::OsString;
use std::sync::Arc;

use ratatui::style::Color;

use super::background::Background;
use crate::tui::keymap::Keymap;
use crate::tui::theme::{Meaning, Theme};

/// A theme that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wish {
    /// What the terminal can show, on the background that it has.
    #[default]
    Auto,
    /// For a dark background.
    Dark,
    /// For a light background.
    Light,
    /// The terminal's own sixteen colours.
    Ansi16,
    /// None.
    Mono,
}

/// A colour that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// One of the terminal's own sixteen, 0 to 15, or of the fixed ones, 16 to 255.
    Indexed(u8),
    /// Red, green and blue.
    Rgb(u8, u8, u8),
}

/// What the settings say; what they leave open is taken from the surroundings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Appearance {
    /// Whether only ASCII is drawn.
    pub ascii: Option<bool>,
    /// Which theme.
    pub theme: Wish,
    /// Own colours by the names of what they mean.
    pub colours: Vec<(&'static str, Paint)>,
    /// Whether clicks and the wheel count.
    pub mouse: bool,
}

/// How the interface looks, and its keys.
#[derive(Debug, Clone)]
pub struct Look {
    /// Styles.
    pub theme: Theme,
    /// Whether only ASCII is drawn.
    pub ascii: bool,
    /// Keys.
    pub keymap: Arc<Keymap>,
    /// Whether clicks and the wheel count.
    pub mouse: bool,
    /// Whether the background decides about the theme, so that it must be asked.
    pub asks: bool,
    paints: Vec<(Meaning, Color)>,
}

/// How many colours a terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Depth {
    Sixteen,
    TwoHundred,
    True,
}

/// Reads a variable of the environment.
type Read<'a> = &'a dyn Fn(&str) -> Option<OsString>;

impl Appearance {
    /// The look, with these keys.
    pub fn look(&self, keymap: Keymap) -> Look {
        self.look_in(keymap, &|name| std::env::var_os(name).filter(|value| !value.is_empty()))
    }

    fn look_in(&self, keymap: Keymap, variable: Read) -> Look {
        let depth = depth(variable);
        // https://no-color.org: not where NO_COLOR is set and not empty, unless somebody asked for a theme.
        let is_colourless = self.theme == Wish::Auto && variable("NO_COLOR").is_some();
        let wish = if is_colourless { Wish::Mono } else { self.theme };
        let theme = match wish {
            Wish::Mono => Theme::MONO,
            Wish::Dark if depth > Depth::Sixteen => Theme::DARK,
            Wish::Light if depth > Depth::Sixteen => Theme::LIGHT,
            Wish::Auto | Wish::Dark | Wish::Light | Wish::Ansi16 => Theme::ANSI16,
        };
        let meanings = if wish == Wish::Mono { &[][..] } else { &self.colours };
        let paints: Vec<_> =
            meanings.iter().filter_map(|(name, paint)| Some((Meaning::parse(name)?, shown(*paint, depth)))).collect();
        let mut look = Look {
            theme,
            ascii: self.ascii.unwrap_or_else(|| !shows_unicode(variable)),
            keymap: Arc::new(keymap),
            mouse: self.mouse,
            asks: wish == Wish::Auto && depth > Depth::Sixteen,
            paints,
        };
        look.paint();
        look
    }
}

impl Look {
    /// The look on a background that is known now.
    pub fn on(&mut self, background: Background) {
        self.theme = match background {
            Background::Dark => Theme::DARK,
            Background::Light => Theme::LIGHT,
        };
        self.asks = false;
        self.paint();
    }

    fn paint(&mut self) {
        self.theme = self.paints.iter().fold(self.theme, |theme, (meaning, colour)| theme.with(*meaning, *colour));
    }
}

/// How many colours the terminal says it shows; what says nothing gets the sixteen that everything has.
fn depth(variable: Read) -> Depth {
    let has = |name: &str, words: &[&str]| {
        let value = variable(name).map(|value| value.to_string_lossy().to_lowercase()).unwrap_or_default();
        words.iter().any(|word| value.contains(word))
    };
    if has("COLORTERM", &["truecolor", "24bit"]) || has("TERM", &["direct"]) {
        Depth::True
    } else if has("TERM", &["256", "kitty", "alacritty", "ghostty", "wezterm", "foot"]) {
        Depth::TwoHundred
    } else {
        Depth::Sixteen
    }
}

/// Whether the terminal shows more than ASCII. A locale that is not set says nothing: over SSH the reader's terminal is
/// most likely a UTF-8 one although the server has no locale. The console of Linux lacks most of our signs.
fn shows_unicode(variable: Read) -> bool {
    if variable("TERM").is_some_and(|term| term == "linux") {
        return false;
    }
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| variable(name))
        .is_none_or(|value| value.to_string_lossy().to_lowercase().replace('-', "").contains("utf8"))
}

/// A colour as a terminal of this depth shows it: itself, or the nearest that there is.
fn shown(paint: Paint, depth: Depth) -> Color {
    match (paint, depth) {
        (Paint::Indexed(index), depth) if index < 16 || depth > Depth::Sixteen => Color::Indexed(index),
        (Paint::Rgb(red, green, blue), Depth::True) => Color::Rgb(red, green, blue),
        (Paint::Rgb(red, green, blue), Depth::TwoHundred) => Color::Indexed(nearest(16..=255, [red, green, blue])),
        (Paint::Rgb(red, green, blue), Depth::Sixteen) => Color::Indexed(nearest(0..=15, [red, green, blue])),
        (Paint::Indexed(index), _) => Color::Indexed(nearest(0..=15, shade(index))),
    }
}

fn nearest(among: std::ops::RangeInclusive<u8>, wanted: [u8; 3]) -> u8 {
    let distance =
        |index: &u8| -> u32 { shade(*index).iter().zip(wanted).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum() };
    among.min_by_key(distance).unwrap_or_default()
}

/// Red, green and blue of a numbered colour, as `XTerm` has them: sixteen of its own, a cube of six steps a side, and
/// greys.
pub fn shade(index: u8) -> [u8; 3] {
    match index {
        0 => [0, 0, 0],
        7 => [229, 229, 229],
        8 => [127, 127, 127],
        1..=6 => [1, 2, 4].map(|bit| if index & bit == 0 { 0 } else { 205 }),
        9..=15 => [1, 2, 4].map(|bit| if (index - 8) & bit == 0 { 0 } else { 255 }),
        16..=231 => {
            let step = |at: u8| if at == 0 { 0 } else { 55 + 40 * at };
            [step((index - 16) / 36), step((index - 16) / 6 % 6), step((index - 16) % 6)]
        }
        232..=255 => [8 + 10 * (index - 232); 3],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(appearance: &Appearance, variables: &[(&str, &str)]) -> Look {
        let read =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        appearance.look_in(Keymap::default(), &read)
    }

    #[test]
    fn the_surroundings_decide_what_the_settings_leave_open() {
        let auto = Appearance::default();
        let modern = look(&auto, &[("TERM", "xterm-256color"), ("LANG", "de_CH.UTF-8")]);
        assert_eq!((modern.theme, modern.ascii, modern.asks), (Theme::ANSI16, false, true));
        let console = look(&auto, &[("TERM", "linux"), ("LANG", "C.UTF-8")]);
        assert_eq!((console.theme, console.ascii, console.asks), (Theme::ANSI16, true, false));
        assert!(look(&auto, &[("LC_ALL", "C"), ("LANG", "C.UTF-8")]).ascii);
        let none = look(&auto, &[("TERM", "xterm-256color"), ("NO_COLOR", "1")]);
        assert_eq!((none.theme, none.asks), (Theme::MONO, false));
        let dark = Appearance { theme: Wish::Dark, ..Appearance::default() };
        assert_eq!(look(&dark, &[("TERM", "xterm-256color"), ("NO_COLOR", "1")]).theme, Theme::DARK);
        assert_eq!(look(&dark, &[("TERM", "vt220")]).theme, Theme::ANSI16, "it has no others");
    }

    #[test]
    fn own_colours_are_shown_as_near_as_the_terminal_can_and_stay_on_every_background() {
        let colours = vec![("good", Paint::Rgb(0, 175, 95)), ("bad", Paint::Indexed(196))];
        let own = Appearance { colours, ..Appearance::default() };
        let fg = |look: &Look| (look.theme.good().fg, look.theme.bad().fg);
        let full = look(&own, &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]);
        assert_eq!(fg(&full), (Some(Color::Rgb(0, 175, 95)), Some(Color::Indexed(196))));
        let mut fewer = look(&own, &[("TERM", "xterm-256color")]);
        assert_eq!(fg(&fewer), (Some(Color::Indexed(35)), Some(Color::Indexed(196))));
        fewer.on(Background::Light);
        assert_eq!((fg(&fewer).0, fewer.theme.waits()), (Some(Color::Indexed(35)), Theme::LIGHT.waits()));
        assert_eq!(fg(&look(&own, &[("TERM", "vt220")])), (Some(Color::Indexed(2)), Some(Color::Indexed(9))));
        assert_eq!(look(&own, &[("NO_COLOR", "1")]).theme, Theme::MONO);
    }

    /// The contrast of two shades (WCAG 2.2, "contrast ratio").
    fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
        let luminance = |shade: [u8; 3]| {
            let part = |value: u8| {
                let share = f64::from(value) / 255.0;
                if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * part(shade[0]) + 0.7152 * part(shade[1]) + 0.0722 * part(shade[2])
        };
        let (light, dark) = (luminance(a).max(luminance(b)), luminance(a).min(luminance(b)));
        (light + 0.05) / (dark + 0.05)
    }

    #[test]
    fn every_colour_of_ours_can_be_read_on_its_background() {
        for (theme, background) in [(Theme::DARK, [0x1e; 3]), (Theme::LIGHT, [0xff; 3])] {
            for style in [theme.quiet(), theme.key(), theme.good(), theme.waits(), theme.bad()] {
                let Some(Color::Indexed(index)) = style.fg else { panic!("{style:?}") };
                let found = contrast(shade(index), background);
                assert!(found >= 4.5, "{index} has {found:.1}");
            }
        }
    }
}
