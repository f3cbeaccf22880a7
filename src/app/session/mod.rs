//! Beginning a session, and setting up an organisation.

pub mod authority;
pub mod come_as;
pub mod operator_start;
pub mod set_up;
pub mod sign_in;
pub mod unlock;
