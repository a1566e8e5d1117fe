//! Allocation tokens (RFC 8495): made by the operator, used up by the create that they open.

use sha2::{Digest, Sha256};

use super::refusal::Refusal;
use super::transaction::Transaction;
use super::{Access, Actor, Error, Operation};
use crate::model::allocation_token::AllocationToken;
use crate::model::name::DomainName;
use crate::model::octets::to_hex;
use crate::model::registrar::RegistrarId;

/// Makes a token; the answer is the only place where it can be read.
#[derive(Clone, Debug)]
pub struct AddAllocationToken {
    /// The only name it opens; any when absent.
    pub name: Option<DomainName>,
    /// The only registrar that may use it; any when absent.
    pub registrar: Option<RegistrarId>,
}

impl Operation for AddAllocationToken {
    type Outcome = String;
    const NAME: &'static str = "allocation-token:add";
    const ACCESS: Access = Access::Write;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<String, Error> {
        if t.call.actor != Actor::Operator {
            return Err(Refusal::OperatorNeeded.into());
        }
        if let Some(id) = self.registrar.as_ref().filter(|id| t.policy.registrar(id).is_none()) {
            return Err(Refusal::RegistrarUnknown { id: id.to_string() }.into());
        }
        let token = to_hex(&t.random::<16>());
        let opens =
            AllocationToken { name: self.name.clone(), registrar: self.registrar.clone(), is_used: false };
        t.tx.add_allocation_token(&hash(&token), &opens)?;
        Ok(token)
    }
}

impl Transaction<'_, '_> {
    /// Whether the token that came with the command opens a name for whoever asks; none when no token came.
    pub(super) fn token_opens(&mut self, name: &DomainName) -> Result<Option<bool>, Error> {
        let Some(token) = &self.conditions.allocation_token else {
            return Ok(None);
        };
        let registrar = self.registrar()?.id.clone();
        let found = self.tx.allocation_token(&hash(token))?;
        Ok(Some(found.is_some_and(|found| found.opens(name, &registrar))))
    }

    /// Uses the command's token up, if it has one.
    pub(super) fn use_token(&mut self) -> Result<(), Error> {
        let Some(token) = &self.conditions.allocation_token else {
            return Ok(());
        };
        // Of two creates with one token, the store lets one have it.
        if self.tx.use_allocation_token(&hash(token), self.now)? {
            return Ok(());
        }
        Err(Refusal::AllocationTokenWrong.into())
    }
}

/// 128 random bits need no salt; looked up by it, a token is compared with nothing.
fn hash(token: &str) -> String {
    to_hex(&Sha256::digest(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::registry::conditions::Conditions;
    use crate::registry::domain::fixtures::*;
    use crate::registry::domain::{Check, Create};
    use crate::registry::testing::{TestRegistry, name};
    use crate::registry::{Call, Done};

    async fn with_token<O: Operation>(
        registry: &TestRegistry,
        by: &str,
        token: &str,
        operation: O,
    ) -> Result<O::Outcome, Error> {
        let conditions =
            Conditions { allocation_token: Some(Zeroizing::new(token.to_owned())), ..Conditions::default() };
        let server_trid = registry.registry.next_trid();
        let call = Call { actor: Actor::Registrar(registrar(by)), client_trid: None, server_trid };
        let done: Done<O::Outcome> = registry.registry.run_under(call, conditions, operation).await?;
        Ok(done.outcome)
    }

    async fn token(registry: &TestRegistry, only: Option<&str>, by: Option<&str>) -> String {
        let add = AddAllocationToken { name: only.map(name), registrar: by.map(registrar) };
        registry.run(Actor::Operator, add).await.unwrap()
    }

    async fn is_free(registry: &TestRegistry, token: &str, domain: &str) -> bool {
        let check = Check { names: vec![Ok(name(domain))], claimant: None };
        with_token(registry, "ClientX", token, check).await.unwrap().names[0].1.is_none()
    }

    #[tokio::test]
    async fn a_token_opens_a_reserved_name_once_for_whom_it_is_meant() {
        let registry = open().await;
        change_tld(&registry, "example", |tld| tld.names.reserved = vec!["nic".into(), "www".into()]).await;
        change_tld(&registry, "example", |tld| tld.names.blocked = vec!["bad".into()]).await;
        assert_eq!(word(&refusal(registry.as_registrar("ClientX", create("nic.example")).await)), "Policy");

        let meant = token(&registry, Some("nic.example"), Some("ClientX")).await;
        assert!(is_free(&registry, &meant, "nic.example").await);
        assert!(!is_free(&registry, &meant, "www.example").await);
        assert!(!is_free(&registry, "guess", "nic.example").await);
        for (by, given, domain) in [
            ("ClientY", meant.as_str(), "nic.example"),
            ("ClientX", meant.as_str(), "www.example"),
            ("ClientX", meant.as_str(), "free.example"),
            ("ClientX", "guess", "nic.example"),
        ] {
            let wrong: Result<_, _> = with_token::<Create>(&registry, by, given, create(domain)).await;
            assert_eq!(refusal(wrong), Refusal::AllocationTokenWrong, "{by} {domain}");
        }
        with_token(&registry, "ClientX", &meant, create("nic.example")).await.unwrap();
        let taken = with_token(&registry, "ClientX", &meant, create("nic.example")).await;
        assert_eq!(refusal(taken), Refusal::AllocationTokenWrong, "it is used up");

        let any = token(&registry, None, None).await;
        let blocked = with_token(&registry, "ClientX", &any, create("bad.example")).await;
        assert_eq!(word(&refusal(blocked)), "Policy", "no token opens what is blocked");
        with_token(&registry, "ClientY", &any, create("www.example")).await.unwrap();
    }

    #[tokio::test]
    async fn a_create_that_fails_leaves_its_token() {
        let registry = open().await;
        change_tld(&registry, "example", |tld| tld.names.reserved = vec!["nic".into()]).await;
        let any = token(&registry, None, None).await;
        let nobody = Create { registrant: Some(contact("nobody")), ..create("nic.example") };
        assert_eq!(word(&refusal(with_token(&registry, "ClientX", &any, nobody).await)), "Unknown");
        with_token(&registry, "ClientX", &any, create("nic.example")).await.unwrap();
        assert_eq!(
            refusal(
                registry.as_registrar("ClientX", AddAllocationToken { name: None, registrar: None }).await
            ),
            Refusal::OperatorNeeded
        );
    }
}
