//! The sign-in screen: address and password, and one answer for everything that is wrong with them.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use zeroize::Zeroizing;

use crate::app::App;
use crate::app::session::sign_in::{self, Request, SignedIn};
use crate::domain::actor::Origin;
use crate::tui::canvas::Canvas;
use crate::tui::dialogs::frame;
use crate::tui::keymap::{Context, InDialog};
use crate::tui::refused::Refused;
use crate::tui::screens::before_sign_in::{BeforeSignIn, Came};
use crate::tui::session::{Happened, Perform, Session, Terminal};
use crate::tui::term::Look;
use crate::tui::widgets::fields::{Answer, Field, Fields, needs};
use crate::tui::widgets::finished::finished;
use crate::tui::widgets::lines::lines;
use crate::tui::widgets::text::{cell, wrapped};

/// Shows the screen until somebody signed in; `None` if nobody did.
pub async fn sign_in(terminal: &mut Terminal, app: &App, origin: Origin) -> std::io::Result<Option<Box<SignedIn>>> {
    let mut screen = SignIn::new(app.clone(), origin, terminal.look.clone());
    Ok(terminal.run(&mut screen, Vec::new()).await?.flatten())
}

/// The screen as it stands.
pub struct SignIn {
    app: App,
    origin: Origin,
    fields: Fields,
    base: BeforeSignIn,
}

/// What it asks for.
pub enum Effect {
    /// To check what was typed.
    Check,
    /// To draw everything anew.
    Redraw,
    /// To the shell.
    ToShell,
    /// To end.
    End(Option<Box<SignedIn>>),
}

impl SignIn {
    /// An empty screen.
    pub fn new(app: App, origin: Origin, look: Look) -> Self {
        let needed = |what: &'static str| needs(move |text| if text.is_empty() { Err(what) } else { Ok(()) });
        let fields = vec![
            Field::text("Email", "", needed("type your email address")),
            Field::secret("Password", needed("type your password")),
        ];
        Self { app, origin, fields: Fields::new(fields), base: BeforeSignIn::new(look) }
    }

    fn forgotten(&self) -> String {
        match &self.app.options().public_url {
            Some(url) => format!("Password forgotten? {url}/forgot, or another administrator sends you a reset."),
            None => "Password forgotten? Another administrator sends you a reset.".to_owned(),
        }
    }
}

fn on_answer(answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::Stays | Answer::Opens => Vec::new(),
        Answer::Leaves => vec![Effect::End(None)],
        Answer::Saves => vec![Effect::Check],
    }
}

impl Session for SignIn {
    type Answer = Result<Box<SignedIn>, Refused>;
    type Effect = Effect;
    type End = Option<Box<SignedIn>>;

    fn happened(&mut self, happened: Happened) -> Vec<Effect> {
        match self.base.sort(happened) {
            Some(Came::Key(key)) => {
                let keymap = &self.base.look.keymap;
                // Pressing the last field is what everybody does.
                let presses = keymap.in_dialog(Context::Form, key) == Some(InDialog::Press);
                if presses && self.fields.focus == 1 && !self.fields.sending {
                    self.fields.focus = self.fields.button();
                }
                on_answer(self.fields.key(keymap, key))
            }
            Some(Came::Click(at)) => on_answer(self.fields.click(at)),
            Some(Came::Paste(text)) => {
                self.fields.paste(&text);
                Vec::new()
            }
            Some(Came::Interrupt) => vec![Effect::End(None)],
            Some(Came::Redraw) => vec![Effect::Redraw],
            Some(Came::ToShell) => vec![Effect::ToShell],
            None => Vec::new(),
        }
    }

    fn answered_late(&mut self, _answer: Self::Answer) -> Vec<String> {
        Vec::new()
    }

    fn left_undone(&self, _all_answered: bool) -> Option<String> {
        None
    }

    fn answered(&mut self, answer: Self::Answer) -> Vec<Effect> {
        self.base.dirty = true;
        match answer {
            Ok(signed_in) => vec![Effect::End(Some(signed_in))],
            Err(refused) => {
                self.fields.all[1].clear();
                self.fields.focus = 1;
                self.fields.tried = false;
                self.fields.refuse(refused.with_commands());
                Vec::new()
            }
        }
    }

    fn perform(&self, effect: Effect) -> Perform<Self::Answer, Self::End> {
        match effect {
            Effect::Check => {
                let app = self.app.clone();
                let request = Request {
                    email: self.fields.value(0),
                    password: Zeroizing::new(self.fields.all[1].secret_typed().to_owned()),
                    origin: self.origin.clone(),
                };
                Perform::Look(
                    None,
                    Box::pin(async move { sign_in::run(&app, request).await.map(Box::new).map_err(Refused::from) }),
                )
            }
            Effect::Redraw => Perform::Redraw,
            Effect::ToShell => Perform::ToShell,
            Effect::End(end) => Perform::End(end),
        }
    }

    fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.base.dirty)
    }

    fn draw(&mut self, drawn: &mut Frame) {
        let mut canvas = Canvas::new(drawn);
        finished(&mut canvas, (self.base.look.ascii, true), |canvas| {
            let width = usize::from(canvas.area().width.min(70)).saturating_sub(2);
            let lines =
                lines((self.base.look.theme, &self.base.look.keymap), &self.fields, ("Sign in", "Checking…"), width);
            let forgotten = wrapped(&self.forgotten(), width.saturating_sub(2));
            let more = u16::try_from(forgotten.len() + 1).unwrap_or(2);
            let inner = frame(canvas, self.app.organisation(), 70, lines.count() + more);
            let [above, below] = inner.layout(&Layout::vertical([Constraint::Min(4), Constraint::Length(more)]));
            lines.draw(canvas, above);
            let mut told = vec![Line::raw("")];
            told.extend(
                forgotten
                    .iter()
                    .map(|line| Line::styled(cell(&format!(" {line}"), width), self.base.look.theme.quiet())),
            );
            canvas.render(Paragraph::new(told), below);
        });
        self.base.targets = canvas.targets();
    }
}
