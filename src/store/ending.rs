//! How a link's row ended, as its three times tell it: what was used stays used, whatever came after.

use crate::domain::invitation::Ending;
use crate::domain::time::Timestamp;

/// The ending of a row with these times.
pub(super) fn ending(used: Option<i64>, revoked: Option<i64>, superseded: Option<i64>) -> Option<(Ending, Timestamp)> {
    let ended = |at: Option<i64>, how| at.map(|at| (how, Timestamp(at)));
    ended(used, Ending::Accepted).or(ended(revoked, Ending::Revoked)).or(ended(superseded, Ending::Superseded))
}
