//! The open loop: requests leave at their time, whether or not earlier ones
//! were answered, and latency counts from that time.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::http::Connection;
use crate::latency::Latencies;

/// Requests that leave together; the slowest answer counts.
pub(crate) struct Departure {
    pub(crate) address: SocketAddr,
    pub(crate) requests: Vec<Vec<u8>>,
    /// Texts that the answer must hold.
    pub(crate) must_hold: Arc<[String]>,
}

/// What came of it.
pub(crate) struct Open {
    pub(crate) errors: usize,
    pub(crate) latencies: Latencies,
}

/// Connections that wait for their next request.
type Idle = Arc<Mutex<Vec<Connection>>>;

/// Sends them at `rate` a second; the first `warm_up` of them do not count,
/// unless they fail.
pub(crate) async fn run(departures: Vec<Departure>, rate: u32, warm_up: usize) -> Open {
    let start = Instant::now();
    let idle = Idle::default();
    let mut under_way = JoinSet::new();
    for (number, departure) in (0_u32..).zip(departures) {
        let due = start + Duration::from_secs(1) * number / rate;
        sleep_until(due).await;
        let idle = Arc::clone(&idle);
        under_way.spawn(async move { (number, travel(departure, idle).await, due.elapsed()) });
    }
    let answers = under_way.join_all().await;
    let errors = answers.iter().filter(|(_, is_right, _)| !is_right).count();
    let counted = answers
        .iter()
        .filter(|(number, _, _)| *number as usize >= warm_up)
        .map(|(_, _, latency)| u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
    Open {
        errors,
        latencies: Latencies::of(counted.collect()),
    }
}

/// Whether every answer was as it must be.
async fn travel(departure: Departure, idle: Idle) -> bool {
    let Departure {
        address,
        requests,
        must_hold,
    } = departure;
    let mut under_way = JoinSet::new();
    for request in requests {
        let (idle, must_hold) = (Arc::clone(&idle), Arc::clone(&must_hold));
        under_way.spawn(async move { once(address, &request, &must_hold, &idle).await });
    }
    under_way
        .join_all()
        .await
        .into_iter()
        .all(|is_right| is_right)
}

async fn once(address: SocketAddr, request: &[u8], must_hold: &[String], idle: &Idle) -> bool {
    let waiting = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut connection = match waiting {
        Some(connection) => connection,
        None => match Connection::open(address).await {
            Ok(connection) => connection,
            Err(_) => return false,
        },
    };
    let Ok(answer) = connection.exchange(request).await else {
        return false;
    };
    let is_right = answer.status == 200
        && std::str::from_utf8(answer.body)
            .is_ok_and(|body| must_hold.iter().all(|text| body.contains(text)));
    let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
    idle.push(connection);
    is_right
}
