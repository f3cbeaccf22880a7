//! What every answer of the portal is made with.

use super::client::Trusts;
use super::limits::Limits;
use super::pages::Pages;
use crate::app::App;

#[derive(Clone)]
pub struct Options {
    /// Where a person goes on after choosing a password.
    pub continue_url: Option<String>,
    /// Whether people reach the portal over https, so that browsers are asked to stay with it.
    pub https: bool,
    /// Which proxies' `X-Forwarded-For` says who the client is.
    pub trusts: Trusts,
}

pub struct Portal {
    pub app: App,
    pub options: Options,
    pub pages: Pages,
    pub limits: Limits,
}
