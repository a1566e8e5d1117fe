//! What a mail says: a template in plain text, which an operator can replace, filled with a mail's values.
//!
//! A template's first line is `Subject: …`, then comes an empty line, then the text. `{name}` stands for a value.

use std::path::Path;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};

use super::MailError;
use crate::model::mail::Letter;
use crate::model::pending::PendingKind;
use crate::registry::outbox::ClaimedMail;

/// The templates of all letters.
#[derive(Debug)]
pub(super) struct Templates {
    auth_code: Template,
    confirmation: Template,
}

#[derive(Debug)]
struct Template {
    subject: String,
    text: String,
}

/// Who writes, and when.
pub(super) struct Sender<'s> {
    pub(super) from: &'s Mailbox,
    pub(super) date: std::time::SystemTime,
    /// Where registrants answer; the token comes behind it.
    pub(super) confirm_url: &'s str,
}

impl Templates {
    /// The templates in `dir`, and the built-in ones of those that are not there.
    pub(super) fn read(dir: Option<&Path>) -> Result<Self, MailError> {
        let (code, link) = (include_str!("auth_code.txt"), include_str!("confirmation.txt"));
        Ok(Self {
            auth_code: Template::read(dir, "auth_code", code, AUTH_CODE_VALUES, "code")?,
            confirmation: Template::read(dir, "confirmation", link, CONFIRMATION_VALUES, "link")?,
        })
    }

    /// A mail as it goes out.
    pub(super) fn message(&self, mail: &ClaimedMail, sender: &Sender<'_>) -> Result<Message, MailError> {
        let (template, values) = self.filling(mail, sender);
        let address =
            |text: &str| text.parse::<Mailbox>().map_err(|error| MailError::new("an address", error));
        let mut message = Message::builder()
            .from(sender.from.clone())
            .to(address(mail.mail.to.as_str())?)
            .subject(one_line(&filled(&template.subject, &values)))
            .date(sender.date)
            .message_id(Some(format!("<{}@{}>", mail.token, sender.from.email.domain())))
            // RFC 3834 §5: nobody's vacation notice answers it.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .header(ContentType::TEXT_PLAIN);
        if let Some(reply_to) = &mail.mail.reply_to {
            message = message.reply_to(address(reply_to.as_str())?);
        }
        let text = filled(&template.text, &values);
        message.body(text).map_err(|error| MailError::new("a mail", error))
    }

    /// The template of a mail, and what stands for its names.
    fn filling(&self, mail: &ClaimedMail, sender: &Sender<'_>) -> (&Template, Vec<(&'static str, String)>) {
        match &mail.mail.letter {
            Letter::AuthCode { domain, asked_by, asked_at, expires_at } => {
                let expiry =
                    expires_at.map_or(String::new(), |at| format!("It can be used until {}.\n", utc(at)));
                let values = vec![
                    ("domain", domain.to_unicode()),
                    ("code", mail.secret.as_str().to_owned()),
                    ("asked_by", one_line(asked_by)),
                    ("asked_at", utc(*asked_at)),
                    ("expiry", expiry),
                ];
                (&self.auth_code, values)
            }
            Letter::Confirmation { domain, kind, asked_by, asked_at, until, new_registrant } => {
                let (name, new) =
                    (domain.to_unicode(), new_registrant.as_deref().unwrap_or("another registrant"));
                let (subject, question) = match kind {
                    PendingKind::Delete => ("deletion of", format!("delete the domain {name}")),
                    PendingKind::ChangeRegistrant => {
                        ("new registrant of", format!("give the domain {name} to {}", one_line(new)))
                    }
                };
                let values = vec![
                    ("subject", format!("{subject} {name}")),
                    ("question", question),
                    ("domain", name),
                    ("asked_by", one_line(asked_by)),
                    ("asked_at", utc(*asked_at)),
                    ("until", utc(*until)),
                    ("link", format!("{}{}", sender.confirm_url, mail.secret.as_str())),
                ];
                (&self.confirmation, values)
            }
        }
    }
}

impl Template {
    fn read(
        dir: Option<&Path>,
        name: &str,
        built_in: &str,
        values: &[&str],
        needed: &str,
    ) -> Result<Self, MailError> {
        let file = dir.map(|dir| dir.join(format!("{name}.txt"))).filter(|file| file.exists());
        let Some(file) = file else { return Self::parse(built_in, values, needed) };
        let place = file.display().to_string();
        let bytes = std::fs::metadata(&file).map_err(|error| MailError::new(&place, error))?.len();
        if bytes > TEMPLATE_BYTES_MAX {
            return Err(MailError::new(&place, "a template has at most 64 KiB"));
        }
        let text = std::fs::read_to_string(&file).map_err(|error| MailError::new(&place, error))?;
        Self::parse(&text, values, needed).map_err(|error| MailError::new(&place, error))
    }

    fn parse(text: &str, values: &[&str], needed: &str) -> Result<Self, MailError> {
        let text = text.replace("\r\n", "\n");
        let wrong = |why: &str| MailError::new("a template", why);
        let (subject, text) =
            text.split_once("\n\n").ok_or_else(|| wrong("begin it with Subject: and an empty line"))?;
        let subject = subject.strip_prefix("Subject:").ok_or_else(|| wrong("begin it with Subject:"))?.trim();
        if subject.is_empty() || subject.contains('\n') {
            return Err(wrong("give a subject of one line"));
        }
        for name in placeholders(subject).chain(placeholders(text)) {
            if !values.contains(&name) {
                return Err(MailError::new("a template", format_args!("{{{name}}} stands for nothing")));
            }
        }
        if !placeholders(text).any(|name| name == needed) {
            return Err(MailError::new("a template", format_args!("{{{needed}}} is missing")));
        }
        Ok(Self { subject: subject.to_owned(), text: text.to_owned() })
    }
}

/// The names between braces.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// One pass: what a value holds is never taken for a placeholder.
fn filled(text: &str, values: &[(&str, String)]) -> String {
    let mut out = String::with_capacity(text.len() + 128);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}') {
            Some((name, behind)) => {
                if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
                    out.push_str(value);
                }
                rest = behind;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out + rest
}

/// A value that a name's owner chose cannot begin a line of its own.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn utc(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

const AUTH_CODE_VALUES: &[&str] = &["domain", "code", "asked_by", "asked_at", "expiry"];
const CONFIRMATION_VALUES: &[&str] =
    &["subject", "question", "domain", "asked_by", "asked_at", "until", "link"];
const TEMPLATE_BYTES_MAX: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_judged_when_it_is_read() {
        let judge =
            |text: &str| Template::parse(text, AUTH_CODE_VALUES, "code").map(drop).map_err(|e| e.to_string());
        assert_eq!(judge("Subject: x {domain}\r\n\r\n{code}\r\n"), Ok(()));
        for wrong in
            ["", "{code}", "Subject:\n\n{code}", "Subject: x\n\nno code", "Subject: x\n\n{code} {pin}"]
        {
            assert!(judge(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_value_is_no_placeholder() {
        let values = [("asked_by", "{code}".to_owned()), ("code", "secret".to_owned())];
        assert_eq!(filled("{asked_by} {code} { {nothing}.", &values), "{code} secret .");
        assert_eq!(one_line("a\r\nBcc: b"), "a Bcc: b");
    }
}
