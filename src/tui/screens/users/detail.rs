//! Everything about the user under the cursor: beside the list, in short below it, and whole in a window of its own.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::possible::key;
use super::state::Users;
use crate::app::users::show::Detail;
use crate::domain::action::Action;
use crate::domain::audit::Entry;
use crate::domain::link::{Link, LinkState as Invited};
use crate::domain::mail::{Mail, MailState};
use crate::domain::role::{Membership, WorkspaceRole};
use crate::domain::time::{Timestamp, words};
use crate::domain::user::{LinkColumn, User};
use crate::tui::canvas::Canvas;
use crate::tui::ctx::Ctx;
use crate::tui::dialogs::pane;
use crate::tui::keymap::{Command, MailCommand};
use crate::tui::screen::Screen;
use crate::tui::theme::glyph;
use crate::tui::widgets::text::{cell, wrapped};

/// Columns of the labels.
const LABEL: usize = 12;

/// Beside the list.
pub fn draw(users: &Users, ctx: &Ctx, canvas: &mut Canvas, area: Rect) {
    let Some(detail) = users.detail.as_ref().filter(|_| users.list.cursor().is_some()) else {
        canvas.render(pane(String::new()), area);
        return;
    };
    let title = cell(&format!(" {} ", detail.user.name.as_str()), usize::from(area.width).saturating_sub(4));
    let block = pane(format!(" {} ", title.trim()));
    let inner = block.inner(area);
    canvas.render(block, area);
    let mut lines = lines(ctx, detail, usize::from(inner.width), 3);
    let rows = usize::from(inner.height);
    if lines.len() > rows && rows > 0 {
        lines.truncate(rows - 1);
        lines.push(Line::styled(cell(" …", usize::from(inner.width)), ctx.theme.quiet()));
    }
    canvas.render(Paragraph::new(lines), inner);
}

/// In a window of its own: its title and all its lines.
pub fn whole(users: &Users, ctx: &Ctx, width: usize) -> (String, Vec<Line<'static>>) {
    match users.detail.as_ref().filter(|_| users.list.cursor().is_some()) {
        Some(detail) => (detail.user.name.as_str().to_owned(), lines(ctx, detail, width, usize::MAX)),
        None => (String::new(), Vec::new()),
    }
}

/// Below the list, where there is no room beside it.
pub fn draw_short(users: &Users, ctx: &Ctx, canvas: &mut Canvas, area: Rect) {
    let Some(detail) = users.detail.as_ref().filter(|_| users.list.cursor().is_some()) else { return };
    let (user, width) = (&detail.user, usize::from(area.width));
    let mail = detail.mails.first().map_or(String::new(), |mail| format!(" · email {}", fate(ctx, mail)));
    let about = format!(" {} · {} · {}{mail}", user.name.as_str(), user.email.as_str(), user.role());
    let lines = vec![
        Line::raw(cell(&about, width)),
        Line::styled(cell(&headline(ctx, user), width), ctx.theme.status(user.status)),
    ];
    canvas.render(Paragraph::new(lines), area);
}

fn lines(ctx: &Ctx, detail: &Detail, width: usize, most: usize) -> Vec<Line<'static>> {
    let mut sheet = Sheet { ctx, width, lines: Vec::new() };
    sheet.status(&detail.user);
    sheet.person(&detail.user);
    for invitation in detail.invitations.iter().take(most) {
        sheet.invitation(invitation, most > 3);
    }
    sheet.mails(detail, most);
    sheet.history(&detail.history);
    sheet.lines
}

/// The lines in the making.
struct Sheet<'a> {
    ctx: &'a Ctx,
    width: usize,
    lines: Vec<Line<'static>>,
}

