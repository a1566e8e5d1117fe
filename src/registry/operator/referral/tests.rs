use super::*;
use crate::model::case::CaseNumber;
use crate::model::status::DomainStatus;
use crate::registry::Actor;
use crate::registry::case::{Accept, List, Reject};
use crate::registry::domain::fixtures::*;
use crate::registry::domain::{Check, Delete, Info};
use crate::registry::testing::{TestRegistry, name};

/// ClientX has asked for a.example, where the operator decides; the case.
async fn referred() -> (TestRegistry, String) {
    let registry = open().await;
    change_tld(&registry, "example", |tld| tld.names.referred = true).await;
    let created = registry.as_registrar("ClientX", create("a.example")).await.unwrap();
    assert!(created.is_pending);
    let open = registry.run(Actor::Operator, List { after: CaseNumber(0), most: 9 }).await.unwrap();
    assert_eq!((open.len(), &open[0].domains), (1, &vec![name("a.example")]));
    (registry, open[0].number.to_string())
}

#[tokio::test]
async fn what_is_referred_is_nobody_elses_and_does_nothing() {
    let (registry, case) = referred().await;
    let info = Info { name: name("a.example"), auth_info: None };
    let view = registry.as_registrar("ClientX", info).await.unwrap();
    assert!(view.statuses.contains(DomainStatus::PendingCreate), "{:?}", view.statuses);
    let check = Check { names: vec![Ok(name("a.example"))], claimant: None };
    assert!(format!("{:?}", registry.as_registrar("ClientY", check).await.unwrap()).contains("InUse"));
    let deleted = registry.as_registrar("ClientX", Delete { name: name("a.example") }).await;
    assert_eq!(word(&refusal(deleted)), "StatusProhibits");
    let own = registry.as_registrar("ClientX", Accept { case, account: None }).await;
    assert_eq!(word(&refusal(own)), "CaseUnknown");
}

#[tokio::test]
async fn accepted_it_is_registered() {
    let (registry, case) = referred().await;
    registry.run(Actor::Operator, Accept { case, account: None }).await.unwrap();
    assert!(kept(&registry, "a.example").await.unwrap().standing.is_clear());
    let told = events(&registry, "ClientX").await;
    let [Event::ReferralDecided { name: of, rejected: None, client_trid, .. }] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!((of, client_trid.as_deref()), (&name("a.example"), Some("ABC-12345")));
}

#[tokio::test]
async fn rejected_it_is_gone_and_the_reason_is_told() {
    let (registry, case) = referred().await;
    let reason = Some("V205 Registrant does not match domain name".to_owned());
    registry.run(Actor::Operator, Reject { case, reason: reason.clone() }).await.unwrap();
    assert_eq!(kept(&registry, "a.example").await, None);
    let told = events(&registry, "ClientX").await;
    assert!(
        matches!(told.as_slice(), [Event::ReferralDecided { rejected, .. }] if *rejected == reason),
        "{told:?}"
    );
    registry.as_registrar("ClientY", create("a.example")).await.unwrap();
}

#[tokio::test]
async fn rejected_it_takes_along_what_was_made_below_it() {
    use crate::registry::domain::ServerRef;
    use crate::registry::host::{Create, SpareGlue};
    let (registry, case) = referred().await;
    let (name_of, addresses, spare_glue) = (host("ns1.a.example"), Vec::new(), SpareGlue::Refuse);
    registry.as_registrar("ClientX", Create { name: name_of, addresses, spare_glue }).await.unwrap();
    change_tld(&registry, "example", |tld| tld.names.referred = false).await;
    let servers = vec![ServerRef::Object(host("ns1.a.example"))];
    let served = crate::registry::domain::Create { servers, ..create("b.example") };
    registry.as_registrar("ClientX", served).await.unwrap();
    registry.run(Actor::Operator, Reject { case, reason: None }).await.unwrap();
    assert_eq!(kept(&registry, "a.example").await, None);
    assert_eq!(host_kept(&registry, "ns1.a.example").await, None);
    assert_eq!(kept(&registry, "b.example").await.unwrap().name_servers, []);
    let told = events(&registry, "ClientX").await;
    assert!(
        matches!(told.as_slice(), [Event::HostsCancelled { .. }, Event::ReferralDecided { .. }]),
        "{told:?}"
    );
}

#[tokio::test]
async fn what_the_operator_deletes_before_it_decides_is_rejected() {
    use crate::model::object::ObjectKind;
    use crate::registry::operator::ForcedDelete;
    for forced in [true, false] {
        let (registry, _) = referred().await;
        let by_force = ForcedDelete { kind: ObjectKind::Domain, name: "a.example".to_owned() };
        match forced {
            true => registry.run(Actor::Operator, by_force).await.unwrap(),
            false => {
                registry.run(Actor::Operator, Delete { name: name("a.example") }).await.map(drop).unwrap();
            }
        }
        assert_eq!(kept(&registry, "a.example").await, None);
        let told = events(&registry, "ClientX").await;
        assert!(matches!(told.as_slice(), [Event::ReferralDecided { rejected: Some(_), .. }]), "{told:?}");
        let open = registry.run(Actor::Operator, List { after: CaseNumber(0), most: 9 }).await.unwrap();
        assert_eq!(open, []);
    }
}
