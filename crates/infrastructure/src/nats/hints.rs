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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use portal_application::ports::Ids;
    use tokio::time::timeout;

    use super::super::{NatsBus, NatsSettings};
    use super::*;
    use crate::system::SystemIds;

    fn url() -> String {
        std::env::var("NATS_URL").expect("NATS_URL is not set: run the tests with `make test`")
    }

    async fn connected(url: &str, prefix: &str) -> NatsBus {
        let settings = NatsSettings {
            stream_prefix: prefix.to_owned(),
            subject_prefix: prefix.to_owned(),
        };
        NatsBus::connect(url, settings).await.expect("a URL")
    }

    #[tokio::test]
    async fn a_hint_reaches_every_pod_of_the_same_names_and_no_other() {
        let own = format!("TEST_{}", SystemIds.ulid(Timestamp::UNIX_EPOCH));
        let mut woken = Vec::new();
        for prefix in [own.as_str(), &own, "TEST_OTHER"] {
            let hints = connected(&url(), prefix).await.revocation_hints();
            let wake = Arc::new(Notify::new());
            let heard = Arc::clone(&wake);
            tokio::spawn(async move { hints.listen(heard).await });
            woken.push(wake);
        }
        let speaker = connected(&url(), &own).await.revocation_hints();
        for wake in &woken[..2] {
            // A hint before the subscription is heard by nobody; the poll is there for that.
            while timeout(Duration::from_millis(50), wake.notified())
                .await
                .is_err()
            {
                speaker.publish().await;
            }
        }
        let foreign = timeout(Duration::from_millis(50), woken[2].notified()).await;
        assert!(foreign.is_err());
    }

    #[tokio::test]
    async fn without_a_server_a_hint_delays_nobody() {
        let hints = connected("nats://127.0.0.1:1", "TEST")
            .await
            .revocation_hints();
        let published = timeout(Duration::from_secs(1), hints.publish()).await;
        assert!(published.is_ok());
    }
}
