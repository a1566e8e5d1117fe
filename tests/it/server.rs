//! A server in this process: a registry on a file that is thrown away, one listener with TLS on port 0, a clock that
//! stands still.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use domesday::dialect;
use domesday::gateway::epp::{EppGateway, Settings as EppSettings};
use domesday::gateway::listener::{Limits, Listener};
use domesday::gateway::tls::{ClientCertificate, TlsFiles, server_config};
use domesday::model::api_user::{ApiLogin, ApiRole, ApiUser};
use domesday::model::domain::ContactRole;
use domesday::model::epp_access::{EppAccess, EppRole, UserCertificate};
use domesday::model::event::Event;
use domesday::model::money::{Currency, EntryKind, LedgerEntry};
use domesday::model::name::{DomainName, ZoneName};
use domesday::model::octets::to_hex;
use domesday::model::registrar::{Accreditation, Registrar, RegistrarId};
use domesday::model::tld::{
    AtExpiry, AuthInfoMode, HostModel, LaunchPhase, Premium, Price, PriceList, SecDnsForm, Tld,
};
use domesday::registry::clock::Clock;
use domesday::registry::secret::{ServerKey, system_random};
use domesday::registry::{Registry, Settings};
use domesday::sandbox::{pki, seed as sandbox_seed};
use domesday::store::{Keep, Store, StoreError, Tx};
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_rustls::rustls::ServerConfig;

use crate::engine::Place;
use crate::schema::validate_each;

/// The password of every registrar.
pub(crate) const PASSWORD: &str = "foo-BAR2";

/// The registrars there are; each has a certificate of its own name.
pub(crate) const REGISTRARS: [&str; 4] = ["ClientX", "ClientY", "ClientZ", "NewRegistrar"];

/// The API users there are, where those log in (.ee): login, registrar, role, whether it is active, whether its certificate
/// is registered and good; each has a certificate of its own name.
const USERS: [(&str, &str, EppRole, bool, Certificate); 7] = [
    ("mari", "EESTI", EppRole::Super, true, Certificate::Good),
    ("jaan", "EESTI", EppRole::Epp, true, Certificate::Good),
    ("arve", "EESTI", EppRole::Billing, true, Certificate::Good),
    ("tiit", "EESTI", EppRole::Epp, false, Certificate::Good),
    ("rein", "EESTI", EppRole::Epp, true, Certificate::Revoked),
    ("liis", "VORU", EppRole::Epp, true, Certificate::Good),
    // Its registrar comes from elsewhere.
    ("kati", "VALGA", EppRole::Epp, true, Certificate::Good),
];

/// The registrars of the uk zones, which have no certificates: tags.
pub(crate) const TAGS: [&str; 3] = ["EXAMPLE-TAG", "AB", "SECOND-TAG"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Certificate {
    Good,
    Revoked,
}
/// What a server answered.
pub(crate) type Answers = Arc<Mutex<Vec<String>>>;

/// A running server.
pub(crate) struct Server {
    pub(crate) registry: Arc<Registry>,
    pub(crate) address: SocketAddr,
    /// Every answer that a client of it has read: all are judged when the server goes.
    pub(crate) answers: Answers,
    pub(crate) place: Place,
    drain: watch::Sender<bool>,
}

/// What a test may want otherwise.
pub(crate) struct Options {
    pub(crate) dialect: &'static str,
    pub(crate) client_certificate: ClientCertificate,
    pub(crate) epp: EppSettings,
    pub(crate) limits: Limits,
    /// Where the registry's random bytes come from.
    pub(crate) random: fn(&mut [u8]),
    /// Another certificate and another clock of TLS than the tests' own.
    pub(crate) tls: Option<Arc<ServerConfig>>,
    /// Whether the registry lies in a file whatever engine the tests run on.
    pub(crate) in_file: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dialect: "ietf",
            client_certificate: ClientCertificate::Required,
            epp: EppSettings::default(),
            limits: Limits {
                connections_max: 1000,
                connections_per_address_max: 1000,
                handshake_timeout: Duration::from_secs(10),
                proxy_protocol: false,
            },
            random: system_random,
            tls: None,
            in_file: false,
        }
    }
}

impl Server {
    /// Starts one with the dialect `ietf`.
    pub(crate) async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    pub(crate) async fn start_with(options: Options) -> Self {
        let place = if options.in_file { Place::file() } else { Place::new() };
        let store = place.open();
        let hash = password_hash().await;
        store.write(move |tx| seed(tx, &hash).map(|()| ((), Keep::Commit))).await.unwrap();
        let registry = open_registry_with(store, options.random).await;
        Self::serve(registry, place, options)
    }

