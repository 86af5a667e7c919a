//! What is counted of every call to another service.

use std::borrow::Cow;
use std::time::Instant;

use metrics::{counter, histogram};
use reqwest::StatusCode;

/// Counts one call when it ends, however it ends.
pub(crate) struct CallRecord {
    upstream: &'static str,
    begun: Instant,
    outcome: Cow<'static, str>,
}

impl CallRecord {
    pub(crate) fn begin(upstream: &'static str) -> Self {
        Self {
            upstream,
            begun: Instant::now(),
            // Unless it comes to another end, its future was dropped.
            outcome: Cow::Borrowed("cancelled"),
        }
    }

    pub(crate) fn answered(&mut self, status: StatusCode) {
        // A source could send any number; a label must not have any value.
        self.outcome = match status.canonical_reason() {
            Some(_) => Cow::Owned(status.as_str().to_owned()),
            None => Cow::Borrowed("other"),
        };
    }

    pub(crate) fn ended(&mut self, outcome: &'static str) {
        self.outcome = Cow::Borrowed(outcome);
    }
}

impl Drop for CallRecord {
    fn drop(&mut self) {
        counter!(
            "portal_upstream_calls_total",
            "upstream" => self.upstream,
            "status_code" => self.outcome.clone()
        )
        .increment(1);
        histogram!("portal_upstream_call_duration_seconds", "upstream" => self.upstream)
            .record(self.begun.elapsed());
    }
}
