//! What wakes the relays of every pod: a notice from the database after each commit with events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

use super::super::database::{DatabaseUrlInvalid, connect_options};
use super::super::error::code;
use super::push::CHANNEL;

/// How often a relay is woken that would hear of nothing.
const POLL: Duration = Duration::from_millis(200);
/// How long a connection is waited for, and how long until the next is tried.
const CONNECT_EVERY: Duration = Duration::from_secs(2);

/// Listens for the notices on a connection of its own.
#[derive(Debug, Clone)]
pub struct OutboxListener {
    options: PgConnectOptions,
}

impl OutboxListener {
    /// Of an address that leads to PostgreSQL itself: behind a pooler of transactions nothing is
    /// heard, and the relay is woken every 200 ms instead.
    pub fn new(url: &str) -> Result<Self, DatabaseUrlInvalid> {
        Ok(Self {
            options: connect_options(url)?,
        })
    }

    /// Wakes a relay, for ever: at every notice, and every 200 ms as long as notices cannot be
    /// relied on.
    pub async fn listen(&self, wake: Arc<Notify>) -> Infallible {
        loop {
            match timeout(CONNECT_EVERY, self.connect()).await {
                Ok(Ok(listener)) => hear(listener, &wake).await,
                Ok(Err(error)) => {
                    tracing::warn!(code = code(&error), "outbox.deaf");
                    poll(&wake).await;
                }
                Err(_) => {
                    tracing::warn!(code = "timed-out", "outbox.deaf");
                    poll(&wake).await;
                }
            }
        }
    }

    async fn connect(&self) -> Result<PgListener, sqlx::Error> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(self.options.clone());
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        Ok(listener)
    }
}

/// Passes notices on until the connection ends. Only a connection that has delivered one is
/// trusted to deliver the next: a pooler answers LISTEN as well, and then delivers none.
async fn hear(mut listener: PgListener, wake: &Notify) {
    // For what was committed while nobody listened.
    wake.notify_one();
    let mut is_proven = false;
    loop {
        let patience = if is_proven { Duration::MAX } else { POLL };
        match timeout(patience, listener.try_recv()).await {
            Ok(Ok(Some(_))) => is_proven = true,
            Ok(Ok(None) | Err(_)) => return,
            Err(_) => {}
        }
        wake.notify_one();
    }
}

async fn poll(wake: &Notify) {
    let end = Instant::now() + CONNECT_EVERY;
    while Instant::now() < end {
        wake.notify_one();
        sleep(POLL).await;
    }
}
