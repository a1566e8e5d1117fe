//! The Nominet listener where a transcript cannot show it: data units as clients really send them, the logins of known clients
//! and what their parsers want of our answers.

use domesday::gateway::epp::Settings;
use domesday::gateway::tls::ClientCertificate;
use domesday::gateway::xml::{Bounds, Document};
use domesday::model::registrar::RegistrarId;

use crate::client::{Client, code, login_frame};
use crate::schema::Schemas;
use crate::server::{Options, PASSWORD, Server};

async fn server() -> Server {
    server_greeting("nominet").await
}

async fn server_greeting(dialect: &'static str) -> Server {
    let epp = Settings { server_id: "Nominet EPP server".to_owned(), ..Settings::default() };
    Server::start_with(Options {
        dialect,
        epp,
        client_certificate: ClientCertificate::Off,
        ..Options::default()
    })
    .await
}

/// A login as a client writes it.
fn login(tag: &str, objects: &[&str], extensions: &[&str]) -> String {
    let list = |tag: &str, uris: &[&str]| -> String {
        uris.iter().map(|uri| format!("<{tag}>{}</{tag}>", whole(uri))).collect()
    };
    let extensions = match list("extURI", extensions) {
        none if none.is_empty() => none,
        some => format!("<svcExtension>{some}</svcExtension>"),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"><command><login>\
         <clID>{tag}</clID><pw>{PASSWORD}</pw><options><version>1.0</version><lang>en</lang></options><svcs>{}{extensions}\
         </svcs></login></command></epp>",
        list("objURI", objects)
    )
}

/// `domain-1.0` is the IETF's, all others Nominet's; blanks around a name stay.
fn whole(short: &str) -> String {
    let name = short.trim();
    let ietf = ["domain-1.0", "contact-1.0", "host-1.0", "epp-1.0", "eppcom-1.0", "secDNS-1.1"];
    let base = if name.contains(':') {
        ""
    } else if ietf.contains(&name) {
        "urn:ietf:params:xml:ns:"
    } else {
        "http://www.nominet.org.uk/epp/xml/"
    };
    short.replace(name, &format!("{base}{name}"))
}

async fn code_of_login(server: &Server, frame: &str) -> String {
    let (mut client, _) = Client::connect(server, None).await;
    let answer = client.ask(frame).await;
    let code = code(&answer).to_owned();
    if code == "1000" {
        assert!(!answer.contains("<clTRID>"), "none was given: {answer}");
        client.ask(&wrapped("<logout/>")).await;
    }
    code
}