    /// Another listener of the same registry; it has no place of its own.
    pub(crate) fn also(&self, dialect: &'static str, client_certificate: ClientCertificate) -> Self {
        let epp = dialect::named(dialect).unwrap().settings();
        let options = Options { dialect, epp, client_certificate, ..Options::default() };
        Self::serve(Arc::clone(&self.registry), Place::file(), options)
    }

    /// Another process' server on the same database, with a clock of its own; none where that is a file.
    pub(crate) async fn another_node(&self, options: Options) -> Option<Self> {
        if !self.place.takes_several() {
            return None;
        }
        let registry = open_registry(self.place.open()).await;
        Some(Self::serve(registry, Place::file(), options))
    }

    fn serve(registry: Arc<Registry>, place: Place, options: Options) -> Self {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), "address").unwrap();
        let address = listener.local_addr().unwrap();
        let tls = options.tls.unwrap_or_else(|| {
            server_config(&tls_files(), options.client_certificate, machine_now()).unwrap()
        });
        let dialect = dialect::named(options.dialect).unwrap();
        let gateway = EppGateway::new(Arc::clone(&registry), dialect, options.epp);
        let (drain, drained) = watch::channel(false);
        tokio::spawn(listener.serve(
            Some(tls),
            options.limits,
            drained,
            Duration::from_secs(5),
            move |connection| {
                let gateway = Arc::clone(&gateway);
                async move { gateway.serve(connection).await }
            },
        ));
        Self { registry, address, answers: Answers::default(), place, drain }
    }

    /// Tells the server to drain.
    pub(crate) fn drain(&self) {
        let _ = self.drain.send(true);
    }

    /// Turns the clock and does what falls due.
    pub(crate) async fn set_clock(&self, to: Timestamp) {
        self.registry.clock().set(to);
        self.registry.run_due().await;
    }

    /// Sessions of all registrars.
    pub(crate) async fn session_count(&self) -> u32 {
        let count = |tx: &mut Tx<'_>| {
            tx.registrars()?.iter().try_fold(0, |sum, registrar| Ok(sum + tx.session_count(&registrar.id)?))
        };
        self.registry.store().read(count).await.unwrap()
    }

    /// Puts a service message with a text into a registrar's queue.
    pub(crate) async fn notice(&self, registrar: &str, text: &str) {
        let (id, now) = (RegistrarId::parse(registrar).unwrap(), self.registry.clock().now());
        let event = Event::Notice { text: text.to_owned() };
        let queue = move |tx: &mut Tx<'_>| Ok((tx.queue_message(&id, now, &event)?, Keep::Commit));
        self.registry.store().write(queue).await.unwrap();
    }

    /// Spoils what the store holds of a domain, so that reading it is a breakage.
    pub(crate) async fn spoil_domain(&self, name: &str) {
        let name = DomainName::parse(name).unwrap();
        self.place.tamper(&format!("UPDATE domain SET state = 'spoilt' WHERE name = '{name}'"));
        let spoilt = self.registry.store().read(move |tx| tx.domain(&name)).await;
        assert!(spoilt.is_err(), "there is such a domain");
    }
}

/// What a client has read is what the published schemas allow, whatever the test was about.
impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let answers = std::mem::take(&mut *self.answers.lock().unwrap());
        let distinct: std::collections::BTreeSet<String> = answers.into_iter().collect();
        let frames: Vec<_> = distinct.into_iter().map(|answer| ("an answer".to_owned(), answer)).collect();
        if let Err(invalid) = validate_each(&frames) {
            panic!("{invalid}");
        }
    }
}

/// A registry over a store, with the clock of all tests.
pub(crate) async fn open_registry(store: Store) -> Arc<Registry> {
    open_registry_with(store, system_random).await
}

async fn open_registry_with(store: Store, random: fn(&mut [u8])) -> Arc<Registry> {
    let clock = Clock::held("2026-01-01T00:00:00Z".parse().unwrap());
    let settings = Settings { roid_suffix: "DD".to_owned(), random };
    Registry::open(store, clock, ServerKey::new(&[7; 32]).unwrap(), settings).await.unwrap()
}

/// The certificates, made once for the whole process.
pub(crate) fn pki_dir() -> &'static Path {
    static DIR: OnceLock<TempDir> = OnceLock::new();
    DIR.get_or_init(|| {
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let names: Vec<&str> = REGISTRARS.into_iter().chain(USERS.iter().map(|user| user.0)).collect();
        pki::create(dir.path(), &names, machine_now()).unwrap();
        dir
    })
    .path()
}

