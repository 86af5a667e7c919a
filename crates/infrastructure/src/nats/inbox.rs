//! Reads other services' streams and hands every message over until it was dealt with.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::pull::Config;
use async_nats::jetstream::consumer::{AckPolicy, Consumer};
use async_nats::jetstream::context::Context;
use async_nats::jetstream::{self, AckKind};
use futures::stream::FuturesUnordered;
use futures::{Stream, StreamExt as _};
use metrics::counter;
use portal_application::inbox::{Inbox, InboxMessage, Verdict};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::NatsBus;

/// How long a pod may take over a message before another one gets it.
const ACK_WAIT: Duration = Duration::from_secs(20);
/// How many messages a pod deals with at a time, of each stream.
const AT_A_TIME: usize = 8;
/// How many of a stream are on their way among all pods.
const MAX_ON_THEIR_WAY: i64 = 1_000;
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How long messages are asked for at a time.
const PULL: Duration = Duration::from_secs(5);
const PULLED: usize = 32;
const ACK_TIMEOUT: Duration = Duration::from_secs(3);

/// The consumer of one service's pods, over the connection of a bus.
pub struct NatsInbox {
    context: Context,
    /// The durable consumer that all pods share on each stream.
    durable: String,
}

/// Why a stream is not being read.
enum NotRead {
    /// It is not there, or its consumer cannot be made.
    Absent,
    /// The connection, or the server's store.
    Interrupted,
}

impl NatsInbox {
    /// Over the connection of a bus. Consumers of other names are other services'.
    pub fn new(bus: &NatsBus) -> Self {
        let durable = bus.settings.subject_prefix.to_lowercase().replace('_', "-");
        Self {
            context: bus.context.clone(),
            durable,
        }
    }

    /// Reads every stream until `stop`; what was begun is finished first.
    pub async fn run(self, inbox: Inbox, stop: CancellationToken) {
        let reader = Arc::new(self);
        let mut reading = JoinSet::new();
        for stream in inbox.subscriptions().streams() {
            let (reader, stream) = (Arc::clone(&reader), stream.to_owned());
            let (inbox, stop) = (inbox.clone(), stop.clone());
            reading.spawn(async move { reader.follow(&stream, &inbox, &stop).await });
        }
        reading.join_all().await;
    }

    /// Reads a stream for as long as it is there, and waits for it while it is not.
    async fn follow(&self, stream: &str, inbox: &Inbox, stop: &CancellationToken) {
        let mut failures = 0_u32;
        while !stop.is_cancelled() {
            let began = tokio::time::Instant::now();
            match self.read(stream, inbox, stop).await {
                Ok(()) => return,
                Err(NotRead::Absent) if failures == 0 => {
                    tracing::warn!(stream, "inbox.stream_missing");
                }
                Err(NotRead::Absent) => {}
                Err(NotRead::Interrupted) => tracing::warn!(stream, "inbox.interrupted"),
            }
            failures = if began.elapsed() > LONGEST_WAIT {
                0
            } else {
                failures + 1
            };
            let wait = FIRST_WAIT
                .saturating_mul(1 << failures.min(6))
                .min(LONGEST_WAIT);
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(wait) => {}
            }
        }
    }

    async fn read(
        &self,
        stream: &str,
        inbox: &Inbox,
        stop: &CancellationToken,
    ) -> Result<(), NotRead> {
        let consumer = self.consumer(stream, inbox).await.ok_or(NotRead::Absent)?;
        tracing::info!(stream, "inbox.reading");
        while !stop.is_cancelled() {
            let batch = consumer.batch().max_messages(PULLED).expires(PULL);
            let messages = batch.messages().await.map_err(|_| NotRead::Interrupted)?;
            let until = messages.take_until(stop.clone().cancelled_owned());
            deal_with_all(stream, inbox, pin!(until)).await?;
        }
        Ok(())
    }

    /// The durable consumer of a stream, made or brought to what is consumed now.
    async fn consumer(&self, stream: &str, inbox: &Inbox) -> Option<Consumer<Config>> {
        let subjects = inbox.subscriptions().subjects(stream).map(str::to_owned);
        let config = Config {
            durable_name: Some(self.durable.clone()),
            description: Some("What the patient portal hears of others".to_owned()),
            filter_subjects: subjects.collect(),
            ack_policy: AckPolicy::Explicit,
            ack_wait: ACK_WAIT,
            // Nothing is dropped by the server: how often is often enough is decided where it can
            // be written down.
            max_deliver: -1,
            max_ack_pending: MAX_ON_THEIR_WAY,
            ..Config::default()
        };
        let stream = self.context.get_stream(stream).await.ok()?;
        stream.create_consumer(config).await.ok()
    }
}

/// Deals with some messages at a time, and with all of those that it began.
async fn deal_with_all(
    stream: &str,
    inbox: &Inbox,
    mut messages: Pin<&mut impl Stream<Item = Result<jetstream::Message, async_nats::Error>>>,
) -> Result<(), NotRead> {
    let mut in_hand = FuturesUnordered::new();
    let read = loop {
        tokio::select! {
            Some(()) = in_hand.next(), if !in_hand.is_empty() => {}
            message = messages.next(), if in_hand.len() < AT_A_TIME => match message {
                Some(Ok(message)) => in_hand.push(deal_with(stream, inbox, message)),
                Some(Err(_)) => break Err(NotRead::Interrupted),
                None => break Ok(()),
            },
        }
    };
    while in_hand.next().await.is_some() {}
    read
}

/// Has a message dealt with, and tells the bus. What the bus does not hear is delivered again.
async fn deal_with(stream: &str, inbox: &Inbox, message: jetstream::Message) {
    let Ok(info) = message.info() else {
        counter!("portal_inbox_unreadable_total").increment(1);
        return;
    };
    let verdict = inbox
        .receive(&InboxMessage {
            stream,
            subject: &message.subject,
            sequence: info.stream_sequence,
            deliveries: u64::try_from(info.delivered).unwrap_or(1),
            payload: &message.payload,
        })
        .await;
    let kind = match verdict {
        Verdict::Done => AckKind::Ack,
        Verdict::Again(wait) => AckKind::Nak(Some(wait)),
    };
    if !matches!(
        timeout(ACK_TIMEOUT, message.ack_with(kind)).await,
        Ok(Ok(()))
    ) {
        counter!("portal_inbox_acks_lost_total").increment(1);
    }
}

impl std::fmt::Debug for NatsInbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NatsInbox")
            .field("durable", &self.durable)
            .finish_non_exhaustive()
    }
}
