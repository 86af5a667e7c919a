//! Provenance: where what is shown comes from. It is shown for as much as is shown of what it is
//! about, under the caller's own scopes.

use std::collections::HashSet;

use portal_domain::disclosure::{Released, ReleasedRecord};
use portal_domain::source::RecordSet;
use portal_fhir::{Header, ResourceType};

use super::Reading;
use super::matches::Matches;

/// Takes out of each Provenance what is not shown to this caller, and drops those of which nothing
/// is left; other records stay as they are. What they are about is loaded for it, and the sets of
/// that are handed back.
pub(super) async fn about_what_is_shown(
    reading: &mut Reading<'_>,
    matches: Matches,
) -> (Matches, Vec<RecordSet>) {
    if !matches.hold(ResourceType::Provenance) {
        return (matches, Vec::new());
    }
    let records = matches.into_records();
    let sets = sets_of_targets(&records);
    reading.load(&sets).await;
    let mut shown = HashSet::new();
    for set in &sets {
        let released = reading.released(*set);
        let headers = released.iter().flat_map(Released::headers);
        shown.extend(headers.map(address));
    }
    let kept = records.into_iter().filter_map(|record| {
        if record.header().resource_type == ResourceType::Provenance {
            record.about(|target| shown.contains(target))
        } else {
            Some(record)
        }
    });
    (Matches::Records(kept.collect()), sets)
}

/// The Provenance of the matches of a page, as far as the caller may see it, and the sets that
/// were asked for it.
pub(super) async fn provenance_of(
    reading: &mut Reading<'_>,
    matches: &[ReleasedRecord],
) -> (Vec<ReleasedRecord>, Vec<RecordSet>) {
    let set = RecordSet::Provenances;
    if matches.is_empty() || reading.grant().read(set.resource_type()).is_none() {
        return (Vec::new(), Vec::new());
    }
    reading.load(&[set]).await;
    let matches: HashSet<String> = matches.iter().map(|it| address(it.header())).collect();
    let released = reading.released(set);
    let records = released.iter().flat_map(Released::records);
    let records = records.filter(|record| targets(record.header()).any(|it| matches.contains(it)));
    let records = Matches::Records(records.collect());
    let (records, mut sets) = about_what_is_shown(reading, records).await;
    sets.push(set);
    (reading.masked(records.into_records()).await, sets)
}

fn address(header: &Header) -> String {
    format!("{}/{}", header.resource_type, header.id)
}

fn targets(header: &Header) -> impl Iterator<Item = &str> {
    let references = header.references_at("target");
    references.map(|reference| &*reference.target)
}

/// What of a patient the records are about. A Provenance of a Provenance is followed no further.
fn sets_of_targets(records: &[ReleasedRecord]) -> Vec<RecordSet> {
    let provenances = records
        .iter()
        .map(ReleasedRecord::header)
        .filter(|header| header.resource_type == ResourceType::Provenance);
    let mut sets: Vec<RecordSet> = provenances
        .flat_map(targets)
        .filter_map(|target| ResourceType::parse(target.split_once('/')?.0))
        .filter(|resource_type| *resource_type != ResourceType::Provenance)
        .flat_map(RecordSet::of_type)
        .filter(|set| set.is_of_patient())
        .collect();
    sets.sort_unstable();
    sets.dedup();
    sets
}

#[cfg(test)]
#[path = "provenance_tests.rs"]
mod tests;
