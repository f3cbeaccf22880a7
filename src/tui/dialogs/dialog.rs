//! Any dialog: what it does with a touch, and how it is drawn.

use super::comparison::Comparison;
use super::form::Form;
use super::list::List;
use super::memberships::Memberships;
use super::menu::Menu;
use super::progress::Progress;
use super::question::Question;
use super::reading::Reading;
use super::touch::{Touch, Touched};
use super::window::Window;
use crate::tui::canvas::Canvas;
use crate::tui::ctx::{Ctx, Number};

/// A dialog, whose answers are messages `M`.
pub enum Dialog<M> {
    /// Asks before something is done.
    Question(Box<Question<M>>),
    Form(Box<Form<M>>),
    /// Somebody else saved first: what they saved beside what is in the form below.
    Comparison(Box<Comparison<M>>),
    /// Chooses one of a few.
    Menu(Menu<M>),
    /// Chooses one of many by what is typed.
    List(Box<List<M>>),
    /// Chooses workspaces and the role in each.
    Memberships(Box<Memberships<M>>),
    /// How far something is.
    Progress(Progress<M>),
    /// Something to be read.
    Reading(Box<Reading>),
    /// Everything about what is under the screen's cursor: the screen has the lines, this the place in them.
    Whole(Window),
}

impl<M: 'static> Dialog<M> {
    /// The same, with messages of another kind.
    pub fn map<N: 'static>(self, message: fn(M) -> N) -> Dialog<N> {
        match self {
            Self::Question(one) => Dialog::Question(Box::new(one.map(message))),
            Self::Form(one) => Dialog::Form(Box::new(one.map(message))),
            Self::Comparison(one) => Dialog::Comparison(Box::new(one.map(message))),
            Self::Menu(one) => Dialog::Menu(one.map(message)),
            Self::List(one) => Dialog::List(Box::new(one.map(message))),
            Self::Memberships(one) => Dialog::Memberships(Box::new(one.map(message))),
            Self::Progress(one) => Dialog::Progress(one.map(message)),
            Self::Reading(one) => Dialog::Reading(one),
            Self::Whole(window) => Dialog::Whole(window),
        }
    }
}

impl<M: Clone> Dialog<M> {
    /// Somebody touches it; `whole` is how many lines the screen has for [`Dialog::Whole`].
    pub fn touch(&mut self, ctx: &Ctx, number: Number, touch: Touch, whole: usize) -> Touched<M> {
        match self {
            Self::Question(one) => one.touch(ctx, touch),
            Self::Form(one) => one.touch(ctx, number, touch),
            Self::Comparison(one) => one.touch(ctx, touch),
            Self::Menu(one) => one.touch(ctx, touch),
            Self::List(one) => one.touch(ctx, touch),
            Self::Memberships(one) => one.touch(ctx, touch),
            Self::Progress(one) => one.touch(ctx, touch),
            Self::Reading(one) => one.touch(ctx, touch),
            Self::Whole(window) => window.touch_over_screen(ctx, touch, whole),
        }
    }

    /// Draws it; [`Dialog::Whole`] is drawn by the shell, which knows the screen.
    pub fn draw(&self, ctx: &Ctx, canvas: &mut Canvas) {
        match self {
            Self::Question(one) => one.draw(ctx, canvas),
            Self::Form(one) => one.draw(ctx, canvas),
            Self::Comparison(one) => one.draw(ctx, canvas),
            Self::Menu(one) => one.draw(ctx, canvas),
            Self::List(one) => one.draw(ctx, canvas),
            Self::Memberships(one) => one.draw(ctx, canvas),
            Self::Progress(one) => one.draw(ctx, canvas),
            Self::Reading(one) => one.draw(ctx, canvas),
            Self::Whole(_) => {}
        }
    }
}
