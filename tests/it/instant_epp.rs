//! A registrar's day with instant-epp, a client that others wrote: it types every element and loses the whole answer over one
//! that it does not expect (facts: clients.md §2). Two of its sessions, a transfer between them, values read back.

use std::net::IpAddr;
use std::time::Duration;

use instant_epp::client::RustlsConnector;
use instant_epp::contact::{
    Address, ContactCheck, ContactCreate, ContactDelete, ContactInfo, ContactUpdate, InfoType, PostalInfo,
    Voice,
};
use instant_epp::domain::update::{DomainAdd, DomainChangeInfo};
use instant_epp::domain::{
    DomainAuthInfo, DomainCheck, DomainContact, DomainCreate, DomainDelete, DomainInfo, DomainRenew,
    DomainTransfer, DomainUpdate, HostInfo as NameServer, HostObj, NameServers, Period, PeriodLength, Status,
};
use instant_epp::extensions::rgp::request::{RgpRequestResponse, RgpRestoreRequest, Update};
use instant_epp::extensions::rgp::{self, RgpStatus};
use instant_epp::extensions::secdns::{self, Algorithm, CreateData, DigestAlgorithm, DsDataType};
use instant_epp::host::update::HostAdd;
use instant_epp::host::{HostCheck, HostCreate, HostDelete, HostInfo, HostUpdate};
use instant_epp::login::Login;
use instant_epp::logout::Logout;
use instant_epp::poll::{Ack, Poll, PollData};
use instant_epp::response::ResultCode;
use instant_epp::{EppClient, Error, contact, host};

use crate::client::tls_of;
use crate::server::{PASSWORD, Server};

type Client = EppClient<RustlsConnector>;

async fn log_in(server: &Server, registrar: &str, extensions: &[&str]) -> Client {
    let address = ("localhost".to_owned(), server.address.port());
    let connector = RustlsConnector::builder(address).unwrap().build_with_config(tls_of(Some(registrar)));
    let mut client = EppClient::new(connector, "test".to_owned(), Duration::from_secs(30)).await.unwrap();
    let login = Login::new(registrar, PASSWORD, None, Some(extensions));
    let answer = client.transact(&login, "LOGIN-1").await.unwrap();
    assert_eq!(answer.result.code, ResultCode::CommandCompletedSuccessfully);
    assert_eq!(answer.tr_ids.client_tr_id.as_deref(), Some("LOGIN-1"));
    client
}

