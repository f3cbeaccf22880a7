//! Pages in the person's language. Every text is escaped by the template engine; nothing typed comes back.

use std::collections::BTreeMap;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use jiff::tz::TimeZone;
use minijinja::{Environment, Value, context};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::domain::language::Language;
use crate::domain::text::visible;
use crate::domain::time::Timestamp;

/// The compiled-in style, which the content security policy names by its hash.
const STYLE: &str = include_str!("../../assets/portal/style.css");
const PAGE: &str = include_str!("../../assets/portal/page.html");

#[derive(Default, Serialize)]
pub struct Page {
    /// The organisation's name, above the heading.
    pub organisation: Option<String>,
    pub heading: String,
    pub paragraphs: Vec<String>,
    /// The line before the personal message.
    pub message_label: Option<String>,
    pub message: Option<String>,
    pub form: Option<Form>,
    pub onward: Option<PageLink>,
    /// A way beside the main one.
    pub aside: Option<PageLink>,
}

#[derive(Serialize)]
pub struct PageLink {
    pub url: String,
    pub label: String,
}

#[derive(Default, Serialize)]
pub struct Form {
    /// Where it is sent, if not to the page itself.
    pub action: Option<String>,
    /// For whom a password manager keeps the password.
    pub username: Option<String>,
    pub fields: Vec<Field>,
    pub button: String,
    pub error: Option<String>,
}

#[derive(Serialize)]
pub struct Field {
    pub name: &'static str,
    /// Its type in HTML.
    pub kind: &'static str,
    /// What a browser fills in.
    pub autocomplete: &'static str,
    pub label: String,
    /// What is wanted in it.
    pub hint: Option<String>,
}

/// The pages' words and template.
pub struct Pages {
    engine: Environment<'static>,
    words: BTreeMap<Language, BTreeMap<String, String>>,
}

impl Pages {
    /// Reads what is compiled in; says what is wrong with it, if something is.
    pub fn read() -> Result<Self, String> {
        let mut engine = Environment::new();
        engine.add_template("page.html", PAGE).map_err(|e| e.to_string())?;
        let mut words = BTreeMap::new();
        for language in Language::ALL {
            let source = match language {
                Language::English => include_str!("../../assets/messages/portal.en.toml"),
                Language::German => include_str!("../../assets/messages/portal.de.toml"),
                Language::French => include_str!("../../assets/messages/portal.fr.toml"),
            };
            let read: toml_edit::DocumentMut = source.parse().map_err(|e: toml_edit::TomlError| e.to_string())?;
            let all = read.iter().filter_map(|(key, text)| Some((key.to_owned(), text.as_str()?.to_owned())));
            words.insert(language, all.collect());
        }
        Ok(Self { engine, words })
    }

    /// The words of this key, filled with `values`. A missing one shows its key; a test sees that none is.
    pub fn say(&self, language: Language, key: &str, values: &Value) -> String {
        let source = self.words.get(&language).and_then(|words| words.get(key)).map_or(key, String::as_str);
        self.engine.render_named_str("words.txt", source, values).unwrap_or_else(|_| key.to_owned())
    }

    /// A moment as a person writes it.
    pub fn moment(&self, language: Language, at: Timestamp) -> String {
        let local = at.to_jiff().to_zoned_datetime(TimeZone::UTC);
        let months = self.say(language, "months", &context! {});
        let month = months.split(' ').nth(usize::try_from(local.month() - 1).unwrap_or(0)).unwrap_or_default();
        let time = local.strftime("%H:%M").to_string();
        self.say(language, "date", &context! { day => local.day(), month, year => local.year(), time })
    }

    pub fn answer(&self, language: Language, status: StatusCode, page: &Page) -> Response {
        let organisation = page.organisation.as_deref().map(|name| visible(name).into_owned());
        let page = minijinja::value::Serde(page);
        let values = context! { lang => language.tag(), style => STYLE, organisation, ..Value::from(page) };
        match self.engine.get_template("page.html").and_then(|template| template.render(values)) {
            Ok(html) => (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
            Err(error) => {
                tracing::error!(%error, "can't write a page of the portal");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// The base64 of the style's SHA-256, for the content security policy.
pub fn style_hash() -> String {
    base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_pages_are_set_as_french_is() {
        let pages = Pages::read().unwrap();
        let first = "2026-03-01T08:14:00Z".parse::<jiff::Timestamp>().unwrap();
        let first = Timestamp(first.as_millisecond());
        assert_eq!(pages.moment(Language::French, first), "1er mars 2026 \u{e0} 08:14 (UTC)");
        for (key, words) in &pages.words[&Language::French] {
            for wrong in [" :", " ;", " ?", " !", "\u{ab} ", " \u{bb}", "'"] {
                assert!(!words.contains(wrong), "{key} breaks lines at \u{201c}{wrong}\u{201d}: {words}");
            }
        }
    }

    #[test]
    fn every_language_has_the_same_words_and_all_can_be_filled_in() {
        let pages = Pages::read().unwrap();
        let keys = |language| pages.words[&language].keys().cloned().collect::<Vec<_>>();
        assert!(keys(Language::English).len() > 40);
        for language in Language::ALL {
            assert_eq!(keys(language), keys(Language::English), "{language}");
            for key in keys(language) {
                let values = context! { inviter => "Ada", name => "Grace", email => "grace@navy.example", need => 15, minutes => 2 };
                assert_ne!(pages.say(language, &key, &values), key);
            }
        }
    }
}
