//! A set as bytes: `index length · index · resources`. The index holds what decisions are made
//! on; the resources follow as they are, so that reading a set copies none of them.

use bytes::Bytes;
use jiff::Timestamp;
use portal_domain::access::RecordTarget;
use portal_domain::disclosure::{Memo, Room, StoredSet};
use portal_domain::source::RecordSet;
use portal_fhir::{Header, Record};
use serde::{Deserialize, Serialize};

/// Raised with every change to [`Index`] or anything in it, [`Header`] first of all: a set that an
/// older build wrote must be a miss, never be read as something else.
pub(super) const SCHEMA: u32 = 5;

#[derive(Serialize)]
struct Index<'a> {
    as_of_nanosecond: i128,
    incomplete: bool,
    entries: Vec<(&'a Header, u32)>,
}

#[derive(Deserialize)]
struct OwnedIndex {
    as_of_nanosecond: i128,
    incomplete: bool,
    entries: Vec<(Header, u32)>,
}

/// Appends a set to bytes; `None` when it cannot be said, which no set within the limits of a
/// fetch brings about.
pub(super) fn encode(stored: &StoredSet) -> Option<Vec<u8>> {
    let entries = stored
        .records
        .iter()
        .map(|record| Some((&record.header, u32::try_from(record.bytes.len()).ok()?)))
        .collect::<Option<Vec<_>>>()?;
    let index = Index {
        as_of_nanosecond: stored.as_of.as_nanosecond(),
        incomplete: stored.incomplete,
        entries,
    };
    // Begun with room for the length, which is known only afterwards.
    let mut bytes = postcard::to_extend(&index, vec![0; 4]).ok()?;
    let length = u32::try_from(bytes.len() - 4).ok()?;
    bytes.get_mut(..4)?.copy_from_slice(&length.to_be_bytes());
    bytes.reserve_exact(resource_bytes(stored));
    for record in &stored.records {
        bytes.extend_from_slice(&record.bytes);
    }
    Some(bytes)
}

/// Bytes of all resources together.
pub(super) fn resource_bytes(stored: &StoredSet) -> usize {
    stored.records.iter().map(|record| record.bytes.len()).sum()
}

/// Reads a set that was stored for a target. Only bytes from under a seal that names tenant,
/// patient and set may come here, because they do not say it themselves.
pub(super) fn decode(bytes: &Bytes, target: &RecordTarget, set: RecordSet) -> Option<StoredSet> {
    let (length, rest) = bytes.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (index, resources) = rest.split_at_checked(length)?;
    let index: OwnedIndex = postcard::from_bytes(index).ok()?;
    let mut begin = bytes.len() - resources.len();
    let mut records = Vec::with_capacity(index.entries.len());
    for (header, length) in index.entries {
        let end = begin.checked_add(usize::try_from(length).ok()?)?;
        if end > bytes.len() {
            return None;
        }
        records.push(Record {
            header,
            bytes: bytes.slice(begin..end),
        });
        begin = end;
    }
    (begin == bytes.len()).then_some(StoredSet {
        tenant: target.tenant().clone(),
        patient: target.patient().clone(),
        at_source: target.at_source().clone(),
        set,
        records,
        as_of: Timestamp::from_nanosecond(index.as_of_nanosecond).ok()?,
        incomplete: index.incomplete,
        room: Room::default(),
        memo: Memo::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{observation, record, stored_set, target};
    use portal_fhir::ResourceType;
    use proptest::prelude::*;

    const SET: RecordSet = RecordSet::LaboratoryObservations;

    #[test]
    fn a_set_reads_back_to_itself() {
        let target = target("kabul", "pat-1", ResourceType::Observation);
        let stored = stored_set(
            &target,
            SET,
            vec![observation("a", "1.50"), observation("b", "2")],
        );
        let bytes = Bytes::from(encode(&stored).expect("small"));
        let read = decode(&bytes, &target, SET).expect("readable");
        assert!(read.records == stored.records);
        assert_eq!(read.as_of, stored.as_of);
        assert_eq!(read.incomplete, stored.incomplete);
    }

    #[test]
    fn a_shortened_or_lengthened_set_is_refused() {
        let target = target("kabul", "pat-1", ResourceType::Observation);
        let stored = stored_set(&target, SET, vec![observation("a", "1.50")]);
        let whole = encode(&stored).expect("small");
        for length in 0..whole.len() {
            let part = Bytes::copy_from_slice(&whole[..length]);
            assert!(decode(&part, &target, SET).is_none(), "{length}");
        }
        let longer = Bytes::from([whole.as_slice(), b" "].concat());
        assert!(decode(&longer, &target, SET).is_none());
    }

    proptest! {
        #[test]
        fn no_bytes_make_reading_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let target = target("kabul", "pat-1", ResourceType::Observation);
            let _ = decode(&Bytes::from(bytes), &target, SET);
        }
    }

    /// Resources that between them have something in every part of a header.
    const RICH: [&str; 3] = [
        r#"{"resourceType":"Patient","id":"p","meta":{"versionId":"3","lastUpdated":"2026-01-02T03:04:05Z","tag":[{"code":"t"}],"security":[{"system":"s","code":"R"}]},"identifier":[{"system":"s","value":"v"}],"name":[{"use":"official","family":"F","given":["G"],"text":"T","period":{"start":"2001"}}],"gender":"female","birthDate":"1990-02","photo":[{"url":"http://base/Binary/1"}],"generalPractitioner":[{"reference":"Practitioner/1"}]}"#,
        r#"{"resourceType":"Observation","id":"o","contained":[{"resourceType":"Observation","id":"c","status":"final","subject":{"reference":"Patient/p"},"code":{"coding":[{"code":"x"}]}}],"status":"final","category":[{"coding":[{"system":"s","code":"laboratory"}]}],"code":{"coding":[{"code":"x"}]},"subject":{"reference":"Patient/p"},"effectivePeriod":{"start":"2026-01-01","end":"2026-01-02T00:00:00+04:30"},"issued":"2026-01-02T00:00:00Z","interpretation":[{"coding":[{"code":"HH"}]}],"component":[{"code":{"coding":[{"code":"y"}]}}]}"#,
        r#"{"resourceType":"Condition","id":"k","clinicalStatus":{"coding":[{"code":"active"}]},"verificationStatus":{"coding":[{"code":"confirmed"}]},"severity":{"coding":[{"system":"s","code":"severe"}]},"subject":{"reference":"Patient/p"},"onsetDateTime":"2020","recordedDate":"2020-03"}"#,
    ];

    /// The bytes of one set, as this build writes them. When this fails, what is stored has
    /// changed its form: raise [`SCHEMA`] together with the expectation here.
    #[test]
    fn the_form_of_the_index_is_that_of_the_schema() {
        let target = target("kabul", "pat-1", ResourceType::Observation);
        let stored = stored_set(&target, SET, RICH.map(record).to_vec());
        let bytes = encode(&stored).expect("small");
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
        let start = u64::from_be_bytes(*hash.as_ref().first_chunk().expect("32 bytes"));
        assert_eq!(
            (SCHEMA, format!("{start:016x}").as_str()),
            (5, "31286da79a6c28d8")
        );
    }
}
