//! Statuses of domains (RFC 5731 §2.3), hosts (RFC 5732 §2.3) and contacts (RFC 5733 §2.2).
//!
//! What is *set* on an object (by its client or by the server) is kept; what *follows* from the rest (`ok`,
//! `inactive`, `linked`, the pending ones) is worked out when it is shown, so it cannot go stale.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The transform commands that a status can forbid or show as pending (RFC 5730 §2.9.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Transform {
    /// `<create>`
    Create,
    /// `<delete>`
    Delete,
    /// `<renew>`
    Renew,
    /// `<transfer>`
    Transfer,
    /// `<update>`
    Update,
}

/// What a status says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// `ok`: nothing pending, nothing prohibited.
    Normal,
    /// `inactive`: a domain without name servers.
    Inactive,
    /// `linked`: a contact or host that another object names.
    Linked,
    /// `clientHold`, `serverHold`: not published.
    Hold,
    /// The command is refused.
    Prohibited(Transform),
    /// The command waits to be completed.
    Pending(Transform),
}

/// A closed set of statuses with its wire spellings, in the order of its schema.
pub trait Status: Copy + Ord + fmt::Debug + 'static {
    /// Every status, in the order of the RFC's schema, which is also `Ord`'s.
    const ALL: &'static [Self];

    /// The spelling on the wire.
    fn as_str(self) -> &'static str;

    /// What it says.
    fn meaning(self) -> Meaning;

    /// Reads the spelling on the wire.
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|status| status.as_str() == text)
    }

    /// Whether the sponsoring client sets and removes it.
    fn is_client(self) -> bool {
        self.as_str().starts_with("client")
    }

    /// Whether the server sets and removes it, beside what follows by itself.
    fn is_server(self) -> bool {
        self.as_str().starts_with("server")
    }

    /// The status of this object that says `meaning`, set by the server or following by itself.
    fn saying(meaning: Meaning) -> Option<Self> {
        Self::ALL.iter().copied().find(|status| !status.is_client() && status.meaning() == meaning)
    }

    /// Whether the RFC forbids both at once. A status never conflicts with itself.
    fn conflicts_with(self, other: Self) -> bool {
        match (self.meaning(), other.meaning()) {
            _ if self == other => false,
            (Meaning::Normal, Meaning::Linked) | (Meaning::Linked, Meaning::Normal) => false,
            (Meaning::Normal, _) | (_, Meaning::Normal) => true,
            (Meaning::Pending(_), Meaning::Pending(_)) => true,
            (Meaning::Pending(pending), Meaning::Prohibited(prohibited))
            | (Meaning::Prohibited(prohibited), Meaning::Pending(pending)) => pending == prohibited,
            _ => false,
        }
    }
}