fn tls_files() -> TlsFiles {
    let pki = pki_dir().join("pki");
    TlsFiles {
        certificate: pki.join("server.pem"),
        key: pki.join("server.key"),
        client_ca: Some(pki.join("ca.pem")),
    }
}

#[expect(clippy::disallowed_methods, reason = "certificates are judged by the machine's clock")]
pub(crate) fn machine_now() -> Timestamp {
    Timestamp::now()
}

/// The hash of [`PASSWORD`], computed once by a registry of its own: Argon2 is slow on purpose.
async fn password_hash() -> String {
    static HASH: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
    HASH.get_or_init(|| async {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path().join("hash.db").to_str().unwrap()).unwrap();
        let id = RegistrarId::parse("ClientX").unwrap();
        let registrar = Registrar::new(id.clone(), "ClientX");
        store.write(move |tx| tx.put_registrar(&registrar).map(|()| ((), Keep::Commit))).await.unwrap();
        let registry = open_registry(store).await;
        assert!(registry.set_password(&id, PASSWORD.to_owned().into()).await.unwrap());
        let credential = registry.store().read(move |tx| tx.credential(&id)).await.unwrap();
        credential.unwrap().password_hash.unwrap()
    })
    .await
    .clone()
}

/// `example`: hashed authInfo, host objects, only a registrant. `tld`: the same, readable authInfo. `test`: strict.
/// `attr`: host attributes, no registrant needed. `paid`: as `example` with prices, no registrant needed. `rush`: in its
/// landrush.
fn seed(tx: &mut Tx<'_>, hash: &str) -> Result<(), StoreError> {
    let zone = |name| ZoneName::parse(name).unwrap();
    tx.put_tld(&Tld::new(zone("example")))?;
    let mut readable = Tld::new(zone("tld"));
    readable.auth_info.mode = AuthInfoMode::Readable;
    tx.put_tld(&readable)?;
    let mut strict = Tld::new(zone("test"));
    strict.auth_info.lifetime_days = Some(14);
    strict.auth_info.required_at_create = true;
    strict.contacts.required = vec![ContactRole::Admin, ContactRole::Tech];
    strict.names.idn_table = Some("latin-variants".to_owned());
    strict.names.reserved = vec!["nic".to_owned(), "whois".to_owned()];
    strict.names.label_chars_min = 2;
    strict.sec_dns.check_digests = true;
    tx.put_tld(&strict)?;
    let mut attributes = Tld::new(zone("attr"));
    attributes.hosts.model = HostModel::Attributes;
    attributes.contacts.registrant_required = false;
    tx.put_tld(&attributes)?;
    let mut paid = Tld::new(zone("paid"));
    paid.contacts.registrant_required = false;
    paid.names.premium = vec![Premium { label: "gold".to_owned(), tier: "premium".to_owned() }];
    paid.prices = vec![prices("standard", 1000), prices("premium", 50_000)];
    tx.put_tld(&paid)?;
    let mut rush = Tld::new(zone("rush"));
    rush.contacts.registrant_required = false;
    rush.launch_phase = LaunchPhase::Landrush;
    tx.put_tld(&rush)?;
    let mut estonian = Tld::new(zone("ee"));
    estonian.auth_info.mode = AuthInfoMode::Readable;
    estonian.auth_info.made_up = true;
    estonian.term.transfer_years = 0;
    estonian.term.time_zone = Some("EET-2EEST,M3.5.0/3,M10.5.0/4".to_owned());
    estonian.names.idn_table = Some("et".to_owned());
    estonian.names.reserved = vec!["nic".to_owned()];
    estonian.names.disputed = vec!["vaidlus".to_owned()];
    estonian.names.blocked = vec!["riik".to_owned()];
    estonian.auth_info.info_forgives = true;
    estonian.auth_info.opens_contacts = true;
    estonian.life.update_lock_transfers = true;
    estonian.term.months = vec![3, 6, 9];
    estonian.term.renewed_before_years = Some(11);
    estonian.term.to_midnight = true;
    estonian.contacts.by_ident = true;
    estonian.contacts.follow_transfer = true;
    estonian.sec_dns.form = SecDnsForm::Key;
    estonian.sec_dns.records_max = 9;
    estonian.confirmations.delete = true;
    estonian.confirmations.change_registrant = true;
    estonian.documents.required = true;
    estonian.hosts.model = HostModel::Attributes;
    estonian.hosts.per_domain_min = 2;
    estonian.hosts.per_domain_max = 11;
    estonian.term.renew_window_days = Some(90);
    estonian.life.transfer_pending_days = 0;
    estonian.life.pending_delete_days = 1;
    estonian.life.add_grace_days = 0;
    estonian.life.renew_grace_days = 0;
    estonian.life.at_expiry = AtExpiry::Lapse;
    tx.put_tld(&estonian)?;
    for id in REGISTRARS {
        let id = RegistrarId::parse(id).unwrap();
        tx.put_registrar(&Registrar::new(id.clone(), id.as_str()))?;
        tx.set_password(&id, hash, "2026-01-01T00:00:00Z".parse().unwrap())?;
        pay(tx, &id)?;
    }
    seed_tags(tx, hash)?;
    seed_users(tx, hash)
}

