//! `domain:renew` (RFC 5731 §3.2.3).

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

use super::{
    days_after, demand_open_for, expiry_after, grace, grace_with, paid_by, some_days, term_of, zone,
};
use crate::model::domain::{Domain, GraceKind};
use crate::model::money::EntryKind;
use crate::model::name::DomainName;
use crate::model::period::{Period, Unit};
use crate::model::reseller::ResellerName;
use crate::model::standing::OpenRenewal;
use crate::model::status::Transform;
use crate::model::tld::Tld;
use crate::registry::billing::Priced;
use crate::registry::refusal::{Field, NotNow, Refusal, Rule};
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};

/// Extends a registration.
#[derive(Clone, Debug)]
pub struct Renew {
    /// Which domain.
    pub name: DomainName,
    /// The day, in the TLD's time zone, on which the client believes that it expires: a command sent twice renews once.
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
        let period = term_of(&*t.tld_of(&self.name)?, self.period)?;
        let (domain, tld) = t.domain_to_change(&self.name)?;
        if domain.deletion.is_some_and(|deletion| !deletion.is_renewable(t.now)) {
            return Err(Refusal::NotNow { name: domain.name, reason: NotNow::Deleting }.into());
        }
        demand_open_for(t, &Domain { deletion: None, ..domain.clone() }, Transform::Renew)?;
        if self.current_expiry != domain.expires_at.to_zoned(zone(&tld)).date() {
            let rule = Rule::ExpiryIs(domain.expires_at);
            return Err(Refusal::policy(Field::CurrentExpiry, self.current_expiry, rule).into());
        }
        if let Some(days) = tld.term.renew_window_days
            && domain.expires_at > days_after(t.now, days)
        {
            return Err(Refusal::NotNow { name: domain.name, reason: NotNow::TooEarly(days) }.into());
        }
        let expires_at = expiry_after(&tld, t.now, domain.expires_at, period)?;
        let fee = t.fee(&tld, &domain.name, Priced::renew(period), &domain.sponsor)?;
        t.demand_agreement(&fee)?;
        let after =
            renewed(&domain, &tld, t.now, expires_at, Paid { period, fee: fee.amount, by: t.payer() });
        let days = match period.unit() {
            Unit::Month => 0,
            Unit::Year => tld.life.renew_grace_days,
        };
        t.tx.update_domain(&domain, &after)?;
        t.record_domain(Some(&domain), Some(&after));
        t.charge(&domain.sponsor, &domain.name, EntryKind::Renew, &fee, some_days(days));
        Ok(Renewed { name: after.name, expires_at: after.expires_at })
    }
}

/// What a renewal was paid for with.
pub(in crate::registry) struct Paid {
    /// By how much it extends.
    pub(in crate::registry) period: Period,
    /// What it costs.
    pub(in crate::registry) fee: i64,
    /// The sponsor's reseller out of whose account that comes.
    pub(in crate::registry) by: Option<ResellerName>,
}

/// What a renewal until `expires_at` makes of a domain. A registration that has lapsed is one again.
pub(in crate::registry) fn renewed(
    domain: &Domain,
    tld: &Tld,
    now: Timestamp,
    expires_at: Timestamp,
    paid: Paid,
) -> Domain {
    let Paid { period, fee, by } = paid;
    let mut standing = domain.standing.clone();
    standing.lapsed_until = None;
    standing.renewals.retain(|renewal| now < renewal.until);
    let mut grace_periods = domain.grace.clone();
    // A grace period gives back whole years, and so does an unrenewal: a renewal by months has neither.
    if period.unit() == Unit::Year {
        let years = period.value();
        let begins = grace(GraceKind::Renew, now, tld.life.renew_grace_days, years, fee);
        grace_periods = grace_with(domain, now, paid_by(begins, by.clone()));
        if let Some(until) = invoiced_from(tld, now) {
            standing.renewals.push(OpenRenewal { until, years, fee, paid_by: by });
        }
    }
    Domain { expires_at, grace: grace_periods, deletion: None, standing, ..domain.clone() }
}

