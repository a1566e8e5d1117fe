//! The frames that `domesday epp` sends, built from its arguments.

use clap::Args;
use jiff::civil::Date;

use super::connection::Offer;
use super::{Object, TransferOp};
use crate::admin::Problem;
use crate::gateway::xml::escape;
use crate::model::octets::to_hex;
use crate::registry::secret::system_random;

/// Register a domain.
#[derive(Debug, Args)]
pub(in crate::cli) struct NewDomain {
    pub(in crate::cli) name: String,
    /// The registrant's contact identifier
    #[arg(long, value_name = "CONTACT")]
    pub(in crate::cli) registrant: Option<String>,
    /// Another contact; may be given more than once
    #[arg(long = "contact", value_name = "admin|billing|tech=CONTACT", value_parser = role_and_contact)]
    pub(in crate::cli) contacts: Vec<(String, String)>,
    /// A name server's host name; may be given more than once
    #[arg(long = "ns", value_name = "HOST")]
    pub(in crate::cli) servers: Vec<String>,
    #[arg(long, default_value_t = 1)]
    pub(in crate::cli) years: u8,
    /// authInfo; none is set when it is not given
    #[arg(long, default_value = "")]
    pub(in crate::cli) auth_info: String,
}

/// Make a contact.
#[derive(Debug, Args)]
pub(in crate::cli) struct NewContact {
    pub(in crate::cli) id: String,
    #[arg(long)]
    pub(in crate::cli) name: String,
    #[arg(long)]
    pub(in crate::cli) email: String,
    #[arg(long)]
    pub(in crate::cli) org: Option<String>,
    /// A line of the street address; up to three
    #[arg(long)]
    pub(in crate::cli) street: Vec<String>,
    #[arg(long)]
    pub(in crate::cli) city: String,
    /// State or province
    #[arg(long)]
    pub(in crate::cli) sp: Option<String>,
    /// Postal code
    #[arg(long)]
    pub(in crate::cli) pc: Option<String>,
    /// Country, two letters
    #[arg(long)]
    pub(in crate::cli) cc: String,
    /// Telephone, such as +372.6001234
    #[arg(long)]
    pub(in crate::cli) voice: Option<String>,
    /// authInfo; none is set when it is not given
    #[arg(long, default_value = "")]
    pub(in crate::cli) auth_info: String,
}

/// Make a host.
#[derive(Debug, Args)]
pub(in crate::cli) struct NewHost {
    pub(in crate::cli) name: String,
    /// An address, for a host inside a domain of this registry; may be given more than once
    #[arg(long = "addr", value_name = "ADDRESS")]
    pub(in crate::cli) addresses: Vec<std::net::IpAddr>,
}

impl NewDomain {
    pub(in crate::cli) fn frame(&self) -> String {
        let mut body = leaf("name", &self.name) + &format!("<period unit=\"y\">{}</period>", self.years);
        if !self.servers.is_empty() {
            let servers: String = self.servers.iter().map(|server| leaf("hostObj", server)).collect();
            body.push_str(&format!("<ns>{servers}</ns>"));
        }
        body.push_str(&optional("registrant", self.registrant.as_deref()));
        for (role, contact) in &self.contacts {
            body.push_str(&leaf_with("contact", "type", role, contact));
        }
        body.push_str(&auth_info(&self.auth_info));
        object_command("create", Object::Domain, &body)
    }
}

impl NewContact {
    pub(in crate::cli) fn frame(&self) -> String {
        let streets: String = self.street.iter().map(|street| leaf("street", street)).collect();
        let address = streets
            + &leaf("city", &self.city)
            + &optional("sp", self.sp.as_deref())
            + &optional("pc", self.pc.as_deref())
            + &leaf("cc", &self.cc);
        let kind = if self.is_ascii() { "int" } else { "loc" };
        let postal = leaf("name", &self.name) + &optional("org", self.org.as_deref());
        let body = leaf("id", &self.id)
            + &format!("<postalInfo type=\"{kind}\">{postal}<addr>{address}</addr></postalInfo>")
            + &optional("voice", self.voice.as_deref())
            + &leaf("email", &self.email)
            + &auth_info(&self.auth_info);
        object_command("create", Object::Contact, &body)
    }

    /// Only then it can be the internationalised form (RFC 5733 §2.4).
    fn is_ascii(&self) -> bool {
        let optional = [&self.org, &self.sp, &self.pc];
        let texts =
            [&self.name, &self.city].into_iter().chain(&self.street).chain(optional.into_iter().flatten());
        texts.into_iter().all(|text| text.is_ascii())
    }
}

impl NewHost {
    pub(in crate::cli) fn frame(&self) -> String {
        let mut body = leaf("name", &self.name);
        for address in &self.addresses {
            let family = if address.is_ipv6() { "v6" } else { "v4" };
            body.push_str(&leaf_with("addr", "ip", family, &address.to_string()));
        }
        object_command("create", Object::Host, &body)
    }
}

pub(super) fn hello() -> String {
    format!("{DECLARATION}<epp xmlns=\"{EPP}\"><hello/></epp>")
}

