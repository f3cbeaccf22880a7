//! The stack of dialogs: what opens and closes them, what they answer with, and who of them gets an answer.

use super::msg::Msg;
use super::screens;
use super::state::Shell;
use crate::tui::ctx::Number;
use crate::tui::dialogs::{Choice, Comparison, Dialog, Form, Touch, Touched, columns};
use crate::tui::keymap::Command;

/// What somebody asked for in a dialog.
pub enum Asked {
    Nothing,
    Message(Box<Msg>),
    /// A command of the screen below, about what is under its cursor.
    Command(Command),
}

/// Opens a dialog.
pub fn open(shell: &mut Shell, number: Number, dialog: Dialog<Msg>) {
    shell.dialogs.push((number, dialog));
    shell.ctx.dirty = true;
}

/// Opens a dialog above a form, unless that was left or sent meanwhile, or something else was opened.
pub fn open_above(shell: &mut Shell, form: Number, number: Number, dialog: Dialog<Msg>) {
    let fits = matches!(
        shell.dialogs.last(),
        Some((top, Dialog::Form(below))) if *top == form && !below.fields.sending
    );
    if fits {
        open(shell, number, dialog);
    }
}

fn at(shell: &Shell, number: Number) -> Option<usize> {
    shell.dialogs.iter().position(|(other, _)| *other == number)
}

/// The form with this number, if it is open still.
fn form(shell: &mut Shell, number: Number) -> Option<&mut Form<Msg>> {
    shell.dialogs.iter_mut().find_map(|(other, dialog)| match dialog {
        Dialog::Form(form) if *other == number => Some(&mut **form),
        Dialog::Form(_)
        | Dialog::Question(_)
        | Dialog::Comparison(_)
        | Dialog::Menu(_)
        | Dialog::List(_)
        | Dialog::Memberships(_)
        | Dialog::Progress(_)
        | Dialog::Reading(_)
        | Dialog::Whole(_) => None,
    })
}

/// Shows another dialog in the place of one that is open.
pub fn replace(shell: &mut Shell, number: Number, dialog: Dialog<Msg>) {
    if let Some(at) = at(shell, number) {
        shell.dialogs[at].1 = dialog;
        shell.ctx.dirty = true;
    }
}

/// Closes a dialog, if it is open still.
pub fn close(shell: &mut Shell, number: Number) {
    if let Some(at) = at(shell, number) {
        shell.dialogs.remove(at);
        shell.ctx.dirty = true;
    }
}

/// Tells in a form why it was not saved; whoever left it is told at the bottom. Whether the form was there.
pub fn refuse(shell: &mut Shell, number: Number, why: String) -> bool {
    shell.ctx.dirty = true;
    if let Some(form) = form(shell, number) {
        form.fields.refuse(why);
        return true;
    }
    shell.ctx.warn(why);
    false
}

/// Asks what to do about what somebody else saved first, right above the form, whatever was opened meanwhile. Whether
/// the form was there.
pub fn conflict(shell: &mut Shell, number: Number, name: String, theirs: Form<Msg>) -> bool {
    let asked = shell.ctx.number();
    let Some(at) = at(shell, number) else {
        shell.ctx.warn(format!("Someone changed {name} while you were editing. Nothing was saved."));
        return false;
    };
    if let (_, Dialog::Form(mine)) = &mut shell.dialogs[at] {
        let comparison = Comparison::new(&shell.ctx, mine, theirs, name);
        shell.dialogs.insert(at + 1, (asked, Dialog::Comparison(Box::new(comparison))));
        shell.ctx.dirty = true;
    }
    true
}

/// Puts a text into a field of a form.
pub fn fill(shell: &mut Shell, number: Number, field: usize, text: String) {
    if let Some(form) = form(shell, number) {
        form.fields.all[field].set(text);
    }
}

/// Somebody touches the dialog on top.
pub fn touch(shell: &mut Shell, touch: Touch) -> Asked {
    let reads_whole = matches!(shell.dialogs.last(), Some((_, Dialog::Whole(_))));
    let whole = if reads_whole {
        screens::whole(&shell.screens, &shell.ctx, shell.screen, columns(&shell.ctx)).1.len()
    } else {
        0
    };
    let Some((number, dialog)) = shell.dialogs.last_mut() else { return Asked::Nothing };
    let touched = dialog.touch(&shell.ctx, *number, touch, whole);
    answer(shell, touch, touched)
}

fn answer(shell: &mut Shell, touch: Touch, touched: Touched<Msg>) -> Asked {
    match touched {
        Touched::Stays => Asked::Nothing,
        Touched::Closed => {
            shell.dialogs.pop();
            Asked::Nothing
        }
        Touched::Sent(msg) => {
            shell.dialogs.pop();
            Asked::Message(Box::new(msg))
        }
        Touched::Asked(msg) => Asked::Message(Box::new(msg)),
        Touched::Compared(choice) => compared(shell, choice),
        // It is still under the cursor: the screen's keys for it apply here too.
        Touched::Passed => match touch {
            Touch::Key(key) => match shell.ctx.keymap.command(&shell.contexts(), key) {
                Some(command) if command.is_about_a_row() => Asked::Command(command),
                Some(_) | None => Asked::Nothing,
            },
            Touch::Click(_) => Asked::Nothing,
        },
    }
}

/// Somebody decided between what they saved and what is in the form below.
fn compared(shell: &mut Shell, choice: Choice) -> Asked {
    let Some((_, Dialog::Comparison(comparison))) = shell.dialogs.pop() else { return Asked::Nothing };
    let (theirs, name) = comparison.into_theirs();
    if choice == Choice::KeepTheirs {
        shell.dialogs.pop();
        shell.ctx.say(format!("{name}: left as someone else saved it"));
        return Asked::Nothing;
    }
    let Some((number, Dialog::Form(form))) = shell.dialogs.last_mut() else { return Asked::Nothing };
    form.rebase(theirs);
    let touched = if choice == Choice::TakeMine { form.save(*number) } else { Touched::Stays };
    answer(shell, Touch::Click(0), touched)
}

/// Closes the dialog on top at once. What is being done for many is stopped, not forgotten.
pub fn interrupt(shell: &mut Shell) -> Asked {
    if let Some((_, Dialog::Progress(progress))) = shell.dialogs.last_mut() {
        let touched = progress.stop();
        return answer(shell, Touch::Click(0), touched);
    }
    shell.dialogs.pop();
    Asked::Nothing
}

/// Pasted text goes into the form on top.
pub fn paste(shell: &mut Shell, text: &str) {
    if let Some((_, Dialog::Form(form))) = shell.dialogs.last_mut() {
        form.fields.paste(text);
    }
}
