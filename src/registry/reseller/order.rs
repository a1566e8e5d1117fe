//! A reseller's orders beside registrations: years more, a transfer in, a registration taken back; and what became of
//! transfers.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::model::contact::Email;
use crate::model::domain::{ContactRole, Domain, GraceKind};
use crate::model::name::DomainName;
use crate::model::object::ObjectKind;
use crate::model::period::Period;
use crate::model::reseller::{Order, OrderKind, ResellerName};
use crate::model::status::Transform;
use crate::model::transfer::Transfer;
use crate::registry::domain::delete::Deleted;
use crate::registry::domain::expiry::prefer;
use crate::registry::domain::info::Presented;
use crate::registry::domain::transfer::demand_transferable;
use crate::registry::domain::{Delete, Renew, TransferCancel, TransferRequest};
use crate::registry::lifecycle::renews_by_itself;
use crate::registry::refusal::{Field, NotNow, Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Orders years more for a domain.
#[derive(Clone, Debug)]
pub struct OrderRenewal {
    /// Which domain.
    pub name: DomainName,
    /// The year, in UTC, in which the client believes that it expires: an order sent twice renews once.
    pub expiry_year: i16,
    /// By how much.
    pub period: Option<Period>,
    /// Whether it is to be renewed by itself when that ends; as before when absent.
    pub renews: Option<bool>,
}

/// Orders the transfer of another registrar's domain.
#[derive(Clone, Debug)]
pub struct OrderTransfer {
    /// Which domain.
    pub name: DomainName,
    /// Its code.
    pub auth_info: Option<Presented>,
    /// What an approval adds to the registration.
    pub period: Option<Period>,
}

/// Orders a transfer once more that came to nothing.
#[derive(Clone, Debug)]
pub struct ReorderTransfer {
    /// The order.
    pub order: i64,
    /// The domain's code: nobody has kept it (RFC 9154 §4.3: a gaining registrar keeps it no longer than the transfer takes).
    pub auth_info: Option<Presented>,
}

/// Asks what became of an order that could not be carried out at once.
#[derive(Clone, Copy, Debug)]
pub struct QueuedOrder {
    /// Its number.
    pub order: i64,
}

/// Takes a registration back, while it costs nothing.
#[derive(Clone, Debug)]
pub struct Revoke {
    /// Which domain.
    pub name: DomainName,
}

/// Withdraws a transfer, by domain or by the order that asked for it.
#[derive(Clone, Debug)]
pub enum CancelTransfer {
    /// By domain.
    Domain(DomainName),
    /// By order.
    Order(i64),
}

/// Asks whether a domain could be transferred here, and where its transfer stands.
#[derive(Clone, Debug)]
pub struct CheckTransfer {
    /// Which domain.
    pub name: DomainName,
}

/// Asks what became of the transfers that the reseller ordered, newest first.
#[derive(Clone, Debug)]
pub struct TransfersIn;

/// Asks which transfers would take domains away from the reseller, and which have, newest first.
#[derive(Clone, Debug)]
pub struct TransfersAway;

/// An order was carried out, or begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordered {
    /// Its number.
    pub order: i64,
    /// The end of the registration after it; for a transfer, once it is approved.
    pub expires_at: Option<Timestamp>,
    /// Where the domain's administrative contact is reached.
    pub admin_email: Option<Email>,
    /// Whether the domain is renewed by itself when its registration ends.
    pub renews: bool,
}

/// Where an order for a registration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueuedState {
    /// It is carried out.
    Done,
    /// It waits for the operator's decision.
    Waiting,
    /// Nothing of it is left: it was refused, or the domain has gone since.
    Void,
}

/// Whether a domain could be transferred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transferability {
    /// Why it could not, if it could not.
    pub obstacle: Option<NotTransferable>,
    /// The reseller's own latest order of it; so it stands.
    pub ordered: Option<Transfer>,
}

/// Why a domain cannot be transferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTransferable {
    /// It is being deleted.
    Deleting,
    /// It is registered through this reseller, or another of the same registrar.
    HereAlready,
    /// A status forbids it.
    Locked,
    /// It is not registered.
    NotRegistered,
    /// Somebody else's transfer is under way.
    Pending,
    /// It was registered too recently.
    TooYoung,
}

/// A transfer as a reseller's list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferLine {
    /// The domain.
    pub domain: DomainName,
    /// The order, when the reseller asked for it.
    pub order: Option<Order>,
    /// Where the transfer stands; none when the domain has been transferred again since, or is gone.
    pub transfer: Option<Transfer>,
}

