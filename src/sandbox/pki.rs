//! The sandbox's own certificate authority: one CA, one server certificate, one client certificate per registrar.
//!
//! Files are kept over restarts, since people put the CA in trust stores and pins in the database. A
//! file is made anew only when it is missing or expired, its key is not its own, or another CA signed it.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType,
};
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
use x509_parser::{certificate::X509Certificate, extensions::ParsedExtension, prelude::FromDer};
use zeroize::Zeroizing;

/// Where the sandbox's certificates and keys lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pki {
    /// The CA's certificate: what clients trust, and what client certificates are judged by.
    pub ca: PathBuf,
    /// The certificate of every gateway: localhost, 127.0.0.1, ::1.
    pub server: CertificateFiles,
    /// One per name, in the order asked for; the common name is the name.
    pub clients: Vec<CertificateFiles>,
}

/// A certificate and its key, both PEM; the key is PKCS#8 and only its owner may read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Makes or reopens `dir/pki`: the CA, the server's certificate and one client certificate per name.
///
/// `now` is the real time, not the registry's: the handshake judges certificates by the real one.
///
/// # Errors
/// A name that cannot be a file's, a file that cannot be read or written, a date out of range.
pub fn create(dir: &Path, client_names: &[&str], now: Timestamp) -> Result<Pki, PkiError> {
    let authority = Authority::open(dir, now)?;
    let server = authority.certificate(SERVER, server_params()?, SERVER_YEARS)?;
    let clients =
        client_names.iter().map(|name| authority.client_certificate(name)).collect::<Result<_, _>>()?;
    Ok(Pki { ca: authority.file(CA, "pem"), server, clients })
}

/// Adds a client certificate to the sandbox in `dir`, or returns the one that is there and still good.
///
/// # Errors
/// As [`create`].
pub fn issue(dir: &Path, name: &str, now: Timestamp) -> Result<CertificateFiles, PkiError> {
    Authority::open(dir, now)?.client_certificate(name)
}

/// Adds a server certificate whose validity is over, or returns the one that is there: for the fault of that name.
///
/// # Errors
/// As [`create`].
pub fn expired_server(dir: &Path, now: Timestamp) -> Result<CertificateFiles, PkiError> {
    let then = now.to_zoned(TimeZone::UTC).checked_sub((SERVER_YEARS + 1).years());
    let then = then.map_err(|_| PkiError::Date)?.timestamp();
    let authority = Authority { now: then, ..Authority::open(dir, now)? };
    authority.certificate(EXPIRED_SERVER, server_params()?, SERVER_YEARS)
}

/// SHA-256 of the DER of the first certificate in a PEM file: the pin of a registrar.
///
/// # Errors
/// A file that cannot be read or holds no certificate.
pub fn sha256_of_pem(path: &Path) -> Result<[u8; 32], PkiError> {
    let pem = read_bounded(path).map_err(|cause| PkiError::File { file: path.to_owned(), cause })?;
    let der = CertificateDer::from_pem_slice(&pem)
        .map_err(|_| PkiError::NoCertificate { file: path.to_owned() })?;
    Ok(Sha256::digest(&der).into())
}

/// Why the sandbox has no certificates; each displays as one sentence.
#[derive(Debug)]
pub enum PkiError {
    /// The name cannot safely be a file's.
    Name {
        /// The name refused.
        name: String,
    },
    /// The file or directory cannot be read or written.
    File {
        /// The file.
        file: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// No certificate in the file.
    NoCertificate {
        /// The file.
        file: PathBuf,
    },
    /// A certificate valid from yesterday on would end beyond the calendar.
    Date,
    /// The certificate could not be made.
    Make(rcgen::Error),
}

impl fmt::Display for PkiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { name } => write!(
                f,
                "{name:?} cannot name a certificate; use up to {NAME_CHARS_MAX} of A-Z a-z 0-9 . _ - beginning with \
                 a letter or digit, and not \"ca\" or \"server\""
            ),
            Self::File { file, cause } => {
                write!(f, "{} cannot be read or written ({cause}); choose another directory", file.display())
            }
            Self::NoCertificate { file } => {
                write!(f, "{} holds no certificate; delete it to have it made anew", file.display())
            }
            Self::Date => f.write_str("the system's clock is out of range for certificates; set it"),
            Self::Make(cause) => write!(f, "a certificate of the sandbox could not be made ({cause})"),
        }
    }
}

impl std::error::Error for PkiError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { cause, .. } => Some(cause),
            Self::Make(cause) => Some(cause),
            Self::Name { .. } | Self::NoCertificate { .. } | Self::Date => None,
        }
    }
}

