//! Jobs that come round again and again.

use std::pin::Pin;
use std::time::Duration;

use metrics::counter;
use ulid::Ulid;

use crate::ports::StoreError;

/// Whether it is time to stop. Not to be asked again once it is.
pub(super) async fn is_over(stop: Pin<&mut (impl Future<Output = ()> + Send)>) -> bool {
    futures::poll!(stop).is_ready()
}

/// Counts a round that failed, and waits for the next one, or says that it is time to stop.
pub(super) async fn rest(
    (job, round): (&'static str, Result<(), StoreError>),
    (every, chance): (Duration, Ulid),
    stop: Pin<&mut (impl Future<Output = ()> + Send)>,
) -> bool {
    if round.is_err() {
        counter!("portal_job_failures_total", "job" => job).increment(1);
    }
    tokio::select! {
        biased;
        () = stop => true,
        () = tokio::time::sleep(about(every, chance)) => false,
    }
}

/// A quarter more or less, by chance, so that pods that started together do not come together.
fn about(every: Duration, chance: Ulid) -> Duration {
    let part = u32::try_from(chance.random() % 513).expect("it is small");
    every * 3 / 4 + every / 1024 * part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_a_quarter_longer_or_shorter() {
        let minute = Duration::from_mins(1);
        assert_eq!(about(minute, Ulid(0)), Duration::from_secs(45));
        let longest = about(minute, Ulid(512));
        assert!(longest <= Duration::from_secs(75) && longest > Duration::from_secs(74));
    }
}
