//! TLS to PostgreSQL: what `sslmode` and `sslrootcert` of a URL mean, and the connector that the driver asks for.
//!
//! The words are libpq's (PostgreSQL 15, §34.19), and so is their meaning: `require` encrypts, and judges the server's certificate
//! only where `sslrootcert` names an authority; `verify-ca` wants an authority, `verify-full` the host's name as well. Versions
//! and suites are those of RFC 9325.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use sha2::{Digest, Sha256, Sha384, Sha512};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream as Rustls;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    self, CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::store::StoreError;

/// Makes the TLS side of connections.
#[derive(Clone)]
pub(super) struct Tls {
    config: Arc<ClientConfig>,
}

/// How much of a server's certificate is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judged {
    Nothing,
    Authority,
    AuthorityAndName,
}

/// Takes `sslmode` and `sslrootcert` out of a URL where they ask for TLS; without, the rest is for the driver to judge.
pub(super) fn split(url: &str) -> Result<(String, Option<Tls>), StoreError> {
    let Some((address, query)) = url.split_once('?') else { return Ok((url.to_owned(), None)) };
    let (mut mode, mut root, mut others) = (None, None, Vec::new());
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", word)) => mode = Some(word),
            Some(("sslrootcert", file)) => root = Some(decoded(file)?),
            _ => others.push(pair),
        }
    }
    let judged = match (mode, &root) {
        (Some("verify-full"), _) => Some(Judged::AuthorityAndName),
        (Some("verify-ca"), _) | (Some("require"), Some(_)) => Some(Judged::Authority),
        (Some("require"), None) => Some(Judged::Nothing),
        (Some("disable"), _) => {
            others.push("sslmode=disable");
            None
        }
        (None, None) => None,
        (None, Some(_)) => {
            return Err(refused("sslrootcert asks for nothing by itself: say sslmode=verify-full beside it"));
        }
        (Some(_), _) => {
            return Err(refused(
                "sslmode is disable, require, verify-ca or verify-full; what may fall back to no TLS protects nothing",
            ));
        }
    };
    let url = if others.is_empty() { address.to_owned() } else { format!("{address}?{}", others.join("&")) };
    let tls = judged.map(|judged| Tls::new(judged, root.as_deref())).transpose()?;
    Ok((url, tls))
}

impl Tls {
    fn new(judged: Judged, root: Option<&str>) -> Result<Self, StoreError> {
        let provider = Arc::new(ring::default_provider());
        let webpki = match root {
            Some(file) => Some(verifier(Path::new(file), Arc::clone(&provider))?),
            None if judged == Judged::Nothing => None,
            None => {
                return Err(refused(
                    "verify-ca and verify-full want the authority that signed PostgreSQL's certificate: sslrootcert=FILE, in PEM",
                ));
            }
        };
        let verifier = Arc::new(Verifier { judged, webpki, provider: Arc::clone(&provider) });
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| refused(format_args!("no TLS to PostgreSQL: {error}")))?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        Ok(Self { config: Arc::new(config) })
    }
}

fn verifier(file: &Path, provider: Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, StoreError> {
    let unusable = |cause: &dyn fmt::Display| {
        refused(format_args!("sslrootcert={} cannot be used ({cause}); name a PEM file", file.display()))
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unusable(&error))? {
        let certificate = certificate.map_err(|error| unusable(&error))?;
        roots.add(certificate).map_err(|error| unusable(&error))?;
    }
    let built = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
    built.map_err(|error| unusable(&error))
}

/// Judges as much of a certificate as the URL asks for.
#[derive(Debug)]
struct Verifier {
    judged: Judged,
    webpki: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(webpki) = &self.webpki else { return Ok(ServerCertVerified::assertion()) };
        match webpki.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // rustls judges the name last, of a certificate that is good otherwise.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.judged != Judged::AuthorityAndName => Ok(ServerCertVerified::assertion()),
            judged => judged,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl<S> MakeTlsConnect<S> for Tls
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Encrypted<S>;
    type TlsConnect = Handshake;
    type Error = Refused;

    fn make_tls_connect(&mut self, host: &str) -> Result<Handshake, Refused> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| Refused(format!("{host} is neither a host's name nor an address")))?;
        Ok(Handshake { connector: TlsConnector::from(Arc::clone(&self.config)), name })
    }
}

