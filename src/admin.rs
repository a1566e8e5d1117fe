//! What the command line asks of a registry: the same requests, whether a server runs or not (design §5, one writing process).
//!
//! A running server takes them over a Unix socket; without one, the command holds the lock and executes them itself. Both end in
//! [`execute`].

pub mod dealing;
pub mod door;
pub mod lock;
pub mod socket;

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::runtime::Handle;
use zeroize::Zeroizing;

use self::dealing::Dealing;
use crate::model::api_user::{ApiLogin, ApiRole, ApiUser};
use crate::model::case::{Case, CaseNumber};
use crate::model::history::HistoryEntry;
use crate::model::mail::{MailState, OutboxEntry};
use crate::model::maintenance::{Maintenance, MaintenanceId};
use crate::model::money::Account;
use crate::model::name::{DomainName, ZoneName};
use crate::model::object::ObjectKind;
use crate::model::pending::PendingAction;
use crate::model::registrar::{Registrar, RegistrarId};
use crate::model::reseller::{Reseller, ResellerAccount, ResellerName};
use crate::model::tld::Tld;
use crate::registry::allocation::AddAllocationToken;
use crate::registry::api_user::{AddApiUser, ApiKey, ChangeApiUser, ListApiUsers, RenewApiKey};
use crate::registry::billing::account::{Deposit, SetLimits, Stated, Statement};
use crate::registry::billing::part;
use crate::registry::domain::{ChangeSponsor, SetReseller};
use crate::registry::maintenance;
use crate::registry::operator::{
    AddRegistrar, AddTld, ChangeRegistrar, DocumentPart, ForcedDelete, History, ListRegistrars, ListTlds,
    RegistrarChange, RegistrarSeen, SetServerStatuses, SetTld, Show,
};
use crate::registry::reseller::{self, ResellerChange, ResellerKey};
use crate::registry::session::LoginRefusal;
use crate::registry::verify::{self, Check};
use crate::registry::{Actor, Call, Error, Operation, Registry};
use crate::registry::{outbox, pending};
use crate::store::StoreError;

