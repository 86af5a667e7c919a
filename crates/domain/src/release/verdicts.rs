//! The verdicts on a whole set, and the masks that they put on references from elsewhere.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::OnceLock;

use jiff::Timestamp;
use portal_fhir::{Header, Record, ResourceType};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::access::ReadPermit;
use crate::disclosure::Owned;
use crate::sensitivity::SensitivityClass;
use crate::source::RecordSet;

use super::{Floor, Judge, RuleIndex, Until, Viewer, Withheld};

/// What a judge says of every record of one owned set.
#[derive(Debug)]
pub struct Verdicts {
    owned: Owned,
    judged_for: (Viewer, Timestamp),
    /// What is withheld, by its place in the set, in order.
    withheld: Vec<(u32, Withheld)>,
    // Only references ask by id, and most answers have none to judge.
    by_id: OnceLock<ById>,
}

/// Verdicts by id, and of what is withheld the ids at their own source.
type ById = (HashMap<Box<str>, bool>, HashSet<Box<str>>);

impl Verdicts {
    /// Judges each record by itself. For a set of reports use [`Verdicts::of_reports`].
    pub fn of(owned: &Owned, judge: &Judge<'_>) -> Self {
        Self::judged(owned, judge, |_| None)
    }

    /// Judges reports together with the sets of their results: a report repeats their values, so a
    /// hidden result hides it, and so does one that cannot be looked up: without a reference of
    /// ours, or not in the sets while these are not known to be whole.
    pub fn of_reports(owned: &Owned, results: &[Self], judge: &Judge<'_>) -> Self {
        Self::judged(owned, judge, |record| hidden_result(record, results))
    }

    fn judged(
        owned: &Owned,
        judge: &Judge<'_>,
        more: impl Fn(&Record) -> Option<Withheld>,
    ) -> Self {
        // Only what may be hidden for being sensitive needs a class.
        let classes = judge.viewer.sensitive.map(|_| {
            owned
                .stored()
                .classes(judge.rules.labels, &judge.config.code_lists)
        });
        let class = |index: usize| {
            let known = classes
                .as_ref()
                .and_then(|classes| classes.get(index))
                .copied();
            known.unwrap_or(SensitivityClass::UNDETERMINED)
        };
        let floors = owned.stored().floors(judge.rules);
        let verdict = |(place, (record, floor)): (u32, (&Record, &Floor))| {
            let alone = judge.judge(&record.header, *floor, || class(place as usize));
            let withheld = alone.err().or_else(|| more(record));
            withheld.map(|withheld| (place, withheld))
        };
        let records = owned.records().iter().zip(&*floors);
        let withheld = (0u32..).zip(records).filter_map(verdict).collect();
        Self {
            owned: owned.clone(),
            judged_for: (judge.viewer, judge.now),
            withheld,
            by_id: OnceLock::new(),
        }
    }

    /// Whether the record of an id is withheld; `None` when the set does not hold it.
    fn of_id(&self, id: &str) -> Option<bool> {
        self.by_id().0.get(id).copied()
    }

    /// Whether a withheld record has, at its own source, the id that an address has at another.
    fn withholds_namesake(&self, id: &str) -> bool {
        id_at_source(id).is_some_and(|id| self.by_id().1.contains(id))
    }

    fn by_id(&self) -> &ById {
        self.by_id.get_or_init(|| {
            let headers = || self.owned.headers().enumerate();
            let ids =
                headers().map(|(place, header)| (header.id.clone(), self.at(place).is_some()));
            let withheld = headers().filter(|(place, _)| self.at(*place).is_some());
            let at_source =
                withheld.filter_map(|(_, header)| id_at_source(&header.id).map(Box::from));
            (ids.collect(), at_source.collect())
        })
    }

    /// Why the record at a place is withheld, if it is.
    pub fn at(&self, place: usize) -> Option<Withheld> {
        let place = u32::try_from(place).ok()?;
        let found = self
            .withheld
            .binary_search_by_key(&place, |(place, _)| *place);
        let (_, withheld) = self.withheld.get(found.ok()?)?;
        Some(*withheld)
    }

    /// The places of the records that are not withheld, in order: those between one that is and the
    /// next, because nearly always all are shown.
    pub(crate) fn shown(&self) -> impl Iterator<Item = Range<u32>> {
        let end = u32::try_from(self.owned.records().len()).unwrap_or(u32::MAX);
        let withheld = self.withheld.iter().map(|(place, _)| *place);
        let ends = withheld.chain(std::iter::once(end));
        ends.scan(0, |begin, end| {
            Some(std::mem::replace(begin, end.saturating_add(1))..end)
        })
    }

    /// For whom and when it was judged.
    pub(crate) const fn judged_for(&self) -> (Viewer, Timestamp) {
        self.judged_for
    }

    /// The set that was judged.
    pub fn set(&self) -> RecordSet {
        self.owned.set()
    }

    /// The records that only a hold of the tenant's policy keeps back, among those that a permit
    /// covers and a filter lets through.
    pub fn holds(&self, permit: &ReadPermit<'_>, filter: impl Fn(&Header) -> bool) -> Holds {
        let mut holds = Holds::default();
        let records = self.owned.records();
        for (place, withheld) in &self.withheld {
            if let Withheld::Held { until, rule } = withheld
                && let Some(Record { header, .. }) = records.get(*place as usize)
                && permit.covers(self.set(), header)
                && filter(header)
            {
                holds.add(*until, *rule);
            }
        }
        holds
    }

    /// The reasons, one for each withheld record.
    pub fn reasons(&self) -> impl Iterator<Item = Withheld> {
        self.withheld.iter().map(|(_, withheld)| *withheld)
    }
}

/// What stands behind the code of a source in an address.
fn id_at_source(address: &str) -> Option<&str> {
    address.split_once('.').map(|(_, id)| id)
}

/// What holds keep back for a while: how much, and what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holds {
    /// How many records.
    pub count: usize,
    /// The hold that ends first, and the rule that it is of.
    pub next: Option<(Until, RuleIndex)>,
}

impl Holds {
    fn add(&mut self, until: Until, rule: RuleIndex) {
        self.count += 1;
        let this = (until, rule);
        self.next = Some(self.next.map_or(this, |next| next.min(this)));
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
        .references_at("result")
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
        // What a set that is not whole does not hold may be what it lost. A source that refers to
        // a type of several authorities does not say which of them it means.
        of_type()
            .find_map(|verdicts| verdicts.of_id(id))
            .unwrap_or_else(|| {
                self.unjudged.contains(&resource_type)
                    || of_type().any(|verdicts| {
                        verdicts.owned.is_incomplete() || verdicts.withholds_namesake(id)
                    })
            })
    }
}

#[cfg(test)]
#[path = "verdicts_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "holds_tests.rs"]
mod holds_tests;
