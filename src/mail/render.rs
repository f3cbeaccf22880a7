//! From what an email tells to its words: subject, plain text and HTML, in the person's language.
//!
//! What comes out can be stored: [`PLACEHOLDER`] is where the link's code belongs. It holds two control characters,
//! and every value from outside passes through `domain::text::visible`, which writes such characters out, so no name
//! and no personal message can make the code appear at a place of its own choosing (in a link to somewhere else, say).
//! The plain text and the HTML are made of the same blocks, so that they cannot say different things.

use std::fmt::Write as _;
use std::sync::LazyLock;

use jiff::tz::TimeZone;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde::{Deserialize, Serialize};
use unicode_width::UnicodeWidthStr;

use crate::domain::content::{Content, LinkMail, PasswordChanged, Test};
use crate::domain::language::Language;
use crate::domain::link::Purpose;
use crate::domain::text::{visible, visible_lines};
use crate::words::catalogue::{Catalogue, CatalogueError};
use crate::words::roles;

/// Stands for a code in a stored email. As long as a written code, and impossible in any text from outside.
pub const PLACEHOLDER: &str = "\u{2}CODE-CODE0-CODE0-CODE0-CODE0-CODE0-CODE\u{3}";
/// What is shown where a code must not be seen.
pub const DOTS: &str = "•••••-•••••-•••••-•••••-•••••-•••••-•••••";
/// Columns of the plain text (RFC 5322, 2.1.1 recommends at most 78; a few are left for quoting in a reply).
const COLUMNS: usize = 72;
/// The colour of the button until an organisation can choose one: dark enough for white letters.
const ACCENT: &str = "#1d4f91";

/// An email's words, without its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendered {
    /// The subject, one line.
    pub subject: String,
    /// The plain text, lines ending in `\n`.
    pub text: String,
    pub html: String,
}

impl Rendered {
    /// The same email with this code in its place. The result holds a secret.
    #[must_use]
    pub fn with_code(&self, code: &str) -> Self {
        Self {
            subject: self.subject.clone(),
            text: self.text.replace(PLACEHOLDER, code),
            html: self.html.replace(PLACEHOLDER, code),
        }
    }

    /// Whether the email has a place for a code.
    #[must_use]
    pub fn wants_code(&self) -> bool {
        self.text.contains(PLACEHOLDER)
    }
}

/// A piece of an email, from which both its forms are made.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Block {
    Paragraph { text: String },
    Quote { lines: Vec<String> },
    Link { label: String, url: String },
}

/// Puts an email into words. Moments are written in `zone`.
pub fn render(content: &Content, language: Language, zone: &TimeZone) -> Result<Rendered, CatalogueError> {
    let say = Sayer { catalogue: Catalogue::of(language), zone };
    let organisation = visible(content.organisation());
    let (subject, blocks) = match content {
        Content::Link(it) => match it.purpose {
            Purpose::Invitation => invitation(&say, it)?,
            Purpose::Reset => reset(&say, it)?,
            Purpose::ConfirmEmail => confirm_email(&say, it)?,
            Purpose::KeepEmail => keep_email(&say, it)?,
        },
        Content::PasswordChanged(it) => password_changed(&say, it)?,
        Content::Test(it) => test(&say, it)?,
    };
    let footer = say.with("common.footer", &context! { organisation => &*organisation })?;
    let link_fallback = say.plain("common.link_fallback")?;
    let html = LAYOUT
        .get_template(LAYOUT_NAME)
        .and_then(|layout| {
            layout.render(context! {
                language => language.tag(),
                subject => &subject,
                organisation => &*organisation,
                blocks => Serde(&blocks),
                footer => &footer,
                accent => ACCENT,
                link_fallback,
            })
        })
        .map_err(|e| CatalogueError::Unfillable { key: LAYOUT_NAME.to_owned(), reason: e.to_string() })?;
    Ok(Rendered { text: plain_text(&blocks, &footer), subject, html })
}

