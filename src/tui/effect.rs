//! What a screen asks for, beside changing its own state: to read, to change, to do something to the terminal, or
//! something of the shell that shows it.

use super::ctx::{Ctx, Number};
use super::dialogs::{Dialog, Form};
use super::screen::Screen;
use crate::app::users::undo::Undoable;
use crate::domain::user::UserId;

/// Something to be done outside: `R` and `C` say what a screen reads and changes, `M` what its dialogs answer with.
pub enum Effect<R, C, M> {
    /// Something to be read: it may be left unfinished, and the newest of its kind is what is wanted.
    Read(R),
    /// Something to be changed: it is always finished, and its answer always told.
    Change(C),
    Terminal(Terminal),
    Shell(Ask<M>),
}

/// Something to be done to the terminal, or to the program in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Terminal {
    /// Put a text into the reader's clipboard.
    Copy(String),
    /// Draw everything again.
    Redraw,
    /// Suspend to the shell.
    ToShell,
    Quit,
    /// Leave, because the actor may not be here any more; says why.
    Expel(String),
}

/// What a screen asks of the shell.
pub enum Ask<M> {
    Open(Number, Dialog<M>),
    /// Open above a form, unless that was left or sent meanwhile.
    OpenAbove(Number, Number, Dialog<M>),
    /// Show another dialog in the place of one that is open.
    Replace(Number, Dialog<M>),
    Close(Number),
    /// Tell in a form why it was not saved; whoever left it is told at the bottom.
    Refuse(Number, String),
    /// Ask in a form that could not be saved what to do about what somebody else saved: about whom, and their form.
    Conflict(Number, String, Box<Form<M>>),
    /// Put a text into a field of a form.
    Fill(Number, usize, String),
    Go(Place),
    /// From now on undo takes this back; or nothing.
    Undo(Option<Undoable>),
    /// Read everything again that a change may have touched.
    Reload,
}

/// Where to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Screen(Screen),
    /// This user in the list of all.
    User(UserId),
    /// The users of the workspace with this name.
    Workspace(String),
    /// The form of this user, at the address.
    Address(UserId),
}

/// Opens a dialog under a number of its own.
pub fn open<R, C, M>(ctx: &mut Ctx, dialog: Dialog<M>) -> Vec<Effect<R, C, M>> {
    vec![Effect::Shell(Ask::Open(ctx.number(), dialog))]
}

impl<R, C, M: 'static> Effect<R, C, M> {
    /// The same as an effect of the shell, which knows what every screen's are called.
    pub fn lift<R2, C2, M2: 'static>(
        self,
        read: impl Fn(R) -> R2,
        change: impl Fn(C) -> C2,
        message: fn(M) -> M2,
    ) -> Effect<R2, C2, M2> {
        match self {
            Self::Read(what) => Effect::Read(read(what)),
            Self::Change(what) => Effect::Change(change(what)),
            Self::Terminal(what) => Effect::Terminal(what),
            Self::Shell(ask) => Effect::Shell(ask.lift(message)),
        }
    }
}

impl<M: 'static> Ask<M> {
    fn lift<N: 'static>(self, message: fn(M) -> N) -> Ask<N> {
        match self {
            Self::Open(number, dialog) => Ask::Open(number, dialog.map(message)),
            Self::OpenAbove(form, number, dialog) => Ask::OpenAbove(form, number, dialog.map(message)),
            Self::Replace(number, dialog) => Ask::Replace(number, dialog.map(message)),
            Self::Close(number) => Ask::Close(number),
            Self::Refuse(number, why) => Ask::Refuse(number, why),
            Self::Conflict(number, name, theirs) => Ask::Conflict(number, name, Box::new(theirs.map(message))),
            Self::Fill(number, field, text) => Ask::Fill(number, field, text),
            Self::Go(place) => Ask::Go(place),
            Self::Undo(what) => Ask::Undo(what),
            Self::Reload => Ask::Reload,
        }
    }
}
