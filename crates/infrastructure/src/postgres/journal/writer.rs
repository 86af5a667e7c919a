//! The one task that writes to the journal.

use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::{counter, histogram};
use portal_application::ports::{Recording, StoreError};
use sqlx::PgConnection;
use tokio::sync::Notify;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant as Deadline, timeout_at};
use tokio_util::sync::CancellationToken;

use super::super::database::Database;
use super::super::error::{code, refuses_values, unavailable};
use super::{Answer, DEADLINE, Queued, batch, receipt};

/// Events in one statement.
const MAX_BATCH: usize = 256;
/// A failure that came sooner than this leaves time to try once more on a new connection.
const SOON: Duration = Duration::from_millis(300);

/// Why a batch was not committed, as far as is known.
enum Failure {
    /// The database refused the values of some event.
    Refused,
    /// Anything else; the batch may be there.
    Unknown,
}

pub(super) struct Writer {
    database: Database,
    queue: Receiver<Queued>,
    wake: Arc<Notify>,
    stop: CancellationToken,
    connection: Option<PgConnection>,
}

impl Writer {
    pub(super) const fn new(
        database: Database,
        queue: Receiver<Queued>,
        wake: Arc<Notify>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            database,
            queue,
            wake,
            stop,
            connection: None,
        }
    }

    /// Runs until the queue is closed and nobody holds a place in it.
    pub(super) async fn run(mut self) {
        let mut events = Vec::with_capacity(MAX_BATCH);
        loop {
            let closing = self.queue.is_closed();
            tokio::select! {
                taken = self.queue.recv_many(&mut events, MAX_BATCH) => {
                    if taken == 0 {
                        return;
                    }
                    self.commit(&mut events).await;
                }
                () = self.stop.cancelled(), if !closing => self.queue.close(),
            }
        }
    }

    /// Commits events and answers each.
    async fn commit(&mut self, events: &mut Vec<Queued>) {
        match self.write(events).await {
            Ok(kept) => answer(events, &kept),
            // One event that cannot be stored must not take the others along.
            Err(Failure::Refused) if events.len() > 1 => self.commit_each(events).await,
            Err(_) => {
                for queued in events.drain(..) {
                    reply(queued.reply, Err(StoreError::Unavailable));
                }
            }
        }
        self.wake.notify_one();
    }

    async fn commit_each(&mut self, events: &mut Vec<Queued>) {
        for queued in events.drain(..) {
            let mut single = vec![queued];
            match self.write(&single).await {
                Ok(kept) => answer(&mut single, &kept),
                Err(_) => single.drain(..).for_each(|queued| {
                    reply(queued.reply, Err(StoreError::Unavailable));
                }),
            }
        }
    }

    /// The places of the events that were kept. Writing again is safe, because an event is known
    /// by its id; so a connection that broke while it was idle costs nobody an answer.
    async fn write(&mut self, events: &[Queued]) -> Result<Vec<i64>, Failure> {
        let began = Instant::now();
        let deadline = Deadline::from_std(began + DEADLINE);
        let mut written = self.write_once(events, deadline).await;
        if matches!(written, Err(Failure::Unknown)) && began.elapsed() < SOON {
            written = self.write_once(events, deadline).await;
        }
        match &written {
            Ok(_) | Err(Failure::Refused) => self.database.breaker().succeeded(),
            Err(Failure::Unknown) => self.database.breaker().failed(),
        }
        histogram!("portal_access_event_commit_seconds").record(began.elapsed());
        written
    }

    async fn write_once(
        &mut self,
        events: &[Queued],
        deadline: Deadline,
    ) -> Result<Vec<i64>, Failure> {
        // Taken out: a connection that is given up half-way is closed, not used again.
        let connection = self.connection.take();
        let attempt = async {
            let mut connection = match connection {
                Some(connection) => connection,
                None => self.database.connect().await?,
            };
            let inserted = batch::insert(&mut connection, events).await;
            Ok::<_, sqlx::Error>((connection, inserted))
        };
        let error = match timeout_at(deadline, attempt).await {
            Ok(Ok((connection, Ok(kept)))) => {
                self.connection = Some(connection);
                return Ok(kept);
            }
            Ok(Ok((connection, Err(error)))) if refuses_values(&error) => {
                self.connection = Some(connection);
                counter!("portal_access_event_refused_total").increment(1);
                tracing::error!(code = %code(&error), "journal.refused");
                return Err(Failure::Refused);
            }
            Ok(Ok((_, Err(error))) | Err(error)) => code(&error),
            Err(_) => "timed-out".to_owned(),
        };
        unavailable(self.database.login().role(), &error);
        Err(Failure::Unknown)
    }
}

/// Answers a committed batch; `kept` holds places counted from 1.
fn answer(events: &mut Vec<Queued>, kept: &[i64]) {
    let mut is_kept = vec![false; events.len()];
    for place in kept {
        let index = usize::try_from(*place)
            .ok()
            .and_then(|place| place.checked_sub(1));
        if let Some(flag) = index.and_then(|index| is_kept.get_mut(index)) {
            *flag = true;
        }
    }
    for (queued, kept) in events.drain(..).zip(is_kept) {
        let recording = if kept {
            Recording::Durable(receipt(queued.event.id))
        } else {
            Recording::Stale
        };
        reply(queued.reply, Ok(recording));
    }
}

fn reply(to: Option<tokio::sync::oneshot::Sender<Answer>>, answer: Answer) {
    // A caller who has left does not withdraw the event.
    let _ = to.map(|to| to.send(answer));
}
