//! The tables as SeaORM sees them, one a file.

pub mod audit;
pub mod audit_detail;
pub mod invitation;
pub mod mail_attempt;
pub mod membership;
pub mod outbox;
pub mod password_reset;
pub mod relay;
pub mod setting;
pub mod user;
pub mod workspace;
