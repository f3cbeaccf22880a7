//! The form of the list of emails: send a test email.

use std::sync::Arc;

use super::msg::Msg;
use crate::domain::email::Email;
use crate::tui::dialogs::Form;
use crate::tui::widgets::fields::{Field, Fields, needs};

/// A form that asks where a test email goes.
pub fn test_mail(to: &str) -> Form<Msg> {
    let fields = Fields::new(vec![Field::text("To", to, needs(Email::parse)).with_note("ada@example.org")]);
    let submit = |fields: &Fields, number| Some(Msg::Test(number, Email::parse(&fields.value(0)).ok()?));
    Form::new("Send test email".to_owned(), fields, ("Send", "Sending…"), Arc::new(submit))
}
