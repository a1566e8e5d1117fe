//! One contact, three views: legacy → standard → ietf → legacy.

use proptest::prelude::*;

use super::*;
use crate::model::account::{DialNumber, Lines, PersonKind};
use crate::model::contact::{Email, Phone};
use crate::model::name::DomainName;
use crate::model::postal::Country;
use crate::registry::contact::update::{Change, PostalAddress, PostalChange};
use crate::registry::contact::{Info, Update};
use crate::registry::domain::open::{AccountGiven, Open};
use crate::registry::domain::{InfoWithAccount, RenewalChange};
use crate::registry::testing::TestRegistry;

/// A standard contact: what contact-1.0 and contact-nom-ext show of it. The rest of an account is not among it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Standard<'c> {
    /// The organisation; the person when there is none.
    org: &'c str,
    /// The person.
    name: &'c str,
    /// Street lines, a legacy locality the last of them.
    street: &'c [String],
    /// The city.
    city: &'c str,
    /// The county.
    sp: Option<&'c str>,
    /// Postal code.
    pc: Option<&'c str>,
    /// The country.
    cc: &'static str,
    /// Telephone.
    voice: Option<&'c str>,
    /// E-mail.
    email: &'c str,
    /// The name it trades under.
    trad_name: Option<&'c str>,
    /// What kind of holder it is.
    kind: Option<HolderKind>,
    /// A company's number.
    company_number: Option<&'c str>,
    /// Whether its address is hidden from the public.
    opt_out: bool,
}

impl<'c> Standard<'c> {
    /// The standard contact that a contact is.
    fn of(contact: &'c Contact) -> Option<Self> {
        let postal = contact.local_postal()?.parts();
        Some(Self {
            org: account_name(postal),
            name: &postal.name,
            street: &postal.street,
            city: &postal.city,
            sp: postal.sp.as_deref(),
            pc: postal.pc.as_deref(),
            cc: postal.cc.as_str(),
            voice: contact.voice.as_ref().map(|voice| voice.number()),
            email: contact.email.as_str(),
            trad_name: contact.extras.text(key::TRAD_NAME),
            kind: contact.account.holder,
            company_number: contact.account.company_number.as_deref(),
            opt_out: contact.account.opt_out,
        })
    }
}

fn dial(text: &str) -> DialNumber {
    DialNumber::parse(text).unwrap()
}

fn person(name: &str, phones: &[&str]) -> NewPerson {
    let lines = Lines {
        phones: phones.iter().map(|phone| dial(phone)).collect(),
        faxes: vec![dial("01865 332200")],
        mobiles: vec![dial("07700 900123")],
    };
    NewPerson { name: name.to_owned(), lines, email: Email::parse("someone@example.com").unwrap() }
}

fn address(street: &[&str], locality: Option<&str>) -> Address {
    Address {
        street: street.iter().map(|line| (*line).to_owned()).collect(),
        locality: locality.map(str::to_owned),
        city: "Oxford".to_owned(),
        county: Some("Oxfordshire".to_owned()),
        postcode: Some("OX4 4DQ".to_owned()),
        country: Country::parse("GB").unwrap(),
    }
}

/// An account that uses every place there is.
fn full() -> Tree {
    let slot = |kind, order| Slot::new(kind, order).unwrap();
    let people = [
        (slot(PersonKind::Admin, 1), "Mr. A. Admin", &["01865 332211", "+44.1865332212"][..]),
        (slot(PersonKind::Admin, 2), "Ms. B. Second", &["01865 332213"]),
        (slot(PersonKind::Admin, 3), "Ms. C. Third", &[]),
        (slot(PersonKind::Billing, 1), "Ms. D. Bills", &["01865 332214"]),
        (slot(PersonKind::Billing, 2), "Ms. E. Bills", &[]),
        (slot(PersonKind::Billing, 3), "Ms. F. Bills", &[]),
    ];
    Tree {
        name: "Mr. R. Strant".to_owned(),
        trad_name: Some("R. S. Industries".to_owned()),
        kind: Some(HolderKind::LimitedCompany),
        company_number: Some("NI65786".to_owned()),
        opt_out: Some(false),
        address: address(&["2102 High Street"], Some("Carfax")),
        billing_address: Some(address(&["1 Low Road", "Unit 7"], None)),
        people: people.into_iter().map(|(slot, name, phones)| (slot, None, person(name, phones))).collect(),
    }
}

/// Without the codes, which the registry gives.
fn uncoded(mut tree: Tree) -> Tree {
    tree.people.iter_mut().for_each(|(_, code, _)| *code = None);
    tree
}

async fn made(registry: &TestRegistry, tree: Tree) -> Contact {
    let open = Open {
        names: vec![DomainName::parse("a.example").unwrap()],
        period: None,
        account: AccountGiven::New(Box::new(tree.create().unwrap())),
        servers: Vec::new(),
        renewal: RenewalChange::default(),
    };
    registry.as_registrar("ClientX", open).await.unwrap().account.unwrap()
}

