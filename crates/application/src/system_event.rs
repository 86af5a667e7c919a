//! What the journal says of what nobody asked for.

use jiff::Timestamp;
use portal_domain::audit::{AccessEvent, ActorKind, EventType, MAX_RESOURCE_IDS, Outcome};
use portal_domain::id::{PatientId, PortalAccessEventId, RequestId, TenantId};

use crate::look::time_of;
use crate::ports::Ids;

/// What the portal did by itself: a job's step, or a change that another service's event brought.
pub(crate) struct SystemAct<'a> {
    /// In which tenant.
    pub(crate) tenant: &'a TenantId,
    /// The job or the consumed event, named as operations are.
    pub(crate) operation: &'static str,
    /// What was done.
    pub(crate) event_type: EventType,
    /// Whose record it concerns, when it is known.
    pub(crate) patient: Option<PatientId>,
    /// The ids of what was changed.
    pub(crate) changed: Vec<Box<str>>,
    /// The correlation.
    pub(crate) request_id: &'a RequestId,
}

/// The event of it: no account, no client, no person.
pub(crate) fn system_event(ids: &dyn Ids, now: Timestamp, act: SystemAct<'_>) -> AccessEvent {
    let ulid = ids.ulid(now);
    let count = act.changed.len();
    AccessEvent {
        id: PortalAccessEventId::new(ulid),
        tenant_id: act.tenant.clone(),
        account_id: None,
        patient_id: act.patient,
        actor: ActorKind::System,
        delegation_id: None,
        identity: None,
        client: None,
        event_type: act.event_type,
        outcome: Outcome::Success,
        reason_code: None,
        resource_type: None,
        resource_ids: act.changed.into_iter().take(MAX_RESOURCE_IDS).collect(),
        resource_count: u32::try_from(count).unwrap_or(u32::MAX),
        query_keys: Vec::new(),
        operation: act.operation,
        client_address: None,
        user_agent_class: "none",
        request_id: act.request_id.clone(),
        occurred_at: time_of(ulid, now),
        fence: None,
    }
}
