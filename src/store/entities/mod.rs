//! The tables as SeaORM sees them, one a file.

pub mod audit;
pub mod audit_chain;
pub mod audit_detail;
pub mod erasure;
pub mod limit;
pub mod link;
pub mod link_view;
pub mod mail_attempt;
pub mod membership;
pub mod node;
pub mod outbox;
pub mod relay;
pub mod request;
pub mod setting;
pub mod user;
pub mod workspace;
