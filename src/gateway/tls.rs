//! TLS for every gateway: RFC 5734 §9 asks for client certificates, RFC 9325 for the versions and suites.
//!
//! The ring provider is passed explicitly, never taken from the process default, so that what is
//! negotiated depends on this file alone. Validity in the handshake is judged by rustls' own clock;
//! the registry's clock, which the sandbox turns, has no say in it.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::{
    self, CertificateError, ClientConfig, InconsistentKeys, RootCertStore, ServerConfig, ServerConnection,
    SupportedCipherSuite,
    client::WebPkiServerVerifier,
    crypto::{CryptoProvider, ring, ring::cipher_suite},
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
    server::{VerifierBuilderError, WebPkiClientVerifier},
    version::{TLS12, TLS13},
};
use x509_parser::{certificate::X509Certificate, prelude::FromDer, time::ASN1Time};
use zeroize::Zeroizing;

use crate::registry::clock::Clock;

/// Whether a listener asks its clients for a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientCertificate {
    /// The handshake fails without a certificate that the client CA signed (RFC 5734 §9).
    Required,
    /// A certificate is asked for; a client may come without, one that comes with a bad one is refused.
    Optional,
    /// None is asked for.
    Off,
}

/// Where a listener's certificate, key and client CA lie; all PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate, then its intermediates.
    pub certificate: PathBuf,
    /// The certificate's private key: PKCS#8, PKCS#1 or SEC 1.
    pub key: PathBuf,
    /// The authorities whose client certificates are accepted; not read when none is asked for.
    pub client_ca: Option<PathBuf>,
}

/// Who is at the other end of a connection.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The client's address; behind a balancer that speaks the PROXY protocol, the one it vouches for.
    pub address: SocketAddr,
    /// The certificate the client proved to own, when it showed one.
    pub certificate: Option<PeerCertificate>,
}

/// A client's certificate, verified against the listener's client CA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCertificate {
    /// SHA-256 of the DER: what a registrar's pin is compared with.
    pub sha256: [u8; 32],
    /// The subject's first common name, when it is text without control characters.
    pub common_name: Option<String>,
    /// The end of its validity. A resumed TLS session does not judge it again, so login does.
    pub not_after: Timestamp,
}

impl PeerCertificate {
    /// Whether its validity is over, by the machine's clock as in the handshake (decisions.md, Clocks).
    pub fn has_expired(&self) -> bool {
        self.not_after < Clock::system().now()
    }

    /// The end of its validity, when that is near enough for its owner to be told (decisions.md, Listeners and limits).
    pub fn expires_soon(&self) -> Option<Timestamp> {
        let left = self.not_after.duration_since(Clock::system().now());
        (left <= EXPIRES_SOON).then_some(self.not_after)
    }
}

/// The TLS side of a listener: TLS 1.2 and 1.3 with the suites of RFC 9325, sessions resumable by ticket.
///
/// # Errors
/// Everything that would make each handshake fail later is refused here: unreadable files, a key that
/// is not the certificate's, a certificate that is not valid at `now`, a missing client CA.
pub fn server_config(
    files: &TlsFiles,
    client: ClientCertificate,
    now: Timestamp,
) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = read_certificates(&files.certificate)?;
    for certificate in &chain {
        check_validity(&files.certificate, certificate, now)?;
    }
    let key = read_key(&files.key)?;
    let provider = provider();
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|e| TlsError::Refused { file: files.certificate.clone(), cause: e })?;
    let builder = match client {
        ClientCertificate::Off => builder.with_no_client_auth(),
        ClientCertificate::Required | ClientCertificate::Optional => {
            let file = files.client_ca.as_deref().ok_or(TlsError::ClientCaMissing)?;
            let verifier = WebPkiClientVerifier::builder_with_provider(read_roots(file)?, provider);
            let verifier = match client {
                ClientCertificate::Optional => verifier.allow_unauthenticated(),
                ClientCertificate::Required | ClientCertificate::Off => verifier,
            };
            builder.with_client_cert_verifier(verifier.build().map_err(|e| verifier_refused(file, e))?)
        }
    };
    let mut config =
        builder.with_single_cert(chain, key).map_err(|e| pair_refused(&files.certificate, &files.key, e))?;
    // Tickets keep resumption stateless: a registrar with a hundred sessions costs no server memory.
    config.ticketer =
        ring::Ticketer::new().map_err(|e| TlsError::Refused { file: files.key.clone(), cause: e })?;
    Ok(Arc::new(config))
}

