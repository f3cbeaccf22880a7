//! What is done with emails in the outbox.

pub mod cancel_mail;
pub mod list_mails;
pub mod outbox;
pub mod preview_mail;
pub mod retry_mail;
pub mod test_mail;
