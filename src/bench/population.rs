//! Who lives in the bench's registry: names, contacts, hosts and registrars that follow from a number, and their way into a
//! store, in bulk and past the registry.
//!
//! Names are scattered over the index as real ones are. Contacts and hosts are drawn evenly, which is the worst case for the
//! indexes that lead back from them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::{PasswordHasher, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::task::JoinSet;

use super::dice::Dice;
use crate::admin::Problem;
use crate::model::account::Account;
use crate::model::auth_info::{StoredAuthInfo, StoredForm};
use crate::model::contact::{Contact, ContactId, Email, Phone};
use crate::model::domain::{ContactRef, ContactRole, Domain, NameServer, RenewalPlan};
use crate::model::extras::Extras;
use crate::model::history::HistoryEntry;
use crate::model::host::Host;
use crate::model::name::{DomainName, HostName, ZoneName};
use crate::model::object::{ContactNumber, DomainNumber, HostNumber, ObjectKind};
use crate::model::postal::{Country, PostalInfo, PostalKind, PostalParts};
use crate::model::registrar::{Registrar, RegistrarId};
use crate::model::sec_dns::{DsData, Records, SecDns};
use crate::model::standing::{ContactStanding, DomainStanding};
use crate::model::status::StatusSet;
use crate::model::tld::Tld;
use crate::registry::clock::Clock;
use crate::store::{DomainDraft, Keep, Store, StoreError, Tx};

/// How much there is, and which names are next.
#[derive(Debug)]
pub(super) struct Population {
    domains: AtomicU64,
    next_new: AtomicU64,
}

impl Population {
    /// What a store holds that an earlier bench filled; nobody in a new one.
    pub(super) async fn of(store: &Store, seed: u64) -> Result<Self, Problem> {
        let counted = store.read(|tx| tx.meta(COUNT)).await.map_err(Problem::new)?;
        let domains = counted.and_then(|count| count.parse().ok()).unwrap_or(0);
        // Each run creates names of its own, so that a store can be used again.
        let next_new = NEW + ((seed % (1 << 17)) << 20);
        Ok(Self { domains: AtomicU64::new(domains), next_new: AtomicU64::new(next_new) })
    }

    /// One of so many domains, in whichever store.
    pub(super) fn of_size(domains: u64) -> Self {
        Self { domains: AtomicU64::new(domains), next_new: AtomicU64::new(NEW) }
    }

    /// Domains that were filled in.
    pub(super) fn domains(&self) -> u64 {
        self.domains.load(Ordering::Relaxed)
    }

    /// A name that is registered.
    pub(super) fn taken(&self, dice: &mut Dice) -> String {
        domain_name(dice.below(self.domains()))
    }

    /// One that this registrar sponsors.
    pub(super) fn taken_by(&self, registrar: u64, dice: &mut Dice) -> String {
        let rows = self.domains() / REGISTRARS;
        domain_name(dice.below(rows) * REGISTRARS + registrar % REGISTRARS)
    }

    /// A name that nobody has or will have.
    pub(super) fn free(&self, dice: &mut Dice) -> String {
        domain_name(FREE + dice.below(FREE))
    }

    /// A name that nobody has yet and that is given out once.
    pub(super) fn new_name(&self) -> String {
        domain_name(self.next_new.fetch_add(1, Ordering::Relaxed))
    }

    /// A contact's identifier.
    pub(super) fn contact(&self, dice: &mut Dice) -> String {
        contact_id(dice.below(contacts(self.domains())))
    }

    /// A host's name.
    pub(super) fn host(&self, dice: &mut Dice) -> String {
        host_name(dice.below(hosts(self.domains())))
    }

    /// One of the contacts that were made last: most domains are created with contacts of their own.
    pub(super) fn latest_contact(&self, dice: &mut Dice) -> String {
        let contacts = contacts(self.domains());
        contact_id(contacts - 1 - dice.below(LATEST.min(contacts)))
    }

    /// One of the hosts that most domains have: a registrar's own.
    pub(super) fn usual_host(&self, dice: &mut Dice) -> String {
        host_name(dice.below(USUAL.min(hosts(self.domains()))))
    }

