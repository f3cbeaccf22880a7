//! What a mail says, for the people who look after it: in words, with dots where its code is.

use jiff::tz::TimeZone;

use super::message::Kept;
use super::render::{DOTS, render};
use crate::app::mail::outbox::Says;
use crate::domain::content::Words;

/// Puts a mail into words. Says what is wrong if it cannot be.
pub fn wording(says: &Says) -> Result<Words, String> {
    let rendered = match says {
        Says::Kept(text) => serde_json::from_str::<Kept>(text).map_err(|e| e.to_string())?.words,
        Says::Fresh(content, language) => render(content, *language, &TimeZone::UTC).map_err(|e| e.to_string())?,
    };
    let shown = rendered.with_code(DOTS);
    Ok(Words { subject: shown.subject, text: shown.text, html: shown.html })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::language::Language;
    use crate::mail::samples;

    #[test]
    fn a_preview_has_dots_where_the_code_is() {
        for (_, content) in samples::all() {
            let words = wording(&Says::Fresh(Box::new(content.clone()), Language::English)).unwrap();
            let rendered = render(&content, Language::English, &TimeZone::UTC).unwrap();
            assert_eq!(words.text.contains(DOTS), rendered.wants_code());
            assert!(!words.text.contains('\u{2}') && !words.html.contains('\u{2}'));
        }
    }
}
