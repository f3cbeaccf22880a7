//! TLS with the relay: which certificates are trusted, and what is said when one is not.

use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use super::Relay;
use super::authorities::Authorities;
use super::reply::StageError;
use super::wire::Stream;

/// Shakes hands on a stream; answers the stream under TLS and what it is, in words.
pub async fn shake_hands(relay: &Relay, stream: Box<dyn Stream>) -> Result<(Box<dyn Stream>, String), StageError> {
    let stopped = |why: String| StageError::Stopped(why);
    let name = ServerName::try_from(relay.host.clone()).map_err(|_| {
        stopped(format!("{} isn't a name that a certificate can be for: check mail.smtp.host", relay.host))
    })?;
    let connector = TlsConnector::from(Arc::new(config(relay.authorities.as_ref())?));
    let stream = connector.connect(name, stream).await.map_err(|error| explain(relay, &error))?;
    let version = match stream.get_ref().1.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS",
    };
    let words = format!("{version}, certificate valid for {}", relay.host);
    Ok((Box::new(stream), words))
}

/// TLS 1.2 or 1.3; these authorities and no others, or without any those that browsers trust.
fn config(authorities: Option<&Authorities>) -> Result<ClientConfig, StageError> {
    let roots = match authorities.map(Authorities::roots) {
        Some(Ok(roots)) => Arc::clone(roots),
        Some(Err(why)) => return Err(StageError::Stopped(why.to_owned())),
        None => Arc::new(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| StageError::Stopped(format!("TLS can't be used: {e}")))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Why the handshake failed, for a person who can fix it.
#[expect(clippy::wildcard_enum_match_arm, reason = "what can fail is the TLS library's to say")]
fn explain(relay: &Relay, error: &std::io::Error) -> StageError {
    use rustls::Error as E;
    let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<E>()) else {
        return super::wire::lost(std::io::Error::new(error.kind(), error.to_string()));
    };
    StageError::Stopped(match inner {
        E::InvalidCertificate(certificate) => explain_certificate(relay, certificate),
        E::InvalidMessage(_) => format!(
            "{} doesn't use TLS from the first byte: set mail.smtp.tls to \u{201c}starttls\u{201d}, or use the relay's TLS port, usually 465",
            relay.place()
        ),
        other => format!("the TLS handshake with {} failed: {other}", relay.place()),
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what can fail is the TLS library's to say")]
fn explain_certificate(relay: &Relay, error: &CertificateError) -> String {
    use CertificateError as C;
    let host = &relay.host;
    match error {
        C::NotValidForName => format!("the relay's certificate isn't valid for {host}: check mail.smtp.host"),
        C::NotValidForNameContext { presented, .. } => {
            let names: Vec<_> = presented.iter().take(5).map(|name| bare(name)).collect();
            format!(
                "the relay's certificate isn't valid for {host}, but for {}: check mail.smtp.host",
                if names.is_empty() { "no name".to_owned() } else { names.join(", ") }
            )
        }
        C::Expired | C::ExpiredContext { .. } => {
            format!("the certificate of {host} has expired: the person who runs the relay must renew it")
        }
        C::NotValidYet | C::NotValidYetContext { .. } => {
            format!("the certificate of {host} isn't valid yet: check this machine's clock")
        }
        C::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => format!(
            "the certificate of {host} is made for signing others and not for a server: make one with basicConstraints=CA:FALSE"
        ),
        C::UnknownIssuer => format!(
            "the certificate of {host} is from an authority that isn't trusted here: if it is the relay's own, name its file in mail.smtp.ca_file"
        ),
        other => format!("the certificate of {host} can't be trusted: {other}"),
    }
}

/// A certificate's name out of `DnsName("mail.example.org")`, as rustls lists them.
fn bare(name: &str) -> &str {
    name.split('"').nth(1).unwrap_or(name)
}