impl Sheet<'_> {
    fn row(&mut self, label: &str, text: &str, style: Style) {
        let theme = self.ctx.theme;
        for (at, part) in wrapped(text, self.width.saturating_sub(LABEL)).into_iter().enumerate() {
            let label = if at == 0 { format!(" {label}") } else { String::new() };
            let spans = vec![Span::styled(cell(&label, LABEL), theme.quiet()), Span::styled(part, style)];
            self.lines.push(Line::from(spans));
        }
    }

    fn plain(&mut self, label: &str, text: &str) {
        self.row(label, text, Style::new());
    }

    fn status(&mut self, user: &User) {
        let (ctx, width) = (self.ctx, self.width);
        for line in wrapped(&headline(ctx, user), width) {
            self.lines.push(Line::styled(line, ctx.theme.status(user.status).patch(ctx.theme.strong())));
        }
        if let LinkColumn::Works(at) | LinkColumn::Expired(at) | LinkColumn::Asked(at) = user.link(ctx.now) {
            let word = if at > ctx.now { "until" } else { "since" };
            self.lines.push(Line::raw(cell(&format!("   {word} {}", at.local(&ctx.zone)), width)));
        }
    }

    fn person(&mut self, user: &User) {
        self.plain("Email", user.email.as_str());
        if let Some(change) = &user.email_change {
            self.email_change(change, user.moving(self.ctx.now).is_some());
        }
        self.plain("Role", user.role().words());
        if !user.memberships.is_empty() {
            let name = |one: &Membership| match one.role {
                WorkspaceRole::Administrator | WorkspaceRole::Helpdesk => {
                    format!("{} ({})", one.name.as_str(), one.role.words())
                }
                WorkspaceRole::Member => one.name.as_str().to_owned(),
            };
            let names: Vec<_> = user.memberships.iter().map(name).collect();
            self.plain("Workspaces", &names.join(", "));
        }
        self.plain("Language", user.language.name());
        match (user.last_sign_in_at, user.has_password) {
            (Some(at), _) => self.plain("Signed in", &format!("{} ago", words(self.ctx.now.since(at)))),
            (None, true) => self.plain("Signed in", "never"),
            (None, false) => {}
        }
    }

    fn email_change(&mut self, change: &Link, works: bool) {
        let ctx = self.ctx;
        let until = change.expires_at.local_short(&ctx.zone);
        let (text, style) = if works {
            let keep = key(ctx, Command::Act(Action::Revoke));
            (format!("{} must confirm until {until}; {keep} keeps the current one", change.to), ctx.theme.waits())
        } else {
            (format!("{} didn't confirm until {until}", change.to), ctx.theme.quiet())
        };
        self.row("New email", &text, style);
    }

    fn invitation(&mut self, invitation: &Link, with_message: bool) {
        let what = match invitation.state(self.ctx.now) {
            Invited::Pending => "works until",
            Invited::Expired => "expired",
            Invited::Superseded => "superseded, was sent",
            Invited::Revoked => "revoked, was sent",
            Invited::Accepted => "accepted, was sent",
        };
        let at = if invitation.is_open() { invitation.expires_at } else { invitation.issued_at };
        self.plain("Invitation", &format!("{what} {}", at.local_short(&self.ctx.zone)));
        if let Some(message) = invitation.message.as_ref().filter(|_| with_message) {
            for line in message.lines() {
                self.row("", line, self.ctx.theme.quiet());
            }
        }
    }

    /// The latest emails, and what to do if the last one failed.
    fn mails(&mut self, detail: &Detail, most: usize) {
        let ctx = self.ctx;
        for mail in detail.mails.iter().take(most) {
            let style = if mail.state == MailState::Dead { ctx.theme.bad() } else { Style::new() };
            self.row(&format!("Email {}", mail.id.0), &fate(ctx, mail), style);
        }
        if detail.user.link(ctx.now) == LinkColumn::MailFailed {
            let retry = ctx.key_on(Screen::Mail, Command::Act(Action::RetryMail));
            let correct = ctx.key_on(Screen::Mail, Command::Mail(MailCommand::CorrectAddress));
            let link = key(ctx, Command::Act(Action::ShowLink));
            let hint = format!(
                "On the Mail screen {retry} retries it and {correct} corrects the address. Here {link} copies the link."
            );
            self.row("", &hint, ctx.theme.quiet());
        }
    }

    fn history(&mut self, entries: &[Entry]) {
        let (ctx, width) = (self.ctx, self.width);
        self.lines.push(Line::styled(cell("─ History ─", width), ctx.theme.quiet()));
        for entry in entries {
            let what = Action::parse(&entry.action).map_or(entry.action.as_str(), |action| action.past());
            self.lines.push(Line::from(vec![
                Span::styled(cell(&format!(" {}", entry.at.local_short(&ctx.zone)), 14), ctx.theme.quiet()),
                Span::raw(cell(&format!("{what} · {}", entry.actor), width.saturating_sub(14))),
            ]));
        }
    }
}

/// What became of an email, in one line.
fn fate(ctx: &Ctx, mail: &Mail) -> String {
    let when = |at: Option<Timestamp>| at.map_or(String::new(), |at| format!(" {}", at.local_short(&ctx.zone)));
    let answer = mail.last.as_ref().map_or(String::new(), |last| format!(": {}", last.text));
    match mail.state {
        MailState::Sent => format!("{}{}", mail.state.words(), when(mail.ended_at)),
        MailState::Queued if is_held(ctx, mail) => {
            let undoes = mail.user.is_some_and(|user| ctx.undoes(Action::Invite, user));
            let undo = if undoes {
                format!(", {} undoes the invitation", ctx.key(Command::Act(Action::Undo)))
            } else {
                String::new()
            };
            format!("leaves in a moment{undo}")
        }
        MailState::Queued | MailState::Sending => format!("{}{answer}", mail.state.words()),
        MailState::Dead | MailState::Cancelled | MailState::Expired => match mail.note() {
            Some(note) => format!("{}{}. {note}", mail.state.words(), when(mail.ended_at)),
            None => format!("{}{}{answer}", mail.state.words(), when(mail.ended_at)),
        },
    }
}

/// Whether an email waits only for its moment, and leaves then.
fn is_held(ctx: &Ctx, mail: &Mail) -> bool {
    ctx.mail_flows() && mail.last.is_none() && mail.next_at.is_some_and(|at| at > ctx.now)
}

fn headline(ctx: &Ctx, user: &User) -> String {
    let link = match user.link(ctx.now) {
        LinkColumn::Works(until) => format!(" · link works {} more", words(until.since(ctx.now))),
        LinkColumn::Expired(at) => format!(" · link expired {} ago", words(ctx.now.since(at))),
        LinkColumn::Asked(at) => format!(" · link expired {} ago, asks for a new one", words(ctx.now.since(at))),
        LinkColumn::MailFailed => " · the email failed".to_owned(),
        LinkColumn::Withdrawn => " · no open invitation".to_owned(),
        LinkColumn::None => String::new(),
    };
    format!(" {} {}{link}", glyph(user.status), user.status.name().to_uppercase())
}
