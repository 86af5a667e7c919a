//! What was compared, and what differed.

use std::collections::BTreeMap;
use std::fmt::Debug;

/// Differences shown of each comparison; a fault usually makes many alike.
const SHOWN: usize = 40;
/// Characters shown of two that differ, before and after the place.
const BEFORE: usize = 80;
const AFTER: usize = 120;

/// Everything that was compared between two deployments.
#[derive(Default)]
pub(crate) struct Comparison {
    compared: BTreeMap<&'static str, usize>,
    differences: Vec<String>,
}

impl Comparison {
    /// Two that have to be the same.
    pub(crate) fn same<T: PartialEq + Debug>(
        &mut self,
        what: &'static str,
        context: &str,
        (one, other): (&T, &T),
    ) {
        self.holds(what, one == other, || {
            format!("{context}: {}", brief(one, other))
        });
    }

    /// Something that has to be so.
    pub(crate) fn holds(
        &mut self,
        what: &'static str,
        is_so: bool,
        otherwise: impl FnOnce() -> String,
    ) {
        *self.compared.entry(what).or_default() += 1;
        if !is_so {
            self.differences.push(format!("{what}: {}", otherwise()));
        }
    }

    /// Prints the tally, and fails when anything differed or nothing was compared.
    pub(crate) fn conclude(self, name: &str) {
        for (what, number) in &self.compared {
            println!("{name}: {number} {what}");
        }
        assert!(
            self.compared.values().sum::<usize>() > 500,
            "little was compared"
        );
        let shown: Vec<_> = self
            .differences
            .iter()
            .take(SHOWN)
            .map(String::as_str)
            .collect();
        let number = self.differences.len();
        assert!(
            number == 0,
            "{name}: {number} differences:\n{}",
            shown.join("\n")
        );
    }
}

/// Both from a little before where they part.
fn brief(one: &impl Debug, other: &impl Debug) -> String {
    let (one, other) = (format!("{one:?}"), format!("{other:?}"));
    let alike = one
        .chars()
        .zip(other.chars())
        .take_while(|(one, other)| one == other)
        .count();
    let from = alike.saturating_sub(BEFORE);
    let part = |text: &str| {
        text.chars()
            .skip(from)
            .take(BEFORE + AFTER)
            .collect::<String>()
    };
    format!("{} and {}", part(&one), part(&other))
}
