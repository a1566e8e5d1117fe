//! Every way the registry says no (design law 4): field words and the offending value, no code of any protocol.
//!
//! Each gateway has one exhaustive match over [`Refusal`] that turns it into its own codes.

use std::fmt;

use jiff::Timestamp;

use crate::model::allowance::AllowanceKind;
use crate::model::api_user::ApiRole;
use crate::model::domain::ContactRole;
use crate::model::money::{Currency, Money};
use crate::model::name::{DomainName, ZoneName};
use crate::model::object::{MessageNumber, ObjectKind};
use crate::model::pending::PendingKind;
use crate::model::registrar::RegistrarState;
use crate::model::status::{DomainStatus, Status};
use crate::model::tld::LaunchPhase;

/// A no. `Display` gives the reason as a sentence for the client, without the value when the field names it.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields are named after what they hold")]
pub enum Refusal {
    /// The allocation token does not open this name, for this registrar, now.
    AllocationTokenWrong,
    /// The name is reserved or disputed, and the password given does not open it.
    NamePasswordWrong { name: DomainName },
    /// It was done so often in the last 24 hours that no more of it is taken.
    AllowanceSpent { kind: AllowanceKind, most: u32 },
    /// The token is unknown, expired or revoked, or may not be used from there.
    ApiTokenInvalid,
    /// An API user of this login is there already.
    ApiUserTaken { login: String },
    /// No such API user.
    ApiUserUnknown { login: String },
    /// authInfo is demanded and none was given.
    AuthInfoMissing,
    /// The authInfo given is not the object's, or none is set.
    AuthInfoWrong { kind: ObjectKind, name: String },
    /// No such case waits for an answer of whoever asks.
    CaseUnknown { case: String },
    /// The object is not any more as the request says that it is.
    Changed,
    /// The key for retries was used for another request.
    KeyUsed,
    /// The account does not cover what it costs.
    CreditShort { needed: Money, available: Money },
    /// The client agreed to a fee in another currency than its account's.
    FeeCurrency { given: Currency, account: Currency },
    /// The client must say that it knows what it costs, and did not.
    FeeMissing { fee: Money },
    /// The client agreed to less than it costs.
    FeeTooLow { fee: Money },
    /// Another object refers to it.
    Linked { kind: ObjectKind, name: String, by: ObjectKind },
    /// So many mails were asked for lately that no more are taken.
    MailLimit,
    /// So many mails wait already that none is taken now.
    MailQueueFull,
    /// No mail of this number waits or was given up.
    MailUnknown { number: i64 },
    /// A message id that is not in the registrar's queue.
    MessageUnknown { number: MessageNumber },
    /// The registrar is not accredited for the TLD.
    NotAccredited { tld: ZoneName },
    /// No such object.
    NotFound { kind: ObjectKind, name: String },
    /// The TLD has no price for the name in the account's currency.
    NotPriced { name: DomainName, currency: Currency },
    /// The domain cannot be renewed, restored or transferred in the state or window it is in.
    NotNow { name: DomainName, reason: NotNow },
    /// The registrar takes no such domains from others.
    NotReceiving { registrar: String },
    /// Another registrar sponsors it.
    NotSponsor { kind: ObjectKind, name: String },
    /// Only the other party of the transfer may do this.
    NotTransferParty { kind: ObjectKind, name: String },
    /// Only the registry's operator can do this.
    OperatorNeeded,
    /// The requester sponsors it already.
    OwnObject { kind: ObjectKind, name: String },
    /// Policy does not allow the value.
    Policy { field: Field, value: String, rule: Rule },
    /// Only a reseller can do this.
    ResellerNeeded,
    /// A registrar's state forbids it.
    RegistrarState { state: RegistrarState },
    /// Only a registrar can do this.
    RegistrarNeeded,
    /// A registrar of this id is there already.
    RegistrarTaken { id: String },
    /// No such registrar.
    RegistrarUnknown { id: String },
    /// The API user's role does not allow it.
    RoleForbids { role: ApiRole },
    /// The operator's setting cannot have this value.
    Setting { key: String, value: String, why: String },
    /// A status prohibits it.
    StatusProhibits { kind: ObjectKind, name: String, status: String },
    /// The name or identifier is taken.
    Taken { kind: ObjectKind, name: String },
    /// A TLD of this name is there already.
    TldTaken { tld: ZoneName },
    /// No such TLD.
    TldUnknown { tld: ZoneName },
    /// What was asked before waits for the registrant's word.
    ConfirmationPending { name: DomainName, kind: PendingKind },
    /// Nothing of this number or token waits for the registrant's word, or does any more.
    PendingUnknown,
    /// A transfer is pending already.
    TransferPending { kind: ObjectKind, name: String },
    /// No transfer is pending.
    TransferNotPending { kind: ObjectKind, name: String },
    /// An object that the command names does not exist.
    Unknown { field: Field, value: String },
}

