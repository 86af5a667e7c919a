//! The access journal: one writer for each pod, which commits everything that queued while the
//! commit before ran. No timer holds an event back.

mod batch;
mod writer;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use metrics::counter;
use portal_application::ports::{Journal, JournalPlace, Recording, StoreError};
use portal_domain::audit::{AccessEvent, Receipt};
use portal_domain::id::PortalAccessEventId;
use sqlx::PgConnection;
use tokio::sync::mpsc::{self, OwnedPermit};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::crypto::KeyedHash;

use super::breaker::Breaker;
use super::database::Database;
use writer::Writer;

/// Places in the queue.
const QUEUE: usize = 2_048;
/// Until when an event must be durable for its answer to leave.
const DEADLINE: Duration = Duration::from_secs(1);

type Answer = Result<Recording, StoreError>;

/// An event on its way to the writer.
struct Queued {
    event: AccessEvent,
    /// HMAC of issuer and subject, when there is no account.
    identity_hash: Option<[u8; 32]>,
    /// Who waits for it; nobody when it is part of a change, whose commit is the answer.
    reply: Option<oneshot::Sender<Answer>>,
}

/// The journal in PostgreSQL.
///
/// An event is durable when PostgreSQL says that its transaction has committed. An event whose
/// outcome is unknown (the connection broke, or a second passed) is answered as unavailable and
/// may be there all the same: the journal may hold an event whose answer never left, never the
/// other way round.
pub struct PgJournal {
    queue: mpsc::Sender<Queued>,
    breaker: Arc<Breaker>,
    identities: Arc<KeyedHash>,
    stop: CancellationToken,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl PgJournal {
    /// Starts the writer, which connects with the first event; runs inside the runtime. `wake` is
    /// notified after each commit, so that a relay beside it reads on at once.
    pub fn start(database: Database, identities: KeyedHash, wake: Arc<Notify>) -> Self {
        let (queue, queued) = mpsc::channel(QUEUE);
        let stop = CancellationToken::new();
        let breaker = Arc::clone(database.breaker());
        let writer = Writer::new(database, queued, wake, stop.clone());
        Self {
            queue,
            breaker,
            identities: Arc::new(identities),
            stop,
            writer: Mutex::new(Some(tokio::spawn(writer.run()))),
        }
    }

    /// Takes no more events, commits what is queued and what has a place, and ends the writer.
    /// `false` when that took longer than `within`.
    pub async fn close(&self, within: Duration) -> bool {
        self.stop.cancel();
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match writer {
            Some(writer) => timeout(within, writer).await.is_ok(),
            None => true,
        }
    }
}

/// Writes the events of a change into the change's own transaction.
pub(super) async fn write_within(
    connection: &mut PgConnection,
    events: Vec<AccessEvent>,
    identities: &KeyedHash,
) -> Result<(), sqlx::Error> {
    let queued: Vec<Queued> = events
        .into_iter()
        .map(|event| Queued {
            identity_hash: identity_hash(&event, identities),
            event,
            reply: None,
        })
        .collect();
    batch::insert(connection, &queued).await?;
    Ok(())
}

/// The receipt of an event, for whoever has just seen its transaction commit.
#[expect(
    clippy::disallowed_methods,
    reason = "the commit of this event has just been answered"
)]
pub(super) const fn receipt(event: PortalAccessEventId) -> Receipt {
    Receipt::issue(event)
}

fn identity_hash(event: &AccessEvent, identities: &KeyedHash) -> Option<[u8; 32]> {
    let (issuer, subject) = event.identity.as_ref()?;
    event
        .account_id
        .is_none()
        .then(|| identities.of(&[issuer.as_str(), subject.as_str()]))
}

impl Journal for PgJournal {
    fn reserve(&self) -> Result<Box<dyn JournalPlace>, StoreError> {
        self.breaker.check()?;
        let Ok(permit) = self.queue.clone().try_reserve_owned() else {
            counter!("portal_access_event_queue_full_total").increment(1);
            return Err(StoreError::Unavailable);
        };
        Ok(Box::new(PgJournalPlace {
            permit,
            identities: Arc::clone(&self.identities),
        }))
    }
}

struct PgJournalPlace {
    permit: OwnedPermit<Queued>,
    identities: Arc<KeyedHash>,
}

#[async_trait]
impl JournalPlace for PgJournalPlace {
    async fn record(self: Box<Self>, event: AccessEvent) -> Answer {
        let (reply, answer) = oneshot::channel();
        self.permit.send(Queued {
            identity_hash: identity_hash(&event, &self.identities),
            event,
            reply: Some(reply),
        });
        match timeout(DEADLINE, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(StoreError::Unavailable),
        }
    }
}
