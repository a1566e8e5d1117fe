//! Writing answers: result codes, the greeting, the response envelope, and the small pieces that mappings write with.
//!
//! Answers are written by appending to one string; nothing is built as a tree first.

use std::net::IpAddr;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::gateway::xml::escape;
use crate::model::object::{ContactNumber, DomainNumber, HostNumber};
use crate::model::status::{Status, StatusSet};

macro_rules! result_codes {
    ($($name:ident = $number:literal: $text:literal,)*) => {
        /// The result codes of RFC 5730 §3, and the one that a dialect's own schema adds to them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "each is named after its text in the RFC")]
        pub enum ResultCode {
            $($name = $number,)*
        }

        impl ResultCode {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The RFC's text.
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

result_codes! {
    Ok = 1000: "Command completed successfully",
    OkPending = 1001: "Command completed successfully; action pending",
    OkAddressDiscarded = 1100: "Command completed successfully; Postal address data discarded",
    OkNoMessages = 1300: "Command completed successfully; no messages",
    OkAckToDequeue = 1301: "Command completed successfully; ack to dequeue",
    OkEndingSession = 1500: "Command completed successfully; ending session",
    UnknownCommand = 2000: "Unknown command",
    SyntaxError = 2001: "Command syntax error",
    UseError = 2002: "Command use error",
    ParameterMissing = 2003: "Required parameter missing",
    ValueRange = 2004: "Parameter value range error",
    ValueSyntax = 2005: "Parameter value syntax error",
    UnimplementedVersion = 2100: "Unimplemented protocol version",
    UnimplementedCommand = 2101: "Unimplemented command",
    UnimplementedOption = 2102: "Unimplemented option",
    UnimplementedExtension = 2103: "Unimplemented extension",
    BillingFailure = 2104: "Billing failure",
    NotEligibleForRenewal = 2105: "Object is not eligible for renewal",
    NotEligibleForTransfer = 2106: "Object is not eligible for transfer",
    AuthenticationError = 2200: "Authentication error",
    AuthorizationError = 2201: "Authorization error",
    InvalidAuthInfo = 2202: "Invalid authorization information",
    PendingTransfer = 2300: "Object pending transfer",
    NotPendingTransfer = 2301: "Object not pending transfer",
    ObjectExists = 2302: "Object exists",
    ObjectDoesNotExist = 2303: "Object does not exist",
    StatusProhibits = 2304: "Object status prohibits operation",
    AssociationProhibits = 2305: "Object association prohibits operation",
    PolicyError = 2306: "Parameter value policy error",
    UnimplementedObject = 2307: "Unimplemented object service",
    DataPolicyViolation = 2308: "Data management policy violation",
    CommandFailed = 2400: "Command failed",
    CommandFailedEnding = 2500: "Command failed; server closing connection",
    AuthenticationErrorEnding = 2501: "Authentication error; server closing connection",
    SessionLimitEnding = 2502: "Session limit exceeded; server closing connection",
}

impl ResultCode {
    /// The number.
    pub fn number(self) -> u16 {
        self as u16
    }

    /// Whether it reports success.
    pub fn is_success(self) -> bool {
        self.number() < 2000
    }
}

/// A piece of an answer in a namespace of its own, which the session may or may not have declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The namespace.
    pub uri: &'static str,
    /// One element.
    pub xml: String,
}

/// What stands in `msgQ` (RFC 5730 §2.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueState {
    /// Messages that wait.
    pub count: u64,
    /// The id of the head, or of the message that was just taken.
    pub id: String,
    /// When the head was queued, and its text; only in an answer to `poll op="req"`.
    pub head: Option<(Timestamp, String)>,
}

/// What every answer of a dialect has in common: the envelope's namespace and the spelling of what stands in it.
#[derive(Clone, Copy, Debug)]
pub struct Letterhead {
    /// The namespace of the envelope.
    pub namespace: &'static str,
    /// `xsi:schemaLocation` of the envelope.
    pub schema_location: Option<&'static str>,
    /// `lang` of the texts of failures.
    pub failure_language: Option<&'static str>,
    /// The text of a result that has none of its own.
    pub text: fn(ResultCode) -> &'static str,
    /// Writes an instant of the envelope: `svDate`, `qDate`.
    pub push_instant: fn(Timestamp, &mut String),
    /// The end tag, and what follows it.
    pub closing: &'static str,
}

impl Letterhead {
    /// As the RFCs have it, in this namespace.
    pub const fn rfc(namespace: &'static str) -> Self {
        Self {
            namespace,
            schema_location: None,
            failure_language: None,
            text: ResultCode::text,
            push_instant: push_date_time,
            closing: "</epp>",
        }
    }

    fn open_epp(&self, out: &mut String) {
        out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<epp xmlns=\"");
        out.push_str(self.namespace);
        if let Some(location) = self.schema_location {
            out.push_str("\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"");
            out.push_str(location);
        }
        out.push_str("\">");
    }
}

/// One `result` of an answer (RFC 5730 §2.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The code.
    pub code: ResultCode,
    /// A text other than the code's usual one.
    pub text: Option<String>,
    /// `value`: elements, each complete.
    pub values: Vec<String>,
    /// `extValue`: the offending element, when there is one, and what is wrong with it.
    pub ext_values: Vec<(String, String)>,
}

