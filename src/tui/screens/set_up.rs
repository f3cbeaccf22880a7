//! What is shown where no organisation exists: set one up, or look around first. Set-up asks everything in one form,
//! creates the organisation, and ends with a check of what is still open.

use std::sync::Arc;

use crossterm::event::KeyEvent;
use futures_util::future::BoxFuture;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use zeroize::Zeroizing;

use crate::app::App;
use crate::app::session::set_up::Request;
use crate::domain::email::Email;
use crate::domain::language::Language;
use crate::domain::name::Name;
use crate::domain::password::{Password, PasswordRules};
use crate::domain::user::User;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::dialogs::frame;
use crate::tui::keymap::{Context, InDialog, Motion};
use crate::tui::refused::Refused;
use crate::tui::screens::before_sign_in::{BeforeSignIn, Came};
use crate::tui::session::{Happened, Perform, Session, Terminal};
use crate::tui::term::Look;
use crate::tui::widgets::fields::{Answer, Check, Field, Fields, may, needs};
use crate::tui::widgets::finished::finished;
use crate::tui::widgets::lines::lines;
use crate::tui::widgets::text::{cell, wrapped};

/// Where things will be, as the screen shows it.
#[derive(Debug, Clone)]
pub struct Paths {
    /// The database.
    pub database: String,
    /// The key file.
    pub key: String,
    /// The settings file.
    pub settings: String,
}

/// What set-up asked.
pub struct Answers {
    /// The organisation and its first administrator.
    pub request: Request,
    /// Settings by their names, to be kept.
    pub settings: Vec<(&'static str, String)>,
    /// The relay's password, to be kept in a file of its own.
    pub relay_password: Option<Zeroizing<String>>,
}

/// One thing that was checked at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// What.
    pub name: &'static str,
    /// Whether it works; `None` for what is still open.
    pub works: Option<bool>,
    /// What was found, and what to do about it.
    pub text: String,
}

/// An organisation that has just been set up.
pub struct Begun {
    /// What use cases work with.
    pub app: App,
    /// Its administrator, who is signed in by that.
    pub user: User,
    /// What was checked.
    pub points: Vec<Point>,
}

/// How the screen ended.
pub enum Choice {
    /// With an organisation.
    Begun(Box<Begun>),
    /// To look around.
    LookAround,
    /// By leaving.
    Leave,
}

/// Creates the organisation and checks it.
pub type Create = Arc<dyn Fn(Answers) -> BoxFuture<'static, Result<Begun, Refused>> + Send + Sync>;
/// What is wrong with a setting's text, if something is.
pub type CheckSetting = Arc<dyn Fn(&'static str, &str) -> Option<String> + Send + Sync>;

/// Shows the screen until the choice is made; `None` if the terminal went away.
pub async fn set_up(
    terminal: &mut Terminal,
    paths: Paths,
    rules: PasswordRules,
    check: &CheckSetting,
    create: Create,
) -> std::io::Result<Option<Choice>> {
    let mut screen = SetUp::new(paths, rules, check, create, terminal.look.clone());
    terminal.run(&mut screen, Vec::new()).await
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The first question.
    Choose(usize),
    /// The form.
    Form,
    /// What was checked.
    Checked,
}

/// The screen as it stands.
pub struct SetUp {
    stage: Stage,
    fields: Fields,
    check: CheckSetting,
    paths: Paths,
    rules: PasswordRules,
    create: Create,
    begun: Option<Box<Begun>>,
    base: BeforeSignIn,
}

/// What it asks for.
pub enum Effect {
    /// To create the organisation.
    Create(Answers),
    /// To draw everything anew.
    Redraw,
    /// To the shell.
    ToShell,
    /// To end.
    End(Choice),
}

/// The fields by their places.
mod at {
    pub const ORGANISATION: usize = 0;
    pub const NAME: usize = 1;
    pub const EMAIL: usize = 2;
    pub const PASSWORD: usize = 3;
    pub const AGAIN: usize = 4;
    pub const LANGUAGE: usize = 5;
    pub const ADDRESS: usize = 6;
    pub const MAIL: usize = 7;
    pub const HOST: usize = 8;
    pub const TLS: usize = 9;
    pub const PORT: usize = 10;
    pub const USER: usize = 11;
    pub const RELAY_PASSWORD: usize = 12;
    pub const FROM: usize = 13;
}

/// The choices of TLS, as the setting has them.
const TLS: [&str; 3] = ["starttls", "implicit", "none"];

fn fields(check: &CheckSetting, rules: PasswordRules) -> Vec<Field> {
    let setting = |key: &'static str| -> Check {
        let check = Arc::clone(check);
        Box::new(move |text| if text.trim().is_empty() { None } else { check(key, text.trim()) })
    };
    let needed = |key: &'static str, what: &'static str| -> Check {
        let check = Arc::clone(check);
        Box::new(move |text| if text.trim().is_empty() { Some(what.to_owned()) } else { check(key, text.trim()) })
    };
    let nothing = || may(|_| Ok::<_, String>(()));
    let relay = |field: Field| field.only_if(at::MAIL, 1);
    let languages = Language::ALL.iter().map(|language| language.name().to_owned()).collect();
    vec![
        Field::text("Organisation", "", needs(Name::parse)).with_note("as emails and pages call it"),
        Field::text("Your name", "", needs(Name::parse)),
        Field::text("Your email", "", needs(Email::parse)),
        Field::secret("Password", needs(move |text| Password::choose(text, rules, &[]).map(drop)))
            .with_note("a sentence of four or five words is easy to remember"),
        Field::secret("Same again", needs(|text| if text.is_empty() { Err("type it a second time") } else { Ok(()) })),
        Field::choice("Language", languages, 0),
        Field::text("Portal", "", setting("portal.public_url"))
            .with_note("optional, for example https://rsvp.example.org"),
        Field::choice("Mail", vec!["later: emails wait".to_owned(), "through a relay".to_owned()], 0),
        relay(Field::text("Relay", "", needed("mail.smtp.host", "the relay's name is needed")))
            .with_note("for example smtp.example.org"),
        relay(Field::choice(
            "TLS",
            vec!["STARTTLS".to_owned(), "at once (implicit)".to_owned(), "none (this machine only)".to_owned()],
            0,
        )),
        relay(Field::text("Port", "", setting("mail.smtp.port"))).with_note("the usual one: 587, 465 or 25"),
        relay(Field::text("User", "", nothing())).with_note("if the relay wants a sign-in"),
        relay(Field::secret("Its password", nothing())).with_note("kept in a file that only you can read"),
        relay(Field::text("Sender", "", needed("mail.from", "the sender's address is needed")))
            .with_note("for example Example <rsvp@example.org>"),
    ]
}

