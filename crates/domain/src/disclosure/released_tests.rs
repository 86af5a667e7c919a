use bytes::Bytes;
use proptest::prelude::*;
use ulid::Ulid;

use super::Released;
use crate::audit::Receipt;
use crate::disclosure::{Answer, Disclosure, Group, Owned};
use crate::id::PortalAccessEventId;
use crate::release::{Masks, Verdicts};
use crate::source::RecordSet;
use crate::testing::{PATIENT, grant, judged, only, owned, report, result};

const RESULTS: RecordSet = RecordSet::LaboratoryObservations;
const REPORTS: RecordSet = RecordSet::LaboratoryReports;
const PRELIMINARY: &str = r#""status":"preliminary""#;

fn released(owned: &Owned) -> Released {
    let grant = grant("north", PATIENT);
    let permit = grant.read(owned.set().resource_type()).unwrap();
    Released::filter(&permit, owned.clone(), &judged(owned)).unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "stands for the journal's adapter in tests"
)]
fn receipt() -> Receipt {
    Receipt::issue(PortalAccessEventId::new(Ulid(9)))
}

fn sent(answer: Answer) -> Vec<Bytes> {
    let disclosure = Disclosure::new(answer, receipt());
    disclosure
        .records()
        .map(|record| record.bytes().clone())
        .collect()
}

fn sent_of(owned: &Owned) -> Vec<Bytes> {
    sent(Answer::list(released(owned).records().collect()))
}

fn ids(released: &Released) -> Vec<String> {
    released
        .headers()
        .map(|header| header.id.to_string())
        .collect()
}

/// A result of a business identifier with an update time.
fn version(id: &str, updated: &str, identifier: &str, status: &str) -> String {
    let rest =
        format!(r#""meta":{{"lastUpdated":"{updated}"}},"identifier":[{identifier}],{status}"#);
    result(id, rest.trim_end_matches(','))
}

const SEVEN: &str = r#"{"system":"urn:lab","value":"7"}"#;
const OLD: &str = "2026-01-01T00:00:00Z";
const NEW: &str = "2026-02-01T00:00:00Z";

#[test]
fn of_one_business_identifier_the_newest_visible_record_stays() {
    let older = version("a", OLD, SEVEN, "");
    let newer = version("b", NEW, SEVEN, "");
    let pending = version("b", NEW, SEVEN, PRELIMINARY);
    assert_eq!(
        ids(&released(&owned(RESULTS, &[older.clone(), newer]))),
        ["lab.b"]
    );
    let shown = ids(&released(&owned(RESULTS, &[older, pending])));
    assert_eq!(
        shown,
        ["lab.a"],
        "a withheld correction takes nothing along"
    );
}

#[test]
fn of_two_that_are_equally_old_the_first_stays() {
    let texts = [version("b", OLD, SEVEN, ""), version("a", OLD, SEVEN, "")];
    assert_eq!(ids(&released(&owned(RESULTS, &texts))), ["lab.a"]);
}

#[test]
fn an_identifier_of_a_group_joins_nobody_who_has_one_of_their_own() {
    let (group, one) = (
        r#"{"system":"urn:group","value":"9"}"#,
        r#"{"system":"urn:claim","value":"1"}"#,
    );
    let two = r#"{"system":"urn:claim","value":"2"}"#;
    let texts = [
        version("a", OLD, &format!("{one},{group}"), ""),
        version("b", OLD, &format!("{two},{group}"), ""),
        version("c", NEW, &format!("{group},{one}"), ""),
    ];
    let mut shown = ids(&released(&owned(RESULTS, &texts)));
    shown.sort_unstable();
    assert_eq!(shown, ["lab.b", "lab.c"]);
}

#[test]
fn a_provenance_keeps_the_targets_that_are_shown_and_goes_without_any() {
    let text = r#"{"resourceType":"Provenance","id":"p","target":[
        {"reference":"Condition/a"},{"reference":"Condition/b"}]}"#;
    let set = owned(RecordSet::Provenances, &[text.to_owned()]);
    let record = || released(&set).records().next().unwrap();
    let kept = record().about(|target| target.ends_with("/cht.b")).unwrap();
    let bytes = sent(Answer::list(vec![kept])).remove(0);
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(text.contains("Condition/cht.b") && !text.contains("Condition/cht.a"));
    assert!(record().about(|_| false).is_none());
}

#[test]
fn identifiers_without_a_system_join_nobody() {
    let nameless = r#"{"value":"7"}"#;
    let texts = [
        version("a", OLD, nameless, ""),
        version("b", NEW, nameless, ""),
    ];
    assert_eq!(ids(&released(&owned(RESULTS, &texts))).len(), 2);
}

#[test]
fn only_what_is_not_withheld_is_released() {
    let texts = [result("a", ""), result("b", PRELIMINARY), result("c", "")];
    let released = released(&owned(RESULTS, &texts));
    assert_eq!(ids(&released), ["lab.a", "lab.c"]);
    let records: Vec<_> = released.records().collect();
    assert_eq!(records.len(), 2);
    assert_eq!(&*records[1].header().id, "lab.c");
}

#[test]
fn permit_set_and_verdicts_are_of_one_kind_and_one_patient() {
    let results = owned(RESULTS, &[result("a", "")]);
    let chart = owned(RecordSet::ChartObservations, &[]);
    let filter = |tenant: &str, patient: &str, of: RecordSet, verdicts: &Verdicts| {
        let grant = grant(tenant, patient);
        let permit = grant.read(of.resource_type()).unwrap();
        Released::filter(&permit, results.clone(), verdicts)
    };
    let verdicts = judged(&results);
    assert!(filter("north", PATIENT, RESULTS, &verdicts).is_some());
    assert!(filter("north", PATIENT, RecordSet::Conditions, &verdicts).is_none());
    assert!(filter("north", PATIENT, RESULTS, &judged(&chart)).is_none());
    assert!(filter("north", "pat_2", RESULTS, &verdicts).is_none());
    assert!(filter("south", PATIENT, RESULTS, &verdicts).is_none());
}

