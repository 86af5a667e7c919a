//! Connections to Redis that many requests share, and the patience with them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{Cmd, FromRedisValue, Pipeline, RedisError, RedisResult};
use deadpool_redis::{BuildError, Connection, Manager, Pool, Runtime, Timeouts};
use metrics::counter;

use super::back_off::BackOff;

/// Connections in use at once. Each carries any number of requests, so a few are enough for one
/// large value not to hold up the rest.
const LANES: usize = 4;
/// How often the patience is waited for while this process is late itself.
const MOST_WAITS: usize = 5;
const CONNECT_WITHIN: Duration = Duration::from_secs(1);

/// Redis was not asked or did not answer properly. Counted where it arises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LinkDown;

/// Redis let the patience run out.
struct Slow;

/// What is asked at once.
#[derive(Clone, Copy)]
enum Question<'a> {
    One(&'a Cmd),
    Many(&'a Pipeline),
}

/// A connection that requests share while it is healthy.
#[derive(Default)]
struct Lane {
    live: RwLock<Option<Connection>>,
    connecting: tokio::sync::Mutex<()>,
}

/// Redis at one address. The pool makes connections and checks those that come back to it; a
/// lane keeps its one for as long as it works, so that no request pays for a check.
pub(super) struct Link {
    pool: Pool,
    lanes: [Lane; LANES],
    next: AtomicUsize,
    patience: Duration,
    back_off: BackOff,
}

impl Link {
    /// Checks the address; connects when first asked. An answer that takes longer than `patience`
    /// counts as none.
    pub(super) fn new(url: &str, patience: Duration) -> Result<Arc<Self>, ()> {
        let manager = Manager::new(url).map_err(|_| ())?;
        let timeouts = Timeouts {
            wait: Some(CONNECT_WITHIN),
            create: Some(CONNECT_WITHIN),
            recycle: Some(CONNECT_WITHIN),
        };
        let pool = Pool::builder(manager)
            .max_size(LANES)
            .timeouts(timeouts)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|_: BuildError| ())?;
        Ok(Arc::new(Self {
            pool,
            lanes: Default::default(),
            next: AtomicUsize::new(0),
            patience,
            back_off: BackOff::new(Instant::now()),
        }))
    }

    /// Asks one thing. A command that was sent may still take effect when nobody waits any more.
    pub(super) async fn ask<T: FromRedisValue>(
        self: &Arc<Self>,
        command: &Cmd,
    ) -> Result<T, LinkDown> {
        self.put(Question::One(command)).await
    }

    /// Asks many things in one round trip.
    pub(super) async fn ask_all<T: FromRedisValue>(
        self: &Arc<Self>,
        commands: &Pipeline,
    ) -> Result<T, LinkDown> {
        self.put(Question::Many(commands)).await
    }

    async fn put<T: FromRedisValue>(
        self: &Arc<Self>,
        question: Question<'_>,
    ) -> Result<T, LinkDown> {
        if self.back_off.pauses(Instant::now()) {
            return Err(down("paused"));
        }
        let lane = self.next.fetch_add(1, Ordering::Relaxed) % LANES;
        match self.patiently(self.put_at(lane, question)).await {
            Ok(Ok(answer)) => {
                self.back_off.succeeded();
                Ok(answer)
            }
            Ok(Err(Failure::Answer)) => Err(down("answer")),
            Ok(Err(Failure::Connection)) => {
                self.back_off.failed(Instant::now());
                self.leave(lane);
                Err(down("connection"))
            }
            Err(Slow) => {
                if self.back_off.was_slow(Instant::now()) {
                    self.leave(lane);
                }
                Err(down("slow"))
            }
        }
    }

    /// Waits as long as the patience, and longer while it is this process that is late: a timer
    /// that fires long after its time says nothing about Redis, and to go to the sources then
    /// would only make the process later.
    async fn patiently<T>(&self, answer: impl Future<Output = T>) -> Result<T, Slow> {
        tokio::pin!(answer);
        for _ in 0..MOST_WAITS {
            let begin = Instant::now();
            if let Ok(answer) = tokio::time::timeout(self.patience, &mut answer).await {
                return Ok(answer);
            }
            let late = begin.elapsed().saturating_sub(self.patience);
            if late < self.patience / 4 {
                return Err(Slow);
            }
        }
        Err(Slow)
    }

    async fn put_at<T: FromRedisValue>(
        self: &Arc<Self>,
        lane: usize,
        question: Question<'_>,
    ) -> Result<T, Failure> {
        let mut connection = match self.live(lane) {
            Some(connection) => connection,
            None => self.connect(lane).await.ok_or(Failure::Connection)?,
        };
        Ok(question.over(&mut connection).await?)
    }

    fn lane(&self, lane: usize) -> &Lane {
        &self.lanes[lane % LANES]
    }

    fn live(&self, lane: usize) -> Option<MultiplexedConnection> {
        let live = self.lane(lane).live.read();
        let live = live.unwrap_or_else(PoisonError::into_inner);
        live.as_ref()
            .map(|connection| MultiplexedConnection::clone(connection))
    }

    /// Connects in a task of its own, so that a slow handshake succeeds for later requests even
    /// though this one stops waiting.
    async fn connect(self: &Arc<Self>, lane: usize) -> Option<MultiplexedConnection> {
        let link = Arc::clone(self);
        let task = tokio::spawn(async move {
            let _one_at_a_time = link.lane(lane).connecting.lock().await;
            if let Some(connection) = link.live(lane) {
                return Some(connection);
            }
            let connection = link.pool.get().await.ok()?;
            let shared = MultiplexedConnection::clone(&connection);
            link.replace(lane, Some(connection));
            Some(shared)
        });
        task.await.ok().flatten()
    }

    /// Gives a lane's connection back to the pool, which checks it before anyone gets it again.
    fn leave(&self, lane: usize) {
        self.replace(lane, None);
    }

    fn replace(&self, lane: usize, connection: Option<Connection>) {
        let live = self.lane(lane).live.write();
        let previous = std::mem::replace(
            &mut *live.unwrap_or_else(PoisonError::into_inner),
            connection,
        );
        drop(previous);
    }
}

impl Question<'_> {
    async fn over<T: FromRedisValue>(
        self,
        connection: &mut MultiplexedConnection,
    ) -> RedisResult<T> {
        match self {
            Self::One(command) => command.query_async(connection).await,
            Self::Many(commands) => commands.query_async(connection).await,
        }
    }
}

/// Whether the connection can still be used.
enum Failure {
    Connection,
    Answer,
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        let broken =
            error.is_io_error() || error.is_connection_dropped() || error.is_unrecoverable_error();
        if broken {
            Self::Connection
        } else {
            Self::Answer
        }
    }
}

fn down(reason: &'static str) -> LinkDown {
    counter!("portal_cache_errors_total", "reason" => reason).increment(1);
    LinkDown
}
