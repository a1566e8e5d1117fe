//! The envelope of a request (RFC 5730 §2.5), and the commands that a session can hand to the registry.

use std::sync::Arc;

use super::decode::{Fault, FaultKind, check_attributes, only_children, token, word};
use crate::gateway::xml::{Children, Document, Element};
use crate::registry::conditions::Conditions;
use crate::registry::replay::{Once, Rendering, Replayable};
use crate::registry::{
    Call, Done, Error, Operation, Registry, case, contact, domain, host, lock, maintenance, poll, tag,
};

/// What a client sent.
pub enum Request<'d> {
    /// `<hello/>`.
    Hello,
    /// A command.
    Command(Envelope<'d>),
    /// A command that EPP has, but not in this form; only who is logged in is told more than to log in.
    Misused(Fault),
}

/// A command's envelope.
#[derive(Clone, Copy)]
pub struct Envelope<'d> {
    /// What is to be done.
    pub verb: Verb,
    /// The element named after it.
    pub element: Element<'d>,
    /// The extension element.
    pub extension: Option<Element<'d>>,
    /// The envelope's namespace.
    pub namespace: &'static str,
    rest: Children<'d>,
}

impl Envelope<'_> {
    /// Judges what follows the command and its extension: at most a valid clTRID. Asked last, since it comes last.
    pub fn judge_rest(&self) -> Result<(), Fault> {
        let mut rest = self.rest;
        let mut next = rest.next();
        if let Some(trid) = next.filter(|child| child.is(self.namespace, "clTRID")) {
            super::decode::token_of(trid, 3, 64)?;
            next = rest.next();
        }
        next.map_or(Ok(()), |child| Err(Fault::at(child, FaultKind::Unexpected)))
    }
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named after its command")]
pub enum Verb {
    Check,
    Create,
    Delete,
    Info,
    Login,
    Logout,
    Poll,
    Renew,
    Transfer(TransferOp),
    Update,
}

/// What is to be done about a transfer (RFC 5730 §2.9.3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named after its op")]
pub enum TransferOp {
    Approve,
    Cancel,
    Query,
    Reject,
    Request,
}

impl TransferOp {
    /// Reads the word of RFC 5730.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "approve" => Some(Self::Approve),
            "cancel" => Some(Self::Cancel),
            "query" => Some(Self::Query),
            "reject" => Some(Self::Reject),
            "request" => Some(Self::Request),
            _ => None,
        }
    }
}

impl Verb {
    /// Whether it changes something (RFC 5730 §2.9.3).
    pub fn transforms(self) -> bool {
        match self {
            Self::Create | Self::Delete | Self::Renew | Self::Update => true,
            Self::Transfer(op) => op != TransferOp::Query,
            Self::Check | Self::Info | Self::Login | Self::Logout | Self::Poll => false,
        }
    }

    /// The name of the command, which is that of its element and of the mapping's element in it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Create => "create",
            Self::Delete => "delete",
            Self::Info => "info",
            Self::Login => "login",
            Self::Logout => "logout",
            Self::Poll => "poll",
            Self::Renew => "renew",
            Self::Transfer(_) => "transfer",
            Self::Update => "update",
        }
    }
}

/// The client's transaction identifier, when it gave a valid one: also of a request that is wrong otherwise.
pub fn client_trid(document: &Document<'_>, namespace: &str) -> Option<String> {
    let command = document.root().child(namespace, "command")?;
    let trid = token(command.child(namespace, "clTRID")?).ok()?;
    (3..=64).contains(&trid.chars().count()).then(|| trid.into_owned())
}

/// The words for what is to be done about a transfer.
pub type TransferWords = fn(&str) -> Option<TransferOp>;