pub(super) fn check(object: Object, names: &[String]) -> Result<String, Problem> {
    if names.is_empty() {
        return Err(Problem::new("name at least one: domesday epp check domain first.example"));
    }
    let body: String = names.iter().map(|name| leaf(object.key(), name)).collect();
    Ok(object_command("check", object, &body))
}

pub(super) fn info(object: Object, name: &str, presented: Option<&str>) -> String {
    let body = leaf(object.key(), name) + &presented.map(auth_info).unwrap_or_default();
    object_command("info", object, &body)
}

pub(in crate::cli) fn renew(name: &str, expires: Date, years: u8) -> String {
    let body = leaf("name", name)
        + &leaf("curExpDate", &expires.to_string())
        + &format!("<period unit=\"y\">{years}</period>");
    object_command("renew", Object::Domain, &body)
}

pub(in crate::cli) fn delete(object: Object, name: &str) -> String {
    object_command("delete", object, &leaf(object.key(), name))
}

pub(in crate::cli) fn transfer(
    object: Object,
    op: TransferOp,
    name: &str,
    presented: Option<&str>,
) -> String {
    let op = match op {
        TransferOp::Approve => "approve",
        TransferOp::Cancel => "cancel",
        TransferOp::Query => "query",
        TransferOp::Reject => "reject",
        TransferOp::Request => "request",
    };
    let body = leaf(object.key(), name) + &presented.map(auth_info).unwrap_or_default();
    let (tag, uri) = (object.tag(), object.uri());
    command(&format!("<transfer op=\"{op}\"><transfer xmlns=\"{uri}\">{body}</transfer></transfer>"), tag)
}

pub(in crate::cli) fn poll(ack: Option<&str>) -> String {
    match ack {
        None => command("<poll op=\"req\"/>", "poll"),
        Some(id) => {
            let mut poll = "<poll op=\"ack\" msgID=\"".to_owned();
            escape(id, &mut poll);
            command(&(poll + "\"/>"), "poll")
        }
    }
}

/// A login that declares what the greeting offers.
/// In the envelope of the greeting. Where clients are tags, one of two characters has a mark before it (`clIDType` wants three).
pub(super) fn login(registrar: &str, password: &str, offer: &Offer) -> String {
    let objects: String = offer.objects.iter().map(|uri| leaf("objURI", uri)).collect();
    let extensions: String = offer.extensions.iter().map(|uri| leaf("extURI", uri)).collect();
    let registrar = if registrar.len() == 2 { format!("#{registrar}") } else { registrar.to_owned() };
    let extensions =
        if extensions.is_empty() { extensions } else { format!("<svcExtension>{extensions}</svcExtension>") };
    let body = leaf("clID", &registrar)
        + &leaf("pw", password)
        + "<options><version>1.0</version><lang>en</lang></options>"
        + &format!("<svcs>{objects}{extensions}</svcs>");
    command_in(&offer.namespace, &format!("<login>{body}</login>"), "login")
}

pub(super) fn logout() -> String {
    command("<logout/>", "logout")
}

impl Object {
    fn tag(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Domain => "domain",
            Self::Host => "host",
        }
    }

    /// The element that names one.
    fn key(self) -> &'static str {
        if self == Self::Contact { "id" } else { "name" }
    }

    fn uri(self) -> String {
        format!("urn:ietf:params:xml:ns:{}-1.0", self.tag())
    }
}

pub(in crate::cli) fn object_command(verb: &str, object: Object, body: &str) -> String {
    let uri = object.uri();
    command(&format!("<{verb}><{verb} xmlns=\"{uri}\">{body}</{verb}></{verb}>"), verb)
}

fn command(body: &str, what: &str) -> String {
    command_in(EPP, body, what)
}

fn command_in(namespace: &str, body: &str, what: &str) -> String {
    let mut random = [0; 8];
    system_random(&mut random);
    let trid = format!("{what}-{}", to_hex(&random));
    format!("{DECLARATION}<epp xmlns=\"{namespace}\"><command>{body}<clTRID>{trid}</clTRID></command></epp>")
}

fn auth_info(value: &str) -> String {
    format!("<authInfo>{}</authInfo>", leaf("pw", value))
}

pub(in crate::cli) fn leaf(tag: &str, text: &str) -> String {
    let mut out = format!("<{tag}>");
    escape(text, &mut out);
    out + &format!("</{tag}>")
}

fn leaf_with(tag: &str, attribute: &str, value: &str, text: &str) -> String {
    let mut out = format!("<{tag} {attribute}=\"");
    escape(value, &mut out);
    out.push_str("\">");
    escape(text, &mut out);
    out + &format!("</{tag}>")
}

fn optional(tag: &str, text: Option<&str>) -> String {
    text.map(|text| leaf(tag, text)).unwrap_or_default()
}

fn role_and_contact(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((role @ ("admin" | "billing" | "tech"), contact)) => Ok((role.to_owned(), contact.to_owned())),
        _ => Err("say which role, as in admin=alice".to_owned()),
    }
}

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const EPP: &str = "urn:ietf:params:xml:ns:epp-1.0";
