//! Outcomes as the columns of one statement.

use portal_application::ports::{MessageOutcome, PublishOutcome};

#[derive(Default)]
pub(super) struct Outcomes<'a> {
    pub(super) tenants: Vec<&'a str>,
    pub(super) events: Vec<String>,
    pub(super) failed: Vec<bool>,
    /// Seconds, of those that are tried again.
    pub(super) waits: Vec<Option<f64>>,
    /// Of those that are given up.
    pub(super) reasons: Vec<Option<&'static str>>,
}

impl<'a> Outcomes<'a> {
    pub(super) fn of(outcomes: &'a [MessageOutcome]) -> Self {
        let mut columns = Self::default();
        for outcome in outcomes {
            columns.add(outcome);
        }
        columns
    }

    fn add(&mut self, outcome: &'a MessageOutcome) {
        let (failed, wait, reason) = match outcome.outcome {
            PublishOutcome::Published => (false, None, None),
            PublishOutcome::Retry(wait) => (true, Some(wait.as_secs_f64()), None),
            PublishOutcome::Dead(reason) => (true, None, Some(reason)),
        };
        self.tenants.push(outcome.tenant_id.as_str());
        self.events.push(outcome.event_id.to_string());
        self.failed.push(failed);
        self.waits.push(wait);
        self.reasons.push(reason);
    }
}
