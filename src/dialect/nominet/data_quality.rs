//! nom-data-quality-1.1: a question about the quality of a registrant's data, and the registrar's word that it is right.

use super::services::uri;
use crate::dialect::uk::write::{instant_leaf, open_data, optional_leaf};
use crate::gateway::epp::command::{Command, Outcome};
use crate::gateway::epp::decode::{Cursor, Fault, FaultKind, empty};
use crate::gateway::epp::extension::{Applied, Extension};
use crate::gateway::epp::response::{Part, close, leaf};
use crate::gateway::xml::Element;
use crate::model::standing::{DataQuality as Question, DataQualityStage};
use crate::registry::contact::UpdateValidated;

/// nom-data-quality-1.1.
pub(super) struct DataQuality;

impl Extension for DataQuality {
    fn uri(&self) -> &'static str {
        uri::DATA_QUALITY
    }

    fn on_command(&self, element: Element<'_>, command: &mut Command) -> Result<Applied, Fault> {
        let Command::ContactUpdate(update) = command else {
            return Ok(Applied::No);
        };
        if element.name() != "update" {
            return Err(Fault::at(element, FaultKind::Unexpected));
        }
        let mut cursor = Cursor::new(element, uri::DATA_QUALITY, &["validate"], &[])?;
        empty(cursor.required("validate")?)?;
        cursor.end()?;
        *command = Command::ContactUpdateValidated(UpdateValidated { update: update.clone() });
        Ok(Applied::Yes)
    }

    fn answer(&self, outcome: &Outcome) -> Option<Part> {
        let Outcome::ContactInfo(view) = outcome else {
            return None;
        };
        let question = view.contact.standing.data_quality.as_ref()?;
        Some(Part { uri: uri::DATA_QUALITY, xml: info_data(question) })
    }
}

fn info_data(question: &Question) -> String {
    let mut out = String::new();
    open_data("nom-data-quality", "infData", uri::DATA_QUALITY, &[], &mut out);
    leaf("nom-data-quality:status", question.stage.as_str(), &mut out);
    let reason = question.reason.as_deref().filter(|reason| !reason.is_empty());
    optional_leaf("nom-data-quality:reason", reason, &mut out);
    instant_leaf("nom-data-quality:dateCommenced", question.commenced_at, &mut out);
    if let Some(at) = question.suspend_at {
        instant_leaf("nom-data-quality:dateToSuspend", at, &mut out);
    }
    let is_locked = matches!(question.stage, DataQualityStage::Suspend | DataQualityStage::Cancel);
    leaf("nom-data-quality:lockApplied", if is_locked { "Y" } else { "N" }, &mut out);
    close("nom-data-quality:infData", &mut out);
    out
}
