//! One look at a record, from the facts to the receipt. Every use case that shows something of a
//! person runs through here, so none can forget to ask, or to write down.

use async_trait::async_trait;
use jiff::Timestamp;
use metrics::counter;
use portal_domain::access::{Action, CallerGrant, Denial, PatientGrant, VerifiedToken, explain};
use portal_domain::audit::{AccessEvent, ActorKind, EventType, MAX_RESOURCE_IDS, Outcome, Receipt};
use portal_domain::disclosure::{Answer, Disclosure};
use portal_domain::id::PortalAccessEventId;
use ulid::Ulid;

use crate::caller::Caller;
use crate::decide::Refused;
use crate::error::AccessError;
use crate::gate::Memory;
use crate::portal::Inner;
use crate::ports::{JournalPlace, Recording, StoreError};

/// What a look found: what will be shown, and what is said about it.
pub(crate) struct Seen<T> {
    pub(crate) answer: Answer,
    pub(crate) about: T,
}

/// A use case that looks at a record.
#[async_trait]
pub(crate) trait Look: Sync {
    /// What it says beside the records.
    type About: Send;

    /// Which operation it is.
    fn action(&self) -> Action;

    /// Loads, filters and pages under the grant. Shows nothing yet.
    async fn look(
        &self,
        portal: &Inner,
        grant: &PatientGrant,
        caller: &Caller,
    ) -> Result<Seen<Self::About>, AccessError>;
}

/// The journal refuses an answer that was decided on stale facts; a second refusal in a row means
/// that facts change faster than they can be read.
const ATTEMPTS: usize = 2;

impl Inner {
    /// Runs a look: gather, decide, take a place in the journal, look, record, open.
    pub(crate) async fn run<L: Look>(
        &self,
        caller: &Caller,
        look: &L,
    ) -> Result<(Disclosure, L::About), AccessError> {
        let action = look.action();
        let mut memory = Memory::Allowed;
        for _ in 0..ATTEMPTS {
            let grant = self.admit(caller, &action, memory).await?;
            memory = Memory::Forbidden;
            let place = self.journal.reserve()?;
            let seen = match look.look(self, &grant, caller).await {
                Ok(seen) => seen,
                Err(error) => match self.failed(caller, &grant, place, error).await {
                    Some(error) => return Err(error),
                    None => continue,
                },
            };
            let event = self.shown(caller, &grant, &seen.answer);
            if let Some(receipt) = record(place, event).await? {
                self.note_app(&grant);
                return Ok((Disclosure::new(seen.answer, receipt), seen.about));
            }
        }
        Err(StoreError::Unavailable.into())
    }

    async fn admit(
        &self,
        caller: &Caller,
        action: &Action,
        memory: Memory,
    ) -> Result<PatientGrant, AccessError> {
        match self.decide(caller, action, memory).await? {
            Ok(grant) => self.charge(caller).await.map(|()| grant),
            Err(refused) => {
                self.deny(caller, action, &refused).await;
                Err(refused.denial.into())
            }
        }
    }

    /// Decides about a change of the caller's own; a refusal is written down.
    pub(crate) async fn admit_caller(
        &self,
        caller: &Caller,
        action: &Action,
        memory: Memory,
    ) -> Result<CallerGrant, AccessError> {
        match self.decide_caller(caller, action, memory).await? {
            Ok(grant) => self.charge(caller).await.map(|()| grant),
            Err(refused) => {
                self.deny(caller, action, &refused).await;
                Err(refused.denial.into())
            }
        }
    }

    /// Writes down a look that showed nothing, and says what to answer. `None`: it was decided on
    /// stale facts.
    async fn failed(
        &self,
        caller: &Caller,
        grant: &PatientGrant,
        place: Box<dyn JournalPlace>,
        error: AccessError,
    ) -> Option<AccessError> {
        let reason = match &error {
            AccessError::NotFound => "not-found",
            AccessError::Source(_) => "source-unavailable",
            AccessError::Refused(refusal) => refusal.code(),
            AccessError::Denied(denial) => {
                self.deny_granted(caller, grant, place, *denial).await;
                return Some(error);
            }
            AccessError::Input(_) | AccessError::Store(_) => return Some(error),
        };
        let mut event = self.shown(caller, grant, &Answer::default());
        event.outcome = Outcome::Failed;
        event.reason_code = Some(reason);
        match record(place, event).await {
            Ok(Some(_)) => Some(error),
            Ok(None) => None,
            Err(store) => Some(store.into()),
        }
    }

    /// A refusal that only the request's parameters showed.
    async fn deny_granted(
        &self,
        caller: &Caller,
        grant: &PatientGrant,
        place: Box<dyn JournalPlace>,
        denial: Denial,
    ) {
        counter!("portal_denials_total", "reason" => denial.code()).increment(1);
        let key = (grant.account().id.to_string(), denial.code());
        let event = self.denial_event(caller, grant.action(), Some(grant), denial);
        if let Some(event) = self.denials.admit(key, self.clock.now(), event) {
            write_denial(place, event).await;
        }
    }

