use jiff::civil::date;

use super::*;
use crate::model::money::Currency;
use crate::model::period::{Period, Unit};
use crate::model::tld::{Price, PriceList, STANDARD};
use crate::registry::Actor;
use crate::registry::billing::account::{Deposit, Statement};
use crate::registry::domain::Renew;
use crate::registry::domain::fixtures::*;
use crate::registry::testing::{TestRegistry, at, name};

/// a.example of ClientX until 2027, in a TLD that costs 10.00 a year and invoices after the seventh.
async fn priced() -> TestRegistry {
    let registry = open().await;
    change_tld(&registry, "example", |tld| {
        tld.term.invoiced_after_day = Some(7);
        tld.prices = vec![PriceList {
            tier: STANDARD.to_owned(),
            currency: Currency::USD,
            create: Price::PerYear(1000),
            renew: Price::PerYear(1000),
            transfer: Price::PerYear(0),
            months: std::collections::BTreeMap::new(),
            restore: 0,
            update: 0,
            agreement_required: false,
        }];
    })
    .await;
    let deposit = Deposit { registrar: registrar("ClientX"), amount: "100".to_owned(), note: String::new() };
    registry.run(Actor::Operator, deposit).await.unwrap();
    registry.as_registrar("ClientX", create("a.example")).await.unwrap();
    registry
}

fn renew(year: i16, years: u32) -> Renew {
    let period = Some(Period::new(years, Unit::Year).unwrap());
    Renew { name: name("a.example"), current_expiry: date(year, 1, 1), period }
}

fn unrenew() -> Unrenew {
    Unrenew { names: vec![name("a.example")] }
}

async fn balance(registry: &TestRegistry) -> i64 {
    let (from, until) = (at("2026-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"));
    let statement = Statement { registrar: registrar("ClientX"), from, until };
    registry.run(Actor::Operator, statement).await.unwrap().account.balance
}

#[tokio::test]
async fn each_renewal_is_undone_once_and_its_fee_comes_back() {
    let registry = priced().await;
    registry.set_clock("2026-06-30T12:00:00Z");
    registry.as_registrar("ClientX", renew(2027, 2)).await.unwrap();
    registry.as_registrar("ClientX", renew(2029, 1)).await.unwrap();
    assert_eq!(balance(&registry).await, 6000);
    registry.set_clock("2026-07-07T23:59:59Z");
    for (until, left) in [("2029-01-01T00:00:00Z", 7000), ("2027-01-01T00:00:00Z", 9000)] {
        let done = registry.as_registrar("ClientX", unrenew()).await.unwrap();
        assert_eq!(done, [Renewed { name: name("a.example"), expires_at: at(until) }]);
        assert_eq!(balance(&registry).await, left);
    }
    let over = refusal(registry.as_registrar("ClientX", unrenew()).await);
    assert_eq!(over, Refusal::NotNow { name: name("a.example"), reason: NotNow::NotRenewed });
    assert!(
        kept(&registry, "a.example").await.unwrap().grace.iter().all(|grace| grace.kind == GraceKind::Add)
    );
}

#[tokio::test]
async fn what_is_invoiced_stays() {
    let registry = priced().await;
    registry.set_clock("2026-06-01T00:00:00Z");
    registry.as_registrar("ClientX", renew(2027, 1)).await.unwrap();
    registry.set_clock("2026-07-08T00:00:00Z");
    let over = refusal(registry.as_registrar("ClientX", unrenew()).await);
    assert_eq!(over, Refusal::NotNow { name: name("a.example"), reason: NotNow::RenewalInvoiced });
    let foreign = refusal(registry.as_registrar("ClientY", unrenew()).await);
    assert_eq!(word(&foreign), "NotSponsor");
    assert_eq!(balance(&registry).await, 8000);
}

#[tokio::test]
async fn of_several_all_are_undone_or_none() {
    let registry = priced().await;
    registry.as_registrar("ClientX", create("b.example")).await.unwrap();
    registry.as_registrar("ClientX", renew(2027, 1)).await.unwrap();
    let both = Unrenew { names: vec![name("a.example"), name("b.example")] };
    let refused = refusal(registry.as_registrar("ClientX", both).await);
    assert_eq!(refused, Refusal::NotNow { name: name("b.example"), reason: NotNow::NotRenewed });
    assert_eq!(kept(&registry, "a.example").await.unwrap().expires_at, at("2028-01-01T00:00:00Z"));
}

#[tokio::test]
async fn a_registration_is_deleted_until_it_is_invoiced() {
    use crate::registry::domain::Delete;
    let registry = priced().await;
    let delete = || Delete { name: name("a.example") };
    registry.set_clock("2026-02-08T00:00:00Z");
    let over = refusal(registry.as_registrar("ClientX", delete()).await);
    assert_eq!(over, Refusal::NotNow { name: name("a.example"), reason: NotNow::Invoiced });
    registry.set_clock("2026-02-07T23:59:59Z");
    change_domain(&registry, "a.example", |domain| domain.transferred_at = Some(domain.created_at)).await;
    let moved = refusal(registry.as_registrar("ClientX", delete()).await);
    assert_eq!(moved, Refusal::NotNow { name: name("a.example"), reason: NotNow::SponsorChanged });
    change_domain(&registry, "a.example", |domain| domain.transferred_at = None).await;
    registry.as_registrar("ClientX", delete()).await.unwrap();
}

/// A restore of a.example that was deleted, in two commands.
async fn restore(registry: &TestRegistry) {
    use crate::registry::domain::restore::Report;
    use crate::registry::domain::{RestoreReport, RestoreRequest};
    registry.as_registrar("ClientX", RestoreRequest { name: name("a.example") }).await.unwrap();
    let report = Report {
        pre_data: String::new(),
        post_data: String::new(),
        deleted_at: at("2026-01-22T00:00:00Z"),
        restored_at: at("2026-01-22T00:00:00Z"),
        reason: "An error.".to_owned(),
        statements: vec!["It is true.".to_owned()],
        other: None,
    };
    registry.as_registrar("ClientX", RestoreReport { name: name("a.example"), report }).await.unwrap();
}

#[tokio::test]
async fn what_a_delete_gave_back_is_not_given_back_again() {
    use crate::registry::domain::Delete;
    let registry = priced().await;
    registry.set_clock("2026-01-20T00:00:00Z");
    registry.as_registrar("ClientX", renew(2027, 1)).await.unwrap();
    registry.set_clock("2026-01-22T00:00:00Z");
    registry.as_registrar("ClientX", Delete { name: name("a.example") }).await.unwrap();
    assert_eq!(balance(&registry).await, 9000, "the renewal is undone");
    restore(&registry).await;
    let over = refusal(registry.as_registrar("ClientX", unrenew()).await);
    assert_eq!(over, Refusal::NotNow { name: name("a.example"), reason: NotNow::NotRenewed });
    assert_eq!(balance(&registry).await, 9000);
}

#[tokio::test]
async fn what_the_former_sponsor_paid_is_not_given_to_the_next() {
    let registry = priced().await;
    registry.set_clock("2026-06-20T00:00:00Z");
    registry.as_registrar("ClientX", renew(2027, 1)).await.unwrap();
    request_by_y(&registry, "a.example").await;
    registry.as_registrar("ClientX", approval("a.example")).await.unwrap();
    let over = refusal(registry.as_registrar("ClientY", unrenew()).await);
    assert_eq!(over, Refusal::NotNow { name: name("a.example"), reason: NotNow::NotRenewed });
}