macro_rules! statuses {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $wire:literal : $meaning:expr,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = concat!("`", $wire, "`")] $variant,)+
        }

        impl Status for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $wire,)+
                }
            }

            fn meaning(self) -> Meaning {
                match self {
                    $(Self::$variant => $meaning,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

statuses! {
    /// Statuses of a domain (RFC 5731 §2.3).
    DomainStatus {
        ClientDeleteProhibited = "clientDeleteProhibited": Meaning::Prohibited(Transform::Delete),
        ClientHold = "clientHold": Meaning::Hold,
        ClientRenewProhibited = "clientRenewProhibited": Meaning::Prohibited(Transform::Renew),
        ClientTransferProhibited = "clientTransferProhibited": Meaning::Prohibited(Transform::Transfer),
        ClientUpdateProhibited = "clientUpdateProhibited": Meaning::Prohibited(Transform::Update),
        Inactive = "inactive": Meaning::Inactive,
        Ok = "ok": Meaning::Normal,
        PendingCreate = "pendingCreate": Meaning::Pending(Transform::Create),
        PendingDelete = "pendingDelete": Meaning::Pending(Transform::Delete),
        PendingRenew = "pendingRenew": Meaning::Pending(Transform::Renew),
        PendingTransfer = "pendingTransfer": Meaning::Pending(Transform::Transfer),
        PendingUpdate = "pendingUpdate": Meaning::Pending(Transform::Update),
        ServerDeleteProhibited = "serverDeleteProhibited": Meaning::Prohibited(Transform::Delete),
        ServerHold = "serverHold": Meaning::Hold,
        ServerRenewProhibited = "serverRenewProhibited": Meaning::Prohibited(Transform::Renew),
        ServerTransferProhibited = "serverTransferProhibited": Meaning::Prohibited(Transform::Transfer),
        ServerUpdateProhibited = "serverUpdateProhibited": Meaning::Prohibited(Transform::Update),
    }
}

statuses! {
    /// Statuses of a contact (RFC 5733 §2.2).
    ContactStatus {
        ClientDeleteProhibited = "clientDeleteProhibited": Meaning::Prohibited(Transform::Delete),
        ClientTransferProhibited = "clientTransferProhibited": Meaning::Prohibited(Transform::Transfer),
        ClientUpdateProhibited = "clientUpdateProhibited": Meaning::Prohibited(Transform::Update),
        Linked = "linked": Meaning::Linked,
        Ok = "ok": Meaning::Normal,
        PendingCreate = "pendingCreate": Meaning::Pending(Transform::Create),
        PendingDelete = "pendingDelete": Meaning::Pending(Transform::Delete),
        PendingTransfer = "pendingTransfer": Meaning::Pending(Transform::Transfer),
        PendingUpdate = "pendingUpdate": Meaning::Pending(Transform::Update),
        ServerDeleteProhibited = "serverDeleteProhibited": Meaning::Prohibited(Transform::Delete),
        ServerTransferProhibited = "serverTransferProhibited": Meaning::Prohibited(Transform::Transfer),
        ServerUpdateProhibited = "serverUpdateProhibited": Meaning::Prohibited(Transform::Update),
    }
}

statuses! {
    /// Statuses of a host (RFC 5732 §2.3).
    HostStatus {
        ClientDeleteProhibited = "clientDeleteProhibited": Meaning::Prohibited(Transform::Delete),
        ClientUpdateProhibited = "clientUpdateProhibited": Meaning::Prohibited(Transform::Update),
        Linked = "linked": Meaning::Linked,
        Ok = "ok": Meaning::Normal,
        PendingCreate = "pendingCreate": Meaning::Pending(Transform::Create),
        PendingDelete = "pendingDelete": Meaning::Pending(Transform::Delete),
        PendingTransfer = "pendingTransfer": Meaning::Pending(Transform::Transfer),
        PendingUpdate = "pendingUpdate": Meaning::Pending(Transform::Update),
        ServerDeleteProhibited = "serverDeleteProhibited": Meaning::Prohibited(Transform::Delete),
        ServerUpdateProhibited = "serverUpdateProhibited": Meaning::Prohibited(Transform::Update),
    }
}

/// Why a status was set, for people (the text and `lang` of a `<status>`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rationale {
    #[serde(skip_serializing_if = "Option::is_none")]
    lang: Option<String>,
    text: String,
}

impl Rationale {
    /// A rationale; `lang` absent means English (the schema's default).
    ///
    /// # Errors
    /// [`RationaleError`] for an empty or overlong text, or a `lang` that is no language tag in form.
    pub fn new(lang: Option<String>, text: String) -> Result<Self, RationaleError> {
        if text.is_empty() || text.chars().count() > MAX_TEXT || text.chars().any(char::is_control) {
            return Err(RationaleError::Text);
        }
        let is_tag = |lang: &String| {
            lang.len() <= MAX_LANG
                && lang.split('-').all(|part| {
                    matches!(part.len(), 1..=8) && part.bytes().all(|b| b.is_ascii_alphanumeric())
                })
        };
        if lang.as_ref().is_some_and(|lang| !is_tag(lang)) {
            return Err(RationaleError::Lang);
        }
        Ok(Self { lang, text })
    }

    /// The language tag, if one was given.
    pub fn lang(&self) -> Option<&str> {
        self.lang.as_deref()
    }

    /// The text: 1–255 characters.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Why a text is no [`Rationale`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RationaleError {
    /// Empty, longer than 255 characters, or with control characters.
    Text,
    /// Not a language tag in form (RFC 5646).
    Lang,
}

impl fmt::Display for RationaleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => write!(f, "the text of a status is 1 to {MAX_TEXT} characters on one line"),
            Self::Lang => f.write_str("lang is not a language tag"),
        }
    }
}

