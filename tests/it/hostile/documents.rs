//! Documents that are not what they should be: each has its result code, on a session that goes on.

use domesday::gateway::epp::Settings;

use super::{Scene, check, command, create};
use crate::client::{Client, code};

/// What is wrong, the document, and the code it gets.
type Case = (&'static str, Vec<u8>, &'static str);

#[tokio::test]
async fn each_gets_its_code_and_the_session_goes_on() {
    let mut scene = Scene::set(Settings::default()).await;
    let mut client = Client::log_in(&scene.server, "ClientX").await;
    let cases = [markup(), encodings(), characters(), bounds(), structure()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>();
    for (what, document, expected) in cases {
        let mut frame = u32::try_from(document.len() + 4).unwrap().to_be_bytes().to_vec();
        frame.extend(document);
        client.send_bytes(&frame).await;
        let answer = client.receive().await.unwrap_or_else(|| panic!("{what}: closed"));
        assert_eq!(code(&answer), expected, "{what}: {answer}");
        assert!(!answer.contains("root:"), "{what} shows a file");
        let next = client.ask(&check("next.attr", "")).await;
        assert_eq!(code(&next), "1000", "after {what}: {next}");
        scene.is_untouched(what).await;
    }
}

/// Declarations and references.
fn markup() -> Vec<Case> {
    let levels: String = (1..20)
        .map(|level| format!("<!ENTITY e{level} \"{}\">", format!("&e{};", level - 1).repeat(10)))
        .collect();
    let bomb = |text: &str| format!("<!DOCTYPE epp [<!ENTITY e0 \"ha\">{levels}]>{text}");
    let file = "<!DOCTYPE epp [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>";
    vec![
        ("an entity bomb", bomb(&create("&e19;.attr")).into(), "2001"),
        ("an external entity", format!("{file}{}", check("&x;", "")).into(), "2001"),
        ("a doctype", format!("<!DOCTYPE epp>{}", check("a.attr", "")).into(), "2001"),
        (
            "a doctype abroad",
            format!("<!DOCTYPE epp SYSTEM \"http://127.0.0.1/\">{}", create("a.attr")).into(),
            "2001",
        ),
        ("an undeclared entity", create("a&nbsp;.attr").into(), "2001"),
        ("an open tag", create("open.attr").replace("</command></epp>", "").into(), "2001"),
        ("text behind the root", format!("{}rest", create("rest.attr")).into(), "2001"),
        ("two roots", create("two.attr").repeat(2).into(), "2001"),
        ("nothing but white space", b"   \r\n ".to_vec(), "2001"),
        ("a web browser", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(), "2001"),
        (
            "a processing instruction named xml",
            create("pi.attr").replace("<command>", "<command><?xml ?>").into(),
            "2001",
        ),
    ]
}

fn encodings() -> Vec<Case> {
    let utf16 =
        |text: &str, order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let declared = |name: &str, text: &str| format!("<?xml version=\"1.0\" encoding=\"{name}\"?>{text}");
    let good = check("wide.attr", "");
    let mut odd = utf16(&format!("\u{FEFF}{good}"), u16::to_le_bytes);
    odd.push(b' ');
    let mut lone = utf16(&format!("\u{FEFF}{}", &good[..good.len() - 6]), u16::to_be_bytes);
    lone.extend([0xD8, 0x00]);
    let raw = |bytes: &[u8]| {
        let text = create("X.attr");
        let at = text.find('X').unwrap();
        [&text.as_bytes()[..at], bytes, &text.as_bytes()[at + 1..]].concat()
    };
    vec![
        ("UTF-8 with a mark", format!("\u{FEFF}{good}").into(), "1000"),
        ("UTF-8, said so", declared("utf-8", &good).into(), "1000"),
        ("UTF-16, little end first", utf16(&format!("\u{FEFF}{good}"), u16::to_le_bytes), "1000"),
        (
            "UTF-16, big end first",
            utf16(&format!("\u{FEFF}{}", declared("UTF-16", &good)), u16::to_be_bytes),
            "1000",
        ),
        ("UTF-16 without a mark", utf16(&create("markless.attr"), u16::to_le_bytes), "2001"),
        ("UTF-16 cut in a unit", odd, "2001"),
        ("UTF-16 with half a pair", lone, "2001"),
        ("UTF-8 that says UTF-16", declared("UTF-16", &create("lie.attr")).into(), "2001"),
        ("Latin-1", declared("ISO-8859-1", &create("latin.attr")).into(), "2001"),
        ("ASCII, said so", declared("US-ASCII", &create("ascii.attr")).into(), "2001"),
        ("a stray continuation byte", raw(&[0x80]), "2001"),
        ("an overlong slash", raw(&[0xC0, 0xAF]), "2001"),
        ("a surrogate in UTF-8", raw(&[0xED, 0xA0, 0x80]), "2001"),
        ("beyond Unicode", raw(&[0xF4, 0x90, 0x80, 0x80]), "2001"),
        ("no text at all", vec![0xFF; 300], "2001"),
    ]
}

fn characters() -> Vec<Case> {
    let with = |text: &str| create(&format!("a{text}.attr")).into();
    vec![
        ("NUL", with("\0"), "2001"),
        ("a bell", with("\u{7}"), "2001"),
        ("an escape sequence", with("\u{1B}[2J"), "2001"),
        ("U+FFFE", with("\u{FFFE}"), "2001"),
        ("a reference to NUL", with("&#0;"), "2001"),
        ("a reference to a bell", with("&#x7;"), "2001"),
        ("a reference to a surrogate", with("&#xD800;"), "2001"),
        ("a reference beyond Unicode", with("&#x110000;"), "2001"),
        ("a reference without end", with("&#99999999999999999999;"), "2001"),
        ("NUL only", vec![0; 300], "2001"),
    ]
}

fn bounds() -> Vec<Case> {
    let nested = |levels: usize| format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels));
    let scopes: String = (0..3000).map(|n| format!("<a xmlns:p{n}=\"urn:{n}\">")).collect();
    let declarations: String = (0..3000).map(|n| format!(" xmlns:p{n}=\"urn:{n}\"")).collect();
    let attributes: String = (0..50_000).map(|n| format!(" a{n}=\"\"")).collect();
    let names: String = (0..10_000).map(|n| format!("<domain:name>n{n}.attr</domain:name>")).collect();
    let check_of =
        |names: &str| command(&format!("<check><domain:check>{names}</domain:check></check>"), "MANY-1");
    let root =
        |content: &str| format!("<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\">{content}</epp>").into_bytes();
    vec![
        ("33 levels", root(&nested(32)), "2001"),
        ("100,000 levels", root(&nested(100_000)), "2001"),
        ("100,000 levels never closed", "<a>".repeat(100_000).into(), "2001"),
        ("3,000 nested declarations", root(&format!("{scopes}{}", "</a>".repeat(3000))), "2001"),
        ("3,000 declarations at once", root(&format!("<command{declarations}/>")), "2001"),
        ("50,000 attributes", root(&format!("<command{attributes}/>")), "2001"),
        ("50,000 empty elements", root(&"<a/>".repeat(50_001)), "2001"),
        ("10,000 names", check_of(&names).into(), "2306"),
        ("no names", check_of("").into(), "2003"),
        ("a name of 500,000 characters", check(&"a".repeat(500_000), "").into(), "2004"),
        ("a clTRID of 65 characters", command("<poll op=\"req\"/>", &"T".repeat(65)).into(), "2004"),
        (
            "a megabyte of comment",
            check("a.attr", &format!("<!--{}-->", "x".repeat(1_000_000))).into(),
            "1000",
        ),
    ]
}

