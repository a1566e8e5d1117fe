//! Login security (RFC 8807): passwords longer than 16 characters, and what a registrar should know about its account.

use zeroize::Zeroizing;

use crate::gateway::epp::decode::{Cursor, Fault, FaultKind, token};
use crate::gateway::epp::extension::{Applied, Extension};
use crate::gateway::epp::response::{Part, push_date_time, push_number};
use crate::gateway::xml::Element;
use crate::registry::session::{Login, SecurityEvent};

/// loginSec-1.0.
pub(super) struct LoginSec;

impl Extension for LoginSec {
    fn uri(&self) -> &'static str {
        URI
    }

    fn on_login(&self, element: Element<'_>, login: &mut Login) -> Result<Applied, Fault> {
        if element.name() != "loginSec" {
            return Err(Fault::at(element, FaultKind::Unexpected));
        }
        let mut cursor = Cursor::new(element, URI, &["userAgent", "pw", "newPW"], &[])?;
        if let Some(agent) = cursor.optional("userAgent") {
            read_user_agent(agent)?;
        }
        let password = cursor.optional("pw").map(read_password).transpose()?;
        let new_password = cursor.optional("newPW").map(read_password).transpose()?;
        cursor.end()?;
        // RFC 8807 §3.1: the placeholder in the command says that the value is here, and only then it is.
        take(element, Some(&mut login.password), password)?;
        take(element, login.new_password.as_mut(), new_password)?;
        Ok(Applied::Yes)
    }

    fn judge_login(&self, login: &Login) -> Result<(), Fault> {
        // RFC 8807 §3.2: it only says that the value is elsewhere; taken as it stands it would be everybody's password.
        let mut passwords = login.new_password.iter().chain([&login.password]);
        if passwords.any(|password| password.as_str() == PLACEHOLDER) {
            return Err(Fault { kind: FaultKind::Missing("the long password"), element: None });
        }
        Ok(())
    }

    fn login_answer(&self, events: &[SecurityEvent]) -> Option<Part> {
        if events.is_empty() {
            return None;
        }
        let mut xml = format!("<loginSec:loginSecData xmlns:loginSec=\"{URI}\">");
        events.iter().for_each(|event| push_event(event, &mut xml));
        xml.push_str("</loginSec:loginSecData>");
        Some(Part { uri: URI, xml })
    }
}

/// Puts a long value where the command has the placeholder; each needs the other.
fn take(
    element: Element<'_>,
    slot: Option<&mut Zeroizing<String>>,
    long: Option<Zeroizing<String>>,
) -> Result<(), Fault> {
    let placeholder = slot.filter(|short| short.as_str() == PLACEHOLDER);
    match (placeholder, long) {
        (Some(slot), Some(long)) => {
            *slot = long;
            Ok(())
        }
        (None, None) => Ok(()),
        (Some(_), None) => Err(Fault::at(element, FaultKind::Missing("the long password"))),
        (None, Some(_)) => Err(Fault::at(element, FaultKind::Unexpected)),
    }
}

fn read_password(element: Element<'_>) -> Result<Zeroizing<String>, Fault> {
    let text = token(element)?;
    if !(PASSWORD_CHARACTERS_MIN..=PASSWORD_CHARACTERS_MAX).contains(&text.chars().count()) {
        let bounds =
            format_args!("{PASSWORD_CHARACTERS_MIN} to {PASSWORD_CHARACTERS_MAX} characters are expected");
        return Err(Fault::out_of_range(element, bounds));
    }
    Ok(Zeroizing::new(text.into_owned()))
}

/// `userAgentType`: app, tech, os in this order, at least one.
fn read_user_agent(element: Element<'_>) -> Result<(), Fault> {
    let mut cursor = Cursor::new(element, URI, &["app", "tech", "os"], &[])?;
    cursor.some("app, tech or os")?;
    let parts = [cursor.optional("app"), cursor.optional("tech"), cursor.optional("os")];
    cursor.end()?;
    parts.into_iter().flatten().try_for_each(|part| token(part).map(drop))
}

fn push_event(event: &SecurityEvent, out: &mut String) {
    match event {
        SecurityEvent::CertificateExpires { at } => {
            out.push_str("<loginSec:event type=\"certificate\" level=\"warning\" exDate=\"");
            push_date_time(*at, out);
            out.push_str("\">The client certificate expires soon</loginSec:event>");
        }
        SecurityEvent::NewPasswordWeak => out.push_str(
            "<loginSec:event type=\"newPW\" level=\"error\">New password does not meet complexity requirements\
             </loginSec:event>",
        ),
        SecurityEvent::WrongPasswords(count) => {
            out.push_str("<loginSec:event type=\"stat\" name=\"failedLogins\" level=\"warning\" value=\"");
            push_number((*count).into(), out);
            out.push_str("\">Wrong passwords since the last login</loginSec:event>");
        }
    }
}

const PASSWORD_CHARACTERS_MAX: usize = 128;
const PASSWORD_CHARACTERS_MIN: usize = 6;
/// Stands in `pw` or `newPW` of the command when the value is in the extension.
const PLACEHOLDER: &str = "[LOGIN-SECURITY]";
const URI: &str = "urn:ietf:params:xml:ns:epp:loginSec-1.0";
