//! Records that changed at a clinical service are read anew. Nothing of the event is believed and
//! nothing of it is kept, so it may come twice, late, in any order, and about anybody.

use std::time::Instant;

use portal_domain::id::{PatientId, TenantId};
use portal_domain::source::Source;

use super::Inbox;
use super::receive::{InboxMessage, NotHandled};
use crate::bursts::{Changed, Turn};
use crate::ports::InboxOutcome;

impl Inbox {
    /// Has what is cached of a patient and source read anew; of a burst of events only once in a
    /// while. There is no row to remember the event by: done again it does no harm.
    pub(super) async fn read_anew(
        &self,
        message: &InboxMessage<'_>,
        tenant: &TenantId,
        (patient, source): (Option<PatientId>, Source),
    ) -> Result<InboxOutcome, NotHandled> {
        let Some(at_source) = patient else {
            return Ok(InboxOutcome::Ignored("no-patient"));
        };
        let names = self.inner.loader.names();
        let Some(patient) = names.patient_of(tenant, source, &at_source).await? else {
            return Ok(InboxOutcome::Ignored("not-linked"));
        };
        let changed = Changed {
            stream: message.stream.to_owned(),
            tenant: tenant.clone(),
            patient,
            source,
        };
        match self.bursts.turn(&changed, message.sequence, Instant::now()) {
            Turn::Covered => Ok(InboxOutcome::Ignored("covered")),
            Turn::Later(wait) => Err(NotHandled::Soon(wait)),
            Turn::Now => {
                let cache = &self.parts.cache;
                cache.invalidate(tenant, &changed.patient, source).await?;
                Ok(InboxOutcome::Handled)
            }
        }
    }
}