/// Fields that a refusal can point at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the variants are named after what they are")]
pub enum Field {
    AccountName,
    AllocationToken,
    AuthInfo,
    CompanyNumber,
    Case,
    Contact(Option<ContactRole>),
    ContactId,
    Currency,
    CurrentExpiry,
    Disclose,
    DnsRecord,
    DomainName,
    Email,
    Extras,
    Fee,
    HolderKind,
    HostAddress,
    Ident,
    HostName,
    LegalDocument,
    Maintenance,
    Lock,
    MaxSigLife,
    MessageId,
    NameServer,
    Order,
    Period,
    Person,
    Phase,
    PostalInfo,
    Postcode,
    Profile,
    Receiver,
    Registrant,
    Renewal,
    Reseller,
    RestoreReport,
    Status,
    Urgent,
    Voice,
}

/// Why a domain cannot be renewed, restored or transferred now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotNow {
    /// Its add grace period is over.
    AddGraceOver,
    /// It is being deleted.
    Deleting,
    /// Its registration is invoiced already.
    Invoiced,
    /// No renewal of it is there that could be undone.
    NotRenewed,
    /// Its renewal is invoiced already.
    RenewalInvoiced,
    /// It has changed its registrar since it was registered.
    SponsorChanged,
    /// It expires later than so many days from now, and is renewed only then.
    TooEarly(u32),
    /// It is not in redemption.
    NotInRedemption,
    /// It was created so recently that transfers are locked.
    TransferLock,
    /// No restore was requested.
    NoRestorePending,
}

/// A rule of policy that a value breaks.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// Fewer than so many.
    AtLeast(usize),
    /// More than so many.
    AtMost(usize),
    /// Shorter than so many characters.
    CharactersMin(usize),
    /// The TLD's IDN table does not hold this character.
    CharacterNotInTable(char),
    /// Two statuses exclude each other.
    Conflicts(&'static str),
    /// It stays what it was.
    Fixed,
    /// The expiry given is not the domain's.
    ExpiryIs(Timestamp),
    /// It costs more than others, and the client must show that it knows (RFC 8748 §4).
    FeeUnknown,
    /// Glue belongs only to names below a domain of the same request or sponsor.
    GlueOutOfBailiwick,
    /// Name servers are given as attributes in this TLD.
    HostAttributes,
    /// Name servers are given as objects in this TLD.
    HostObjects,
    /// The TLD is in this phase of its launch.
    LaunchPhase(LaunchPhase),
    /// Not of the form demanded.
    Malformed(String),
    /// A value is demanded.
    Missing,
    /// The name must lie directly below a zone that is served here.
    NotDirectlyBelow(ZoneName),
    /// Nobody may register it, set it or use it here.
    NotOffered,
    /// The TLD takes no such DNSSEC data.
    NotTaken,
    /// It is there already.
    Present,
    /// Taken out of the zone for ever.
    Blocked,
    /// Reserved by the registry.
    Reserved,
    /// The holder of this name has the first right to it.
    RightHeldBy(DomainName),
    /// It is not there.
    Absent,
    /// Only the operator sets it.
    ServerStatus,
    /// It ends at this instant or later; only what ends earlier is taken.
    EndsBefore(Timestamp),
    /// It is disputed.
    Disputed,
    /// Only people are taken, no companies.
    PeopleOnly,
    /// Only people of eighteen years or more are taken.
    OfAgeOnly,
    /// Blocked as a variant of a registered name.
    VariantOf(DomainName),
    /// Beyond the longest term, in years from now.
    YearsMax(u8),
    /// Shorter than the shortest term, in years.
    YearsMin(u8),
}

impl Refusal {
    /// No such object.
    pub fn not_found(kind: ObjectKind, name: impl fmt::Display) -> Self {
        Self::NotFound { kind, name: name.to_string() }
    }

    /// A status prohibits a command on a domain.
    pub fn domain_status(name: &DomainName, status: DomainStatus) -> Self {
        Self::StatusProhibits {
            kind: ObjectKind::Domain,
            name: name.to_string(),
            status: status.as_str().to_owned(),
        }
    }

