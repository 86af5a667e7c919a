//! What is wrong with the configuration, all of it at once.

use std::fmt;

use portal_infrastructure::fault::Fault as AdapterFault;

/// One thing that is wrong with one setting. Never carries the value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The setting, or the file.
    pub setting: String,
    /// What is wrong.
    pub problem: String,
    /// What would be right.
    pub expected: String,
}

impl Fault {
    pub(super) fn new(
        setting: impl Into<String>,
        problem: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self {
            setting: setting.into(),
            problem: problem.into(),
            expected: expected.into(),
        }
    }
}

impl From<AdapterFault> for Fault {
    // Adapters write `entry 2: expected …`.
    fn from(fault: AdapterFault) -> Self {
        let (place, expected) = fault
            .message
            .split_once("expected ")
            .unwrap_or(("", &fault.message));
        let place = place.trim_end_matches([':', ' ']);
        let problem = if place.is_empty() {
            "is malformed".to_owned()
        } else {
            format!("is malformed at {place}")
        };
        Self::new(&fault.setting, problem, expected)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}; expected {}",
            self.setting, self.problem, self.expected
        )
    }
}

/// Everything that is wrong; the start stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        let noun = if count == 1 { "fault" } else { "faults" };
        write!(f, "{count} {noun} in the configuration")?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

impl std::error::Error for Faults {}
