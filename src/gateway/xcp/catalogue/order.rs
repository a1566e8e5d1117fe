//! Orders: `sw_register`, `renew`, `revoke`, `process_transfer`, `cancel_transfer`.

use super::attributes::instant;
use super::contact::{NewSet, new_set};
use super::{Answer, Asked};
use crate::gateway::xcp::envelope::{Assoc, Reply};
use crate::gateway::xcp::error::Fault;
use crate::model::auth_info::AuthInfo;
use crate::model::domain::ContactRole;
use crate::model::sec_dns::SecDns;
use crate::registry::domain::info::Presented;
use crate::registry::domain::register::Registered;
use crate::registry::domain::{NewContact, Register};
use crate::registry::reseller::{CancelTransfer, NewProfile, OrderRenewal, OrderTransfer, Revoke};

/// `sw_register domain`
pub(super) async fn register(asked: &Asked<'_>) -> Answer {
    demand_process(asked)?;
    match asked.attributes().required("reg_type")? {
        "new" => register_new(asked).await,
        "transfer" => transfer(asked).await,
        _ => Err(Fault::NotOffered("reg_type other than new and transfer").into()),
    }
}

async fn register_new(asked: &Asked<'_>) -> Answer {
    let attributes = asked.attributes();
    if attributes.present("trademark_smd").is_some() {
        return Err(Fault::NotOffered("trademark_smd").into());
    }
    let name = asked.domain()?;
    let period = attributes.years("period")?.ok_or_else(|| Fault::Missing("period".to_owned()))?;
    let private = attributes.flag("f_whois_privacy")?.unwrap_or(false);
    let set = attributes.map("contact_set").ok_or_else(|| Fault::Missing("contact_set".to_owned()))?;
    let own_tech = attributes.flag("custom_tech_contact")?.unwrap_or(false);
    let NewSet { owner, others } = new_set(set, |kind| kind != "tech" || own_tech, private)?;
    let owner = owner.ok_or_else(|| Fault::Missing("contact_set.owner".to_owned()))?;
    let contacts = complete(&owner, others);
    let servers = if attributes.flag("custom_nameservers")?.unwrap_or(false) {
        super::name_server::listed(attributes, "nameserver_list")?
    } else {
        Vec::new()
    };
    let username = attributes.required("reg_username")?.to_owned();
    let password = attributes.required("reg_password")?.to_owned().into();
    let admin = contacts.iter().find(|(role, _)| *role == ContactRole::Admin);
    let admin_email = admin.map_or("", |(_, contact)| contact.email.as_str()).to_owned();
    let register = Register {
        name,
        period: Some(period),
        registrant: owner,
        contacts,
        servers,
        sec_dns: SecDns::default(),
        locked: attributes.flag("f_lock_domain")?.unwrap_or(false),
        profile: Some(NewProfile { username, password }),
    };
    let agreed = attributes.agreed_fee("premium_price_to_verify")?;
    let (Registered { order, .. }, cost) = asked.order(agreed, register).await?;
    let text = "Domain registration successfully completed";
    let state = if private { "enabled" } else { "disabled" };
    Ok(Reply::done(200, text).with(Assoc::of([
        ("id", order.to_string().into()),
        ("admin_email", admin_email.into()),
        ("registration_code", "200".into()),
        ("registration_text", text.into()),
        ("whois_privacy_state", state.into()),
        ("price", cost.charged()),
    ])))
}

/// Every role has somebody: one that the set leaves out is the admin's, and without an admin the owner's.
fn complete(
    owner: &NewContact,
    mut others: Vec<(ContactRole, NewContact)>,
) -> Vec<(ContactRole, NewContact)> {
    let admin = others.iter().find(|(role, _)| *role == ContactRole::Admin);
    let fallback = admin.map_or(owner, |(_, contact)| contact).clone();
    for role in ContactRole::ALL {
        if !others.iter().any(|(there, _)| *there == role) {
            others.push((role, fallback.clone()));
        }
    }
    others
}

