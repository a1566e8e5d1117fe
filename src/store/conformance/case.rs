//! Cases.

use super::samples::{at, domain, domain_name, draft, registrar};
use super::{Store, change, look};
use crate::model::case::{CaseChange, CaseNumber};
use crate::model::object::{ContactNumber, DomainNumber};
use crate::store::{CaseDraft, StoreError, Tx};

fn handshake(due: u8) -> CaseDraft {
    CaseDraft {
        asked_by: registrar("ClientX"),
        answered_by: Some(registrar("ClientY")),
        opened_at: at(1),
        due_at: Some(at(due)),
        change: CaseChange::Handshake {
            registrant: ContactNumber(7),
            account: None,
            is_registrant_transfer: false,
            originator: "ClientX".to_owned(),
        },
    }
}

fn referral() -> CaseDraft {
    let change = CaseChange::Registration { client_trid: None, server_trid: "DD-1".to_owned() };
    CaseDraft { answered_by: None, due_at: None, change, ..handshake(1) }
}

/// The domains `b.example` and `a.example`.
fn two_domains(tx: &mut Tx<'_>) -> Result<[DomainNumber; 2], StoreError> {
    let b = tx.insert_domain(&draft(domain("b.example")))?.unwrap();
    Ok([b, tx.insert_domain(&draft(domain("a.example")))?.unwrap()])
}

pub(super) async fn open_case(store: Store) {
    let (first, second) = change(&store, |tx| {
        let domains = two_domains(tx)?;
        Ok((tx.open_case(&handshake(9), &domains)?, tx.open_case(&referral(), &[])?))
    })
    .await;
    assert!(first < second);
}

pub(super) async fn case(store: Store) {
    let (kept, referred) = change(&store, |tx| {
        let domains = two_domains(tx)?;
        Ok((tx.open_case(&handshake(9), &domains)?, tx.open_case(&referral(), &domains[..1])?))
    })
    .await;
    let found = look(&store, move |tx| tx.case(kept)).await.unwrap();
    assert_eq!((found.number, found.opened_at, found.due_at), (kept, at(1), Some(at(9))));
    assert_eq!((found.asked_by, found.answered_by), (registrar("ClientX"), Some(registrar("ClientY"))));
    assert_eq!(found.domains, [domain_name("a.example"), domain_name("b.example")], "by name");
    assert_eq!(found.change, handshake(9).change);
    let found = change(&store, move |tx| tx.case(referred)).await.unwrap();
    assert_eq!((found.answered_by, found.due_at, found.change), (None, None, referral().change));
    assert_eq!(look(&store, |tx| tx.case(CaseNumber(999))).await, None);
}

pub(super) async fn case_about(store: Store) {
    let (number, [b, a]) = change(&store, |tx| {
        let domains = two_domains(tx)?;
        Ok((tx.open_case(&handshake(9), &domains[..1])?, domains))
    })
    .await;
    assert_eq!(look(&store, move |tx| tx.case_about(b)).await.map(|found| found.number), Some(number));
    assert_eq!(look(&store, move |tx| tx.case_about(a)).await, None);
    // With the domain goes what ties the case to it, not the case.
    change(&store, move |tx| tx.delete_domain(b)).await;
    assert_eq!(look(&store, move |tx| tx.case(number)).await.unwrap().domains, []);
}

pub(super) async fn cases(store: Store) {
    let numbers = change(&store, |tx| {
        Ok([
            tx.open_case(&handshake(9), &[])?,
            tx.open_case(&referral(), &[])?,
            tx.open_case(&handshake(3), &[])?,
        ])
    })
    .await;
    let list = |after, most| {
        let store = store.clone();
        async move {
            let found = look(&store, move |tx| tx.cases(after, most)).await;
            found.into_iter().map(|case| case.number).collect::<Vec<_>>()
        }
    };
    assert_eq!(list(CaseNumber(0), 10).await, numbers);
    assert_eq!(list(numbers[0], 1).await, numbers[1..2]);
}

pub(super) async fn cases_due(store: Store) {
    let [late, early] = change(&store, |tx| {
        tx.open_case(&referral(), &[])?;
        Ok([tx.open_case(&handshake(9), &[])?, tx.open_case(&handshake(3), &[])?])
    })
    .await;
    let due = |by, most| look(&store, move |tx| tx.cases_due(at(by), most));
    assert_eq!(due(2, 10).await, []);
    assert_eq!(due(9, 10).await, [(at(3), early), (at(9), late)]);
    assert_eq!(due(9, 1).await, [(at(3), early)]);
}

pub(super) async fn cases_about_nothing(store: Store) {
    let ([kept, lost], [b, a]) = change(&store, |tx| {
        let [b, a] = two_domains(tx)?;
        Ok(([tx.open_case(&handshake(9), &[a, b])?, tx.open_case(&handshake(9), &[b])?], [b, a]))
    })
    .await;
    assert_eq!(look(&store, |tx| tx.cases_about_nothing()).await, []);
    change(&store, move |tx| tx.delete_domain(b)).await;
    assert_eq!(look(&store, |tx| tx.cases_about_nothing()).await, [lost]);
    change(&store, move |tx| tx.delete_domain(a)).await;
    assert_eq!(look(&store, |tx| tx.cases_about_nothing()).await, [kept, lost]);
}

pub(super) async fn close_case(store: Store) {
    let (number, [b, _]) = change(&store, |tx| {
        let domains = two_domains(tx)?;
        Ok((tx.open_case(&handshake(9), &domains)?, domains))
    })
    .await;
    assert!(change(&store, move |tx| tx.close_case(number)).await);
    assert!(!change(&store, move |tx| tx.close_case(number)).await, "it was there once");
    assert_eq!(look(&store, move |tx| tx.case_about(b)).await, None);
}
