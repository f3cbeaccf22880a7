//! The one page that everything is shown on, and its style.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

const TEMPLATE: &str = include_str!("../../assets/portal/page.html");
const STYLE: &str = include_str!("../../assets/portal/style.css");

/// Renders pages.
pub struct Pages {
    environment: Environment<'static>,
    style_hash: String,
}

/// What a page shows. Every text is escaped.
#[derive(Debug, Default, Serialize)]
pub struct Page {
    /// The language's tag.
    pub lang: &'static str,
    /// The organisation, where the visitor proved to have received its mail.
    pub organisation: Option<String>,
    /// The title.
    pub title: String,
    /// Paragraphs.
    pub lines: Vec<String>,
    /// The personal message.
    pub message: Option<String>,
    /// The form.
    pub form: Option<Form>,
    /// What is wrong with what was submitted.
    pub error: Option<String>,
    /// Where to go on.
    pub onward: Option<String>,
}

/// The words of the form.
#[derive(Debug, Serialize)]
pub struct Form {
    /// For a password manager.
    pub email: String,
    /// The first label.
    pub password: &'static str,
    /// The second label.
    pub again: &'static str,
    /// What a password must be.
    pub rule: String,
    /// The button.
    pub submit: &'static str,
}

impl Pages {
    /// Reads the template that is compiled in.
    pub fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        // The template is part of the program: a test renders it, so an error here cannot reach anybody.
        let _ = environment.add_template("page", TEMPLATE);
        environment.add_global("style", STYLE);
        let style_hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
        Self { environment, style_hash }
    }

    /// The base64 of the style's SHA-256, for the content security policy.
    pub fn style_hash(&self) -> &str {
        &self.style_hash
    }

    /// Renders a page.
    pub fn answer(&self, status: StatusCode, page: &Page) -> Response {
        match self.environment.get_template("page").and_then(|template| template.render(minijinja::value::Serde(page)))
        {
            Ok(html) => (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}