/// The TLS side of a client: `domesday epp`, and tests. It trusts the authorities of `ca_pem` and no others.
///
/// # Errors
/// Unreadable files, or an identity (certificate, key) whose two halves do not belong together.
pub fn client_config(ca_pem: &Path, identity: Option<(&Path, &Path)>) -> Result<Arc<ClientConfig>, TlsError> {
    let provider = provider();
    let verifier = WebPkiServerVerifier::builder_with_provider(read_roots(ca_pem)?, Arc::clone(&provider))
        .build()
        .map_err(|e| verifier_refused(ca_pem, e))?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|e| TlsError::Refused { file: ca_pem.to_owned(), cause: e })?
        .with_webpki_verifier(verifier);
    let config = match identity {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => builder
            .with_client_auth_cert(read_certificates(certificate)?, read_key(key)?)
            .map_err(|e| pair_refused(certificate, key, e))?,
    };
    Ok(Arc::new(config))
}

/// The certificate that the client of an established connection showed, if any.
pub fn peer_certificate(connection: &ServerConnection) -> Option<PeerCertificate> {
    let der = connection.peer_certificates()?.first()?;
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let common_name = certificate
        .subject()
        .iter_common_name()
        .next()
        .and_then(|name| name.as_str().ok())
        .filter(|name| !name.chars().any(char::is_control))
        .map(str::to_owned);
    Some(PeerCertificate {
        sha256: Sha256::digest(der).into(),
        common_name,
        not_after: timestamp(certificate.validity().not_after)?,
    })
}

/// Why a listener or client cannot have TLS; each displays as one sentence that says what to do.
#[derive(Debug)]
pub enum TlsError {
    /// The file does not exist or cannot be read.
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file is larger than any certificate or key.
    TooLarge {
        /// The file.
        file: PathBuf,
    },
    /// The file is not well-formed PEM.
    NotPem {
        /// The file.
        file: PathBuf,
    },
    /// No certificate in the file.
    NoCertificate {
        /// The file.
        file: PathBuf,
    },
    /// No unencrypted private key in the file.
    NoKey {
        /// The file.
        file: PathBuf,
    },
    /// The key is not the certificate's.
    KeyMismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// The certificate's validity is over.
    Expired {
        /// The certificate's file.
        file: PathBuf,
        /// Its last day, UTC.
        on: Date,
    },
    /// The certificate's validity has not begun.
    NotYetValid {
        /// The certificate's file.
        file: PathBuf,
        /// Its first day, UTC.
        from: Date,
    },
    /// Client certificates are asked for, but no authority is named to judge them by.
    ClientCaMissing,
    /// rustls does not accept what the file holds.
    Refused {
        /// The file.
        file: PathBuf,
        /// What rustls said.
        cause: rustls::Error,
    },
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { file, cause } if cause.kind() == io::ErrorKind::NotFound => {
                write!(f, "there is no file {}; create it or correct its path", file.display())
            }
            Self::Unreadable { file, cause } => {
                write!(f, "{} cannot be read ({cause}); let the server's user read it", file.display())
            }
            Self::TooLarge { file } => {
                let file = file.display();
                write!(f, "{file} is larger than {FILE_BYTES_MAX} bytes; name a PEM certificate or key file")
            }
            Self::NotPem { file } => {
                write!(f, "{} is not well-formed PEM; write the file anew", file.display())
            }
            Self::NoCertificate { file } => write!(
                f,
                "{} holds no certificate; put the PEM block that starts with BEGIN CERTIFICATE in it",
                file.display()
            ),
            Self::NoKey { file } => write!(
                f,
                "{} holds no unencrypted private key; put the PEM block that starts with BEGIN PRIVATE KEY in it",
                file.display()
            ),
            Self::KeyMismatch { certificate, key } => write!(
                f,
                "the key in {} is not the key of the certificate in {}; name the two files that belong together",
                key.display(),
                certificate.display()
            ),
            Self::Expired { file, on } => {
                write!(f, "the certificate in {} expired on {on}; renew it and start again", file.display())
            }
            Self::NotYetValid { file, from } => write!(
                f,
                "the certificate in {} is valid only from {from}; check the system's clock or use another one",
                file.display()
            ),
            Self::ClientCaMissing => f.write_str(
                "client certificates are asked for but no client CA is named; name its PEM file as client_ca \
                 or turn client certificates off",
            ),
            Self::Refused { file, cause } => {
                write!(f, "{} cannot be used for TLS ({cause}); replace what it holds", file.display())
            }
        }
    }
}