impl Operation for OrderRenewal {
    type Outcome = Ordered;
    const NAME: &'static str = "domain:order-renewal";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Ordered, Error> {
        let (domain, _) = t.domain_to_change(&self.name)?;
        let current_expiry: Date = domain.expires_at.to_zoned(TimeZone::UTC).date();
        if current_expiry.year() != self.expiry_year {
            let rule = Rule::ExpiryIs(domain.expires_at);
            return Err(Refusal::policy(Field::CurrentExpiry, self.expiry_year, rule).into());
        }
        let renew = Renew { name: self.name.clone(), current_expiry, period: self.period };
        let renewed = renew.run(t)?;
        // Most clients say it with every renewal, also of a domain that is locked against updates: they have their renewal then.
        let may_change = domain.statuses.prohibiting(Transform::Update).is_none();
        if let Some(renews) = self.renews.filter(|_| may_change) {
            prefer(t, &self.name, renews)?;
        }
        let order = order(t, OrderKind::Renewal, &self.name)?;
        let admin_email = admin_email(t, &domain)?;
        let (domain, tld) = t.domain_to_see(&self.name)?;
        let renews = renews_by_itself(&domain, &tld);
        Ok(Ordered { order, expires_at: Some(renewed.expires_at), admin_email, renews })
    }
}

impl Operation for OrderTransfer {
    type Outcome = Ordered;
    const NAME: &'static str = "domain:order-transfer";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Ordered, Error> {
        let Self { name, auth_info, period } = self.clone();
        let state = TransferRequest { name, auth_info, period }.run(t)?;
        let order = order(t, OrderKind::Transfer, &self.name)?;
        // The contacts are the losing registrar's: not for the one who only asks for the domain.
        Ok(Ordered { order, expires_at: state.transfer.expires_at, admin_email: None, renews: true })
    }
}

impl Operation for ReorderTransfer {
    type Outcome = Ordered;
    const NAME: &'static str = "domain:reorder-transfer";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Ordered, Error> {
        let name = own_order(t, self.order, OrderKind::Transfer)?.domain;
        OrderTransfer { name, auth_info: self.auth_info.clone(), period: None }.run(t)
    }
}

impl Operation for QueuedOrder {
    type Outcome = (Order, QueuedState);
    const NAME: &'static str = "reseller:queued-order";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<(Order, QueuedState), Error> {
        let order = own_order(t, self.order, OrderKind::New)?;
        let domain = known_domain(t, &order.domain)?;
        // Another registration of the name than the one that was ordered says nothing of it.
        let state = match domain.filter(|domain| domain.created_at == order.placed_at) {
            Some(domain) if domain.standing.is_referred => QueuedState::Waiting,
            Some(_) => QueuedState::Done,
            None => QueuedState::Void,
        };
        Ok((order, state))
    }
}

impl Operation for Revoke {
    type Outcome = Deleted;
    const NAME: &'static str = "domain:revoke";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Deleted, Error> {
        let (domain, _) = t.domain_to_change(&self.name)?;
        if !domain.in_grace(GraceKind::Add, t.now) {
            return Err(Refusal::NotNow { name: domain.name, reason: NotNow::AddGraceOver }.into());
        }
        Delete { name: self.name.clone() }.run(t)
    }
}

impl Operation for CancelTransfer {
    type Outcome = DomainName;
    const NAME: &'static str = "domain:cancel-transfer";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<DomainName, Error> {
        let name = match self {
            Self::Domain(name) => name.clone(),
            Self::Order(number) => own_order(t, *number, OrderKind::Transfer)?.domain,
        };
        TransferCancel { name: name.clone(), auth_info: None }.run(t)?;
        Ok(name)
    }
}

