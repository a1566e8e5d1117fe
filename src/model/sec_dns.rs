//! DNSSEC data of a delegation (RFC 5910): DS records or keys, and what an update makes of them (§5.2.5).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::octets;

/// A DNSKEY (RFC 5910 §4.2, RFC 4034 §2).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeyData {
    /// 257 for a key-signing key, 256 for a zone-signing key.
    pub flags: u16,
    /// Always 3 in a key that validates.
    pub protocol: u8,
    /// The algorithm's number (RFC 4034 Appendix A.1).
    #[serde(rename = "alg")]
    pub algorithm: u8,
    /// The key as the algorithm writes it.
    #[serde(rename = "key", with = "octets::base64")]
    pub public_key: Vec<u8>,
}

impl KeyData {
    /// The key tag (RFC 4034 Appendix B; B.1 for algorithm 1).
    pub fn key_tag(&self) -> u16 {
        if self.algorithm == RSA_MD5 {
            return match self.public_key.as_slice() {
                [.., high, low, _] => u16::from_be_bytes([*high, *low]),
                _ => 0,
            };
        }
        let [high, low] = self.flags.to_be_bytes();
        let rdata =
            [high, low, self.protocol, self.algorithm].into_iter().chain(self.public_key.iter().copied());
        // 64 bits hold the sum of any key that fits into memory.
        let sum: u64 =
            rdata.enumerate().map(|(i, octet)| u64::from(octet) << if i % 2 == 0 { 8 } else { 0 }).sum();
        ((sum + ((sum >> 16) & 0xFFFF)) & 0xFFFF) as u16
    }
}

/// A DS record (RFC 5910 §4.1, RFC 4034 §5).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DsData {
    /// The tag of the key that it points at.
    #[serde(rename = "tag")]
    pub key_tag: u16,
    /// That key's algorithm.
    #[serde(rename = "alg")]
    pub algorithm: u8,
    /// 1 SHA-1, 2 SHA-256, 4 SHA-384.
    #[serde(rename = "type")]
    pub digest_type: u8,
    /// The digest.
    #[serde(with = "octets::hex")]
    pub digest: Vec<u8>,
    /// The key that it was made from, if the client sent it. It does not tell two records apart.
    #[serde(rename = "key", default, skip_serializing_if = "Option::is_none")]
    pub key_data: Option<KeyData>,
}

impl DsData {
    /// Whether both are the same record: the four fields that RFC 5910 §5.2.5 identifies one by.
    pub fn is_same_record(&self, other: &Self) -> bool {
        (self.key_tag, self.algorithm, self.digest_type, &self.digest)
            == (other.key_tag, other.algorithm, other.digest_type, &other.digest)
    }

    /// Checks the digest's length against its type, and the tag and algorithm against the key where one was
    /// sent. Whether a TLD asks for it is the TLD's policy: the RFC's own examples fail it.
    ///
    /// # Errors
    /// [`SecDnsError::DigestLength`] or [`SecDnsError::KeyMismatch`].
    pub fn check(&self) -> Result<(), SecDnsError> {
        if let Some(expected) = digest_len(self.digest_type).filter(|expected| *expected != self.digest.len())
        {
            return Err(SecDnsError::DigestLength {
                digest_type: self.digest_type,
                expected,
                found: self.digest.len(),
            });
        }
        let matches = |key: &KeyData| (key.key_tag(), key.algorithm) == (self.key_tag, self.algorithm);
        if self.key_data.as_ref().is_some_and(|key| !matches(key)) {
            return Err(SecDnsError::KeyMismatch { key_tag: self.key_tag });
        }
        Ok(())
    }
}

/// The octets of a digest of that type; none for a type that we do not know.
pub fn digest_len(digest_type: u8) -> Option<usize> {
    match digest_type {
        1 => Some(20),
        2 | 3 => Some(32),
        4 => Some(48),
        _ => None,
    }
}

/// Records of one form; the two are never mixed (RFC 5910 §4). An empty list is [`Records::None`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Records {
    /// The delegation is not signed.
    #[default]
    None,
    /// The DS Data Interface.
    Ds(Vec<DsData>),
    /// The Key Data Interface.
    Key(Vec<KeyData>),
}

impl Records {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Ds(records) => records.len(),
            Self::Key(records) => records.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn without(self, gone: &Self) -> Result<Self, SecDnsError> {
        let left = match (self, gone) {
            (records, gone) if gone.is_empty() => records,
            (Self::Ds(records), Self::Ds(gone)) => Self::Ds(without(records, gone, DsData::is_same_record)?),
            (Self::Key(records), Self::Key(gone)) => Self::Key(without(records, gone, KeyData::eq)?),
            (records, _) if records.is_empty() => return Err(SecDnsError::NotThere { position: 0 }),
            _ => return Err(SecDnsError::MixedForms),
        };
        Ok(if left.is_empty() { Self::None } else { left })
    }

