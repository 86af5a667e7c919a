//! Hints that the list of revocations changed. They say nothing that is believed: whoever hears
//! one asks the database, and whoever hears none asks it soon anyway.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use async_nats::Client;
use async_nats::connection::State;
use bytes::Bytes;
use futures::StreamExt as _;
use tokio::sync::Notify;
use tokio::time::sleep;

const RESUBSCRIBE_PAUSE: Duration = Duration::from_secs(1);

/// Hints to all pods, over core NATS.
#[derive(Debug, Clone)]
pub struct RevocationHints {
    client: Client,
    subject: String,
}

impl RevocationHints {
    pub(super) const fn new(client: Client, subject: String) -> Self {
        Self { client, subject }
    }

    /// Tells every pod that the list changed. To be called after the commit; what is not sent is
    /// not missed for long.
    pub async fn publish(&self) {
        if self.client.connection_state() != State::Connected {
            return;
        }
        let sent = self.client.publish(self.subject.clone(), Bytes::new());
        if sent.await.is_err() {
            tracing::debug!("nats.hint.unsent");
        }
    }

    /// Notifies `wake` of every hint, for ever; the client subscribes again by itself when it has
    /// reconnected.
    pub async fn listen(&self, wake: Arc<Notify>) -> Infallible {
        loop {
            if let Ok(mut hints) = self.client.subscribe(self.subject.clone()).await {
                while hints.next().await.is_some() {
                    wake.notify_one();
                }
            }
            sleep(RESUBSCRIBE_PAUSE).await;
        }
    }
}
