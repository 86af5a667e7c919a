//! One claim's messages: aggregates beside each other, the messages of each in order.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::stream;
use metrics::counter;
use portal_domain::event::EventKind;

use crate::ports::{
    EventBus, EventBusError, MessageOutcome, OutboxMessage, OutgoingEvent, PublishOutcome,
};

use super::super::cloud_event::CloudEvent;
use super::retry::after_failure;

/// Aggregates whose messages are on their way at the same time.
const IN_FLIGHT: usize = 64;
/// Nothing is begun later than this after the claim: what waits five seconds for its store still
/// has its outcome stored within the lease of ten.
const BEGIN_WITHIN: Duration = Duration::from_secs(4);

/// The message of an event; `None` when this build does not know its type, as when a newer one
/// wrote it.
pub fn event_message(message: &OutboxMessage, source: &str) -> Option<OutgoingEvent> {
    let event = CloudEvent {
        kind: EventKind::of_type(&message.event_type)?,
        id: message.event_id.to_string(),
        source,
        time: &message.occurred_at.to_string(),
        tenant_id: &message.tenant_id,
        correlation_id: message.correlation_id.as_deref(),
        traceparent: message.traceparent.as_deref(),
        data: &message.data,
    };
    Some(event.into_outgoing())
}

/// What became of the messages of a claim.
pub(super) struct Batch {
    /// Of those that were tried and came to an end.
    pub(super) outcomes: Vec<MessageOutcome>,
    /// Whether the bus was lost meanwhile. That is no fault of the messages: those that it took
    /// away with it have no outcome, and are tried again without a count.
    pub(super) is_bus_away: bool,
}

impl Batch {
    pub(super) async fn publish(
        messages: &[OutboxMessage],
        bus: &dyn EventBus,
        source: &str,
    ) -> Self {
        let publication = Publication {
            bus,
            source,
            end: Instant::now() + BEGIN_WITHIN,
            is_bus_away: AtomicBool::new(false),
        };
        let aggregates = by_aggregate(messages);
        let published: Vec<_> = aggregates
            .into_iter()
            .map(|messages| publication.in_order(messages))
            .collect();
        let outcomes: Vec<_> = stream::iter(published)
            .buffer_unordered(IN_FLIGHT)
            .collect()
            .await;
        Self {
            outcomes: outcomes.into_iter().flatten().collect(),
            is_bus_away: publication.is_bus_away.into_inner(),
        }
    }
}

/// Messages by aggregate, in the order in which they were.
fn by_aggregate(messages: &[OutboxMessage]) -> Vec<Vec<&OutboxMessage>> {
    let mut places = HashMap::new();
    let mut aggregates: Vec<Vec<&OutboxMessage>> = Vec::new();
    for message in messages {
        let aggregate = (&message.tenant_id, &message.aggregate_id);
        let place = *places.entry(aggregate).or_insert(aggregates.len());
        if place == aggregates.len() {
            aggregates.push(Vec::new());
        }
        aggregates[place].push(message);
    }
    aggregates
}

struct Publication<'a> {
    bus: &'a dyn EventBus,
    source: &'a str,
    end: Instant,
    is_bus_away: AtomicBool,
}

impl Publication<'_> {
    /// Publishes one message after the other, up to one that has to wait: what follows it would
    /// overtake it.
    async fn in_order(&self, messages: Vec<&OutboxMessage>) -> Vec<MessageOutcome> {
        let mut outcomes = Vec::with_capacity(messages.len());
        for message in messages {
            if self.is_bus_away.load(Ordering::Relaxed) || Instant::now() > self.end {
                break;
            }
            let Some(outcome) = self.attempt(message).await else {
                break;
            };
            outcomes.push(MessageOutcome {
                tenant_id: message.tenant_id.clone(),
                event_id: message.event_id,
                outcome,
            });
            if matches!(outcome, PublishOutcome::Retry(_)) {
                break;
            }
        }
        outcomes
    }

    /// `None` when the bus is away.
    async fn attempt(&self, message: &OutboxMessage) -> Option<PublishOutcome> {
        let Some(event) = event_message(message, self.source) else {
            return Some(failed(message, after_failure(message, "unknown-type")));
        };
        match self.bus.publish(&event).await {
            Ok(()) => {
                counter!("portal_outbox_published_total", "type" => event.kind.event_type)
                    .increment(1);
                Some(PublishOutcome::Published)
            }
            Err(EventBusError::Refused) => Some(failed(message, after_failure(message, "refused"))),
            Err(EventBusError::TooLarge) => {
                Some(failed(message, PublishOutcome::Dead("too-large")))
            }
            Err(EventBusError::Unavailable) => {
                self.is_bus_away.store(true, Ordering::Relaxed);
                None
            }
        }
    }
}

fn failed(message: &OutboxMessage, outcome: PublishOutcome) -> PublishOutcome {
    counter!("portal_outbox_failures_total").increment(1);
    if let PublishOutcome::Dead(reason) = outcome {
        counter!("portal_outbox_dead_lettered_total", "reason" => reason).increment(1);
        tracing::error!(event.id = %message.event_id, reason, "outbox.dead_lettered");
    }
    outcome
}
