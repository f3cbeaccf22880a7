//! What several parts say to people in their language.

pub mod catalogue;
pub mod roles;