    /// Policy does not allow a value.
    pub fn policy(field: Field, value: impl fmt::Display, rule: Rule) -> Self {
        Self::Policy { field, value: value.to_string(), rule }
    }

    /// The field it points at and the value there, for a gateway that shows the place.
    pub fn place(&self) -> Option<(Field, &str)> {
        match self {
            Self::AllowanceSpent { .. }
            | Self::ApiTokenInvalid
            | Self::ApiUserTaken { .. }
            | Self::ApiUserUnknown { .. }
            | Self::Changed
            | Self::KeyUsed
            | Self::MailLimit
            | Self::MailQueueFull
            | Self::MailUnknown { .. }
            | Self::PendingUnknown
            | Self::RegistrarNeeded
            | Self::RegistrarState { .. }
            | Self::ResellerNeeded
            | Self::RoleForbids { .. } => None,
            Self::AuthInfoMissing | Self::AuthInfoWrong { .. } => Some((Field::AuthInfo, "")),
            Self::Linked { kind, name, .. }
            | Self::NotFound { kind, name }
            | Self::NotSponsor { kind, name }
            | Self::NotTransferParty { kind, name }
            | Self::OwnObject { kind, name }
            | Self::StatusProhibits { kind, name, .. }
            | Self::Taken { kind, name }
            | Self::TransferPending { kind, name }
            | Self::TransferNotPending { kind, name } => Some((Field::naming(*kind), name)),
            Self::CaseUnknown { case } => Some((Field::Case, case)),
            Self::NotReceiving { registrar } | Self::RegistrarUnknown { id: registrar } => {
                Some((Field::Receiver, registrar))
            }
            Self::MessageUnknown { .. } => Some((Field::MessageId, "")),
            Self::NotAccredited { .. } => Some((Field::DomainName, "")),
            Self::ConfirmationPending { name, .. } | Self::NotNow { name, .. } => {
                Some((Field::DomainName, name.as_ref()))
            }
            Self::Policy { field, value, .. } | Self::Unknown { field, value } => Some((*field, value)),
            Self::AllocationTokenWrong | Self::NamePasswordWrong { .. } => Some((Field::AllocationToken, "")),
            Self::FeeCurrency { .. } => Some((Field::Currency, "")),
            Self::FeeMissing { .. } | Self::FeeTooLow { .. } => Some((Field::Fee, "")),
            Self::CreditShort { .. }
            | Self::NotPriced { .. }
            | Self::OperatorNeeded
            | Self::RegistrarTaken { .. }
            | Self::Setting { .. }
            | Self::TldTaken { .. }
            | Self::TldUnknown { .. } => None,
        }
    }
}

