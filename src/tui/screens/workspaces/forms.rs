//! The forms of the list of workspaces: create one, rename one.

use std::sync::Arc;

use super::msg::Msg;
use crate::domain::name::Name;
use crate::tui::dialogs::Form;
use crate::tui::widgets::fields::{Field, Fields, needs};

/// A form that asks what a new workspace is called.
pub fn create() -> Form<Msg> {
    let fields = Fields::new(vec![Field::text("Name", "", needs(Name::parse)).with_note("for example Research")]);
    let submit = |fields: &Fields, number| Some(Msg::Create(number, Name::parse(&fields.value(0)).ok()?));
    Form::new("Create workspace".to_owned(), fields, ("Create", "Creating…"), Arc::new(submit))
}

/// A form that asks what a workspace is called from now on.
pub fn rename(from: &Name) -> Form<Msg> {
    let fields = Fields::new(vec![Field::text("Name", from.as_str(), needs(Name::parse))]);
    let title = format!("Rename workspace {from}");
    let from = from.clone();
    let submit =
        move |fields: &Fields, number| Some(Msg::Rename(number, from.clone(), Name::parse(&fields.value(0)).ok()?));
    Form::new(title, fields, ("Rename", "Renaming…"), Arc::new(submit))
}
