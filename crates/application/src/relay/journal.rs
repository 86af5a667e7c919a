//! The journal is its own outbox: read on behind its cursor, and published in batches.

use std::sync::Arc;

use async_trait::async_trait;
use metrics::counter;
use portal_domain::event::ACCESS_RECORDED;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::ports::{EventBus, JournalRelay, OutgoingEvent, RelayBatch, RelayClaim};

use super::cloud_event::CloudEvent;
use super::run::{RelayError, Step, Work};

#[derive(Serialize)]
struct AccessRecorded<'a> {
    events: &'a [Box<RawValue>],
}

/// The message of one batch. Its id is the tenant and the last event, so that a batch that is
/// published twice is one message.
pub fn access_recorded(batch: &RelayBatch, source: &str) -> OutgoingEvent {
    let event = CloudEvent {
        kind: ACCESS_RECORDED,
        id: format!("{}:{}", batch.tenant_id, batch.last_event_id),
        source,
        time: &batch.occurred_at,
        tenant_id: &batch.tenant_id,
        correlation_id: None,
        traceparent: None,
        data: AccessRecorded {
            events: &batch.events,
        },
    };
    event.into_outgoing()
}

/// From the journal to the bus.
pub(super) struct JournalWork {
    pub(super) journal: Arc<dyn JournalRelay>,
    pub(super) bus: Arc<dyn EventBus>,
    pub(super) source: String,
}

#[async_trait]
impl Work for JournalWork {
    const NAME: &'static str = "journal";

    async fn step(&mut self) -> Result<Step, RelayError> {
        let Some(claim) = self.journal.claim().await? else {
            return Ok(Step::Idle);
        };
        self.publish(&claim).await?;
        // Another relay that took over publishes the same messages, which the bus drops.
        let confirmed = self.journal.confirm(&claim).await?;
        Ok(if confirmed { Step::Worked } else { Step::Idle })
    }
}

impl JournalWork {
    async fn publish(&self, claim: &RelayClaim) -> Result<(), RelayError> {
        for batch in &claim.batches {
            self.bus
                .publish(&access_recorded(batch, &self.source))
                .await?;
            counter!("portal_access_events_published_total").increment(batch.events.len() as u64);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_one_cloud_event_with_the_same_id_each_time() {
        let batch = RelayBatch {
            tenant_id: "demo".parse().unwrap(),
            last_event_id: "paev_2".to_owned(),
            events: vec![RawValue::from_string(r#"{"id":"paev_2"}"#.to_owned()).unwrap()],
            occurred_at: "2026-01-01T00:00:00Z".to_owned(),
        };
        let event = access_recorded(&batch, "ghasi/patient-portal");
        assert_eq!(event.message_id, "demo:paev_2");
        let json: serde_json::Value = serde_json::from_slice(&event.payload).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "specversion": "1.0", "id": "demo:paev_2", "source": "ghasi/patient-portal",
                "type": "portal.access.recorded.v1", "time": "2026-01-01T00:00:00Z",
                "datacontenttype": "application/json", "tenantid": "demo", "dataversion": "1",
                "data": { "events": [{ "id": "paev_2" }] }
            })
        );
        assert_eq!(
            event.payload,
            access_recorded(&batch, "ghasi/patient-portal").payload
        );
    }
}