impl Field {
    /// The field that names an object of this kind.
    pub fn naming(kind: ObjectKind) -> Self {
        match kind {
            ObjectKind::Contact => Self::ContactId,
            ObjectKind::Domain => Self::DomainName,
            ObjectKind::Host => Self::HostName,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ApiTokenInvalid => f.write_str("the token is unknown or expired; log in again"),
            Self::ApiUserTaken { login } => write!(f, "there is an API user {login} already"),
            Self::ApiUserUnknown { login } => write!(f, "there is no API user {login}"),
            Self::AllowanceSpent { kind: AllowanceKind::Check, most } => {
                write!(
                    f,
                    "you may check {most} names in 24 hours, and this would be more; other commands go on"
                )
            }
            Self::AllowanceSpent { kind: AllowanceKind::TakenCreate, most } => write!(
                f,
                "you have asked for {most} names in 24 hours that were taken; until some of that is past you may create none"
            ),
            Self::AllocationTokenWrong => f.write_str("the allocation token does not open this name"),
            Self::NamePasswordWrong { name } => write!(f, "this is not the password for {name}"),
            Self::AuthInfoMissing => f.write_str("authInfo is needed for this command"),
            Self::AuthInfoWrong { kind, .. } => {
                write!(f, "the authInfo does not open this {kind}; ask its holder for a current one")
            }
            Self::CaseUnknown { case } => write!(f, "no case {case} waits for your answer"),
            Self::Changed => f.write_str("the object has changed since it was read; read it again"),
            Self::KeyUsed => {
                f.write_str("the Idempotency-Key was used for another request; choose a new one")
            }
            Self::CreditShort { needed, available } => write!(
                f,
                "this costs {needed} {0}, and {available} {0} are available; pay in first",
                needed.currency
            ),
            Self::FeeCurrency { given, account } => {
                write!(f, "your account is kept in {account}, not in {given}")
            }
            Self::FeeMissing { fee } => {
                write!(f, "this costs {fee} {}; say in the fee extension that you agree", fee.currency)
            }
            Self::FeeTooLow { fee } => write!(f, "this costs {fee} {}", fee.currency),
            Self::Linked { kind, name, by } => {
                write!(f, "{kind} {name} is still in use by a {by}; end that use first")
            }
            Self::MailLimit => f.write_str("too many mails were asked for; wait an hour"),
            Self::MailQueueFull => {
                f.write_str("it needs a mail, and too many wait to be sent already; try again later")
            }
            Self::MailUnknown { number } => write!(f, "no mail {number} waits or was given up"),
            Self::MessageUnknown { .. } => f.write_str("no message with this id waits in your queue"),
            Self::NotAccredited { tld } => write!(f, "you are not accredited for {tld}"),
            Self::NotFound { kind, name } => write!(f, "{kind} {name} does not exist"),
            Self::NotNow { reason, .. } => reason.fmt(f),
            Self::NotPriced { name, currency } => write!(f, "{name} has no price in {currency}"),
            Self::NotReceiving { registrar } => {
                write!(f, "{registrar} takes no domains from others; agree with it first")
            }
            Self::NotSponsor { kind, name } => write!(f, "{kind} {name} is sponsored by another registrar"),
            Self::NotTransferParty { kind, name } => {
                write!(f, "only the other party may answer the transfer of {kind} {name} this way")
            }
            Self::OperatorNeeded => f.write_str("only the registry's operator can do this"),
            Self::OwnObject { kind, name } => write!(f, "you sponsor {kind} {name} already"),
            Self::Policy { field: Field::Contact(Some(role)), rule: Rule::Missing, .. } => {
                write!(f, "a contact of type {role} is demanded here")
            }
            Self::Policy { field: Field::PostalInfo, rule: Rule::Missing, .. } => {
                f.write_str("new postal information needs a name and an address")
            }
            Self::Policy { field: Field::RestoreReport, rule: Rule::Missing, .. } => {
                f.write_str("a restore report gives a reason and makes a statement")
            }
            Self::Policy { field, rule: Rule::Missing, .. } => {
                write!(f, "{} is demanded here", field.as_str())
            }
            Self::Policy { rule, .. } => rule.fmt(f),
            Self::RegistrarState { state } => write!(f, "your account is {}", state.as_str()),
            Self::ResellerNeeded => f.write_str("only a reseller can do this"),
            Self::RegistrarNeeded => f.write_str("only a registrar can do this"),
            Self::RegistrarTaken { id } => write!(f, "there is a registrar {id} already"),
            Self::RegistrarUnknown { id } => write!(f, "there is no registrar {id}"),
            Self::RoleForbids { role } => {
                write!(f, "an API user with role {} may not do this", role.as_str())
            }
            Self::Setting { key, value, why } => write!(f, "{key} cannot be {value}: {why}"),
            Self::StatusProhibits { kind, name, status } => {
                write!(f, "{kind} {name} has status {status}, which prohibits this")
            }
            Self::Taken { kind, name } => write!(f, "{kind} {name} exists already"),
            Self::TldTaken { tld } => write!(f, "there is a TLD {tld} already"),
            Self::TldUnknown { tld } => write!(f, "there is no TLD {tld}; `domesday tld list` shows them"),
            Self::ConfirmationPending { kind, .. } => {
                let what = match kind {
                    PendingKind::ChangeRegistrant => "a change of registrant",
                    PendingKind::Delete => "a deletion",
                };
                write!(f, "{what} of the domain waits for its registrant's word")
            }
            Self::PendingUnknown => f.write_str("nothing of this number or token waits to be answered"),
            Self::TransferPending { kind, name } => {
                write!(f, "a transfer of {kind} {name} is pending already")
            }
            Self::TransferNotPending { kind, name } => write!(f, "no transfer of {kind} {name} is pending"),
            Self::Unknown { field, value } => write!(f, "{} {value} does not exist", field.as_str()),
        }
    }
}