/// A handshake about to be made.
pub(super) struct Handshake {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl<S> TlsConnect<S> for Handshake
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = Encrypted<S>;
    type Error = Refused;
    type Future = Pin<Box<dyn Future<Output = Result<Encrypted<S>, Refused>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move {
            let connected = self.connector.connect(self.name.clone(), stream).await;
            connected.map(Encrypted).map_err(|error| Refused::of(&error, &self.name))
        })
    }
}

/// A connection under TLS.
pub(super) struct Encrypted<S>(Rustls<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Encrypted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Encrypted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Encrypted<S> {
    /// `tls-server-end-point` (RFC 5929 §4.1), so that a password proven by SCRAM is bound to this very server.
    fn channel_binding(&self) -> ChannelBinding {
        let (_, session) = self.0.get_ref();
        let certificate = session.peer_certificates().and_then(<[_]>::first);
        certificate
            .and_then(|certificate| end_point(certificate))
            .map_or_else(ChannelBinding::none, ChannelBinding::tls_server_end_point)
    }
}

/// The hash of a certificate by the hash function of its own signature, SHA-256 in place of the weak ones.
fn end_point(der: &[u8]) -> Option<Vec<u8>> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    match certificate.signature_algorithm.algorithm.to_id_string().as_str() {
        // md5, sha1 and sha256 with RSA; sha1 and sha256 with ECDSA
        "1.2.840.113549.1.1.4"
        | "1.2.840.113549.1.1.5"
        | "1.2.840.113549.1.1.11"
        | "1.2.840.10045.4.1"
        | "1.2.840.10045.4.3.2" => Some(Sha256::digest(der).to_vec()),
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => Some(Sha384::digest(der).to_vec()),
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => Some(Sha512::digest(der).to_vec()),
        _ => None,
    }
}

/// The sentence in which it is told that there is no TLS, when that is what an error of the driver comes of.
pub(super) fn refusal(cause: &(dyn Error + 'static)) -> Option<String> {
    if let Some(refused) = cause.downcast_ref::<Refused>() {
        return Some(refused.0.clone());
    }
    // The driver has no type for it.
    (cause.to_string() == "server does not support TLS").then(|| {
        "it speaks no TLS; switch it on there (ssl = on), or say sslmode=disable where the network is your own"
            .to_owned()
    })
}

/// Why there is no TLS, in one sentence.
#[derive(Debug)]
pub(super) struct Refused(String);

impl Refused {
    fn of(error: &io::Error, name: &ServerName<'_>) -> Self {
        let name = name.to_str();
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
        Self(match cause {
            Some(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
                format!("the certificate of {name} is signed by none of the authorities in sslrootcert")
            }
            Some(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => format!("the certificate of {name} is for another name; use the one that is in it"),
            Some(rustls::Error::InvalidCertificate(
                CertificateError::Expired | CertificateError::ExpiredContext { .. },
            )) => format!("the certificate of {name} has expired"),
            _ => format!("no TLS with {name}: {error}"),
        })
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Refused {}

fn refused(text: impl fmt::Display) -> StoreError {
    StoreError::Unavailable(text.to_string())
}

/// A value of a URL's query without its percent signs.
fn decoded(value: &str) -> Result<String, StoreError> {
    let unreadable = || refused("sslrootcert in the PostgreSQL URL cannot be read: percent signs are %25");
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits =
            rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok()).ok_or_else(unreadable)?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| unreadable())?);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).map_err(|_| unreadable())
}
