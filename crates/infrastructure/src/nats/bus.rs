//! Publishes to JetStream and waits until the stream has stored the message.

use std::error::Error as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::context::{Context, PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{self, ErrorCode};
use async_nats::{ConnectOptions, ServerAddr};
use async_trait::async_trait;
use metrics::{counter, histogram};
use portal_application::ports::{Component, EventBus, EventBusError, OutgoingEvent};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::hints::RevocationHints;
use super::streams;

/// How long the store of a message is waited for.
const ACK_TIMEOUT: Duration = Duration::from_secs(3);
/// How long the bus may take to say that it is there.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a publication takes at most, with all that may have to be done for it.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const LONGEST_RECONNECT: Duration = Duration::from_secs(2);

/// The text is not the address of a NATS server. Carries nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected nats://host:port or tls://host:port")]
pub struct NatsUrlInvalid;

/// Names on the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatsSettings {
    /// A stream is this, a line, and the time of keeping: `_90D`.
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
/// publication meanwhile is refused, so that its caller tries again. Streams are made when they are
/// missing, also when the server has come back without its store.
pub struct NatsBus {
    pub(super) context: Context,
    pub(super) settings: NatsSettings,
    streams_are_there: AtomicBool,
    ensuring: Mutex<()>,
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
            streams_are_there: AtomicBool::new(false),
            ensuring: Mutex::default(),
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
        let subject = format!("{}.hint.revocation", self.settings.subject_prefix);
        RevocationHints::new(self.context.client(), subject)
    }

    pub(super) fn is_connected(&self) -> bool {
        self.context.client().connection_state() == State::Connected
    }

    /// How often a connection was made: another number means that what was under way on an earlier
    /// one may be lost.
    fn connections(&self) -> u64 {
        let statistics = self.context.client().statistics();
        statistics.connects.load(Ordering::Relaxed)
    }

    /// Sees to the streams, once for all who publish at the same time.
    async fn ensure_streams(&self) -> Result<(), EventBusError> {
        if self.streams_are_there.load(Ordering::Relaxed) {
            return Ok(());
        }
        let _alone = self.ensuring.lock().await;
        if !self.streams_are_there.load(Ordering::Relaxed) {
            streams::ensure(&self.context, &self.settings).await?;
            self.streams_are_there.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    async fn publish_once(&self, event: &OutgoingEvent) -> Result<(), PublishError> {
        let message = PublishMessage::build()
            .message_id(&event.message_id)
            .expected_stream(self.settings.stream(event.kind.retention))
            .payload(event.payload.clone().into());
        let subject = self.settings.subject(event.kind);
        let stored = self.context.send_publish(subject, message).await?.await?;
        if stored.duplicate {
            counter!("portal_events_published_again_total").increment(1);
        }
        Ok(())
    }

    async fn publish_soon(&self, event: &OutgoingEvent) -> Result<(), EventBusError> {
        let connections = self.connections();
        self.ensure_streams().await?;
        let Err(error) = self.publish_once(event).await else {
            return Ok(());
        };
        tracing::warn!(cause = %error.kind(), "nats.refused");
        self.streams_are_there.store(false, Ordering::Relaxed);
        if error.kind() != PublishErrorKind::StreamNotFound {
            return Err(self.judge(&error, event, connections).await);
        }
        self.ensure_streams().await?;
        let again = self.publish_once(event).await;
        again.map_err(|_| EventBusError::Unavailable)
    }

    /// Whose fault it was: the message's or the bus's.
    async fn judge(
        &self,
        error: &PublishError,
        event: &OutgoingEvent,
        connections: u64,
    ) -> EventBusError {
        if error.kind() == PublishErrorKind::MaxPayloadExceeded {
            return EventBusError::TooLarge;
        }
        if let Some(answer) = error.source().and_then(|cause| cause.downcast_ref()) {
            return judge_answer(answer);
        }
        // No answer: the bus may be away, or have been for a moment, or it drops this message alone, as
        // it does with a subject that the credentials may not publish to.
        if self.answers(event).await && self.connections() == connections {
            EventBusError::Refused
        } else {
            EventBusError::Unavailable
        }
    }

    async fn answers(&self, event: &OutgoingEvent) -> bool {
        let stream = self.settings.stream(event.kind.retention);
        let asked = timeout(PROBE_TIMEOUT, self.context.get_stream(stream)).await;
        self.is_connected() && asked.is_ok_and(|stream| stream.is_ok())
    }
}

/// An answer of class 5xx tells of JetStream, which lacks a leader or room; others of the message.
fn judge_answer(answer: &jetstream::Error) -> EventBusError {
    match answer.error_code() {
        ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM | ErrorCode::STREAM_HEADER_EXCEEDS_MAXIMUM => {
            EventBusError::TooLarge
        }
        _ if answer.code() >= 500 => EventBusError::Unavailable,
        _ => EventBusError::Refused,
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
            return Err(EventBusError::Unavailable);
        }
        let began = Instant::now();
        let published = timeout(PUBLISH_TIMEOUT, self.publish_soon(event)).await;
        published.unwrap_or(Err(EventBusError::Unavailable))?;
        histogram!("portal_event_publish_seconds").record(began.elapsed());
        Ok(())
    }
}
