//! `domesday epp`: a small EPP client for people, who want to see what a server says.
//!
//! It knows nothing that the frames do not say: it builds them from a few arguments ([`frames`]), sends them over TLS
//! ([`connection`]) and prints the answers indented.

pub(super) mod connection;
pub(super) mod frames;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;

use self::connection::{Account, Connection};
use super::place::DEFAULT_SANDBOX;
use super::say;
use crate::admin::Problem;
use crate::gateway::xml::{Bounds, Document, Element, escape};

/// Speak EPP to a server: the sandbox in ./sandbox, or any other with --server.
#[derive(Debug, Args)]
pub(super) struct Epp {
    /// The registrar to log in as
    #[arg(long = "as", value_name = "REGISTRAR", default_value = "ClientX")]
    registrar: String,
    /// The sandbox that knows address, certificates and password
    #[arg(long, value_name = "DIR", default_value = DEFAULT_SANDBOX)]
    dir: PathBuf,
    /// Another server: HOST:PORT; then --ca and a password are needed too
    #[arg(long, value_name = "HOST:PORT", requires = "ca")]
    server: Option<String>,
    /// The certificate authority that signed the server's certificate (PEM)
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The client certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// Its key (PEM)
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// The file whose first line is the password; DOMESDAY_PASSWORD serves as well
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Print what is sent and received as it is
    #[arg(long)]
    raw: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// The server's greeting
    Hello,
    /// Which names or identifiers are free
    Check { object: Object, names: Vec<String> },
    /// All about one object
    Info {
        object: Object,
        name: String,
        /// authInfo, to see an object of another registrar
        #[arg(long)]
        auth_info: Option<String>,
    },
    /// Make an object
    #[command(subcommand)]
    Create(Box<Create>),
    /// Extend a registration
    Renew {
        name: String,
        /// The day on which it ends now, such as 2027-04-03
        #[arg(long)]
        expires: Date,
        /// By how much
        #[arg(long, default_value_t = 1)]
        years: u8,
    },
    /// Delete an object
    Delete { object: Object, name: String },
    /// Ask for a domain or contact of another registrar, or answer such a request
    Transfer {
        object: Object,
        op: TransferOp,
        name: String,
        #[arg(long)]
        auth_info: Option<String>,
    },
    /// The oldest service message, or take one out of the queue
    Poll {
        /// The id of the message to take out
        #[arg(long, value_name = "ID")]
        ack: Option<String>,
    },
    /// Send a file that holds a frame as it is
    Send { frame: PathBuf },
}

#[derive(Debug, Subcommand)]
enum Create {
    /// Register a domain
    Domain(frames::NewDomain),
    /// Make a contact
    Contact(frames::NewContact),
    /// Make a host
    Host(frames::NewHost),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Object {
    Contact,
    Domain,
    Host,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum TransferOp {
    Approve,
    Cancel,
    Query,
    Reject,
    Request,
}

impl Epp {
    pub(super) async fn run(self) -> Result<(), Problem> {
        let account = self.account()?;
        let mut connection = Connection::open(&account).await?;
        if matches!(self.verb, Verb::Hello) {
            return self.print(&connection.greeting);
        }
        let frame = self.frame()?;
        connection.log_in(&account).await?;
        if self.raw {
            say(&frame);
        }
        let answer = connection.ask(&frame).await?;
        self.print(&answer)?;
        connection.log_out().await;
        match result_of(&answer) {
            Some((code, message)) if code >= 2000 => {
                Err(Problem::new(format_args!("the server answered {code}: {message}")))
            }
            _ => Ok(()),
        }
    }

    fn account(&self) -> Result<Account, Problem> {
        match (&self.server, &self.ca) {
            (Some(server), Some(ca)) => Account::elsewhere(
                server,
                ca,
                self.cert.as_deref().zip(self.key.as_deref()),
                &self.registrar,
                self.password_file.as_deref(),
            ),
            _ => Account::of_sandbox(&self.dir, "ietf", &self.registrar),
        }
    }

    fn frame(&self) -> Result<String, Problem> {
        Ok(match &self.verb {
            Verb::Hello => frames::hello(),
            Verb::Check { object, names } => frames::check(*object, names)?,
            Verb::Info { object, name, auth_info } => frames::info(*object, name, auth_info.as_deref()),
            Verb::Create(create) => match create.as_ref() {
                Create::Domain(domain) => domain.frame(),
                Create::Contact(contact) => contact.frame(),
                Create::Host(host) => host.frame(),
            },
            Verb::Renew { name, expires, years } => frames::renew(name, *expires, *years),
            Verb::Delete { object, name } => frames::delete(*object, name),
            Verb::Transfer { object, op, name, auth_info } => {
                frames::transfer(*object, *op, name, auth_info.as_deref())
            }
            Verb::Poll { ack } => frames::poll(ack.as_deref()),
            Verb::Send { frame } => std::fs::read_to_string(frame).map_err(|error| {
                Problem::new(format_args!(
                    "{} cannot be read: {error}; name a file with a frame",
                    frame.display()
                ))
            })?,
        })
    }

    fn print(&self, answer: &str) -> Result<(), Problem> {
        if self.raw {
            say(answer);
            return Ok(());
        }
        let document = Document::parse(answer, &Bounds::EPP).map_err(|error| {
            Problem::new(format_args!("the server's answer is no XML: {error}; see it with --raw"))
        })?;
        let mut text = String::new();
        for element in document.root().children() {
            print_element(element, 0, &mut text);
        }
        say(text.trim_end());
        Ok(())
    }
}

/// The result code and its text.
pub(super) fn result_of(answer: &str) -> Option<(u16, String)> {
    let document = Document::parse(answer, &Bounds::EPP).ok()?;
    let response = document.root().children().next()?;
    let result = response.children().find(|child| child.name() == "result")?;
    let message = result.children().find(|child| child.name() == "msg").map_or("", |message| message.text());
    Some((result.attribute("code")?.parse().ok()?, message.to_owned()))
}

/// An element on lines of its own, without namespaces.
fn print_element(element: Element<'_>, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    out.push_str(&format!("{indent}<{}", element.name()));
    for attribute in element.attributes() {
        out.push_str(&format!(" {}=\"", attribute.name));
        escape(attribute.value, out);
        out.push('"');
    }
    if element.children().next().is_some() {
        out.push_str(">\n");
        element.children().for_each(|child| print_element(child, depth + 1, out));
        out.push_str(&format!("{indent}</{}>\n", element.name()));
    } else if element.text().is_empty() {
        out.push_str("/>\n");
    } else {
        out.push('>');
        escape(element.text(), out);
        out.push_str(&format!("</{}>\n", element.name()));
    }
}
