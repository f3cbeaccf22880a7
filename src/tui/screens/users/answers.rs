//! What comes back to the list of users: what was read, and what came of changes.

use std::sync::Arc;

use super::forms::{self, at};
use super::msg::{Change, Effect, Msg, NamesFor, Read};
use super::navigate::{await_user, choose_view};
use super::state::Users;
use super::{commands, tasks};
use crate::app::links::renew;
use crate::app::users::command_lines;
use crate::app::users::edit::{self, Edited, Field};
use crate::app::users::invite::{self, Invited};
use crate::app::users::list::Page;
use crate::app::users::show::Detail;
use crate::app::users::undo::Undoable;
use crate::domain::action::Action;
use crate::domain::command_line::command_line;
use crate::domain::explain::Kind;
use crate::domain::name::Name;
use crate::domain::node::Alive;
use crate::domain::query::{UserQuery, View};
use crate::domain::role::{OrganisationRole, WorkspaceRole, memberships_text, parse_memberships};
use crate::domain::task::Task;
use crate::domain::time::words;
use crate::domain::user::{User, UserId, UserRow};
use crate::tui::ctx::{Ctx, Number};
use crate::tui::dialogs::{Dialog, Memberships, Paragraph, Question, Reading};
use crate::tui::effect::{Ask, Terminal};
use crate::tui::keymap::{Command, Context, InDialog};
use crate::tui::refused::{Refused, Unsaved};
use crate::tui::widgets::cursor_list::{Rows, Taken, Window};

/// An answer came.
pub fn on_answer(users: &mut Users, ctx: &mut Ctx, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Page(query, window, Ok(page)) => on_page(users, ctx, &query, window, page),
        Msg::Page(query, window, Err(refused)) => {
            if query == users.query {
                users.list.give_up(window);
            }
            ctx.unread(&refused);
            Vec::new()
        }
        Msg::Hits(query, Ok(hits)) => {
            ctx.dirty |= query == users.query && users.hits.replace(hits) != Some(hits);
            Vec::new()
        }
        Msg::Rested(id) if users.cursor() == Some(id) && users.user().is_none() => {
            vec![Effect::Read(Read::Detail(id))]
        }
        Msg::Detail(id, detail) => on_detail(users, ctx, id, detail),
        Msg::Link(Ok((link, user))) => on_link(ctx, link, &user),
        Msg::Names(names_for, Ok(names)) => on_names(ctx, names_for, names),
        Msg::Resolved(task, selection, Ok(resolved)) => tasks::on_resolved(users, ctx, task, selection, resolved),
        Msg::CameLater(Ok(count)) => tasks::end(users, ctx, count),
        Msg::Acted(action, id, done) => on_acted(users, ctx, action, id, done),
        Msg::Invited(number, request, Ok(done)) => on_invited(users, ctx, number, &request, &done),
        Msg::Invited(number, _, Err(refused)) => not_saved(ctx, number, &refused),
        Msg::Edited(number, request, done) => {
            users.landed(request.user, Action::Edit);
            match done {
                Ok(done) => on_edited(users, ctx, number, &request, &done),
                Err(unsaved) => on_not_edited(ctx, number, unsaved),
            }
        }
        Msg::Chunk(Ok(chunk)) => tasks::on_chunk(users, ctx, chunk),
        Msg::Chunk(Err(refused)) => tasks::on_failed(users, ctx, &refused),
        Msg::CameLater(Err(_)) => tasks::on_uncounted(users, ctx),
        Msg::Resolved(_, _, Err(refused)) => {
            users.resolving = false;
            refuse(ctx, &refused)
        }
        Msg::Hits(_, Err(refused)) => {
            ctx.unread(&refused);
            Vec::new()
        }
        Msg::Link(Err(refused)) | Msg::Names(_, Err(refused)) => refuse(ctx, &refused),
        Msg::Rested(_)
        | Msg::Act(..)
        | Msg::Invite(..)
        | Msg::Edit(..)
        | Msg::Choose(_)
        | Msg::Chosen(..)
        | Msg::Role(_)
        | Msg::Show(_)
        | Msg::Sort(_)
        | Msg::Begin(_)
        | Msg::Stop => Vec::new(),
    }
}

fn refuse(ctx: &mut Ctx, refused: &Refused) -> Vec<Effect> {
    ctx.refused(refused);
    Vec::new()
}

