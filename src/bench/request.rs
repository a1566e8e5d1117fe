//! The commands that the bench sends, as clients write them (RFC 5730–5733).

use std::sync::Arc;

use super::dice::Dice;
use super::population::{PASSWORD, Population};

/// What a crowd of connections asks.
#[derive(Clone, Debug)]
pub(super) enum Work {
    /// `domain:check` of so many names, half of them taken.
    Check(usize),
    /// `domain:info` of a domain with contacts, hosts and a DS record.
    Info,
    /// `domain:create` of a name that is free, with contacts and hosts drawn evenly from all: the worst case.
    Create,
    /// The same with contacts that were just made and hosts that most domains have, as registrars do it.
    UsualCreate,
    /// `domain:create` of a name that is taken.
    TakenCreate,
    /// `domain:update` of a domain's authInfo by its sponsor.
    Update,
    /// A registrar's day.
    Mixed,
    /// Everyone wants the same few names at once.
    Drop(Arc<[String]>),
}

impl Work {
    /// Writes one frame into `out`, which is empty.
    pub(super) fn write(&self, population: &Population, registrar: u64, dice: &mut Dice, out: &mut Vec<u8>) {
        match self {
            Self::Check(names) => check(population, *names, dice, out),
            Self::Info => info(&population.taken(dice), out),
            Self::Create => create(population, &population.new_name(), dice, out),
            Self::UsualCreate => {
                let contact = |dice: &mut Dice| population.latest_contact(dice);
                create_with(&population.new_name(), contact, |dice| population.usual_host(dice), dice, out);
            }
            Self::TakenCreate => create(population, &population.taken(dice), dice, out),
            Self::Update => update(&population.taken_by(registrar, dice), dice, out),
            Self::Drop(names) => {
                let name = dice.below(names.len() as u64) as usize;
                create(population, names.get(name).map_or("", String::as_str), dice, out);
            }
            Self::Mixed => match dice.below(100) {
                0..45 => check(population, 1 + dice.below(3) as usize, dice, out),
                45..70 => info(&population.taken(dice), out),
                70..80 => framed(out, "<poll op=\"req\"/>"),
                80..88 => update(&population.taken_by(registrar, dice), dice, out),
                88..95 => create(population, &population.taken(dice), dice, out),
                _ => create(population, &population.new_name(), dice, out),
            },
        }
    }

    /// Whether an answer with this result code is what this work is about.
    pub(super) fn expects(&self, code: u16) -> bool {
        match self {
            Self::TakenCreate => code == 2302,
            Self::Mixed | Self::Drop(_) => code < 2000 || code == 2302,
            _ => code == 1000,
        }
    }
}

/// A login frame.
pub(super) fn login(registrar: &str, password: &str) -> Vec<u8> {
    let mut out = Vec::new();
    framed(
        &mut out,
        &format!(
            "<login><clID>{registrar}</clID><pw>{password}</pw><options><version>1.0</version><lang>en</lang>\
             </options><svcs><objURI>{DOMAIN}</objURI><objURI>urn:ietf:params:xml:ns:contact-1.0</objURI>\
             <objURI>urn:ietf:params:xml:ns:host-1.0</objURI><svcExtension>\
             <extURI>urn:ietf:params:xml:ns:secDNS-1.1</extURI></svcExtension></svcs></login>"
        ),
    );
    out
}

/// The login frame of one of the bench's registrars.
pub(super) fn right_login(registrar: &str) -> Vec<u8> {
    login(registrar, PASSWORD)
}

/// The result code of an answer; 0 when it has none.
pub(super) fn result_code(answer: &[u8]) -> u16 {
    let head = &answer[..answer.len().min(512)];
    let Some(at) = head.windows(CODE.len()).position(|window| window == CODE) else {
        return 0;
    };
    let digits = head[at + CODE.len()..].iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |code, digit| code * 10 + u16::from(digit - b'0'))
}