impl Verdict {
    /// A code with its usual text and nothing more.
    pub fn plain(code: ResultCode) -> Self {
        Self { code, text: None, values: Vec::new(), ext_values: Vec::new() }
    }

    /// A code with a text of its own.
    pub fn saying(code: ResultCode, text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::plain(code) }
    }

    fn write(&self, head: &Letterhead, out: &mut String) {
        out.push_str("<result code=\"");
        push_number(self.code.number().into(), out);
        out.push_str("\"><msg");
        if let Some(language) = head.failure_language.filter(|_| !self.code.is_success()) {
            out.push_str(" lang=\"");
            out.push_str(language);
            out.push('"');
        }
        out.push('>');
        escape(self.text.as_deref().unwrap_or_else(|| (head.text)(self.code)), out);
        out.push_str("</msg>");
        for value in &self.values {
            out.push_str("<value>");
            out.push_str(value);
            out.push_str("</value>");
        }
        for (value, reason) in &self.ext_values {
            out.push_str("<extValue><value>");
            out.push_str(value);
            out.push_str("</value>");
            leaf("reason", reason, out);
            out.push_str("</extValue>");
        }
        out.push_str("</result>");
    }
}

/// An answer to a command, before it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The result.
    pub result: Verdict,
    /// Further results of a command that failed for several reasons, where the dialect tells them all.
    pub more: Vec<Verdict>,
    /// `msgQ`.
    pub queue: Option<QueueState>,
    /// `resData`.
    pub data: Option<Part>,
    /// `extension`.
    pub extension: Vec<Part>,
    /// The whole answer, when it is written already.
    pub written: Option<String>,
}

impl Answer {
    /// An answer that has only a code.
    pub fn plain(code: ResultCode) -> Self {
        Verdict::plain(code).into()
    }

    /// The code of its first result.
    pub fn code(&self) -> ResultCode {
        self.result.code
    }

    /// Writes it. Elements stand in the order of the schema: result, msgQ, resData, extension, trID.
    pub fn write(&self, head: &Letterhead, client_trid: Option<&str>, server_trid: &str) -> String {
        if let Some(written) = &self.written {
            return written.clone();
        }
        let mut out = String::with_capacity(1024);
        head.open_epp(&mut out);
        out.push_str("<response>");
        self.result.write(head, &mut out);
        self.more.iter().for_each(|result| result.write(head, &mut out));
        if let Some(queue) = &self.queue {
            queue.write(head, &mut out);
        }
        if let Some(data) = &self.data {
            out.push_str("<resData>");
            out.push_str(&data.xml);
            out.push_str("</resData>");
        }
        if !self.extension.is_empty() {
            out.push_str("<extension>");
            self.extension.iter().for_each(|part| out.push_str(&part.xml));
            out.push_str("</extension>");
        }
        out.push_str("<trID>");
        if let Some(client_trid) = client_trid {
            leaf("clTRID", client_trid, &mut out);
        }
        leaf("svTRID", server_trid, &mut out);
        out.push_str("</trID></response>");
        out.push_str(head.closing);
        out
    }
}

impl From<Verdict> for Answer {
    fn from(result: Verdict) -> Self {
        Self { result, more: Vec::new(), queue: None, data: None, extension: Vec::new(), written: None }
    }
}

impl QueueState {
    fn write(&self, head: &Letterhead, out: &mut String) {
        out.push_str("<msgQ count=\"");
        push_number(self.count, out);
        out.push_str("\" id=\"");
        escape(&self.id, out);
        match &self.head {
            None => out.push_str("\"/>"),
            Some((queued_at, text)) => {
                out.push_str("\"><qDate>");
                (head.push_instant)(*queued_at, out);
                out.push_str("</qDate>");
                leaf("msg", text, out);
                out.push_str("</msgQ>");
            }
        }
    }
}

/// What a greeting offers (RFC 5730 §2.4).
#[derive(Clone, Debug)]
pub struct Menu {
    /// `svID`.
    pub server_id: String,
    /// `objURI`.
    pub objects: Vec<&'static str>,
    /// `extURI`.
    pub extensions: Vec<&'static str>,
    /// What stands in `dcp`.
    pub dcp: &'static str,
}

/// The greeting (RFC 5730 §2.4).
pub fn greeting(head: &Letterhead, menu: &Menu, now: Timestamp) -> String {
    let mut out = String::with_capacity(1536);
    head.open_epp(&mut out);
    out.push_str("<greeting>");
    leaf("svID", &menu.server_id, &mut out);
    out.push_str("<svDate>");
    (head.push_instant)(now, &mut out);
    out.push_str("</svDate><svcMenu><version>1.0</version><lang>en</lang>");
    menu.objects.iter().for_each(|uri| leaf("objURI", uri, &mut out));
    if !menu.extensions.is_empty() {
        out.push_str("<svcExtension>");
        menu.extensions.iter().for_each(|uri| leaf("extURI", uri, &mut out));
        out.push_str("</svcExtension>");
    }
    out.push_str("</svcMenu><dcp>");
    out.push_str(menu.dcp);
    out.push_str("</dcp></greeting>");
    out.push_str(head.closing);
    out
}