impl SetUp {
    /// The first question.
    pub fn new(paths: Paths, rules: PasswordRules, check: &CheckSetting, create: Create, look: Look) -> Self {
        let (stage, fields, check) = (Stage::Choose(0), Fields::new(fields(check, rules)), Arc::clone(check));
        Self { stage, fields, check, paths, rules, create, begun: None, base: BeforeSignIn::new(look) }
    }

    /// What the form says; or why it cannot be, with the field that is wrong.
    fn answers(&self) -> Result<Answers, (usize, String)> {
        let value = |at: usize| self.fields.value(at).trim().to_owned();
        let secret = |at: usize| self.fields.all[at].secret_typed();
        let wrong = |at: usize| move |error: String| (at, error);
        let organisation = Name::parse(&value(at::ORGANISATION)).map_err(|e| (at::ORGANISATION, e.to_string()))?;
        let name = Name::parse(&value(at::NAME)).map_err(|e| (at::NAME, e.to_string()))?;
        let email = Email::parse(&value(at::EMAIL)).map_err(|e| (at::EMAIL, e.to_string()))?;
        let known = [organisation.as_str(), name.as_str(), email.as_str()];
        let (first, second) = (secret(at::PASSWORD), secret(at::AGAIN));
        let password = Password::choose_twice(first, second, self.rules, &known)
            .map_err(|error| wrong(at::PASSWORD)(error.to_string()))?;
        let language = Language::ALL[self.fields.all[at::LANGUAGE].choice];
        let mut settings = Vec::new();
        let mut keep = |key: &'static str, value: String| {
            if !value.is_empty() {
                settings.push((key, value));
            }
        };
        keep("portal.public_url", value(at::ADDRESS));
        let mut relay_password = None;
        if self.fields.all[at::MAIL].choice == 1 {
            let password = secret(at::RELAY_PASSWORD);
            if value(at::USER).is_empty() != password.is_empty() {
                let place = if password.is_empty() { at::RELAY_PASSWORD } else { at::USER };
                return Err((place, "user and password go together: give both, or neither".to_owned()));
            }
            keep("mail.transport", "smtp".to_owned());
            keep("mail.smtp.host", value(at::HOST));
            keep("mail.smtp.tls", TLS[self.fields.all[at::TLS].choice].to_owned());
            keep("mail.smtp.port", value(at::PORT));
            keep("mail.smtp.user", value(at::USER));
            keep("mail.from", value(at::FROM));
            relay_password = Some(password).filter(|text| !text.is_empty()).map(|text| Zeroizing::new(text.to_owned()));
        }
        Ok(Answers { request: Request { organisation, name, email, password, language }, settings, relay_password })
    }

    fn on_form(&mut self, key: KeyEvent) -> Vec<Effect> {
        // What is being created is finished first.
        if self.fields.sending {
            return Vec::new();
        }
        let answer = self.fields.key(&self.base.look.keymap, key);
        self.judge();
        self.on_answer(answer)
    }

    /// Says how good the password is as it stands, with what is known of its owner so far.
    fn judge(&mut self) {
        let known = [at::ORGANISATION, at::NAME, at::EMAIL].map(|at| self.fields.value(at));
        let known = known.each_ref().map(|text| text.trim());
        let field = &mut self.fields.all[at::PASSWORD];
        let judged = Password::strength(field.secret_typed(), self.rules, &known);
        field.praise = judged.map_or_else(|_| String::new(), |strength| strength.words().to_owned());
    }

    fn on_answer(&mut self, answer: Answer) -> Vec<Effect> {
        match answer {
            Answer::Stays | Answer::Opens => Vec::new(),
            Answer::Leaves => {
                // What was typed is lost, as it said, the passwords among it.
                self.fields = Fields::new(fields(&self.check, self.rules));
                self.stage = Stage::Choose(0);
                Vec::new()
            }
            Answer::Saves => match self.answers() {
                Ok(answers) => vec![Effect::Create(answers)],
                Err((place, why)) => {
                    self.fields.focus = place;
                    self.fields.refuse(why);
                    Vec::new()
                }
            },
        }
    }

    fn on_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        match self.stage {
            Stage::Form => self.on_form(key),
            Stage::Checked => match self.base.look.keymap.in_dialog(Context::Question, key) {
                Some(InDialog::Press | InDialog::Close) => {
                    self.begun.take().map(|begun| Effect::End(Choice::Begun(begun))).into_iter().collect()
                }
                Some(InDialog::Move(_) | InDialog::Save | InDialog::Switch) | None => Vec::new(),
            },
            Stage::Choose(here) => {
                match self.base.look.keymap.in_dialog(Context::Menu, key) {
                    Some(InDialog::Move(Motion::Step(by))) => {
                        self.stage = Stage::Choose((here + if by < 0 { 2 } else { 1 }) % 3);
                    }
                    Some(InDialog::Close) => return vec![Effect::End(Choice::Leave)],
                    Some(InDialog::Press) => return self.choose(here),
                    Some(
                        InDialog::Move(Motion::Page(_) | Motion::First | Motion::Last)
                        | InDialog::Save
                        | InDialog::Switch,
                    )
                    | None => {}
                }
                Vec::new()
            }
        }
    }

    /// What the first question offers.
    fn choose(&mut self, at: usize) -> Vec<Effect> {
        match at {
            0 => {
                self.stage = Stage::Form;
                Vec::new()
            }
            1 => vec![Effect::End(Choice::LookAround)],
            _ => vec![Effect::End(Choice::Leave)],
        }
    }

    fn draw_choice(&self, here: usize, canvas: &mut Canvas) {
        let width = usize::from(canvas.area().width.min(84)).saturating_sub(3);
        let theme = self.base.look.theme;
        let mut lines = vec![Line::raw(""), Line::styled(" No organisation is set up here yet.", theme.strong())];
        lines.push(Line::raw(""));
        let mut offered = Vec::new();
        let items = [
            ("Set up my organisation", "creates the database and the key below and makes you its administrator"),
            ("Look around", "a throw-away organisation of a thousand people; nothing is kept"),
            ("Quit", ""),
        ];
        for (at, (words, more)) in items.into_iter().enumerate() {
            let style = if at == here { theme.focus() } else { Style::new() };
            offered.push((lines.len(), at));
            lines.push(Line::styled(format!(" {words} "), style));
            for part in wrapped(more, width.saturating_sub(3)).iter().filter(|part| !part.trim().is_empty()) {
                lines.push(Line::styled(format!("   {part}"), theme.quiet()));
            }
        }
        lines.push(Line::raw(""));
        let paths = [("database", &self.paths.database), ("key", &self.paths.key), ("settings", &self.paths.settings)];
        for (label, path) in paths {
            // A path is shown whole, however many lines it takes.
            let room = width.saturating_sub(11).max(1);
            let letters: Vec<char> = path.chars().collect();
            for (at, part) in letters.chunks(room).enumerate() {
                let label = if at == 0 { label } else { "" };
                let text: String = part.iter().collect();
                lines.push(Line::from(vec![
                    Span::styled(cell(&format!(" {label}"), 11), theme.quiet()),
                    Span::raw(cell(&text, room)),
                ]));
            }
        }
        let inner = frame(canvas, "rsvp", 84, u16::try_from(lines.len()).unwrap_or(20));
        canvas.render(Paragraph::new(lines), inner);
        for (line, at) in offered {
            let place = Rect { y: inner.y.saturating_add(u16::try_from(line).unwrap_or(0)), height: 1, ..inner };
            canvas.offer(place.intersection(inner), Target::Item(at));
        }
    }

    fn draw_checked(&self, canvas: &mut Canvas) {
        let width = usize::from(canvas.area().width.min(84)).saturating_sub(3);
        let theme = self.base.look.theme;
        let mut lines = vec![Line::raw("")];
        let name = self.begun.as_ref().map_or("", |begun| begun.app.organisation());
        lines.push(Line::styled(cell(&format!(" ✓ {name} is set up."), width), theme.good()));
        lines.push(Line::raw(""));
        for point in self.begun.iter().flat_map(|begun| &begun.points) {
            let (mark, style) = match point.works {
                Some(true) => ("✓", theme.good()),
                Some(false) => ("✗", theme.bad()),
                None => ("◌", theme.waits()),
            };
            for (at, part) in wrapped(&point.text, width.saturating_sub(16)).into_iter().enumerate() {
                let label = if at == 0 { format!(" {mark} {}", point.name) } else { String::new() };
                lines.push(Line::from(vec![Span::styled(cell(&label, 16), style), Span::raw(part)]));
            }
        }
        lines.push(Line::raw(""));
        let open = " The head of the screen shows what is still to do. Enter continues.";
        lines.extend(wrapped(open, width).into_iter().map(|line| Line::styled(line, theme.quiet())));
        let inner = frame(canvas, "Set up", 84, u16::try_from(lines.len()).unwrap_or(20));
        canvas.render(Paragraph::new(lines), inner);
    }
}

