//! People of accounts: their places, their numbers, and what a change leaves alone.

use super::*;
use crate::registry::domain::fixtures::*;
use crate::registry::domain::open::{AccountGiven, Open};
use crate::registry::domain::{Amend, RenewalChange};
use crate::registry::testing::{TestRegistry, at, name};

fn person(text: &str) -> NewPerson {
    let number = DialNumber::parse("01865 332211").unwrap();
    NewPerson {
        name: text.to_owned(),
        lines: Lines { phones: vec![number], ..Lines::default() },
        email: Email::parse(&format!("{}@example.com", text.to_lowercase())).unwrap(),
    }
}

fn slot(kind: PersonKind, order: u8) -> Slot {
    Slot::new(kind, order).unwrap()
}

fn account(people: &[(PersonKind, u8, &str)]) -> NewAccount {
    let parts = PostalParts {
        kind: crate::model::postal::PostalKind::Loc,
        name: "One".to_owned(),
        org: Some("Acme Widgets".to_owned()),
        street: vec!["10 High Street".to_owned()],
        city: "Oxford".to_owned(),
        sp: None,
        pc: Some("OX4 4DQ".to_owned()),
        cc: Country::parse("GB").unwrap(),
    };
    NewAccount {
        postal: PostalInfo::new(parts).unwrap(),
        holder: HolderChange::default(),
        billing_address: None,
        people: people.iter().map(|(kind, order, name)| (slot(*kind, *order), person(name))).collect(),
    }
}

fn open_with(account: NewAccount) -> Open {
    Open {
        names: vec![name("a.example")],
        period: None,
        account: AccountGiven::New(Box::new(account)),
        servers: Vec::new(),
        renewal: RenewalChange::default(),
    }
}

async fn opened(people: &[(PersonKind, u8, &str)]) -> (TestRegistry, Contact) {
    let registry = open().await;
    let made = registry.as_registrar("ClientX", open_with(account(people))).await.unwrap();
    (registry, made.account.unwrap())
}

async fn update(
    registry: &TestRegistry,
    contact: &Contact,
    people: Vec<(Slot, PersonChange)>,
) -> Result<Vec<Moved>, Error> {
    let change = AccountChange { people, ..AccountChange::default() };
    registry.as_registrar("ClientX", Update { number: contact.number, change }).await
}

async fn seen(registry: &TestRegistry, contact: &Contact) -> Contact {
    registry.as_registrar("ClientX", Info { number: contact.number }).await.unwrap()
}

fn places(contact: &Contact) -> Vec<(String, String)> {
    contact.account.people.iter().map(|person| (person.slot.to_string(), person.name.clone())).collect()
}

use PersonKind::{Admin, Billing};

#[tokio::test]
async fn people_have_numbers_of_their_own_by_which_they_are_found() {
    let (registry, contact) = opened(&[(Admin, 1, "One"), (Billing, 1, "Bill"), (Admin, 2, "Two")]).await;
    assert_eq!(contact.voice.as_ref().map(Phone::number), Some("+44.1865332211"));
    let [two, bill] = contact.account.people.as_slice() else { panic!("{:?}", contact.account.people) };
    assert_eq!((two.name.as_str(), bill.name.as_str()), ("Two", "Bill"));
    assert_ne!(two.number, bill.number);
    let info = InfoPerson { person: PersonRef::Further(bill.number) };
    let found = registry.as_registrar("ClientX", info.clone()).await.unwrap();
    assert_eq!((found.contact.number, found.slot), (contact.number, slot(Billing, 1)));
    assert_eq!(word(&refusal(registry.as_registrar("ClientY", info).await)), "NotSponsor");
    let first = InfoPerson { person: PersonRef::First(contact.number) };
    assert_eq!(registry.as_registrar("ClientX", first).await.unwrap().slot, Slot::FIRST);
}

#[tokio::test]
async fn gaps_close_and_the_first_stay() {
    let (registry, contact) = opened(&[(Admin, 1, "One"), (Admin, 3, "Three")]).await;
    assert_eq!(places(&contact), [("admin 2".to_owned(), "Three".to_owned())]);
    let three = contact.account.people[0].number;

    // Somebody new behind, and the one before goes: who is left moves up and keeps the number.
    update(&registry, &contact, vec![(slot(Admin, 3), PersonChange::Set(person("New")))]).await.unwrap();
    let before = seen(&registry, &contact).await.account.people[1].number;
    let moved = update(&registry, &contact, vec![(slot(Admin, 2), PersonChange::Clear)]).await.unwrap();
    assert_eq!(moved, [Moved { from: slot(Admin, 3), to: slot(Admin, 2) }]);
    let after = seen(&registry, &contact).await;
    assert_eq!(after.account.people[0].number, before);
    let gone = InfoPerson { person: PersonRef::Further(three) };
    assert_eq!(word(&refusal(registry.as_registrar("ClientX", gone).await)), "NotFound");

    for (people, why) in [
        (vec![(Slot::FIRST, PersonChange::Clear)], Rule::Missing),
        (vec![(slot(Billing, 2), PersonChange::Set(person("Bill")))], Rule::Missing),
        (vec![(slot(Billing, 1), PersonChange::Clear)], Rule::Absent),
        (vec![(slot(Billing, 1), PersonChange::Change(None, PersonUpdate::default()))], Rule::Absent),
    ] {
        let refused = refusal(update(&registry, &contact, people).await);
        assert!(
            matches!(&refused, Refusal::Policy { field: Field::Person, rule, .. } if *rule == why),
            "{refused:?}"
        );
        assert_eq!(seen(&registry, &contact).await, after);
    }
    let theirs = PersonChange::Change(Some(PersonRef::First(contact.number)), PersonUpdate::default());
    let refused = refusal(update(&registry, &contact, vec![(slot(Admin, 2), theirs)]).await);
    assert_eq!(word(&refused), "Policy");
}

