//! Publishes to JetStream and waits until the stream has stored the message.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::context::{Context, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, StorageType};
use async_nats::{ConnectOptions, ServerAddr, jetstream};
use async_trait::async_trait;
use metrics::{counter, histogram};
use portal_application::ports::{Component, EventBus, EventBusError, OutgoingEvent};
use tokio::time::{Instant, timeout};

use super::hints::RevocationHints;

/// One stream for each time of keeping; this is the only one so far.
const KEPT: Duration = Duration::from_hours(90 * 24);
const STREAM_SUFFIX: &str = "90D";
/// Subjects of the stream, one by one, below the prefix.
const SUBJECTS: [&str; 1] = ["access.recorded"];
/// A second message of the same id within this time is dropped (docs.nats.io, "Message
/// Deduplication").
const DUPLICATE_WINDOW: Duration = Duration::from_mins(10);
/// How long the store of a message is waited for.
const ACK_TIMEOUT: Duration = Duration::from_secs(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const LONGEST_RECONNECT: Duration = Duration::from_secs(2);

/// The text is not the address of a NATS server. Carries nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected nats://host:port or tls://host:port")]
pub struct NatsUrlInvalid;

/// Names on the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatsSettings {
    /// The stream is this and `_90D`.
    pub stream_prefix: String,
    /// Subjects are this, a dot, and the event's own.
    pub subject_prefix: String,
}

impl Default for NatsSettings {
    fn default() -> Self {
        Self {
            stream_prefix: "PATIENT_PORTAL".to_owned(),
            subject_prefix: "PATIENT_PORTAL".to_owned(),
        }
    }
}

/// JetStream as this service publishes to it.
///
/// Nothing fails while the server is away: it is connected to in the background, for ever, and a
/// publication meanwhile is refused, so that its caller tries again. The stream is made when it is
/// missing, also when the server has come back without its store.
pub struct NatsBus {
    context: Context,
    settings: NatsSettings,
    stream_is_there: AtomicBool,
}

impl NatsBus {
    /// Starts to connect, and does not wait for it. Credentials stand in the URL.
    pub async fn connect(url: &str, settings: NatsSettings) -> Result<Self, NatsUrlInvalid> {
        let address: ServerAddr = url.parse().map_err(|_| NatsUrlInvalid)?;
        let client = ConnectOptions::new()
            .name("patient-portal")
            .retry_on_initial_connect()
            .connection_timeout(CONNECT_TIMEOUT)
            .reconnect_delay_callback(reconnect_delay)
            .connect(address)
            .await
            .map_err(|_| NatsUrlInvalid)?;
        let mut context = jetstream::new(client);
        context.set_timeout(ACK_TIMEOUT);
        Ok(Self {
            context,
            settings,
            stream_is_there: AtomicBool::new(false),
        })
    }

    /// Whether the server is connected, for health. The service is ready without it.
    pub fn component(&self) -> Component {
        Component {
            name: "nats",
            healthy: self.is_connected(),
            required: false,
        }
    }

    /// Hints that the list of revocations changed, over the same connection.
    pub fn revocation_hints(&self) -> RevocationHints {
        RevocationHints::new(self.context.client(), self.subject("hint.revocation"))
    }

    /// The name of the stream.
    pub fn stream(&self) -> String {
        format!("{}_{STREAM_SUFFIX}", self.settings.stream_prefix)
    }

    fn is_connected(&self) -> bool {
        self.context.client().connection_state() == State::Connected
    }

    fn subject(&self, own: &str) -> String {
        format!("{}.{own}", self.settings.subject_prefix)
    }

    /// Makes the stream, or gives it the subjects that it lacks.
    async fn ensure_stream(&self) -> Result<(), EventBusError> {
        if self.stream_is_there.load(Ordering::Relaxed) {
            return Ok(());
        }
        let wanted: Vec<String> = SUBJECTS
            .iter()
            .map(|subject| self.subject(subject))
            .collect();
        let config = Config {
            name: self.stream(),
            subjects: wanted.clone(),
            max_age: KEPT,
            duplicate_window: DUPLICATE_WINDOW,
            storage: StorageType::File,
            description: Some("Events of the patient portal that are kept for 90 days".to_owned()),
            ..Config::default()
        };
        let stream = self
            .context
            .get_or_create_stream(config)
            .await
            .map_err(|_| EventBusError)?;
        let mut present = stream.cached_info().config.clone();
        let missing: Vec<String> = wanted
            .into_iter()
            .filter(|subject| !present.subjects.contains(subject))
            .collect();
        if !missing.is_empty() {
            present.subjects.extend(missing);
            self.context
                .update_stream(&present)
                .await
                .map_err(|_| EventBusError)?;
        }
        self.stream_is_there.store(true, Ordering::Relaxed);
        Ok(())
    }

