//! From somebody of staff and an action to a grant or a refusal, which is written down.

use metrics::counter;
use portal_domain::access::{Denial, StaffAction, StaffGrant, authorize_staff};
use portal_domain::audit::{AccessEvent, EventType, MAX_RESOURCE_IDS, Outcome};
use portal_domain::id::{PatientId, PortalAccessEventId};

use super::StaffCaller;
use crate::error::AccessError;
use crate::look::time_of;
use crate::portal::Inner;

/// What the journal says of an act beside who did it.
#[derive(Debug, Clone, Default)]
pub(super) struct About {
    /// Whose record it concerns: that patient sees it in their log.
    pub(super) patient: Option<PatientId>,
    /// The things that were seen or changed.
    pub(super) ids: Vec<Box<str>>,
    /// Whether it turned out that there was nothing to change.
    pub(super) unchanged: bool,
}

impl About {
    /// One thing, and whose it is.
    pub(super) fn one(id: &impl ToString, patient: Option<&PatientId>) -> Self {
        Self {
            patient: patient.cloned(),
            ids: vec![id.to_string().into_boxed_str()],
            unchanged: false,
        }
    }

    /// Several things of several people.
    pub(super) fn many<T: ToString>(ids: impl IntoIterator<Item = T>) -> Self {
        Self {
            patient: None,
            ids: ids
                .into_iter()
                .map(|id| id.to_string().into_boxed_str())
                .collect(),
            unchanged: false,
        }
    }

    /// The thing was there already, and was only looked at.
    pub(super) fn unchanged(mut self) -> Self {
        self.unchanged = true;
        self
    }
}

impl Inner {
    /// Decides on what the store says now: staff ask seldom, and a right that was taken away is
    /// to be gone.
    pub(super) async fn admit_staff(
        &self,
        caller: &StaffCaller,
        action: &StaffAction,
    ) -> Result<StaffGrant, AccessError> {
        let facts = self.gate.staff_facts(caller).await?;
        match authorize_staff(&facts, action, self.clock.now()) {
            Ok(grant) => Ok(grant),
            Err(denial) => {
                self.deny_staff(caller, action, denial).await;
                Err(denial.into())
            }
        }
    }

    async fn deny_staff(&self, caller: &StaffCaller, action: &StaffAction, denial: Denial) {
        counter!("portal_denials_total", "reason" => denial.code()).increment(1);
        let operation = action.operation;
        tracing::info!(operation, reason = denial.code(), "staff.denied");
        if !denial.tenant_is_known() {
            return;
        }
        let Some(mut event) = self.staff_event(caller, action, About::default()) else {
            return;
        };
        event.event_type = EventType::AccessDenied;
        event.outcome = Outcome::Denied;
        event.reason_code = Some(denial.code());
        event.resource_count = 1;
        let token = &caller.staff.token;
        let who = format!("{}\n{}", token.issuer, token.subject.as_str());
        let key = (who, denial.code());
        if let Some(event) = self.denials.admit(key, self.clock.now(), event) {
            self.write_soon(event).await;
        }
    }

    /// What the journal says of an act; nothing where no tenant is known. Staff have no account,
    /// so the journal keeps a keyed hash of who they are.
    pub(super) fn staff_event(
        &self,
        caller: &StaffCaller,
        action: &StaffAction,
        about: About,
    ) -> Option<AccessEvent> {
        let now = self.clock.now();
        let token = &caller.staff.token;
        let ulid = self.ids.ulid(now);
        let count = about.ids.len();
        Some(AccessEvent {
            id: PortalAccessEventId::new(ulid),
            tenant_id: token.tenant().ok()?.clone(),
            account_id: None,
            patient_id: about.patient,
            actor: caller.staff.actor(),
            delegation_id: None,
            identity: Some((token.issuer.clone(), token.subject.clone())),
            client: token.client.clone(),
            event_type: if about.unchanged {
                EventType::AdminViewed
            } else {
                action.event_type
            },
            outcome: Outcome::Success,
            reason_code: None,
            resource_type: None,
            resource_ids: about.ids.into_iter().take(MAX_RESOURCE_IDS).collect(),
            resource_count: u32::try_from(count).unwrap_or(u32::MAX),
            query_keys: caller.request.query_keys.clone(),
            operation: action.operation,
            client_address: caller.request.client_address.clone(),
            user_agent_class: caller.request.user_agent_class,
            request_id: caller.request.request_id.clone(),
            occurred_at: time_of(ulid, now),
            fence: None,
        })
    }
}