#[tokio::test]
async fn an_account_keeps_its_name_and_changes_for_all_its_domains() {
    let (registry, contact) = opened(&[(Admin, 1, "One")]).await;
    registry.set_clock("2026-02-01T00:00:00Z");
    let amend = |change: AccountChange| Amend {
        name: name("a.example"),
        account: Some(change),
        servers: None,
        renewal: RenewalChange::default(),
    };
    let renamed = AccountChange { name: Some("Acme Gadgets".to_owned()), ..AccountChange::default() };
    let refused = refusal(registry.as_registrar("ClientX", amend(renamed)).await);
    assert_eq!(refused, Refusal::policy(Field::AccountName, "Acme Gadgets", Rule::Fixed));

    let phones = Some(vec![DialNumber::parse("+44.1865332244").unwrap()]);
    let change = PersonUpdate { phones, mobiles: Some(Vec::new()), ..PersonUpdate::default() };
    let people = vec![(Slot::FIRST, PersonChange::Change(None, change))];
    let same = AccountChange { name: Some("Acme Widgets".to_owned()), people, ..AccountChange::default() };
    registry.as_registrar("ClientX", amend(same.clone())).await.unwrap();
    let after = seen(&registry, &contact).await;
    assert_eq!(after.voice.as_ref().map(Phone::number), Some("+44.1865332244"));
    assert_eq!(after.updated_at, Some(at("2026-02-01T00:00:00Z")));
    assert_eq!(kept(&registry, "a.example").await.unwrap().updated_at, None, "only the account changed");
    assert_eq!(word(&refusal(registry.as_registrar("ClientY", amend(same)).await)), "NotSponsor");
}

#[tokio::test]
async fn what_is_no_account_is_not_made() {
    let registry = open().await;
    let good = || account(&[(Admin, 1, "One")]);
    let with = |change: fn(&mut PostalParts)| {
        let mut parts = good().postal.into_parts();
        change(&mut parts);
        NewAccount { postal: PostalInfo::new(parts).unwrap(), ..good() }
    };
    for (account, field) in [
        (NewAccount { people: Vec::new(), ..good() }, Field::Person),
        (with(|parts| parts.org = Some("A1 2".to_owned())), Field::AccountName),
        (with(|parts| parts.pc = None), Field::Postcode),
        (with(|parts| parts.pc = Some("12345".to_owned())), Field::Postcode),
    ] {
        let refused = refusal(registry.as_registrar("ClientX", open_with(account)).await);
        assert!(matches!(&refused, Refusal::Policy { field: of, .. } if *of == field), "{refused:?}");
    }
    assert_eq!(kept(&registry, "a.example").await, None);
    registry
        .as_registrar("ClientX", open_with(with(|parts| parts.cc = Country::parse("FR").unwrap())))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_person_changes_alone() {
    let (registry, contact) = opened(&[(Admin, 1, "One"), (Billing, 1, "Bill")]).await;
    let bill = contact.account.people[0].number;
    let change = PersonUpdate { name: Some("William".to_owned()), ..PersonUpdate::default() };
    let update = UpdatePerson { person: PersonRef::Further(bill), change };
    registry.as_registrar("ClientX", update).await.unwrap();
    let after = seen(&registry, &contact).await;
    assert_eq!((after.account.people[0].name.as_str(), after.account.people[0].number), ("William", bill));
    assert_eq!(after.postal, contact.postal);
    let nameless = PersonUpdate { name: Some(" ".to_owned()), ..PersonUpdate::default() };
    let update = UpdatePerson { person: PersonRef::First(contact.number), change: nameless };
    assert_eq!(word(&refusal(registry.as_registrar("ClientX", update).await)), "Policy");
}

#[test]
fn postcodes_are_those_of_great_britain() {
    for good in ["OX4 4DQ", "ox44dq", "M1 1AA", "SW1A 1AA", "EC1A 1BB", "B33 8TH", "W1A 0AX"] {
        assert!(is_postcode(good), "{good}");
    }
    for bad in ["", "OX4", "12345", "OX4 44Q", "OXX4 4DQ", "OX444 4DQ", "ÖX4 4DQ"] {
        assert!(!is_postcode(bad), "{bad}");
    }
}
