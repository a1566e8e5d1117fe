//! A login's answers, in JSON or XML.

use jiff::Timestamp;
use serde_json::json;

use crate::gateway::rest::media::Format;
use crate::gateway::xml::escape;
use crate::model::octets::to_hex;
use crate::registry::token::{Issued, Token};

/// `RequestResult`: the body of every error, and a part of a challenge.
pub(super) struct RequestResult<'r> {
    pub(super) message: &'r str,
    pub(super) code: u16,
    pub(super) states: Vec<String>,
}

pub(super) fn write_result(format: Format, result: &RequestResult<'_>) -> String {
    let RequestResult { message, code, states } = result;
    match format {
        Format::Json => json!({ "Message": message, "Code": code, "ModelStateErr": states }).to_string(),
        Format::Xml => response(|xml| result_elements(xml, result)),
    }
}

pub(super) fn write_challenge(format: Format, user_login: &str, issued: &Issued) -> String {
    let (a, b) = (hex(&issued.random_a), hex(&issued.random_b));
    let result = RequestResult { message: "", code: 0, states: Vec::new() };
    match format {
        Format::Json => json!({
            "Result": { "Message": result.message, "Code": result.code, "ModelStateErr": result.states },
            "UserLogin": user_login,
            "RndA": a,
            "RndB": b,
            "ExpireInSec": issued.expires_in_secs,
        })
        .to_string(),
        Format::Xml => response(|xml| {
            xml.push_str("<Result>");
            result_elements(xml, &result);
            xml.push_str("</Result>");
            element(xml, "UserLogin", user_login);
            element(xml, "RndA", &a);
            element(xml, "RndB", &b);
            element(xml, "ExpireInSec", &issued.expires_in_secs.to_string());
        }),
    }
}

pub(super) fn write_token(format: Format, token: &Token) -> String {
    let Token { text, expires_in_secs, expires_at } = token;
    match format {
        Format::Json => json!({
            "Token": text.expose(),
            "ExpireInSec": expires_in_secs,
            "ExpireDate": utc(*expires_at),
        })
        .to_string(),
        Format::Xml => response(|xml| {
            element(xml, "Token", text.expose());
            element(xml, "ExpireInSec", &expires_in_secs.to_string());
            element(xml, "ExpireDate", &utc(*expires_at));
        }),
    }
}

fn response(content: impl FnOnce(&mut String)) -> String {
    let mut xml = XML_BEGIN.to_owned();
    content(&mut xml);
    xml.push_str("</Response>");
    xml
}

fn result_elements(xml: &mut String, result: &RequestResult<'_>) {
    element(xml, "Message", result.message);
    element(xml, "Code", &result.code.to_string());
    xml.push_str("<ModelStateErr>");
    for state in &result.states {
        element(xml, "string", state);
    }
    xml.push_str("</ModelStateErr>");
}

fn element(xml: &mut String, name: &str, text: &str) {
    xml.push('<');
    xml.push_str(name);
    xml.push('>');
    escape(text, xml);
    xml.push_str("</");
    xml.push_str(name);
    xml.push('>');
}

fn hex(octets: &[u8; 16]) -> String {
    to_hex(octets).to_ascii_lowercase()
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

const XML_BEGIN: &str = "<Response xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
                         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">";
