use std::collections::HashMap;
use std::sync::Mutex;

use jiff::Timestamp;
use portal_domain::id::OutboxEventId;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use ulid::Ulid;

use super::batch::Batch;
use super::*;
use crate::ports::{EventBusError, MessageOutcome, OutboxMessage, OutgoingEvent, PublishOutcome};

fn message(number: u128, aggregate: &str) -> OutboxMessage {
    OutboxMessage {
        tenant_id: "north".parse().unwrap(),
        event_id: OutboxEventId::new(Ulid(number)),
        lane: 0,
        aggregate_id: aggregate.to_owned(),
        event_type: "portal.account.created.v1".to_owned(),
        data: RawValue::from_string(r#"{"accountId":"pact_1"}"#.to_owned()).unwrap(),
        correlation_id: None,
        traceparent: None,
        occurred_at: Timestamp::UNIX_EPOCH,
        attempts: 0,
    }
}

/// A bus that fails for messages that were named before, and remembers the others.
#[derive(Default)]
struct MemoryBus {
    faults: HashMap<String, EventBusError>,
    stored: Mutex<Vec<OutgoingEvent>>,
}

impl MemoryBus {
    fn failing(number: u128, error: EventBusError) -> Self {
        let id = OutboxEventId::new(Ulid(number)).to_string();
        Self {
            faults: HashMap::from([(id, error)]),
            stored: Mutex::default(),
        }
    }

    fn stored(&self) -> Vec<String> {
        let stored = self.stored.lock().unwrap();
        stored
            .iter()
            .map(|event| event.message_id.clone())
            .collect()
    }
}

#[async_trait]
impl EventBus for MemoryBus {
    async fn publish(&self, event: &OutgoingEvent) -> Result<(), EventBusError> {
        if let Some(error) = self.faults.get(&event.message_id) {
            return Err(*error);
        }
        self.stored.lock().unwrap().push(event.clone());
        Ok(())
    }
}

fn ids(numbers: &[u128]) -> Vec<String> {
    let id = |number: &u128| OutboxEventId::new(Ulid(*number)).to_string();
    numbers.iter().map(id).collect()
}

fn outcome_of(outcomes: &[MessageOutcome], number: u128) -> Option<PublishOutcome> {
    let of = |outcome: &&MessageOutcome| outcome.event_id == OutboxEventId::new(Ulid(number));
    outcomes.iter().find(of).map(|outcome| outcome.outcome)
}

#[tokio::test]
async fn a_message_is_a_cloud_event_with_its_trace() {
    let bus = MemoryBus::default();
    let traced = OutboxMessage {
        correlation_id: Some("request-1".to_owned()),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        ..message(1, "pact_1")
    };
    let batch = Batch::publish(&[traced], &bus, "ghasi/patient-portal").await;
    assert_eq!(
        outcome_of(&batch.outcomes, 1),
        Some(PublishOutcome::Published)
    );
    let stored = bus.stored.lock().unwrap();
    let json: Value = serde_json::from_slice(&stored[0].payload).unwrap();
    assert_eq!(
        json,
        json!({
            "specversion": "1.0", "id": "pevt_00000000000000000000000001",
            "source": "ghasi/patient-portal", "type": "portal.account.created.v1",
            "time": "1970-01-01T00:00:00Z", "datacontenttype": "application/json",
            "tenantid": "north", "correlationid": "request-1",
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "dataversion": "1", "data": { "accountId": "pact_1" }
        })
    );
}

#[tokio::test]
async fn nothing_overtakes_a_message_that_waits_for_its_retry() {
    let bus = MemoryBus::failing(2, EventBusError::Refused);
    let messages = [
        message(1, "a"),
        message(2, "a"),
        message(3, "b"),
        message(4, "a"),
    ];
    let batch = Batch::publish(&messages, &bus, "source").await;
    assert!(matches!(
        outcome_of(&batch.outcomes, 2),
        Some(PublishOutcome::Retry(_))
    ));
    assert_eq!(outcome_of(&batch.outcomes, 4), None);
    assert!(!batch.is_bus_away);
    let mut stored = bus.stored();
    stored.sort();
    assert_eq!(stored, ids(&[1, 3]));
}

#[tokio::test]
async fn a_dead_letter_holds_back_nobody() {
    let bus = MemoryBus::failing(1, EventBusError::TooLarge);
    let batch = Batch::publish(&[message(1, "a"), message(2, "a")], &bus, "source").await;
    assert_eq!(
        outcome_of(&batch.outcomes, 1),
        Some(PublishOutcome::Dead("too-large"))
    );
    assert_eq!(
        outcome_of(&batch.outcomes, 2),
        Some(PublishOutcome::Published)
    );
}

#[tokio::test]
async fn the_twentieth_failure_is_the_last() {
    let bus = MemoryBus::failing(1, EventBusError::Refused);
    for (attempts, is_dead) in [(0, false), (18, false), (19, true), (20, true)] {
        let message = OutboxMessage {
            attempts,
            ..message(1, "a")
        };
        let batch = Batch::publish(&[message], &bus, "source").await;
        let outcome = outcome_of(&batch.outcomes, 1);
        assert_eq!(
            outcome == Some(PublishOutcome::Dead("refused")),
            is_dead,
            "{attempts}"
        );
    }
}

#[tokio::test]
async fn an_outage_counts_for_no_message() {
    let bus = MemoryBus::failing(1, EventBusError::Unavailable);
    let hopeless = OutboxMessage {
        attempts: 19,
        ..message(1, "a")
    };
    let batch = Batch::publish(&[hopeless, message(2, "a")], &bus, "source").await;
    assert_eq!(batch.outcomes, []);
    assert!(batch.is_bus_away);
}

#[tokio::test]
async fn what_a_newer_build_wrote_waits_for_it() {
    let bus = MemoryBus::default();
    let newer = OutboxMessage {
        event_type: "portal.account.renamed.v1".to_owned(),
        ..message(1, "a")
    };
    let batch = Batch::publish(&[newer, message(2, "a")], &bus, "source").await;
    assert!(matches!(
        outcome_of(&batch.outcomes, 1),
        Some(PublishOutcome::Retry(_))
    ));
    assert_eq!(bus.stored(), NONE);
}

const NONE: [String; 0] = [];
