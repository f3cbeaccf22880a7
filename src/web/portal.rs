//! What every answer of the portal is made with.

use std::collections::HashMap;
use std::net::IpAddr;

use tokio::sync::Mutex;

use super::client::Trusts;
use super::headers::Policy;
use super::limits::Limits;
use super::pages::Pages;
use super::seats::Bounds;
use crate::app::App;
use crate::domain::time::Timestamp;

#[derive(Clone)]
pub struct Options {
    /// Where a person goes on after choosing a password.
    pub continue_url: Option<String>,
    /// Whether people reach the portal over https, so that browsers are asked to stay with it.
    pub https: bool,
    /// Whether emails are to be sent, here or by another process, so that a worker must be alive.
    pub sends: bool,
    /// Which proxies' `X-Forwarded-For` says who the client is.
    pub trusts: Trusts,
    pub bounds: Bounds,
}

/// What a trusted proxy said of its clients.
#[derive(Debug, Clone, Copy, Default)]
pub struct Word {
    /// When the log said last that it named none.
    pub said_at: Option<Timestamp>,
    /// Whether it named one since, and nothing else is noted of it.
    pub is_cleared: bool,
}

pub struct Portal {
    pub app: App,
    pub options: Options,
    pub pages: Pages,
    pub policy: Policy,
    pub limits: Limits,
    /// What the public address has before every path, without a slash at its end.
    pub base: String,
    /// What the trusted proxies said of their clients.
    pub proxies: Mutex<HashMap<IpAddr, Word>>,
    /// Whether it was ready at the last look, and when that was; who asks while it is looked up waits for it.
    pub last_look: Mutex<Option<(Timestamp, bool)>>,
}

impl Portal {
    /// A path of ours as people reach it.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}
