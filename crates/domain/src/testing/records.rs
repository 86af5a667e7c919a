//! What sources hold.

use std::collections::BTreeSet;

use bytes::Bytes;
use jiff::tz::TimeZone;
use portal_fhir::{AddressBook, Base, Limits, Record, ResourceType, read_header};

use super::{PATIENT, at, grant};
use crate::disclosure::{Drops, Fetched, Freshness, Memo, Origin, Owned, Room, StoredSet};
use crate::source::{RecordSet, Source};

/// The base of the source at an index of [`Source::ALL`].
pub(crate) const BASES: [&str; 11] = [
    "http://reg.test/fhir",
    "http://sch.test/fhir",
    "http://lab.test/fhir",
    "http://rad.test/fhir",
    "http://med.test/fhir",
    "http://clm.test/fhir",
    "http://imm.test/fhir",
    "http://cht.test/fhir",
    "http://doc.test/fhir",
    "http://com.test/fhir",
    "http://dir.test/fhir",
];

/// A record of a source's own text.
pub(crate) fn record(text: &str) -> Record {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    let header = read_header(&bytes, &Limits::default()).expect("a readable resource");
    Record { header, bytes }
}

/// A final laboratory result of the patient, with more members.
pub(crate) fn result(id: &str, more: &str) -> String {
    let status = if more.contains("\"status\"") {
        ""
    } else {
        r#""status":"final","#
    };
    format!(
        r#"{{"resourceType":"Observation","id":"{id}",{status}"category":[{{"coding":[{{"code":"laboratory"}}]}}],"subject":{{"reference":"Patient/{PATIENT}"}}{}{more}}}"#,
        if more.is_empty() { "" } else { "," },
    )
}

/// A final laboratory report of the patient on results by their ids at the source.
pub(crate) fn report(id: &str, results: &[&str]) -> String {
    let results: Vec<String> = results
        .iter()
        .map(|result| format!(r#"{{"reference":"Observation/{result}"}}"#))
        .collect();
    format!(
        r#"{{"resourceType":"DiagnosticReport","id":"{id}","status":"final","category":[{{"coding":[{{"code":"LAB"}}]}}],"subject":{{"reference":"Patient/{PATIENT}"}},"result":[{}]}}"#,
        results.join(","),
    )
}

pub(crate) fn fetched(texts: &[String]) -> Fetched {
    Fetched {
        records: texts.iter().map(|text| record(text)).collect(),
        unreadable: 0,
        capped: false,
        as_of: at(0),
        room: Room::default(),
    }
}

pub(crate) fn book() -> AddressBook {
    let bases = Source::ALL.iter().zip(BASES).map(|(source, url)| Base {
        url: url.to_owned(),
        code: source.default_code().to_owned(),
    });
    let authority = ResourceType::ALL.iter().map(|resource_type| {
        let sets = RecordSet::of_type(*resource_type).filter(|set| !set.is_of_portal());
        let mut bases: Vec<usize> = sets.map(|set| set.source() as usize).collect();
        bases.dedup();
        (*resource_type, bases)
    });
    AddressBook::new(bases.collect(), authority.collect()).unwrap()
}

/// Claims an answer of a set's source for the patient.
pub(crate) fn claim_fetched(set: RecordSet, fetched: Fetched) -> (Owned, Drops) {
    let grant = grant("north", PATIENT);
    let target = grant.inspect(set.resource_type()).unwrap().target();
    let book = book();
    let base = set.source() as usize;
    let origin = Origin {
        book: &book,
        base,
        base_url: BASES[base],
        public_url: "https://portal.test",
        zone: &TimeZone::UTC,
    };
    Owned::claim(&target, set, fetched, &origin)
}

pub(crate) fn claim(set: RecordSet, texts: &[String]) -> (Owned, Drops) {
    claim_fetched(set, fetched(texts))
}

/// The set of texts that the portal itself holds.
pub(crate) fn held(set: RecordSet, texts: &[String]) -> Owned {
    let grant = grant("north", PATIENT);
    let target = grant.inspect(set.resource_type()).unwrap().target();
    let here = (PATIENT, "https://portal.test/fhir/R4");
    Owned::of_portal(&target, set, fetched(texts), here, &TimeZone::UTC)
}

/// The owned set of texts that are all this patient's.
pub(crate) fn owned(set: RecordSet, texts: &[String]) -> Owned {
    claim(set, texts).0
}

/// The records of these ids as a set of their own.
pub(crate) fn only(owned: &Owned, ids: &BTreeSet<String>) -> Owned {
    let stored = owned.stored();
    let kept = |record: &&Record| ids.contains(&*record.header.id);
    let set = StoredSet {
        tenant: stored.tenant.clone(),
        patient: stored.patient.clone(),
        at_source: stored.at_source.clone(),
        set: stored.set,
        records: stored.records.iter().filter(kept).cloned().collect(),
        as_of: stored.as_of,
        incomplete: stored.incomplete,
        room: Room::default(),
        memo: Memo::default(),
    };
    let grant = grant("north", PATIENT);
    let target = grant.inspect(owned.set().resource_type()).unwrap().target();
    Owned::reopen(&target, owned.set(), set.into(), Freshness::Cached).unwrap()
}

pub(crate) fn ids(owned: &Owned) -> Vec<&str> {
    owned.headers().map(|header| &*header.id).collect()
}