impl std::error::Error for TlsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable { cause, .. } => Some(cause),
            Self::Refused { cause, .. } => Some(cause),
            _ => None,
        }
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider { cipher_suites: RFC_9325_SUITES.to_vec(), ..ring::default_provider() })
}

fn read_certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read_bounded(file)?;
    let chain = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| TlsError::NotPem { file: file.to_owned() })?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate { file: file.to_owned() });
    }
    Ok(chain)
}

fn read_key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let pem = read_bounded(file)?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|e| match e {
        pem::Error::NoItemsFound => TlsError::NoKey { file: file.to_owned() },
        // The cause would quote the line, which may be a piece of the key.
        _ => TlsError::NotPem { file: file.to_owned() },
    })
}

fn read_roots(file: &Path) -> Result<Arc<RootCertStore>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in read_certificates(file)? {
        roots.add(certificate).map_err(|cause| TlsError::Refused { file: file.to_owned(), cause })?;
    }
    Ok(Arc::new(roots))
}

fn read_bounded(file: &Path) -> Result<Zeroizing<Vec<u8>>, TlsError> {
    let unreadable = |cause| TlsError::Unreadable { file: file.to_owned(), cause };
    let opened = File::open(file).map_err(unreadable)?;
    // The whole bound is reserved at once: growing would leave copies of a key behind, unwiped.
    let mut bytes = Zeroizing::new(Vec::with_capacity(FILE_BYTES_MAX + 1));
    opened.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(TlsError::TooLarge { file: file.to_owned() });
    }
    Ok(bytes)
}

fn check_validity(file: &Path, der: &CertificateDer<'_>, now: Timestamp) -> Result<(), TlsError> {
    let undecodable = || TlsError::Refused {
        file: file.to_owned(),
        cause: rustls::Error::InvalidCertificate(CertificateError::BadEncoding),
    };
    let (_, certificate) = X509Certificate::from_der(der).map_err(|_| undecodable())?;
    let not_before = timestamp(certificate.validity().not_before).ok_or_else(undecodable)?;
    let not_after = timestamp(certificate.validity().not_after).ok_or_else(undecodable)?;
    if now < not_before {
        return Err(TlsError::NotYetValid { file: file.to_owned(), from: utc_date(not_before) });
    }
    if now > not_after {
        return Err(TlsError::Expired { file: file.to_owned(), on: utc_date(not_after) });
    }
    #[expect(clippy::cast_precision_loss, reason = "instants of this millennium are exact")]
    metrics::gauge!("domesday_certificate_expires_timestamp_seconds", "file" => file.display().to_string())
        .set(not_after.as_second() as f64);
    Ok(())
}

fn timestamp(time: ASN1Time) -> Option<Timestamp> {
    Timestamp::from_second(time.timestamp()).ok()
}

fn utc_date(timestamp: Timestamp) -> Date {
    timestamp.to_zoned(TimeZone::UTC).date()
}

fn verifier_refused(file: &Path, error: VerifierBuilderError) -> TlsError {
    match error {
        VerifierBuilderError::NoRootAnchors => TlsError::NoCertificate { file: file.to_owned() },
        other => {
            TlsError::Refused { file: file.to_owned(), cause: rustls::Error::General(other.to_string()) }
        }
    }
}

fn pair_refused(certificate: &Path, key: &Path, error: rustls::Error) -> TlsError {
    match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            TlsError::KeyMismatch { certificate: certificate.to_owned(), key: key.to_owned() }
        }
        rustls::Error::InvalidCertificate(_) => {
            TlsError::Refused { file: certificate.to_owned(), cause: error }
        }
        cause => TlsError::Refused { file: key.to_owned(), cause },
    }
}

/// AEAD with an ephemeral exchange only (RFC 9325 §4.1, §4.2), written out so that an upgrade of rustls
/// cannot widen it.
const RFC_9325_SUITES: &[SupportedCipherSuite] = &[
    cipher_suite::TLS13_AES_128_GCM_SHA256,
    cipher_suite::TLS13_AES_256_GCM_SHA384,
    cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
    cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    cipher_suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
];

/// The first of the announcements 30, 14, 3 and 1 days before.
const EXPIRES_SOON: SignedDuration = SignedDuration::from_hours(30 * 24);
/// No certificate chain or key comes near this; a device or a log named by mistake does.
const FILE_BYTES_MAX: usize = 256 * 1024;

#[cfg(test)]
mod tests;
