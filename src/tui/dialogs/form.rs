//! A form: fields, a button, and the message that it sends when it is saved.

use std::sync::Arc;

use super::frame::frame;
use super::touch::{Touch, Touched};
use crate::tui::canvas::Canvas;
use crate::tui::ctx::{Ctx, Number};
use crate::tui::widgets::fields::{Answer, Fields};
use crate::tui::widgets::lines::lines;

/// Columns of a form.
const COLUMNS: u16 = 84;

/// Makes what a filled-in form sends, under its number; nothing while a field is wrong.
pub type Submit<M> = Arc<dyn Fn(&Fields, Number) -> Option<M> + Send + Sync>;
/// Makes what asks for the list behind a field of the form with this number, which says this now.
pub type Opens<M> = Arc<dyn Fn(Number, String) -> M + Send + Sync>;

/// A form.
pub struct Form<M> {
    pub title: String,
    pub fields: Fields,
    /// What its button says, and says while it is being done.
    button: (&'static str, &'static str),
    submit: Submit<M>,
    opens: Option<Opens<M>>,
    /// Whether it is closed as soon as it is saved: what it asks for cannot be refused.
    closes: bool,
}

impl<M> Form<M> {
    pub fn new(title: String, fields: Fields, button: (&'static str, &'static str), submit: Submit<M>) -> Self {
        Self { title, fields, button, submit, opens: None, closes: false }
    }

    /// The same, with a list behind its listed field.
    #[must_use]
    pub fn opening(mut self, opens: Opens<M>) -> Self {
        self.opens = Some(opens);
        self
    }

    /// The same, closed as soon as it is saved.
    #[must_use]
    pub const fn closing(mut self) -> Self {
        self.closes = true;
        self
    }

    /// The same with the focus on another field.
    #[must_use]
    pub const fn focused(mut self, field: usize) -> Self {
        self.fields.focus = field;
        self
    }

    /// Goes on from what somebody else saved, as their form has it; what was changed here stays changed.
    pub fn rebase(&mut self, theirs: Self) {
        for (mine, now) in self.fields.all.iter_mut().zip(&theirs.fields.all) {
            mine.rebase(now);
        }
        self.fields.sending = false;
        self.fields.refused = None;
        (self.title, self.submit) = (theirs.title, theirs.submit);
    }

    /// Saves it, unless a field is wrong.
    pub fn save(&mut self, number: Number) -> Touched<M> {
        let answer = self.fields.save();
        self.decide(number, answer)
    }

    /// Somebody touches it.
    pub fn touch(&mut self, ctx: &Ctx, number: Number, touch: Touch) -> Touched<M> {
        let answer = match touch {
            Touch::Key(key) => self.fields.key(&ctx.keymap, key),
            Touch::Click(at) => self.fields.click(at),
        };
        self.decide(number, answer)
    }

    fn decide(&mut self, number: Number, answer: Answer) -> Touched<M> {
        match answer {
            Answer::Stays => Touched::Stays,
            Answer::Leaves => Touched::Closed,
            Answer::Saves => match (self.submit)(&self.fields, number) {
                Some(message) if self.closes => Touched::Sent(message),
                Some(message) => Touched::Asked(message),
                None => {
                    self.fields.sending = false;
                    Touched::Stays
                }
            },
            Answer::Opens => {
                let text = self.fields.value(self.fields.focus);
                self.opens.as_ref().map_or(Touched::Stays, |opens| Touched::Asked(opens(number, text)))
            }
        }
    }

    pub fn draw(&self, ctx: &Ctx, canvas: &mut Canvas) {
        let width = usize::from(canvas.area().width.min(COLUMNS)).saturating_sub(2);
        let lines = lines((ctx.theme, &ctx.keymap), &self.fields, self.button, width);
        let inner = frame(canvas, &self.title, COLUMNS, lines.count());
        lines.draw(canvas, inner);
    }
}

impl<M: 'static> Form<M> {
    /// The same, with messages of another kind.
    pub fn map<N: 'static>(self, message: fn(M) -> N) -> Form<N> {
        let Self { title, fields, button, submit, opens, closes } = self;
        let submit: Submit<N> = Arc::new(move |fields, number| submit(fields, number).map(message));
        let opens = opens.map(|opens| -> Opens<N> { Arc::new(move |number, text| message(opens(number, text))) });
        Form { title, fields, button, submit, opens, closes }
    }
}
