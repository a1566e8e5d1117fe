//! What a TLD's operator decides: periods, contacts, hosts, names, authInfo, DNSSEC, grace lengths.
//!
//! Policy is data. The registry reads it, no gateway and no dialect does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use jiff::Timestamp;

use super::allowance::AllowancePolicy;
use super::domain::ContactRole;
use super::money::Currency;
use super::name::ZoneName;

/// A TLD (or second-level zone) and its policy.
///
/// The defaults are the `gtld` profile; the seed file, the command line and the store all speak of the same fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tld {
    /// The zone under which names are registered.
    pub name: ZoneName,
    /// How authInfo is kept and shown.
    #[serde(default)]
    pub auth_info: AuthInfoPolicy,
    /// Lengths of registration.
    #[serde(default)]
    pub term: TermPolicy,
    /// Which contacts a domain must have.
    #[serde(default)]
    pub contacts: ContactPolicy,
    /// How name servers are given.
    #[serde(default)]
    pub hosts: HostPolicy,
    /// Which names may be registered.
    #[serde(default)]
    pub names: NamePolicy,
    /// Which DNSSEC data is taken.
    #[serde(default)]
    pub sec_dns: SecDnsPolicy,
    /// Lengths of the periods of a domain's life.
    #[serde(default)]
    pub life: LifePolicy,
    /// What waits for the registrant's word.
    #[serde(default)]
    pub confirmations: ConfirmationPolicy,
    /// What has to be justified by a legal document.
    #[serde(default)]
    pub documents: DocumentPolicy,
    /// The phase of its launch (RFC 8334).
    #[serde(default)]
    pub launch_phase: LaunchPhase,
    /// What a registrar may do so many times a day.
    #[serde(default)]
    pub allowance: AllowancePolicy,
    /// What its operations cost: a list for each tier and currency. Without any they are free.
    #[serde(default)]
    pub prices: Vec<PriceList>,
}

impl Tld {
    /// A TLD with the `gtld` profile.
    pub fn new(name: ZoneName) -> Self {
        Self {
            name,
            auth_info: AuthInfoPolicy::default(),
            term: TermPolicy::default(),
            contacts: ContactPolicy::default(),
            hosts: HostPolicy::default(),
            names: NamePolicy::default(),
            sec_dns: SecDnsPolicy::default(),
            life: LifePolicy::default(),
            confirmations: ConfirmationPolicy::default(),
            documents: DocumentPolicy::default(),
            launch_phase: LaunchPhase::Open,
            allowance: AllowancePolicy::default(),
            prices: Vec::new(),
        }
    }
}

/// How authInfo is kept (decisions.md, authInfo).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthInfoMode {
    /// RFC 9154: only a salted hash is kept; info never shows a value.
    Hashed,
    /// Info shows it to the sponsoring client.
    Readable,
}

/// A TLD's rules for authInfo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthInfoPolicy {
    /// Whether transfers go by it; not in zones whose domains are released to another tag.
    pub offered: bool,
    /// How it is kept.
    pub mode: AuthInfoMode,
    /// Days after which a value that was set is unset (RFC 9154 §4.3); for ever when absent.
    pub lifetime_days: Option<u32>,
    /// Whether create must give a value.
    pub required_at_create: bool,
    /// Wrong attempts per domain after which it is unset; unbounded when absent.
    pub attempts_max: Option<u32>,
    /// Whether the registry makes one up at create, when none is given, at transfer and when the registrant changes.
    pub made_up: bool,
    /// Whether a wrong value in an info command counts as none, instead of refusing the command.
    pub info_forgives: bool,
    /// Whether a domain's value opens its registrant and contacts to an info command, too.
    pub opens_contacts: bool,
}

impl Default for AuthInfoPolicy {
    fn default() -> Self {
        Self {
            offered: true,
            mode: AuthInfoMode::Hashed,
            lifetime_days: None,
            required_at_create: false,
            attempts_max: None,
            made_up: false,
            info_forgives: false,
            opens_contacts: false,
        }
    }
}

/// A TLD's rules for periods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TermPolicy {
    /// Years when the command names none.
    pub years_default: u8,
    /// Fewest years of a create or renew.
    pub years_min: u8,
    /// No domain may run further than this many years from now.
    pub years_max: u8,
    /// Terms of less than a year that are taken as well, in months.
    pub months: Vec<u8>,
    /// A renewal ends a domain before so many years from today; at the latest after `years_max` years from now when absent.
    pub renewed_before_years: Option<u8>,
    /// Whether a registration ends at a midnight of its time zone: a create at the next one after its term.
    pub to_midnight: bool,
    /// A domain is renewed only in so many days before it expires; at any time when absent.
    pub renew_window_days: Option<u32>,
    /// Years that a transfer adds when its request names none.
    pub transfer_years: u8,
    /// What a month brings is invoiced after this day of the next: until then a renewal can be undone and a registration be
    /// deleted, later neither; when absent, renewals stay and deletes are free.
    pub invoiced_after_day: Option<u8>,
    /// Where the day of an expiry begins and ends: a time zone in the form of POSIX `TZ`; UTC when absent.
    pub time_zone: Option<String>,
}