fn structure() -> Vec<Case> {
    let good = create("twice.attr");
    let twice = |element: &str| good.replace(element, &element.repeat(2)).into_bytes();
    let name = "<domain:name>twice.attr</domain:name>";
    let epp = "urn:ietf:params:xml:ns:epp-1.0";
    vec![
        ("an unknown root", good.replace("epp", "eppp").replace("ns:eppp-1.0", "ns:epp-1.0").into(), "2001"),
        ("a root of another namespace", good.replace(epp, "urn:ietf:params:xml:ns:epp-2.0").into(), "2001"),
        ("a root of no namespace", good.replace(&format!("xmlns=\"{epp}\""), "").into(), "2001"),
        (
            "a command of another namespace",
            good.replace("<command>", "<command xmlns=\"urn:x\">").into(),
            "2001",
        ),
        ("a prefix that is not declared", good.replace("domain:authInfo>", "other:authInfo>").into(), "2001"),
        ("another version of the object", good.replace("domain-1.0", "domain-1.1").into(), "2307"),
        ("a repeated clTRID", twice("<clTRID>ABC-12345</clTRID>"), "2001"),
        ("a repeated name", twice(name), "2001"),
        ("a repeated attribute", command("<poll op=\"req\" op=\"req\"/>", "TWICE-1").into(), "2001"),
        (
            "an attribute repeated under two prefixes",
            command("<poll xmlns:a=\"urn:x\" xmlns:b=\"urn:x\" a:c=\"\" b:c=\"\" op=\"req\"/>", "TWICE-2")
                .into(),
            "2001",
        ),
        ("two commands in one", command("<poll op=\"req\"/><poll op=\"req\"/>", "TWICE-3").into(), "2001"),
        ("two objects", good.replace("</create>", "<domain:create/></create>").into(), "2001"),
        (
            "misplaced elements",
            good.replace(name, "").replace("</domain:create>", &format!("{name}</domain:create>")).into(),
            "2001",
        ),
        ("text between elements", good.replace("<create>", "<create>hello").into(), "2001"),
        ("text beside a command", good.replace("<command>", "hello<command>").into(), "2001"),
        ("text in a command", good.replace("<clTRID>", "hello<clTRID>").into(), "2001"),
        (
            "text in an object's element",
            good.replace("<domain:create>", "<domain:create>hello").into(),
            "2001",
        ),
        (
            "text in an extension",
            good.replace("<clTRID>", &format!("<extension>hello{RGP}</extension><clTRID>")).into(),
            "2001",
        ),
        ("an unknown verb", command("<destroy/>", "VERB-1").into(), "2000"),
        ("no verb", command("", "VERB-2").into(), "2001"),
        ("a second login", command(LOGIN, "LOGIN-2").into(), "2002"),
    ]
}

const RGP: &str = "<r:update xmlns:r=\"urn:ietf:params:xml:ns:rgp-1.0\"/>";
const LOGIN: &str = "<login><clID>ClientX</clID><pw>foo-BAR2</pw><options><version>1.0</version><lang>en</lang></options>\
                     <svcs><objURI>urn:ietf:params:xml:ns:domain-1.0</objURI></svcs></login>";
