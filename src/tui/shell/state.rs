//! Everything that is shown.

use super::leave::Leaving;
use super::lock::Lock;
use super::msg::Msg;
use crate::app::upkeep::revision::Revision;
use crate::domain::query::Counts;
use crate::tui::ctx::{Ctx, Number};
use crate::tui::dialogs::Dialog;
use crate::tui::keymap::Context;
use crate::tui::screen::Screen;
use crate::tui::screens::audit::AuditScreen;
use crate::tui::screens::mail::MailScreen;
use crate::tui::screens::users::Users;
use crate::tui::screens::workspaces::WorkspaceScreen;

/// Everything that is shown.
pub struct Shell {
    pub ctx: Ctx,
    /// Which screen is shown.
    pub screen: Screen,
    pub users: Users,
    pub mail: MailScreen,
    pub workspaces: WorkspaceScreen,
    pub audit: AuditScreen,
    /// How many users of each kind there are.
    pub counts: Option<Counts>,
    pub lock: Lock,
    /// The dialogs; the last one gets the key.
    pub dialogs: Vec<(Number, Dialog<Msg>)>,
    /// The question whether to leave while mails wait.
    pub leaving: Option<Leaving>,
    /// How far changes had come at the last look.
    pub revision: Option<Revision>,
    /// Whether a look is under way.
    pub looking: bool,
    /// Seconds since the start.
    pub seconds: u64,
}

impl Shell {
    /// Everything before anything was read.
    pub fn new(ctx: Ctx, lock: Lock) -> Self {
        Self {
            ctx,
            screen: Screen::Users,
            users: Users::default(),
            mail: MailScreen::default(),
            workspaces: WorkspaceScreen::default(),
            audit: AuditScreen::default(),
            counts: None,
            lock,
            dialogs: Vec::new(),
            leaving: None,
            revision: None,
            looking: false,
            seconds: 0,
        }
    }

    /// The contexts whose keys apply on the screen, outside dialogs and text.
    pub const fn contexts(&self) -> [Context; 4] {
        Context::of_screen(self.screen)
    }
}
