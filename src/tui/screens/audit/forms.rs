//! The form of the audit log: which entries are shown.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::msg::{Filter, Msg};
use crate::domain::action::Action;
use crate::domain::time::{Timestamp, parse_moment};
use crate::tui::dialogs::Form;
use crate::tui::widgets::fields::{Field, Fields, may};

/// A form that asks which entries are to be shown.
pub fn filter(now: &Filter, at: Timestamp, zone: &TimeZone) -> Form<Msg> {
    let moment = || {
        let zone = zone.clone();
        may(move |text| parse_moment(text, at, &zone))
    };
    let mut actions = vec!["any".to_owned()];
    actions.extend(Action::ALL.map(|action| action.past().to_owned()));
    let chosen = now.action.and_then(|action| Action::ALL.iter().position(|one| *one == action));
    let anything = || may(|_| Ok::<_, String>(()));
    let fields = vec![
        Field::text("To whom", &now.user, anything()).with_note("an email address, or # and a number"),
        Field::text("By whom", &now.actor, anything()).with_note("the same, or operator, or rsvp for the program"),
        Field::choice("What", actions, chosen.map_or(0, |at| at + 1)),
        Field::text("Since", &now.since.0, moment()).with_note("7d for the last seven days, or for example 2026-11-24"),
        Field::text("Before", &now.until.0, moment()).with_note("for example 2026-11-24T09:30"),
    ];
    let zone = zone.clone();
    let submit = move |fields: &Fields, _| Some(Msg::Show(filled(fields, at, &zone)));
    let title = "Which entries".to_owned();
    Form::new(title, Fields::new(fields), ("Show", "Show"), Arc::new(submit)).closing()
}

/// The filter as it is filled in.
fn filled(fields: &Fields, now: Timestamp, zone: &TimeZone) -> Filter {
    let value = |at: usize| fields.value(at).trim().to_owned();
    let moment = |at: usize| (value(at), parse_moment(&value(at), now, zone).ok());
    let action = fields.all[2].choice.checked_sub(1).map(|at| Action::ALL[at]);
    Filter { user: value(0), actor: value(1), action, since: moment(3), until: moment(4) }
}