/// The link that opens the portal at the right page, with [`PLACEHOLDER`] for the code.
fn link(it: &LinkMail) -> String {
    format!("{}/{}/{PLACEHOLDER}", visible(it.public_url.trim_end_matches('/')), it.purpose.path())
}

fn invitation(say: &Sayer<'_>, it: &LinkMail) -> Result<(String, Vec<Block>), CatalogueError> {
    let values = context! { organisation => visible(&it.organisation), inviter => it.sender.as_deref().map(visible) };
    let mut blocks = vec![say.greeting(&it.name)?, say.paragraph("invitation.opening", &values)?];
    let roles = roles::sentences(say.catalogue, &it.organisation, it.role, &it.workspaces)?;
    blocks.extend(roles.into_iter().map(|text| Block::Paragraph { text }));
    if let Some(message) = it.message.as_deref().map(str::trim).filter(|m| !m.is_empty()) {
        let lines = visible_lines(&message.replace("\r\n", "\n")).lines().map(str::to_owned).collect();
        blocks.extend([say.paragraph("invitation.writes", &values)?, Block::Quote { lines }]);
    }
    let expires = say.catalogue.moment(it.expires_at, say.zone)?;
    blocks.extend([
        say.paragraph("invitation.action", &values)?,
        Block::Link { label: say.plain("invitation.button")?, url: link(it) },
        say.paragraph("invitation.validity", &context! { expires })?,
        say.paragraph("invitation.unexpected", &values)?,
    ]);
    Ok((say.with("invitation.subject", &values)?, blocks))
}

fn reset(say: &Sayer<'_>, it: &LinkMail) -> Result<(String, Vec<Block>), CatalogueError> {
    let values = context! {
        organisation => visible(&it.organisation),
        requester => it.sender.as_deref().map(visible),
        expires => say.catalogue.moment(it.expires_at, say.zone)?,
    };
    let blocks = vec![
        say.greeting(&it.name)?,
        say.paragraph("reset.opening", &values)?,
        say.paragraph("reset.action", &values)?,
        Block::Link { label: say.plain("reset.button")?, url: link(it) },
        say.paragraph("reset.validity", &values)?,
        say.paragraph("reset.unexpected", &values)?,
    ];
    Ok((say.with("reset.subject", &values)?, blocks))
}

fn password_changed(say: &Sayer<'_>, it: &PasswordChanged) -> Result<(String, Vec<Block>), CatalogueError> {
    let values = context! {
        organisation => visible(&it.organisation),
        changed => say.catalogue.moment(it.changed_at, say.zone)?,
    };
    let mut blocks = vec![
        say.greeting(&it.name)?,
        say.paragraph("password_changed.opening", &values)?,
        say.paragraph("password_changed.expected", &values)?,
    ];
    if let Some(public_url) = &it.public_url {
        blocks.extend([
            say.paragraph("password_changed.unexpected", &values)?,
            Block::Link {
                label: say.plain("password_changed.button")?,
                url: format!("{}/forgot", visible(public_url.trim_end_matches('/'))),
            },
        ]);
    } else {
        blocks.push(say.paragraph("password_changed.unexpected_no_link", &values)?);
    }
    Ok((say.with("password_changed.subject", &values)?, blocks))
}

fn confirm_email(say: &Sayer<'_>, it: &LinkMail) -> Result<(String, Vec<Block>), CatalogueError> {
    let values = email_values(say, it)?;
    let blocks = vec![
        say.greeting(&it.name)?,
        say.paragraph("confirm_email.opening", &values)?,
        say.paragraph("confirm_email.action", &values)?,
        Block::Link { label: say.plain("confirm_email.button")?, url: link(it) },
        say.paragraph("confirm_email.validity", &values)?,
        say.paragraph("confirm_email.unexpected", &values)?,
    ];
    Ok((say.with("confirm_email.subject", &values)?, blocks))
}