impl Operation for CheckTransfer {
    type Outcome = Transferability;
    const NAME: &'static str = "domain:check-transfer";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Transferability, Error> {
        let reseller = asking(t)?;
        if t.policy.tld_of(&self.name).is_none() || t.tx.registered(&[&self.name])?.is_empty() {
            return Ok(Transferability { obstacle: Some(NotTransferable::NotRegistered), ordered: None });
        }
        let (domain, tld) = t.any_domain_to_see(&self.name)?;
        let ordered = domain.transfer.clone();
        let ordered = ordered.filter(|transfer| transfer.reseller.as_ref() == Some(&reseller));
        let obstacle = match demand_transferable(&domain, &tld, t.now) {
            _ if t.is(&domain.sponsor) => Some(NotTransferable::HereAlready),
            Ok(()) => None,
            Err(Refusal::TransferPending { .. }) => Some(NotTransferable::Pending),
            Err(Refusal::NotNow { .. }) => Some(NotTransferable::TooYoung),
            Err(_) if domain.deletion.is_some() => Some(NotTransferable::Deleting),
            Err(_) => Some(NotTransferable::Locked),
        };
        Ok(Transferability { obstacle, ordered })
    }
}

impl Operation for TransfersIn {
    type Outcome = Vec<TransferLine>;
    const NAME: &'static str = "reseller:transfers-in";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Vec<TransferLine>, Error> {
        let reseller = asking(t)?;
        let mut lines = Vec::new();
        for order in t.tx.orders(&reseller, OrderKind::Transfer, LISTED_MAX)? {
            let domain = known_domain(t, &order.domain)?;
            let transfer = domain.and_then(|domain| domain.transfer);
            // Another transfer than the one that was ordered says nothing of it.
            let transfer = transfer.filter(|transfer| {
                transfer.requested_at == order.placed_at && transfer.reseller.as_ref() == Some(&reseller)
            });
            lines.push(TransferLine { domain: order.domain.clone(), order: Some(order), transfer });
        }
        Ok(lines)
    }
}

impl Operation for TransfersAway {
    type Outcome = Vec<TransferLine>;
    const NAME: &'static str = "reseller:transfers-away";
    const ACCESS: Access = Access::Read;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Vec<TransferLine>, Error> {
        let reseller = asking(t)?;
        let mut lines = Vec::new();
        for name in t.tx.reseller_domains_leaving(&reseller, LISTED_MAX)? {
            let domain = known_domain(t, &name)?.filter(Domain::transfer_is_pending);
            if let Some(transfer) = domain.and_then(|domain| domain.transfer) {
                lines.push(TransferLine { domain: name, order: None, transfer: Some(transfer) });
            }
        }
        for order in t.tx.orders(&reseller, OrderKind::Departure, LISTED_MAX)? {
            let transfer = known_domain(t, &order.domain)?.and_then(|domain| domain.transfer);
            // A later transfer, among others, is not the former reseller's matter.
            let transfer = transfer.filter(|transfer| transfer.act_at == order.placed_at);
            lines.push(TransferLine { domain: order.domain.clone(), order: Some(order), transfer });
        }
        Ok(lines)
    }
}

/// Keeps an order; its number. The operator's and a registrar's have none to keep it for.
pub(in crate::registry) fn order(
    t: &mut Transaction<'_, '_>,
    kind: OrderKind,
    domain: &DomainName,
) -> Result<i64, Error> {
    let reseller = asking(t)?;
    Ok(t.tx.insert_order(&reseller, kind, domain, t.now)?)
}

/// The asking reseller's order of a kind.
fn own_order(t: &mut Transaction<'_, '_>, number: i64, kind: OrderKind) -> Result<Order, Error> {
    let reseller = asking(t)?;
    let order = t.tx.order(&reseller, number)?.filter(|order| order.kind == kind);
    order.ok_or_else(|| Refusal::Unknown { field: Field::Order, value: number.to_string() }.into())
}

fn admin_email(t: &mut Transaction<'_, '_>, domain: &Domain) -> Result<Option<Email>, Error> {
    let admin = domain.contacts.iter().find(|(role, _)| *role == ContactRole::Admin);
    match admin {
        Some((_, admin)) => Ok(Some(t.contact_to_see(&admin.id)?.email)),
        None => Ok(None),
    }
}

/// The reseller that asks.
pub(super) fn asking(t: &Transaction<'_, '_>) -> Result<ResellerName, Error> {
    t.reseller().cloned().ok_or_else(|| Refusal::ResellerNeeded.into())
}

fn known_domain(t: &mut Transaction<'_, '_>, name: &DomainName) -> Result<Option<Domain>, Error> {
    match t.any_domain_to_see(name) {
        Ok((domain, _)) => Ok(Some(domain)),
        Err(Error::Refused(refusals))
            if matches!(refusals.first(), Some(Refusal::NotFound { kind: ObjectKind::Domain, .. })) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// More lines than any page shows.
const LISTED_MAX: u32 = 1000;
