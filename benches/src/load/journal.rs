//! The relay of the journal, within the service: how fast a backlog of access events goes out.

use std::fmt;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::records::TENANT;
use crate::report::{Goal, Part};
use crate::stage::Stage;
use crate::{Outcome, usage};

/// What `--only` calls it.
pub(crate) const NAME: &str = "journal";
/// Events of the backlog.
const BACKLOG: u64 = 200_000;
/// How often the relay's cursor is looked at, which the measured time is too long by.
const EVERY: Duration = Duration::from_millis(50);
const OUT_WITHIN: Duration = Duration::from_mins(2);

/// What was measured.
pub(crate) struct Journal {
    out: Duration,
    /// CPU of the whole service meanwhile.
    cpu: Duration,
}

pub(crate) async fn run(stage: &Stage) -> Outcome<Journal> {
    let ask = |statement: &str| stage.servers.ask(statement).ok_or("psql gave no answer");
    let process = stage.service.program.id();
    ask(&insert())?;
    let (begin, before) = (Instant::now(), usage::cpu(process)?);
    let last = "SELECT last_event_id FROM relay_cursors WHERE name = 'access_events'";
    while ask(last)? != event_id(BACKLOG) {
        if begin.elapsed() > OUT_WITHIN {
            return Err("the journal does not go out".into());
        }
        sleep(EVERY).await;
    }
    Ok(Journal {
        out: begin.elapsed(),
        cpu: usage::cpu(process)?.saturating_sub(before),
    })
}

fn event_id(number: u64) -> String {
    format!("paev_7ZZZ{number:022}")
}

/// One transaction of events, as reads of labs leave them.
fn insert() -> String {
    format!(
        "INSERT INTO access_events (tenant_id, event_id, retention_years, occurred_at, account_id, \
         patient_id, actor_kind, acting_as_proxy, client_id, event_type, outcome, resource_type, \
         resource_ids, resource_count, query_keys, operation, user_agent_class, request_id) \
         SELECT '{TENANT}', 'paev_7ZZZ' || lpad(n::text, 22, '0'), 7, clock_timestamp(), \
         'pact_' || lpad('0', 26, '0'), 'reader-small', 'self', false, 'portal-web', \
         'result.viewed', 'success', 'Observation', ARRAY['lab.' || n, 'lab.' || n + 1], 2, \
         ARRAY['limit'], 'labs', 'browser', 'request-' || n \
         FROM generate_series(1, {BACKLOG}) AS n"
    )
}

impl Journal {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn rate(&self) -> f64 {
        BACKLOG as f64 / self.out.as_secs_f64()
    }
}

impl Part for Journal {
    fn goals(&self) -> Vec<Goal> {
        vec![(
            "Access events that the relay publishes a second",
            "≥ 20,000",
            format!("{:.0}", self.rate()),
            self.rate() >= 20_000.0,
        )]
    }
}

impl fmt::Display for Journal {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "The journal: a backlog of {BACKLOG} access events was out in {:.2} s, {:.0} a second, \
             at {:.1} µs CPU of the service each.",
            self.out.as_secs_f64(),
            self.rate(),
            self.cpu.as_secs_f64() * 1e6 / BACKLOG as f64,
        )
    }
}