    fn with(self, new: &Self) -> Result<Self, SecDnsError> {
        Ok(match (self, new) {
            (records, new) if new.is_empty() => records,
            (Self::Ds(records), Self::Ds(new)) => Self::Ds(with(records, new, DsData::is_same_record)?),
            (Self::Key(records), Self::Key(new)) => Self::Key(with(records, new, KeyData::eq)?),
            (records, Self::Ds(new)) if records.is_empty() => {
                Self::Ds(with(Vec::new(), new, DsData::is_same_record)?)
            }
            (records, Self::Key(new)) if records.is_empty() => Self::Key(with(Vec::new(), new, KeyData::eq)?),
            _ => return Err(SecDnsError::MixedForms),
        })
    }
}

/// What a domain says about its signing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SecDns {
    /// The child's preference for the life of the parent's signature, in seconds; at least 1 (RFC 5910 §3.3).
    #[serde(rename = "life", default, skip_serializing_if = "Option::is_none")]
    pub max_sig_life: Option<u32>,
    /// The records.
    #[serde(default)]
    pub records: Records,
}

/// What an update takes away.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Removal {
    /// Nothing: no `<rem>`, or `<all>false</all>`.
    #[default]
    Nothing,
    /// `<all>true</all>`.
    All,
    /// These records.
    These(Records),
}

/// A `<secDNS:update>` (RFC 5910 §5.2.5). The default changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SecDnsUpdate {
    /// Applied first.
    pub removal: Removal,
    /// Applied to what is left.
    pub addition: Records,
    /// The new preference, in seconds; none leaves the old one.
    pub max_sig_life: Option<u32>,
}

impl SecDns {
    /// A delegation's first data, each record once.
    ///
    /// # Errors
    /// As [`SecDns::apply`].
    pub fn new(records: &Records, max_sig_life: Option<u32>) -> Result<Self, SecDnsError> {
        Self::default().apply(&SecDnsUpdate {
            removal: Removal::Nothing,
            addition: records.clone(),
            max_sig_life,
        })
    }

    /// What the update makes of it: removals first, then additions, then the preference. Removing all and adding
    /// in one update is how a client changes from one form to the other.
    ///
    /// # Errors
    /// [`SecDnsError::NotThere`], [`SecDnsError::Duplicate`], [`SecDnsError::MixedForms`] or
    /// [`SecDnsError::MaxSigLife`]; nothing is applied in part.
    pub fn apply(&self, update: &SecDnsUpdate) -> Result<Self, SecDnsError> {
        if update.max_sig_life.is_some_and(|life| !(1..=MAX_SIG_LIFE).contains(&life)) {
            return Err(SecDnsError::MaxSigLife);
        }
        let left = match &update.removal {
            Removal::Nothing => self.records.clone(),
            Removal::All => Records::None,
            Removal::These(gone) => self.records.clone().without(gone)?,
        };
        Ok(Self {
            max_sig_life: update.max_sig_life.or(self.max_sig_life),
            records: left.with(&update.addition)?,
        })
    }
}

/// Why DNSSEC data cannot be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecDnsError {
    /// The record to remove, counted from 0 among those to remove, is not there (or was named twice).
    NotThere {
        /// Its place in the removal.
        position: usize,
    },
    /// The record to add, counted from 0 among those to add, is there already.
    Duplicate {
        /// Its place in the addition.
        position: usize,
    },
    /// DS records and keys together (RFC 5910 §4).
    MixedForms,
    /// `maxSigLife` is not 1–2147483647 seconds.
    MaxSigLife,
    /// The digest has not the length of its type.
    DigestLength {
        /// The digest type.
        digest_type: u8,
        /// Octets that the type has.
        expected: usize,
        /// Octets that were given.
        found: usize,
    },
    /// The DS record has another key tag or algorithm than the key sent with it.
    KeyMismatch {
        /// The DS record's tag.
        key_tag: u16,
    },
}

impl fmt::Display for SecDnsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThere { position } => write!(f, "record {} to remove is not there", position + 1),
            Self::Duplicate { position } => write!(f, "record {} to add is there already", position + 1),
            Self::MixedForms => f.write_str("dsData and keyData cannot be mixed"),
            Self::MaxSigLife => write!(f, "maxSigLife is 1 to {MAX_SIG_LIFE} seconds"),
            Self::DigestLength { digest_type, expected, found } => {
                write!(f, "a digest of type {digest_type} has {expected} octets, not {found}")
            }
            Self::KeyMismatch { key_tag } => {
                write!(f, "the DS record {key_tag} does not belong to its keyData")
            }
        }
    }
}

