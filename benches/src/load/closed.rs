//! The closed loop: each connection sends its next request when its last one
//! is answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::Outcome;
use crate::http::Connection;
use crate::latency::Latencies;

/// A connection that fails this often gives up.
const MAX_ERRORS: u64 = 20;

const WARMING: u8 = 0;
const MEASURING: u8 = 1;
const STOPPING: u8 = 2;

/// What is asked, and what the answer must be.
pub(crate) struct Question {
    pub(crate) address: SocketAddr,
    pub(crate) request: Vec<u8>,
    /// Length of the body; every answer has the same.
    pub(crate) body: usize,
}

/// How hard, and how long.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
}

/// What came of it.
pub(crate) struct Closed {
    /// Right answers while measuring.
    pub(crate) requests: u64,
    /// Wrong answers and broken connections, at any time.
    pub(crate) errors: u64,
    /// Right answers at any time.
    pub(crate) answers: u64,
    pub(crate) wall: Duration,
    pub(crate) latencies: Latencies,
}

struct Shared {
    question: Question,
    phase: AtomicU8,
    errors: AtomicU64,
    answers: AtomicU64,
}

/// Runs the loop; the probe is read at both ends of the measured part.
pub(crate) async fn run<T>(
    question: Question,
    load: Load,
    probe: impl Fn() -> Outcome<T>,
) -> Outcome<(Closed, T, T)> {
    let shared = Arc::new(Shared {
        question,
        phase: AtomicU8::new(WARMING),
        errors: AtomicU64::new(0),
        answers: AtomicU64::new(0),
    });
    let mut connections = JoinSet::new();
    for _ in 0..load.connections {
        connections.spawn(repeat(Arc::clone(&shared)));
    }
    sleep(load.warm_up).await;
    let before = probe()?;
    let start = Instant::now();
    shared.phase.store(MEASURING, Ordering::Relaxed);
    sleep(load.measured).await;
    shared.phase.store(STOPPING, Ordering::Relaxed);
    let wall = start.elapsed();
    let after = probe()?;
    let latencies = Latencies::of(connections.join_all().await.concat());
    let closed = Closed {
        requests: latencies.count(),
        errors: shared.errors.load(Ordering::Relaxed),
        answers: shared.answers.load(Ordering::Relaxed),
        wall,
        latencies,
    };
    Ok((closed, before, after))
}

/// Latencies of one connection in µs, of the measured part.
async fn repeat(shared: Arc<Shared>) -> Vec<u32> {
    let mut latencies = Vec::new();
    let mut connection = None;
    let mut own_errors = 0;
    while shared.phase.load(Ordering::Relaxed) != STOPPING && own_errors < MAX_ERRORS {
        let start = Instant::now();
        if once(&mut connection, &shared.question).await {
            shared.answers.fetch_add(1, Ordering::Relaxed);
            if shared.phase.load(Ordering::Relaxed) == MEASURING {
                latencies.push(u32::try_from(start.elapsed().as_micros()).unwrap_or(u32::MAX));
            }
        } else {
            own_errors += 1;
            shared.errors.fetch_add(1, Ordering::Relaxed);
        }
    }
    latencies
}

/// Whether the answer was as it must be.
async fn once(connection: &mut Option<Connection>, question: &Question) -> bool {
    let mut open = match connection.take() {
        Some(open) => open,
        None => match Connection::open(question.address).await {
            Ok(open) => open,
            Err(_) => return false,
        },
    };
    let Ok(answer) = open.exchange(&question.request).await else {
        return false;
    };
    let is_right = answer.status == 200 && answer.body.len() == question.body;
    *connection = Some(open);
    is_right
}