/// Something the operator asks.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// Adds a registrar that may log in with this password.
    AddRegistrar {
        /// The registrar.
        registrar: Registrar,
        /// Its password.
        password: Secret,
    },
    /// Changes one thing about a registrar.
    ChangeRegistrar {
        /// Which.
        id: RegistrarId,
        /// What.
        change: RegistrarChange,
    },
    /// Lists all registrars.
    ListRegistrars,
    /// Sets a registrar's password and unlocks it.
    SetPassword {
        /// Which.
        id: RegistrarId,
        /// The password.
        password: Secret,
    },
    /// Forgets a registrar's wrong passwords.
    Unlock {
        /// Which.
        id: RegistrarId,
    },
    /// Adds a TLD.
    AddTld {
        /// The TLD.
        tld: Box<Tld>,
    },
    /// Lists all TLDs.
    ListTlds,
    /// Sets one value of a TLD's policy.
    SetTld {
        /// Which TLD.
        name: ZoneName,
        /// Which value.
        key: String,
        /// What it becomes.
        value: Value,
    },
    /// Shows an object.
    Show {
        /// Its kind.
        kind: ObjectKind,
        /// Its name.
        name: String,
    },
    /// Sets and removes server statuses.
    SetStatuses {
        /// The object's kind.
        kind: ObjectKind,
        /// Its name.
        name: String,
        /// Statuses to set.
        add: Vec<String>,
        /// Statuses to remove.
        remove: Vec<String>,
    },
    /// Gives a domain to another registrar.
    ChangeSponsor {
        /// The domain.
        name: DomainName,
        /// Its new sponsor.
        to: RegistrarId,
    },
    /// Deletes an object at once.
    Delete {
        /// Its kind.
        kind: ObjectKind,
        /// Its name.
        name: String,
    },
    /// Lists the changes of an object.
    History {
        /// Its kind, when only one is meant.
        kind: Option<ObjectKind>,
        /// Its name.
        name: String,
        /// Most entries of one object.
        most: u32,
        /// Only the entry that this legal document justifies.
        #[serde(default)]
        document: Option<i64>,
    },
    /// Adds an API user, with a key of its own unless one is given.
    AddApiUser {
        /// Its login.
        login: ApiLogin,
        /// For whom it acts.
        registrar: RegistrarId,
        /// What it may do.
        role: ApiRole,
        /// Its key.
        key: Option<ApiKey>,
    },
    /// Gives an API user a new key.
    RenewApiKey {
        /// Whose.
        login: ApiLogin,
    },
    /// Changes what an API user may do.
    ChangeApiUser {
        /// Which.
        login: ApiLogin,
        /// What it may do.
        role: Option<ApiRole>,
        /// Whether it may log in at all.
        enabled: Option<bool>,
    },
    /// Lists all API users.
    ListApiUsers,
    /// Makes an allocation token.
    AddAllocationToken {
        /// The only name it opens; any when absent.
        name: Option<DomainName>,
        /// The only registrar that may use it; any when absent.
        registrar: Option<RegistrarId>,
    },
    /// Puts money into an account, or takes some out.
    Deposit {
        /// Whose.
        registrar: RegistrarId,
        /// How much, as a decimal number.
        amount: String,
        /// What the statement says about it.
        note: String,
    },
    /// Changes an account's limits.
    SetLimits {
        /// Whose.
        registrar: RegistrarId,
        /// How far below zero the balance may go; as it is when absent.
        credit_limit: Option<String>,
        /// What is available when the registrar is told; as it is when absent.
        low_balance_at: Option<String>,
    },
    /// Asks for an account and its entries.
    Statement {
        /// Whose.
        registrar: RegistrarId,
        /// From when (inclusive).
        from: Timestamp,
        /// Until when (exclusive).
        until: Timestamp,
    },
    /// Adds a reseller, with a key of its own unless one is given.
    AddReseller {
        /// The reseller.
        reseller: Reseller,
        /// Its key.
        key: Option<ResellerKey>,
    },
    /// Gives a reseller a new key.
    NewResellerKey {
        /// Whose.
        username: ResellerName,
    },
    /// Changes one thing about a reseller.
    ChangeReseller {
        /// Which.
        username: ResellerName,
        /// What.
        change: ResellerChange,
    },
    /// Lists all resellers.
    ListResellers,
    /// Gives a reseller credit out of its registrar's account, or takes some back.
    GiveCredit {
        /// Whom.
        username: ResellerName,
        /// How much, as a decimal number.
        amount: String,
        /// What the statement says about it.
        note: String,
    },
    /// Asks for a reseller's account and its entries.
    ResellerStatement {
        /// Whose.
        username: ResellerName,
        /// From when (inclusive).
        from: Timestamp,
        /// Until when (exclusive).
        until: Timestamp,
    },
    /// Says which reseller carries a domain.
    SetReseller {
        /// The domain.
        name: DomainName,
        /// The reseller, if any.
        reseller: Option<ResellerName>,
    },
    /// Lists mails of the outbox, newest first.
    ListOutbox {
        /// Only those in this state.
        state: Option<MailState>,
        /// How many at most.
        most: u32,
    },
    /// Has a mail tried again now.
    RetryMail {
        /// Which.
        number: i64,
    },
    /// Lists what waits for a registrant's word, the longest waiting first.
    ListPending {
        /// Only those behind this number.
        after: i64,
        /// How many at most.
        most: u32,
    },
    /// Answers in a registrant's place.
    AnswerPending {
        /// Which.
        number: i64,
        /// Whether it is to be done.
        agrees: bool,
    },
    /// Asks for a part of a legal document.
    DocumentPart {
        /// The document.
        number: i64,
        /// The part, counted from 0.
        position: u32,
    },
    /// Announces maintenance.
    AddMaintenance {
        /// Its identifier; one is made up when absent.
        id: Option<MaintenanceId>,
        /// What.
        details: Box<maintenance::Details>,
    },
    /// Changes announced maintenance.
    ChangeMaintenance {
        /// Which.
        id: MaintenanceId,
        /// What becomes different.
        details: Box<maintenance::Details>,
    },
    /// Calls maintenance off.
    CancelMaintenance {
        /// Which.
        id: MaintenanceId,
    },
    /// Lists announced maintenance.
    ListMaintenance,
    /// Deals with what registrars hold.
    Dealing(Dealing),
    /// Copies the database into a new file.
    Backup {
        /// The file, as an absolute path.
        to: PathBuf,
    },
    /// Judges whether what is stored agrees with itself.
    Verify,
}

