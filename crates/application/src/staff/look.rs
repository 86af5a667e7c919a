//! One look of staff, from the facts to the receipt.

use async_trait::async_trait;
use portal_domain::access::{Denial, StaffAction, StaffGrant};
use portal_domain::audit::{Outcome, Recorded};

use super::StaffCaller;
use super::decide::About;
use super::desk::StaffDesk;
use crate::act::reason;
use crate::error::AccessError;
use crate::ports::{JournalPlace, Recording, StoreError};

/// A use case of staff that only reads.
#[async_trait]
pub(super) trait StaffLook: Sync {
    /// What it shows.
    type Shown: Send;

    /// Which operation it is.
    fn action(&self) -> StaffAction;

    /// Reads under the grant. Shows nothing yet.
    async fn look(
        &self,
        desk: &StaffDesk,
        grant: &StaffGrant,
        caller: &StaffCaller,
    ) -> Result<(Self::Shown, About), AccessError>;
}

impl StaffDesk {
    /// Runs a look: decide, take a place in the journal, look, record.
    pub(super) async fn run<L: StaffLook>(
        &self,
        caller: &StaffCaller,
        look: &L,
    ) -> Result<Recorded<L::Shown>, AccessError> {
        let action = look.action();
        let grant = self.inner.admit_staff(caller, &action).await?;
        let place = self.inner.journal.reserve()?;
        match look.look(self, &grant, caller).await {
            Ok((shown, about)) => {
                let event = self.inner.staff_event(caller, &action, about);
                let event = event.ok_or(Denial::TenantClaimRequired)?;
                match place.record(event).await? {
                    Recording::Durable(receipt) => Ok(Recorded::new(shown, receipt)),
                    Recording::Stale => Err(StoreError::Unavailable.into()),
                }
            }
            Err(error) => Err(self.failed(caller, &action, place, error).await),
        }
    }

    /// Writes down an act that came to nothing, and says what to answer. What was wrong with the
    /// request itself is nobody's record.
    pub(super) async fn failed(
        &self,
        caller: &StaffCaller,
        action: &StaffAction,
        place: Box<dyn JournalPlace>,
        error: AccessError,
    ) -> AccessError {
        if matches!(error, AccessError::Input(_) | AccessError::Store(_)) {
            return error;
        }
        let Some(mut event) = self.inner.staff_event(caller, action, About::default()) else {
            return error;
        };
        event.outcome = Outcome::Failed;
        event.reason_code = reason(&error);
        match place.record(event).await {
            Ok(_) => error,
            Err(store) => store.into(),
        }
    }
}