    async fn deny(&self, caller: &Caller, action: &Action, refused: &Refused) {
        let Refused { denial, facts } = refused;
        counter!("portal_denials_total", "reason" => denial.code()).increment(1);
        tracing::info!(decision = %explain(facts, action, self.clock.now()), "access.denied");
        if !denial.tenant_is_known() {
            return;
        }
        let who = match &facts.account {
            Some(account) => account.id.to_string(),
            None => format!("{}\n{}", caller.token.issuer, caller.token.subject.as_str()),
        };
        let mut event = self.denial_event(caller, action, None, *denial);
        let delegation = facts.named_delegation(action.surface);
        event.account_id = facts.account.as_ref().map(|account| account.id);
        event.delegation_id = delegation.map(|delegation| delegation.id);
        event.actor = actor(&caller.token, delegation.is_some());
        event.patient_id = match (delegation, &facts.account) {
            (Some(delegation), _) => Some(delegation.grantor.clone()),
            (None, Some(account)) => account.patient_id.clone(),
            (None, None) => None,
        };
        let key = (who, denial.code());
        if let Some(event) = self.denials.admit(key, self.clock.now(), event) {
            self.write_soon(event).await;
        }
    }

    pub(crate) async fn write_soon(&self, event: AccessEvent) {
        match self.journal.reserve() {
            Ok(place) => write_denial(place, event).await,
            Err(_) => unrecorded(event.reason_code),
        }
    }

    /// Writes one event for the refusals of each minute that were only counted.
    pub(crate) async fn write_counted_denials(&self, all: bool) {
        let now = self.clock.now();
        for mut event in self.denials.due(now, all) {
            let ulid = self.ids.ulid(now);
            event.id = PortalAccessEventId::new(ulid);
            event.occurred_at = time_of(ulid, now);
            self.write_soon(event).await;
        }
    }

    fn denial_event(
        &self,
        caller: &Caller,
        action: &Action,
        grant: Option<&PatientGrant>,
        denial: Denial,
    ) -> AccessEvent {
        let mut event = self.event(caller, action, grant);
        event.event_type = EventType::AccessDenied;
        event.outcome = Outcome::Denied;
        event.reason_code = Some(denial.code());
        event.resource_count = 1;
        event.fence = None;
        event
    }

    fn shown(&self, caller: &Caller, grant: &PatientGrant, answer: &Answer) -> AccessEvent {
        let mut event = self.event(caller, grant.action(), Some(grant));
        event.resource_ids = answer.ids().take(MAX_RESOURCE_IDS).map(Box::from).collect();
        event.resource_count = u32::try_from(answer.ids().count()).unwrap_or(u32::MAX);
        event
    }

    pub(crate) fn event(
        &self,
        caller: &Caller,
        action: &Action,
        grant: Option<&PatientGrant>,
    ) -> AccessEvent {
        let now = self.clock.now();
        let token = &caller.token;
        let proxy = grant.and_then(PatientGrant::proxy);
        // Callers without a tenant are refused before an event is made for them.
        let tenant_id = token.tenant().expect("the tenant is known").clone();
        let ulid = self.ids.ulid(now);
        AccessEvent {
            id: PortalAccessEventId::new(ulid),
            tenant_id,
            account_id: grant.map(|grant| grant.account().id),
            patient_id: grant
                .and_then(PatientGrant::patient)
                .map(|patient| patient.id().clone()),
            actor: actor(token, proxy.is_some()),
            delegation_id: proxy.map(|proxy| proxy.delegation().id),
            identity: Some((token.issuer.clone(), token.subject.clone())),
            client: token.client.clone(),
            event_type: action.event_type,
            outcome: Outcome::Success,
            reason_code: None,
            resource_type: action.resource_type(),
            resource_ids: Vec::new(),
            resource_count: 0,
            query_keys: caller.request.query_keys.clone(),
            operation: action.operation,
            client_address: caller.request.client_address.clone(),
            user_agent_class: caller.request.user_agent_class,
            request_id: caller.request.request_id.clone(),
            occurred_at: time_of(ulid, now),
            fence: grant.map(PatientGrant::fence),
        }
    }
}

/// `None`: the event was decided on stale facts.
async fn record(
    place: Box<dyn JournalPlace>,
    event: AccessEvent,
) -> Result<Option<Receipt>, StoreError> {
    match place.record(event).await? {
        Recording::Durable(receipt) => Ok(Some(receipt)),
        Recording::Stale => {
            counter!("portal_decisions_stale_total").increment(1);
            Ok(None)
        }
    }
}

/// An app acts as an app, whomever for.
const fn actor(token: &VerifiedToken, for_another: bool) -> ActorKind {
    match (token.first_party, for_another) {
        (false, _) => ActorKind::App,
        (true, true) => ActorKind::Proxy,
        (true, false) => ActorKind::Oneself,
    }
}

// The partition of an event follows from its id, so its time is the ULID's own.
pub(crate) fn time_of(ulid: Ulid, now: Timestamp) -> Timestamp {
    i64::try_from(ulid.timestamp_ms())
        .ok()
        .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok())
        .unwrap_or(now)
}

async fn write_denial(place: Box<dyn JournalPlace>, event: AccessEvent) {
    let reason = event.reason_code;
    if place.record(event).await.is_err() {
        unrecorded(reason);
    }
}

fn unrecorded(reason: Option<&'static str>) {
    counter!("portal_denials_unrecorded_total").increment(1);
    tracing::warn!(reason, "denial.unrecorded");
}

#[cfg(test)]
#[path = "look_tests.rs"]
mod tests;
