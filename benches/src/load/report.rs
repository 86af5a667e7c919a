//! The report: conditions, the table, the goals.

use std::fmt;
use std::time::Duration;

use crate::closed::Closed;
use crate::cold::Cold;
use crate::machine::Conditions;
use crate::servers::ServersCpu;
use crate::target::Kind;

/// The kinds of body, by what the goals call them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Size {
    Small,
    Large,
}

/// One line of the table.
pub(crate) struct Row {
    pub(crate) kind: Kind,
    pub(crate) size: Size,
    pub(crate) body: usize,
    pub(crate) closed: Closed,
    /// Of the measured process alone, in the measured time.
    pub(crate) cpu: Duration,
    /// In the measured time; `None` when the program uses no server.
    pub(crate) servers: Option<ServersCpu>,
    pub(crate) resident_kib: Option<u64>,
    /// Events that became durable while `answers` were given.
    pub(crate) events: Option<u64>,
    /// Calls to the sources meanwhile.
    pub(crate) source_calls: Option<u64>,
}

impl Row {
    fn micros_each(&self, time: Duration) -> f64 {
        micros(time) / count(self.closed.requests.max(1))
    }

    fn rate(&self) -> f64 {
        count(self.closed.requests) / self.closed.wall.as_secs_f64()
    }
}

/// The line that tells of progress.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {} B: {:.1} µs CPU/request, {:.0} requests/s, {} errors",
            self.kind.name(),
            self.body,
            self.micros_each(self.cpu),
            self.rate(),
            self.closed.errors,
        )
    }
}

/// Goal, what is wanted, what was measured, and whether that meets it.
pub(crate) type Goal = (&'static str, &'static str, String, bool);

/// A measurement with goals of its own, which tells of itself.
pub(crate) trait Part: fmt::Display {
    /// What it was made for.
    fn goals(&self) -> Vec<Goal>;
}

/// Everything that was measured.
pub(crate) struct Report {
    pub(crate) conditions: Conditions,
    pub(crate) rows: Vec<Row>,
    pub(crate) cold: Option<Cold>,
    /// What has no row of the table.
    pub(crate) parts: Vec<Box<dyn Part>>,
    pub(crate) idle_kib: Option<u64>,
}

impl Report {
    fn find(&self, kind: Kind, size: Size) -> Option<&Row> {
        let mut rows = self.rows.iter();
        rows.find(|row| row.kind == kind && row.size == size)
    }

    /// CPU of the row as a multiple of a floor's with the same body.
    fn ratio(&self, row: &Row, floor: Kind) -> Option<f64> {
        self.find(floor, row.size)
            .map(|floor| floor.micros_each(floor.cpu))
            .filter(|floor| *floor > 0.0)
            .map(|floor| row.micros_each(row.cpu) / floor)
    }

    fn write_row(&self, f: &mut fmt::Formatter<'_>, row: &Row) -> fmt::Result {
        let closed = &row.closed;
        let server = |time: fn(&ServersCpu) -> Duration| {
            shown(row.servers.as_ref().map(time), |time| {
                format!("{:.1}", row.micros_each(time))
            })
        };
        writeln!(
            f,
            "| {} | {} | {} | {} | {:.1} | {} | {} | {:.0} | {:.2} | {:.2} | {} | {} | {} | {} | {} | {} |",
            row.kind.name(),
            row.body,
            closed.requests,
            closed.errors,
            row.micros_each(row.cpu),
            shown(self.ratio(row, Kind::FloorVerified), two_places),
            shown(self.ratio(row, Kind::FloorRemembered), two_places),
            row.rate(),
            millis(closed.latencies.per_mille(500)),
            millis(closed.latencies.per_mille(990)),
            server(|cpu| cpu.postgres),
            server(|cpu| cpu.redis),
            server(|cpu| cpu.nats),
            shown(row.resident_kib, mebibytes),
            shown(row.events, |events| format!(
                "{events} / {}",
                closed.answers
            )),
            shown(row.source_calls, |calls| calls.to_string()),
        )
    }

    fn write_goals(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n| Goal | Wanted | Measured | |\n|---|---|---|---|")?;
        let ratio = self
            .find(Kind::Section, Size::Small)
            .and_then(|row| self.ratio(row, Kind::FloorVerified));
        let verdict = shown(ratio, |ratio| met(ratio <= 1.67));
        let ratio = shown(ratio, two_places);
        writeln!(
            f,
            "| CPU of a cached section of 24 KB, its event durable | ≤ 1.67 × the floor | {ratio} | {verdict} |"
        )?;
        let section = self.find(Kind::SectionForAnother, Size::Small);
        let ratio = section.and_then(|row| self.ratio(row, Kind::Section));
        let verdict = shown(ratio, |ratio| met(ratio <= 1.15));
        let ratio = shown(ratio, two_places);
        writeln!(
            f,
            "| CPU of the same section for a proxy | ≤ 1.15 × the patient's | {ratio} | {verdict} |"
        )?;
        let verdict = shown(self.cold.as_ref(), |cold| met(cold.is_met()));
        let measured = shown(self.cold.as_ref(), Cold::measured);
        writeln!(
            f,
            "| p99 of a cold summary | ≤ slowest source + 15 ms | {measured} | {verdict} |"
        )?;
        let goals = self.parts.iter().flat_map(|part| part.goals());
        for (goal, wanted, measured, is_met) in goals {
            writeln!(f, "| {goal} | {wanted} | {measured} | {} |", met(is_met))?;
        }
        let verdict = shown(self.idle_kib, |kib| met(kib <= 64 * 1024));
        let idle = shown(self.idle_kib, mebibytes);
        writeln!(
            f,
            "| Resident memory when idle | ≤ 64 MiB | {idle} MiB | {verdict} |"
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.conditions {
            writeln!(f, "- {name}: {value}")?;
        }
        writeln!(
            f,
            "\n| Target | body B | requests | errors | CPU µs/request | × floor | × floor that remembers | requests/s | p50 ms | p99 ms | PostgreSQL µs | Redis µs | NATS µs | RSS MiB | events / answers | calls to sources |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
        )?;
        for row in &self.rows {
            self.write_row(f, row)?;
        }
        writeln!(
            f,
            "\nCPU is that of the target's own process. Requests/s, p50 and p99 are by the clock, beside the client on the same cores. The floor verifies the token on each request; one that remembers knows it by its SHA-256, as the service does."
        )?;
        if let Some(cold) = &self.cold {
            write!(f, "\n{cold}")?;
        }
        for part in &self.parts {
            write!(f, "\n{part}")?;
        }
        self.write_goals(f)
    }
}

fn shown<T>(value: Option<T>, text: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "–".to_owned(), text)
}

fn met(is_met: bool) -> String {
    if is_met { "met" } else { "missed" }.to_owned()
}

fn two_places(number: f64) -> String {
    format!("{number:.2}")
}

fn mebibytes(kib: u64) -> String {
    format!("{:.1}", count(kib) / 1024.0)
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// A time in milliseconds.
pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of requests are far below 2^52"
)]
fn count(number: u64) -> f64 {
    number as f64
}