impl std::error::Error for RationaleError {}

/// Statuses in the order of the RFC's schema, each with its rationale if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusSet<S: Status> {
    statuses: BTreeMap<S, Option<Rationale>>,
}

/// What [`StatusSet::effective`] cannot know from the statuses that were set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// A domain: it has name servers. A contact or host: an object names it.
    pub associated: bool,
    /// The command that waits to be completed.
    pub pending: Option<Transform>,
}

impl<S: Status> StatusSet<S> {
    /// A set of nothing.
    pub fn new() -> Self {
        Self { statuses: BTreeMap::new() }
    }

    /// Adds a status, or gives the one that is there another rationale. Returns whether it is new.
    pub fn insert(&mut self, status: S, rationale: Option<Rationale>) -> bool {
        self.statuses.insert(status, rationale).is_none()
    }

    /// Takes a status away. Returns whether it was there.
    pub fn remove(&mut self, status: S) -> bool {
        self.statuses.remove(&status).is_some()
    }

    /// Whether the status is there.
    pub fn contains(&self, status: S) -> bool {
        self.statuses.contains_key(&status)
    }

    /// Whether nothing is there.
    pub fn is_empty(&self) -> bool {
        self.statuses.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.statuses.len()
    }

    /// Each status with its rationale, in the schema's order.
    pub fn iter(&self) -> impl Iterator<Item = (S, Option<&Rationale>)> {
        self.statuses.iter().map(|(status, rationale)| (*status, rationale.as_ref()))
    }

    /// The first status that forbids the command, the client's before the server's.
    pub fn prohibiting(&self, transform: Transform) -> Option<S> {
        self.statuses.keys().copied().find(|status| status.meaning() == Meaning::Prohibited(transform))
    }

    /// Whether a hold keeps the object out of the DNS.
    pub fn is_held(&self) -> bool {
        self.statuses.keys().any(|status| status.meaning() == Meaning::Hold)
    }

    /// The first pair that the RFC forbids to stand together.
    pub fn conflict(&self) -> Option<(S, S)> {
        let mut rest = self.statuses.keys();
        while let Some(first) = rest.next() {
            if let Some(second) = rest.clone().find(|second| first.conflicts_with(**second)) {
                return Some((*first, *second));
            }
        }
        None
    }

    /// The statuses that the object shows: those set by client and server, with what follows from them and
    /// from `facts`. Never empty, never in conflict.
    ///
    /// A prohibition of the very command that is pending is left out: the server has overridden it (an expired
    /// domain is deleted in spite of `clientDeleteProhibited`), and the RFC forbids showing both. A command that
    /// this kind of object cannot have pending is ignored.
    pub fn effective(&self, facts: Facts) -> Self {
        let pending = facts.pending.and_then(|transform| S::saying(Meaning::Pending(transform)));
        let keeps = |status: S| {
            (status.is_client() || status.is_server())
                && !pending.is_some_and(|pending| pending.conflicts_with(status))
        };
        let mut shown = Self::new();
        for (status, rationale) in self.iter().filter(|(status, _)| keeps(*status)) {
            shown.insert(status, rationale.cloned());
        }
        let inactive = S::saying(Meaning::Inactive).filter(|_| !facts.associated);
        for status in pending.into_iter().chain(inactive) {
            shown.insert(status, None);
        }
        if let Some(ok) = S::saying(Meaning::Normal).filter(|_| shown.is_empty()) {
            shown.insert(ok, None);
        }
        if let Some(linked) = S::saying(Meaning::Linked).filter(|_| facts.associated) {
            shown.insert(linked, None);
        }
        shown
    }
}