    async fn publish_once(&self, event: &OutgoingEvent) -> Result<(), PublishErrorKind> {
        let message = PublishMessage::build()
            .message_id(&event.message_id)
            .expected_stream(self.stream())
            .payload(event.payload.clone().into());
        let sent = self
            .context
            .send_publish(self.subject(event.subject), message)
            .await;
        let acknowledged = sent.map_err(|error| error.kind())?.await;
        let stored = acknowledged.map_err(|error| error.kind())?;
        if stored.duplicate {
            counter!("portal_events_published_again_total").increment(1);
        }
        Ok(())
    }

    async fn publish_soon(&self, event: &OutgoingEvent) -> Result<(), EventBusError> {
        self.ensure_stream().await?;
        let Err(kind) = self.publish_once(event).await else {
            return Ok(());
        };
        self.stream_is_there.store(false, Ordering::Relaxed);
        tracing::warn!(cause = %kind, "nats.refused");
        if kind != PublishErrorKind::StreamNotFound {
            return Err(EventBusError);
        }
        self.ensure_stream().await?;
        self.publish_once(event).await.map_err(|_| EventBusError)
    }
}

fn reconnect_delay(attempts: usize) -> Duration {
    let doublings = u32::try_from(attempts.min(8)).unwrap_or(8);
    Duration::from_millis(10)
        .saturating_mul(1 << doublings)
        .min(LONGEST_RECONNECT)
}

#[async_trait]
impl EventBus for NatsBus {
    #[tracing::instrument(name = "nats.publish", skip_all, level = "debug")]
    async fn publish(&self, event: &OutgoingEvent) -> Result<(), EventBusError> {
        if !self.is_connected() {
            return Err(EventBusError);
        }
        let began = Instant::now();
        let published = timeout(ACK_TIMEOUT, self.publish_soon(event)).await;
        let published = published.map_err(|_| EventBusError).flatten();
        if published.is_ok() {
            histogram!("portal_event_publish_seconds").record(began.elapsed());
        }
        published
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;
    use jiff::Timestamp;
    use portal_application::ports::Ids;

    use super::*;
    use crate::system::SystemIds;

    fn url() -> String {
        std::env::var("NATS_URL").expect("NATS_URL is not set: run the tests with `make test`")
    }

    fn own_names() -> NatsSettings {
        let name = format!("TEST_{}", SystemIds.ulid(Timestamp::UNIX_EPOCH));
        NatsSettings {
            stream_prefix: name.clone(),
            subject_prefix: name,
        }
    }

    fn event(id: &str) -> OutgoingEvent {
        OutgoingEvent {
            subject: "access.recorded",
            message_id: id.to_owned(),
            payload: b"{}".to_vec(),
        }
    }

    async fn connected(settings: NatsSettings) -> NatsBus {
        let bus = NatsBus::connect(&url(), settings).await.unwrap();
        while !bus.is_connected() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bus
    }

    /// Publishes as the relay does, which tries again.
    async fn stored(bus: &NatsBus, id: &str) {
        for _ in 0..20 {
            if bus.publish(&event(id)).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("not stored");
    }

    #[tokio::test]
    async fn a_message_is_stored_once_however_often_it_is_sent() {
        let bus = connected(own_names()).await;
        for id in ["t:1", "t:1", "t:2"] {
            stored(&bus, id).await;
        }
        let stream = bus.context.get_stream(bus.stream()).await.unwrap();
        let info = stream.cached_info();
        assert_eq!(info.state.messages, 2);
        assert_eq!(info.config.max_age, KEPT);
        assert_eq!(info.config.subjects, [bus.subject("access.recorded")]);
        bus.context.delete_stream(bus.stream()).await.unwrap();
    }

    #[tokio::test]
    async fn a_stream_that_vanished_is_made_again() {
        let bus = connected(own_names()).await;
        stored(&bus, "t:1").await;
        bus.context.delete_stream(bus.stream()).await.unwrap();
        // The server may still hold the interest of the old stream for a moment; callers try again.
        stored(&bus, "t:2").await;
        let mut names = bus.context.stream_names();
        let mut found = false;
        while let Some(Ok(name)) = names.next().await {
            found |= name == bus.stream();
        }
        assert!(found);
        bus.context.delete_stream(bus.stream()).await.unwrap();
    }

    #[tokio::test]
    async fn an_absent_server_delays_nobody() {
        let began = Instant::now();
        let settings = NatsSettings::default();
        let bus = NatsBus::connect("nats://127.0.0.1:1", settings)
            .await
            .unwrap();
        assert_eq!(bus.publish(&event("t:1")).await, Err(EventBusError));
        assert!(!bus.component().healthy);
        assert!(began.elapsed() < Duration::from_secs(1));
        assert!(
            NatsBus::connect("not a url", NatsSettings::default())
                .await
                .is_err()
        );
    }
}
