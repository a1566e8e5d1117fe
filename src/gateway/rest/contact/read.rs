//! Contacts as requests write them.

use serde::Deserialize;
use utoipa::ToSchema;

use super::write::{DiscloseValue, PhoneValue, PostalValue};
use crate::gateway::rest::error::Fault;
use crate::gateway::rest::value::{StatusValue, auth_info, malformed, present, statuses};
use crate::model::contact::{ContactId, Disclose, Email, Phone};
use crate::model::postal::{Country, PostalInfo, PostalKind, PostalParts};
use crate::registry::contact::update::{Change, PostalAddress, PostalChange};
use crate::registry::contact::{Create, HolderChange, Update};

/// A contact to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::gateway::rest) struct NewContact {
    /// Its identifier: 3–16 printable ASCII characters.
    #[schema(min_length = 3, max_length = 16)]
    id: String,
    /// One or two postal addresses, of different kinds.
    postal: Vec<PostalValue>,
    /// Telephone.
    voice: Option<PhoneValue>,
    /// Fax.
    fax: Option<PhoneValue>,
    /// E-mail.
    email: String,
    /// authInfo.
    #[schema(max_length = 255)]
    auth_info: Option<String>,
    /// What is shown or hidden against the server's policy.
    disclose: Option<DiscloseValue>,
}

/// A change of a contact; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::gateway::rest) struct ContactChange {
    /// Statuses to set.
    #[serde(default)]
    add_statuses: Vec<StatusValue>,
    /// Statuses to remove; they go first.
    #[serde(default)]
    remove_statuses: Vec<StatusValue>,
    /// New postal data, merged by kind into what is there.
    #[serde(default)]
    postal: Vec<PostalChangeGiven>,
    /// Telephone; `null` takes it away.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<PhoneValue>)]
    voice: Option<Option<PhoneValue>>,
    /// Fax; `null` takes it away.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<PhoneValue>)]
    fax: Option<Option<PhoneValue>>,
    /// E-mail.
    email: Option<String>,
    /// authInfo; `null` takes it away.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    auth_info: Option<Option<String>>,
    /// What is shown or hidden; it replaces the earlier word.
    disclose: Option<DiscloseValue>,
}

/// New postal data of one kind. The address is replaced as a whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::gateway::rest) struct PostalChangeGiven {
    /// `int` or `loc`.
    kind: String,
    /// The person, or the role.
    name: Option<String>,
    /// The organisation; an empty one takes it away.
    org: Option<String>,
    /// The address.
    address: Option<AddressGiven>,
}

/// An address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::gateway::rest) struct AddressGiven {
    /// Up to three lines.
    #[serde(default)]
    street: Vec<String>,
    /// The city.
    city: String,
    /// State or province.
    sp: Option<String>,
    /// Postal code.
    pc: Option<String>,
    /// The country (ISO 3166-1 alpha-2).
    #[schema(min_length = 2, max_length = 2)]
    cc: String,
}

impl NewContact {
    pub(super) fn operation(self) -> Result<Create, Fault> {
        Ok(Create {
            id: super::id_of(&self.id)?,
            postal: self.postal.into_iter().map(postal_info).collect::<Result<_, _>>()?,
            voice: self.voice.as_ref().map(|given| phone("voice", given)).transpose()?,
            fax: self.fax.as_ref().map(|given| phone("fax", given)).transpose()?,
            email: email(&self.email)?,
            auth_info: auth_info(self.auth_info.as_deref())?,
            disclose: self.disclose.as_ref().map(disclosure).transpose()?,
            holder: HolderChange::default(),
        })
    }
}

impl ContactChange {
    pub(super) fn operation(self, id: ContactId) -> Result<Update, Fault> {
        let number = |place, given: &Option<Option<PhoneValue>>| match given {
            None => Ok(None),
            Some(given) => given.as_ref().map(|given| phone(place, given)).transpose().map(Some),
        };
        let auth_info = match &self.auth_info {
            None => None,
            Some(given) => Some(auth_info(given.as_deref())?),
        };
        let removed = statuses(&self.remove_statuses)?;
        Ok(Update {
            id,
            add: statuses(&self.add_statuses)?,
            remove: removed.into_iter().map(|(status, _)| status).collect(),
            change: Change {
                postal: self.postal.into_iter().map(postal_change).collect::<Result<_, _>>()?,
                voice: number("voice", &self.voice)?,
                fax: number("fax", &self.fax)?,
                email: self.email.as_deref().map(email).transpose()?,
                auth_info,
                disclose: self.disclose.as_ref().map(disclosure).transpose()?,
                holder: HolderChange::default(),
            },
        })
    }
}

fn postal_info(given: PostalValue) -> Result<PostalInfo, Fault> {
    let PostalValue { kind, name, org, street, city, sp, pc, cc } = given;
    let needed = |part: &str, text: Option<String>| {
        text.ok_or_else(|| malformed("postal", format_args!("{part} is missing")))
    };
    let cc = needed("cc", cc)?;
    let parts = PostalParts {
        kind: postal_kind(&kind)?,
        name: needed("name", name)?,
        org,
        street,
        city: needed("city", city)?,
        sp,
        pc,
        cc: country(&cc)?,
    };
    PostalInfo::new(parts).map_err(|error| malformed("postal", error))
}

fn postal_change(given: PostalChangeGiven) -> Result<PostalChange, Fault> {
    let address = given.address.map(|AddressGiven { street, city, sp, pc, cc }| {
        country(&cc).map(|cc| PostalAddress { street, city, sp, pc, cc })
    });
    Ok(PostalChange {
        kind: postal_kind(&given.kind)?,
        name: given.name,
        org: given.org,
        address: address.transpose()?,
    })
}

fn postal_kind(text: &str) -> Result<PostalKind, Fault> {
    PostalKind::parse(text).ok_or_else(|| malformed("postal", "a kind is int or loc"))
}

fn country(text: &str) -> Result<Country, Fault> {
    Country::parse(text).ok_or_else(|| malformed("postal", "cc is not an ISO 3166-1 country code"))
}

fn phone(place: &str, given: &PhoneValue) -> Result<Phone, Fault> {
    Phone::new(&given.number, given.ext.as_deref()).map_err(|error| malformed(place, error))
}

fn email(text: &str) -> Result<Email, Fault> {
    Email::parse(text).map_err(|error| malformed("email", error))
}

fn disclosure(given: &DiscloseValue) -> Result<Disclose, Fault> {
    let elements = given.elements.iter().map(|name| super::write::disclose_element(name));
    let elements = elements.collect::<Option<Vec<_>>>();
    let elements = elements.ok_or_else(|| malformed("disclose", "an element that RFC 5733 does not have"))?;
    Ok(Disclose::new(given.flag, elements))
}