    /// A domain that is about to be made, and its history without the number: what a create writes.
    pub(super) async fn drafts(&self, store: &Store, count: u64, seed: u64) -> Result<Vec<Draft>, Problem> {
        let names: Vec<(u64, String)> = (0..count).map(|number| (number, self.new_name())).collect();
        let domains = self.domains();
        store.read(move |tx| drafts(tx, domains, &names, seed)).await.map_err(Problem::new)
    }

    /// Fills a store up to this many domains; `progress` hears how many there are.
    pub(super) async fn grow(
        &self,
        store: &Store,
        to: u64,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<(), Problem> {
        if self.domains() == 0 {
            store.write(|tx| found(tx).map(|()| ((), Keep::Commit))).await.map_err(Problem::new)?;
        }
        let have = self.domains();
        if to <= have {
            return Ok(());
        }
        let related = |count: fn(u64) -> u64| if have == 0 { 0..count(to) } else { count(have)..count(to) };
        in_chunks(
            store,
            related(contacts),
            |_| {},
            |_, numbers| numbers.iter().map(|number| contact(*number)).collect(),
            |tx, contact| tx.insert_contact(contact).map(drop),
        )
        .await?;
        in_chunks(
            store,
            related(hosts),
            |_| {},
            |_, numbers| numbers.iter().map(|number| host(*number)).collect(),
            |tx, host| tx.insert_host(host).map(drop),
        )
        .await?;
        in_chunks(
            store,
            have..to,
            |done| progress(have + done),
            move |tx, numbers| {
                let names: Vec<_> = numbers.iter().map(|number| (*number, domain_name(*number))).collect();
                let seed = numbers.first().copied().unwrap_or(0);
                drafts(tx, to, &names, seed)
            },
            |tx, draft| draft.insert(tx).map(drop),
        )
        .await?;
        let counted = to.to_string();
        let count = store.write(move |tx| tx.put_meta(COUNT, &counted).map(|()| ((), Keep::Commit)));
        count.await.map_err(Problem::new)?;
        self.domains.store(to, Ordering::Relaxed);
        Ok(())
    }
}

/// A domain with its history, ready to be written.
pub(super) struct Draft {
    domain: Domain,
    after: String,
}

impl Draft {
    /// Writes both rows, and the links.
    pub(super) fn insert(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        let domain = &self.domain;
        let draft = DomainDraft { domain: domain.clone(), variant_key: None };
        let Some(number) = tx.insert_domain(&draft)? else {
            return Ok(false);
        };
        tx.record(&HistoryEntry {
            at: domain.created_at,
            kind: ObjectKind::Domain,
            number: number.0,
            name: domain.name.to_string(),
            operation: "domain:create".to_owned(),
            actor: domain.sponsor.to_string(),
            client_trid: Some("BENCH-0001".to_owned()),
            server_trid: format!("DD-0123456789ABCDEF-{number}"),
            before: None,
            after: Some(self.after.clone()),
            document: None,
        })?;
        Ok(true)
    }
}

/// The registrar of this number.
pub(super) fn registrar_id(number: u64) -> String {
    format!("Bench{}", number % REGISTRARS)
}

/// One whose password costs as much to verify as any real one's.
pub(super) fn storm_registrar_id(number: u64) -> String {
    format!("Storm{}", number % REGISTRARS)
}

/// Inserts what is made of each number, so many in one transaction; the next ones are made while the writer writes.
async fn in_chunks<T: Send + 'static>(
    store: &Store,
    numbers: std::ops::Range<u64>,
    progress: impl Fn(u64),
    make: impl Fn(&mut Tx<'_>, &[u64]) -> Result<Vec<T>, StoreError> + Copy + Send + 'static,
    insert: impl Fn(&mut Tx<'_>, &T) -> Result<(), StoreError> + Copy + Send + 'static,
) -> Result<(), Problem> {
    let mut running: JoinSet<Result<u64, StoreError>> = JoinSet::new();
    let mut starts = numbers.clone().step_by(CHUNK as usize);
    let mut done = 0;
    loop {
        while running.len() < CHUNKS_AT_ONCE
            && let Some(start) = starts.next()
        {
            let chunk: Vec<u64> = (start..numbers.end.min(start + CHUNK)).collect();
            let store = store.clone();
            running.spawn(async move {
                let count = chunk.len() as u64;
                let made = store.read(move |tx| make(tx, &chunk)).await?;
                let write = move |tx: &mut Tx<'_>| made.iter().try_for_each(|one| insert(tx, one));
                store.write(move |tx| write(tx).map(|()| (count, Keep::Commit))).await
            });
        }
        let Some(ended) = running.join_next().await else {
            return Ok(());
        };
        done += ended.map_err(Problem::new)?.map_err(Problem::new)?;
        progress(done);
    }
}

/// The TLD and the registrars.
fn found(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let mut tld = Tld::new(ZoneName::parse(ZONE).map_err(corrupt)?);
    tld.contacts.required = vec![ContactRole::Admin, ContactRole::Tech];
    tx.put_tld(&tld)?;
    let (cheap, real) = (hash(8, 1), hash(19 * 1024, 2));
    for (id, hash) in (0..REGISTRARS)
        .flat_map(|number| [(registrar_id(number), &cheap), (storm_registrar_id(number), &real)])
    {
        let id = RegistrarId::parse(&id).map_err(corrupt)?;
        tx.put_registrar(&Registrar { sessions_max: 1_000_000, ..Registrar::new(id.clone(), "Bench") })?;
        tx.set_password(&id, hash, created_at())?;
    }
    Ok(())
}

/// A hash of [`PASSWORD`]. Its parameters travel with it: cheap ones for registrars whose logins are not what is measured.
fn hash(kilobytes: u32, rounds: u32) -> String {
    let params = Params::new(kilobytes, rounds, 1, None).unwrap_or_default();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hashed = SaltString::encode_b64(&[7; 16])
        .and_then(|salt| argon2.hash_password(PASSWORD.as_bytes(), &salt).map(|hash| hash.to_string()));
    hashed.unwrap_or_default()
}

/// Draws contacts and hosts for each name, and looks up their numbers, all together.
fn drafts(
    tx: &mut Tx<'_>,
    domains: u64,
    names: &[(u64, String)],
    seed: u64,
) -> Result<Vec<Draft>, StoreError> {
    let mut dice = Dice::new(seed);
    let mut drawn = Vec::with_capacity(names.len());
    let (mut ids, mut servers) = (BTreeSet::new(), BTreeSet::new());
    for _ in names {
        let contacts = [0; 3].map(|_| contact_id(dice.below(contacts(domains))));
        let hosts = [0; 2].map(|_| host_name(dice.below(hosts(domains))));
        let contacts = contacts.iter().map(|id| ContactId::parse(id)).collect::<Result<Vec<_>, _>>();
        let hosts = hosts.iter().map(|name| HostName::parse(name)).collect::<Result<Vec<_>, _>>();
        let (contacts, hosts) = (contacts.map_err(corrupt)?, hosts.map_err(corrupt)?);
        ids.extend(contacts.iter().cloned());
        servers.extend(hosts.iter().map(HostName::to_string));
        drawn.push((contacts, hosts));
    }
    let numbers = tx.contact_numbers(&ids.iter().collect::<Vec<_>>())?;
    let hosts: Vec<HostName> =
        servers.iter().map(|name| HostName::parse(name).map_err(corrupt)).collect::<Result<_, _>>()?;
    let host_numbers = tx.host_numbers(&hosts.iter().collect::<Vec<_>>())?;
    let missing = || StoreError::Corrupt("the bench's store is not whole; remove it".to_owned());
    names
        .iter()
        .zip(drawn)
        .map(|((number, name), (contacts, hosts))| {
            let mut related = contacts.into_iter().map(|id| {
                let number: ContactNumber = numbers.get(&id).copied().ok_or_else(missing)?;
                Ok(ContactRef { number, id })
            });
            let mut next = || related.next().unwrap_or_else(|| Err(missing()));
            let (registrant, admin, tech) = (next()?, next()?, next()?);
            let servers = hosts.into_iter().map(|name| {
                let number: HostNumber = host_numbers.get(&name).copied().ok_or_else(missing)?;
                Ok(NameServer::Object(number, name))
            });
            let servers = servers.collect::<Result<Vec<_>, StoreError>>()?;
            let roles = vec![(ContactRole::Admin, admin), (ContactRole::Tech, tech)];
            draft(*number, name, registrant, roles, servers)
        })
        .collect()
}

fn draft(
    number: u64,
    name: &str,
    registrant: ContactRef,
    contacts: Vec<(ContactRole, ContactRef)>,
    name_servers: Vec<NameServer>,
) -> Result<Draft, StoreError> {
    let sponsor = RegistrarId::parse(&registrar_id(number)).map_err(corrupt)?;
    let domain = Domain {
        number: DomainNumber(0),
        name: DomainName::parse(name).map_err(corrupt)?,
        created_by: sponsor.clone(),
        sponsor,
        reseller: None,
        created_at: created_at(),
        updated_by: None,
        updated_at: None,
        transferred_at: None,
        // Spread over a year, as names are; nothing falls due while the bench runs.
        expires_at: after(created_at(), 30 + (number % 335) as i64),
        registrant: Some(registrant),
        contacts,
        name_servers,
        statuses: StatusSet::new(),
        auth_info: Some(StoredAuthInfo {
            form: StoredForm::Hashed {
                salt: format!("{number:032x}"),
                hash: format!("{:064x}", number.wrapping_mul(31)),
            },
            set_at: created_at(),
            wrong_attempts: 0,
        }),
        sec_dns: signed(number),
        grace: Vec::new(),
        deletion: None,
        transfer: None,
        pending: None,
        renewal: RenewalPlan::default(),
        extras: Extras::default(),
        standing: DomainStanding::default(),
    };
    let after = json!({
        "name": domain.name,
        "sponsor": domain.sponsor,
        "created_at": domain.created_at,
        "updated_at": domain.updated_at,
        "transferred_at": domain.transferred_at,
        "expires_at": domain.expires_at,
        "registrant": domain.registrant.as_ref().map(|contact| &contact.id),
        "contacts": domain.contacts.iter().map(|(role, contact)| json!([role, contact.id])).collect::<Vec<_>>(),
        "name_servers": domain.name_servers.iter().map(|server| json!(server.name())).collect::<Vec<_>>(),
        "statuses": domain.statuses,
        "auth_info": json!({ "set_at": created_at() }),
        "sec_dns": domain.sec_dns,
        "grace": domain.grace,
        "deletion": domain.deletion,
        "transfer": domain.transfer,
    });
    Ok(Draft { after: after.to_string(), domain })
}

fn contact(number: u64) -> Result<Contact, StoreError> {
    let sponsor = RegistrarId::parse(&registrar_id(number)).map_err(corrupt)?;
    let parts = PostalParts {
        kind: PostalKind::Int,
        name: format!("Person {number}"),
        org: Some("Example Organisation Ltd".to_owned()),
        street: vec![format!("{} Main Street", number % 300)],
        city: "Springfield".to_owned(),
        sp: None,
        pc: Some("20166".to_owned()),
        cc: Country::parse("EE").ok_or_else(|| corrupt("EE"))?,
    };
    Ok(Contact {
        number: ContactNumber(0),
        id: ContactId::parse(&contact_id(number)).map_err(corrupt)?,
        created_by: sponsor.clone(),
        sponsor,
        ident: None,
        created_at: created_at(),
        updated_by: None,
        updated_at: None,
        transferred_at: None,
        postal: vec![PostalInfo::new(parts).map_err(corrupt)?],
        voice: Some(Phone::new("+1.7035555555", None).map_err(corrupt)?),
        fax: None,
        email: Email::parse(&format!("person{number}@example.com")).map_err(corrupt)?,
        auth_info: None,
        disclose: None,
        statuses: StatusSet::new(),
        transfer: None,
        account: Account::default(),
        extras: Extras::default(),
        standing: ContactStanding::default(),
    })
}

fn host(number: u64) -> Result<Host, StoreError> {
    let sponsor = RegistrarId::parse(&registrar_id(number)).map_err(corrupt)?;
    Ok(Host {
        number: HostNumber(0),
        name: HostName::parse(&host_name(number)).map_err(corrupt)?,
        created_by: sponsor.clone(),
        sponsor,
        superordinate: None,
        created_at: created_at(),
        updated_by: None,
        updated_at: None,
        transferred_at: None,
        addresses: Vec::new(),
        statuses: StatusSet::new(),
    })
}

fn signed(number: u64) -> SecDns {
    let digest = (0..4).flat_map(|part: u64| number.wrapping_mul(part + 3).to_be_bytes()).collect();
    let record =
        DsData { key_tag: (number % 65_536) as u16, algorithm: 13, digest_type: 2, digest, key_data: None };
    SecDns { max_sig_life: None, records: Records::Ds(vec![record]) }
}

/// The label is the number, scattered over 40 bits without ever meeting another.
fn domain_name(number: u64) -> String {
    let mut scattered = number & MASK;
    for factor in [0x00B5_1E4D_6A5B, 0x00E9_5A1C_3D27] {
        scattered = scattered.wrapping_mul(factor) & MASK;
        scattered ^= scattered >> 21;
    }
    let mut label = String::with_capacity(24);
    label.push_str("bench");
    for _ in 0..8 {
        label.push(char::from(DIGITS[(scattered & 31) as usize]));
        scattered >>= 5;
    }
    label.push('.');
    label.push_str(ZONE);
    label
}

fn contact_id(number: u64) -> String {
    format!("BC{number:09}")
}

fn host_name(number: u64) -> String {
    format!("ns{number:07}.hosting.net")
}

/// Contacts for so many domains: real registrants have several.
fn contacts(domains: u64) -> u64 {
    (domains * 2 / 5).max(1000)
}

/// Hosts for so many domains.
fn hosts(domains: u64) -> u64 {
    (domains / 10).max(1000)
}

fn created_at() -> Timestamp {
    let today = Clock::system().now().as_second() / SECONDS_PER_DAY * SECONDS_PER_DAY;
    Timestamp::from_second(today).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn after(from: Timestamp, days: i64) -> Timestamp {
    from.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(from)
}

fn corrupt(error: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(format!("the bench cannot make {error}"))
}

/// The password of each of its registrars.
pub(super) const PASSWORD: &str = "foo-BAR2";
/// How many registrars of each kind share the domains.
pub(super) const REGISTRARS: u64 = 8;
/// The key in `meta` under which a store of the bench's keeps how many domains it was filled with.
pub(super) const COUNT: &str = "bench_domains";
/// Contacts of the last creates, and hosts that registrars give their domains.
const LATEST: u64 = 1000;
const USUAL: u64 = 100;
const SECONDS_PER_DAY: i64 = 24 * 60 * 60;
const ZONE: &str = "example";
/// In one savepoint; the engine walks its undo log at each statement, so that longer ones take more than their share.
const CHUNK: u64 = 32;
const CHUNKS_AT_ONCE: usize = 8;
const MASK: u64 = (1 << 40) - 1;
const FREE: u64 = 1 << 37;
const NEW: u64 = 1 << 39;
const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_never_meet() {
        let numbers = (0..20_000).chain(FREE..FREE + 20_000).chain(NEW..NEW + 20_000);
        let names: HashSet<String> = numbers.map(domain_name).collect();
        assert_eq!(names.len(), 60_000);
        assert!(names.iter().all(|name| DomainName::parse(name).is_ok()));
    }

    #[tokio::test]
    async fn a_store_grows_in_steps_and_is_known_again() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path().join("bench.db").to_str().unwrap()).unwrap();
        let population = Population::of(&store, 1).await.unwrap();
        for to in [50, 120] {
            population.grow(&store, to, &|_| {}).await.unwrap();
        }
        let again = Population::of(&store, 2).await.unwrap();
        assert_eq!(again.domains(), 120);
        let mut dice = Dice::new(3);
        let (taken, free, new) = (again.taken(&mut dice), again.free(&mut dice), again.new_name());
        let names = [taken, free, new].map(|name| DomainName::parse(&name).unwrap());
        let found = store.read(move |tx| tx.registered(&names.iter().collect::<Vec<_>>())).await.unwrap();
        assert_eq!(found.len(), 1);
        let mine = DomainName::parse(&again.taken_by(5, &mut dice)).unwrap();
        let domain = store.read(move |tx| tx.domain(&mine)).await.unwrap().unwrap();
        assert_eq!(domain.sponsor.as_str(), registrar_id(5));
        assert_eq!((domain.contacts.len(), domain.name_servers.len()), (2, 2));
    }
}
