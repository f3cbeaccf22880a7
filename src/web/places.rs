//! The portal's paths, and how the log names them.

use crate::domain::link::Purpose;

/// A path as the log names it: without the code.
pub fn pattern(path: &str) -> String {
    match path {
        "/" | "/health" | "/ready" | "/forgot" => path.to_owned(),
        path => {
            let of = |purpose: &Purpose| path.starts_with(&format!("/{}/", purpose.path()));
            let link = Purpose::ALL.into_iter().find(of);
            let after = if path.ends_with("/ask") { "/ask" } else { "" };
            link.map_or_else(|| "elsewhere".to_owned(), |purpose| format!("/{}/{{code}}{after}", purpose.path()))
        }
    }
}
