//! What a scene sees on the bus. A relay works for the whole of its database: scenes that watch one
//! have a database of their own.

use std::collections::VecDeque;
use std::time::Duration;

use futures::StreamExt as _;
use portal_infrastructure::nats::NatsSettings;
use serde_json::Value;

use crate::schemas;

/// The access events that one portal publishes.
pub struct AccessEvents {
    messages: async_nats::Subscriber,
    waiting: VecDeque<Value>,
}

impl AccessEvents {
    /// Streams and subjects of one scene alone.
    pub fn bus(unique: &str) -> NatsSettings {
        let name = format!("TEST_{unique}");
        NatsSettings {
            stream_prefix: name.clone(),
            subject_prefix: name,
        }
    }

    pub(crate) async fn subscribe(url: &str, unique: &str) -> Self {
        let client = async_nats::connect(url).await.expect("NATS is there");
        let subject = format!("{}.access.recorded", Self::bus(unique).subject_prefix);
        let messages = client.subscribe(subject).await.expect("a subscription");
        client.flush().await.expect("it is known to the server");
        Self {
            messages,
            waiting: VecDeque::new(),
        }
    }

    /// The next event of a tenant, within ten seconds.
    pub async fn next_of(&mut self, tenant: &str) -> Value {
        let next = async {
            loop {
                while let Some(event) = self.waiting.pop_front() {
                    if event["tenantId"] == tenant {
                        return event;
                    }
                }
                let message = self
                    .messages
                    .next()
                    .await
                    .expect("the subscription goes on");
                let event = schemas::assert_valid(&message.payload);
                assert_eq!(event["type"], "portal.access.recorded.v1");
                let events = event["data"]["events"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default();
                self.waiting.extend(events);
            }
        };
        tokio::time::timeout(Duration::from_secs(10), next)
            .await
            .expect("an event in time")
    }
}

/// The events of the outbox that one portal publishes, in order.
pub struct PortalEvents {
    messages: async_nats::Subscriber,
}

impl PortalEvents {
    pub(crate) async fn subscribe(url: &str, unique: &str) -> Self {
        let client = async_nats::connect(url).await.expect("NATS is there");
        let subject = format!("{}.>", AccessEvents::bus(unique).subject_prefix);
        let messages = client.subscribe(subject).await.expect("a subscription");
        client.flush().await.expect("it is known to the server");
        Self { messages }
    }

    /// The next event of a tenant, within ten seconds.
    pub async fn next_of(&mut self, tenant: &str) -> Value {
        let next = async {
            loop {
                let message = self
                    .messages
                    .next()
                    .await
                    .expect("the subscription goes on");
                if message.subject.ends_with(".hint.revocation") {
                    continue;
                }
                let event = schemas::assert_valid(&message.payload);
                if event["tenantid"] == tenant && event["type"] != "portal.access.recorded.v1" {
                    return event;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), next)
            .await
            .expect("an event in time")
    }
}