#[test]
fn the_bytes_are_the_source_s_own_but_for_id_and_references() {
    let source = format!(
        r#" {{ "id" : "o_1", "resourceType":"Observation","status":"final",
        "category":[{{"coding":[{{"code":"laboratory"}}]}}],
        "extension":[{{"url":"urn:unknown","valueDecimal":0.10e+2}}],
        "subject":{{"display":"Zohra","reference":"Patient/{PATIENT}"}},
        "valueQuantity":{{"unit":"mg","value":1.50}},"unknown":[null,true,"\u0041"]}}"#
    );
    let expected = source
        .replace("\"o_1\"", "\"lab.o.u1\"")
        .replace("Patient/pat_1", "Patient/pat.u1");
    let bytes = sent_of(&owned(RESULTS, &[source]));
    assert_eq!(bytes, [Bytes::from(expected)]);
}

#[test]
fn a_reference_to_something_withheld_is_masked_whole_and_others_stay() {
    let results = owned(RESULTS, &[result("a", ""), result("b", PRELIMINARY)]);
    let reports = owned(REPORTS, &[report("r", &["a", "b"]), report("s", &["a"])]);
    let mut masks = Masks::default();
    masks.add(judged(&results));
    let released = released(&reports);
    let records = released.records().map(|record| record.masked(&masks));
    let bytes = sent(Answer::list(records.collect()));
    let text = |index: usize| std::str::from_utf8(&bytes[index]).unwrap();
    assert!(text(0).contains(r#""result":[{"reference":"Observation/lab.a"},{"extension":"#));
    assert!(text(0).contains(r#""valueCode":"masked""#) && !text(0).contains("lab.b"));
    assert!(text(1).contains("Observation/lab.a") && !text(1).contains("masked"));
}

#[test]
fn an_answer_names_every_shown_id_and_a_disclosure_keeps_the_groups() {
    let released = released(&owned(RESULTS, &[result("a", ""), result("b", "")]));
    let records: Vec<_> = released.records().collect();
    let group = |name, range: std::ops::Range<usize>| Group {
        name,
        records: records[range].to_vec(),
    };
    let answer = Answer::new(vec![group("one", 0..1), group("two", 0..2)]);
    assert_eq!(
        answer.ids().collect::<Vec<_>>(),
        ["lab.a", "lab.a", "lab.b"]
    );
    let disclosure = Disclosure::new(answer, receipt());
    let named = |name| {
        disclosure
            .group(name)
            .map(|record| &*record.header().id)
            .collect::<Vec<_>>()
    };
    assert_eq!(named("two"), ["lab.a", "lab.b"]);
    assert!(named("three").is_empty());
    assert_eq!(disclosure.records().count(), 3);
    assert_eq!(disclosure.into_receipt(), receipt());
}

#[test]
fn nothing_on_its_way_out_prints_its_content() {
    let owned = owned(
        RESULTS,
        &[result("secret", r#""note":[{"text":"secret"}]"#)],
    );
    let released = released(&owned);
    let records: Vec<_> = released.records().collect();
    let verdicts = judged(&owned);
    let answer = Answer::list(records.clone());
    let printed = format!("{owned:?}{released:?}{records:?}{verdicts:?}{answer:?}");
    let disclosure = Disclosure::new(answer, receipt());
    let disclosed: Vec<_> = disclosure.records().collect();
    let printed = format!("{printed}{disclosure:?}{disclosed:?}");
    assert!(
        !printed.contains("secret") && !printed.contains(PATIENT),
        "{printed}"
    );
}

/// The visible part of a set as a set of its own.
fn visible(owned: &Owned) -> Owned {
    only(owned, &ids(&released(owned)).into_iter().collect())
}

proptest! {
    #[test]
    fn filtering_what_is_visible_hides_nothing_more(
        statuses in prop::collection::vec(
            prop::sample::select(&["final", "preliminary", "cancelled", "amended"][..]), 0..8)
    ) {
        let texts: Vec<String> = statuses
            .iter()
            .enumerate()
            .map(|(index, status)| result(&format!("o{index}"), &format!(r#""status":"{status}""#)))
            .collect();
        let once = visible(&owned(RESULTS, &texts));
        let shown = statuses.iter().filter(|status| matches!(**status, "final" | "amended"));
        prop_assert_eq!(once.headers().count(), shown.count());
        prop_assert_eq!(ids(&released(&once)), ids(&released(&visible(&once))));
        prop_assert_eq!(once.headers().count(), released(&once).headers().count());
    }

    #[test]
    fn whatever_a_resource_says_it_leaves_as_it_came(
        id in "[A-Za-z0-9-]{1,40}",
        decimal in "-?(0|[1-9][0-9]{0,20})\\.[0-9]{1,20}",
        text in "[a-zA-Z0-9 äپ\u{1F600}]{0,20}",
        space in "[ \n\t]{0,5}",
    ) {
        let source = result(
            &id,
            &format!(r#""x":{space}[{decimal},{space}"{text}"],"valueQuantity":{{"value":{decimal}}}"#),
        );
        let expected = source
            .replacen(&format!(r#""id":"{id}""#), &format!(r#""id":"lab.{id}""#), 1)
            .replace("Patient/pat_1", "Patient/pat.u1");
        prop_assert_eq!(sent_of(&owned(RESULTS, &[source])), vec![Bytes::from(expected)]);
    }
}
