//! What a transaction tells that it will ask.

use super::samples::{contact_id, domain, domain_name, draft, host_name, linked_domain};
use super::{Store, StoreError, Tx, change, look};
use crate::store::Question;

/// Whatever was told before, the answers are the same.
pub(super) async fn read_ahead(store: Store) {
    let linked = change(&store, |tx| linked_domain(tx, "a.example")).await;
    let all = |tx: &mut Tx<'_>| {
        let (contacts, hosts) =
            ([contact_id("sh8013"), contact_id("nobody")], [host_name("ns1.example.net")]);
        let (contacts, hosts) = (contacts.iter().collect::<Vec<_>>(), hosts.iter().collect::<Vec<_>>());
        let names = [domain_name("a.example"), domain_name("b.example")];
        let names: Vec<_> = names.iter().collect();
        tell(tx, &[Question::Contacts(&contacts), Question::Domain(names[0]), Question::Hosts(&hosts)])?;
        tell(tx, &[Question::Registered(&names), Question::Registered(&[]), Question::Contacts(&[])])?;
        let found = (tx.contact_numbers(&contacts)?.len(), tx.host_numbers(&hosts)?.len());
        Ok((found, tx.seem_registered(&names)?, tx.domain(names[0])?, tx.domain(names[1])?))
    };
    let expected = ((1, 1), vec![true, false], Some(linked), None);
    assert_eq!(look(&store, all).await, expected);
    assert_eq!(change(&store, all).await, expected);

    let again = change(&store, |tx| {
        let name = domain_name("c.example");
        tell(tx, &[Question::Registered(&[&name]), Question::Domain(&name)])?;
        let before = tx.registered(&[&name])?.len();
        // As it was before the write is not as it is.
        tell(tx, &[Question::Registered(&[&name])])?;
        tx.insert_domain(&draft(domain("c.example")))?;
        Ok((before, tx.registered(&[&name])?.len(), tx.domain(&name)?.is_some()))
    });
    assert_eq!(again.await, (0, 1, true));

    let never_asked = change(&store, |tx| {
        tx.insert_domain(&draft(domain("d.example")))?;
        tell(tx, &[Question::Registered(&[&domain_name("d.example")])])
    });
    never_asked.await;
    assert!(look(&store, |tx| tx.domain(&domain_name("d.example"))).await.is_some());

    let too_many = look(&store, |tx| {
        let names: Vec<_> = (0..300).map(|n| domain_name(&format!("n{n}.example"))).collect();
        let names: Vec<_> = names.iter().collect();
        tell(tx, &[Question::Registered(&names)])?;
        tx.seem_registered(&names)
    });
    assert_eq!(too_many.await, vec![false; 300]);
}

fn tell(tx: &mut Tx<'_>, questions: &[Question<'_>]) -> Result<(), StoreError> {
    questions.iter().try_for_each(|question| tx.read_ahead(*question))
}
