//! The legacy Nominet listener where a transcript cannot show it: the document's own frames, units without a header, and objects
//! seen through the other generation and through the IETF's EPP.

use domesday::gateway::epp::Settings;
use domesday::gateway::tls::ClientCertificate;
use domesday::model::registrar::RegistrarId;

use crate::client::{Client, code, login_frame};
use crate::nominet::shape;
use crate::schema::Schemas;
use crate::server::{Options, PASSWORD, Server};
use crate::transcript::wrap_for;

async fn server() -> Server {
    let epp = Settings { server_id: "Nominet EPP server".to_owned(), ..Settings::default() };
    let client_certificate = ClientCertificate::Off;
    Server::start_with(Options { dialect: "nominet_legacy", epp, client_certificate, ..Options::default() })
        .await
}

const NAMES: [&str; 4] = ["account", "domain", "contact", "ns"];

fn login(tag: &str, version: &str) -> String {
    let uris: String = NAMES
        .iter()
        .map(|name| format!("<objURI>http://www.nominet.org.uk/epp/xml/nom-{name}-{version}</objURI>"))
        .collect();
    format!(
        "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"><command><login><clID>{tag}</clID><pw>{PASSWORD}</pw><options>\
         <version>1.0</version><lang>en</lang></options><svcs>{uris}</svcs></login></command></epp>"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_greeting_offers_the_four_schemas_of_1_0_and_clients_may_echo_it() {
    let server = server().await;
    let (mut client, greeting) = Client::connect(&server, None).await;
    let offered: Vec<&str> =
        greeting.split("<objURI>").skip(1).filter_map(|rest| rest.split('<').next()).collect();
    let expected = NAMES.map(|name| format!("http://www.nominet.org.uk/epp/xml/nom-{name}-1.0"));
    assert_eq!(offered, expected);
    assert!(!greeting.contains("extURI"), "{greeting}");
    assert_eq!(code(&client.ask(&login_frame("EXAMPLE-TAG", PASSWORD, &greeting)).await), "1000");
    for (tag, version) in [("AB", "1.0"), ("#AB", "1.0"), ("AB", "1.1")] {
        let (mut client, _) = Client::connect(&server, None).await;
        // Without a header, as some clients send.
        client.send_bytes(format!("{}\r\n", login(tag, version)).as_bytes()).await;
        let answer = client.receive().await.unwrap();
        assert_eq!(code(&answer), "1000", "{tag} {version}");
        assert!(answer.ends_with("</epp>\n"), "{answer:?}");
    }
}

/// The frames that the document itself prints, byte for byte; the one that changes the password last.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documents_own_logins_are_answered_as_it_says() {
    let Some(schemas) = Schemas::find() else { return };
    let document = std::fs::read_dir(schemas.shared().join("seeds"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_str().unwrap().starts_with("002_"))
        .expect("the document lies beside the schemas");
    let text = std::fs::read_to_string(document).unwrap();
    let frames: Vec<String> = text
        .split("<?xml")
        .skip(1)
        .map(|rest| format!("<?xml{}</epp>", rest.split("</epp>").next().unwrap()))
        .collect();
    let [plain, new_password, response] = frames.as_slice() else { panic!("{} frames", frames.len()) };
    // The printed answer has lost the question mark that ends its declaration.
    let response = response.replacen("\"UTF-8\">", "\"UTF-8\"?>", 1);
    let server = server().await;
    let tag = RegistrarId::parse("EXAMPLE-TAG").unwrap();
    for (frame, is_bare) in [(plain, false), (plain, true), (new_password, false), (new_password, true)] {
        assert!(server.registry.set_password(&tag, "foo-BAR2".to_owned().into()).await.unwrap());
        let (mut client, _) = Client::connect(&server, None).await;
        if is_bare {
            client.send_bytes(format!("{frame}\n").as_bytes()).await;
        } else {
            client.send(frame).await;
        }
        assert_eq!(shape(&client.receive().await.unwrap()), shape(&response));
    }
    // The new password is for the next login.
    for (password, expected) in [("foo-BAR2", "2200"), ("foo-BAR", "1000")] {
        let (mut client, _) = Client::connect(&server, None).await;
        assert_eq!(
            code(&client.ask(&login("EXAMPLE-TAG", "1.0").replace(PASSWORD, password)).await),
            expected
        );
    }
}

const CREATE: &str = "<create><domain:create><domain:name>strant.co.uk</domain:name><domain:account><account:create>\
    <account:name>Mr. R. Strant</account:name><account:trad-name>R. S. Industries</account:trad-name><account:type>LTD</account:type>\
    <account:co-no>NI65786</account:co-no><account:opt-out>N</account:opt-out><account:addr><account:street>2102 High Street</account:street>\
    <account:locality>Carfax</account:locality><account:city>Oxford</account:city><account:county>Oxfordshire</account:county>\
    <account:postcode>OX1 1DF</account:postcode><account:country>GB</account:country></account:addr>\
    <account:addr type=\"billing\"><account:street>1 Low Road</account:street><account:city>Oxford</account:city>\
    <account:postcode>OX4 4DQ</account:postcode><account:country>GB</account:country></account:addr>\
    <account:contact type=\"admin\" order=\"1\"><contact:create><contact:name>Mr. R. Strant</contact:name>\
    <contact:phone>01865 123456</contact:phone><contact:mobile>07700 900123</contact:mobile><contact:email>r@strant.co.uk</contact:email>\
    </contact:create></account:contact><account:contact type=\"billing\" order=\"1\"><contact:create><contact:name>A. Ccountant</contact:name>\
    <contact:email>bills@strant.co.uk</contact:email></contact:create></account:contact></account:create></domain:account>\
    <domain:ns><ns:create><ns:name>ns2.example.net</ns:name></ns:create><ns:create><ns:name>ns1.example.net</ns:name></ns:create></domain:ns>\
    <domain:auto-bill>21</domain:auto-bill><domain:notes>A note</domain:notes></domain:create></create>";

/// One server, its other listeners, and who speaks on each.
struct Doors {
    legacy: Client,
    standard: Client,
    ietf: Client,
    _servers: [Server; 3],
}

impl Doors {
    async fn open() -> Self {
        let legacy_server = server().await;
        let standard_server = legacy_server.also("nominet", ClientCertificate::Off);
        let ietf_server = legacy_server.also("ietf", ClientCertificate::Off);
        Self {
            legacy: Client::log_in(&legacy_server, "EXAMPLE-TAG").await,
            standard: Client::log_in(&standard_server, "EXAMPLE-TAG").await,
            ietf: Client::log_in(&ietf_server, "EXAMPLE-TAG").await,
            _servers: [legacy_server, standard_server, ietf_server],
        }
    }

    async fn legacy(&mut self, command: &str) -> String {
        good(self.legacy.ask(&wrap_for("nominet_legacy", command, "LEGACY-1")).await)
    }

    async fn standard(&mut self, command: &str) -> String {
        good(self.standard.ask(&wrap_for("nominet", command, "STANDARD-1")).await)
    }

    async fn ietf(&mut self, command: &str) -> String {
        good(self.ietf.ask(&wrap_for("ietf", command, "IETF-1")).await)
    }
}

fn good(answer: String) -> String {
    assert_eq!(code(&answer), "1000", "{answer}");
    answer
}

fn holds(answer: &str, wanted: &[&str]) {
    for part in wanted {
        assert!(answer.contains(part), "{part} in {answer}");
    }
}

fn text_of<'a>(answer: &'a str, tag: &str) -> &'a str {
    let (_, rest) = answer.split_once(&format!("<{tag}>")).unwrap_or_else(|| panic!("{tag} in {answer}"));
    rest.split('<').next().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_legacy_generation_makes_the_others_see() {
    let mut doors = Doors::open().await;
    let made = doors.legacy(CREATE).await;
    let account = text_of(&made, "account:roid").to_owned();
    let info = "<info><domain:info><domain:name>strant.co.uk</domain:name></domain:info></info>";

    let domain = doors.standard(info).await;
    holds(
        &domain,
        &[
            "<domain:hostObj>ns2.example.net</domain:hostObj><domain:hostObj>ns1.example.net</domain:hostObj>",
            "<domain-nom-ext:auto-bill>21</domain-nom-ext:auto-bill>",
            "<domain-nom-ext:notes>A note</domain-nom-ext:notes>",
        ],
    );
    let id = text_of(&domain, "domain:registrant").to_owned();
    let contact_info = format!("<info><contact:info><contact:id>{id}</contact:id></contact:info></info>");
    let contact = doors.standard(&contact_info).await;
    holds(
        &contact,
        &[
            &format!("<contact:roid>{account}</contact:roid>"),
            "<contact:org>Mr. R. Strant</contact:org>",
            "<contact:street>2102 High Street</contact:street><contact:street>Carfax</contact:street>",
            "<contact:voice>+44.1865123456</contact:voice>",
            "<contact-nom-ext:trad-name>R. S. Industries</contact-nom-ext:trad-name>",
            "<contact-nom-ext:type>LTD</contact-nom-ext:type>",
            "<contact-nom-ext:co-no>NI65786</contact-nom-ext:co-no>",
        ],
    );
    let there = doors.ietf(info).await;
    holds(&there, &[&format!("<domain:registrant>{id}</domain:registrant>")]);
    holds(&doors.ietf(&contact_info).await, &["<contact:email>r@strant.co.uk</contact:email>"]);

    // What the others change is changed, and what they do not see stays.
    doors
        .standard(&format!(
            "<update><contact:update><contact:id>{id}</contact:id><contact:chg><contact:voice>+44.1865999999</contact:voice>\
             </contact:chg></contact:update></update>"
        ))
        .await;
    doors
        .ietf(&format!(
            "<update><contact:update><contact:id>{id}</contact:id><contact:chg><contact:email>new@strant.co.uk</contact:email>\
             </contact:chg></contact:update></update>"
        ))
        .await;
    holds(
        &doors.legacy(info).await,
        &[
            "<account:trad-name>R. S. Industries</account:trad-name>",
            "<account:locality>Carfax</account:locality>",
            "<account:addr type=\"billing\"><account:street>1 Low Road</account:street>",
            "<contact:phone>+44.1865999999</contact:phone>",
            "<contact:mobile>07700 900123</contact:mobile>",
            "<contact:email>new@strant.co.uk</contact:email>",
            "<account:contact type=\"billing\" order=\"1\">",
            "<contact:name>A. Ccountant</contact:name>",
        ],
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_others_make_the_legacy_generation_sees() {
    let mut doors = Doors::open().await;
    doors
        .standard(
            "<create><contact:create><contact:id>holder-1</contact:id><contact:postalInfo type=\"loc\"><contact:name>Jane Doe\
             </contact:name><contact:org>Doe Widgets</contact:org><contact:addr><contact:street>1 Main Street</contact:street>\
             <contact:city>Oxford</contact:city><contact:pc>OX4 4DQ</contact:pc><contact:cc>GB</contact:cc></contact:addr>\
             </contact:postalInfo><contact:voice>+44.1865123456</contact:voice><contact:email>jane@doe.example</contact:email>\
             <contact:authInfo><contact:pw/></contact:authInfo></contact:create></create>\
             <extension><contact-nom-ext:create><contact-nom-ext:type>STRA</contact-nom-ext:type></contact-nom-ext:create></extension>",
        )
        .await;
    doors.ietf("<create><host:create><host:name>ns1.example.net</host:name></host:create></create>").await;
    doors
        .standard(
            "<create><domain:create><domain:name>doe.co.uk</domain:name><domain:ns><domain:hostObj>ns1.example.net</domain:hostObj>\
             </domain:ns><domain:registrant>holder-1</domain:registrant><domain:authInfo><domain:pw/></domain:authInfo></domain:create>\
             </create><extension><domain-nom-ext:create><domain-nom-ext:notes>Said</domain-nom-ext:notes></domain-nom-ext:create></extension>",
        )
        .await;
    let seen =
        doors.legacy("<info><domain:info><domain:name>doe.co.uk</domain:name></domain:info></info>").await;
    holds(
        &seen,
        &[
            "<account:name>Doe Widgets</account:name>",
            "<account:type>STRA</account:type>",
            "<account:street>1 Main Street</account:street><account:city>Oxford</account:city>",
            "<contact:name>Jane Doe</contact:name><contact:phone>+44.1865123456</contact:phone>",
            "<ns:name>ns1.example.net</ns:name>",
            "<domain:notes>Said</domain:notes>",
            "<domain:clID>EXAMPLE-TAG</domain:clID>",
        ],
    );
    // And more people, of whom the others know nothing.
    let roid = text_of(&seen, "account:roid").to_owned();
    doors
        .legacy(&format!(
            "<update><account:update><account:roid>{roid}</account:roid><account:contact type=\"billing\" order=\"1\">\
             <contact:create><contact:name>B. Ills</contact:name><contact:email>b@doe.example</contact:email></contact:create>\
             </account:contact></account:update></update>"
        ))
        .await;
    let contact =
        doors.standard("<info><contact:info><contact:id>holder-1</contact:id></contact:info></info>").await;
    assert!(!contact.contains("Ills"), "{contact}");
}
