//! Certificates.

use super::samples::{at, registrar};
use super::{Store, change, look};
use crate::model::registrar::KnownCertificate;

pub(super) async fn certificate(store: Store) {
    change(&store, |tx| tx.put_certificate(&seen("ClientX", "aa"))).await;
    let ask = |id, sha256| look(&store, move |tx| tx.certificate(&registrar(id), sha256));
    assert_eq!(ask("ClientX", "aa").await, Some(seen("ClientX", "aa")));
    assert_eq!(ask("ClientX", "bb").await, None);
    assert_eq!(ask("ClientY", "aa").await, None);
}

pub(super) async fn certificates(store: Store) {
    change(&store, |tx| {
        tx.put_certificate(&seen("ClientY", "aa"))?;
        tx.put_certificate(&seen("ClientX", "bb"))?;
        tx.put_certificate(&seen("ClientX", "aa"))
    })
    .await;
    let all = look(&store, |tx| tx.certificates()).await;
    assert_eq!(all, [seen("ClientX", "aa"), seen("ClientX", "bb"), seen("ClientY", "aa")]);
}

pub(super) async fn put_certificate(store: Store) {
    let told = KnownCertificate { not_after: None, days_told: Some(14), ..seen("ClientX", "aa") };
    let expected = told.clone();
    change(&store, |tx| tx.put_certificate(&seen("ClientX", "aa"))).await;
    change(&store, move |tx| tx.put_certificate(&told)).await;
    assert_eq!(look(&store, |tx| tx.certificates()).await, [expected]);
}

fn seen(id: &str, sha256: &str) -> KnownCertificate {
    KnownCertificate {
        registrar: registrar(id),
        sha256: sha256.to_owned(),
        not_after: Some(at(9)),
        days_told: None,
    }
}
