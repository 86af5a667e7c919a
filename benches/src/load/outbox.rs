//! The outbox's relay, within the service: how fast a backlog drains, and how long after its commit
//! an event is out.
//!
//! Rows are written with `psql`, as the service writes them, and all times are the database's: from
//! when a row was written, before its commit, to when it was marked, after the bus had stored it.
//! So each is an upper bound of what it stands for.

use std::fmt;
use std::io::Write as _;
use std::process::{Child, Stdio};
use std::time::Duration;

use tokio::time::{Instant, interval, sleep};

use crate::records::TENANT;
use crate::report::{Goal, Part, millis};
use crate::servers::Servers;
use crate::stage::Stage;
use crate::{Outcome, usage};

/// What `--only` calls it.
pub(crate) const NAME: &str = "outbox";
/// Events of the backlog.
const BACKLOG: u64 = 20_000;
/// Events a second, one a commit, and for how many seconds.
const RATE: u64 = 500;
const SECONDS: u64 = 10;
/// Connections that commit them.
const WRITERS: usize = 4;
const DRAINED_WITHIN: Duration = Duration::from_mins(2);

/// What was measured.
pub(crate) struct Outbox {
    drained: Duration,
    /// CPU of the whole service meanwhile.
    cpu: Duration,
    committed: u64,
    p50: Duration,
    p99: Duration,
    longest: Duration,
}

/// Inserts rows numbered from and to; each is an aggregate of its own.
fn insert(from: u64, to: u64) -> String {
    format!(
        "INSERT INTO outbox_messages (tenant_id, event_id, lane, aggregate_id, event_type, data, \
         occurred_at) SELECT '{TENANT}', 'pevt_' || id, get_byte(sha256(convert_to('pdel_' || id, \
         'UTF8')), 0) % 64, 'pdel_' || id, 'portal.proxy.granted.v1', jsonb_build_object(\
         'delegationId', 'pdel_' || id, 'grantorPatientId', 'reader-small', 'scope', \
         jsonb_build_array('labs')), clock_timestamp() FROM (SELECT lpad(n::text, 26, '0') AS id \
         FROM generate_series({from}, {to}) AS n) AS ids RETURNING pg_notify('portal_outbox', '');"
    )
}

pub(crate) async fn run(stage: &Stage) -> Outcome<Outbox> {
    let process = stage.service.program.id();
    let before = usage::cpu(process)?;
    ask(&stage.servers, &insert(1, BACKLOG))?;
    drain(&stage.servers, BACKLOG).await?;
    let cpu = usage::cpu(process)?.saturating_sub(before);
    let drained = seconds(
        &stage.servers,
        "SELECT extract(epoch FROM max(published_at) - max(occurred_at)) FROM outbox_messages",
    )?;
    let committed = commit_steadily(&stage.servers).await?;
    drain(&stage.servers, BACKLOG + committed).await?;
    let delay = |of: &str| {
        let statement = format!(
            "SELECT {of} FROM (SELECT extract(epoch FROM published_at - occurred_at) AS delay \
             FROM outbox_messages ORDER BY position OFFSET {BACKLOG}) AS delays"
        );
        seconds(&stage.servers, &statement)
    };
    Ok(Outbox {
        drained,
        cpu,
        committed,
        p50: delay("percentile_cont(0.5) WITHIN GROUP (ORDER BY delay)")?,
        p99: delay("percentile_cont(0.99) WITHIN GROUP (ORDER BY delay)")?,
        longest: delay("max(delay)")?,
    })
}

fn ask(servers: &Servers, statement: &str) -> Outcome<String> {
    Ok(servers.ask(statement).ok_or("psql gave no answer")?)
}

fn seconds(servers: &Servers, statement: &str) -> Outcome<Duration> {
    Ok(Duration::try_from_secs_f64(
        ask(servers, statement)?.parse()?,
    )?)
}

async fn drain(servers: &Servers, count: u64) -> Outcome<()> {
    let end = Instant::now() + DRAINED_WITHIN;
    let statement = "SELECT count(*) FROM outbox_messages WHERE published_at IS NOT NULL";
    while ask(servers, statement)?.parse::<u64>()? < count {
        if Instant::now() > end {
            return Err("the outbox does not drain".into());
        }
        sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}

/// Commits one event after the other at the rate, and gives their number.
async fn commit_steadily(servers: &Servers) -> Outcome<u64> {
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        let mut psql = servers.psql().ok_or("no address of PostgreSQL")?;
        let writer = psql
            .arg("--quiet")
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        writers.push(writer.spawn()?);
    }
    let mut ticks = interval(Duration::from_secs(1) / u32::try_from(RATE)?);
    let count = RATE * SECONDS;
    for number in 0..count {
        ticks.tick().await;
        let place = usize::try_from(number)? % WRITERS;
        let writer = writers
            .get_mut(place)
            .and_then(|child| child.stdin.as_mut());
        let row = BACKLOG + 1 + number;
        writeln!(writer.ok_or("no input")?, "{}", insert(row, row))?;
    }
    for mut writer in writers {
        end(&mut writer)?;
    }
    Ok(count)
}

fn end(writer: &mut Child) -> Outcome<()> {
    drop(writer.stdin.take());
    if writer.wait()?.success() {
        Ok(())
    } else {
        Err("psql could not write".into())
    }
}

impl Outbox {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn rate(&self) -> f64 {
        BACKLOG as f64 / self.drained.as_secs_f64()
    }
}

impl Part for Outbox {
    fn goals(&self) -> Vec<Goal> {
        vec![
            (
                "Events of the outbox a second",
                "≥ 2,000",
                format!("{:.0}", self.rate()),
                self.rate() >= 2_000.0,
            ),
            (
                "p99 from commit to publication at 500 events a second",
                "< 250 ms",
                format!("{:.1} ms", millis(self.p99)),
                self.p99 < Duration::from_millis(250),
            ),
        ]
    }
}

impl fmt::Display for Outbox {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "The outbox: a backlog of {BACKLOG} events drained in {:.2} s, {:.0} a second, at \
             {:.1} µs CPU of the service each. {} events at {RATE} a second, one a commit, were \
             out after p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms.",
            self.drained.as_secs_f64(),
            self.rate(),
            self.cpu.as_secs_f64() * 1e6 / BACKLOG as f64,
            self.committed,
            millis(self.p50),
            millis(self.p99),
            millis(self.longest)
        )
    }
}