impl<S: Status> Default for StatusSet<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Status> FromIterator<S> for StatusSet<S> {
    fn from_iter<I: IntoIterator<Item = S>>(statuses: I) -> Self {
        Self { statuses: statuses.into_iter().map(|status| (status, None)).collect() }
    }
}

impl<S: Status> Serialize for StatusSet<S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer
            .collect_seq(self.iter().map(|(status, rationale)| Stored { s: status.as_str(), rationale }))
    }
}

impl<'de, S: Status> Deserialize<'de> for StatusSet<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut set = Self::new();
        for stored in Vec::<Read>::deserialize(deserializer)? {
            let status = S::parse(&stored.s)
                .ok_or_else(|| serde::de::Error::custom(format_args!("no such status: {:.32}", stored.s)))?;
            let rationale = stored.text.map(|text| Rationale::new(stored.lang, text)).transpose();
            set.insert(status, rationale.map_err(serde::de::Error::custom)?);
        }
        Ok(set)
    }
}

#[derive(Serialize)]
struct Stored<'a> {
    s: &'static str,
    #[serde(flatten)]
    rationale: Option<&'a Rationale>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    s: String,
    lang: Option<String>,
    text: Option<String>,
}

/// Characters of a rationale; the schema sets no bound.
const MAX_TEXT: usize = 255;
/// Characters of a language tag (RFC 5646 §4.4.1).
const MAX_LANG: usize = 35;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};

    use super::*;

    #[test]
    fn the_forbidden_pairs_of_rfc_5731() {
        use DomainStatus as D;
        let conflict = |statuses: &[D]| statuses.iter().copied().collect::<StatusSet<D>>().conflict();
        for (a, b) in [
            (D::ClientDeleteProhibited, D::PendingDelete),
            (D::PendingDelete, D::ServerDeleteProhibited),
            (D::ClientRenewProhibited, D::PendingRenew),
            (D::PendingTransfer, D::ServerTransferProhibited),
            (D::ClientUpdateProhibited, D::PendingUpdate),
            (D::PendingCreate, D::PendingTransfer),
            (D::Inactive, D::Ok),
            (D::ClientHold, D::Ok),
        ] {
            assert_eq!(conflict(&[b, a]), Some((a, b)));
        }
        let harmless = [
            D::PendingDelete,
            D::ServerHold,
            D::Inactive,
            D::ClientTransferProhibited,
            D::ServerUpdateProhibited,
        ];
        assert_eq!(conflict(&harmless), None);
    }

    #[test]
    fn what_follows_from_the_facts() {
        let shown = |set: &[DomainStatus], associated, pending| -> Vec<&str> {
            let set: StatusSet<_> = set.iter().copied().collect();
            set.effective(Facts { associated, pending }).iter().map(|(status, _)| status.as_str()).collect()
        };
        let delete_prohibited = [DomainStatus::ClientDeleteProhibited];
        assert_eq!(shown(&[], true, None), ["ok"]);
        assert_eq!(shown(&[], false, None), ["inactive"]);
        assert_eq!(shown(&[], true, Some(Transform::Transfer)), ["pendingTransfer"]);
        assert_eq!(shown(&delete_prohibited, true, None), ["clientDeleteProhibited"]);
        assert_eq!(shown(&delete_prohibited, true, Some(Transform::Delete)), ["pendingDelete"]);

        let contact = StatusSet::<ContactStatus>::new();
        let shown = |associated, pending| -> Vec<&str> {
            contact
                .effective(Facts { associated, pending })
                .iter()
                .map(|(status, _)| status.as_str())
                .collect()
        };
        assert_eq!(shown(true, None), ["linked", "ok"]);
        assert_eq!(shown(false, None), ["ok"]);
        assert_eq!(shown(true, Some(Transform::Update)), ["linked", "pendingUpdate"]);
        assert_eq!(shown(false, Some(Transform::Renew)), ["ok"]);
    }

    #[test]
    fn the_stored_form_is_stable() {
        let mut set = StatusSet::new();
        let rationale = Rationale::new(Some("en".into()), "Payment overdue.".into()).unwrap();
        assert!(set.insert(HostStatus::ServerUpdateProhibited, None));
        assert!(set.insert(HostStatus::ClientDeleteProhibited, Some(rationale)));
        let stored = r#"[{"s":"clientDeleteProhibited","lang":"en","text":"Payment overdue."},{"s":"serverUpdateProhibited"}]"#;
        assert_eq!(serde_json::to_string(&set).unwrap(), stored);
        assert_eq!(serde_json::from_str::<StatusSet<HostStatus>>(stored).unwrap(), set);
        assert!(serde_json::from_str::<StatusSet<HostStatus>>(r#"[{"s":"clientHold"}]"#).is_err());
    }

    #[test]
    fn a_rationale_is_bounded() {
        for (lang, text) in [
            (None, ""),
            (None, "a\nb"),
            (Some(""), "a"),
            (Some("en US"), "a"),
            (Some("abcdefghi"), "a"),
            (Some("en-"), "a"),
        ] {
            assert!(Rationale::new(lang.map(str::to_owned), text.to_owned()).is_err(), "{lang:?} {text:?}");
        }
        assert!(Rationale::new(Some("zh-Hant-TW".into()), "é".repeat(255)).is_ok());
        assert!(Rationale::new(None, "é".repeat(256)).is_err());
    }

    /// The rules above, over every status of one kind of object.
    fn holds_for<S: Status>(set: StatusSet<S>, facts: Facts) -> Result<(), TestCaseError> {
        let shown = set.effective(facts);
        prop_assert!(!shown.is_empty());
        prop_assert_eq!(shown.conflict(), None);
        prop_assert_eq!(&shown.effective(facts), &shown);
        let order: Vec<_> =
            shown.iter().map(|(status, _)| S::ALL.iter().position(|s| *s == status)).collect();
        prop_assert!(order.is_sorted());
        if facts.pending.is_none() {
            let client = |set: &StatusSet<S>| set.iter().filter(|(s, _)| s.is_client()).count();
            prop_assert_eq!(client(&shown), client(&set));
        }
        let json = serde_json::to_string(&set).unwrap();
        prop_assert_eq!(serde_json::from_str::<StatusSet<S>>(&json).unwrap(), set);
        for status in S::ALL {
            prop_assert_eq!(S::parse(status.as_str()), Some(*status));
            prop_assert_eq!(S::parse(&status.as_str().to_uppercase()), None);
        }
        Ok(())
    }

    fn facts() -> impl Strategy<Value = Facts> {
        let transforms =
            [Transform::Create, Transform::Delete, Transform::Renew, Transform::Transfer, Transform::Update];
        (any::<bool>(), proptest::option::of(select(transforms.to_vec())))
            .prop_map(|(associated, pending)| Facts { associated, pending })
    }

    fn set_of<S: Status>() -> impl Strategy<Value = StatusSet<S>> {
        subsequence(S::ALL, 0..=S::ALL.len()).prop_map(|statuses| statuses.into_iter().collect())
    }

    proptest! {
        #[test]
        fn shown_statuses_never_conflict(
            domain in set_of::<DomainStatus>(), contact in set_of::<ContactStatus>(), host in set_of::<HostStatus>(),
            facts in facts(),
        ) {
            holds_for(domain, facts)?;
            holds_for(contact, facts)?;
            holds_for(host, facts)?;
        }

        #[test]
        fn a_set_conflicts_when_some_pair_does(set in set_of::<DomainStatus>()) {
            let all: Vec<_> = set.iter().map(|(status, _)| status).collect();
            let any = all.iter().any(|a| all.iter().any(|b| a.conflicts_with(*b)));
            prop_assert_eq!(set.conflict().is_some(), any);
        }
    }
}
