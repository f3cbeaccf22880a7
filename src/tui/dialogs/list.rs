//! Chooses one of many by what is typed: all actions, and the keys of a place.

use super::frame::frame;
use super::picker::{Entry, Picked, Picker};
use super::touch::{Touch, Touched};
use crate::domain::text::fold;
use crate::tui::canvas::Canvas;
use crate::tui::ctx::Ctx;
use crate::tui::widgets::fuzzy::fits;

/// How what is typed chooses lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// By letters in their order, the best first.
    Fuzzy,
    /// By a key, as it is shown or as the settings write it; then by words.
    Keys,
}

/// The list.
pub struct List<M> {
    pub title: String,
    /// What is said where nothing fits.
    pub nothing: &'static str,
    filter: Filter,
    /// Each line, and what it sends.
    entries: Vec<(Entry, M)>,
    /// Lines that were found by what was typed, which is the text.
    found: (String, Vec<(Entry, M)>),
    /// How more lines are found by what is typed.
    typed: Option<Asking<M>>,
    /// Rows of the box that it keeps while lines come and go.
    rows: usize,
    picker: Picker,
}

/// What is sent when something else is typed, from so many letters on.
struct Asking<M> {
    fewest: usize,
    typed: fn(String) -> M,
}

impl<M> List<M> {
    /// All of these.
    pub fn new(title: String, nothing: &'static str, filter: Filter, entries: Vec<(Entry, M)>) -> Self {
        let rows = entries.len() + 1;
        let found = (String::new(), Vec::new());
        Self { title, nothing, filter, entries, found, typed: None, rows, picker: Picker::default() }
    }

    /// The same; what is typed is sent from so many letters on, for more lines to be found by it.
    #[must_use]
    pub fn asking(mut self, fewest: usize, typed: fn(String) -> M) -> Self {
        self.typed = Some(Asking { fewest, typed });
        self
    }

    /// Whether nothing fits yet, and what is looked for by what is typed is not found yet.
    pub fn awaits_lines(&self) -> bool {
        let typed = self.picker.input.value().trim();
        let asks = self.typed.as_ref().is_some_and(|asking| typed.chars().count() >= asking.fewest);
        asks && self.found.0 != typed && self.fitting().is_empty()
    }

    /// Lines were found by a text; only what is typed now counts.
    pub fn found(&mut self, text: String, entries: Vec<(Entry, M)>) -> bool {
        let is_wanted = self.picker.input.value().trim() == text;
        if is_wanted {
            self.found = (text, entries);
        }
        is_wanted
    }

    /// The same, with messages of another kind. One that asks stays with whoever made it: no screen of ours does.
    pub fn map<N>(self, message: fn(M) -> N) -> List<N> {
        let send = |all: Vec<(Entry, M)>| all.into_iter().map(|(entry, sends)| (entry, message(sends))).collect();
        let Self { title, nothing, filter, entries, found, rows, picker, .. } = self;
        let found = (found.0, send(found.1));
        List { title, nothing, filter, entries: send(entries), found, typed: None, rows, picker }
    }

    /// The lines that fit what is typed.
    fn fitting(&self) -> Vec<&(Entry, M)> {
        let typed = self.picker.input.value().trim();
        if typed.is_empty() {
            return self.entries.iter().collect();
        }
        let mut all = match self.filter {
            Filter::Fuzzy => {
                let mut scored: Vec<_> =
                    self.entries.iter().filter_map(|one| Some((fits(&one.0.words, typed)?, one))).collect();
                scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
                scored.into_iter().map(|(_, one)| one).collect()
            }
            Filter::Keys => by_key(&self.entries, typed),
        };
        if self.found.0 == typed {
            all.extend(&self.found.1);
        }
        all
    }

    pub fn draw(&self, ctx: &Ctx, canvas: &mut Canvas) {
        let entries: Vec<&Entry> = self.fitting().into_iter().map(|(entry, _)| entry).collect();
        let rows = u16::try_from(self.rows).unwrap_or(u16::MAX).min(canvas.area().height.saturating_sub(4));
        let inner = frame(canvas, &self.title, 84, rows);
        self.picker.draw(ctx, &entries, self.nothing, canvas, inner);
    }
}

/// The lines whose key is what is typed, then those whose words have it.
fn by_key<'a, M>(entries: &'a [(Entry, M)], typed: &str) -> Vec<&'a (Entry, M)> {
    let low = typed.to_lowercase();
    let is_key = |one: &&(Entry, M)| {
        // A letter and its capital are two keys; Ctrl-D is as well written ctrl-d.
        let lone = typed.chars().count() == 1;
        one.0.keys.iter().any(|(shown, setting)| shown == typed || (!lone && *setting == low))
    };
    let folded = fold(typed);
    let has_words = |one: &&(Entry, M)| folded.split(' ').all(|word| fold(&one.0.words).contains(word));
    let (mut first, rest): (Vec<_>, Vec<_>) = entries.iter().partition(is_key);
    first.extend(rest.into_iter().filter(has_words));
    first
}

impl<M: Clone> List<M> {
    /// Somebody touches it.
    pub fn touch(&mut self, ctx: &Ctx, touch: Touch) -> Touched<M> {
        let lines = self.fitting().len();
        match self.picker.touch(ctx, touch, lines) {
            Picked::Closed => Touched::Closed,
            Picked::Taken => {
                let taken = self.fitting().get(self.picker.at).map(|(_, message)| message.clone());
                taken.map_or(Touched::Stays, Touched::Sent)
            }
            Picked::On => Touched::Stays,
            Picked::Typed => {
                let text = self.picker.input.value().trim();
                match &self.typed {
                    Some(asking) if text.chars().count() >= asking.fewest => {
                        Touched::Asked((asking.typed)(text.to_owned()))
                    }
                    Some(_) | None => Touched::Stays,
                }
            }
        }
    }
}