fn not_saved(ctx: &Ctx, number: Number, refused: &Refused) -> Vec<Effect> {
    vec![Effect::Shell(Ask::Refuse(number, refused.sentences(&ctx.me)))]
}

/// A page was read. Only a changed query makes an answer stale; and one that was asked for before the cursor was sent
/// elsewhere.
fn on_page(users: &mut Users, ctx: &mut Ctx, query: &UserQuery, window: Window, page: Page) -> Vec<Effect> {
    if *query != users.query {
        return Vec::new();
    }
    let (taken, changed) = users.list.take(window, Rows { all: page.rows, before: page.before, after: page.after });
    ctx.dirty |= changed;
    match taken {
        Taken::Stale | Taken::Stays => Vec::new(),
        Taken::Moved => {
            users.detail = None;
            users.pending = None;
            users.cursor().map(|id| Effect::Read(Read::Detail(id))).into_iter().collect()
        }
        Taken::Lost => vec![Effect::Read(Read::Page(users.query.clone(), users.list.reload()))],
        Taken::Missed(number) => on_missed(users, ctx, UserId(number)),
    }
}

/// Somebody is not in the list of all: in the bin, or gone.
fn on_missed(users: &mut Users, ctx: &mut Ctx, sought: UserId) -> Vec<Effect> {
    if users.query.view == View::Deleted {
        users.pending = None;
        ctx.warn("This user is gone for good, or isn't yours to see.");
        return choose_view(users, View::All);
    }
    users.query.view = View::Deleted;
    await_user(users, sought)
}

/// Everything about somebody was read, or cannot be. What waited for it is done for nobody else.
fn on_detail(users: &mut Users, ctx: &mut Ctx, id: UserId, detail: Result<Box<Detail>, Refused>) -> Vec<Effect> {
    let corrects = users.correcting.take_if(|user| *user == id).is_some();
    let busy = users.in_flight.iter().any(|(user, _)| *user == id);
    let waits = users.pending.take_if(|(user, _)| *user == id && !busy);
    let detail = match detail {
        Ok(detail) => detail,
        Err(refused) => {
            let mut effects = on_no_detail(users, ctx, id, &refused);
            if corrects || waits.is_some() {
                effects.extend(refuse(ctx, &refused));
            }
            return effects;
        }
    };
    if corrects {
        return commands::edit(ctx, (&detail.user, detail.views), at::EMAIL);
    }
    if users.cursor() != Some(id) {
        return Vec::new();
    }
    // A row that left the list is read in no page any more.
    ctx.dirty |= users.list.learn(UserRow::from(&detail.user)) || users.detail.as_ref() != Some(&detail);
    users.detail = Some(detail);
    waits.map_or_else(Vec::new, |(_, command)| commands::command(users, ctx, command))
}

/// Somebody has no detail. Whoever is nowhere any more does not stay under the cursor either.
fn on_no_detail(users: &mut Users, ctx: &mut Ctx, id: UserId, refused: &Refused) -> Vec<Effect> {
    if refused.kind != Kind::NotFound || users.cursor() != Some(id) || !users.list.let_go() {
        return Vec::new();
    }
    users.detail = None;
    ctx.dirty = true;
    users.cursor().map(|id| Effect::Read(Read::Detail(id))).into_iter().collect()
}

/// A link was made: it is shown, and put into the clipboard.
fn on_link(ctx: &mut Ctx, link: String, user: &User) -> Vec<Effect> {
    let close = ctx.keymap.dialog_label(Context::Reading, InDialog::Close);
    let told = format!(
        "Sent to your terminal's clipboard, if it allows that. {} {close} closes.",
        Action::ShowLink.spec().consequence
    );
    let paragraphs = vec![
        Paragraph { is_link: true, ..Paragraph::plain(link.as_str()) },
        Paragraph::default(),
        Paragraph { style: ctx.theme.quiet(), ..Paragraph::plain(told) },
    ];
    let reading = Reading::new(format!("Link of {}", user.name.as_str()), paragraphs);
    ctx.dirty = true;
    let number = ctx.number();
    vec![Effect::Terminal(Terminal::Copy(link)), Effect::Shell(Ask::Open(number, Dialog::Reading(Box::new(reading))))]
}

