//! Memory under many hostile answers at a time, and afterwards.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::http::{Connection, bearer, get};
use crate::report::{Goal, Part};
use crate::stage::{Stage, token};
use crate::{Outcome, records, usage};

/// What `--only` calls it.
pub(crate) const NAME: &str = "hostile";
const PEOPLE: usize = 13;
/// Bytes of a record, and records of a page of nearly 10 MiB.
const RECORD: usize = 64 * 1_024;
const RECORDS: usize = 155;
/// Of each of them one read a person is on its way: 52 at a time.
const READS: [(&str, &str, &str); 4] = [
    ("patient-chart", "none", "/v1/portal/chart/problems"),
    ("medication", "gzip-bomb", "/v1/portal/chart/medications"),
    ("laboratory", "slow-drip", "/v1/portal/results/labs"),
    (
        "immunizations",
        "oversize",
        "/v1/portal/chart/immunizations",
    ),
];
const LASTS: Duration = Duration::from_secs(15);
const GIVEN_BACK_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);
const MOST_KIB: u64 = 256 * 1_024;
const AFTERWARDS_KIB: u64 = 96 * 1_024;

/// Resident memory in KiB.
pub(crate) struct Hostile {
    before: u64,
    most: u64,
    afterwards: u64,
    answers: u64,
}

/// Who reads.
pub(crate) fn patients() -> impl Iterator<Item = String> {
    (0..PEOPLE).map(|number| format!("hostile-{number:02}"))
}

pub(crate) async fn run(stage: &mut Stage) -> Outcome<Hostile> {
    let process = stage.service.program.id();
    let resident = || usage::resident_kib(process).ok_or("there is no /proc");
    let before = resident()?;
    let text = "x".repeat(RECORD);
    let mut requests = Vec::new();
    for patient in patients() {
        for number in 0..RECORDS {
            let resource = records::problem(&patient, number, &text);
            stage.sandbox.put("patient-chart", &resource).await?;
        }
        let token = token(&mut stage.sandbox, &stage.settings, &patient).await?;
        let address = stage.service.address;
        requests.extend(READS.map(|(.., path)| get(address, path, &bearer(&token))));
    }
    for (source, mode, _) in READS {
        stage.sandbox.fault(source, mode).await?;
    }
    let answers = Arc::new(AtomicU64::new(0));
    let mut reads = JoinSet::new();
    let until = Instant::now() + LASTS;
    for request in requests {
        let (address, answers) = (stage.service.address, Arc::clone(&answers));
        reads.spawn(async move {
            while Instant::now() < until {
                let answered = once(address, &request).await.is_ok();
                answers.fetch_add(u64::from(answered), Ordering::Relaxed);
            }
        });
    }
    let mut most = 0;
    while Instant::now() < until {
        most = most.max(resident()?);
        sleep(LOOK_EVERY).await;
    }
    reads.join_all().await;
    stage.sandbox.delay_sources(0).await?;
    let (begin, mut afterwards) = (Instant::now(), resident()?);
    while afterwards > AFTERWARDS_KIB && begin.elapsed() < GIVEN_BACK_WITHIN {
        sleep(LOOK_EVERY).await;
        afterwards = resident()?;
    }
    Ok(Hostile {
        before,
        most,
        afterwards,
        answers: answers.load(Ordering::Relaxed),
    })
}

async fn once(address: std::net::SocketAddr, request: &[u8]) -> Result<(), String> {
    let connection = Connection::open(address).await;
    let mut connection = connection.map_err(|error| error.to_string())?;
    let answer = connection.exchange(request).await;
    answer.map(drop).map_err(|error| error.to_string())
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn mebibytes(kib: u64) -> f64 {
    kib as f64 / 1_024.0
}

impl Part for Hostile {
    fn goals(&self) -> Vec<Goal> {
        let (most, afterwards) = (mebibytes(self.most), mebibytes(self.afterwards));
        vec![(
            "Resident memory under 50 hostile answers at a time, and afterwards",
            "≤ 256 MiB, ≤ 96 MiB",
            format!("{most:.0} MiB, {afterwards:.0} MiB"),
            self.most <= MOST_KIB && self.afterwards <= AFTERWARDS_KIB,
        )]
    }
}

impl fmt::Display for Hostile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Hostile answers: {} reads at a time for {} s of pages of 10 MiB, a gzip bomb, a slow \
             drip and a body without end, {} answered; resident memory {:.1} MiB before, {:.1} MiB \
             at most, {:.1} MiB afterwards.",
            PEOPLE * READS.len(),
            LASTS.as_secs(),
            self.answers,
            mebibytes(self.before),
            mebibytes(self.most),
            mebibytes(self.afterwards),
        )
    }
}
