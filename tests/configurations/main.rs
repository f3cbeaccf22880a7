//! The configuration that the documentation shows, given to the programs that read it. A block that no program was given
//! fails here: it says what it is by its fence, or by the file that the sentence above names.
//!
//! Size: some twenty starts of rsvp, and each web server once; a minute.

mod authority;
mod blocks;
mod checks;
mod servers;
#[path = "../support/mod.rs"]
mod support;
