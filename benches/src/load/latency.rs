//! Percentiles.

use std::time::Duration;

/// Latencies in µs, in order.
pub(crate) struct Latencies(Vec<u32>);

impl Latencies {
    pub(crate) fn of(mut micros: Vec<u32>) -> Self {
        micros.sort_unstable();
        Self(micros)
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.len() as u64
    }

    /// The least latency that `per_mille` of all do not exceed (nearest
    /// rank); zero when there are none.
    pub(crate) fn per_mille(&self, per_mille: usize) -> Duration {
        let rank = (self.0.len() * per_mille).div_ceil(1_000).max(1);
        let micros = self.0.get(rank - 1).copied().unwrap_or_default();
        Duration::from_micros(micros.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_nearest_rank() {
        let latencies = Latencies::of((1..=1000).rev().collect());
        assert_eq!(latencies.per_mille(500), Duration::from_micros(500));
        assert_eq!(latencies.per_mille(990), Duration::from_micros(990));
        assert_eq!(latencies.per_mille(1000), Duration::from_millis(1));
        assert_eq!(
            Latencies::of(vec![7]).per_mille(1),
            Duration::from_micros(7)
        );
        assert_eq!(Latencies::of(Vec::new()).per_mille(990), Duration::ZERO);
    }
}
