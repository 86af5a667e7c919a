//! Each dependency down, slow or wrong, with the real program: what is lost is its own part.

mod breaker;
mod clock;
mod disk;
mod memory;
mod provider;
mod sources;
mod stale;
mod stores;
mod subsets;

use std::time::{Duration, Instant};

use portal_tests::{Answer, Fixture, Person, PortalProcess};

const SUMMARY: &str = "/v1/portal/chart/summary";
const PROBLEMS: &str = "/v1/portal/chart/problems";
/// A source has 1.5 s; more than this means that somebody waited for more than that.
const PATIENCE: Duration = Duration::from_secs(4);

/// One resource at every source, each with a text of its own.
fn fill(portal: &PortalProcess, person: &Person) {
    let of = Fixture::of(&person.patient);
    portal.put(&of.condition("asthma", "Text of patient-chart"));
    portal.put(&of.medication("daily", "Text of medication"));
    portal.put(&of.immunization("flu", "2023-10-01"));
    portal.put(&of.lab("glucose", "2024-01-01", "2345-7"));
}

async fn timed(portal: &PortalProcess, token: &str, path: &str) -> Answer {
    let begin = Instant::now();
    let answer = portal.get(Some(token), path).await;
    let elapsed = begin.elapsed();
    assert!(
        elapsed < PATIENCE,
        "{path} took {elapsed:?}: {}",
        answer.verdict()
    );
    answer
}

/// A metric of the service by its name and labels; none when it was never set.
async fn metric(portal: &PortalProcess, name: &str) -> Option<f64> {
    let metrics = portal.admin("/metrics").await;
    let text = String::from_utf8_lossy(&metrics.body).into_owned();
    let mut values = text.lines().filter_map(|line| line.strip_prefix(name));
    values.find_map(|value| value.strip_prefix(' ')?.trim().parse().ok())
}

/// A gauge of a source.
async fn gauge(portal: &PortalProcess, name: &str, source: &str) -> Option<f64> {
    metric(portal, &format!("{name}{{upstream=\"{source}\"}}")).await
}
