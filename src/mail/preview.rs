//! What an email says, for administrators: in words, with dots where its code is.

use jiff::tz::TimeZone;

use super::message::Kept;
use super::render::{DOTS, render};
use crate::app::mail::outbox::JobContent;
use crate::domain::content::{Words, WordsSource};

/// Puts an email into words. Says what is wrong if it cannot be.
pub fn wording(content: &JobContent, source: WordsSource) -> Result<Words, String> {
    let rendered = match content {
        JobContent::Stored(text) => serde_json::from_str::<Kept>(text).map_err(|e| e.to_string())?.words,
        JobContent::Unrendered(content, language) => {
            render(content, *language, &TimeZone::UTC).map_err(|e| e.to_string())?
        }
    };
    let shown = rendered.with_code(DOTS);
    Ok(Words { subject: shown.subject, text: shown.text, html: shown.html, source })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::content::Content;
    use crate::domain::language::Language;
    use crate::mail::samples;

    fn fresh(content: &Content) -> JobContent {
        JobContent::Unrendered(Box::new(content.clone()), Language::English)
    }

    #[test]
    fn a_preview_has_dots_where_the_code_is() {
        for (_, content) in samples::all() {
            let words = wording(&fresh(&content), WordsSource::NotSent).unwrap();
            let rendered = render(&content, Language::English, &TimeZone::UTC).unwrap();
            assert_eq!(words.text.contains(DOTS), rendered.wants_code());
            assert!(!words.text.contains('\u{2}') && !words.html.contains('\u{2}'));
        }
    }

    proptest! {
        #[test]
        fn what_was_stored_reads_as_it_was_written(message in "(\\PC|\n|\\.){0,300}", name in "\\PC{0,60}") {
            let content = samples::with(|it| {
                it.message = Some(message.clone());
                it.name.clone_from(&name);
            });
            let words = render(&content, Language::English, &TimeZone::UTC).unwrap();
            let kept = Kept { from: "a@example.org".to_owned(), from_name: name.clone(), words };
            let stored = JobContent::Stored(serde_json::to_string(&kept).unwrap());
            let read = wording(&stored, WordsSource::NotSent).unwrap();
            prop_assert_eq!(read, wording(&fresh(&content), WordsSource::NotSent).unwrap());
        }
    }
}