/// When what is done now is invoiced: after a day of the following month, where the TLD invoices.
pub(super) fn invoiced_from(tld: &Tld, now: Timestamp) -> Option<Timestamp> {
    let day = i8::try_from(tld.term.invoiced_after_day?).ok()?;
    let zone = zone(tld);
    let following = now.to_zoned(zone.clone()).date().first_of_month().checked_add(1.month()).ok()?;
    let last = following.with().day(day.min(following.days_in_month())).build().ok()?;
    last.tomorrow().ok()?.to_zoned(zone).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::delete::Delete;
    use super::super::fixtures::*;
    use super::super::update::Update;
    use super::*;
    use crate::model::domain::Grace;
    use crate::model::status::DomainStatus;
    use crate::registry::testing::{at, name};

    fn renew(current_expiry: Date, years: u32) -> Renew {
        let period = Some(Period::new(years, Unit::Year).unwrap());
        Renew { name: name("a.example"), current_expiry, period }
    }

    #[tokio::test]
    async fn a_command_sent_twice_renews_once() {
        let registry = open_with("a.example").await;
        registry.set_clock("2026-06-01T12:00:00Z");
        let renewed = registry.as_registrar("ClientX", renew(date(2027, 1, 1), 2)).await.unwrap();
        assert_eq!(renewed.expires_at, at("2029-01-01T00:00:00Z"));
        let again = refusal(registry.as_registrar("ClientX", renew(date(2027, 1, 1), 2)).await);
        let rule = Rule::ExpiryIs(at("2029-01-01T00:00:00Z"));
        assert_eq!(again, Refusal::policy(Field::CurrentExpiry, "2027-01-01", rule));
        let domain = kept(&registry, "a.example").await.unwrap();
        let until = at("2026-06-06T12:00:00Z");
        assert_eq!(domain.grace, [Grace { kind: GraceKind::Renew, until, years: 2, fee: 0, paid_by: None }]);
    }

    #[tokio::test]
    async fn no_registration_ends_later_than_the_longest_term() {
        let registry = open_with("a.example").await;
        let capped = Rule::YearsMax(10);
        for years in [10, 11, 99] {
            let refusal = refusal(registry.as_registrar("ClientX", renew(date(2027, 1, 1), years)).await);
            assert_eq!(refusal, Refusal::policy(Field::Period, years, capped.clone()));
        }
        registry.as_registrar("ClientX", renew(date(2027, 1, 1), 9)).await.unwrap();
    }

    #[tokio::test]
    async fn an_expired_domain_is_renewed_from_where_auto_renewal_left_it() {
        let registry = open_with("a.example").await;
        registry.set_clock("2027-01-10T00:00:00Z");
        let late = refusal(registry.as_registrar("ClientX", renew(date(2027, 1, 1), 1)).await);
        assert_eq!(word(&late), "Policy");
        let renewed = registry.as_registrar("ClientX", renew(date(2028, 1, 1), 1)).await.unwrap();
        assert_eq!(renewed.expires_at, at("2029-01-01T00:00:00Z"));
        let domain = kept(&registry, "a.example").await.unwrap();
        let kinds: Vec<GraceKind> = domain.running_grace(at("2027-01-10T00:00:00Z")).collect();
        assert_eq!(kinds, [GraceKind::AutoRenew, GraceKind::Renew]);
    }

    #[tokio::test]
    async fn renewals_that_are_refused() {
        let registry = open_with("a.example").await;
        let good = renew(date(2027, 1, 1), 1);
        assert_eq!(word(&refusal(registry.as_registrar("ClientY", good.clone()).await)), "NotSponsor");
        let elsewhere = Renew { name: name("b.example"), ..good.clone() };
        assert_eq!(word(&refusal(registry.as_registrar("ClientX", elsewhere).await)), "NotFound");
        let mut prohibit = Update::of(name("a.example"));
        prohibit.add.statuses.push((DomainStatus::ClientRenewProhibited, None));
        registry.as_registrar("ClientX", prohibit).await.unwrap();
        assert_eq!(word(&refusal(registry.as_registrar("ClientX", good.clone()).await)), "StatusProhibits");
        registry.set_clock("2026-02-01T00:00:00Z");
        registry.as_registrar("ClientX", Delete { name: name("a.example") }).await.unwrap();
        let deleting = Refusal::NotNow { name: name("a.example"), reason: NotNow::Deleting };
        assert_eq!(refusal(registry.as_registrar("ClientX", good).await), deleting);
    }
}
