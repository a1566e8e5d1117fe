//! What every engine must do: one test for each verb of [`Tx`], named as the verb, and one for each rule of a transaction.
//!
//! A verb without its test here does not pass. To add one: write `pub(super) async fn VERB(store: Store)` in the file of its noun and name it
//! in the list below.

mod ahead;
mod allocation_token;
mod allowance;
mod api;
mod audit;
mod case;
mod certificate;
mod contact;
mod content;
mod domain;
mod epp_user;
mod history;
mod host;
mod lease;
mod ledger;
mod maintenance;
mod message;
mod outbox;
mod pending;
mod person;
mod policy;
mod registrar;
mod reseller;
mod reseller_account;
mod samples;
mod session;
mod tables;
mod transaction;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::testing::TestEngine;
use super::{Keep, Store, StoreError, Tx};

macro_rules! conformance {
    (verbs { $($noun:ident: $($verb:ident)*;)* } rules { $($rule:ident)* }) => {
        mod sqlite {
            $($(#[tokio::test] async fn $verb() { super::on_sqlite(super::$noun::$verb).await })*)*
            $(#[tokio::test] async fn $rule() { super::on_sqlite(super::transaction::$rule).await })*
        }

        mod postgres {
            $($(#[tokio::test] async fn $verb() { super::on_postgres(super::$noun::$verb).await })*)*
            $(#[tokio::test] async fn $rule() { super::on_postgres(super::transaction::$rule).await })*
        }

        const TESTED: &[&str] = &[$($(stringify!($verb),)*)*];
    };
}

conformance! {
    verbs {
        api: api_account api_users challenge_count claim_answer clear_wrong_answers close_challenge count_wrong_answer
            forget_expired_logins forget_kept_answers keep_answer kept_answer open_challenge open_challenges put_api_user put_token
            release_answer set_api_key token wrong_answers;
        ahead: read_ahead;
        audit: account_tallies changes_since contacts_between dangling_references domains_between highest_number hosts_between last_changes message_tallies repeated_names;
        allocation_token: add_allocation_token allocation_token use_allocation_token;
        certificate: certificate certificates put_certificate;
        contact: contacts_due contact contact_by_number contact_is_linked contact_numbers contacts_sponsored delete_contact insert_contact rename_contact update_contact;
        content: content replace_content;
        domain: domains_served_by due_domains delete_domain domain domain_name domains_of_contact domains_of_registrant domain_sponsor insert_domain registered seem_registered sponsored_domains subordinate_hosts update_domain variant_holder;
        allowance: allowance_used use_allowance;
        epp_user: epp_user set_epp_access set_user_password;
        history: documented document_part history latest_change numbers_named record record_with_document;
        host: foreign_domain_uses_host delete_host host host_by_number host_is_linked host_numbers hosts_below insert_host update_host;
        lease: end_other_leases engine_clock holds_lease take_lease;
        ledger: account enter ledger move_money set_limits;
        maintenance: delete_maintenance insert_maintenance maintenance maintenances update_maintenance;
        message: message_count newest_message oldest_message queue_message remove_message;
        outbox: claim_mail delete_mail due_mails end_mail mail_is_due mails_about mails_asked_by outbox outbox_entry outbox_holds outbox_tally put_mail_back queue_mail revive_mail;
        pending: add_pending end_pending pending pending_actions pending_by_token set_pending_token;
        person: contact_of_person delete_person insert_person;
        case: case case_about cases cases_about_nothing cases_due close_case open_case;
        policy: delete_tld meta policy_version stored_policy_version put_meta put_tld tlds;
        registrar: credential put_registrar registrars set_password set_wrong_passwords;
        reseller: cookie_domain insert_cookie insert_order insert_reseller order orders profile put_profile queue_reseller_message remove_reseller_message reseller reseller_domains reseller_domains_leaving reseller_messages reseller_to_change reseller_with_key resellers set_reseller_key update_reseller;
        reseller_account: enter_for_reseller move_reseller_money reseller_account reseller_ledger;
        tables: empty_table last_number put_rows row_count rows_after set_last_number;
        session: close_dead_sessions close_other_sessions close_session open_session session_count;
    }
    rules {
        a_commit_is_seen_by_later_reads
        a_failed_link_undoes_its_domain
        a_failed_statement_cannot_be_passed_over
        a_full_set_of_parameters_is_taken
        a_job_may_hold_the_last_of_the_store
        a_panic_leaves_its_neighbours_alone
        a_read_is_one_snapshot
        a_taken_name_is_no_failure
        a_write_in_a_read_is_refused
        an_error_is_rolled_back
        many_writers_get_each_name_once
        numbers_are_never_used_twice
        rolled_back_work_is_gone_and_its_answer_stands
    }
}

#[test]
fn every_verb_is_tested() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let verbs: BTreeSet<String> = sources(&root).iter().flat_map(|text| verbs(text)).collect();
    let tested: BTreeSet<String> = TESTED.iter().map(|&verb| verb.to_owned()).collect();
    assert!(verbs.len() > 40, "the verbs are found: {verbs:?}");
    let untested: Vec<_> = verbs.difference(&tested).collect();
    assert!(untested.is_empty(), "verbs without a test in src/store/conformance: {untested:?}");
    let gone: Vec<_> = tested.difference(&verbs).collect();
    assert!(gone.is_empty(), "tests of verbs that are no more: {gone:?}");
}

#[test]
fn a_verb_is_found_and_nothing_else() {
    let text = "impl Tx<'_> {\n    pub fn one(&mut self) {\n    }\n    pub(super) fn two() {}\n    fn three() {}\n}\n\
                impl Store {\n    pub fn four() {}\n}\nimpl<'t> Tx<'t> {\n    pub fn five() {}\n}\n";
    assert_eq!(verbs(text), ["one", "five"]);
}

/// The names of the public functions in `impl Tx` blocks.
fn verbs(text: &str) -> Vec<String> {
    let mut in_tx = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("impl") {
            in_tx = line.split_whitespace().any(|word| word.starts_with("Tx<"));
        }
        if let Some(rest) = line.strip_prefix("    pub fn ").filter(|_| in_tx) {
            found.push(rest.split(['(', '<']).next().unwrap_or(rest).to_owned());
        }
    }
    found
}

fn sources(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(fs::read_to_string(path).unwrap());
        }
    }
    found
}

async fn on_sqlite<F: Future<Output = ()>>(test: impl FnOnce(Store) -> F) {
    on(TestEngine::Sqlite, test).await;
}

async fn on_postgres<F: Future<Output = ()>>(test: impl FnOnce(Store) -> F) {
    on(TestEngine::Postgres, test).await;
}

/// Without its engine a test passes by; that there was none is said once, loudly.
async fn on<F: Future<Output = ()>>(engine: TestEngine, test: impl FnOnce(Store) -> F) {
    let Some((store, _place)) = engine.store() else { return };
    change(&store, samples::registrars).await;
    test(store).await;
}

/// A write that is kept.
async fn change<R: Send + 'static>(
    store: &Store,
    mut work: impl FnMut(&mut Tx<'_>) -> Result<R, StoreError> + Send + 'static,
) -> R {
    store.write(move |tx| work(tx).map(|done| (done, Keep::Commit))).await.unwrap()
}

/// A read.
async fn look<R: Send + 'static>(
    store: &Store,
    work: impl FnMut(&mut Tx<'_>) -> Result<R, StoreError> + Send + 'static,
) -> R {
    store.read(work).await.unwrap()
}