impl Session for SetUp {
    type Answer = Result<Begun, Refused>;
    type Effect = Effect;
    type End = Choice;

    fn happened(&mut self, happened: Happened) -> Vec<Effect> {
        let Some(came) = self.base.sort(happened) else { return Vec::new() };
        match (came, self.stage) {
            (Came::Key(key), _) => self.on_key(key),
            (Came::Click(at), Stage::Form) => {
                let answer = self.fields.click(at);
                self.on_answer(answer)
            }
            (Came::Click(at), Stage::Choose(_)) => self.choose(at),
            (Came::Paste(text), Stage::Form) => {
                self.fields.paste(&text);
                self.judge();
                Vec::new()
            }
            // What is being created is finished first.
            (Came::Interrupt, _) if !self.fields.sending => vec![Effect::End(Choice::Leave)],
            (Came::Redraw, _) => vec![Effect::Redraw],
            (Came::ToShell, _) => vec![Effect::ToShell],
            (Came::Click(_), Stage::Checked)
            | (Came::Paste(_), Stage::Choose(_) | Stage::Checked)
            | (Came::Interrupt, _) => Vec::new(),
        }
    }

    fn answered(&mut self, answer: Self::Answer) -> Vec<Effect> {
        self.base.dirty = true;
        match answer {
            Ok(begun) => {
                // The passwords are not needed any more.
                for place in [at::PASSWORD, at::AGAIN, at::RELAY_PASSWORD] {
                    self.fields.all[place].clear();
                }
                self.begun = Some(Box::new(begun));
                self.stage = Stage::Checked;
            }
            Err(refused) => self.fields.refuse(refused.with_commands()),
        }
        Vec::new()
    }