/// The names of workspaces were read, to choose among them.
fn on_names(ctx: &mut Ctx, names_for: NamesFor, names: Vec<Name>) -> Vec<Effect> {
    ctx.dirty = true;
    if names.is_empty() {
        ctx.warn("There are no workspaces yet.");
        return Vec::new();
    }
    let done = ctx.keymap.dialog_label(Context::Picker, InDialog::Press);
    let number = ctx.number();
    let for_form = names_for.clone();
    let choose = Arc::new(move |chosen| Msg::Chosen(for_form.clone(), chosen));
    let dialog = |memberships| Dialog::Memberships(Box::new(memberships));
    let ask = match names_for {
        NamesFor::Marked => {
            let title = format!("Add everybody who is marked · ← → role · {done} asks");
            Ask::Open(number, dialog(Memberships::for_many(title, names, choose)))
        }
        NamesFor::Form(form, text) => {
            let title = format!("Workspaces · Space in or out · ← → role · {done} done");
            let chosen = parse_memberships(&text).unwrap_or_default();
            Ask::OpenAbove(form, number, dialog(Memberships::of_one(title, names, chosen, choose)))
        }
        NamesFor::User(user) => {
            let title = format!("Space in or out · ← → role · {done} saves · {}", user.name);
            let chosen = user.memberships.iter().map(|m| (m.name.clone(), m.role)).collect();
            Ask::Open(number, dialog(Memberships::of_one(title, names, chosen, choose)))
        }
    };
    vec![Effect::Shell(ask)]
}

/// Workspaces were chosen.
pub fn on_chosen(
    users: &mut Users,
    ctx: &mut Ctx,
    names_for: NamesFor,
    chosen: Vec<(Name, WorkspaceRole)>,
) -> Vec<Effect> {
    match names_for {
        NamesFor::Form(form, _) => {
            let text = memberships_text(chosen.iter().map(|(name, role)| (name.as_str(), *role)));
            vec![Effect::Shell(Ask::Fill(form, at::WORKSPACES, text))]
        }
        NamesFor::User(user) => {
            let request =
                edit::Request { version: Some(user.version), workspaces: Some(chosen), ..edit::Request::of(user.id) };
            let number = ctx.number();
            let renews = edit::renews(&request, &user, ctx.now).then(|| edit::RENEWS.to_owned());
            let ends = || renew::of_views(users.views()).filter(|_| edit::takes_role(&request, &user));
            if let Some(means) = renews.or_else(ends) {
                ctx.dirty = true;
                let title = format!("Change the workspaces of {}?", user.name);
                let save = Msg::Edit(number, Box::new(request));
                let about = format!("{} · {}", user.email, user.status);
                let question = Question::confirm(ctx, title, about, means, "Save workspaces".to_owned(), save);
                return vec![Effect::Shell(Ask::Open(number, Dialog::Question(Box::new(question))))];
            }
            users.in_flight.push((user.id, Action::Edit));
            vec![Effect::Change(Change::Edit(number, Box::new(request)))]
        }
        NamesFor::Marked => {
            chosen.into_iter().next().map_or_else(Vec::new, |(name, role)| tasks::ask(users, Task::Join(name, role)))
        }
    }
}

/// An action on one user was done, or not.
fn on_acted(
    users: &mut Users,
    ctx: &mut Ctx,
    action: Action,
    id: UserId,
    done: Result<Box<User>, Refused>,
) -> Vec<Effect> {
    users.landed(id, action);
    let waits = users.pending.take_if(|(user, _)| *user == id);
    let user = match done {
        Ok(user) => user,
        Err(refused) => {
            let name = users.list.row(id.0).map_or(String::new(), |row| format!("{}: ", row.name));
            ctx.warn(format!("{name}{}", refused.sentences(&ctx.me)));
            return vec![Effect::Shell(Ask::Reload)];
        }
    };
    users.learn(&user);
    let past = action.past();
    let undo = (action.spec().undoable && action != Action::Edit).then(|| undoable(action, &user, None));
    let undoes = undo.as_ref().map_or(String::new(), |_| undoes(ctx));
    let equal = ctx.equal(&command_line(&[action.name()], &[], &[user.email.as_str()]));
    let mail = if action == Action::Resend { waiting_mail(ctx) } else { "" };
    ctx.say(format!("{}: {past}{mail}{undoes}{equal}", user.name));
    let mut effects: Vec<Effect> = undo.map(|undo| Effect::Shell(Ask::Undo(Some(undo)))).into_iter().collect();
    effects.push(Effect::Shell(Ask::Reload));
    // It was for them: whoever is under the cursor by now is somebody else.
    if let Some((_, command)) = waits.filter(|(user, _)| users.cursor() == Some(*user)) {
        effects.extend(commands::command(users, ctx, command));
    }
    effects
}

