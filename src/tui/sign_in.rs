//! The sign-in screen: address and password, and one answer for everything that is wrong with them.

use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use zeroize::Zeroizing;

use super::fields::{Answer, Field, Fields};
use super::form::needs;
use super::message::Refused;
use super::session::{Deed, Happened, Session, Terminal};
use super::text::{cell, wrapped};
use super::theme::Theme;
use super::view::{self, form};
use crate::app::App;
use crate::app::sign_in::{self, Request, SignedIn};
use crate::domain::actor::Origin;

/// Shows the screen until somebody signed in; `None` if nobody did.
pub async fn sign_in(terminal: &mut Terminal, app: &App, origin: Origin) -> std::io::Result<Option<Box<SignedIn>>> {
    let theme = Theme { colour: terminal.appearance.has_colour() };
    let mut screen = SignIn::new(app.clone(), origin, theme, terminal.appearance.is_ascii());
    Ok(terminal.run(&mut screen, Vec::new()).await?.flatten())
}

/// The screen as it stands.
pub struct SignIn {
    app: App,
    origin: Origin,
    fields: Fields,
    theme: Theme,
    ascii: bool,
    dirty: bool,
}

/// What it asks for.
pub enum Effect {
    /// To check what was typed.
    Check,
    /// To draw everything anew.
    Redraw,
    /// To end.
    End(Option<Box<SignedIn>>),
}

impl SignIn {
    /// An empty screen.
    pub fn new(app: App, origin: Origin, theme: Theme, ascii: bool) -> Self {
        let needed = |what: &'static str| needs(move |text| if text.is_empty() { Err(what) } else { Ok(()) });
        let fields = vec![
            Field::text("E-mail", "", needed("type your e-mail address")),
            Field::secret("Password", needed("type your password")),
        ];
        Self { app, origin, fields: Fields::new(fields), theme, ascii, dirty: true }
    }

    fn forgotten(&self) -> String {
        match &self.app.options().public_url {
            Some(url) => format!("Password forgotten? {url}/forgot, or another administrator sends you a reset."),
            None => "Password forgotten? Another administrator sends you a reset.".to_owned(),
        }
    }
}

impl Session for SignIn {
    type Answer = Result<Box<SignedIn>, Refused>;
    type Effect = Effect;
    type End = Option<Box<SignedIn>>;

    fn happened(&mut self, happened: Happened) -> Vec<Effect> {
        match happened {
            Happened::Key(key, _) => {
                self.dirty = true;
                let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
                match key.code {
                    KeyCode::Char('c') if ctrl => return vec![Effect::End(None)],
                    KeyCode::Char('l') if ctrl => return vec![Effect::Redraw],
                    // Enter in the last field is what everybody presses.
                    KeyCode::Enter if self.fields.focus == 1 && !self.fields.sending => {
                        self.fields.focus = self.fields.button();
                    }
                    _ => {}
                }
                match self.fields.key(key) {
                    Answer::Stays => Vec::new(),
                    Answer::Leaves => vec![Effect::End(None)],
                    Answer::Saves => vec![Effect::Check],
                }
            }
            Happened::Paste(text) => {
                self.dirty = true;
                self.fields.paste(&text);
                Vec::new()
            }
            Happened::Size(..) => {
                self.dirty = true;
                Vec::new()
            }
            Happened::Tick(_) => Vec::new(),
        }
    }

    fn answered(&mut self, answer: Self::Answer) -> Vec<Effect> {
        self.dirty = true;
        match answer {
            Ok(signed_in) => vec![Effect::End(Some(signed_in))],
            Err(refused) => {
                self.fields.all[1].input.reset();
                self.fields.focus = 1;
                self.fields.tried = false;
                self.fields.refuse(refused.told());
                Vec::new()
            }
        }
    }

    fn deed(&self, effect: Effect) -> Deed<Self::Answer, Self::End> {
        match effect {
            Effect::Check => {
                let app = self.app.clone();
                let request = Request {
                    email: self.fields.value(0).to_owned(),
                    password: Zeroizing::new(self.fields.value(1).to_owned()),
                    origin: self.origin.clone(),
                };
                Deed::Look(Box::pin(async move {
                    sign_in::sign_in(&app, request).await.map(Box::new).map_err(Refused::from)
                }))
            }
            Effect::Redraw => Deed::Redraw,
            Effect::End(end) => Deed::End(end),
        }
    }

    fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    fn draw(&self, frame: &mut Frame) {
        view::finished(frame, self.ascii, |frame| {
            let width = usize::from(frame.area().width.min(70)).saturating_sub(2);
            let lines = form::lines(self.theme, &self.fields, ("Sign in", "Checking…"), width);
            let forgotten = wrapped(&self.forgotten(), width.saturating_sub(2));
            let more = u16::try_from(forgotten.len() + 1).unwrap_or(2);
            let inner = view::dialog::open(frame, self.app.organisation(), 70, lines.count() + more);
            let [above, below] = inner.layout(&Layout::vertical([Constraint::Min(4), Constraint::Length(more)]));
            lines.draw(frame, above);
            let mut told = vec![Line::raw("")];
            told.extend(
                forgotten.iter().map(|line| Line::styled(cell(&format!(" {line}"), width), self.theme.quiet())),
            );
            frame.render_widget(Paragraph::new(told), below);
        });
    }
}
