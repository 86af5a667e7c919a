//! Faults on demand: what a source does wrong until it is told otherwise.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::source::Source;

/// The longest delay that can be set.
pub(crate) const MAX_LATENCY_MS: u64 = 60_000;

/// A way of answering badly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Answers as it should.
    #[default]
    None,
    /// Never answers (ends after 60 s).
    Hang,
    /// 200 with bytes that are no JSON.
    Garbage,
    /// A Bundle of 20 MiB.
    Oversize,
    /// A gzip body that grows to more than 1 GiB. DEFLATE shrinks at most
    /// 1032-fold, so about 1.1 MiB cross the wire.
    GzipBomb,
    /// A resource nested 10,000 deep.
    Deep,
    /// A byte every 50 ms (ends after 60 s).
    SlowDrip,
    /// The right Bundle, and entries of other patients as matches.
    ForeignEntries,
    /// 302 to another path of this server, where the answer would be.
    Redirect,
    /// A `next` link to another origin and, in turn, to another path prefix.
    NextElsewhere,
    /// The first half of the right body.
    Truncated,
    /// The right body as `text/html`.
    WrongContentType,
    /// Every resource with `resourceType` twice.
    DuplicateMembers,
    /// A `next` link on every page, for ever.
    ManyPages,
}

impl Mode {
    /// Every mode, as it is spelled on the wire.
    pub(crate) const NAMES: [&'static str; 14] = [
        "none",
        "hang",
        "garbage",
        "oversize",
        "gzip-bomb",
        "deep",
        "slow-drip",
        "foreign-entries",
        "redirect",
        "next-elsewhere",
        "truncated",
        "wrong-content-type",
        "duplicate-members",
        "many-pages",
    ];
}

/// The fault is not one that can be set. Carries no input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidFault {
    #[error("not a fault (line {line}, column {column})")]
    Unreadable { line: usize, column: usize },
    #[error("latencyMs is above {MAX_LATENCY_MS}")]
    Latency,
    #[error("errorRate is not within 0 and 1")]
    ErrorRate,
    #[error("status is not within 400 and 599")]
    Status,
}

/// How a source misbehaves: delay first, then errors, then the mode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Fault {
    /// Delay before each answer, in milliseconds; at most 60,000.
    pub latency_ms: u64,
    /// Share of calls that answer `status`, 0 to 1, spread evenly over the
    /// calls (no chance is involved).
    pub error_rate: f64,
    /// Status of those answers, 400 to 599.
    pub status: u16,
    /// How the other calls are answered.
    pub mode: Mode,
}

impl Default for Fault {
    fn default() -> Self {
        Self {
            latency_ms: 0,
            error_rate: 0.0,
            status: 503,
            mode: Mode::None,
        }
    }
}

impl Fault {
    /// A source that answers in this way.
    #[must_use]
    pub fn mode(mode: Mode) -> Self {
        Self {
            mode,
            ..Self::default()
        }
    }

    /// A source that answers rightly, but late.
    #[must_use]
    pub fn latency(latency: Duration) -> Self {
        Self {
            latency_ms: u64::try_from(latency.as_millis()).unwrap_or(u64::MAX),
            ..Self::default()
        }
    }

    /// A source that answers every call with `status`.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self {
            status,
            error_rate: 1.0,
            ..Self::default()
        }
    }

    pub(crate) fn parse(body: &[u8]) -> Result<Self, InvalidFault> {
        let fault: Self =
            serde_json::from_slice(body).map_err(|error| InvalidFault::Unreadable {
                line: error.line(),
                column: error.column(),
            })?;
        if fault.latency_ms > MAX_LATENCY_MS {
            return Err(InvalidFault::Latency);
        }
        if !(0.0..=1.0).contains(&fault.error_rate) {
            return Err(InvalidFault::ErrorRate);
        }
        if !(400..600).contains(&fault.status) {
            return Err(InvalidFault::Status);
        }
        Ok(fault)
    }
}

/// What one call has to do.
pub(crate) struct Turn {
    pub(crate) latency: Duration,
    pub(crate) error: Option<u16>,
    pub(crate) mode: Mode,
    /// Calls that met this fault before.
    pub(crate) met: u32,
}

/// The faults that are set, and how many calls each has met.
#[derive(Default)]
pub(crate) struct Faults(HashMap<Source, (Fault, u32)>);

impl Faults {
    pub(crate) fn set(&mut self, source: Source, fault: Fault) {
        self.0.insert(source, (fault, 0));
    }

    pub(crate) fn get(&self, source: Source) -> Fault {
        self.0
            .get(&source)
            .map(|(fault, _)| fault.clone())
            .unwrap_or_default()
    }

    pub(crate) fn clear(&mut self, source: Source) {
        self.0.remove(&source);
    }

    pub(crate) fn clear_all(&mut self) {
        self.0.clear();
    }

    /// What the next call of this source meets.
    pub(crate) fn next_turn(&mut self, source: Source) -> Turn {
        let Some((fault, met)) = self.0.get_mut(&source) else {
            return Turn {
                latency: Duration::ZERO,
                error: None,
                mode: Mode::None,
                met: 0,
            };
        };
        let errors_until = |calls: u32| (f64::from(calls) * fault.error_rate).floor();
        let fails = errors_until(met.saturating_add(1)) > errors_until(*met);
        let turn = Turn {
            latency: Duration::from_millis(fault.latency_ms.min(MAX_LATENCY_MS)),
            error: fails.then_some(fault.status),
            mode: fault.mode,
            met: *met,
        };
        *met = met.saturating_add(1);
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_is_read_by_its_name() {
        for name in Mode::NAMES {
            let fault = Fault::parse(format!(r#"{{"mode":"{name}"}}"#).as_bytes()).unwrap();
            assert_eq!(serde_json::to_value(fault.mode).unwrap(), name);
        }
    }

    #[test]
    fn what_is_no_fault_is_refused() {
        let refused = |text: &str| Fault::parse(text.as_bytes()).unwrap_err();
        assert!(matches!(
            refused(r#"{"mode":"x"}"#),
            InvalidFault::Unreadable { line: 1, .. }
        ));
        assert!(matches!(
            refused(r#"{"latency":1}"#),
            InvalidFault::Unreadable { .. }
        ));
        assert_eq!(refused(r#"{"errorRate":1.5}"#), InvalidFault::ErrorRate);
        assert_eq!(refused(r#"{"status":200}"#), InvalidFault::Status);
        assert_eq!(refused(r#"{"latencyMs":60001}"#), InvalidFault::Latency);
    }

    #[test]
    fn an_error_rate_is_met_exactly() {
        let mut faults = Faults::default();
        faults.set(
            Source::Laboratory,
            Fault {
                error_rate: 0.25,
                ..Fault::default()
            },
        );
        let failed = (0..100).filter(|_| faults.next_turn(Source::Laboratory).error.is_some());
        assert_eq!(failed.count(), 25);
        assert!(faults.next_turn(Source::Medication).error.is_none());
    }
}