/// Reads the envelope.
pub fn read_request<'d>(
    document: &'d Document<'_>,
    namespace: &'static str,
    ops: TransferWords,
) -> Result<Request<'d>, Fault> {
    let root = document.root();
    if !root.is(namespace, "epp") {
        return Err(Fault::at(root, FaultKind::Unexpected));
    }
    only_children(root, &[])?;
    let mut children = root.children();
    let Some(child) = children.next() else {
        return Err(Fault::at(root, FaultKind::EmptyChoice("hello or command")));
    };
    if let Some(second) = children.next() {
        return Err(Fault::at(second, FaultKind::Unexpected));
    }
    if child.is(namespace, "hello") {
        super::decode::empty(child)?;
        return Ok(Request::Hello);
    }
    if child.is(namespace, "extension") {
        return Err(Fault::at(child, FaultKind::UnknownCommand));
    }
    if !child.is(namespace, "command") {
        return Err(Fault::at(child, FaultKind::Unexpected));
    }
    read_command(child, namespace, ops)
}

fn read_command<'d>(
    command: Element<'d>,
    namespace: &'static str,
    ops: TransferWords,
) -> Result<Request<'d>, Fault> {
    only_children(command, &[])?;
    let mut rest = command.children();
    let is_rest = |child: &Element<'_>| ["extension", "clTRID"].iter().any(|name| child.is(namespace, name));
    let Some(element) = rest.next().filter(|child| !is_rest(child)) else {
        return Err(Fault::at(command, FaultKind::EmptyChoice("the command")));
    };
    let verb = match read_verb(element, namespace, ops) {
        Ok(_) if element.has_stray_text() => {
            return Ok(Request::Misused(Fault::at(element, FaultKind::Unexpected)));
        }
        Ok(verb) => verb,
        Err(fault) if fault.kind == FaultKind::UnknownCommand || element.name() == "login" => {
            return Err(fault);
        }
        Err(fault) => return Ok(Request::Misused(fault)),
    };
    let mut after = rest;
    let extension = after.next().filter(|child| child.is(namespace, "extension"));
    let rest = if extension.is_some() { after } else { rest };
    Ok(Request::Command(Envelope { verb, element, extension, namespace, rest }))
}

fn read_verb(element: Element<'_>, namespace: &str, ops: TransferWords) -> Result<Verb, Fault> {
    let verb = if element.namespace() == namespace { plain_verb(element.name()) } else { None };
    let attributes: &[&str] = match (verb, element.name()) {
        (Some(verb), _) => {
            let attributes: &[&str] = if verb == Verb::Poll { &["op", "msgID"] } else { &[] };
            return check_attributes(element, attributes).map(|()| verb);
        }
        (None, "transfer") if element.namespace() == namespace => &["op"],
        (None, _) => return Err(Fault::at(element, FaultKind::UnknownCommand)),
    };
    check_attributes(element, attributes)?;
    let op = element.attribute("op").ok_or_else(|| Fault::at(element, FaultKind::Missing("attribute op")))?;
    let words = "request, query, approve, cancel, reject";
    let op = word(element, op, words, ops)?;
    Ok(Verb::Transfer(op))
}

/// The verbs that are a name and nothing more.
fn plain_verb(name: &str) -> Option<Verb> {
    let plain = [
        Verb::Check,
        Verb::Create,
        Verb::Delete,
        Verb::Info,
        Verb::Login,
        Verb::Logout,
        Verb::Poll,
        Verb::Renew,
        Verb::Update,
    ];
    plain.into_iter().find(|verb| verb.name() == name)
}

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident($operation:ty);)*) => {
        /// A command for the registry.
        #[expect(missing_docs, reason = "each is named after its operation")]
        pub enum Command {
            $($(#[$doc])* $name($operation),)*
        }

        /// What a command gave.
        #[expect(missing_docs, reason = "each is named after its operation")]
        #[expect(clippy::large_enum_variant, reason = "one lives as long as its command, and moves once")]
        pub enum Outcome {
            $($name(<$operation as Operation>::Outcome),)*
        }

        impl Command {
            /// Has the registry do it.
            pub async fn run(
                self,
                registry: &Arc<Registry>,
                call: Call,
                conditions: Conditions,
            ) -> Result<Done<Outcome>, Error> {
                match self {
                    $(Self::$name(operation) => {
                        let done = registry.run_under(call, conditions, operation).await?;
                        Ok(Done { outcome: Outcome::$name(done.outcome), bill: done.bill })
                    })*
                }
            }

            /// Has the registry do it, unless it was sent before; `render` makes the answer that is kept.
            pub async fn run_once(
                self,
                registry: &Arc<Registry>,
                call: Call,
                conditions: Conditions,
                request: Vec<u8>,
                render: impl Fn(&Done<Outcome>) -> Rendering + Send + Sync + 'static,
            ) -> Result<Replayable, Error> {
                match self {
                    $(Self::$name(operation) => {
                        let render = Box::new(move |done: Done<<$operation as Operation>::Outcome>| {
                            render(&Done { outcome: Outcome::$name(done.outcome), bill: done.bill })
                        });
                        registry.run_once(call, conditions, operation, Once { request, render }).await
                    })*
                }
            }

            /// The operation's name, for logs.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => <$operation as Operation>::NAME,)*
                }
            }
        }
    };
}