//--- What mappings write with

/// An element with text.
pub fn leaf(tag: &str, text: &str, out: &mut String) {
    open(tag, out);
    escape(text, out);
    close(tag, out);
}

/// An element with an instant.
pub fn date_leaf(tag: &str, at: Timestamp, out: &mut String) {
    open(tag, out);
    push_date_time(at, out);
    close(tag, out);
}

/// `<tag>`.
pub fn open(tag: &str, out: &mut String) {
    out.push('<');
    out.push_str(tag);
    out.push('>');
}

/// `</tag>`.
pub fn close(tag: &str, out: &mut String) {
    out.push_str("</");
    out.push_str(tag);
    out.push('>');
}

/// An instant as clients read it: `2026-11-22T02:16:35.0Z` (facts/clients.md §1, rule 3).
pub fn push_date_time(at: Timestamp, out: &mut String) {
    let at = at.to_zoned(TimeZone::UTC);
    let two = |value: i8, out: &mut String| {
        let value = value.unsigned_abs();
        out.push(char::from(b'0' + value / 10));
        out.push(char::from(b'0' + value % 10));
    };
    let year = at.year().unsigned_abs();
    two(i8::try_from(year / 100).unwrap_or(99), out);
    two(i8::try_from(year % 100).unwrap_or(99), out);
    for (before, value) in
        [('-', at.month()), ('-', at.day()), ('T', at.hour()), (':', at.minute()), (':', at.second())]
    {
        out.push(before);
        two(value, out);
    }
    out.push_str(".0Z");
}

/// A number.
pub fn push_number(value: u64, out: &mut String) {
    use std::fmt::Write as _;
    // Writing into a string does not fail.
    let _ = write!(out, "{value}");
}

/// A ROID (RFC 5730 §2.8): a letter for the kind, the number, the repository's suffix.
pub fn push_roid(kind: char, number: i64, suffix: &str, out: &mut String) {
    use std::fmt::Write as _;
    let _ = write!(out, "{kind}{number}-{suffix}");
}

/// The ROID of a contact.
pub fn contact_roid(number: ContactNumber, suffix: &str, out: &mut String) {
    push_roid('C', number.0, suffix, out);
}

/// The ROID of a domain.
pub fn domain_roid(number: DomainNumber, suffix: &str, out: &mut String) {
    push_roid('D', number.0, suffix, out);
}

/// The ROID of a host.
pub fn host_roid(number: HostNumber, suffix: &str, out: &mut String) {
    push_roid('H', number.0, suffix, out);
}

/// The contact that a ROID of ours names.
pub fn contact_of_roid(roid: &str, suffix: &str) -> Option<ContactNumber> {
    let number = roid.strip_prefix('C')?.strip_suffix(suffix)?.strip_suffix('-')?;
    number.parse().ok().map(ContactNumber)
}

/// Statuses, each with its text when it has one.
pub fn push_statuses<S: Status>(tag: &str, statuses: &StatusSet<S>, out: &mut String) {
    for (status, rationale) in statuses.iter() {
        out.push('<');
        out.push_str(tag);
        out.push_str(" s=\"");
        out.push_str(status.as_str());
        let Some(rationale) = rationale else {
            out.push_str("\"/>");
            continue;
        };
        if let Some(lang) = rationale.lang() {
            out.push_str("\" lang=\"");
            escape(lang, out);
        }
        out.push_str("\">");
        escape(rationale.text(), out);
        close(tag, out);
    }
}

/// An IP address with its family.
pub fn push_address(tag: &str, address: IpAddr, out: &mut String) {
    out.push('<');
    out.push_str(tag);
    out.push_str(if address.is_ipv6() { " ip=\"v6\">" } else { " ip=\"v4\">" });
    out.push_str(&address.to_string());
    close(tag, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_with_a_fraction_and_z() {
        let mut out = String::new();
        push_date_time("2026-02-03T04:05:06Z".parse().unwrap(), &mut out);
        assert_eq!(out, "2026-02-03T04:05:06.0Z");
    }

    #[test]
    fn a_roid_is_read_back_only_with_our_suffix() {
        let mut out = String::new();
        contact_roid(ContactNumber(12), "DD", &mut out);
        assert_eq!(out, "C12-DD");
        assert_eq!(contact_of_roid(&out, "DD"), Some(ContactNumber(12)));
        assert_eq!(contact_of_roid("C12-XX", "DD"), None);
        assert_eq!(contact_of_roid("D12-DD", "DD"), None);
        assert_eq!(contact_of_roid("C-DD", "DD"), None);
    }
}