impl From<rcgen::Error> for PkiError {
    fn from(cause: rcgen::Error) -> Self {
        Self::Make(cause)
    }
}

/// The CA, opened for signing.
struct Authority {
    directory: PathBuf,
    now: Timestamp,
    issuer: Issuer<'static, KeyPair>,
    key_identifier: Vec<u8>,
}

impl Authority {
    fn open(dir: &Path, now: Timestamp) -> Result<Self, PkiError> {
        let directory = dir.join("pki");
        fs::create_dir_all(&directory).map_err(|cause| PkiError::File { file: directory.clone(), cause })?;
        let files = files_of(&directory, CA);
        let mut params = ca_params();
        let key = match kept(&files, now, |_| true)? {
            Some(key) => key,
            None => {
                let key = KeyPair::generate()?;
                set_validity(&mut params, now, CA_YEARS)?;
                write_pair(&files, &key, &params.self_signed(&key)?.pem())?;
                key
            }
        };
        let key_identifier = params.key_identifier(&key);
        Ok(Self { directory, now, issuer: Issuer::new(params, key), key_identifier })
    }

    fn file(&self, name: &str, extension: &str) -> PathBuf {
        self.directory.join(format!("{name}.{extension}"))
    }

    fn client_certificate(&self, name: &str) -> Result<CertificateFiles, PkiError> {
        if !is_safe(name) {
            return Err(PkiError::Name { name: name.to_owned() });
        }
        self.certificate(name, client_params(name), CLIENT_YEARS)
    }

    fn certificate(
        &self,
        name: &str,
        mut params: CertificateParams,
        years: i16,
    ) -> Result<CertificateFiles, PkiError> {
        let files = files_of(&self.directory, name);
        if kept(&files, self.now, |certificate| self.has_signed(certificate))?.is_some() {
            return Ok(files);
        }
        let key = KeyPair::generate()?;
        set_validity(&mut params, self.now, years)?;
        write_pair(&files, &key, &params.signed_by(&key, &self.issuer)?.pem())?;
        Ok(files)
    }

    /// By the authority key identifier: another CA of a sandbox has the same name, but another key.
    fn has_signed(&self, certificate: &X509Certificate<'_>) -> bool {
        certificate.extensions().iter().any(|extension| match extension.parsed_extension() {
            ParsedExtension::AuthorityKeyIdentifier(authority) => {
                authority.key_identifier.as_ref().is_some_and(|id| id.0 == self.key_identifier)
            }
            _ => false,
        })
    }
}

fn files_of(directory: &Path, name: &str) -> CertificateFiles {
    // Not `with_extension`, which would cut a name at its own dot.
    CertificateFiles {
        certificate: directory.join(format!("{name}.pem")),
        key: directory.join(format!("{name}.key")),
    }
}

/// A name becomes a file name and a common name (at most 64 characters, RFC 5280 appendix A.1).
fn is_safe(name: &str) -> bool {
    name.len() <= NAME_CHARS_MAX
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        // On a file system that folds case, "CA" would overwrite the authority.
        && !name.eq_ignore_ascii_case(CA)
        && !name.eq_ignore_ascii_case(SERVER)
        && !name.eq_ignore_ascii_case(EXPIRED_SERVER)
}

