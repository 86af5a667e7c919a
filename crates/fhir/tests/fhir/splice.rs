use portal_fhir::{Span, mask_references, splice};
use proptest::prelude::*;

use super::{record, value};

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_splice_leaves_every_other_byte(
        pieces in prop::collection::vec(
            (prop::collection::vec(any::<u8>(), 0..6), prop::collection::vec(any::<u8>(), 1..6),
             prop::collection::vec(any::<u8>(), 0..6)), 0..6),
        turn in any::<prop::sample::Index>(),
    ) {
        let (mut before, mut after, mut edits) = (Vec::new(), Vec::new(), Vec::new());
        for (kept, old, new) in pieces {
            before.extend(&kept);
            after.extend(&kept);
            let start = u32::try_from(before.len()).unwrap();
            before.extend(&old);
            after.extend(&new);
            edits.push((Span { start, end: u32::try_from(before.len()).unwrap() }, new));
        }
        let count = edits.len();
        edits.rotate_left(turn.index(count.max(1)).min(count));
        prop_assert_eq!(splice(&before, edits), after);
    }

    #[test]
    fn any_spans_are_taken_without_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..16),
        spans in prop::collection::vec((0_u32..20, 0_u32..20), 0..6),
    ) {
        let edits = spans.into_iter().map(|(start, end)| (Span { start, end }, vec![b'x'])).collect();
        let _ = splice(&bytes, edits);
    }
}

#[test]
fn the_outer_edit_wins() {
    let span = |start, end| Span { start, end };
    let edits = vec![
        (span(2, 3), b"inner".to_vec()),
        (span(1, 5), b"outer".to_vec()),
    ];
    assert_eq!(splice(b"abcdefg", edits), "aouterfg");
}

#[test]
fn withheld_references_are_replaced_whole() {
    let report = record(
        r#"{"resourceType":"DiagnosticReport","id":"r","subject":{"reference":"Patient/1"},"result":[{"reference":"Observation/1","display":"HIV"},{"display":"kept","reference":"Observation/2"}],"x":1.50}"#,
    );
    assert!(mask_references(&report, |_| false).is_none());
    let masked = mask_references(&report, |target| target == "Observation/1").unwrap();
    let text = std::str::from_utf8(&masked.bytes).unwrap();
    assert!(!text.contains("HIV") && !text.contains("Observation/1"));
    assert!(text.contains(r#"{"display":"kept","reference":"Observation/2"}],"x":1.50"#));
    assert_eq!(
        value(&masked.bytes)["result"][0]["extension"][0],
        serde_json::json!({
            "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
            "valueCode": "masked",
        })
    );
    let targets: Vec<_> = masked
        .header
        .references
        .iter()
        .map(|it| &*it.target)
        .collect();
    assert_eq!(targets, ["Patient/1", "Observation/2"]);
}

#[test]
fn masking_at_the_limit_of_depth_still_masks() {
    let levels = 61;
    let text = format!(
        r#"{{"resourceType":"Observation","id":"o","x":{}{{"reference":"Observation/1"}}{}}}"#,
        "[".repeat(levels),
        "]".repeat(levels)
    );
    assert!(mask_references(&record(&text), |_| true).is_some());
}
