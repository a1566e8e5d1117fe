//! Orders: `sw_register`, `renew`, `revoke`, `process_transfer`, `cancel_transfer`.

use super::attributes::instant;
use super::contact::{NewSet, new_set};
use super::{Answer, Asked, Cost};
use crate::gateway::xcp::envelope::{Assoc, Reply};
use crate::gateway::xcp::error::Fault;
use crate::model::auth_info::AuthInfo;
use crate::model::domain::ContactRole;
use crate::model::sec_dns::SecDns;
use crate::registry::domain::delete::Deleted;
use crate::registry::domain::info::Presented;
use crate::registry::domain::register::Registered;
use crate::registry::domain::{NewContact, Register};
use crate::registry::reseller::{
    CancelTransfer, NewProfile, OrderRenewal, OrderTransfer, Ordered, QueuedOrder, QueuedState,
    ReorderTransfer, Revoke,
};

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
        renews: attributes.flag("auto_renew")?,
        locked: attributes.flag("f_lock_domain")?.unwrap_or(false),
        profile: Some(NewProfile { username, password }),
    };
    let agreed = attributes.agreed_fee("premium_price_to_verify")?;
    let (Registered { order, created }, cost) = asked.order(agreed, register).await?;
    let (code, text) = match created.is_pending {
        true => (250, "Domain registration waits for the registry's decision"),
        false => (200, "Domain registration successfully completed"),
    };
    let state = if private { "enabled" } else { "disabled" };
    let order = order.to_string();
    let mut told = Assoc::of([
        ("id", order.as_str().into()),
        ("admin_email", admin_email.into()),
        ("registration_code", code.to_string().into()),
        ("registration_text", text.into()),
        ("whois_privacy_state", state.into()),
        ("price", cost.charged()),
    ]);
    if created.is_pending {
        told = told.with("async_reason", text).with("queue_request_id", order.as_str());
    }
    Ok(Reply::done(code, text).with(told))
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
    let auth_info = presented(asked);
    let agreed = attributes.agreed_fee("premium_price_to_verify")?;
    let (ordered, cost) = asked.order(agreed, OrderTransfer { name, auth_info, period }).await?;
    Ok(transfer_ordered(&ordered, &cost, "id"))
}

fn presented(asked: &Asked<'_>) -> Option<Presented> {
    let code = asked.attributes().present("auth_info").and_then(AuthInfo::new);
    code.map(|value| Presented { value, contact: None })
}

fn transfer_ordered(ordered: &Ordered, cost: &Cost, key: &str) -> Reply {
    let (order, text) = (ordered.order.to_string(), "Transfer request has been successfully sent");
    Reply::done(200, text).with(Assoc::of([
        (key, order.as_str().into()),
        ("transfer_id", order.as_str().into()),
        ("registration_code", "200".into()),
        ("registration_text", text.into()),
        ("price", cost.charged()),
    ]))
}

/// `renew domain`
pub(super) async fn renew(asked: &Asked<'_>) -> Answer {
    demand_process(asked)?;
    let attributes = asked.attributes();
    let name = asked.domain()?;
    let year = attributes.number("currentexpirationyear", 1970, 9999)?;
    let year = year.ok_or_else(|| Fault::Missing("currentexpirationyear".to_owned()))?;
    let period = attributes.years("period")?.ok_or_else(|| Fault::Missing("period".to_owned()))?;
    let renews = attributes.flag("auto_renew")?;
    let expiry_year = i16::try_from(year).unwrap_or(i16::MAX);
    let agreed = attributes.agreed_fee("premium_price_to_verify")?;
    let renewal = OrderRenewal { name, expiry_year, period: Some(period), renews };
    let (ordered, cost) = asked.order(agreed, renewal).await?;
    let order = ordered.order.to_string();
    let expires_at = ordered.expires_at.map_or_else(|| "".into(), instant);
    let admin_email = ordered.admin_email.map_or_else(String::new, String::from);
    Ok(Reply::done(200, "Command completed successfully").with(Assoc::of([
        ("order_id", order.as_str().into()),
        ("id", order.as_str().into()),
        ("admin_email", admin_email.into()),
        ("auto_renew", ordered.renews.into()),
        // With blanks: two clients look for just that.
        ("registration expiration date", expires_at),
        ("price", cost.charged()),
    ])))
}