/// The key of a pair that need not be made anew.
fn kept(
    files: &CertificateFiles,
    now: Timestamp,
    accept: impl Fn(&X509Certificate<'_>) -> bool,
) -> Result<Option<KeyPair>, PkiError> {
    let (Some(certificate_pem), Some(key_pem)) =
        (read_if_there(&files.certificate)?, read_if_there(&files.key)?)
    else {
        return Ok(None);
    };
    let Ok(der) = CertificateDer::from_pem_slice(&certificate_pem) else { return Ok(None) };
    let Ok((_, certificate)) = X509Certificate::from_der(&der) else { return Ok(None) };
    let Some(key) = std::str::from_utf8(&key_pem).ok().and_then(|pem| KeyPair::from_pem(pem).ok()) else {
        return Ok(None);
    };
    let validity = certificate.validity();
    let is_valid =
        (validity.not_before.timestamp()..validity.not_after.timestamp()).contains(&now.as_second());
    let is_pair = certificate.public_key().subject_public_key.data.as_ref() == key.public_key_raw();
    Ok((is_valid && is_pair && accept(&certificate)).then_some(key))
}

fn read_if_there(file: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, PkiError> {
    match read_bounded(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(PkiError::File { file: file.to_owned(), cause }),
    }
}

fn read_bounded(file: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let opened = File::open(file)?;
    // Reserved at once, so that growing leaves no copy of a key behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(FILE_BYTES_MAX));
    opened.take(FILE_BYTES_MAX as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The key first: a crash in between leaves a pair that does not match, and that is made anew.
fn write_pair(files: &CertificateFiles, key: &KeyPair, certificate_pem: &str) -> Result<(), PkiError> {
    write(&files.key, Zeroizing::new(key.serialize_pem()).as_bytes(), 0o600)?;
    write(&files.certificate, certificate_pem.as_bytes(), 0o644)
}

/// By a new file and a rename, so that an existing file's looser mode is never kept for a key.
fn write(file: &Path, content: &[u8], mode: u32) -> Result<(), PkiError> {
    let failed = |cause| PkiError::File { file: file.to_owned(), cause };
    let mut new = file.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    match fs::remove_file(&new) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed(e)),
        _ => {}
    }
    let mut opened = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new).map_err(failed)?;
    opened.write_all(content).and_then(|()| opened.sync_all()).map_err(failed)?;
    fs::rename(&new, file).map_err(failed)
}

fn ca_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name("Domesday Sandbox CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn server_params() -> Result<CertificateParams, PkiError> {
    let mut params = leaf_params("Domesday Sandbox", ExtendedKeyUsagePurpose::ServerAuth);
    params.subject_alt_names = vec![
        SanType::DnsName("localhost".try_into()?),
        SanType::IpAddress(Ipv4Addr::LOCALHOST.into()),
        SanType::IpAddress(Ipv6Addr::LOCALHOST.into()),
    ];
    Ok(params)
}

fn client_params(name: &str) -> CertificateParams {
    leaf_params(name, ExtendedKeyUsagePurpose::ClientAuth)
}

fn leaf_params(name: &str, purpose: ExtendedKeyUsagePurpose) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name(name);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![purpose];
    // Strict verifiers (Python's VERIFY_X509_STRICT) demand it, and `has_signed` reads it.
    params.use_authority_key_identifier_extension = true;
    params
}

fn common_name(name: &str) -> DistinguishedName {
    let mut distinguished_name = DistinguishedName::new();
    distinguished_name.push(DnType::CommonName, name);
    distinguished_name
}

/// From the day before, so that a client whose clock is behind accepts it at once.
fn set_validity(params: &mut CertificateParams, now: Timestamp, years: i16) -> Result<(), PkiError> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let first = today.yesterday().map_err(|_| PkiError::Date)?;
    let last = today.checked_add(years.years()).map_err(|_| PkiError::Date)?;
    if first.year() < EARLIEST_YEAR {
        return Err(PkiError::Date);
    }
    let midnight = |date: Date| {
        rcgen::date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    params.not_before = midnight(first);
    params.not_after = midnight(last);
    Ok(())
}