impl Default for TermPolicy {
    fn default() -> Self {
        Self {
            years_default: 1,
            years_min: 1,
            years_max: 10,
            months: Vec::new(),
            renewed_before_years: None,
            to_midnight: false,
            renew_window_days: None,
            transfer_years: 1,
            invoiced_after_day: None,
            time_zone: None,
        }
    }
}

/// Which contacts a domain must have, and how many it may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ContactPolicy {
    /// Whether a registrant is demanded.
    pub registrant_required: bool,
    /// Roles of which at least one contact is demanded.
    pub required: Vec<ContactRole>,
    /// Most contacts of one role.
    pub per_role_max: usize,
    /// Whether idents decide: companies and minors have administrative contacts, who are people of age.
    pub by_ident: bool,
    /// Whether the new sponsor of a transferred domain gets copies of its contacts; else they stay the earlier sponsor's.
    pub follow_transfer: bool,
    /// Whether contact:info by another registrar without authInfo is answered with what disclose allows, or refused. Contacts
    /// lie under no TLD: one TLD that hides them hides them all.
    pub visible_to_others: bool,
    /// Whether contacts are holders' accounts: the name of the holder never changes, a domain's registrant is the account of
    /// its own registrar, and a British address has a British postcode. A registrar that acts only in such TLDs has only such
    /// contacts.
    pub accounts: bool,
}

impl Default for ContactPolicy {
    fn default() -> Self {
        Self {
            registrant_required: true,
            required: Vec::new(),
            per_role_max: 10,
            by_ident: false,
            follow_transfer: false,
            visible_to_others: true,
            accounts: false,
        }
    }
}

/// How name servers are given (RFC 5731 §1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostModel {
    /// As attributes of the domain.
    Attributes,
    /// As references to host objects.
    Objects,
}

/// A TLD's rules for name servers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HostPolicy {
    /// Objects or attributes.
    pub model: HostModel,
    /// Fewest name servers of a domain that has any.
    pub per_domain_min: usize,
    /// Most name servers of a domain.
    pub per_domain_max: usize,
    /// Most addresses of a host.
    pub addresses_max: usize,
    /// Most addresses of a host in one family, v4 or v6.
    pub addresses_per_family_max: usize,
}

impl Default for HostPolicy {
    fn default() -> Self {
        Self {
            model: HostModel::Objects,
            per_domain_min: 1,
            per_domain_max: 13,
            addresses_max: 13,
            addresses_per_family_max: 13,
        }
    }
}

/// Which names may be registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NamePolicy {
    /// Fewest characters of the label.
    pub label_chars_min: usize,
    /// The IDN table, by name; none means ASCII only.
    pub idn_table: Option<String>,
    /// Whether a variant of a registered name is blocked.
    pub block_variants: bool,
    /// Labels nobody may register.
    pub reserved: Vec<String>,
    /// Labels that are disputed: they are registered with a password, deleted not at all, and changed only by giving them, with
    /// a password, to another registrant.
    pub disputed: Vec<String>,
    /// Labels taken out of the zone for ever: what a court or the root's rules forbid.
    pub blocked: Vec<String>,
    /// Labels that cost what another tier than `standard` costs.
    pub premium: Vec<Premium>,
    /// Whose holders have the first right to a label here.
    pub rights: Option<RightsPolicy>,
    /// Whether each registration waits for the operator's decision.
    pub referred: bool,
}

/// Whose holders have the first right to the same label one level up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RightsPolicy {
    /// The zones; the first that has the label decides.
    pub zones: Vec<ZoneName>,
    /// Until when (exclusive); for ever when absent.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

impl Default for NamePolicy {
    fn default() -> Self {
        Self {
            label_chars_min: 1,
            idn_table: None,
            block_variants: true,
            reserved: Vec::new(),
            disputed: Vec::new(),
            blocked: Vec::new(),
            premium: Vec::new(),
            rights: None,
            referred: false,
        }
    }
}

/// Which form of DNSSEC data a TLD takes (RFC 5910 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecDnsForm {
    /// DS data only.
    Ds,
    /// Either, but never both in one domain.
    Either,
    /// Key data only.
    Key,
    /// None.
    Off,
}

/// A TLD's rules for DNSSEC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SecDnsPolicy {
    /// Which form.
    pub form: SecDnsForm,
    /// Most records of a domain.
    pub records_max: usize,
    /// Algorithms taken (IANA DNSSEC algorithm numbers).
    pub algorithms: Vec<u8>,
    /// Digest types taken.
    pub digest_types: Vec<u8>,
    /// Whether maxSigLife may be given.
    pub max_sig_life: bool,
    /// Whether a DS record must fit its own digest type and key; the RFC's own examples do not.
    pub check_digests: bool,
}

impl Default for SecDnsPolicy {
    fn default() -> Self {
        Self {
            form: SecDnsForm::Either,
            records_max: 12,
            algorithms: vec![3, 5, 7, 8, 10, 13, 14, 15, 16],
            digest_types: vec![1, 2, 4],
            max_sig_life: true,
            check_digests: false,
        }
    }
}

