//! Which certificate a sandbox's EPP listener shows: its own, or one that is over, when that was ordered.

use std::fmt;
use std::sync::Arc;

use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::faults::FaultsAt;

/// A listener's TLS side that shows an expired certificate where one is ordered. `expired` is the TLS side with that
/// certificate. Sessions are not resumed under TLS 1.3: in a resumed one the client is shown no certificate.
pub(super) fn with_faults(
    right: &ServerConfig,
    expired: &ServerConfig,
    faults: FaultsAt,
) -> Arc<ServerConfig> {
    let mut config = right.clone();
    config.send_tls13_tickets = 0;
    config.cert_resolver = Arc::new(Shown {
        right: Arc::clone(&right.cert_resolver),
        expired: Arc::clone(&expired.cert_resolver),
        faults,
    });
    Arc::new(config)
}

struct Shown {
    right: Arc<dyn ResolvesServerCert>,
    expired: Arc<dyn ResolvesServerCert>,
    faults: FaultsAt,
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let expires = self.faults.faults.expires(self.faults.listener);
        if expires { self.expired.resolve(hello) } else { self.right.resolve(hello) }
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown").field("listener", &self.faults.listener).finish_non_exhaustive()
    }
}
