//! An operation together with what it costs whoever asks, known where it happens: for answers that are rendered there.

use super::{BillLine, Movement};
use crate::model::money::Money;
use crate::model::registrar::RegistrarId;
use crate::registry::transaction::Transaction;
use crate::registry::{Access, Error, Operation};
use crate::store::{StoreError, Tx};

/// An operation whose cost is told with its outcome.
pub struct Billed<O>(pub O);

/// An outcome and its cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Costing<T> {
    /// What the operation answers.
    pub outcome: T,
    /// What was charged or is held for it, in all; none when it cost nothing.
    pub charged: Option<Money>,
}

impl<O: Operation> Operation for Billed<O> {
    type Outcome = Costing<O::Outcome>;
    const NAME: &'static str = O::NAME;
    const ACCESS: Access = O::ACCESS;
    const LOOKS_FIRST: bool = O::LOOKS_FIRST;

    fn run(&self, t: &mut Transaction<'_, '_>) -> Result<Self::Outcome, Error> {
        let before = t.money.len();
        let outcome = self.0.run(t)?;
        let registrar = t.registrar()?;
        let own = t.money.iter().skip(before).filter(|moved| moved.is_own(&registrar.id));
        let amount = BillLine::cost_of(&own.map(|moved| moved.line).collect::<Vec<_>>());
        let charged = (amount > 0).then_some(Money { amount, currency: registrar.currency });
        Ok(Costing { outcome, charged })
    }

    fn reads_ahead(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        self.0.reads_ahead(tx)
    }

    fn looks_refused(&self, t: &mut Transaction<'_, '_>) -> Result<bool, Error> {
        self.0.looks_refused(t)
    }
}

impl Movement {
    /// Whether a registrar's own command moves it, and not what fell due meanwhile.
    fn is_own(&self, registrar: &RegistrarId) -> bool {
        self.registrar == *registrar && self.due.is_none()
    }
}