const CA: &str = "ca";
const SERVER: &str = "server";
const EXPIRED_SERVER: &str = "server-expired";
const CA_YEARS: i16 = 10;
/// Apple's verifier refuses server certificates of more than 825 days, also those of a private CA.
const SERVER_YEARS: i16 = 2;
const CLIENT_YEARS: i16 = 5;
/// The first year that a certificate can write as RFC 5280 §4.1.2.5 wants it.
const EARLIEST_YEAR: i16 = 1950;
const NAME_CHARS_MAX: usize = 64;
const FILE_BYTES_MAX: usize = 64 * 1024;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio_rustls::rustls::pki_types::UnixTime;

    /// A directory of its own for one test, removed at its end.
    pub(crate) struct ScratchDir(PathBuf);

    impl ScratchDir {
        pub(crate) fn new() -> Self {
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = std::env::temp_dir().join(format!("domesday-test-{}-{number}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        pub(crate) fn path(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for ScratchDir {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// The time by rustls' clock, which judges the certificates made here.
    pub(crate) fn now() -> Timestamp {
        Timestamp::from_second(i64::try_from(UnixTime::now().as_secs()).unwrap()).unwrap()
    }

    fn years_later(years: i16) -> Timestamp {
        let today = now().to_zoned(TimeZone::UTC);
        today.checked_add(years.years()).unwrap().timestamp()
    }

    fn read(files: &CertificateFiles) -> (String, String) {
        (fs::read_to_string(&files.certificate).unwrap(), fs::read_to_string(&files.key).unwrap())
    }

    #[test]
    fn reopening_keeps_every_file() {
        let dir = ScratchDir::new();
        let made = create(dir.path(), &["ClientX", "ClientY"], now()).unwrap();
        let before: Vec<_> = made.clients.iter().chain([&made.server]).map(read).collect();
        let ca = fs::read(&made.ca).unwrap();
        let reopened = create(dir.path(), &["ClientX", "ClientY"], now()).unwrap();
        assert_eq!(reopened, made);
        assert_eq!(issue(dir.path(), "ClientY", now()).unwrap(), made.clients[1]);
        assert_eq!(reopened.clients.iter().chain([&made.server]).map(read).collect::<Vec<_>>(), before);
        assert_eq!(fs::read(&made.ca).unwrap(), ca);
    }

    #[test]
    fn only_what_expired_is_made_anew() {
        let dir = ScratchDir::new();
        let made = create(dir.path(), &["ClientX"], now()).unwrap();
        let (server, client) = (read(&made.server), read(&made.clients[0]));
        create(dir.path(), &["ClientX"], years_later(3)).unwrap();
        assert_ne!(read(&made.server), server);
        assert_eq!(read(&made.clients[0]), client);
        create(dir.path(), &["ClientX"], years_later(6)).unwrap();
        assert_ne!(read(&made.clients[0]), client);
    }

    #[test]
    fn a_new_authority_signs_everything_anew() {
        let dir = ScratchDir::new();
        let made = create(dir.path(), &["ClientX"], now()).unwrap();
        let (server, client) = (read(&made.server), read(&made.clients[0]));
        fs::remove_file(dir.path().join("pki/ca.key")).unwrap();
        create(dir.path(), &["ClientX"], now()).unwrap();
        assert_ne!(read(&made.server), server);
        assert_ne!(read(&made.clients[0]), client);
    }

    #[test]
    fn a_pair_that_does_not_match_or_parse_is_made_anew() {
        let dir = ScratchDir::new();
        let made = create(dir.path(), &["ClientX", "ClientY"], now()).unwrap();
        let [x, y] = &made.clients[..] else { panic!("two clients") };
        fs::copy(&y.key, &x.key).unwrap();
        fs::write(&y.certificate, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        let before = (read(x), read(y));
        create(dir.path(), &["ClientX", "ClientY"], now()).unwrap();
        assert_ne!(read(x), before.0);
        assert_ne!(read(y), before.1);
    }

    #[test]
    fn keys_are_for_their_owner_only() {
        let dir = ScratchDir::new();
        let made = create(dir.path(), &["ClientX"], now()).unwrap();
        let loose = &made.clients[0].key;
        fs::set_permissions(loose, fs::Permissions::from_mode(0o644)).unwrap();
        fs::write(loose, "not a key").unwrap();
        create(dir.path(), &["ClientX"], now()).unwrap();
        for key in ["ca.key", "server.key", "ClientX.key"] {
            let mode = fs::metadata(dir.path().join("pki").join(key)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{key}");
        }
        assert!(fs::read_to_string(loose).unwrap().starts_with("-----BEGIN PRIVATE KEY-----"));
    }

    #[test]
    fn names_that_are_no_file_names_are_refused() {
        let dir = ScratchDir::new();
        let long = "a".repeat(65);
        let odd = [
            "", ".", "..", ".hidden", "-x", "a/b", "../a", "a\\b", "a\0b", "#AB", "Ä", "ca", "CA", "server",
            &long,
        ];
        for name in odd {
            assert!(matches!(issue(dir.path(), name, now()), Err(PkiError::Name { .. })), "{name:?}");
        }
        for name in ["EXAMPLE-TAG", "a.b_c-1", "9", &long[..64]] {
            assert!(issue(dir.path(), name, now()).is_ok(), "{name:?}");
        }
        assert!(dir.path().join("pki/a.b_c-1.pem").exists());
    }

    #[test]
    fn the_pin_is_of_the_der() {
        let dir = ScratchDir::new();
        let made = create(dir.path(), &["ClientX"], now()).unwrap();
        let der = CertificateDer::from_pem_file(&made.clients[0].certificate).unwrap();
        assert_eq!(sha256_of_pem(&made.clients[0].certificate).unwrap(), *Sha256::digest(&der));
        assert!(matches!(sha256_of_pem(&made.clients[0].key), Err(PkiError::NoCertificate { .. })));
        let missing = dir.path().join("pki/none.pem");
        assert!(matches!(sha256_of_pem(&missing), Err(PkiError::File { .. })));
    }

    #[test]
    fn dates_no_certificate_can_write_are_refused() {
        let dir = ScratchDir::new();
        for now in [Timestamp::MIN, Timestamp::MAX] {
            assert!(matches!(create(dir.path(), &[], now), Err(PkiError::Date)));
        }
    }
}
