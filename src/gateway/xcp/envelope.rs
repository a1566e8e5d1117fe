//! The OPS envelope (facts/xcp.md §2): a request read leniently, a reply written strictly.

use super::error::Fault;
use crate::gateway::xml::{Bounds, Doctype, Document, Element, decode_text, escape};

/// A value: text, a map, or a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `dt_array`.
    Array(Vec<Self>),
    /// `dt_assoc`, in the order of the document.
    Assoc(Assoc),
    /// Text; `dt_scalar` means the same.
    Text(String),
}

/// A map, in the order of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assoc(Vec<(String, Value)>);

/// A request.
#[derive(Debug)]
pub struct Request {
    /// What is to be done, in lower case.
    pub action: String,
    /// To what, in lower case.
    pub object: String,
    /// The action and object as they were written.
    pub spelling: (String, String),
    /// The attributes.
    pub attributes: Assoc,
    /// The registrant's cookie.
    pub cookie: Option<String>,
    /// A domain beside the attributes, where some commands have it.
    pub domain: Option<String>,
    /// A key that stands twice in one map, if any.
    pub duplicate: Option<String>,
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Whether it was done.
    pub is_success: bool,
    /// `response_code`.
    pub code: u16,
    /// `response_text`.
    pub text: String,
    /// Items of a command beside the attributes.
    pub beside: Vec<(&'static str, String)>,
    /// The attributes, when the command has any.
    pub attributes: Option<Assoc>,
}

impl Request {
    /// Reads a body.
    ///
    /// # Errors
    /// [`Fault::Xml`] for what is no envelope, [`Fault::Protocol`] for one of another protocol.
    pub(super) fn decode(body: &[u8]) -> Result<Self, Fault> {
        let text = decode_text(body).map_err(|_| Fault::Xml)?;
        let document = Document::parse_until(&text, &BOUNDS, "data_block").map_err(|_| Fault::Xml)?;
        let root = document.root();
        if root.name() != "OPS_envelope" {
            return Err(Fault::Xml);
        }
        let data = child(root, "body").and_then(|body| child(body, "data_block")).ok_or(Fault::Xml)?;
        let mut reader = Reader { items: 0, duplicate: None };
        let block = data.children().next().ok_or(Fault::Xml)?;
        let Value::Assoc(mut items) = reader.container(block, 0)? else { return Err(Fault::Xml) };
        let mut take = |key: &str| items.take(key).map(|value| value.text().trim().to_owned());
        let protocol = take("protocol").unwrap_or_default();
        let (action, object) = (take("action").unwrap_or_default(), take("object").unwrap_or_default());
        let present = |text: Option<String>| text.filter(|text| !text.is_empty());
        let (cookie, domain) = (present(take("cookie")), present(take("domain")));
        if !protocol.eq_ignore_ascii_case("XCP") {
            return Err(Fault::Protocol);
        }
        let attributes = match items.take("attributes") {
            Some(Value::Assoc(attributes)) => attributes,
            // Some clients send an empty map as an empty list, or as nothing at all.
            Some(Value::Array(_) | Value::Text(_)) | None => Assoc::default(),
        };
        Ok(Self {
            action: action.to_ascii_lowercase(),
            object: object.to_ascii_lowercase(),
            spelling: (action, object),
            attributes,
            cookie,
            domain,
            duplicate: reader.duplicate,
        })
    }
}

fn child<'d>(of: Element<'d>, name: &str) -> Option<Element<'d>> {
    of.children().find(|child| child.name() == name)
}

struct Reader {
    items: usize,
    duplicate: Option<String>,
}

impl Reader {
    /// What stands in a `dt_…` element.
    fn container(&mut self, element: Element<'_>, depth: usize) -> Result<Value, Fault> {
        if depth > DEPTH_MAX {
            return Err(Fault::Xml);
        }
        match element.name() {
            "dt_assoc" => {
                let mut assoc = Assoc::default();
                for item in element.children() {
                    let (key, value) = self.item(item, depth)?;
                    if assoc.put(key.clone(), value) {
                        self.duplicate.get_or_insert(key);
                    }
                }
                Ok(Value::Assoc(assoc))
            }
            "dt_array" => {
                let mut items = Vec::new();
                for item in element.children() {
                    items.push(self.item(item, depth)?);
                }
                Ok(Value::Array(by_index(items)?))
            }
            "dt_scalar" | "dt_scalarref" => scalar(element),
            _ => Err(Fault::Xml),
        }
    }

