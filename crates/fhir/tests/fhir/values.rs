use portal_fhir::Limits;
use portal_fhir::values::{ResultValue, read_concept, read_observation};

fn value_of(members: &str) -> Option<ResultValue> {
    let text = format!(r#"{{"resourceType":"Observation","id":"o",{members}}}"#);
    read_observation(text.as_bytes(), &Limits::default())
        .expect("a sound sample")
        .measurement
        .value
}

#[test]
fn decimals_are_said_as_they_were_sent() {
    for sent in [
        "1.50",
        "0.10",
        "1e-7",
        "123456789012345678901234567890.1",
        "-0",
    ] {
        let read = value_of(&format!(
            r#""valueQuantity":{{"value":{sent},"unit":"mg","comparator":"<"}}"#
        ));
        let Some(ResultValue::Quantity(quantity)) = read else {
            panic!("{sent}")
        };
        assert_eq!(quantity.value.as_deref(), Some(sent));
        assert_eq!(quantity.comparator.as_deref(), Some("<"));
    }
}

#[test]
fn every_form_of_a_value_is_read() {
    assert!(
        matches!(value_of(r#""valueString":"t""#), Some(ResultValue::Text(text)) if text == "t")
    );
    assert!(
        matches!(value_of(r#""valueInteger":7"#), Some(ResultValue::Literal(text)) if text == "7")
    );
    assert!(matches!(
        value_of(r#""valueCodeableConcept":{"text":"c","coding":[{"display":"d"}]}"#),
        Some(ResultValue::Concept(concept)) if concept.codings[0].display.as_deref() == Some("d")
    ));
    assert!(matches!(
        value_of(r#""valueRange":{"low":{"value":1.0}}"#),
        Some(ResultValue::Range { low: Some(low), high: None }) if low.value.as_deref() == Some("1.0")
    ));
    assert!(matches!(
        value_of(r#""valueRatio":{"numerator":{},"denominator":{}}"#),
        Some(ResultValue::Ratio {
            numerator: Some(_),
            denominator: Some(_)
        })
    ));
    assert!(matches!(
        value_of(r#""valueSampledData":{}"#),
        Some(ResultValue::Other)
    ));
    assert!(value_of(r#""valueset":"x""#).is_none());
    assert!(value_of(r#""valueQuantity":7"#).is_none());
}

#[test]
fn components_ranges_and_notes_are_read() {
    let text = r#"{"code":{"text":"BP"},"note":[{"text":"n"}],"component":[
        {"code":{"text":"sys"},"valueQuantity":{"value":120},"interpretation":[{"text":"H"}],
         "referenceRange":[{"low":{"value":90},"text":"90-120"}]},
        {"code":{"text":"dia"},"dataAbsentReason":{"text":"unknown"}}]}"#;
    let read = read_observation(text.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(read.notes, ["n"]);
    assert_eq!(
        read.components[0].reference_ranges[0].text.as_deref(),
        Some("90-120")
    );
    assert_eq!(
        read.components[0].interpretation[0].text.as_deref(),
        Some("H")
    );
    assert!(read.components[1].absent_reason.is_some() && read.components[1].value.is_none());
    let code = read_concept(text.as_bytes(), "code", &Limits::default())
        .unwrap()
        .unwrap();
    assert_eq!(code.text.as_deref(), Some("BP"));
}