impl Field {
    fn as_str(self) -> &'static str {
        match self {
            Self::AccountName => "account name",
            Self::AllocationToken => "allocation token",
            Self::AuthInfo => "authInfo",
            Self::CompanyNumber => "company number",
            Self::Case => "case",
            Self::Contact(_) | Self::ContactId => "contact",
            Self::Currency => "currency",
            Self::CurrentExpiry => "expiry date",
            Self::Disclose => "disclose",
            Self::DnsRecord => "DNSSEC record",
            Self::DomainName => "domain",
            Self::Email => "e-mail address",
            Self::Extras => "note",
            Self::Fee => "fee",
            Self::HolderKind => "kind of holder",
            Self::HostAddress => "address",
            Self::Ident => "ident",
            Self::HostName | Self::NameServer => "host",
            Self::LegalDocument => "legal document",
            Self::Maintenance => "maintenance",
            Self::Lock => "lock",
            Self::MaxSigLife => "maxSigLife",
            Self::MessageId => "message",
            Self::Order => "order",
            Self::Period => "period",
            Self::Person => "person",
            Self::Phase => "launch phase",
            Self::PostalInfo => "postal information",
            Self::Postcode => "postcode",
            Self::Profile => "profile",
            Self::Receiver => "registrar",
            Self::Registrant => "registrant",
            Self::Renewal => "renewal",
            Self::Reseller => "reseller",
            Self::RestoreReport => "restore report",
            Self::Status => "status",
            Self::Urgent => "urgent",
            Self::Voice => "telephone number",
        }
    }
}

impl fmt::Display for NotNow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::AddGraceOver => "the domain is no longer in its add grace period",
            Self::TooEarly(days) => {
                return write!(f, "the domain can be renewed only in the last {days} days before it expires");
            }
            Self::Deleting => "the domain is being deleted; restore it first",
            Self::Invoiced => "the registration is invoiced already, and stays until it expires",
            Self::NotRenewed => "the domain has no renewal that can be undone",
            Self::RenewalInvoiced => "the renewal is invoiced already",
            Self::SponsorChanged => "the domain has changed its registrar since it was registered",
            Self::NotInRedemption => "the domain is not in its redemption period",
            Self::TransferLock => "the domain was registered too recently to be transferred",
            Self::NoRestorePending => "no restore of the domain waits for a report; request one first",
        };
        f.write_str(text)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, "at least {least} are demanded"),
            Self::AtMost(most) => write!(f, "at most {most} are taken"),
            Self::CharactersMin(least) => write!(f, "at least {least} characters are demanded"),
            Self::CharacterNotInTable(c) => write!(f, "the TLD's table does not hold the character {c:?}"),
            Self::Conflicts(other) => write!(f, "it excludes status {other}"),
            Self::Fixed => f.write_str("it cannot be changed"),
            Self::ExpiryIs(at) => write!(f, "the domain expires on {}", at.strftime("%Y-%m-%d")),
            Self::FeeUnknown => f.write_str("ask for its price with the fee extension"),
            Self::GlueOutOfBailiwick => {
                f.write_str("addresses belong only to hosts below a domain registered here")
            }
            Self::HostAttributes => f.write_str("this TLD takes name servers as hostAttr"),
            Self::HostObjects => f.write_str("this TLD takes name servers as hostObj"),
            Self::LaunchPhase(phase) => write!(f, "the TLD is in its phase {}", phase.as_str()),
            Self::Malformed(why) => f.write_str(why),
            Self::Missing => f.write_str("a value is demanded here"),
            Self::NotDirectlyBelow(zone) => write!(f, "names are registered directly below {zone}"),
            Self::NotOffered => f.write_str("not offered here"),
            Self::NotTaken => f.write_str("this TLD does not take it"),
            Self::Present => f.write_str("it is there already"),
            Self::Blocked => f.write_str("blocked: nobody may register it"),
            Self::Reserved => f.write_str("reserved by the registry"),
            Self::RightHeldBy(name) => write!(f, "the holder of {name} has the first right to it"),
            Self::Absent => f.write_str("it is not there"),
            Self::ServerStatus => f.write_str("only the registry sets or removes this status"),
            Self::EndsBefore(at) => write!(f, "the expiry must be before {}", at.strftime("%Y-%m-%d")),
            Self::Disputed => f.write_str("disputed: it goes to whoever has the registry's password for it"),
            Self::PeopleOnly => f.write_str("only a person is taken here, no company"),
            Self::OfAgeOnly => f.write_str("only a person of at least eighteen years is taken here"),
            Self::VariantOf(name) => write!(f, "blocked as a variant of {name}"),
            Self::YearsMax(most) => write!(f, "a registration may end at most {most} years from now"),
            Self::YearsMin(least) => write!(f, "at least {least} years are demanded"),
        }
    }
}