/// What comes of a request.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It is done.
    Done,
    /// The registrars.
    Registrars(Vec<RegistrarSeen>),
    /// The TLDs.
    Tlds(Vec<Tld>),
    /// The object.
    Object(Value),
    /// The changes.
    History(Vec<HistoryEntry>),
    /// An API user's key, told this once.
    ApiKey(ApiKey),
    /// The API users.
    ApiUsers(Vec<ApiUser>),
    /// The allocation token, which is shown this once.
    AllocationToken(String),
    /// The account.
    Account(Account),
    /// The account and its entries.
    Statement(Stated),
    /// A reseller's key, told this once.
    ResellerKey(ResellerKey),
    /// The resellers.
    Resellers(Vec<Reseller>),
    /// A reseller's account.
    ResellerAccount(ResellerAccount),
    /// A reseller's account and its entries.
    ResellerStatement(part::Stated),
    /// Mails of the outbox.
    Outbox(Vec<OutboxEntry>),
    /// What waits for a registrant's word.
    Pending(Vec<PendingAction>),
    /// A part of a legal document, in base64; none behind the last one.
    DocumentPart(Option<String>),
    /// Announced maintenance, the earliest first.
    Maintenance(Vec<Maintenance>),
    /// Open cases.
    Cases(Vec<Case>),
    /// The case that was opened, if one was.
    Case(Option<CaseNumber>),
    /// The copy's size in bytes.
    Copied(u64),
    /// What was asked of the whole database, and found.
    Verified(Vec<Check>),
}

/// Why nothing came of a request; displays as one sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Problem(String);

impl Problem {
    /// A problem, as a sentence that says what to do.
    pub fn new(sentence: impl fmt::Display) -> Self {
        Self(sentence.to_string())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Problem {}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Broken(error) => Self::new(error),
            Error::Denied(refusals) | Error::Refused(refusals) => {
                let reasons: Vec<String> = refusals.iter().map(ToString::to_string).collect();
                Self(reasons.join("; "))
            }
        }
    }
}

impl From<LoginRefusal> for Problem {
    fn from(refusal: LoginRefusal) -> Self {
        match refusal {
            LoginRefusal::Broken(error) => Self::new(error),
            LoginRefusal::Busy => Self::new("too many logins wait; try again in a moment"),
            LoginRefusal::NewPasswordWeak
            | LoginRefusal::NotAuthenticated
            | LoginRefusal::SessionLimit { .. } => Self::new("the password was not taken; choose another"),
        }
    }
}

