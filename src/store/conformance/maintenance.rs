//! Announced maintenance.

use super::samples::at;
use super::{Store, change, look};
use crate::model::maintenance::{
    Environment, Impact, MaintainedSystem, Maintenance, MaintenanceId, MaintenanceReason,
};

fn sample(first: u8, day: u8) -> Maintenance {
    Maintenance {
        id: MaintenanceId::of([first; 16]),
        name: Some("Überholung".to_owned()),
        types: vec!["Software Update".to_owned()],
        systems: vec![MaintainedSystem { name: "EPP".to_owned(), host: None, impact: Impact::Partial }],
        environment: Environment::Custom("marketing".to_owned()),
        start: at(day),
        end: at(day + 1),
        reason: MaintenanceReason::Planned,
        detail: None,
        description: None,
        tlds: Vec::new(),
        connection: true,
        implementation: false,
        created_at: at(1),
        updated_at: None,
        is_reminded: false,
        is_over: false,
    }
}

pub(super) async fn insert_maintenance(store: Store) {
    assert!(change(&store, |tx| tx.insert_maintenance(&sample(1, 5))).await);
    assert!(!change(&store, |tx| tx.insert_maintenance(&sample(1, 6))).await, "the identifier is taken");
    assert_eq!(look(&store, |tx| tx.maintenances()).await, [sample(1, 5)]);
}

pub(super) async fn update_maintenance(store: Store) {
    let first = sample(1, 5);
    let changed = Maintenance { start: at(4), updated_at: Some(at(2)), ..first.clone() };
    let (put, again) = (first.clone(), changed.clone());
    change(&store, move |tx| tx.insert_maintenance(&put)).await;
    change(&store, move |tx| tx.update_maintenance(&again)).await;
    assert_eq!(look(&store, move |tx| tx.maintenance(&first.id)).await, Some(changed));
}

pub(super) async fn maintenance(store: Store) {
    let kept = sample(1, 5);
    let put = kept.clone();
    change(&store, move |tx| tx.insert_maintenance(&put)).await;
    assert_eq!(look(&store, |tx| tx.maintenance(&sample(2, 5).id)).await, None);
    assert_eq!(look(&store, |tx| tx.maintenance(&sample(1, 5).id)).await, Some(kept));
}

pub(super) async fn maintenances(store: Store) {
    assert!(look(&store, |tx| tx.maintenances()).await.is_empty());
    change(&store, |tx| {
        [sample(1, 7), sample(2, 5)].iter().try_for_each(|one| tx.insert_maintenance(one).map(drop))
    })
    .await;
    assert_eq!(look(&store, |tx| tx.maintenances()).await, [sample(2, 5), sample(1, 7)]);
}

pub(super) async fn delete_maintenance(store: Store) {
    change(&store, |tx| tx.insert_maintenance(&sample(1, 5))).await;
    assert!(!change(&store, |tx| tx.delete_maintenance(&sample(2, 5).id)).await);
    assert!(change(&store, |tx| tx.delete_maintenance(&sample(1, 5).id)).await);
    assert!(look(&store, |tx| tx.maintenances()).await.is_empty());
}
