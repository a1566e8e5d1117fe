//! Reading secDNS elements by secDNS-1.1.xsd.

use super::URI;
use crate::gateway::epp::decode::{Cursor, Fault, FaultKind, boolean, check_attributes, number, token};
use crate::gateway::xml::Element;
use crate::model::octets::{from_base64, from_hex};
use crate::model::sec_dns::{DsData, KeyData, Records, Removal, SecDns, SecDnsUpdate};

pub(super) fn create(element: Element<'_>) -> Result<SecDns, Fault> {
    let (max_sig_life, records) = ds_or_key(element)?;
    SecDns::new(&records, max_sig_life).map_err(|error| Fault::out_of_range(element, error))
}

pub(super) fn update(element: Element<'_>) -> Result<SecDnsUpdate, Fault> {
    let mut cursor = Cursor::new(element, URI, &["rem", "add", "chg"], &["urgent"])?;
    // Every update takes effect at once, so an urgent one needs nothing more.
    element.attribute("urgent").map(|urgent| boolean(element, urgent)).transpose()?;
    let removal = cursor.optional("rem").map(removal).transpose()?.unwrap_or_default();
    let added = cursor.optional("add").map(ds_or_key).transpose()?;
    let changed = cursor.optional("chg").map(change).transpose()?.flatten();
    cursor.end()?;
    let (life, addition) = added.unwrap_or_default();
    Ok(SecDnsUpdate { removal, addition, max_sig_life: changed.or(life) })
}

/// `remType`.
fn removal(element: Element<'_>) -> Result<Removal, Fault> {
    let mut cursor = Cursor::new(element, URI, &["all", "dsData", "keyData"], &[])?;
    cursor.some("all, dsData or keyData")?;
    if let Some(all) = cursor.optional("all") {
        let all = boolean(all, &token(all)?)?;
        cursor.end()?;
        return Ok(if all { Removal::All } else { Removal::Nothing });
    }
    let records = records(&mut cursor)?;
    cursor.end()?;
    Ok(Removal::These(records))
}

/// `chgType`.
fn change(element: Element<'_>) -> Result<Option<u32>, Fault> {
    let mut cursor = Cursor::new(element, URI, &["maxSigLife"], &[])?;
    let life = cursor.optional("maxSigLife").map(life).transpose()?;
    cursor.end()?;
    Ok(life)
}

/// `dsOrKeyType`.
fn ds_or_key(element: Element<'_>) -> Result<(Option<u32>, Records), Fault> {
    let mut cursor = Cursor::new(element, URI, &["maxSigLife", "dsData", "keyData"], &[])?;
    let life = cursor.optional("maxSigLife").map(life).transpose()?;
    let records = records(&mut cursor)?;
    cursor.end()?;
    Ok((life, records))
}

/// Records of one form, at least one.
fn records(cursor: &mut Cursor<'_>) -> Result<Records, Fault> {
    cursor.some("dsData or keyData")?;
    let keys = cursor.many("keyData");
    if keys.is_empty() {
        let records = cursor.at_least_one("dsData")?.into_iter().map(ds_data);
        return records.collect::<Result<_, _>>().map(Records::Ds);
    }
    keys.into_iter().map(key_data).collect::<Result<_, _>>().map(Records::Key)
}

fn ds_data(element: Element<'_>) -> Result<DsData, Fault> {
    let known = &["keyTag", "alg", "digestType", "digest", "keyData"];
    let mut cursor = Cursor::new(element, URI, known, &[])?;
    let key_tag = short(cursor.required("keyTag")?)?;
    let algorithm = byte(cursor.required("alg")?)?;
    let digest_type = byte(cursor.required("digestType")?)?;
    let digest = cursor.required("digest")?;
    let octets = from_hex(&token(digest)?).filter(|octets| octets.len() <= OCTETS_MAX);
    let octets =
        octets.ok_or_else(|| Fault::malformed(digest, "an even number of hex digits is expected"))?;
    let key_data = cursor.optional("keyData").map(key_data).transpose()?;
    cursor.end()?;
    Ok(DsData { key_tag, algorithm, digest_type, digest: octets, key_data })
}

fn key_data(element: Element<'_>) -> Result<KeyData, Fault> {
    let mut cursor = Cursor::new(element, URI, &["flags", "protocol", "alg", "pubKey"], &[])?;
    let flags = short(cursor.required("flags")?)?;
    let protocol = byte(cursor.required("protocol")?)?;
    let algorithm = byte(cursor.required("alg")?)?;
    let key = cursor.required("pubKey")?;
    let public_key = from_base64(&token(key)?).ok_or_else(|| Fault::malformed(key, "base64 is expected"))?;
    if public_key.is_empty() || public_key.len() > OCTETS_MAX {
        return Err(Fault::out_of_range(key, format_args!("1 to {OCTETS_MAX} octets are expected")));
    }
    cursor.end()?;
    Ok(KeyData { flags, protocol, algorithm, public_key })
}

fn life(element: Element<'_>) -> Result<u32, Fault> {
    check_attributes(element, &[])?;
    number(element, 1, i32::MAX.unsigned_abs())
}

fn short(element: Element<'_>) -> Result<u16, Fault> {
    let value = number(element, 0, u16::MAX.into())?;
    u16::try_from(value).map_err(|_| Fault::at(element, FaultKind::Unexpected))
}

fn byte(element: Element<'_>) -> Result<u8, Fault> {
    let value = number(element, 0, u8::MAX.into())?;
    u8::try_from(value).map_err(|_| Fault::at(element, FaultKind::Unexpected))
}

/// A DNSKEY of 4,096 bits has 516 octets; twice that is nobody's key.
const OCTETS_MAX: usize = 1032;
