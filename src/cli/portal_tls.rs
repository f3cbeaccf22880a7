//! Whom the portal's certificate must be from, and what is wrong with one that isn't good enough.

use std::fmt;

use rustls::{CertificateError, InvalidMessage};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::domain::text::visible;

/// The authorities that may have signed a portal's certificate: the public ones, those that this machine trusts, and the
/// organisation's own.
#[derive(Clone, Default)]
pub struct Authorities {
    own: Vec<Certificate<'static>>,
    /// Why the organisation's own aren't among them, though settings name some.
    unused: Option<String>,
}

impl Authorities {
    /// Reads the organisation's own in PEM. What is no certificate in it is passed over: a portal's certificate is then from
    /// an unknown authority, which says where to look.
    #[must_use]
    pub fn of_pem(own: &[u8]) -> Self {
        let certificate = |item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            Ok(_) | Err(_) => None,
        };
        Self { own: parse_pem(own).filter_map(certificate).collect(), unused: None }
    }

    /// The public ones and this machine's: the organisation's own can't be had, for this reason.
    #[must_use]
    pub const fn without_own(reason: String) -> Self {
        Self { own: Vec::new(), unused: Some(reason) }
    }

    /// See [`Self::without_own`].
    pub(super) fn unused(&self) -> Option<&str> {
        self.unused.as_deref()
    }

    /// How to connect, in the order in which it is tried: the public authorities are built in as bare names and keys, so
    /// that they can't be asked together with certificates.
    pub(super) fn ways(&self) -> Vec<TlsConfig> {
        let mut others = self.own.clone();
        let of_machine = rustls_native_certs::load_native_certs();
        others.extend(of_machine.certs.iter().map(|one| Certificate::from_der(one).to_owned()));
        let with = |roots| TlsConfig::builder().root_certs(roots).build();
        let mut all = vec![with(RootCerts::WebPki)];
        if !others.is_empty() {
            all.push(with(RootCerts::new_with_certs(&others)));
        }
        all
    }
}

/// Why TLS with a portal failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsTrouble {
    Expired,
    NotYet,
    /// It is for these names.
    OtherName(Vec<String>),
    /// Nobody here knows who signed it.
    UnknownAuthority,
    /// Something else than TLS came back.
    NoTls,
    Other(String),
}

impl TlsTrouble {
    /// What an error is about, if it is about TLS.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what can fail is the HTTP library's to say")]
    pub(super) fn of(error: &ureq::Error) -> Option<Self> {
        let found = match error {
            ureq::Error::Rustls(error) => error,
            // What fails in the middle of sending comes through the connection.
            ureq::Error::Io(error) => error.get_ref()?.downcast_ref()?,
            _ => return None,
        };
        Some(Self::of_rustls(found))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "what can fail is the TLS library's to say")]
    fn of_rustls(error: &rustls::Error) -> Self {
        use CertificateError as C;
        match error {
            rustls::Error::InvalidCertificate(C::Expired | C::ExpiredContext { .. }) => Self::Expired,
            rustls::Error::InvalidCertificate(C::NotValidYet | C::NotValidYetContext { .. }) => Self::NotYet,
            rustls::Error::InvalidCertificate(C::UnknownIssuer) => Self::UnknownAuthority,
            rustls::Error::InvalidCertificate(C::NotValidForName) => Self::OtherName(Vec::new()),
            rustls::Error::InvalidCertificate(C::NotValidForNameContext { presented, .. }) => {
                // As the library lists them: DnsName("example.org").
                let bare = |name: &String| visible(name.split('"').nth(1).unwrap_or(name)).into_owned();
                Self::OtherName(presented.iter().take(5).map(bare).collect())
            }
            rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => Self::NoTls,
            other => Self::Other(visible(&other.to_string()).into_owned()),
        }
    }

    /// Whether other authorities may know better.
    pub(super) const fn is_about_authority(&self) -> bool {
        matches!(self, Self::UnknownAuthority)
    }

    /// What whoever runs the portal can do.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Expired => "renew it, and let the web server read it anew",
            Self::NotYet => "check the clock of this machine and of the one that made it",
            Self::OtherName(_) => "get one for the name in portal.public_url, or correct that name",
            Self::UnknownAuthority => {
                "if it is from an authority of your own, name that authority's certificate in portal.ca_file; otherwise let the \
                 web server send the certificates in between as well"
            }
            Self::NoTls => "let the web server speak TLS on that port, or correct the port in portal.public_url",
            Self::Other(_) => "check the TLS settings of the web server",
        }
    }
}

impl fmt::Display for TlsTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired => f.write_str("its certificate has expired"),
            Self::NotYet => f.write_str("its certificate isn't valid yet"),
            Self::OtherName(names) if names.is_empty() => f.write_str("its certificate isn't valid for this name"),
            Self::OtherName(names) => {
                write!(f, "its certificate isn't valid for this name, but for {}", names.join(", "))
            }
            Self::UnknownAuthority => f.write_str("its certificate is from an authority that isn't trusted here"),
            Self::NoTls => f.write_str("it doesn't speak TLS there"),
            Self::Other(what) => write!(f, "TLS failed: {what}"),
        }
    }
}
