//! How far the clock of this pod is from PostgreSQL's, which all pods share: tokens, cursors and
//! delegations are judged by the pod's own.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use metrics::gauge;
use portal_application::ports::{Clock, StoreError};

use super::database::Database;
use super::error::QueryError;

const EVERY: Duration = Duration::from_secs(15);
/// A slower answer tells too little of when it was given.
const PROMPT: SignedDuration = SignedDuration::from_secs(1);

/// Keeps `portal_clock_skew_seconds`: how far this pod is ahead; below zero, behind.
#[derive(Clone)]
pub struct ClockWatch {
    database: Database,
    clock: Arc<dyn Clock>,
}

impl ClockWatch {
    /// Of a clock against a database.
    pub const fn new(database: Database, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock }
    }

    /// Looks again and again until `stop` ends.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let mut stop = std::pin::pin!(stop);
        loop {
            if let Ok(Some(skew)) = self.skew().await {
                gauge!("portal_clock_skew_seconds").set(skew.as_secs_f64());
            }
            tokio::select! {
                biased;
                () = &mut stop => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// None when the answer took too long.
    async fn skew(&self) -> Result<Option<SignedDuration>, StoreError> {
        let before = self.clock.now();
        let theirs = self.database.run(self.theirs()).await?;
        let took = self.clock.now().duration_since(before);
        let ours = before + took / 2;
        Ok((took <= PROMPT).then(|| ours.duration_since(theirs)))
    }

    async fn theirs(&self) -> Result<Timestamp, QueryError> {
        let now: jiff_sqlx::Timestamp = sqlx::query_scalar("SELECT clock_timestamp()")
            .fetch_one(self.database.pool())
            .await?;
        Ok(now.to_jiff())
    }
}

#[cfg(test)]
mod tests {
    use super::super::database::Login;
    use super::super::test_database::TestDatabase;
    use super::*;
    use crate::system::SystemClock;

    struct Off(SignedDuration);

    impl Clock for Off {
        fn now(&self) -> Timestamp {
            SystemClock.now() + self.0
        }
    }

    #[tokio::test]
    async fn a_clock_that_is_off_is_told_by_how_much_and_to_which_side() {
        let database = TestDatabase::shared().await.database(Login::Worker);
        for seconds in [0, 120, -120] {
            let off = SignedDuration::from_secs(seconds);
            let watch = ClockWatch::new(database.clone(), Arc::new(Off(off)));
            let skew = loop {
                if let Some(skew) = watch.skew().await.expect("it answers") {
                    break skew;
                }
            };
            assert!((skew - off).abs() <= PROMPT, "{seconds}: {skew}");
        }
    }
}