fn wrapped(command: &str) -> String {
    format!("<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"><command>{command}</command></epp>")
}

const URNS: &[&str] = &["domain-1.0", "contact-1.0", "host-1.0"];

/// What known clients declare (facts/nominet.md §9).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_known_client_logs_in() {
    let server = server().await;
    let scl: &[&str] = &[
        "domain-nom-ext-1.2",
        "contact-nom-ext-1.0",
        "std-notifications-1.2",
        "std-warning-1.1",
        "std-contact-id-1.0",
        "std-release-1.0",
        "std-handshake-1.0",
        "nom-abuse-feed-1.0",
        "std-fork-1.0",
        "std-list-1.0",
        "std-locks-1.0",
        "std-unrenew-1.0",
    ];
    let cases: &[(&str, &str, &[&str], Vec<&str>)] = &[
        ("the seed, standard schemas only", "EXAMPLE-TAG", URNS, vec![]),
        ("the seed", "EXAMPLE-TAG", URNS, vec!["contact-nom-ext-1.0", "domain-nom-ext-1.0"]),
        (
            "Net::DRI 2024",
            "EXAMPLE-TAG",
            URNS,
            vec![
                "contact-nom-ext-1.0",
                "domain-nom-ext-1.2",
                "std-contact-id-1.0",
                "std-fork-1.0",
                "std-handshake-1.0",
                "std-list-1.0",
                "std-locks-1.0",
                "std-notifications-1.2",
                "std-release-1.0",
                "std-unrenew-1.0",
                "std-warning-1.1",
                "nom-abuse-feed-1.0",
                "nom-direct-rights-1.0",
                "secDNS-1.1",
            ],
        ),
        (
            "m247's Ruby",
            "#AB",
            URNS,
            vec![
                "secDNS-1.1",
                "domain-nom-ext-1.2",
                "contact-nom-ext-1.0",
                "std-notifications-1.2",
                "std-handshake-1.0",
                "std-warning-1.1",
                "std-release-1.0",
                "std-unrenew-1.0",
                "std-list-1.0",
                "nom-direct-rights-1.0",
            ],
        ),
        ("SclNominetEpp", "EXAMPLE-TAG", URNS, scl.to_vec()),
        (
            "Net::EPP::Registry::Nominet",
            "#AB",
            &["epp-1.0", "eppcom-1.0", "domain-1.0", "host-1.0", "contact-1.0", "secDNS-1.1"],
            [scl, &["nom-direct-rights-1.0"]].concat(),
        ),
        (
            "jpmorby's module-nominet",
            "EXAMPLE-TAG",
            URNS,
            vec!["secDNS-1.1", "contact-nom-ext-1.0", "std-notifications-1.2"],
        ),
        ("AaronClifford's Python", "EXAMPLE-TAG", URNS, vec!["std-release-1.0"]),
        ("AaronClifford's PHP", "EXAMPLE-TAG", URNS, vec!["contact-nom-ext-1.0", "domain-nom-ext-1.0"]),
        ("AlexanderDownie's Node", "EXAMPLE-TAG", URNS, vec![]),
        (
            "clientexec",
            "EXAMPLE-TAG",
            &["\n   domain-1.0\n ", "\n contact-1.0\n", " host-1.0\t"],
            vec!["\n contact-nom-ext-1.0 \n", " domain-nom-ext-1.0 ", "\n std-release-1.0\n"],
        ),
        ("AXYNUK", "EXAMPLE-TAG", &["domain-1.0", "contact-1.0"], vec![]),
        ("with older versions", "EXAMPLE-TAG", URNS, vec!["domain-nom-ext-1.1", "std-notifications-1.0"]),
        ("with data quality", "EXAMPLE-TAG", URNS, vec!["nom-data-quality-1.1"]),
        ("for the tag list", "EXAMPLE-TAG", &["nom-tag-1.0"], vec![]),
        ("with the abuse feed as an object", "EXAMPLE-TAG", &["domain-1.0", "nom-abuse-feed-1.0"], vec![]),
    ];
    for (client, tag, objects, extensions) in cases {
        assert_eq!(code_of_login(&server, &login(tag, objects, extensions)).await, "1000", "{client}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_declared_is_refused_and_opens_nothing() {
    let server = server().await;
    let cases: &[(&[&str], &[&str], &str)] = &[
        // No such object, no such extension.
        (&["domain-1.0", "urn:ietf:params:xml:ns:email-1.0"], &[], "2307"),
        (&["domain-1.0", "domain-nom-ext-1.2"], &[], "2307"),
        (URNS, &["std-nonsense-1.0"], "2103"),
        (URNS, &["domain-nom-ext-1.3"], "2103"),
        (URNS, &["nom-tag-1.0"], "2103"),
        // Generations that are not served here, alone and with others.
        (&["nom-domain-2.0", "nom-notifications-2.0"], &[], "2307"),
        (&["nom-account-1.0", "nom-domain-1.0", "nom-contact-1.0", "nom-ns-1.0"], &[], "2307"),
        (&["domain-1.0", "nom-domain-2.0"], &[], "2306"),
        (&["nom-domain-2.0", "nom-notifications-2.0", "host-1.0"], &[], "2306"),
        (&["nom-reseller-1.0", "domain-1.0"], &[], "2306"),
        // The tag list goes with nothing.
        (&["nom-tag-1.0", "domain-1.0"], &[], "2306"),
        (&["nom-tag-1.0"], &["std-warning-1.1"], "2306"),
        // An extension without its object, several versions of one.
        (&["contact-1.0"], &["domain-nom-ext-1.2"], "2306"),
        (&["domain-1.0"], &["contact-nom-ext-1.0"], "2306"),
        (URNS, &["domain-nom-ext-1.2", "domain-nom-ext-1.1"], "2306"),
        (URNS, &["std-notifications-1.0", "std-notifications-1.2"], "2306"),
    ];
    for (objects, extensions, expected) in cases {
        let frame = login("EXAMPLE-TAG", objects, extensions);
        assert_eq!(code_of_login(&server, &frame).await, *expected, "{objects:?} {extensions:?}");
    }
    let plain = login("EXAMPLE-TAG", URNS, &[]);
    for (from, to, expected) in [
        ("<version>1.0", "<version>2.0", "2100"),
        ("<lang>en", "<lang>cy", "2102"),
        (">EXAMPLE-TAG<", ">example-tag<", "2200"),
        (">EXAMPLE-TAG<", ">#ABC<", "2200"),
        (">EXAMPLE-TAG<", ">AB<", "2004"),
        (">EXAMPLE-TAG<", ">NO-SUCH-TAG<", "2200"),
        (">EXAMPLE-TAG<", ">ClientX<", "2200"),
        ("</pw>", "</pw><newPw>foo-4321</newPw>", "2001"),
        ("</pw>", "-x</pw>", "2200"),
        ("<pw>", "<pw2>x</pw2><pw>", "2001"),
    ] {
        let frame = plain.replace(from, to);
        assert_ne!(frame, plain);
        assert_eq!(code_of_login(&server, &frame).await, expected, "{to}");
    }
    assert_eq!(server.session_count().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generic_clients_echo_one_greeting_and_are_refused_by_the_other() {
    let server = server().await;
    let (mut client, greeting) = Client::connect(&server, None).await;
    assert!(
        greeting.contains("<greeting>") && greeting.contains("<svID>Nominet EPP server</svID>"),
        "{greeting}"
    );
    let echo = login_frame("EXAMPLE-TAG", PASSWORD, &greeting);
    assert_eq!(code(&client.ask(&echo).await), "1000");
    assert_eq!(code(&client.ask(&echo).await), "2002", "logged in already");
    assert!(
        client
            .ask("<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"><hello/></epp>")
            .await
            .contains("<greeting>")
    );

    let as_nominet = server_greeting("nominet_compat").await;
    let (mut client, greeting) = Client::connect(&as_nominet, None).await;
    for uri in ["nom-domain-2.2", "nom-tag-1.0", "domain-nom-ext-1.0", "domain-nom-ext-1.2"] {
        assert!(greeting.contains(&format!("/{uri}</")), "{uri}");
    }
    let refused = client.ask(&login_frame("EXAMPLE-TAG", PASSWORD, &greeting)).await;
    assert_eq!(code(&refused), "2306");
    assert!(refused.contains("<reason>V906 "), "{refused}");
    assert_eq!(code(&client.ask(&login("EXAMPLE-TAG", URNS, &["domain-nom-ext-1.2"])).await), "1000");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seventh_session_and_a_third_wrong_password_end_the_connection() {
    let server = server().await;
    let mut sessions = Vec::new();
    for _ in 0..6 {
        let (mut client, _) = Client::connect(&server, None).await;
        assert_eq!(code(&client.ask(&login("#AB", URNS, &[])).await), "1000");
        sessions.push(client);
    }
    let (mut seventh, _) = Client::connect(&server, None).await;
    assert_eq!(code(&seventh.ask(&login("#AB", URNS, &[])).await), "2502");
    assert_eq!(seventh.receive().await, None);

    let (mut client, _) = Client::connect(&server, None).await;
    let wrong = login("EXAMPLE-TAG", URNS, &[]).replace(PASSWORD, "not-it-7");
    for expected in ["2200", "2200", "2501"] {
        assert_eq!(code(&client.ask(&wrong).await), expected);
    }
    assert_eq!(client.receive().await, None);
}

/// Units without a length, in every form that clients are known to send, and with one between them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn units_without_a_header_are_taken_and_answers_always_have_one() {
    let server = server().await;
    let (mut client, _) = Client::connect(&server, None).await;
    let login = login("EXAMPLE-TAG", URNS, &["domain-nom-ext-1.2"]);
    client.send_bytes(format!("{login}\n").as_bytes()).await;
    let answer = client.receive().await.unwrap();
    assert_eq!(code(&answer), "1000");
    assert!(answer.ends_with("</epp>\n"), "the line feed is counted: {answer:?}");
    let poll = wrapped("<poll op=\"req\"/>");
    let forms = [
        poll.clone(),
        format!("{poll}\r\n"),
        format!("\u{feff}{poll}\n"),
        format!("\n   \t{poll}"),
        format!("{poll};\n"),
        poll.replace("<epp ", "<e:epp xmlns:e=\"urn:ietf:params:xml:ns:epp-1.0\" ")
            .replace("</epp>", "</e:epp>"),
        poll.replace("<command>", "<!-- </epp> --><command>"),
    ];
    for form in &forms {
        // The prefixed form declares its namespace; its children have the default one.
        client.send_bytes(form.as_bytes()).await;
        let answer = client.receive().await.unwrap();
        assert!(["1300", "1301"].contains(&code(&answer)), "{form:?}: {answer}");
        assert_eq!(code(&client.ask(&poll).await), "1300", "with a header, after {form:?}");
    }
    // Byte by byte, then two in one piece.
    for byte in poll.bytes() {
        client.send_bytes(&[byte]).await;
    }
    assert_eq!(code(&client.receive().await.unwrap()), "1300");
    client.send_bytes(format!("{poll}\n{poll}\n").as_bytes()).await;
    assert_eq!(code(&client.receive().await.unwrap()), "1300");
    assert_eq!(code(&client.receive().await.unwrap()), "1300");
    client.send_bytes(wrapped("<logout/>").as_bytes()).await;
    assert_eq!(code(&client.receive().await.unwrap()), "1500");
    assert_eq!(client.receive().await, None);
}

/// A client that counts characters announces too little.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_length_in_characters_is_understood() {
    let server = server().await;
    let mut client = Client::log_in(&server, "EXAMPLE-TAG").await;
    for letters in 1..12 {
        let text = format!("<domain:name>{}.co.uk</domain:name>", "ä".repeat(letters));
        let check = format!(
            "<check><domain:check xmlns:domain=\"urn:ietf:params:xml:ns:domain-1.0\">{text}</domain:check></check>"
        );
        for end in ["", "\n"] {
            let frame = format!("{}{end}", wrapped(&check));
            let announced = u32::try_from(frame.chars().count() + 4).unwrap();
            let bytes = [&announced.to_be_bytes(), frame.as_bytes()].concat();
            client.send_bytes(&bytes).await;
            let answer = client.receive().await.unwrap();
            assert_eq!(code(&answer), "1000", "{letters} {end:?}: {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_beyond_the_cap_or_of_nonsense_ends_the_connection() {
    let server = server().await;
    let endless = [b"<epp>".to_vec(), vec![b'x'; 70_000]].concat();
    for bytes in [&endless[..], &[0xFF, 0, 0, 9], &[0, 0, 0, 2], b"GET / HTTP/1.1\r\n\r\n"] {
        let (mut client, _) = Client::connect(&server, None).await;
        client.send_bytes(bytes).await;
        assert_eq!(client.receive().await, None);
    }
    // What is no XML is answered, and the next unit is found.
    let (mut client, _) = Client::connect(&server, None).await;
    client.send_bytes(b"<epp><x></epp>").await;
    assert_eq!(code(&client.receive().await.unwrap()), "2001");
    assert_eq!(code(&client.ask(&login("EXAMPLE-TAG", URNS, &[])).await), "1000");
}

/// The frames that the document itself prints, byte for byte, counted and bare; the one that changes the password last.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documents_own_logins_are_answered_as_it_says() {
    let Some(schemas) = Schemas::find() else { return };
    let document = std::fs::read_dir(schemas.shared().join("seeds"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_str().unwrap().starts_with("001_"))
        .expect("the document lies beside the schemas");
    let text = std::fs::read_to_string(document).unwrap();
    let frames: Vec<String> = text
        .split("<?xml")
        .skip(1)
        .map(|rest| format!("<?xml{}</epp>", rest.split("</epp>").next().unwrap()))
        .collect();
    let [standard, extended, new_password, response] = frames.as_slice() else {
        panic!("{} frames", frames.len());
    };
    let server = server().await;
    let tag = RegistrarId::parse("EXAMPLE-TAG").unwrap();
    assert!(server.registry.set_password(&tag, "foo-123".to_owned().into()).await.unwrap());
    for frame in [standard, extended, new_password] {
        for is_bare in [false, true] {
            if frame == new_password && is_bare {
                // The first of the two has changed it.
                assert!(server.registry.set_password(&tag, "foo-123".to_owned().into()).await.unwrap());
            }
            let (mut client, _) = Client::connect(&server, None).await;
            if is_bare {
                client.send_bytes(format!("{frame}\n").as_bytes()).await;
            } else {
                client.send(frame).await;
            }
            assert_eq!(shape(&client.receive().await.unwrap()), shape(response));
        }
    }
    // The new password is for the next login.
    let with = |password: &str| login("EXAMPLE-TAG", URNS, &[]).replace(PASSWORD, password);
    assert_eq!(code_of_login(&server, &with("foo-123")).await, "2200");
    assert_eq!(code_of_login(&server, &with("foo-321")).await, "1000");
}

/// An answer without its svTRID and its layout.
pub(crate) fn shape(answer: &str) -> Vec<(String, String)> {
    let document = Document::parse(answer, &Bounds::EPP).unwrap();
    let mut shape = Vec::new();
    let mut ahead = vec![document.root()];
    while let Some(element) = ahead.pop() {
        let text = if element.name() == "svTRID" { "…" } else { element.text().trim() };
        let attributes: String = element
            .attributes()
            .filter(|a| a.namespace.is_empty())
            .map(|a| format!(" {}={}", a.name, a.value))
            .collect();
        shape.push((format!("{}{attributes}", element.path()), text.to_owned()));
        ahead.extend(element.children());
    }
    shape
}
