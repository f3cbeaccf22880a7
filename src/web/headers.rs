//! The headers of every answer: nothing is kept, no path is sent on, nothing runs (OWASP ASVS 5.0, 3.4).

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;

/// Headers that are the same on every answer.
#[derive(Debug, Clone)]
pub struct Policy(HeaderMap);

impl Policy {
    /// `style_hash` is the base64 of the SHA-256 of the one style that pages have.
    pub fn new(style_hash: &str, https: bool) -> Self {
        let content = format!(
            "default-src 'none'; style-src 'sha256-{style_hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        );
        let mut all = HeaderMap::new();
        let mut set = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                all.insert(name, value);
            }
        };
        set(header::CACHE_CONTROL, "no-store");
        // Under `no-referrer` browsers send `Origin: null` with our own forms, as they do from a sandbox on any other page
        // (https://fetch.spec.whatwg.org/#append-a-request-origin-header). `same-origin` would tell the web server in front the
        // whole path, and with it the code, in each `Referer`. So it is the origin alone.
        set(header::REFERRER_POLICY, "strict-origin");
        set(header::CONTENT_SECURITY_POLICY, &content);
        set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
        if https {
            set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
        }
        Self(all)
    }

    pub fn apply(&self, mut response: Response) -> Response {
        response.headers_mut().extend(self.0.clone());
        response
    }
}