async fn seen(registry: &TestRegistry) -> Contact {
    let info = InfoWithAccount { name: DomainName::parse("a.example").unwrap() };
    registry.as_registrar("ClientX", info).await.unwrap().account.unwrap()
}

async fn update(registry: &TestRegistry, contact: &Contact, change: Change) -> Contact {
    let update = Update { id: contact.id.clone(), add: Vec::new(), remove: Vec::new(), change };
    registry.as_registrar("ClientX", update).await.unwrap();
    let info = Info { id: contact.id.clone(), auth_info: None };
    registry.as_registrar("ClientX", info).await.unwrap().contact
}

/// What a standard client sends that writes back all that it read.
fn written_back(contact: &Contact) -> Change {
    let standard = Standard::of(contact).unwrap();
    let address = PostalAddress {
        street: standard.street.to_vec(),
        city: standard.city.to_owned(),
        sp: standard.sp.map(str::to_owned),
        pc: standard.pc.map(str::to_owned),
        cc: Country::parse(standard.cc).unwrap(),
    };
    let postal = PostalChange {
        kind: PostalKind::Loc,
        name: Some(standard.name.to_owned()),
        org: Some(standard.org.to_owned()),
        address: Some(address),
    };
    let mut holder = HolderChange {
        kind: Some(standard.kind),
        company_number: Some(standard.company_number.map(str::to_owned)),
        opt_out: Some(standard.opt_out),
        extras: ExtrasChange::default(),
    };
    holder.extras.set_text(key::TRAD_NAME, standard.trad_name.unwrap_or_default());
    Change {
        postal: vec![postal],
        voice: Some(standard.voice.map(|voice| Phone::new(voice, None).unwrap())),
        email: Some(Email::parse(standard.email).unwrap()),
        holder,
        ..Change::default()
    }
}

#[tokio::test]
async fn legacy_standard_ietf_legacy() {
    let registry = TestRegistry::new().await;
    let contact = made(&registry, full()).await;
    let legacy = Tree::of(&contact).unwrap();
    assert_eq!(uncoded(legacy.clone()), full());

    // The standard generation sees the first person, and the locality as a street line.
    let standard = Standard::of(&contact).unwrap();
    assert_eq!((standard.org, standard.name), ("Mr. R. Strant", "Mr. A. Admin"));
    assert_eq!(standard.street, ["2102 High Street", "Carfax"]);
    assert_eq!(standard.voice, Some("+44.1865332211"));
    assert_eq!(contact.id.as_str().len(), 16);
    let contact = update(&registry, &contact, written_back(&contact)).await;
    assert_eq!(Tree::of(&contact).unwrap(), legacy, "a standard update that changes nothing changes nothing");

    // RFC 5733 sees no more than that; what it changes is changed, and the rest stays.
    let voice = Phone::new("+44.1865332299", None).unwrap();
    let change = Change { voice: Some(Some(voice)), fax: Some(None), ..Change::default() };
    update(&registry, &contact, change).await;
    let mut expected = legacy;
    expected.people[0].2.lines.phones[0] = dial("+44.1865332299");
    expected.people[0].2.lines.faxes = Vec::new();
    assert_eq!(Tree::of(&seen(&registry).await).unwrap(), expected);
}

#[tokio::test]
async fn another_address_has_no_locality_until_one_is_named() {
    let registry = TestRegistry::new().await;
    let contact = made(&registry, full()).await;
    let mut change = written_back(&contact);
    change.postal[0].address.as_mut().unwrap().street = vec!["3 New Road".to_owned(), "Jericho".to_owned()];
    let contact = update(&registry, &contact, change).await;
    assert_eq!(Tree::of(&contact).unwrap().address, address(&["3 New Road", "Jericho"], None));
}

#[test]
fn what_a_contact_cannot_keep_is_no_account() {
    let long = Tree { address: address(&["1", "2", "3"], Some("4")), ..full() };
    assert_eq!(long.create(), Err(TreeError::StreetLines));
    let nobody = Tree { people: Vec::new(), ..full() };
    assert_eq!(nobody.create(), Err(TreeError::NobodyFirst));
    let blank = Tree { address: Address { city: " ".to_owned(), ..address(&["1"], None) }, ..full() };
    assert!(matches!(blank.create(), Err(TreeError::Postal(_))));
}

proptest! {
    /// Whatever an address is made of, it comes back.
    #[test]
    fn addresses_come_back(street in prop::collection::vec("[a-z0-9 ]{1,20}", 1..=3), locality in prop::option::of("[a-z]{1,9}")) {
        let given = Address { street, locality, ..address(&[], None) };
        let mut extras = ExtrasChange::default();
        let kept = Tree::postal(&given, &mut extras);
        prop_assume!(given.street.len() + usize::from(given.locality.is_some()) <= STREET_LINES_MAX);
        let extras = crate::model::extras::Extras::default().with(&extras).unwrap();
        prop_assert_eq!(address_of(&kept.unwrap(), extras.text(key::LOCALITY)), given);
    }
}
