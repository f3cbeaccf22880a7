//! Whom a relay's certificate must be signed by, for a relay whose authority is no public one.

use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::access;

/// The authorities of a relay, as they were when their file was read.
#[derive(Debug, Clone)]
pub struct Authorities(Result<Arc<RootCertStore>, String>);

impl Authorities {
    /// Reads a file of certificates (PEM). What is wrong with it is said when they are needed.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        let unusable = |why: String| {
            format!("the certificates in {} can't be used: {why}; check mail.smtp.ca_file", path.display())
        };
        let read = || {
            let mut roots = RootCertStore::empty();
            let text = access::certificates(path)
                .map_err(|error| unusable(error.io().map_or_else(|| error.to_string(), ToString::to_string)))?;
            let certificates = CertificateDer::pem_slice_iter(&text)
                .collect::<Result<Vec<_>, _>>()
                .map_err(|e| unusable(e.to_string()))?;
            if certificates.is_empty() {
                return Err(unusable("there is none in PEM form".into()));
            }
            for certificate in certificates {
                roots.add(certificate).map_err(|e| unusable(e.to_string()))?;
            }
            Ok(Arc::new(roots))
        };
        Self(read())
    }

    /// What is trusted, or why they can't be used.
    ///
    /// # Errors
    /// A file that could not be read, or that holds something else.
    pub fn roots(&self) -> Result<&Arc<RootCertStore>, &str> {
        self.0.as_ref().map_err(String::as_str)
    }

    /// Whether the same are trusted.
    #[must_use]
    pub fn are_same(&self, other: &Self) -> bool {
        matches!((&self.0, &other.0), (Ok(ours), Ok(theirs)) if ours.roots == theirs.roots)
    }
}