/// What is done only when the registrant agrees, unless the registrar vouches for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConfirmationPolicy {
    /// A deletion.
    pub delete: bool,
    /// A change of registrant, unless both are the same person or company by their idents.
    pub change_registrant: bool,
    /// Hours after which it lapses.
    pub hours: u32,
}

impl Default for ConfirmationPolicy {
    fn default() -> Self {
        Self { delete: false, change_registrant: false, hours: 48 }
    }
}

/// What has to be justified by a legal document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DocumentPolicy {
    /// Whether a create and a change of registrant are, of registrars that are not exempt.
    pub required: bool,
}

/// Lengths, in days, of the periods of a domain's life (RFC 3915 §3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LifePolicy {
    /// Add grace period.
    pub add_grace_days: u32,
    /// Renew grace period.
    pub renew_grace_days: u32,
    /// Auto-renew grace period.
    pub auto_renew_grace_days: u32,
    /// Transfer grace period.
    pub transfer_grace_days: u32,
    /// Redemption period; 0 deletes at once.
    pub redemption_days: u32,
    /// How long a restore may wait for its report.
    pub pending_restore_days: u32,
    /// Between the redemption period and the purge.
    pub pending_delete_days: u32,
    /// How long a transfer waits for an answer before it is approved; 0 approves it at once.
    pub transfer_pending_days: u32,
    /// Days after create in which a transfer is refused.
    pub transfer_lock_days: u32,
    /// Whether a status that prohibits updates prohibits transfers, too.
    pub update_lock_transfers: bool,
    /// What happens at the end of a registration.
    pub at_expiry: AtExpiry,
    /// From the end of a registration that lapses to its being taken out of the zone.
    pub hold_after_days: u32,
    /// How long a registration that has ended can be renewed, where it lapses.
    pub lapse_days: u32,
}

/// What happens to a domain at the end of its registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AtExpiry {
    /// It is deleted, as if its registrar had done it then.
    Delete,
    /// It stays, can be renewed for `lapse_days`, and then is gone.
    AwaitRenewal,
    /// It is out of the zone after `hold_after_days`, and is deleted at the end of the redemption period that begins then; until
    /// that its registrar may renew it.
    Lapse,
    /// It is renewed for a year, and its registrar pays.
    Renew,
}

impl Default for LifePolicy {
    fn default() -> Self {
        Self {
            add_grace_days: 5,
            renew_grace_days: 5,
            auto_renew_grace_days: 45,
            transfer_grace_days: 5,
            redemption_days: 30,
            pending_restore_days: 7,
            pending_delete_days: 5,
            transfer_pending_days: 5,
            transfer_lock_days: 0,
            update_lock_transfers: false,
            at_expiry: AtExpiry::Renew,
            hold_after_days: 15,
            lapse_days: 90,
        }
    }
}

/// A label that costs what a tier costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Premium {
    /// The label, in its canonical form (A-label).
    pub label: String,
    /// The tier, which some price list names.
    pub tier: String,
}

/// What the operations on names of a tier cost, in the smallest unit of a currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceList {
    /// The tier; `standard` for all names that are not premium.
    #[serde(default = "standard")]
    pub tier: String,
    /// The currency.
    pub currency: Currency,
    /// A registration.
    pub create: Price,
    /// A renewal, by whomever.
    pub renew: Price,
    /// A transfer.
    pub transfer: Price,
    /// A registration or renewal for so many months, where the TLD takes such terms.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub months: BTreeMap<u8, i64>,
    /// A restore, without the year that an expired name needs.
    #[serde(default)]
    pub restore: i64,
    /// A change.
    #[serde(default)]
    pub update: i64,
    /// Whether a create must say that it knows the price (RFC 8748 §4).
    #[serde(default)]
    pub agreement_required: bool,
}

/// What a number of years costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Price {
    /// So much for each year.
    PerYear(i64),
    /// In all: for one year, for two, and so on.
    Totals(Vec<i64>),
}

impl Price {
    /// What `years` cost in all; none where the list has a gap or the sum is too great.
    pub fn of(&self, years: u8) -> Option<i64> {
        match self {
            Self::PerYear(price) => price.checked_mul(years.into()),
            Self::Totals(totals) => totals.get(usize::from(years).checked_sub(1)?).copied(),
        }
    }
}

/// The tier of names that are not premium (RFC 8748 §3.7).
pub const STANDARD: &str = "standard";

fn standard() -> String {
    STANDARD.to_owned()
}

/// A phase of a TLD's launch (RFC 8334 §2.3), of those that need no trademark clearing house.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LaunchPhase {
    /// Names go to whoever comes first and says that it is the landrush.
    Landrush,
    /// General availability.
    #[default]
    Open,
}

impl LaunchPhase {
    /// Reads the spelling on the wire.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Landrush, Self::Open].into_iter().find(|phase| phase.as_str() == text)
    }

    /// The spelling on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Landrush => "landrush",
            Self::Open => "open",
        }
    }
}
