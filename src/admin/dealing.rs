//! The operator's dealings with what registrars hold: cases, suspensions, reports, registrants.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Answer, Problem, done, run};
use crate::model::case::CaseNumber;
use crate::model::contact::{ContactId, Email, Phone};
use crate::model::event::AbuseReport;
use crate::model::name::DomainName;
use crate::model::standing::DataQualityStage;
use crate::registry::contact::update::Change;
use crate::registry::operator::{
    ChangeContact, LiftSuspension, QuestionData, ReportAbuse, Suspend, TransferRegistrant, ValidateData,
};
use crate::registry::{Registry, case, contact};

/// Something the operator asks about them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Dealing {
    /// Lists open cases, the oldest first.
    ListCases {
        /// Behind this one.
        after: CaseNumber,
    },
    /// Accepts a case.
    AcceptCase {
        /// Which.
        case: String,
    },
    /// Rejects a case.
    RejectCase {
        /// Which.
        case: String,
        /// Why.
        reason: Option<String>,
    },
    /// Takes domains out of the zone.
    Suspend {
        /// Which.
        names: Vec<DomainName>,
        /// Why.
        reason: String,
        /// When they are cancelled.
        cancel_at: Option<Timestamp>,
    },
    /// Gives a suspended domain back.
    LiftSuspension {
        /// Which.
        name: DomainName,
    },
    /// Gives domains to another registrant.
    TransferRegistrant {
        /// Which.
        names: Vec<DomainName>,
        /// To whom.
        to: ContactId,
    },
    /// Tells of an abuse that was seen.
    ReportAbuse {
        /// The domain.
        name: DomainName,
        /// What was seen; without a date it was now.
        report: AbuseReport,
    },
    /// Puts the quality of a contact's data in question.
    QuestionData {
        /// Whose.
        contact: ContactId,
        /// How far it has come.
        stage: DataQualityStage,
        /// Which process.
        process: Option<String>,
        /// Why.
        reason: Option<String>,
        /// When its domains are suspended.
        suspend_at: Option<Timestamp>,
        /// When its domains are cancelled.
        cancel_at: Option<Timestamp>,
    },
    /// Ends the question.
    ValidateData {
        /// Whose.
        contact: ContactId,
    },
    /// Changes a contact for its holder.
    ChangeContact {
        /// Which.
        contact: ContactId,
        /// Its new e-mail address.
        email: Option<Email>,
        /// Its new telephone number.
        voice: Option<Phone>,
    },
}

/// Has it done.
pub(super) async fn execute(registry: &Arc<Registry>, dealing: Dealing) -> Result<Answer, Problem> {
    match dealing {
        Dealing::ListCases { after } => {
            Ok(Answer::Cases(run(registry, case::List { after, most: CASES_LISTED }).await?))
        }
        Dealing::AcceptCase { case } => {
            done(run(registry, case::Accept { case, account: None }).await.map(drop))
        }
        Dealing::RejectCase { case, reason } => {
            done(run(registry, case::Reject { case, reason }).await.map(drop))
        }
        Dealing::Suspend { names, reason, cancel_at } => {
            done(run(registry, Suspend { names, reason, cancel_at }).await)
        }
        Dealing::LiftSuspension { name } => done(run(registry, LiftSuspension { name }).await),
        Dealing::TransferRegistrant { names, to } => {
            Ok(Answer::Case(run(registry, TransferRegistrant { names, to }).await?))
        }
        Dealing::ReportAbuse { name, report } => done(run(registry, ReportAbuse { name, report }).await),
        Dealing::QuestionData { contact, stage, process, reason, suspend_at, cancel_at } => {
            let question = QuestionData { contact, stage, process, reason, suspend_at, cancel_at };
            done(run(registry, question).await)
        }
        Dealing::ValidateData { contact } => done(run(registry, ValidateData { contact }).await),
        Dealing::ChangeContact { contact: id, email, voice } => {
            let change = Change { email, voice: voice.map(Some), ..Change::default() };
            let update = contact::Update { id, add: Vec::new(), remove: Vec::new(), change };
            done(run(registry, ChangeContact { update }).await)
        }
    }
}

const CASES_LISTED: u32 = 1000;
