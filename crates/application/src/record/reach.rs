//! What is nobody's own: read where something visible refers to it, or brought along by a search.

use portal_domain::disclosure::{Released, ReleasedRecord};
use portal_domain::source::RecordSet;
use portal_fhir::{IncludeSpec, ResourceType};

use crate::error::AccessError;

use super::Reading;

/// The group of a search's answer that holds what its matches bring along.
pub const INCLUDED: &str = "included";

/// The sets, and the element of their records, that a type is reached from. Directory data needs
/// nothing that refers to it, and a patient's own records are theirs.
const fn ways(resource_type: ResourceType) -> Option<(&'static [RecordSet], &'static str)> {
    match resource_type {
        ResourceType::Medication => Some((
            &[
                RecordSet::MedicationRequests,
                RecordSet::MedicationDispenses,
            ],
            "medicationReference",
        )),
        _ => None,
    }
}

/// Refuses what has to be reached and is not, as if it were not there. What refers is loaded whole
/// whatever is asked for, so that the calls tell nobody what there is.
pub(super) async fn check_reached(
    reading: &mut Reading<'_>,
    resource_type: ResourceType,
    id: &str,
) -> Result<(), AccessError> {
    let Some((sets, element)) = ways(resource_type) else {
        return Ok(());
    };
    reading.load(sets).await;
    if reading.reaches(sets, element, &format!("{resource_type}/{id}")) {
        return Ok(());
    }
    let failed = sets.iter().find_map(|set| reading.error(*set));
    Err(failed.map_or(AccessError::NotFound, AccessError::Source))
}

/// What the matches of a page refer to by the asked elements, each once, as far as the caller may
/// see it; and the sets that were asked for it. A type without its scope brings nothing.
pub(super) async fn included(
    reading: &mut Reading<'_>,
    includes: &[IncludeSpec],
    matches: &[ReleasedRecord],
) -> (Vec<ReleasedRecord>, Vec<RecordSet>) {
    let (mut records, mut sets) = (Vec::new(), Vec::new());
    for include in includes {
        let may_see = reading.grant().read(include.target).is_some();
        let ids = ids(include, matches);
        if !may_see || ids.is_empty() {
            continue;
        }
        for set in RecordSet::of_type(include.target) {
            reading
                .load_reached(set, reading.at_source(set, &ids))
                .await;
            sets.push(set);
            let released = reading.released(set);
            let found = released.iter().flat_map(Released::records);
            records.extend(found.filter(|record| ids.contains(&&*record.header().id)));
        }
    }
    (reading.masked(records).await, sets)
}

/// The ids here of what the matches refer to, each once.
fn ids<'a>(include: &IncludeSpec, matches: &'a [ReleasedRecord]) -> Vec<&'a str> {
    let references = matches
        .iter()
        .flat_map(|record| record.header().references_at(include.element));
    let mut ids: Vec<&str> = references
        .filter_map(|reference| reference.target.split_once('/'))
        .filter(|(name, _)| *name == include.target.as_str())
        .map(|(_, id)| id)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[cfg(test)]
#[path = "reach_tests.rs"]
mod tests;
