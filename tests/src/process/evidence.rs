//! What the journal and the bus hold of an installation.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use async_nats::jetstream;
use async_nats::jetstream::consumer::{AckPolicy, pull};
use bytes::Bytes;
use futures::TryStreamExt as _;
use portal_domain::event::Retention;
use portal_infrastructure::nats::NatsSettings;
use serde_json::Value;

use super::portal_process::PortalProcess;
use crate::schemas;

const FETCHED_AT_ONCE: usize = 1_000;
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A line of the journal.
#[derive(Debug)]
pub struct Recorded {
    /// Its id.
    pub event_id: String,
    /// The request that it is about.
    pub request_id: String,
    /// `success`, `denied` or `failed`.
    pub outcome: String,
}

/// A message on the bus.
#[derive(Debug)]
pub struct Message {
    /// `Nats-Msg-Id`.
    pub id: String,
    /// The whole message.
    pub payload: Bytes,
}

impl Message {
    /// The ids of the events in it, in order.
    pub fn event_ids(&self) -> Vec<String> {
        let message: Value = serde_json::from_slice(&self.payload).expect("messages are JSON");
        let events = message["data"]["events"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let id = |event: &Value| event["id"].as_str().expect("events have ids").to_owned();
        events.iter().map(id).collect()
    }
}

impl PortalProcess {
    /// The journal, in the order of its transactions.
    pub async fn recorded(&self) -> Vec<Recorded> {
        let database = self.servers.database().await;
        let rows: Vec<(String, String, String)> = sqlx::query_as(
            "SELECT event_id, request_id, outcome FROM access_events \
             WHERE tenant_id = $1 ORDER BY txid, event_id",
        )
        .bind(&self.tenant)
        .fetch_all(&database)
        .await
        .expect("the journal can be read");
        database.close().await;
        let recorded = |(event_id, request_id, outcome)| Recorded {
            event_id,
            request_id,
            outcome,
        };
        rows.into_iter().map(recorded).collect()
    }

    /// The requests of the tenant whose success is in the journal, each as often as it is there.
    pub async fn recorded_successes(&self) -> Vec<String> {
        let recorded = self.recorded().await.into_iter();
        let successes = recorded.filter(|recorded| recorded.outcome == "success");
        successes.map(|recorded| recorded.request_id).collect()
    }

    /// All messages of the tenant's journal, in order.
    pub async fn published(&self) -> Vec<Message> {
        let prefix = format!("{}:", self.tenant);
        let mut published = self.stored(Retention::Days90).await;
        published.retain(|message| message.id.starts_with(&prefix));
        published
    }

    /// All messages of a stream, in order, each as its type's schema says; none where there is no
    /// stream.
    pub async fn stored(&self, retention: Retention) -> Vec<Message> {
        let client = async_nats::connect(self.servers.url("NATS_URL"))
            .await
            .expect("NATS answers");
        let name = NatsSettings::default().stream(retention);
        let Ok(stream) = jetstream::new(client).get_stream(name).await else {
            return Vec::new();
        };
        let config = pull::Config {
            ack_policy: AckPolicy::None,
            ..pull::Config::default()
        };
        let consumer = stream
            .create_consumer(config)
            .await
            .expect("the stream can be read");
        let mut stored = Vec::new();
        loop {
            let batch = consumer
                .fetch()
                .max_messages(FETCHED_AT_ONCE)
                .messages()
                .await;
            let batch = batch.expect("a batch is begun");
            let batch: Vec<_> = batch.try_collect().await.expect("a batch arrives");
            if batch.is_empty() {
                return stored;
            }
            stored.extend(batch.iter().map(|message| self.read(message)));
        }
    }

    fn read(&self, message: &jetstream::Message) -> Message {
        let id = message
            .headers
            .as_ref()
            .and_then(|headers| headers.get("Nats-Msg-Id"));
        let id = id.expect("every message has an id").to_string();
        let mut validated = self.validated.lock().expect("no message was at fault");
        if validated.insert(id.clone()) {
            schemas::assert_valid(&message.payload);
        }
        Message {
            id,
            payload: message.payload.clone(),
        }
    }

    /// Waits until all that is in the journal is published; fails the test when an event is
    /// published twice, or one that the journal does not hold.
    ///
    /// Gives the ids in the order in which they were published.
    pub async fn published_once(&self, within: Duration) -> Vec<String> {
        let begin = Instant::now();
        loop {
            let recorded = self.recorded().await;
            let messages = self.published().await;
            let mut carriers: BTreeMap<String, &str> = BTreeMap::new();
            let mut published = Vec::with_capacity(recorded.len());
            for message in &messages {
                for event_id in message.event_ids() {
                    let earlier = carriers.insert(event_id.clone(), &message.id);
                    assert_eq!(earlier, None, "{event_id} again, in {}", message.id);
                    published.push(event_id);
                }
            }
            let missing = recorded
                .iter()
                .filter(|event| !carriers.contains_key(&event.event_id));
            let missing = missing.count();
            if missing == 0 {
                assert_eq!(
                    published.len(),
                    recorded.len(),
                    "published without being recorded"
                );
                return published;
            }
            assert!(
                begin.elapsed() < within,
                "{missing} of {} not published",
                recorded.len()
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