    fn item(&mut self, item: Element<'_>, depth: usize) -> Result<(String, Value), Fault> {
        self.items += 1;
        if item.name() != "item" || self.items > ITEMS_MAX {
            return Err(Fault::Xml);
        }
        let key = item.attribute("key").ok_or(Fault::Xml)?.trim().to_owned();
        let value = match item.children().next() {
            Some(inside) => self.container(inside, depth + 1)?,
            None => scalar(item)?,
        };
        Ok((key, value))
    }
}

/// Lists come in any order; the index counts, not the place.
fn by_index(items: Vec<(String, Value)>) -> Result<Vec<Value>, Fault> {
    let mut indexed = Vec::with_capacity(items.len());
    for (key, value) in items {
        indexed.push((key.parse::<u32>().map_err(|_| Fault::Xml)?, value));
    }
    indexed.sort_by_key(|(index, _)| *index);
    Ok(indexed.into_iter().map(|(_, value)| value).collect())
}

fn scalar(element: Element<'_>) -> Result<Value, Fault> {
    let text = element.text();
    if text.len() > TEXT_BYTES_MAX { Err(Fault::Xml) } else { Ok(Value::Text(text.to_owned())) }
}

impl Value {
    /// The text; empty for a map and a list.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Array(_) | Self::Assoc(_) => "",
        }
    }

    fn write_to(&self, out: &mut String) {
        match self {
            Self::Text(text) => escape(text, out),
            Self::Assoc(assoc) => {
                out.push_str("\n<dt_assoc>\n");
                for (key, value) in &assoc.0 {
                    write_item(key, value, out);
                }
                out.push_str("</dt_assoc>\n");
            }
            Self::Array(values) => {
                out.push_str("\n<dt_array>\n");
                for (index, value) in values.iter().enumerate() {
                    write_item(&index.to_string(), value, out);
                }
                out.push_str("</dt_array>\n");
            }
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::from(if flag { "1" } else { "0" })
    }
}

impl From<Assoc> for Value {
    fn from(assoc: Assoc) -> Self {
        Self::Assoc(assoc)
    }
}

impl<V: Into<Self>> From<Vec<V>> for Value {
    fn from(values: Vec<V>) -> Self {
        Self::Array(values.into_iter().map(Into::into).collect())
    }
}

impl Assoc {
    /// A map of these.
    pub fn of<const N: usize>(items: [(&str, Value); N]) -> Self {
        Self(items.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// The same with one more.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.put(key.to_owned(), value.into());
        self
    }

    /// Sets a key, whose last value counts; whether it was there.
    pub fn put(&mut self, key: String, value: Value) -> bool {
        match self.0.iter_mut().find(|(there, _)| *there == key) {
            Some((_, there)) => {
                *there = value;
                true
            }
            None => {
                self.0.push((key, value));
                false
            }
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(there, _)| there == key).map(|(_, value)| value)
    }

    /// Keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        let place = self.0.iter().position(|(there, _)| there == key)?;
        Some(self.0.remove(place).1)
    }
}

impl Reply {
    /// Something was done.
    pub fn done(code: u16, text: impl Into<String>) -> Self {
        Self { is_success: true, code, text: text.into(), beside: Vec::new(), attributes: None }
    }

    /// Something was not done.
    pub fn refused(code: u16, text: impl Into<String>) -> Self {
        Self { is_success: false, ..Self::done(code, text) }
    }

    /// The same with attributes.
    #[must_use]
    pub fn with(mut self, attributes: Assoc) -> Self {
        self.attributes = Some(attributes);
        self
    }

    /// Writes the envelope. The reply speaks in the letter case of the request: `REPLY` and `DOMAIN` to clients that
    /// write so, as the live servers do; `reply` and `domain` to the documented example, as documented.
    pub(super) fn encode(&self, request: Option<&Request>) -> String {
        let (action, object) = match request {
            Some(Request { spelling: (action, object), .. }) => {
                let action = if action.chars().any(char::is_uppercase) { "REPLY" } else { "reply" };
                (action, Some(object.as_str()))
            }
            None => ("REPLY", None),
        };
        let mut out = String::with_capacity(1024);
        out.push_str(PROLOGUE);
        let mut item = |key: &str, value: &Value| write_item(key, value, &mut out);
        item("protocol", &"XCP".into());
        item("action", &action.into());
        if let Some(object) = object {
            item("object", &object.into());
        }
        item("response_text", &self.text.as_str().into());
        item("is_success", &self.is_success.into());
        item("response_code", &self.code.to_string().into());
        for (key, value) in &self.beside {
            item(key, &value.as_str().into());
        }
        if let Some(attributes) = &self.attributes {
            item("attributes", &attributes.clone().into());
        }
        out.push_str(EPILOGUE);
        out
    }
}

