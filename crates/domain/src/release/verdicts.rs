//! The verdicts on a whole set, and the masks that they put on references from elsewhere.

use std::collections::HashMap;
use std::sync::OnceLock;

use jiff::Timestamp;
use portal_fhir::{Record, ResourceType};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::disclosure::Owned;
use crate::source::RecordSet;

use super::{ReleaseRules, Withheld, judge};

/// What the floor says of every record of one owned set.
#[derive(Debug)]
pub struct Verdicts {
    owned: Owned,
    by_index: Vec<Option<Withheld>>,
    // Only references ask by id, and most answers have none to judge.
    by_id: OnceLock<HashMap<Box<str>, bool>>,
}

impl Verdicts {
    /// Judges each record by itself. For a set of reports use [`Verdicts::of_reports`].
    pub fn of(owned: &Owned, rules: &ReleaseRules, now: Timestamp) -> Self {
        Self::judged(owned, |record| judge(&record.header, rules, now).err())
    }

    /// Judges reports together with the sets of their results: a report repeats their values, so a
    /// hidden result hides it, and so does one that cannot be looked up: without a reference of
    /// ours, or not in the sets while these are not known to be whole.
    pub fn of_reports(
        owned: &Owned,
        results: &[Self],
        rules: &ReleaseRules,
        now: Timestamp,
    ) -> Self {
        Self::judged(owned, |record| {
            judge(&record.header, rules, now)
                .err()
                .or_else(|| hidden_result(record, results))
        })
    }

    fn judged(owned: &Owned, verdict: impl Fn(&Record) -> Option<Withheld>) -> Self {
        let by_index = owned.records().iter().map(verdict).collect();
        Self {
            owned: owned.clone(),
            by_index,
            by_id: OnceLock::new(),
        }
    }

    /// Whether the record of an id is withheld; `None` when the set does not hold it.
    fn of_id(&self, id: &str) -> Option<bool> {
        let by_id = self.by_id.get_or_init(|| {
            let ids = self.owned.headers().map(|header| header.id.clone());
            ids.zip(self.by_index.iter().map(Option::is_some)).collect()
        });
        by_id.get(id).copied()
    }

    /// Why the record at an index is withheld, if it is.
    pub fn at(&self, index: usize) -> Option<Withheld> {
        self.by_index.get(index).copied().flatten()
    }

    /// The set that was judged.
    pub fn set(&self) -> RecordSet {
        self.owned.set()
    }

    /// The reasons, one for each withheld record.
    pub fn reasons(&self) -> impl Iterator<Item = Withheld> {
        self.by_index.iter().copied().flatten()
    }
}

/// The results of a report as they stand in it.
#[derive(Deserialize)]
struct Results<'a> {
    #[serde(borrow, default)]
    result: Vec<&'a RawValue>,
}

fn hidden_result(report: &Record, results: &[Verdicts]) -> Option<Withheld> {
    let named: Vec<&str> = report
        .header
        .references
        .iter()
        .filter(|reference| !reference.in_contained && &*reference.element == "result")
        .map(|reference| &*reference.target)
        .collect();
    let all_are_named = serde_json::from_slice::<Results<'_>>(&report.bytes)
        .is_ok_and(|report| report.result.len() == named.len());
    let hidden = !all_are_named || named.iter().any(|target| is_hidden(target, results));
    hidden.then_some(Withheld::HiddenResult)
}

/// A result that no set knows is hidden unless the sets are known to be whole. One that is
/// contained was judged with its container.
fn is_hidden(target: &str, results: &[Verdicts]) -> bool {
    if target.starts_with('#') {
        return false;
    }
    let Some(id) = target.strip_prefix("Observation/") else {
        return true;
    };
    let known = results.iter().find_map(|verdicts| verdicts.of_id(id));
    known.unwrap_or_else(|| {
        results.is_empty()
            || results
                .iter()
                .any(|verdicts| verdicts.owned.is_incomplete())
    })
}

/// Which references must be masked, from the verdicts on the sets that they point into.
#[derive(Debug, Default)]
pub struct Masks {
    verdicts: Vec<Verdicts>,
    unjudged: Vec<ResourceType>,
}

impl Masks {
    /// Adds the verdicts on a set.
    pub fn add(&mut self, verdicts: Verdicts) {
        self.verdicts.push(verdicts);
    }

    /// Notes that a set of this type could not be judged: references to this type that no other
    /// set knows are masked, because they may point at something withheld.
    pub fn add_unjudged(&mut self, resource_type: ResourceType) {
        self.unjudged.push(resource_type);
    }

    /// Whether a reference, as it stands in a record, points at something withheld.
    pub fn hides(&self, target: &str) -> bool {
        let Some((name, id)) = target.split_once('/') else {
            return false;
        };
        let Some(resource_type) = ResourceType::parse(name) else {
            return false;
        };
        let of_type = || {
            let same = move |verdicts: &&Verdicts| verdicts.set().resource_type() == resource_type;
            self.verdicts.iter().filter(same)
        };
        // What a set that is not whole does not hold may be what it lost.
        of_type()
            .find_map(|verdicts| verdicts.of_id(id))
            .unwrap_or_else(|| {
                self.unjudged.contains(&resource_type)
                    || of_type().any(|verdicts| verdicts.owned.is_incomplete())
            })
    }
}

#[cfg(test)]
#[path = "verdicts_tests.rs"]
mod tests;
