use std::sync::Arc;

use proptest::prelude::*;

use super::{Freshness, Owned};
use crate::disclosure::Drops;
use crate::id::PatientId;
use crate::source::RecordSet;
use crate::testing::{
    BASES, PATIENT, at, claim, claim_fetched, fetched, grant, held, ids, owned, result,
};

const RESULTS: RecordSet = RecordSet::LaboratoryObservations;

/// A problem whose `subject` is the given JSON.
fn problem(id: &str, subject: &str, more: &str) -> String {
    format!(r#"{{"resourceType":"Condition","id":"{id}"{subject}{more}}}"#)
}

fn of(reference: &str) -> String {
    format!(r#","subject":{{"reference":"{reference}"}}"#)
}

fn kept(set: RecordSet, text: String) -> bool {
    let (owned, drops) = claim(set, &[text]);
    assert_eq!(owned.headers().count() + drops.foreign, 1);
    drops.foreign == 0
}

#[test]
fn honest_forms_of_this_patient_pass() {
    let base = BASES[RecordSet::Conditions.source() as usize];
    for reference in [
        "Patient/pat_1".to_owned(),
        "Patient/pat_1/_history/2".to_owned(),
        format!("{base}/Patient/pat_1"),
    ] {
        assert!(kept(
            RecordSet::Conditions,
            problem("c", &of(&reference), "")
        ));
    }
}

#[test]
fn every_other_owner_is_dropped() {
    let other_base = BASES[RecordSet::Immunizations.source() as usize];
    let subjects = [
        String::new(),
        of("Patient/pat_2"),
        of("Patient/pat_"),
        of("Patient/pat_11"),
        of("Patient/PAT_1"),
        of("Group/pat_1"),
        of("#pat_1"),
        of("urn:uuid:pat_1"),
        of("Patient/pat_1?x=1"),
        of("Patient/../Patient/pat_1"),
        of(&format!("{other_base}/Patient/pat_1")),
        of("https://evil.test/Patient/pat_1"),
        r#","subject":{"identifier":{"value":"pat_1"}}"#.to_owned(),
        r#","subject":"Patient/pat_1""#.to_owned(),
        r#","subject":[]"#.to_owned(),
        r#","subject":[{"reference":"Patient/pat_1"},{"reference":"Patient/pat_2"}]"#.to_owned(),
    ];
    for subject in subjects {
        assert!(
            !kept(RecordSet::Conditions, problem("c", &subject, "")),
            "{subject}"
        );
    }
}

#[test]
fn other_references_neither_make_nor_break_an_owner() {
    let others =
        r#","asserter":{"reference":"Patient/pat_1"},"recorder":{"reference":"Patient/pat_1"}"#;
    assert!(!kept(
        RecordSet::Conditions,
        problem("c", &of("Patient/pat_2"), others)
    ));
    assert!(!kept(RecordSet::Conditions, problem("c", "", others)));
    let foreign = others.replace("pat_1", "pat_2");
    assert!(kept(
        RecordSet::Conditions,
        problem("c", &of("Patient/pat_1"), &foreign)
    ));
    let focus = r#""focus":[{"reference":"Patient/pat_1"}]"#;
    let theirs =
        result("o", focus).replace(r#""subject":{"reference":"Patient/pat_1"}"#, r#""x":1"#);
    assert!(!kept(RESULTS, theirs));
}

#[test]
fn each_type_has_its_own_deciding_element() {
    let mine = |element: &str, name: &str| {
        format!(
            r#"{{"resourceType":"{name}","id":"x","{element}":{{"reference":"Patient/pat_1"}}}}"#
        )
    };
    for (set, name) in [
        (RecordSet::Allergies, "AllergyIntolerance"),
        (RecordSet::Immunizations, "Immunization"),
    ] {
        assert!(kept(set, mine("patient", name)));
        assert!(!kept(set, mine("subject", name)));
    }
    assert!(kept(
        RecordSet::MedicationRequests,
        mine("subject", "MedicationRequest")
    ));
    assert!(!kept(
        RecordSet::MedicationRequests,
        mine("patient", "MedicationRequest")
    ));
    for (id, own) in [(PATIENT, true), ("pat_11", false), ("pat_2", false)] {
        let text = format!(r#"{{"resourceType":"Patient","id":"{id}"}}"#);
        assert_eq!(kept(RecordSet::Patient, text), own, "{id}");
    }
}

#[test]
fn a_contained_resource_of_another_takes_its_container_along() {
    let inner = |subject: &str| {
        let text = problem("in", subject, "");
        problem(
            "c",
            &of("Patient/pat_1"),
            &format!(r#","contained":[{text}]"#),
        )
    };
    assert!(kept(RecordSet::Conditions, inner(&of("Patient/pat_1"))));
    for subject in ["", &of("Patient/pat_2"), &of("#p")] {
        assert!(!kept(RecordSet::Conditions, inner(subject)), "{subject}");
    }
    let patient = r#","contained":[{"resourceType":"Patient","id":"pat_1"}]"#;
    assert!(!kept(
        RecordSet::Conditions,
        problem("c", &of("Patient/pat_1"), patient)
    ));
}

#[test]
fn a_copy_of_what_another_service_owns_is_dropped() {
    let vital = result("v", "").replace("laboratory", "vital-signs");
    let both = result("b", "").replace(
        r#"{"code":"laboratory"}"#,
        r#"{"code":"vital-signs"},{"code":"laboratory"}"#,
    );
    let texts = [result("l", ""), vital, both];
    let (chart, drops) = claim(RecordSet::ChartObservations, &texts);
    assert_eq!((ids(&chart), drops.copies), (vec!["cht.v"], 2));
    let (laboratory, drops) = claim(RESULTS, &texts);
    assert_eq!(drops.copies, 1);
    assert_eq!(ids(&laboratory), ["lab.b", "lab.l"]);
    assert!(!chart.is_incomplete() && !laboratory.is_incomplete());
}

#[test]
fn what_is_not_of_the_set_s_type_is_dropped() {
    let (owned, drops) = claim(RecordSet::Conditions, &[result("l", "")]);
    assert_eq!((ids(&owned).len(), drops.copies), (0, 1));
}

#[test]
fn a_category_that_cannot_be_read_leaves_a_hole() {
    let text = result("l", "").replace(r#"[{"code":"laboratory"}]"#, "7");
    for set in [RESULTS, RecordSet::ChartObservations] {
        let (owned, drops) = claim(set, std::slice::from_ref(&text));
        assert_eq!((ids(&owned).len(), drops.unreadable), (0, 1));
        assert!(owned.is_incomplete());
    }
}

#[test]
fn an_id_without_an_address_is_dropped_and_leaves_a_hole() {
    let (owned, drops) = claim(RESULTS, &[result(&"x".repeat(61), ""), result("ok", "")]);
    assert_eq!((ids(&owned), drops.unaddressable), (vec!["lab.ok"], 1));
    assert!(owned.is_incomplete());
}

#[test]
fn a_set_knows_when_its_source_was_asked() {
    let mut answer = fetched(&[]);
    answer.as_of = at(7);
    let (owned, _) = claim_fetched(RESULTS, answer);
    assert_eq!(
        (owned.as_of(), owned.freshness()),
        (at(7), Freshness::Fresh)
    );
}

#[test]
fn caps_and_dropped_entries_leave_a_hole_and_copies_do_not() {
    let whole = || fetched(&[result("a", "")]);
    assert!(!claim_fetched(RESULTS, whole()).0.is_incomplete());
    let mut capped = whole();
    capped.capped = true;
    assert!(claim_fetched(RESULTS, capped).0.is_incomplete());
    let mut unreadable = whole();
    unreadable.unreadable = 2;
    let (owned, drops) = claim_fetched(RESULTS, unreadable);
    assert!(owned.is_incomplete());
    assert_eq!(drops.unreadable, 2);
}

/// A result with an update time, an identifier and a value.
fn version(id: &str, updated: &str, identifier: &str) -> String {
    let meta = format!(r#""meta":{{"lastUpdated":"{updated}"}}"#);
    let identifier = match identifier {
        "" => String::new(),
        value => format!(r#","identifier":[{{"system":"urn:lab","value":"{value}"}}]"#),
    };
    result(id, &format!("{meta}{identifier}"))
}

fn kept_times(texts: &[String]) -> (Vec<String>, usize) {
    let (owned, drops) = claim(RESULTS, texts);
    let times = owned.headers().map(|header| {
        let updated = header.last_updated.as_ref().map_or("", |date| date.text());
        format!("{} {updated}", header.id)
    });
    (times.collect(), drops.duplicates)
}

#[test]
fn of_a_record_that_is_said_twice_the_newest_stays() {
    let (old, new) = ("2026-01-01T00:00:00Z", "2026-01-01T01:00:00+00:30");
    for texts in [
        [version("a", old, ""), version("a", new, "")],
        [version("a", new, ""), version("a", old, "")],
    ] {
        assert_eq!(kept_times(&texts), (vec![format!("lab.a {new}")], 1));
    }
    let undated = [result("a", ""), version("a", old, "")];
    assert_eq!(kept_times(&undated), (vec![format!("lab.a {old}")], 1));
}

#[test]
fn of_two_that_are_equally_old_the_first_stays() {
    let old = "2026-01-01T00:00:00Z";
    for texts in [
        [version("a", old, "1"), version("a", old, "2")],
        [
            result("a", r#""identifier":[{"value":"1"}]"#),
            result("a", ""),
        ],
    ] {
        let (owned, drops) = claim(RESULTS, &texts);
        let header = owned.headers().next().unwrap();
        assert_eq!(header.identifiers[0].value.as_deref(), Some("1"));
        assert_eq!(drops.duplicates, 1);
    }
}

/// An Extension that nobody is shown, with more members.
fn restricted(more: &str) -> String {
    format!(r#"[{{"url":"urn:u","x-privacyTier":"restricted"{more}}}]"#)
}

#[test]
fn restricted_extensions_are_taken_out_and_still_count() {
    let coding = r#","valueCoding":{"system":"s","code":"secret"}"#;
    let text = result("a", &format!(r#""extension":{}"#, restricted(coding)));
    let owned = owned(RESULTS, &[text]);
    let record = &owned.records()[0];
    assert!(
        !std::str::from_utf8(&record.bytes)
            .unwrap()
            .contains("secret")
    );
    let codes: Vec<_> = record
        .header
        .other_codings
        .iter()
        .map(|it| it.code.as_deref())
        .collect();
    assert_eq!(codes, [Some("secret")]);
}

#[test]
fn what_a_restricted_extension_left_unreadable_stays_so() {
    let hidden = restricted("");
    let unreadable = restricted(r#","valueCoding":{"code":7}"#);
    for (members, labels, codes, others) in [
        (
            format!(r#""meta":{{"security":[{{"extension":{hidden}}}]}}"#),
            true,
            false,
            false,
        ),
        (
            format!(r#""code":{{"coding":{{"extension":{hidden}}}}}"#),
            false,
            true,
            true,
        ),
        (format!(r#""extension":{unreadable}"#), false, false, true),
        (format!(r#""extension":{hidden}"#), false, false, false),
    ] {
        let owned = owned(RESULTS, &[result("a", &members)]);
        let record = &owned.records()[0];
        assert!(
            !std::str::from_utf8(&record.bytes)
                .unwrap()
                .contains("extension")
        );
        let header = &record.header;
        let found = [
            header.labels_unreadable,
            header.codes_unreadable,
            header.other_codings_unreadable,
        ];
        assert_eq!(found, [labels, codes, others], "{members}");
    }
}

#[test]
fn the_order_is_newest_first_then_code_then_id_and_undated_last() {
    let dated = |id: &str, date: &str, code: &str| {
        result(
            id,
            &format!(r#""effectiveDateTime":"{date}","code":{{"coding":[{{"code":"{code}"}}]}}"#),
        )
    };
    let owned = owned(
        RESULTS,
        &[
            result("z", ""),
            dated("old", "2020", "a"),
            dated("b2", "2024-05-01", "b"),
            dated("b1", "2024-05-01", "b"),
            dated("a9", "2024-05-01", "a"),
            dated("new", "2024-05-01T08:00:00Z", "a"),
        ],
    );
    let expected = ["new", "a9", "b1", "b2", "old", "z"].map(|id| format!("lab.{id}"));
    assert_eq!(ids(&owned), expected);
}

#[test]
fn a_stored_set_is_believed_for_its_tenant_patient_and_kind_alone() {
    let stored = Arc::clone(owned(RESULTS, &[result("a", "")]).stored());
    let reopen = |tenant: &str, patient: &str, set: RecordSet, asked: RecordSet| {
        let grant = grant(tenant, patient);
        let target = grant.inspect(asked.resource_type()).unwrap().target();
        Owned::reopen(&target, set, Arc::clone(&stored), Freshness::Cached)
    };
    let own = reopen("north", PATIENT, RESULTS, RESULTS).unwrap();
    assert_eq!(
        (ids(&own), own.freshness()),
        (vec!["lab.a"], Freshness::Cached)
    );
    assert!(reopen("south", PATIENT, RESULTS, RESULTS).is_none());
    assert!(reopen("north", "pat_2", RESULTS, RESULTS).is_none());
    assert!(reopen("north", "pat_11", RESULTS, RESULTS).is_none());
    let chart = RecordSet::ChartObservations;
    assert!(reopen("north", PATIENT, chart, chart).is_none());
    assert!(reopen("north", PATIENT, RESULTS, RecordSet::Conditions).is_none());
    let grant = grant("north", PATIENT);
    let relinked = grant.inspect(RESULTS.resource_type()).unwrap().target();
    let known_as = |id: &str| relinked.known_as(PatientId::parse(id).unwrap());
    let by = |target| Owned::reopen(&target, RESULTS, Arc::clone(&stored), Freshness::Cached);
    assert!(by(known_as(PATIENT)).is_some());
    assert!(by(known_as("x-1")).is_none(), "fetched by another id");
}

proptest! {
    #[test]
    fn everything_is_kept_once_or_counted_once(
        entries in prop::collection::vec((0u8..6, 0u8..5, 0u8..3), 0..12)
    ) {
        let texts: Vec<String> = entries
            .iter()
            .map(|(id, kind, day)| {
                let text = version(&format!("o{id}"), &format!("2026-01-0{}", day + 1), "");
                match kind {
                    0 => text.replace("pat_1", "pat_2"),
                    1 => text.replace("laboratory", "vital-signs"),
                    _ => text,
                }
            })
            .collect();
        let (owned, drops) = claim(RESULTS, &texts);
        let Drops { foreign, copies, unreadable, unaddressable, duplicates } = drops;
        let mut kept = ids(&owned);
        prop_assert_eq!(
            kept.len() + foreign + copies + unreadable + unaddressable + duplicates,
            texts.len()
        );
        let count = kept.len();
        kept.sort_unstable();
        kept.dedup();
        prop_assert_eq!(kept.len(), count);
        prop_assert_eq!(foreign, entries.iter().filter(|(_, kind, _)| *kind == 0).count());
    }
}

#[test]
fn what_the_portal_holds_is_this_patient_s_and_of_its_kind() {
    let event = |id: &str, role: &str, who: &str| {
        format!(
            r#"{{"resourceType":"AuditEvent","id":"{id}","entity":[
            {{"what":{{"identifier":{{"value":"x"}}}}}},
            {{"role":{{"code":"{role}"}},"what":{{"reference":"{who}"}}}}]}}"#
        )
    };
    let texts = [
        event("own", "1", "Patient/pat_1"),
        event("other", "1", "Patient/pat_2"),
        event("nobody", "4", "Patient/pat_1"),
        problem("kind", &of("Patient/pat_1"), ""),
    ];
    let found = held(RecordSet::AuditEvents, &texts);
    assert_eq!(ids(&found), ["own"]);
    assert!(found.is_incomplete());
    assert!(!held(RecordSet::AuditEvents, &texts[..1]).is_incomplete());
    // What a source sends is never the portal's own.
    assert!(ids(&held(RecordSet::Conditions, &texts)).is_empty());
}
