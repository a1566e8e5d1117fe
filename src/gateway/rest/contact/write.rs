//! Contacts as answers write them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::gateway::rest::value::{AuthInfoView, StatusValue, shown_statuses};
use crate::model::contact::{DiscloseElement, Phone};
use crate::model::postal::{PostalInfo, PostalKind};
use crate::registry::contact::create::Created;
use crate::registry::contact::info::{View, Visibility};

/// A contact; what is not disclosed to you is absent, and named in `withheld`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::gateway::rest) struct ContactView {
    /// Its identifier.
    id: String,
    /// The sponsoring registrar.
    sponsor: String,
    /// Who made it.
    created_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Who changed it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Timestamp>,
    /// When it was last transferred.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    transferred_at: Option<Timestamp>,
    /// Postal addresses.
    postal: Vec<PostalValue>,
    /// Telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    voice: Option<PhoneValue>,
    /// Fax.
    #[serde(skip_serializing_if = "Option::is_none")]
    fax: Option<PhoneValue>,
    /// E-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// What is shown or hidden against the server's policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    disclose: Option<DiscloseValue>,
    /// Statuses, those among them that follow from its state.
    statuses: Vec<StatusValue>,
    /// There when authInfo is set and you may know that.
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_info: Option<AuthInfoView>,
    /// Parts that are not disclosed to you.
    withheld: Vec<&'static str>,
}

/// A postal address.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::gateway::rest) struct PostalValue {
    /// `int`: ASCII only; `loc`: any script.
    pub(super) kind: String,
    /// The person, or the role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// The organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) org: Option<String>,
    /// Up to three lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) street: Vec<String>,
    /// The city.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) city: Option<String>,
    /// State or province.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sp: Option<String>,
    /// Postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pc: Option<String>,
    /// The country (ISO 3166-1 alpha-2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cc: Option<String>,
}

/// A telephone number.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::gateway::rest) struct PhoneValue {
    /// `+CC.digits`
    pub(super) number: String,
    /// The extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ext: Option<String>,
}

/// What is shown or hidden (RFC 5733 §2.9).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::gateway::rest) struct DiscloseValue {
    /// Whether the elements are shown, or hidden.
    pub(super) flag: bool,
    /// `nameInt`, `nameLoc`, `orgInt`, `orgLoc`, `addrInt`, `addrLoc`, `voice`, `fax`, `email`.
    pub(super) elements: Vec<String>,
}

/// A contact that was made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::gateway::rest) struct ContactCreated {
    /// Its identifier.
    id: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl ContactView {
    pub(super) fn of(view: &View) -> Self {
        let View { contact, visible, .. } = view;
        let withheld = DiscloseElement::ALL.into_iter().filter(|element| !visible.shows(*element));
        Self {
            id: contact.id.to_string(),
            sponsor: contact.sponsor.to_string(),
            created_by: contact.created_by.to_string(),
            created_at: contact.created_at,
            updated_by: contact.updated_by.as_ref().map(ToString::to_string),
            updated_at: contact.updated_at,
            transferred_at: contact.transferred_at,
            postal: contact.postal.iter().map(|info| PostalValue::of(info, visible)).collect(),
            voice: contact
                .voice
                .as_ref()
                .filter(|_| visible.shows(DiscloseElement::Voice))
                .map(PhoneValue::of),
            fax: contact.fax.as_ref().filter(|_| visible.shows(DiscloseElement::Fax)).map(PhoneValue::of),
            email: visible.shows(DiscloseElement::Email).then(|| contact.email.to_string()),
            disclose: contact.disclose.as_ref().map(|disclose| DiscloseValue {
                flag: disclose.flag(),
                elements: disclose
                    .elements()
                    .iter()
                    .map(|element| disclose_name(*element).to_owned())
                    .collect(),
            }),
            statuses: shown_statuses(&view.statuses),
            auth_info: AuthInfoView::of(&view.auth_info),
            withheld: withheld.map(disclose_name).collect(),
        }
    }
}

impl ContactCreated {
    pub(super) fn of(created: &Created) -> Self {
        Self { id: created.id.to_string(), created_at: created.created_at }
    }
}

impl PostalValue {
    fn of(info: &PostalInfo, visible: &Visibility) -> Self {
        let parts = info.parts();
        let (name, org, address) = match parts.kind {
            PostalKind::Int => (DiscloseElement::NameInt, DiscloseElement::OrgInt, DiscloseElement::AddrInt),
            PostalKind::Loc => (DiscloseElement::NameLoc, DiscloseElement::OrgLoc, DiscloseElement::AddrLoc),
        };
        let address = visible.shows(address);
        Self {
            kind: parts.kind.as_str().to_owned(),
            name: visible.shows(name).then(|| parts.name.clone()),
            org: parts.org.clone().filter(|_| visible.shows(org)),
            street: if address { parts.street.clone() } else { Vec::new() },
            city: address.then(|| parts.city.clone()),
            sp: parts.sp.clone().filter(|_| address),
            pc: parts.pc.clone().filter(|_| address),
            cc: address.then(|| parts.cc.as_str().to_owned()),
        }
    }
}

impl PhoneValue {
    fn of(phone: &Phone) -> Self {
        Self { number: phone.number().to_owned(), ext: phone.ext().map(str::to_owned) }
    }
}

/// The element of a name.
pub(super) fn disclose_element(name: &str) -> Option<DiscloseElement> {
    DiscloseElement::ALL.into_iter().find(|element| disclose_name(*element) == name)
}

fn disclose_name(element: DiscloseElement) -> &'static str {
    match element {
        DiscloseElement::NameInt => "nameInt",
        DiscloseElement::NameLoc => "nameLoc",
        DiscloseElement::OrgInt => "orgInt",
        DiscloseElement::OrgLoc => "orgLoc",
        DiscloseElement::AddrInt => "addrInt",
        DiscloseElement::AddrLoc => "addrLoc",
        DiscloseElement::Voice => "voice",
        DiscloseElement::Fax => "fax",
        DiscloseElement::Email => "email",
    }
}
