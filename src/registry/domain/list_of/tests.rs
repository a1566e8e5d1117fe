use super::*;
use crate::registry::domain::fixtures::*;
use crate::registry::testing::name;

#[test]
fn a_month_is_a_year_and_a_month() {
    for good in ["2026-01", "0001-12"] {
        assert!(Month::parse(good).is_some(), "{good}");
    }
    for bad in
        ["", "2026", "2026-13", "2026-00", "26-01", "2026-1", "2026-01-01", "2026-+1", "−026-01", "2026-1x"]
    {
        assert!(Month::parse(bad).is_none(), "{bad}");
    }
}

#[tokio::test]
async fn by_registration_by_expiry_and_all() {
    let registry = open().await;
    registry.as_registrar("ClientX", create("b.example")).await.unwrap();
    registry.as_registrar("ClientX", create("a.tld")).await.unwrap();
    registry.set_clock("2026-02-28T23:59:59Z");
    registry.as_registrar("ClientX", create("c.example")).await.unwrap();
    registry.as_registrar("ClientY", create("y.example")).await.unwrap();
    let january = Month::parse("2026-01").unwrap();
    let next_february = Month::parse("2027-02").unwrap();
    for (which, expected) in [
        (Which::RegisteredIn(january), vec!["a.tld", "b.example"]),
        (Which::ExpiringIn(next_february), vec!["c.example"]),
        (Which::ExpiringIn(january), vec![]),
        (Which::All, vec!["a.tld", "b.example", "c.example"]),
    ] {
        let list = registry.as_registrar("ClientX", ListOf { which, whole: true }).await.unwrap();
        let names: Vec<_> = list.iter().map(|domain| domain.name.clone()).collect();
        assert_eq!(names, expected.into_iter().map(name).collect::<Vec<_>>(), "{which:?}");
        assert!(list.iter().all(|domain| domain.registrant.is_some()));
    }
}

#[tokio::test]
async fn days_are_those_of_the_zone() {
    let registry = open().await;
    change_tld(&registry, "example", |tld| tld.term.time_zone = Some("EET-2".to_owned())).await;
    registry.set_clock("2026-01-31T23:00:00Z");
    registry.as_registrar("ClientX", create("a.example")).await.unwrap();
    let list = |month| ListOf { which: Which::RegisteredIn(Month::parse(month).unwrap()), whole: false };
    assert_eq!(registry.as_registrar("ClientX", list("2026-01")).await.unwrap(), []);
    assert_eq!(registry.as_registrar("ClientX", list("2026-02")).await.unwrap().len(), 1);
}