/// A password on its way; wiped when dropped, never printed.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes a password of 6–128 characters without control characters (RFC 5730 `pwType` from 6; RFC 8807 for long ones).
    ///
    /// # Errors
    /// A sentence.
    pub fn password(text: &str) -> Result<Self, Problem> {
        if !(6..=128).contains(&text.chars().count())
            || text.chars().any(char::is_control)
            || text.trim() != text
        {
            return Err(Problem::new(
                "a password has 6 to 128 characters and no white space at its ends; choose another",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The password itself.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.clone())
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Does what is asked. `progress` hears of a backup's pages, or of the objects that were verified: done, and in all.
///
/// # Errors
/// A sentence for the operator.
pub async fn execute(
    registry: &Arc<Registry>,
    request: Request,
    progress: impl FnMut(u64, u64) + Send + 'static,
) -> Result<Answer, Problem> {
    match request {
        Request::AddRegistrar { registrar, password } => {
            let id = registrar.id.clone();
            run(registry, AddRegistrar { registrar }).await?;
            set_password(registry, &id, &password).await
        }
        Request::ChangeRegistrar { id, change } => done(run(registry, ChangeRegistrar { id, change }).await),
        Request::ListRegistrars => Ok(Answer::Registrars(run(registry, ListRegistrars).await?)),
        Request::SetPassword { id, password } => set_password(registry, &id, &password).await,
        Request::Unlock { id } => {
            let known = registry.unlock(&id).await.map_err(Problem::new)?;
            known.then_some(Answer::Done).ok_or_else(|| no_registrar(&id))
        }
        Request::AddTld { tld } => done(run(registry, AddTld { tld: *tld }).await),
        Request::ListTlds => Ok(Answer::Tlds(run(registry, ListTlds).await?)),
        Request::SetTld { name, key, value } => done(run(registry, SetTld { name, key, value }).await),
        Request::Show { kind, name } => Ok(Answer::Object(run(registry, Show { kind, name }).await?)),
        Request::SetStatuses { kind, name, add, remove } => {
            done(run(registry, SetServerStatuses { kind, name, add, remove }).await)
        }
        Request::ChangeSponsor { name, to } => done(run(registry, ChangeSponsor { name, to }).await),
        Request::Delete { kind, name } => done(run(registry, ForcedDelete { kind, name }).await),
        Request::History { kind, name, most, document } => {
            Ok(Answer::History(run(registry, History { kind, name, most, document }).await?))
        }
        Request::AddApiUser { login, registrar, role, key } => {
            Ok(Answer::ApiKey(run(registry, AddApiUser { login, registrar, role, key }).await?))
        }
        Request::RenewApiKey { login } => Ok(Answer::ApiKey(run(registry, RenewApiKey { login }).await?)),
        Request::ChangeApiUser { login, role, enabled } => {
            done(run(registry, ChangeApiUser { login, role, enabled }).await)
        }
        Request::ListApiUsers => Ok(Answer::ApiUsers(run(registry, ListApiUsers).await?)),
        Request::AddAllocationToken { name, registrar } => {
            Ok(Answer::AllocationToken(run(registry, AddAllocationToken { name, registrar }).await?))
        }
        Request::Deposit { registrar, amount, note } => {
            Ok(Answer::Account(run(registry, Deposit { registrar, amount, note }).await?))
        }
        Request::SetLimits { registrar, credit_limit, low_balance_at } => {
            let limits = SetLimits { registrar, credit_limit, low_balance_at };
            Ok(Answer::Account(run(registry, limits).await?))
        }
        Request::Statement { registrar, from, until } => {
            Ok(Answer::Statement(run(registry, Statement { registrar, from, until }).await?))
        }
        Request::AddReseller { reseller, key } => {
            Ok(Answer::ResellerKey(run(registry, reseller::Add { reseller, key }).await?))
        }
        Request::NewResellerKey { username } => {
            Ok(Answer::ResellerKey(run(registry, reseller::NewKey { username }).await?))
        }
        Request::ChangeReseller { username, change } => {
            done(run(registry, reseller::Change { username, change }).await)
        }
        Request::ListResellers => Ok(Answer::Resellers(run(registry, reseller::List).await?)),
        Request::GiveCredit { username, amount, note } => {
            Ok(Answer::ResellerAccount(run(registry, part::GiveCredit { username, amount, note }).await?))
        }
        Request::ResellerStatement { username, from, until } => {
            let statement = part::Statement { reseller: username, from, until };
            Ok(Answer::ResellerStatement(run(registry, statement).await?))
        }
        Request::SetReseller { name, reseller } => done(run(registry, SetReseller { name, reseller }).await),
        Request::ListOutbox { state, most } => {
            Ok(Answer::Outbox(run(registry, outbox::List { state, most }).await?))
        }
        Request::RetryMail { number } => {
            let machine_now = registry.clock().machine();
            done(run(registry, outbox::Retry { number, machine_now }).await)
        }
        Request::ListPending { after, most } => {
            Ok(Answer::Pending(run(registry, pending::List { after, most }).await?))
        }
        Request::AnswerPending { number, agrees } => {
            run(registry, pending::AnswerByNumber { number, agrees }).await.map(|_| Answer::Done)
        }
        Request::DocumentPart { number, position } => {
            Ok(Answer::DocumentPart(run(registry, DocumentPart { number, position }).await?))
        }
        Request::AddMaintenance { id, details } => {
            let added = run(registry, maintenance::Add { id, details: *details }).await?;
            Ok(Answer::Maintenance(vec![added]))
        }
        Request::ChangeMaintenance { id, details } => {
            let changed = run(registry, maintenance::Change { id, details: *details }).await?;
            Ok(Answer::Maintenance(vec![changed]))
        }
        Request::CancelMaintenance { id } => done(run(registry, maintenance::Cancel { id }).await),
        Request::ListMaintenance => Ok(Answer::Maintenance(run(registry, maintenance::List).await?)),
        Request::Dealing(dealing) => dealing::execute(registry, dealing).await,
        Request::Backup { to } => backup(registry, to, progress).await,
        Request::Verify => verify(registry, progress).await,
    }
}

async fn run<O: Operation>(registry: &Arc<Registry>, operation: O) -> Result<O::Outcome, Problem> {
    let call = Call { actor: Actor::Operator, client_trid: None, server_trid: registry.next_trid() };
    Ok(registry.run(call, operation).await?)
}

fn done(result: Result<(), Problem>) -> Result<Answer, Problem> {
    result.map(|()| Answer::Done)
}

async fn set_password(
    registry: &Arc<Registry>,
    id: &RegistrarId,
    password: &Secret,
) -> Result<Answer, Problem> {
    // Whoever speaks to the socket may have judged nothing.
    let password = Secret::password(&password.expose())?;
    let known = registry.set_password(id, password.expose()).await?;
    known.then_some(Answer::Done).ok_or_else(|| no_registrar(id))
}

fn no_registrar(id: &RegistrarId) -> Problem {
    Problem::new(format_args!("there is no registrar {id}; `domesday registrar list` shows them"))
}

async fn backup(
    registry: &Arc<Registry>,
    to: PathBuf,
    mut progress: impl FnMut(u64, u64) + Send + 'static,
) -> Result<Answer, Problem> {
    let store = registry.store().clone();
    let copied = tokio::task::spawn_blocking(move || {
        store.backup(&to, &mut progress).map_err(Problem::new)?;
        let size = fs::metadata(&to).map_err(|cause| {
            Problem::new(format_args!("{} was written and is gone ({cause}); try again", to.display()))
        })?;
        Ok(Answer::Copied(size.len()))
    });
    copied.await.map_err(|_| Problem::new("the copy was broken off; see the server's log"))?
}

/// On a thread of its own: it reads everything.
async fn verify(
    registry: &Arc<Registry>,
    mut progress: impl FnMut(u64, u64) + Send + 'static,
) -> Result<Answer, Problem> {
    let (store, runtime) = (registry.store().clone(), Handle::current());
    let verified = tokio::task::spawn_blocking(move || {
        let mut file = Check::new("the database file is sound");
        store.damage()?.into_iter().for_each(|damage| file.fault(damage));
        file.examined = 1;
        let read = store.read(move |tx| verify::checks(tx, &mut progress));
        let mut found = vec![file];
        found.extend(runtime.block_on(read)?);
        Ok::<_, StoreError>(found)
    });
    let found = verified.await.map_err(|_| Problem::new("the look was broken off; see the server's log"))?;
    found.map(Answer::Verified).map_err(Problem::new)
}
