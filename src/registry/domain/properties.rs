//! Whatever three registrars do to a few domains, in whatever order, some things hold. `./check --slow` plays 10,000 moves
//! (`DOMESDAY_PROPERTY_CASES`).

mod messages;

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use self::messages::Witness;
use super::fixtures::*;
use super::restore::Report;
use super::update::Changes;
use super::*;
use crate::model::domain::Domain;
use crate::model::money::{Currency, EntryKind};
use crate::model::tld::{Price, PriceList};
use crate::model::transfer::Transfer;
use crate::registry::billing::account::Deposit;
use crate::registry::lifecycle::edges::{State, allows};
use crate::registry::lifecycle::{ListDue, settled};
use crate::registry::testing::{TestRegistry, name};
use crate::registry::{Actor, Operation};

#[derive(Clone, Debug)]
enum Command {
    Approve,
    Cancel,
    Create,
    Delete,
    Reject,
    Renew(u32),
    Report,
    Request(u32, bool),
    Restore,
    Update(Option<bool>, Option<(DomainStatus, bool)>),
}

#[derive(Clone, Debug)]
enum Move {
    Clerk,
    Days(i64),
    Do { by: Who, domain: &'static str, command: Command },
}

/// Left to chance alone, the right registrar would seldom come by.
#[derive(Clone, Debug)]
enum Who {
    Anyone(&'static str),
    Requester,
    Sponsor,
}

impl Who {
    fn id(&self, domain: Option<&Domain>) -> String {
        let Some(domain) = domain else { return "ClientX".to_owned() };
        match (self, &domain.transfer) {
            (Self::Anyone(id), _) => (*id).to_owned(),
            (Self::Requester, Some(transfer)) => transfer.requested_by.to_string(),
            (Self::Requester | Self::Sponsor, _) => domain.sponsor.to_string(),
        }
    }
}

impl Command {
    /// The name of its operation, as the table of ways has it.
    fn operation(&self) -> &'static str {
        match self {
            Self::Approve => TransferApprove::NAME,
            Self::Cancel => TransferCancel::NAME,
            Self::Create => Create::NAME,
            Self::Delete => Delete::NAME,
            Self::Reject => TransferReject::NAME,
            Self::Renew(_) => Renew::NAME,
            Self::Report => RestoreReport::NAME,
            Self::Request(..) => TransferRequest::NAME,
            Self::Restore => RestoreRequest::NAME,
            Self::Update(..) => Update::NAME,
        }
    }
}

/// Ten to twelve dollars a year, so that money runs out now and then.
fn prices() -> PriceList {
    PriceList {
        tier: "standard".to_owned(),
        currency: Currency::USD,
        create: Price::PerYear(1000),
        renew: Price::PerYear(1200),
        transfer: Price::PerYear(1100),
        restore: 4000,
        update: 1,
        agreement_required: false,
    }
}

fn command() -> impl Strategy<Value = Command> {
    let status = prop::sample::select(vec![
        DomainStatus::ClientDeleteProhibited,
        DomainStatus::ClientTransferProhibited,
        DomainStatus::ClientUpdateProhibited,
        DomainStatus::ServerHold,
        DomainStatus::PendingTransfer,
        DomainStatus::Ok,
    ]);
    let change = prop::option::weighted(0.3, (status, any::<bool>()));
    prop_oneof![
        3 => Just(Command::Approve),
        1 => Just(Command::Cancel),
        4 => Just(Command::Create),
        1 => Just(Command::Delete),
        1 => Just(Command::Reject),
        4 => (1_u32..=10).prop_map(Command::Renew),
        3 => Just(Command::Report),
        8 => (1_u32..=10, prop::bool::weighted(0.9)).prop_map(|(years, right)| Command::Request(years, right)),
        3 => Just(Command::Restore),
        6 => (prop::option::of(prop::bool::weighted(0.8)), change).prop_map(|(auth, status)| Command::Update(auth, status)),
    ]
}

fn step() -> impl Strategy<Value = Move> {
    let anyone = prop::sample::select(vec!["ClientX", "ClientY", "ClientZ"]).prop_map(Who::Anyone);
    let by = prop_oneof![4 => anyone, 1 => Just(Who::Requester), 4 => Just(Who::Sponsor)];
    let domain = prop::sample::select(vec!["a.example", "b.tld"]);
    let done = (by, domain, command()).prop_map(|(by, domain, command)| Move::Do { by, domain, command });
    prop_oneof![8 => done, 2 => (0_i64..8).prop_map(Move::Days), 1 => (20_i64..500).prop_map(Move::Days), 1 => Just(Move::Clerk)]
}

/// Runs a command and tells whether it went through.
async fn done<O: Operation>(registry: &TestRegistry, by: &str, operation: O) -> bool {
    match registry.as_registrar(by, operation).await {
        Ok(_) => true,
        Err(Error::Broken(error)) => panic!("{error}"),
        Err(Error::Denied(_) | Error::Refused(_)) => false,
    }
}

async fn run(registry: &TestRegistry, by: &str, domain: &str, command: &Command) -> bool {
    let named = name(domain);
    let years = |years| Some(Period::new(years, Unit::Year).unwrap());
    match command {
        Command::Approve => done(registry, by, approval(domain)).await,
        Command::Cancel => done(registry, by, TransferCancel { name: named, auth_info: None }).await,
        Command::Create => done(registry, by, create(domain)).await,
        Command::Delete => done(registry, by, Delete { name: named }).await,
        Command::Reject => done(registry, by, TransferReject { name: named, auth_info: None }).await,
        Command::Renew(more) => {
            let seen = registry.as_registrar(by, Info { name: named.clone(), auth_info: None }).await;
            let expires_at = seen.map_or(Timestamp::UNIX_EPOCH, |view| view.domain.expires_at);
            let current_expiry = expires_at.to_zoned(TimeZone::UTC).date();
            done(registry, by, Renew { name: named, current_expiry, period: years(*more) }).await
        }
        Command::Report => {
            let report = Report {
                pre_data: String::new(),
                post_data: String::new(),
                deleted_at: Timestamp::UNIX_EPOCH,
                restored_at: Timestamp::UNIX_EPOCH,
                reason: "An error.".to_owned(),
                statements: vec!["It is true.".to_owned()],
                other: None,
            };
            done(registry, by, RestoreReport { name: named, report }).await
        }
        Command::Request(more, right) => {
            let auth_info = if *right { "2fooBAR" } else { "guess" };
            done(registry, by, TransferRequest { period: years(*more), ..request(domain, auth_info) }).await
        }
        Command::Restore => done(registry, by, RestoreRequest { name: named }).await,
        Command::Update(auth, status) => {
            let mut update = Update::of(named);
            update.auth_info = auth.map(|set| presented("2fooBAR").map(|given| given.value).filter(|_| set));
            if let Some((status, add)) = status {
                let changes = Changes { statuses: vec![(*status, None)], ..Changes::default() };
                *if *add { &mut update.add } else { &mut update.remove } = changes;
            }
            done(registry, by, update).await
        }
    }
}

/// What holds of a domain at any time, whatever came before.
fn holds(domain: &Domain, now: Timestamp) -> Result<(), TestCaseError> {
    prop_assert!(["ClientX", "ClientY", "ClientZ"].contains(&domain.sponsor.as_str()));
    let longest = Period::new(10, Unit::Year).unwrap().after(now).unwrap();
    prop_assert!(domain.expires_at <= longest, "{} at {now}", domain.expires_at);
    prop_assert_eq!(domain.statuses.conflict(), None);
    prop_assert_eq!(shown_statuses(domain).conflict(), None);
    prop_assert!(!(domain.transfer_is_pending() && domain.deletion.is_some()));
    Ok(())
}

/// Balances are the sums of their entries, and what is held is what pending transfers will cost.
async fn adds_up(registry: &TestRegistry) -> Result<(), TestCaseError> {
    let mut pending = HashMap::new();
    for domain in ["a.example", "b.tld"] {
        let transfer = kept(registry, domain).await.and_then(|domain| domain.transfer);
        if let Some(transfer) = transfer.filter(Transfer::is_pending) {
            *pending.entry(transfer.requested_by.to_string()).or_insert(0) += transfer.fee;
        }
    }
    for id in ["ClientX", "ClientY", "ClientZ"] {
        let whose = registrar(id);
        let read = registry.registry.store().read(move |tx| {
            let entries = tx.ledger(&whose, Timestamp::UNIX_EPOCH, Timestamp::MAX, 100_000)?;
            Ok((tx.account(&whose)?.unwrap(), entries))
        });
        let (account, entries) = read.await.unwrap();
        let mut sum = 0;
        for entry in &entries {
            sum += entry.amount;
            prop_assert_eq!(entry.balance, sum, "{:?}", entry);
            let forced = [EntryKind::AutoRenew, EntryKind::Refund, EntryKind::Transfer].contains(&entry.kind);
            prop_assert!(sum >= 0 || forced, "{:?} went below the limit", entry);
        }
        prop_assert_eq!(account.balance, sum, "{}", id);
        prop_assert_eq!(account.held, pending.get(id).copied().unwrap_or(0), "{}", id);
    }
    Ok(())
}

/// What holds of two states of a domain, one after the other.
fn follows(before: &Domain, after: &Domain) -> Result<(), TestCaseError> {
    let undone = before.deletion.is_none() && after.deletion.is_some();
    prop_assert!(undone || after.expires_at >= before.expires_at, "no term is cut short but by a delete");
    if before.sponsor != after.sponsor {
        prop_assert_eq!(&after.auth_info, &None, "authInfo survives no transfer");
        prop_assert_eq!(
            after.running_grace(before.created_at).filter(|kind| *kind == GraceKind::Add).count(),
            0
        );
    }
    Ok(())
}

async fn play(moves: &[Move]) -> Result<(), TestCaseError> {
    let registry = open().await;
    for zone in ["example", "tld"] {
        change_tld(&registry, zone, |tld| tld.prices = vec![prices()]).await;
    }
    for id in ["ClientX", "ClientY", "ClientZ"] {
        let (amount, note) = ("300".to_owned(), String::new());
        registry.run(Actor::Operator, Deposit { registrar: registrar(id), amount, note }).await.unwrap();
    }
    registry.as_registrar("ClientX", create("a.example")).await.unwrap();
    change_tld(&registry, "tld", |tld| tld.auth_info.attempts_max = Some(2)).await;
    let policy_of = |domain: &'static str| {
        let zone = domain.split_once('.').unwrap().1.to_owned();
        let zone = crate::model::name::ZoneName::parse(&zone).unwrap();
        registry
            .registry
            .store()
            .read(move |tx| Ok(tx.tlds()?.into_iter().find(|tld| tld.name == zone).unwrap()))
    };
    let policy = registry.registry.store().read(crate::registry::policy::Policy::read).await.unwrap();
    let mut witness = Witness::of(&registry).await;
    for step in moves {
        let now = registry.registry.clock().now();
        match step {
            Move::Days(days) => registry.registry.clock().set(now + SignedDuration::from_hours(24 * days)),
            Move::Clerk => {
                let mut expected = Vec::new();
                for domain in ["a.example", "b.tld"] {
                    let tld = policy_of(domain).await.unwrap();
                    expected.push(
                        kept(&registry, domain).await.map(|domain| settled(domain, &tld, &policy, now)),
                    );
                }
                // Step by step, as the clerk does it: each is a transaction whose messages are looked at.
                while let Some(step) =
                    registry.run(Actor::Server, ListDue { limit: 1 }).await.unwrap().into_iter().next()
                {
                    prop_assert!(registry.run(Actor::Server, step).await.unwrap().done);
                    witness.judge(&registry).await?;
                }
                prop_assert_eq!(registry.registry.run_due().await, 0);
                adds_up(&registry).await?;
                prop_assert_eq!(registry.run(Actor::Server, ListDue { limit: 9 }).await.unwrap(), []);
                for (domain, expected) in ["a.example", "b.tld"].into_iter().zip(expected) {
                    match kept(&registry, domain).await {
                        Some(done) => prop_assert_eq!(Some(done), expected, "the clerk does what all see"),
                        None => {
                            prop_assert!(expected.is_none_or(|gone| gone.deletion.unwrap().purge_at <= now))
                        }
                    }
                }
            }
            Move::Do { by, domain, command } => {
                let tld = policy_of(domain).await.unwrap();
                let before = kept(&registry, domain).await;
                let by = &by
                    .id(before.as_ref().map(|before| settled(before.clone(), &tld, &policy, now)).as_ref());
                let went_through = run(&registry, by, domain, command).await;
                witness.judge(&registry).await?;
                let after = kept(&registry, domain).await;
                let state = |kept: &Option<Domain>| {
                    let settled = kept.clone().map(|kept| settled(kept, &tld, &policy, now));
                    State::of(settled.as_ref(), now)
                };
                let way = (state(&before), state(&after));
                let is_way = allows(way.0, command.operation(), way.1);
                prop_assert!(is_way, "{} from {:?} to {:?}", command.operation(), way.0, way.1);
                adds_up(&registry).await?;
                let (Some(before), Some(after)) = (before, after) else { continue };
                holds(&after, now)?;
                let (was, is) =
                    (settled(before.clone(), &tld, &policy, now), settled(after, &tld, &policy, now));
                follows(&before, &was)?;
                follows(&was, &is)?;
                let counted = matches!(command, Command::Request(_, false));
                if !went_through && !counted {
                    prop_assert_eq!(&is, &was, "a refusal changes nothing");
                }
                let requesting = matches!(command, Command::Request(..) | Command::Cancel);
                if was.sponsor.as_str() != by && !requesting {
                    prop_assert!(!went_through, "{} did this to another's domain", by);
                    prop_assert_eq!(&is, &was);
                }
            }
        }
    }
    Ok(())
}

/// Stories of fifty moves on average.
fn cases() -> u32 {
    std::env::var("DOMESDAY_PROPERTY_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(32)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_commands_breaks_what_must_hold(moves in prop::collection::vec(step(), 1..100)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(play(&moves))?;
    }
}