/// How undo is named behind what was done.
fn undoes(ctx: &Ctx) -> String {
    format!(" · {} undoes this", ctx.key(Command::Act(Action::Undo)))
}

/// What undoes an action that left the user so.
fn undoable(action: Action, user: &User, role_before: Option<OrganisationRole>) -> Undoable {
    Undoable { action, user: user.id, version: user.version, role_before }
}

/// What keeps an email that was just enqueued from leaving, if something does.
fn waiting_mail(ctx: &Ctx) -> &'static str {
    let relay = ctx.health.as_ref().is_some_and(|health| health.relay.is_some());
    if ctx.health.as_ref().is_some_and(|health| health.held_at.is_some()) {
        return if ctx.me.restricted {
            ", but email waits until whoever runs this server releases it"
        } else {
            ", but email waits until you run rsvp release mail"
        };
    }
    match (ctx.mail_flows(), relay) {
        (true, _) => "",
        (false, true) => ", but the relay takes no email now",
        (false, false) if ctx.here.has_transport => ", but nothing sends email now",
        (false, false) => ", but no relay is set, so the email waits",
    }
}

/// Somebody was invited.
fn on_invited(
    users: &mut Users,
    ctx: &mut Ctx,
    number: Number,
    request: &invite::Request,
    done: &Invited,
) -> Vec<Effect> {
    let user = &done.user;
    let held = done.held_until.filter(|_| ctx.mail_flows());
    let mail = held.map_or(String::new(), |until| format!("; the email leaves in {}", words(until.since(ctx.now))));
    let portal = match ctx.health.as_ref().map(|health| health.portal) {
        Some(Alive::Never) if !ctx.here.demo => "; nothing serves the link yet",
        Some(Alive::Never | Alive::Now | Alive::Last(_)) | None => "",
    };
    let equal = ctx.equal(&command_lines::of_invite(request));
    ctx.say(format!("{}: invited{}{portal}{mail}{}{equal}", user.name, waiting_mail(ctx), undoes(ctx)));
    let mut effects =
        vec![Effect::Shell(Ask::Close(number)), Effect::Shell(Ask::Undo(Some(undoable(Action::Invite, user, None))))];
    // In a list that cannot show them the cursor stays where it is.
    let query = &users.query;
    let is_shown = matches!(query.view, View::All | View::Invited) && query.search.is_empty();
    if is_shown && query.workspace.is_none() {
        users.list.go_to(user.id.0, false);
        effects.push(Effect::Read(Read::Detail(user.id)));
    }
    effects.push(Effect::Shell(Ask::Reload));
    effects
}

/// A user was edited.
fn on_edited(users: &mut Users, ctx: &mut Ctx, number: Number, request: &edit::Request, done: &Edited) -> Vec<Effect> {
    let before = users.detail.as_ref().filter(|detail| detail.user.id == request.user).map(|d| d.user.clone());
    users.learn(&done.user);
    let only_role = before.as_ref().filter(|_| done.changed == [Field::Role]).map(|before| before.organisation_role);
    let undo = only_role.map(|role| undoable(Action::Edit, &done.user, Some(role)));
    let equal = before
        .filter(|_| !done.changed.is_empty())
        .map_or(String::new(), |before| ctx.equal(&command_lines::of_edit(request, &before.email)));
    let undoes = undo.as_ref().map_or(String::new(), |_| undoes(ctx));
    ctx.say(format!("{}: {}{undoes}{equal}", done.user.name, done.outcome()));
    let mut effects = vec![Effect::Shell(Ask::Close(number))];
    // An edit that cannot be undone leaves nothing to undo: whoever undoes one does not mean what they did before it, to
    // somebody else.
    if !done.changed.is_empty() {
        effects.push(Effect::Shell(Ask::Undo(undo)));
    }
    effects.push(Effect::Shell(Ask::Reload));
    effects
}

/// A user was not edited.
fn on_not_edited(ctx: &Ctx, number: Number, unsaved: Unsaved) -> Vec<Effect> {
    match unsaved.theirs {
        Some(theirs) => {
            let name = theirs.name.as_str().to_owned();
            vec![Effect::Shell(Ask::Conflict(number, name, Box::new(forms::edit(ctx, &theirs, 0))))]
        }
        None => not_saved(ctx, number, &unsaved.refused),
    }
}
