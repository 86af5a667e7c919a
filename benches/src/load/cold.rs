//! Summaries of patients of whom nothing is cached.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::Outcome;
use crate::http::{bearer, get};
use crate::open::{self, Departure, Open};
use crate::records::{SUMMARY_CALLS, SUMMARY_TYPES, TENANT};
use crate::report::millis;
use crate::sandbox::Sandbox;
use crate::service::Service;

/// What each source waits before it answers.
const SOURCE_LATENCY_MS: u64 = 20;
/// Seconds at the rate before the measured ones.
pub(crate) const WARM_UP_SECONDS: u32 = 2;
/// What the service may add to its slowest source.
const ALLOWANCE: Duration = Duration::from_millis(15);

/// Cold summaries, and the same calls to the sources without the service.
pub(crate) struct Cold {
    rate: u32,
    summaries: Open,
    /// Of each departure the slowest source.
    sources: Open,
}

impl Cold {
    fn p99(&self) -> (Duration, Duration) {
        let p99 = |open: &Open| open.latencies.per_mille(990);
        (p99(&self.summaries), p99(&self.sources))
    }

    pub(crate) fn is_met(&self) -> bool {
        let (summaries, sources) = self.p99();
        self.summaries.errors == 0 && summaries <= sources + ALLOWANCE
    }

    pub(crate) fn measured(&self) -> String {
        let (summaries, sources) = self.p99();
        format!(
            "{:.1} ms, slowest source {:.1} ms",
            millis(summaries),
            millis(sources)
        )
    }
}

impl fmt::Display for Cold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Cold summaries: {} a second, each of another patient; every source waits {SOURCE_LATENCY_MS} ms.\n",
            self.rate
        )?;
        writeln!(
            f,
            "| Asked | requests | errors | p50 ms | p99 ms | max ms |"
        )?;
        writeln!(f, "|---|--:|--:|--:|--:|--:|")?;
        for (name, open) in [
            ("chart summary, cold", &self.summaries),
            (
                "its six searches straight at the sources, slowest of them",
                &self.sources,
            ),
        ] {
            let at = |per_mille| millis(open.latencies.per_mille(per_mille));
            writeln!(
                f,
                "| {name} | {} | {} | {:.1} | {:.1} | {:.1} |",
                open.latencies.count(),
                open.errors,
                at(500),
                at(990),
                at(1000)
            )?;
        }
        Ok(())
    }
}

/// Asks for each patient's summary once; each comes with a token.
pub(crate) async fn run(
    rate: u32,
    patients: &[(String, String)],
    sandbox: &mut Sandbox,
    service: &Service,
) -> Outcome<Cold> {
    sandbox.delay_sources(SOURCE_LATENCY_MS).await?;
    let warm_up = (rate * WARM_UP_SECONDS) as usize;
    let straight = patients
        .iter()
        .map(|(patient, _)| at_the_sources(patient, sandbox))
        .collect();
    let sources = open::run(straight, rate, warm_up).await;
    let must_hold: Arc<[String]> = SUMMARY_TYPES
        .iter()
        .map(|name| format!("\"resourceType\":\"{name}\""))
        .collect();
    let summaries = patients
        .iter()
        .map(|(_, token)| Departure {
            address: service.address,
            requests: vec![get(
                service.address,
                "/v1/portal/chart/summary",
                &bearer(token),
            )],
            must_hold: Arc::clone(&must_hold),
        })
        .collect();
    let summaries = open::run(summaries, rate, warm_up).await;
    sandbox.delay_sources(0).await?;
    Ok(Cold {
        rate,
        summaries,
        sources,
    })
}

fn at_the_sources(patient: &str, sandbox: &Sandbox) -> Departure {
    let headers = format!("X-Tenant-ID: {TENANT}\r\n");
    let requests = SUMMARY_CALLS.iter().map(|(source, search)| {
        let path = format!("/{source}/fhir/{search}{patient}");
        get(sandbox.address, &path, &headers)
    });
    Departure {
        address: sandbox.address,
        requests: requests.collect(),
        must_hold: Arc::from([]),
    }
}
