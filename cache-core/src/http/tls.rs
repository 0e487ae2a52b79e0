//! Whom encrypted connections trust, and who we are to servers that ask for a certificate.

use std::fmt;
use std::sync::Arc;

use rustls::client::ResolvesClientCert;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};

use crate::error::{Error, Result};
use crate::model::Secret;

/// Certificates for encrypted connections. Without any the authorities of this machine are trusted, and no certificate of
/// ours is shown.
#[derive(Clone, Default)]
pub struct Tls {
    authorities: Vec<CertificateDer<'static>>,
    client: Option<Arc<CertifiedKey>>,
}

impl Tls {
    /// Trusts these authorities as well as the machine's: one certificate or several, in PEM.
    ///
    /// # Errors
    /// `Invalid` where there is none, or one cannot be read.
    pub fn trust_pem(mut self, pem: &[u8]) -> Result<Self> {
        let certificates = certificates(pem)?;
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            roots.add(certificate.clone()).map_err(|e| {
                Error::invalid("a certificate is none that can be trusted as an authority").caused_by(e)
            })?;
        }
        self.authorities.extend(certificates);
        Ok(self)
    }

    /// Shows this certificate to the registry, where it asks for one: the certificate with those that lead to its authority,
    /// and its private key, in PEM. No other server is shown it.
    ///
    /// # Errors
    /// `Invalid` where one of them cannot be read, or the key is not the certificate's.
    pub fn identify_pem(mut self, certificate: &[u8], key: &Secret) -> Result<Self> {
        let chain = certificates(certificate)?;
        // What is wrong with a private key is not said in the words of a parser that saw it.
        let key = PrivateKeyDer::from_pem_slice(key.reveal().as_bytes())
            .map_err(|_| Error::invalid("not a private key in PEM"))?;
        let both = CertifiedKey::from_der(chain, key, &provider())
            .map_err(|e| Error::invalid("the key and the certificate do not go together").caused_by(e))?;
        self.client = Some(Arc::new(both));
        Ok(self)
    }

    /// Whether there is a certificate of ours.
    pub(super) fn identifies(&self) -> bool {
        self.client.is_some()
    }

    /// Reads the authorities of the machine, and puts everything together.
    pub(super) fn config(&self, identify: bool) -> Result<ClientConfig> {
        let mut roots = RootCertStore::empty();
        let of_machine = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(of_machine.certs);
        roots.add_parsable_certificates(self.authorities.iter().cloned());
        if roots.is_empty() {
            let error = Error::unexpected("the certificates of this machine cannot be read");
            return Err(match of_machine.errors.into_iter().next() {
                Some(why) => error.caused_by(why),
                None => error.hint("install the package ca-certificates, or name the authorities"),
            });
        }
        let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        let builder = builder.map_err(|e| Error::unexpected("TLS cannot be used").caused_by(e))?;
        let builder = builder.with_root_certificates(roots);
        Ok(match self.client.as_ref().filter(|_| identify) {
            Some(client) => {
                let resolver: Arc<dyn ResolvesClientCert> = Arc::new(SingleCertAndKey::from(Arc::clone(client)));
                builder.with_client_cert_resolver(resolver)
            }
            None => builder.with_no_client_auth(),
        })
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("authorities", &self.authorities.len())
            .field("client", &self.client.is_some())
            .finish()
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let read = read.map_err(|e| Error::invalid("not a certificate in PEM").caused_by(e))?;
    if read.is_empty() {
        return Err(Error::invalid("there is no certificate in PEM").hint("it begins with -----BEGIN CERTIFICATE-----"));
    }
    Ok(read)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}