/// `revoke domain`
pub(super) async fn revoke(asked: &Asked<'_>) -> Answer {
    demand_own_name(asked)?;
    let name = asked.domain()?;
    let (revoked, cost) = asked.order(None, Revoke { name }).await?;
    let (code, text) = match revoked {
        Deleted::Gone | Deleted::Pending => (200, "Domain revoked successfully"),
        Deleted::Waiting => (250, "The deletion waits for the registrant's confirmation"),
    };
    Ok(Reply::done(code, text).with(Assoc::of([
        ("charge", "0".into()),
        ("price", cost.charged()),
        ("total_refund", cost.refunded()),
    ])))
}

/// `cancel_transfer transfer`
pub(super) async fn cancel_transfer(asked: &Asked<'_>) -> Answer {
    demand_own_name(asked)?;
    let cancel = match asked.attributes().number("order_id", 0, u32::MAX)? {
        Some(order) => CancelTransfer::Order(order.into()),
        None => CancelTransfer::Domain(asked.domain()?),
    };
    let name = asked.run(cancel).await?;
    let attributes = Assoc::of([("domain", name.as_str().into())]);
    Ok(Reply::done(200, "Transfer has been cancelled").with(attributes))
}

/// `process_transfer transfer`: sends a cancelled order again, as a new one. The code is not kept meanwhile, so that it comes with
/// it where the TLD wants one.
pub(super) async fn process_transfer(asked: &Asked<'_>) -> Answer {
    demand_own_name(asked)?;
    let order = asked.attributes().number("order_id", 0, u32::MAX)?;
    let order = order.ok_or_else(|| Fault::Missing("order_id".to_owned()))?.into();
    let agreed = asked.attributes().agreed_fee("premium_price_to_verify")?;
    let reorder = ReorderTransfer { order, auth_info: presented(asked) };
    let (ordered, cost) = asked.order(agreed, reorder).await?;
    Ok(transfer_ordered(&ordered, &cost, "order_id"))
}

/// `query_queued_request domain`: what became of a registration that the registry had to decide about; nothing else is queued.
pub(super) async fn queued_request(asked: &Asked<'_>) -> Answer {
    let unknown = || Reply::refused(480, "Queued request not found");
    let given = asked.attributes().required("request_id")?;
    let order = given.parse().map_err(|_| unknown())?;
    let (order, state) = asked.run(QueuedOrder { order }).await.map_err(|_| unknown())?;
    let (status, code) = match state {
        QueuedState::Done => ("completed", "200"),
        QueuedState::Waiting => ("pending", "250"),
        QueuedState::Void => ("cancelled", "400"),
    };
    let data = Assoc::of([
        ("request_id", order.number.to_string().into()),
        ("domain", order.domain.as_str().into()),
        ("action", "sw_register".into()),
        ("order_id", order.number.to_string().into()),
        ("order_date", instant(order.placed_at)),
        ("status", status.into()),
        ("response_code", code.into()),
    ]);
    Ok(Reply::done(200, "Query successful").with(Assoc::of([("request_data", data.into())])))
}

/// Some clients name themselves beside the head of the request.
fn demand_own_name(asked: &Asked<'_>) -> Result<(), Fault> {
    let reseller = asked.attributes().present("reseller");
    if reseller.is_some_and(|given| given != asked.reseller.username.as_str()) {
        return Err(Fault::invalid("reseller", "it is not yours"));
    }
    Ok(())
}

/// Orders are carried out at once or not at all.
fn demand_process(asked: &Asked<'_>) -> Result<(), Fault> {
    match asked.attributes().present("handle") {
        None | Some("process") => Ok(()),
        Some(_) => Err(Fault::NotOffered("handle other than process")),
    }
}
