//! Envelope, greeting and the course of a session.

use jiff::{SignedDuration, Timestamp};

use crate::gateway::epp::dialect::{Account, AckNames, EPP, Manners};
use crate::gateway::epp::frame::Framing;
use crate::gateway::epp::response::{Letterhead, Menu, ResultCode};

/// The registry's own envelope, then the IETF's.
pub(super) const LETTERHEADS: &[Letterhead] = &[
    Letterhead {
        namespace: NAMESPACE,
        schema_location: Some("lib/schemas/epp-ee-1.0.xsd"),
        failure_language: Some("en"),
        text,
        push_instant,
        closing: "</epp>",
    },
    Letterhead {
        namespace: EPP,
        schema_location: None,
        failure_language: Some("en"),
        text,
        push_instant,
        closing: "</epp>",
    },
];

/// Sessions belong to API users, ask for nothing at login, and are over after five minutes without a request; the connection
/// ends with a logout only.
pub(super) const MANNERS: Manners = Manners {
    framing: Framing::Counted,
    account: Account::ApiUser,
    before_login: ResultCode::AuthorizationError,
    objects_before_login: true,
    declares: false,
    logout_always_ends: true,
    session_idle_max: Some(SignedDuration::from_mins(5)),
    session_over: (ResultCode::AuthorizationError, "Authorization error: Session timeout"),
    newest_first: true,
    ack_names: AckNames::Acknowledged,
    tells_all: true,
    undeclared_in_poll: true,
    ..Manners::RFC
};

/// As documented: host-1.0 is named although no host command works, and changePoll is not although messages carry it.
pub(super) fn menu() -> Menu {
    Menu {
        server_id: "EPP server (EIS)".to_owned(),
        objects: vec![
            "https://epp.tld.ee/schema/domain-ee-1.1.xsd",
            "https://epp.tld.ee/schema/domain-ee-1.2.xsd",
            "https://epp.tld.ee/schema/contact-ee-1.1.xsd",
            "urn:ietf:params:xml:ns:host-1.0",
        ],
        extensions: vec!["urn:ietf:params:xml:ns:secDNS-1.1", "https://epp.tld.ee/schema/eis-1.0.xsd"],
        dcp: "<access><all/></access><statement><purpose><admin/><prov/></purpose><recipient><public/></recipient>\
              <retention><stated/></retention></statement>",
    }
}

/// The clTRID of a text that is no XML, found as the registry's proxy finds it: literally, without a prefix, on one line.
pub(super) fn client_trid(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<clTRID>")?;
    let (trid, _) = rest.split_once("</clTRID>")?;
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '&');
    ((3..=64).contains(&trid.len()) && trid.chars().all(is_plain)).then_some(trid)
}

/// The registry's texts, where they are not the RFC's.
fn text(code: ResultCode) -> &'static str {
    match code {
        ResultCode::UnknownCommand => "Unknown command.",
        ResultCode::SyntaxError => "Command syntax error.",
        ResultCode::UnimplementedVersion => "Wrong path",
        ResultCode::CommandFailed => "Internal server error.",
        _ => code.text(),
    }
}

/// UTC without a fraction: `2026-11-22T02:06:20Z`.
fn push_instant(at: Timestamp, out: &mut String) {
    out.push_str(&at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
}

/// The namespace of the registry's own envelope.
pub(super) const NAMESPACE: &str = "https://epp.tld.ee/schema/epp-ee-1.0.xsd";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_trid_is_found_in_what_is_no_xml() {
        assert_eq!(client_trid("<epp><command><clTRID>abc-1</clTRID>"), Some("abc-1"));
        for text in [
            "",
            "<clTRID>ab</clTRID>",
            "<clTRID>abc",
            "<epp:clTRID>abc</epp:clTRID>",
            "<clTRID>a\nb</clTRID>",
            "<clTRID><clTRID>abc</clTRID>",
            "<clTRID>a&b;c</clTRID>",
        ] {
            assert_eq!(client_trid(text), None, "{text}");
        }
    }

    #[test]
    fn instants_of_the_envelope_are_utc_without_a_fraction() {
        let mut out = String::new();
        push_instant("2026-11-22T02:06:20.5Z".parse().unwrap(), &mut out);
        assert_eq!(out, "2026-11-22T02:06:20Z");
    }
}
