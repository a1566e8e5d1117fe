//! `domain:renew` (RFC 5731 §3.2.3).

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{demand_open_for, expiry_after, grace_with, years_of};
use crate::model::domain::{Domain, GraceKind};
use crate::model::name::DomainName;
use crate::model::period::Period;
use crate::model::status::Transform;
use crate::registry::refusal::{Field, NotNow, Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Extends a registration.
#[derive(Clone, Debug)]
pub struct Renew {
    /// Which domain.
    pub name: DomainName,
    /// The day, in UTC, on which the client believes that it expires: a command sent twice renews once.
    pub current_expiry: Date,
    /// By how much; the TLD's default when absent.
    pub period: Option<Period>,
}

/// A registration is extended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// The domain.
    pub name: DomainName,
    /// Until when (`exDate`).
    pub expires_at: Timestamp,
}

impl Operation for Renew {
    type Outcome = Renewed;
    const NAME: &'static str = "domain:renew";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Renewed, Error> {
        let period = years_of(&*t.tld_of(&self.name)?, self.period)?;
        let (domain, tld) = t.domain_to_change(&self.name)?;
        if domain.deletion.is_some() {
            return Err(Refusal::NotNow { name: domain.name, reason: NotNow::Deleting }.into());
        }
        demand_open_for(t, &domain, Transform::Renew)?;
        if self.current_expiry != domain.expires_at.to_zoned(TimeZone::UTC).date() {
            let rule = Rule::ExpiryIs(domain.expires_at);
            return Err(Refusal::policy(Field::CurrentExpiry, self.current_expiry, rule).into());
        }
        let after = Domain {
            expires_at: expiry_after(&tld, t.now, domain.expires_at, period)?,
            grace: grace_with(&domain, t.now, GraceKind::Renew, tld.life.renew_grace_days),
            ..domain.clone()
        };
        t.tx.update_domain(&domain, &after)?;
        t.record_domain(Some(&domain), Some(&after));
        Ok(Renewed { name: after.name, expires_at: after.expires_at })
    }
}