async fn transfer(asked: &Asked<'_>) -> Answer {
    let attributes = asked.attributes();
    let name = asked.domain()?;
    let period = attributes.years("period")?;
    let auth_info = attributes.present("auth_info").and_then(AuthInfo::new);
    let auth_info = auth_info.map(|value| Presented { value, contact: None });
    let agreed = attributes.agreed_fee("premium_price_to_verify")?;
    let (ordered, cost) = asked.order(agreed, OrderTransfer { name, auth_info, period }).await?;
    let text = "Transfer request has been successfully sent";
    Ok(Reply::done(200, text).with(Assoc::of([
        ("id", ordered.order.to_string().into()),
        ("transfer_id", ordered.order.to_string().into()),
        ("registration_code", "200".into()),
        ("registration_text", text.into()),
        ("price", cost.charged()),
    ])))
}

/// `renew domain`
pub(super) async fn renew(asked: &Asked<'_>) -> Answer {
    demand_process(asked)?;
    let attributes = asked.attributes();
    let name = asked.domain()?;
    let year = attributes.number("currentexpirationyear", 1970, 9999)?;
    let year = year.ok_or_else(|| Fault::Missing("currentexpirationyear".to_owned()))?;
    let period = attributes.years("period")?.ok_or_else(|| Fault::Missing("period".to_owned()))?;
    attributes.flag("auto_renew")?;
    let expiry_year = i16::try_from(year).unwrap_or(i16::MAX);
    let agreed = attributes.agreed_fee("premium_price_to_verify")?;
    let renewal = OrderRenewal { name, expiry_year, period: Some(period) };
    let (ordered, cost) = asked.order(agreed, renewal).await?;
    let order = ordered.order.to_string();
    let expires_at = ordered.expires_at.map_or_else(|| "".into(), instant);
    let admin_email = ordered.admin_email.map_or_else(String::new, String::from);
    Ok(Reply::done(200, "Command completed successfully").with(Assoc::of([
        ("order_id", order.as_str().into()),
        ("id", order.as_str().into()),
        ("admin_email", admin_email.into()),
        ("auto_renew", "1".into()),
        // With blanks: two clients look for just that.
        ("registration expiration date", expires_at),
        ("price", cost.charged()),
    ])))
}

/// `revoke domain`
pub(super) async fn revoke(asked: &Asked<'_>) -> Answer {
    let reseller = asked.attributes().present("reseller");
    if reseller.is_some_and(|given| given != asked.reseller.username.as_str()) {
        return Err(Fault::invalid("reseller", "it is not yours").into());
    }
    let name = asked.domain()?;
    let ((), cost) = asked.order(None, Revoke { name }).await?;
    Ok(Reply::done(200, "Domain revoked successfully").with(Assoc::of([
        ("charge", "0".into()),
        ("price", cost.charged()),
        ("total_refund", cost.refunded()),
    ])))
}

/// `cancel_transfer transfer`
pub(super) async fn cancel_transfer(asked: &Asked<'_>) -> Answer {
    let cancel = match asked.attributes().number("order_id", 0, u32::MAX)? {
        Some(order) => CancelTransfer::Order(order.into()),
        None => CancelTransfer::Domain(asked.domain()?),
    };
    let name = asked.run(cancel).await?;
    let attributes = Assoc::of([("domain", name.as_str().into())]);
    Ok(Reply::done(200, "Transfer has been cancelled").with(attributes))
}

/// `process_transfer transfer`: the code of a cancelled order is not kept, so it cannot be sent again without one.
pub(super) fn process_transfer(asked: &Asked<'_>) -> Answer {
    asked.attributes().required("order_id")?;
    Err(Fault::NotOffered("sending a cancelled transfer again; order it anew with its auth_info").into())
}

/// Orders are carried out at once or not at all.
fn demand_process(asked: &Asked<'_>) -> Result<(), Fault> {
    match asked.attributes().present("handle") {
        None | Some("process") => Ok(()),
        Some(_) => Err(Fault::NotOffered("handle other than process")),
    }
}
