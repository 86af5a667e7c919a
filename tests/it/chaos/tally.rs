//! What happened, and what may excuse an answer.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// How long a disturbance is felt: a fetch of 1.5 s that began in it, a breaker that stays open for
/// 5 s, perhaps twice.
const FELT_FOR: Duration = Duration::from_secs(12);
/// A pod whose time stood still is late for all that it had begun, and has more to do than it can.
const PAUSE_FELT_FOR: Duration = Duration::from_secs(4);
const FINDINGS_KEPT: usize = 20;

#[derive(Default)]
struct Counts {
    answers: BTreeMap<String, u64>,
    actions: BTreeMap<String, u64>,
    disturbed: BTreeMap<&'static str, Instant>,
    retried: u64,
    findings: Vec<String>,
}

/// The tally of a run.
pub(super) struct Tally {
    counts: Mutex<Counts>,
    stop: watch::Sender<bool>,
}

impl Tally {
    pub(super) fn new(stop: watch::Sender<bool>) -> Self {
        Self {
            counts: Mutex::default(),
            stop,
        }
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something is done to a part, or has just ended.
    pub(super) fn disturbed(&self, part: &'static str, action: Option<&str>) {
        let mut counts = self.counts();
        counts.disturbed.insert(part, Instant::now());
        if let Some(action) = action {
            *counts
                .actions
                .entry(format!("{part} {action}"))
                .or_default() += 1;
        }
    }

    /// Whether a part was disturbed in the time before now.
    pub(super) fn is_disturbed(&self, part: &str, within: Duration) -> bool {
        let since = self.counts().disturbed.get(part).copied();
        since.is_some_and(|since| since.elapsed() < within)
    }

    /// Whether what was done explains that what these sources have was not shown.
    pub(super) fn excuses(&self, sources: &[&str], verdict: &str) -> bool {
        let paused = self.is_disturbed("paused pod", PAUSE_FELT_FOR);
        let mut sources = sources.iter();
        match verdict {
            "503 UPSTREAM_UNAVAILABLE"
            | "504 UPSTREAM_TIMEOUT"
            | "502 UPSTREAM_INVALID_RESPONSE" => {
                paused || sources.all(|source| self.is_disturbed(source, FELT_FOR))
            }
            "503 STORE_UNAVAILABLE" | "503 OVERLOADED" => paused,
            _ => false,
        }
    }

    pub(super) fn answered(&self, verdict: String) {
        *self.counts().answers.entry(verdict).or_default() += 1;
    }

    /// A pod was gone, and the balancer asked the other one.
    pub(super) fn retried(&self) {
        self.counts().retried += 1;
    }

    /// Something that must not be. Ends the run.
    pub(super) fn finding(&self, text: String) {
        let mut counts = self.counts();
        if counts.findings.len() < FINDINGS_KEPT {
            counts.findings.push(text);
        }
        drop(counts);
        self.stop.send_replace(true);
    }

    pub(super) fn text(&self, lasted: Duration) -> String {
        let counts = self.counts();
        let total: u64 = counts.answers.values().sum();
        let mut text = format!(
            "{total} answers in {:.0} s, {} asked again at the other pod\n",
            lasted.as_secs_f64(),
            counts.retried
        );
        for (what, count) in counts.answers.iter().chain(&counts.actions) {
            let _ = writeln!(text, "{count:>8}  {what}");
        }
        text
    }

    pub(super) fn assert_clean(&self) {
        let findings = &self.counts().findings;
        assert!(findings.is_empty(), "{findings:#?}");
    }
}