    fn answered_late(&mut self, answer: Self::Answer) -> Vec<String> {
        vec![match answer {
            Ok(begun) => format!("{} is set up; {} is its administrator.", begun.app.organisation(), begun.user.email),
            Err(refused) => refused.with_commands(),
        }]
    }

    fn left_undone(&self, _all_answered: bool) -> Option<String> {
        None
    }

    fn perform(&self, effect: Effect) -> Perform<Self::Answer, Choice> {
        match effect {
            Effect::Create(answers) => Perform::Change((self.create)(answers)),
            Effect::Redraw => Perform::Redraw,
            Effect::ToShell => Perform::ToShell,
            Effect::End(choice) => Perform::End(choice),
        }
    }

    fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.base.dirty)
    }

    fn draw(&mut self, drawn: &mut Frame) {
        let mut canvas = Canvas::new(drawn);
        finished(&mut canvas, (self.base.look.ascii, true), |canvas| match self.stage {
            Stage::Choose(here) => self.draw_choice(here, canvas),
            Stage::Checked => self.draw_checked(canvas),
            Stage::Form => {
                let width = usize::from(canvas.area().width.min(84)).saturating_sub(2);
                let words = ("Set up", "Setting up…");
                let lines = lines((self.base.look.theme, &self.base.look.keymap), &self.fields, words, width);
                let inner = frame(canvas, "Set up my organisation", 84, lines.count());
                lines.draw(canvas, inner);
            }
        });
        self.base.targets = canvas.targets();
    }
}