async fn log_out(mut client: Client) {
    let answer = client.transact(&Logout, "LOGOUT-1").await.unwrap();
    assert_eq!(answer.result.code, ResultCode::CommandCompletedSuccessfullyEndingSession);
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> ResultCode {
    match result {
        Err(Error::Command(status)) => status.result.code,
        other => panic!("no refusal but {other:?}"),
    }
}

fn years(count: u8) -> Period {
    Period::Years(PeriodLength::new(count).unwrap())
}

fn postal(name: &'static str) -> PostalInfo<'static> {
    let address = Address::new(
        &["123 Example Dr.", "Suite 100"],
        "Dulles",
        Some("VA"),
        Some("20166-6503"),
        "US".parse().unwrap(),
    );
    PostalInfo::new(InfoType::International, name, Some("Example Inc."), address)
}

#[tokio::test]
async fn greeting_and_hello_are_understood() {
    let server = Server::start().await;
    let mut client = log_in(&server, "ClientX", &[]).await;
    for greeting in [client.greeting().unwrap(), client.hello().await.unwrap()] {
        assert_eq!(greeting.service_id, "Domesday");
        assert_eq!(greeting.svc_menu.version, "1.0");
        let objects = greeting.svc_menu.services.obj_uris;
        assert!(
            [instant_epp::domain::XMLNS, contact::XMLNS, host::XMLNS]
                .iter()
                .all(|uri| objects.iter().any(|o| o == uri))
        );
        let extensions = greeting.svc_menu.services.svc_ext.unwrap().ext_uris;
        assert!([secdns::XMLNS, rgp::XMLNS].iter().all(|uri| extensions.iter().any(|e| e == uri)));
    }
    log_out(client).await;
}

#[tokio::test]
async fn contacts_are_created_read_changed_and_deleted() {
    let server = Server::start().await;
    let mut client = log_in(&server, "ClientX", &[]).await;
    let mut voice = Voice::new("+1.7035555555");
    voice.set_extension("1234");
    let create = ContactCreate::new("sh8013", "jdoe@example.com", postal("John Doe"), Some(voice), "2fooBAR");
    let created = client.transact(&create, "CREATE-1").await.unwrap();
    assert_eq!(created.res_data().unwrap().id, "sh8013");
    assert_eq!(refusal(client.transact(&create, "CREATE-2").await), ResultCode::ObjectExists);

    let check = ContactCheck { contact_ids: &["sh8013", "sh8014"] };
    let checked = client.transact(&check, "CHECK-1").await.unwrap();
    let available: Vec<_> =
        checked.res_data().unwrap().list.iter().map(|c| (c.id.value.as_str(), c.id.available)).collect();
    assert_eq!(available, [("sh8013", false), ("sh8014", true)]);

    let mut update = ContactUpdate::new("sh8013");
    update.set_info("jane@example.com", postal("Jane Doe"), Voice::new("+44.2079460000"), "3fooBAR");
    update.add(&[contact::Status::ClientDeleteProhibited]);
    client.transact(&update, "UPDATE-1").await.unwrap();

    let info = client.transact(&ContactInfo::new("sh8013", "3fooBAR"), "INFO-1").await.unwrap();
    let info = info.res_data().unwrap();
    assert_eq!(info.email, "jane@example.com");
    assert_eq!(info.postal_info.name, "Jane Doe");
    assert_eq!(info.postal_info.address.street, ["123 Example Dr.", "Suite 100"]);
    assert_eq!(info.postal_info.address.country.alpha2, "US");
    assert_eq!(info.voice.as_ref().unwrap().number, "+44.2079460000");
    assert_eq!(info.voice.as_ref().unwrap().extension, None);
    assert_eq!(info.statuses, [contact::Status::ClientDeleteProhibited]);
    assert_eq!((info.client_id.as_str(), info.updater_id.as_deref()), ("ClientX", Some("ClientX")));

    let delete = ContactDelete::new("sh8013");
    assert_eq!(
        refusal(client.transact(&delete, "DELETE-1").await),
        ResultCode::ObjectStatusProhibitsOperation
    );
    let mut update = ContactUpdate::new("sh8013");
    update.remove(&[contact::Status::ClientDeleteProhibited]);
    client.transact(&update, "UPDATE-2").await.unwrap();
    client.transact(&delete, "DELETE-2").await.unwrap();
    let gone = client.transact(&ContactInfo::new("sh8013", "3fooBAR"), "INFO-2").await;
    assert_eq!(refusal(gone), ResultCode::ObjectDoesNotExist);
    log_out(client).await;
}

#[tokio::test]
async fn hosts_are_created_read_changed_and_deleted() {
    let server = Server::start().await;
    let mut client = log_in(&server, "ClientX", &[]).await;
    client.transact(&registration("glue.tld"), "CREATE-1").await.unwrap_err();
    with_registrant(&mut client).await;
    client.transact(&registration("glue.tld"), "CREATE-2").await.unwrap();
    let addresses: [IpAddr; 2] = ["192.0.2.2".parse().unwrap(), "2001:db8::2".parse().unwrap()];
    let created =
        client.transact(&HostCreate::new("ns1.glue.tld", Some(&addresses)), "CREATE-3").await.unwrap();
    assert_eq!(created.res_data().unwrap().name, "ns1.glue.tld");

    let checked =
        client.transact(&HostCheck { hosts: &["ns1.glue.tld", "ns2.glue.tld"] }, "CHECK-1").await.unwrap();
    let available: Vec<_> = checked.res_data().unwrap().list.iter().map(|c| c.name.available).collect();
    assert_eq!(available, [false, true]);

    let more: [IpAddr; 1] = ["192.0.2.3".parse().unwrap()];
    let mut update = HostUpdate::new("ns1.glue.tld");
    update.add(HostAdd { addresses: Some(&more), statuses: Some(&[host::Status::ClientDeleteProhibited]) });
    client.transact(&update, "UPDATE-1").await.unwrap();
    let info = client.transact(&HostInfo::new("ns1.glue.tld"), "INFO-1").await.unwrap();
    let info = info.res_data().unwrap();
    let mut found = info.addresses.clone();
    found.sort();
    assert_eq!(found, [addresses[0], more[0], addresses[1]]);
    assert_eq!(info.statuses, [host::Status::ClientDeleteProhibited]);
    let refused = client.transact(&HostDelete::new("ns1.glue.tld"), "DELETE-1").await;
    assert_eq!(refusal(refused), ResultCode::ObjectStatusProhibitsOperation);
    log_out(client).await;
}

async fn with_registrant(client: &mut Client) {
    let create = ContactCreate::new("jd1234", "jdoe@example.com", postal("John Doe"), None, "2fooBAR");
    client.transact(&create, "CONTACT-1").await.unwrap();
}

fn registration(name: &str) -> DomainCreate<'_> {
    DomainCreate::new(name, years(2), None, Some("jd1234"), "2fooBAR", None)
}

#[tokio::test]
async fn a_domain_is_registered_renewed_changed_transferred_and_deleted() {
    let server = Server::start().await;
    let mut client = log_in(&server, "ClientX", &[]).await;
    with_registrant(&mut client).await;
    client.transact(&HostCreate::new("ns1.example.net", None), "HOST-1").await.unwrap();
    let servers = [NameServer::Obj(HostObj { name: "ns1.example.net".into() })];
    let contacts = [DomainContact { contact_type: "tech".into(), id: "jd1234".into() }];
    let create =
        DomainCreate::new("story.tld", years(2), Some(&servers), Some("jd1234"), "2fooBAR", Some(&contacts));
    let created = client.transact(&create, "CREATE-1").await.unwrap();
    let created = created.res_data().unwrap();
    assert_eq!(created.created_at.to_rfc3339(), "2026-01-01T00:00:00+00:00");
    let expiry = created.expiring_at.unwrap();
    assert_eq!(expiry.to_rfc3339(), "2028-01-01T00:00:00+00:00");

    let check = DomainCheck { domains: &["story.tld", "other.tld", "nowhere.invalid"] };
    let checked = client.transact(&check, "CHECK-1").await.unwrap();
    let list = &checked.res_data().unwrap().list;
    let available: Vec<_> = list.iter().map(|c| (c.name.value.as_str(), c.name.available)).collect();
    assert_eq!(available, [("story.tld", false), ("other.tld", true), ("nowhere.invalid", false)]);
    assert!(list.iter().all(|c| c.name.available == c.reason.is_none()));

    let renew = DomainRenew::new("story.tld", expiry.date_naive(), years(3));
    let renewed = client.transact(&renew, "RENEW-1").await.unwrap();
    assert_eq!(renewed.res_data().unwrap().expiring_at.unwrap().to_rfc3339(), "2031-01-01T00:00:00+00:00");
    assert_eq!(refusal(client.transact(&renew, "RENEW-2").await), ResultCode::ParameterValuePolicyError);

    client.transact(&HostCreate::new("ns2.example.net", None), "HOST-2").await.unwrap();
    let more = [NameServer::Obj(HostObj { name: "ns2.example.net".into() })];
    let mut update = DomainUpdate::new("story.tld");
    update.add(DomainAdd {
        ns: Some(NameServers { ns: more.as_slice().into() }),
        contacts: None,
        statuses: Some(&[Status::ClientHold]),
    });
    update.info(DomainChangeInfo { registrant: None, auth_info: Some(DomainAuthInfo::new("3fooBAR")) });
    client.transact(&update, "UPDATE-1").await.unwrap();

    let info = client.transact(&DomainInfo::new("story.tld", None), "INFO-1").await.unwrap();
    let info = info.res_data().unwrap();
    assert_eq!(info.registrant.as_deref(), Some("jd1234"));
    assert_eq!(info.statuses.as_deref(), Some([Status::ClientHold].as_slice()));
    assert_eq!(info.ns.as_ref().unwrap().ns.to_vec(), [servers, more].concat());
    assert_eq!(info.contacts.as_ref().unwrap()[0].id, "jd1234");
    assert_eq!(info.auth_info.as_ref().unwrap().password, "3fooBAR");
    assert_eq!(info.expiring_at.unwrap().to_rfc3339(), "2031-01-01T00:00:00+00:00");

    transfer(&server, &mut client).await;
    let delete = DomainDelete::new("story.tld");
    assert_eq!(refusal(client.transact(&delete, "DELETE-1").await), ResultCode::AuthorizationError);
    log_out(client).await;
}

/// From ClientX to ClientY, each told by poll.
async fn transfer(server: &Server, loser: &mut Client) {
    let mut gainer = log_in(server, "ClientY", &[]).await;
    let wrong = DomainTransfer::new("story.tld", Some(years(1)), "4fooBAR");
    assert_eq!(
        refusal(gainer.transact(&wrong, "TRANSFER-1").await),
        ResultCode::InvalidAuthorizationInformation
    );
    let request = DomainTransfer::new("story.tld", Some(years(1)), "3fooBAR");
    let requested = gainer.transact(&request, "TRANSFER-2").await.unwrap();
    assert_eq!(requested.result.code, ResultCode::CommandCompletedSuccessfullyActionPending);
    let pending = requested.res_data().unwrap();
    assert_eq!((pending.requester_id.as_str(), pending.ack_id.as_str()), ("ClientY", "ClientX"));
    assert_eq!(pending.transfer_status, "pending");

    let (status, count) = next_message(loser).await;
    assert_eq!((status.as_str(), count), ("pending", 1));
    let approved = loser.transact(&DomainTransfer::approve("story.tld"), "TRANSFER-3").await.unwrap();
    assert_eq!(approved.res_data().unwrap().transfer_status, "clientApproved");
    let (status, _) = next_message(&mut gainer).await;
    assert_eq!(status, "clientApproved");
    let nothing = gainer.transact(&Poll, "POLL-3").await.unwrap();
    assert_eq!(nothing.result.code, ResultCode::CommandCompletedSuccessfullyNoMessages);

    let info = gainer.transact(&DomainInfo::new("story.tld", None), "INFO-2").await.unwrap();
    let info = info.res_data().unwrap();
    assert_eq!(info.client_id, "ClientY");
    assert_eq!(info.creator_id.as_deref(), Some("ClientX"));
    assert!(info.transferred_at.is_some());
    assert_eq!(info.expiring_at.unwrap().to_rfc3339(), "2032-01-01T00:00:00+00:00");
    log_out(gainer).await;
}

/// Reads the next message, which tells of a transfer, and dequeues it: the transfer's status, and how many there were.
async fn next_message(client: &mut Client) -> (String, u32) {
    let answer = client.transact(&Poll, "POLL-1").await.unwrap();
    assert_eq!(answer.result.code, ResultCode::CommandCompletedSuccessfullyAckToDequeue);
    let queue = answer.message_queue().unwrap();
    assert!(queue.date.is_some() && queue.message.is_some());
    let Some(PollData::DomainTransfer(told)) = answer.res_data() else {
        panic!("no transfer is told of: {answer:?}");
    };
    assert_eq!(told.name, "story.tld");
    let acked = client.transact(&Ack { message_id: &queue.id }, "POLL-2").await.unwrap();
    assert_eq!(acked.message_queue().unwrap().count, queue.count - 1);
    (told.transfer_status.clone(), queue.count)
}

#[tokio::test]
async fn a_domain_is_signed_and_comes_back_from_redemption() {
    let server = Server::start().await;
    let mut client = log_in(&server, "ClientX", &[secdns::XMLNS, rgp::XMLNS]).await;
    with_registrant(&mut client).await;
    let digest = "49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4ACABCD";
    let records = [DsDataType::new(12345, Algorithm::EcdsaP256Sha256, DigestAlgorithm::Sha256, digest, None)];
    let signed = CreateData::from(records.as_slice());
    let create = registration("signed.tld");
    client.transact((&create, &signed), "CREATE-1").await.unwrap();
    let raw = "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"><command><info><domain:info \
               xmlns:domain=\"urn:ietf:params:xml:ns:domain-1.0\"><domain:name>signed.tld</domain:name></domain:info>\
               </info></command></epp>";
    // The client has no type for secDNS:infData.
    let info = client.transact_xml(raw).await.unwrap();
    assert!(info.contains("<secDNS:keyTag>12345</secDNS:keyTag>") && info.contains(digest), "{info}");

    // Out of the add grace period, so that the delete can be taken back.
    server.set_clock("2026-02-01T00:00:00Z".parse().unwrap()).await;
    let deleted = client.transact(&DomainDelete::new("signed.tld"), "DELETE-1").await.unwrap();
    assert_eq!(deleted.result.code, ResultCode::CommandCompletedSuccessfullyActionPending);
    let request = Update { data: RgpRestoreRequest::default() };
    let info = client.transact_xml(raw).await.unwrap();
    assert!(info.contains("<rgp:rgpStatus s=\"redemptionPeriod\"/>"), "{info}");
    let mut restore = DomainUpdate::new("signed.tld");
    restore.info(DomainChangeInfo { registrant: None, auth_info: None });
    let restored = client.transact((&restore, &request), "RESTORE-1").await.unwrap();
    let Some(RgpRequestResponse::Update(data)) = restored.extension() else {
        panic!("no rgp:upData: {restored:?}");
    };
    assert_eq!(data.rgp_status, [RgpStatus::PendingRestore]);
    log_out(client).await;
}