fn check(population: &Population, names: usize, dice: &mut Dice, out: &mut Vec<u8>) {
    let mut xml = String::with_capacity(512);
    xml.push_str("<check><domain:check xmlns:domain=\"urn:ietf:params:xml:ns:domain-1.0\">");
    for _ in 0..names {
        let is_taken = dice.below(2) == 0;
        leaf("domain:name", &if is_taken { population.taken(dice) } else { population.free(dice) }, &mut xml);
    }
    xml.push_str("</domain:check></check>");
    framed(out, &xml);
}

fn info(name: &str, out: &mut Vec<u8>) {
    let mut xml = String::with_capacity(256);
    xml.push_str("<info><domain:info xmlns:domain=\"urn:ietf:params:xml:ns:domain-1.0\">");
    leaf("domain:name", name, &mut xml);
    xml.push_str("</domain:info></info>");
    framed(out, &xml);
}

fn create(population: &Population, name: &str, dice: &mut Dice, out: &mut Vec<u8>) {
    create_with(name, |dice| population.contact(dice), |dice| population.host(dice), dice, out);
}

fn create_with(
    name: &str,
    contact: impl Fn(&mut Dice) -> String,
    host: impl Fn(&mut Dice) -> String,
    dice: &mut Dice,
    out: &mut Vec<u8>,
) {
    let mut xml = String::with_capacity(1024);
    xml.push_str("<create><domain:create xmlns:domain=\"urn:ietf:params:xml:ns:domain-1.0\">");
    leaf("domain:name", name, &mut xml);
    xml.push_str("<domain:period unit=\"y\">1</domain:period><domain:ns>");
    let (first, mut second) = (host(dice), host(dice));
    while second == first {
        second = host(dice);
    }
    leaf("domain:hostObj", &first, &mut xml);
    leaf("domain:hostObj", &second, &mut xml);
    xml.push_str("</domain:ns>");
    leaf("domain:registrant", &contact(dice), &mut xml);
    for role in ["admin", "tech"] {
        xml.push_str("<domain:contact type=\"");
        xml.push_str(role);
        xml.push_str("\">");
        xml.push_str(&contact(dice));
        xml.push_str("</domain:contact>");
    }
    xml.push_str(
        "<domain:authInfo><domain:pw>2fooBAR-2fooBAR</domain:pw></domain:authInfo></domain:create></create>",
    );
    framed(out, &xml);
}

fn update(name: &str, dice: &mut Dice, out: &mut Vec<u8>) {
    let mut xml = String::with_capacity(512);
    xml.push_str("<update><domain:update xmlns:domain=\"urn:ietf:params:xml:ns:domain-1.0\">");
    leaf("domain:name", name, &mut xml);
    xml.push_str("<domain:chg><domain:authInfo>");
    leaf("domain:pw", &format!("2fooBAR-{:08x}", dice.any() as u32), &mut xml);
    xml.push_str("</domain:authInfo></domain:chg></domain:update></update>");
    framed(out, &xml);
}

fn leaf(tag: &str, text: &str, xml: &mut String) {
    for part in ["<", tag, ">", text, "</", tag, ">"] {
        xml.push_str(part);
    }
}

/// The envelope and the header of RFC 5734 §4.
fn framed(out: &mut Vec<u8>, command: &str) {
    let bytes = HEADER + BEFORE.len() + command.len() + AFTER.len();
    out.extend_from_slice(&u32::try_from(bytes).unwrap_or(0).to_be_bytes());
    for part in [BEFORE, command, AFTER] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// Octets of a frame's header.
pub(super) const HEADER: usize = 4;
const BEFORE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n\
    <epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"><command>";
const AFTER: &str = "<clTRID>BENCH-12345</clTRID></command></epp>";
const CODE: &[u8] = b"<result code=\"";
const DOMAIN: &str = "urn:ietf:params:xml:ns:domain-1.0";
