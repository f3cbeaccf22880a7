//! Chooses one of a few: a view, an order, a role.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::{Dialog, Touch, frame, stay};
use crate::app::users::bulk::Each;
use crate::domain::query::{SortKey, View};
use crate::tui::canvas::{Canvas, Target};
use crate::tui::keymap::{Command, Context};
use crate::tui::message::Effect;
use crate::tui::screens::mail::update::Filter;
use crate::tui::screens::{mail, users};
use crate::tui::state::State;
use crate::tui::widgets::scroll::around;
use crate::tui::widgets::text::cell;

/// What a menu chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The view.
    View,
    /// The order.
    Order,
    /// Which mails.
    Mails,
    /// Administrator or not, for all who are marked.
    Role,
}

/// A menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Menu {
    choice: Choice,
    /// The line with the focus.
    at: usize,
}

impl Menu {
    /// The menu with the focus on what is chosen now.
    pub fn new(state: &State, choice: Choice) -> Self {
        fn place<T: PartialEq>(all: &[T], now: &T) -> usize {
            all.iter().position(|one| one == now).unwrap_or(0)
        }
        let query = &state.users.query;
        let at = match choice {
            Choice::View => place(&View::ALL, &query.view),
            Choice::Order => place(&SortKey::ALL, &query.order.key),
            Choice::Mails => place(&Filter::ALL, &state.mail.filter),
            Choice::Role => 0,
        };
        Self { choice, at }
    }

    fn items(self) -> Vec<&'static str> {
        match self.choice {
            Choice::View => View::ALL.iter().map(|view| view.words()).collect(),
            Choice::Order => SortKey::ALL.iter().map(|key| key.words()).collect(),
            Choice::Mails => Filter::ALL.iter().map(|filter| filter.words()).collect(),
            Choice::Role => vec!["member", "administrator"],
        }
    }

    /// Somebody touches it: a line that is clicked is chosen.
    pub fn on(mut self, state: &mut State, touch: Touch) -> Vec<Effect> {
        if let Touch::Click(at) = touch {
            self.at = at.min(self.items().len() - 1);
            return self.choose(state);
        }
        match touch.command(state, Context::Menu) {
            Some(Command::Move(by)) if by > 0 => self.at = (self.at + 1).min(self.items().len() - 1),
            Some(Command::Move(_)) => self.at = self.at.saturating_sub(1),
            Some(Command::Close) => return Vec::new(),
            Some(Command::Press) => return self.choose(state),
            _ => {}
        }
        stay(state, Dialog::Menu(self))
    }

    fn choose(self, state: &mut State) -> Vec<Effect> {
        match self.choice {
            Choice::View => users::update::choose_view(state, View::ALL[self.at]),
            Choice::Order => users::update::choose_order(state, SortKey::ALL[self.at]),
            Choice::Mails => mail::update::choose(state, Filter::ALL[self.at]),
            Choice::Role => users::marks::ask(state, Each::Role { administrator: self.at == 1 }),
        }
    }

    /// Draws it.
    pub fn draw(&self, state: &State, canvas: &mut Canvas) {
        let title = match self.choice {
            Choice::View | Choice::Mails => "View",
            Choice::Order => "Order · the same again turns it round",
            Choice::Role => "Role of all who are marked",
        };
        let items = self.items();
        let inner = frame(canvas, title, 46, u16::try_from(items.len()).unwrap_or(7));
        let width = usize::from(inner.width);
        let room = usize::from(inner.height);
        let first = around(self.at, items.len(), room);
        for (row, (at, words)) in items.iter().enumerate().skip(first).take(room).enumerate() {
            let style = if at == self.at { state.theme.focus() } else { Style::new() };
            let place = Rect { y: inner.y + u16::try_from(row).unwrap_or(0), height: 1, ..inner };
            canvas.offer(place, Target::Item(at));
            canvas.render(Line::styled(cell(&format!(" {words}"), width), style), place);
        }
    }
}