impl std::error::Error for SecDnsError {}

fn without<T>(mut records: Vec<T>, gone: &[T], same: fn(&T, &T) -> bool) -> Result<Vec<T>, SecDnsError> {
    for (position, record) in gone.iter().enumerate() {
        let at = records.iter().position(|there| same(there, record));
        records.remove(at.ok_or(SecDnsError::NotThere { position })?);
    }
    Ok(records)
}

fn with<T: Clone>(mut records: Vec<T>, new: &[T], same: fn(&T, &T) -> bool) -> Result<Vec<T>, SecDnsError> {
    for (position, record) in new.iter().enumerate() {
        if records.iter().any(|there| same(there, record)) {
            return Err(SecDnsError::Duplicate { position });
        }
        records.push(record.clone());
    }
    Ok(records)
}

/// RSA/MD5, whose key tag is a piece of the modulus.
const RSA_MD5: u8 = 1;
/// The schema's `int` ends here.
const MAX_SIG_LIFE: u32 = i32::MAX as u32;

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn ds(key_tag: u16) -> DsData {
        DsData { key_tag, algorithm: 13, digest_type: 2, digest: vec![7; 32], key_data: None }
    }

    fn key(flags: u16) -> KeyData {
        KeyData { flags, protocol: 3, algorithm: 8, public_key: vec![1, 2, 3] }
    }

    fn update(removal: Removal, addition: Records) -> SecDnsUpdate {
        SecDnsUpdate { removal, addition, max_sig_life: None }
    }

    #[test]
    fn key_tags_of_known_keys() {
        // RFC 4034 §5.4 (dskey.example.com) and RFC 6605 §6.1, §6.2.
        let dskey = "AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvx\
                     egXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==";
        let p256 = "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==";
        let p384 = "xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8/uX45NBwY8rp65F\
                    6Glur8I/mlVNgF6W/qTI37m40";
        for (flags, algorithm, text, tag) in
            [(256, 5, dskey, 60485), (257, 13, p256, 55648), (257, 14, p384, 10771)]
        {
            let public_key = octets::from_base64(text).unwrap();
            assert_eq!(KeyData { flags, protocol: 3, algorithm, public_key }.key_tag(), tag);
        }
        let md5 =
            |public_key: Vec<u8>| KeyData { flags: 257, protocol: 3, algorithm: 1, public_key }.key_tag();
        assert_eq!(md5(vec![1, 2, 3, 4]), 0x0203);
        assert_eq!(md5(vec![1, 2]), 0);
    }

    #[test]
    fn digests_have_the_length_of_their_type() {
        for (digest_type, len, good) in [
            (1, 20, true),
            (2, 32, true),
            (4, 48, true),
            (1, 10, false),
            (2, 20, false),
            (4, 0, false),
            (200, 5, true),
        ] {
            let record = DsData { digest_type, digest: vec![0; len], ..ds(1) };
            assert_eq!(record.check().is_ok(), good, "{digest_type} {len}");
        }
        let with_key = |tag| DsData { algorithm: 8, key_data: Some(key(257)), ..ds(tag) };
        assert_eq!(with_key(key(257).key_tag()).check(), Ok(()));
        assert_eq!(with_key(9).check(), Err(SecDnsError::KeyMismatch { key_tag: 9 }));
    }

    #[test]
    fn removals_come_first() {
        let signed = SecDns::new(&Records::Ds(vec![ds(1), ds(2)]), Some(600)).unwrap();
        let rolled =
            signed.apply(&update(Removal::These(Records::Ds(vec![ds(1)])), Records::Ds(vec![ds(1), ds(3)])));
        assert_eq!(rolled.unwrap().records, Records::Ds(vec![ds(2), ds(1), ds(3)]));
        let changed = signed.apply(&update(Removal::All, Records::Key(vec![key(257)]))).unwrap();
        assert_eq!((changed.records, changed.max_sig_life), (Records::Key(vec![key(257)]), Some(600)));
        let gone =
            signed.apply(&update(Removal::These(Records::Ds(vec![ds(2), ds(1)])), Records::None)).unwrap();
        assert_eq!(gone.records, Records::None);
        assert_eq!(signed.apply(&SecDnsUpdate::default()).unwrap(), signed);
    }

    #[test]
    fn the_key_sent_along_does_not_tell_records_apart() {
        let with_key = DsData { key_data: Some(key(257)), ..ds(1) };
        let signed = SecDns::new(&Records::Ds(vec![with_key.clone()]), None).unwrap();
        assert!(
            signed
                .apply(&update(Removal::These(Records::Ds(vec![ds(1)])), Records::None))
                .unwrap()
                .records
                .is_empty()
        );
        let twice = SecDns::new(&Records::Ds(vec![ds(1), with_key]), None);
        assert_eq!(twice, Err(SecDnsError::Duplicate { position: 1 }));
    }

    #[test]
    fn updates_that_cannot_be() {
        let signed = SecDns::new(&Records::Ds(vec![ds(1)]), None).unwrap();
        let (ds_records, keys) = (
            |tags: &[u16]| Records::Ds(tags.iter().map(|tag| ds(*tag)).collect()),
            Records::Key(vec![key(257)]),
        );
        for (change, error) in [
            (update(Removal::These(ds_records(&[2])), Records::None), SecDnsError::NotThere { position: 0 }),
            (
                update(Removal::These(ds_records(&[1, 1])), Records::None),
                SecDnsError::NotThere { position: 1 },
            ),
            (update(Removal::These(keys.clone()), Records::None), SecDnsError::MixedForms),
            (update(Removal::Nothing, ds_records(&[2, 1])), SecDnsError::Duplicate { position: 1 }),
            (update(Removal::Nothing, keys.clone()), SecDnsError::MixedForms),
            (SecDnsUpdate { max_sig_life: Some(0), ..SecDnsUpdate::default() }, SecDnsError::MaxSigLife),
            (
                SecDnsUpdate { max_sig_life: Some(1 << 31), ..SecDnsUpdate::default() },
                SecDnsError::MaxSigLife,
            ),
        ] {
            assert_eq!(signed.apply(&change), Err(error));
        }
        let unsigned = SecDns::default();
        let removal = update(Removal::These(keys), Records::None);
        assert_eq!(unsigned.apply(&removal), Err(SecDnsError::NotThere { position: 0 }));
    }

    #[test]
    fn the_stored_form_is_stable() {
        let record = DsData {
            key_tag: 12345,
            algorithm: 3,
            digest_type: 1,
            digest: vec![0x49, 0xFD],
            key_data: Some(key(257)),
        };
        let signed = SecDns { max_sig_life: Some(604_800), records: Records::Ds(vec![record]) };
        let stored = r#"{"life":604800,"records":{"ds":[{"tag":12345,"alg":3,"type":1,"digest":"49FD","key":{"flags":257,"protocol":3,"alg":8,"key":"AQID"}}]}}"#;
        assert_eq!(serde_json::to_string(&signed).unwrap(), stored);
        assert_eq!(serde_json::from_str::<SecDns>(stored).unwrap(), signed);
        assert_eq!(serde_json::from_str::<SecDns>("{}").unwrap(), SecDns::default());
    }

    prop_compose! {
        fn some_ds()(key_tag in 0_u16..6, digest in vec(0_u8..2, 0..3), with_key in any::<bool>()) -> DsData {
            DsData { key_tag, algorithm: 13, digest_type: 2, digest, key_data: with_key.then(|| key(257)) }
        }
    }

    proptest! {
        #[test]
        fn what_was_added_can_be_removed(old in vec(some_ds(), 0..6), new in vec(some_ds(), 0..6)) {
            let Ok(before) = SecDns::new(&Records::Ds(old), None) else { return Ok(()) };
            if let Ok(after) = before.apply(&update(Removal::Nothing, Records::Ds(new.clone()))) {
                prop_assert_eq!(after.records.len(), before.records.len() + new.len());
                let back = after.apply(&update(Removal::These(Records::Ds(new)), Records::None));
                prop_assert_eq!(back.as_ref(), Ok(&before));
                let json = serde_json::to_string(&after).unwrap();
                prop_assert_eq!(serde_json::from_str::<SecDns>(&json).unwrap(), after);
            }
        }

        #[test]
        fn the_key_tag_of_any_key_is_computed(flags in any::<u16>(), algorithm in 0_u8..4, public_key in any::<Vec<u8>>()) {
            let key = KeyData { flags, protocol: 3, algorithm, public_key };
            if algorithm != RSA_MD5 && key.public_key.len().is_multiple_of(2) {
                // One zero octet more is one more term of zero.
                let longer = KeyData { public_key: [key.public_key.as_slice(), &[0]].concat(), ..key.clone() };
                prop_assert_eq!(longer.key_tag(), key.key_tag());
            }
            key.key_tag();
        }
    }
}
