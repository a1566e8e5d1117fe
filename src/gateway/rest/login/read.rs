//! A login's request body, in JSON or XML: the fields of `LoginAdvAuthReq`.

use serde::Deserialize;
use serde_json::Value;

use crate::gateway::rest::json;
use crate::gateway::rest::media::Format;
use crate::gateway::xml::{Bounds, Doctype, Document, decode_text};
use crate::model::api_user::ApiLogin;
use crate::model::octets::from_hex;

/// What a login says. The `Result` that it may carry is the challenge's, sent back, and says nothing to us.
pub(super) struct LoginRequest {
    /// `UserLogin`
    pub(super) user_login: String,
    /// `RndA` and `RndB`, when both are there.
    pub(super) response: Option<[u8; 32]>,
}

/// What could not be read: one sentence for each field (`ModelStateErr`).
pub(super) struct Unread(pub(super) Vec<String>);

impl LoginRequest {
    pub(super) fn read(format: Format, body: &[u8]) -> Result<Self, Unread> {
        let fields = match format {
            Format::Json => json::read(body).map_err(|why| Unread(vec![why]))?,
            Format::Xml => read_xml(body).map_err(|why| Unread(vec![why]))?,
        };
        Self::judge(fields)
    }

    fn judge(fields: Fields) -> Result<Self, Unread> {
        let mut states = Vec::new();
        let login = fields.user_login.filter(|login| !login.is_empty());
        match login.as_deref().map(ApiLogin::parse) {
            None => states.push("UserLogin: is required".to_owned()),
            Some(Err(error)) => states.push(format!("UserLogin: {error}")),
            Some(Ok(_)) => {}
        }
        let mut half = |name: &str, text: Option<String>| {
            let text = text.filter(|text| !text.is_empty())?;
            let octets = from_hex(&text).and_then(|octets| <[u8; 16]>::try_from(octets).ok());
            if octets.is_none() {
                states.push(format!("{name}: must be 32 hexadecimal digits"));
            }
            octets
        };
        let halves = [half("RndA", fields.rnd_a), half("RndB", fields.rnd_b)];
        match (login, states.is_empty()) {
            (Some(user_login), true) => Ok(Self { user_login, response: joined(halves) }),
            _ => Err(Unread(states)),
        }
    }
}

fn joined([a, b]: [Option<[u8; 16]>; 2]) -> Option<[u8; 32]> {
    let mut whole = [0; 32];
    whole[..16].copy_from_slice(&a?);
    whole[16..].copy_from_slice(&b?);
    Some(whole)
}

/// The fields as they came. Unknown ones are passed over, as every other server of this API does.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Fields {
    #[serde(default)]
    user_login: Option<String>,
    #[serde(default)]
    rnd_a: Option<String>,
    #[serde(default)]
    rnd_b: Option<String>,
    #[serde(default, rename = "Result")]
    _result: Option<RequestResult>,
}

/// Read only so that one of another shape is refused.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RequestResult {
    #[serde(default, rename = "Message")]
    _message: Option<String>,
    #[serde(default, rename = "Code")]
    _code: Option<i64>,
    #[serde(default, rename = "ModelStateErr")]
    _model_state_err: Option<Vec<Value>>,
}

fn read_xml(body: &[u8]) -> Result<Fields, String> {
    let text = decode_text(body).map_err(|error| error.to_string())?;
    let document = Document::parse(&text, &BOUNDS).map_err(|error| error.to_string())?;
    let root = document.root();
    if !root.is("", "Request") {
        return Err("the root element must be Request".to_owned());
    }
    let mut fields = Fields { user_login: None, rnd_a: None, rnd_b: None, _result: None };
    let mut result_seen = false;
    for child in root.children() {
        let name = child.name();
        let field = match name {
            "UserLogin" => &mut fields.user_login,
            "RndA" => &mut fields.rnd_a,
            "RndB" => &mut fields.rnd_b,
            "Result" if std::mem::replace(&mut result_seen, true) => {
                return Err("Result: is there twice".to_owned());
            }
            _ => continue,
        };
        if child.children().next().is_some() {
            return Err(format!("{name}: must be text"));
        }
        if field.replace(child.text().to_owned()).is_some() {
            return Err(format!("{name}: is there twice"));
        }
    }
    Ok(fields)
}

/// The deepest path is Request/Result/ModelStateErr/string.
const BOUNDS: Bounds =
    Bounds { depth: 8, attributes: 16, bindings: 16, nodes: 256, doctype: Doctype::Refused };