/// The uk zones as the sandbox has them, and their registrars, which act there only.
fn seed_tags(tx: &mut Tx<'_>, hash: &str) -> Result<(), StoreError> {
    let built_in = sandbox_seed::Seed::parse(sandbox_seed::DEFAULT, &"the built-in seed").unwrap();
    let zones: Vec<Tld> = built_in
        .tlds
        .into_iter()
        .filter(|tld| tld.name.as_ref() == "uk" || tld.name.as_ref().ends_with(".uk"))
        .collect();
    zones.iter().try_for_each(|zone| tx.put_tld(zone))?;
    for id in TAGS {
        let id = RegistrarId::parse(id).unwrap();
        let seeded = built_in.registrars.iter().find(|seeded| seeded.id == id);
        let registrar = seeded.map_or_else(
            || Registrar { sessions_max: 6, ..Registrar::new(id.clone(), id.as_str()) },
            sandbox_seed::SeedRegistrar::registrar,
        );
        let accreditations =
            zones.iter().map(|zone| Accreditation { tld: Some(zone.name.clone()), from: None, until: None });
        tx.put_registrar(&Registrar { accreditations: accreditations.collect(), ..registrar })?;
        tx.set_password(&id, hash, "2026-01-01T00:00:00Z".parse().unwrap())?;
    }
    Ok(())
}

fn seed_users(tx: &mut Tx<'_>, hash: &str) -> Result<(), StoreError> {
    for id in ["EESTI", "VORU", "VALGA"] {
        let mut registrar = Registrar::new(RegistrarId::parse(id).unwrap(), id);
        registrar.sessions_max = 4;
        if id == "VALGA" {
            registrar.networks = vec!["192.0.2.0/24".parse().unwrap()];
        }
        tx.put_registrar(&registrar)?;
    }
    for (name, registrar, role, enabled, certificate) in USERS {
        let login = ApiLogin::parse(name).unwrap();
        let file = pki_dir().join("pki").join(format!("{name}.pem"));
        let certificate = UserCertificate {
            sha256: to_hex(&pki::sha256_of_pem(&file).unwrap()).to_ascii_lowercase(),
            common_name: name.to_owned(),
            revoked: certificate == Certificate::Revoked,
        };
        let registrar = RegistrarId::parse(registrar).unwrap();
        tx.put_api_user(&ApiUser { login: login.clone(), registrar, role: ApiRole::Full, enabled })?;
        tx.set_epp_access(&login, &EppAccess { role, certificates: vec![certificate] })?;
        tx.set_user_password(&login, hash)?;
    }
    Ok(())
}

/// What a create, renewal, transfer or restore costs, in cents; a premium create must agree to it.
fn prices(tier: &str, cents: i64) -> PriceList {
    PriceList {
        tier: tier.to_owned(),
        currency: Currency::USD,
        create: Price::PerYear(cents),
        renew: Price::PerYear(cents),
        transfer: Price::PerYear(cents),
        months: std::collections::BTreeMap::new(),
        restore: 4 * cents,
        update: 0,
        agreement_required: tier == "premium",
    }
}

/// A hundred dollars for each registrar, which is told when less than ten are left.
fn pay(tx: &mut Tx<'_>, id: &RegistrarId) -> Result<(), StoreError> {
    tx.move_money(id, 10_000, 0, 0)?;
    tx.set_limits(id, 0, 1000)?;
    tx.enter(&LedgerEntry {
        at: "2026-01-01T00:00:00Z".parse().unwrap(),
        registrar: id.clone(),
        amount: 10_000,
        kind: EntryKind::Deposit,
        object: "seed".to_owned(),
        operation: "billing:deposit".to_owned(),
        server_trid: "seed".to_owned(),
        balance: 10_000,
    })
}