commands! {
    AccountFork(contact::numbered::Fork);
    AccountInfo(contact::account::Info);
    AccountMerge(contact::numbered::Merge);
    AccountUpdate(contact::account::Update);
    CaseAccept(case::Accept);
    CaseReject(case::Reject);
    ContactAmend(contact::register::Amend);
    ContactCheck(contact::Check);
    ContactCreate(contact::Create);
    ContactDelete(contact::Delete);
    ContactFork(contact::Fork);
    ContactInfo(contact::Info);
    ContactMerge(contact::Merge);
    ContactRegister(contact::register::Register);
    ContactRename(contact::Rename);
    ContactTransferApprove(contact::transfer::TransferApprove);
    ContactTransferCancel(contact::transfer::TransferCancel);
    ContactTransferQuery(contact::transfer::TransferQuery);
    ContactTransferReject(contact::transfer::TransferReject);
    ContactTransferRequest(contact::transfer::TransferRequest);
    ContactUpdate(contact::Update);
    ContactUpdateValidated(contact::UpdateValidated);
    DomainAmend(domain::Amend);
    DomainCheck(domain::Check);
    DomainCreate(domain::Create);
    DomainDelete(domain::Delete);
    DomainFeeCheck(domain::FeeCheck);
    DomainInfo(domain::Info);
    DomainInfoWithAccount(domain::InfoWithAccount);
    DomainListOf(domain::ListOf);
    DomainListWhole(domain::open::ListWhole);
    DomainOpen(domain::Open);
    DomainRelease(domain::Release);
    DomainReleaseNumbered(domain::open::ReleaseNumbered);
    DomainRenew(domain::renew::Renew);
    DomainRenewUndated(domain::RenewUndated);
    DomainRestoreReport(domain::restore::RestoreReport);
    DomainRestoreRequest(domain::restore::RestoreRequest);
    DomainTransferApprove(domain::transfer::TransferApprove);
    DomainTransferCancel(domain::transfer::TransferCancel);
    DomainTransferQuery(domain::transfer::TransferQuery);
    DomainTransferReject(domain::transfer::TransferReject);
    DomainTransferRequest(domain::transfer::TransferRequest);
    DomainUnrenew(domain::Unrenew);
    DomainUpdate(domain::update::Update);
    HostAmendNumbered(host::given::AmendNumbered);
    HostCheck(host::Check);
    HostCreate(host::Create);
    HostDelete(host::Delete);
    HostInfo(host::Info);
    HostInfoNumbered(host::given::InfoNumbered);
    HostUpdate(host::Update);
    MaintenanceInfo(maintenance::Info);
    MaintenanceList(maintenance::List);
    PersonInfo(contact::account::InfoPerson);
    PersonUpdate(contact::account::UpdatePerson);
    PollAck(poll::Ack);
    PollNewest(poll::Newest);
    PollRequest(poll::Request);
    SetLock(lock::SetLock);
    TagList(tag::List);
}