fn write_item(key: &str, value: &Value, out: &mut String) {
    out.push_str("<item key=\"");
    escape(key, out);
    out.push_str("\">");
    value.write_to(out);
    out.push_str("</item>\n");
}

const PROLOGUE: &str = "<?xml version='1.0' encoding=\"UTF-8\" standalone=\"no\" ?>\n\
    <!DOCTYPE OPS_envelope SYSTEM \"ops.dtd\">\n\
    <OPS_envelope>\n<header>\n<version>0.9</version>\n</header>\n<body>\n<data_block>\n<dt_assoc>\n";
const EPILOGUE: &str = "</dt_assoc>\n</data_block>\n</body>\n</OPS_envelope>\n";

/// Two elements a level, and the envelope's own four.
const BOUNDS: Bounds = Bounds {
    depth: 2 * DEPTH_MAX + 8,
    attributes: 8,
    bindings: 16,
    nodes: 3 * ITEMS_MAX,
    doctype: Doctype::Skipped,
};
const DEPTH_MAX: usize = 16;
const ITEMS_MAX: usize = 20_000;
const TEXT_BYTES_MAX: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(items: &str) -> Result<Request, Fault> {
        let body = format!(
            "<OPS_envelope><header><version>0.9</version></header><body><data_block><dt_assoc>\
             <item key=\"protocol\">xcp</item>{items}</dt_assoc></data_block></body></OPS_envelope>"
        );
        Request::decode(body.as_bytes())
    }

    fn nested(depth: usize) -> String {
        let open = "<dt_assoc><item key=\"a\">".repeat(depth);
        let close = "</item></dt_assoc>".repeat(depth);
        format!("<item key=\"attributes\"><dt_assoc><item key=\"a\">{open}{close}</item></dt_assoc></item>")
    }

    #[test]
    fn lists_are_sorted_by_index_and_the_last_of_two_keys_counts() {
        let request = decode(
            "<item key=\"attributes\"><dt_assoc><item key=\"l\"><dt_array><item key=\"10\">c</item>\
             <item key=\"2\">b</item><item key=\"0\">a</item></dt_array></item><item key=\"x\">1</item>\
             <item key=\"x\"><dt_scalar>2</dt_scalar></item></dt_assoc></item>",
        )
        .unwrap();
        assert_eq!(request.attributes.get("l"), Some(&Value::from(vec!["a", "b", "c"])));
        assert_eq!(request.attributes.get("x").unwrap().text(), "2");
        assert_eq!(request.duplicate.as_deref(), Some("x"));
    }

    #[test]
    fn attributes_may_be_missing_or_empty_in_any_form() {
        let forms = [
            "",
            "<item key=\"attributes\"/>",
            "<item key=\"attributes\"><dt_array/></item>",
            "<item key=\"attributes\">\n<dt_assoc>\n</dt_assoc>\n</item>",
        ];
        for form in forms {
            assert_eq!(decode(form).unwrap().attributes, Assoc::default(), "{form}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        assert!(decode(&nested(DEPTH_MAX - 2)).is_ok());
        assert_eq!(decode(&nested(DEPTH_MAX)).unwrap_err(), Fault::Xml);
        assert_eq!(decode(&nested(100)).unwrap_err(), Fault::Xml);
    }

    #[test]
    fn what_is_written_reads_back() {
        let attributes = Assoc::of([("e", "".into()), ("t", "<&>\"'õ".into()), ("l", vec!["1", "2"].into())]);
        let reply = Reply::done(200, "ok").with(attributes.clone());
        let written = reply.encode(None).replace("\"action\">REPLY", "\"action\">x");
        assert_eq!(Request::decode(written.as_bytes()).unwrap().attributes, attributes);
    }

    #[test]
    fn another_protocol_and_another_root_are_told_apart() {
        assert_eq!(decode("<item key=\"protocol\">TPP</item>").unwrap_err(), Fault::Protocol);
        for junk in [
            "",
            "hello",
            "<epp/>",
            "<OPS_envelope/>",
            "<OPS_envelope><body><data_block/></body></OPS_envelope>",
        ] {
            assert_eq!(Request::decode(junk.as_bytes()).unwrap_err(), Fault::Xml, "{junk}");
        }
    }
}