fn keep_email(say: &Sayer<'_>, it: &LinkMail) -> Result<(String, Vec<Block>), CatalogueError> {
    let values = email_values(say, it)?;
    let blocks = vec![
        say.greeting(&it.name)?,
        say.paragraph("keep_email.opening", &values)?,
        say.paragraph("keep_email.expected", &values)?,
        say.paragraph("keep_email.action", &values)?,
        Block::Link { label: say.plain("keep_email.button")?, url: link(it) },
        say.paragraph("keep_email.validity", &values)?,
    ];
    Ok((say.with("keep_email.subject", &values)?, blocks))
}

fn email_values(say: &Sayer<'_>, it: &LinkMail) -> Result<Value, CatalogueError> {
    Ok(context! {
        organisation => visible(&it.organisation),
        requester => it.sender.as_deref().map(visible),
        from => visible(&it.email),
        to => it.new_email.as_deref().map(visible),
        expires => say.catalogue.moment(it.expires_at, say.zone)?,
    })
}

fn test(say: &Sayer<'_>, it: &Test) -> Result<(String, Vec<Block>), CatalogueError> {
    let values = context! {
        organisation => visible(&it.organisation),
        sender => it.sender.as_deref().map(visible),
        sent => say.catalogue.moment(it.sent_at, say.zone)?,
    };
    let blocks = vec![
        say.greeting("")?,
        say.paragraph("test.opening", &values)?,
        say.paragraph("test.sent", &values)?,
        say.paragraph("test.nothing", &values)?,
    ];
    Ok((say.with("test.subject", &values)?, blocks))
}

/// The words of one language and the zone its moments are written in.
struct Sayer<'a> {
    catalogue: &'static Catalogue,
    zone: &'a TimeZone,
}

impl Sayer<'_> {
    fn with(&self, key: &str, values: &Value) -> Result<String, CatalogueError> {
        self.catalogue.say(key, values)
    }

    fn plain(&self, key: &str) -> Result<String, CatalogueError> {
        self.with(key, &context! {})
    }

    fn paragraph(&self, key: &str, values: &Value) -> Result<Block, CatalogueError> {
        self.with(key, values).map(|text| Block::Paragraph { text })
    }

    fn greeting(&self, name: &str) -> Result<Block, CatalogueError> {
        match name.trim() {
            "" => self.paragraph("common.greeting_nameless", &context! {}),
            name => self.paragraph("common.greeting", &context! { name => visible(name) }),
        }
    }
}

fn plain_text(blocks: &[Block], footer: &str) -> String {
    let mut out = String::new();
    for block in blocks {
        match block {
            Block::Paragraph { text } => wrap(&mut out, text, ""),
            Block::Quote { lines } => lines.iter().for_each(|line| wrap(&mut out, line, "> ")),
            // A line of its own and never broken: half a link does not work.
            Block::Link { url, .. } => out.extend([url, "\n"]),
        }
        out.push('\n');
    }
    // Two hyphens and a space begin what mail programs show as a signature (RFC 3676, 4.3).
    out.push_str("-- \n");
    wrap(&mut out, footer, "");
    out
}

/// Breaks a line at spaces, so that it fits [`COLUMNS`] where its words do.
fn wrap(out: &mut String, text: &str, prefix: &str) {
    let mut line = prefix.to_owned();
    let mut empty = true;
    // Only at ordinary spaces: French puts one that must not break before its colons.
    for word in text.split(' ') {
        if !empty && line.width() + 1 + word.width() > COLUMNS {
            let _ = writeln!(out, "{}", line.trim_end());
            prefix.clone_into(&mut line);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    let _ = writeln!(out, "{}", line.trim_end());
}

const LAYOUT_NAME: &str = "layout.html";

static LAYOUT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_formatter(|out, _, value| {
        // The engine's own escaping also writes out each slash, which makes links unreadable for whoever looks at the
        // source.
        out.write_str(&escape(&value.to_string())).map_err(minijinja::Error::from)
    });
    // A layout that does not parse is noticed by the first rendering, which then does not find it.
    let _ = engine.add_template(LAYOUT_NAME, include_str!("../../assets/mail/layout.html"));
    engine
});

/// Text for HTML, between tags and inside double quotes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
