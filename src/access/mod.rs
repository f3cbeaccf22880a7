//! Whether others can get at a file that the organisation depends on: read it, write to it, or put another in its
//! place.
//!
//! Every part that opens such a file asks here, so that all mean the same by it: the file, and every folder and link on the
//! way to it, belong to this login or to root, and nobody else can exchange any of them.

mod file;
mod folders;
mod login;
mod untrusted;

pub use file::{Guard, certificates, check, companions, is_credential, is_ours, is_out_of_reach, open, read};
pub use folders::{GroupFolder, judge};
pub use login::{is_for_another_login, login, name_of, number, rerun_as, run_as};
pub use untrusted::Untrusted;
