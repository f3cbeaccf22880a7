//! The audit log at work: calls the use cases that its effects ask for.

use super::msg::{Msg, Read};
use crate::app::App;
use crate::app::audit::{list_audit, verify_audit};
use crate::domain::actor::Actor;
use crate::tui::reads::Slot;
use crate::tui::refused::Refused;

/// Rows that are read at once.
const ROWS: u16 = 200;

impl Read {
    /// Which reads of the same kind it overtakes.
    pub const fn slot(&self) -> Option<Slot> {
        match self {
            Self::Page(..) => Some(Slot("audit")),
            Self::Verify => None,
        }
    }
}

/// Reads what an effect asks for.
pub async fn read(app: &App, actor: &Actor, read: Read) -> Msg {
    match read {
        Read::Page(filter, window) => {
            let read = list_audit::window(app, actor, &filter.request(ROWS), window.into()).await;
            Msg::Page(filter, window, read.map_err(Refused::from))
        }
        Read::Verify => Msg::Verified(verify_audit::run(app, actor, None).await.map_err(Refused::from)),
    }
}
