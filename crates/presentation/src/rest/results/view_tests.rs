use portal_fhir::read_header;
use serde_json::json;

use super::super::trend::series;
use super::*;

fn view(resource: &serde_json::Value) -> LabResult {
    view_of(&resource.to_string())
}

fn view_of(resource: &str) -> LabResult {
    let header = read_header(resource.as_bytes(), &Limits::default()).unwrap();
    result(&header, resource.as_bytes(), None, Language::English)
}

fn shown(resource: &str) -> serde_json::Value {
    serde_json::to_value(view_of(resource)).unwrap()
}

#[test]
fn decimals_leave_as_they_came() {
    let resource = r#"{"resourceType":"Observation","id":"lab.1","status":"final","code":{"text":"HbA1c","coding":[{"system":"http://loinc.org","code":"4548-4"}]},"effectiveDateTime":"2024-05","issued":"2024-05-02T10:00:00Z","valueQuantity":{"value":1.50,"unit":"%","system":"http://unitsofmeasure.org","code":"%"},"referenceRange":[{"low":{"value":0.10e+2}}],"interpretation":[{"coding":[{"code":"H","display":"High"}]}]}"#;
    let expected = json!({
        "id": "lab.1", "status": "final", "issued": "2024-05-02T10:00:00Z",
        "code": {"text": "HbA1c", "system": "http://loinc.org", "code": "4548-4"},
        "date": {"value": "2024-05", "precision": "month"},
        "value": {"quantity": {"value": "1.50", "unit": "%", "ucum": "%"}},
        "referenceRange": [{"low": {"value": "0.10e+2"}}],
        "interpretation": [{"text": "High", "code": "H"}],
    });
    assert_eq!(shown(resource), expected);
}

#[test]
fn a_code_is_never_shown_bare() {
    let resource = r#"{"resourceType":"Observation","id":"lab.1","status":"final","code":{"text":" ","coding":[{"code":"X1"}]},"valueBoolean":true}"#;
    let view = shown(resource);
    assert_eq!(view["code"], json!({"text": "Unnamed", "code": "X1"}));
    assert_eq!(view["value"], json!({"text": "true"}));
}

#[test]
fn a_value_without_a_form_says_that_it_is_not_shown() {
    let resource = r#"{"resourceType":"Observation","id":"lab.1","status":"final","code":{"text":"c"},"valuePeriod":{"start":"2020"}}"#;
    let absent = json!({"absentReason": {"text": "Not shown in this view"}});
    assert_eq!(shown(resource)["value"], absent);
}

#[test]
fn components_and_reasons_of_absence_are_shown() {
    let resource = r#"{"resourceType":"Observation","id":"lab.1","status":"final","code":{"text":"panel"},"component":[{"code":{"text":"a"},"valueString":"pos"},{"code":{"text":"b"},"dataAbsentReason":{"text":"haemolysed"}}]}"#;
    let expected = json!({"components": [
        {"code": {"text": "a"}, "value": {"text": "pos"}, "referenceRange": [], "interpretation": []},
        {"code": {"text": "b"}, "value": {"absentReason": {"text": "haemolysed"}}, "referenceRange": [], "interpretation": []},
    ]});
    assert_eq!(shown(resource)["value"], expected);
}

#[test]
fn a_trend_has_a_series_for_each_unit_and_marks_gaps() {
    let point = |id: &str, value: serde_json::Value| {
        let mut resource = json!({"resourceType": "Observation", "id": id, "status": "final", "code": {"text": "c"}});
        resource
            .as_object_mut()
            .unwrap()
            .extend(value.as_object().unwrap().clone());
        view(&resource)
    };
    let quantity = |value: u32, unit: &str, ucum: &str| json!({"valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": ucum}});
    let points = vec![
        point("gap0", json!({})),
        point("a", quantity(1, "mg/dL", "mg/dL")),
        point("b", quantity(2, "mmol/l", "mmol/L")),
        point("gap", json!({"dataAbsentReason": {"text": "lost"}})),
        point("c", quantity(3, "mg per dL", "mg/dL")),
    ];
    let series = serde_json::to_value(series(points)).unwrap();
    let ids = |index: usize| {
        let points = series[index]["points"].as_array().unwrap();
        let id = |point: &serde_json::Value| {
            (
                point["id"].as_str().unwrap().to_owned(),
                point["gap"] == json!(true),
            )
        };
        points.iter().map(id).collect::<Vec<_>>()
    };
    let named = |points: &[(&str, bool)]| {
        points
            .iter()
            .map(|(id, gap)| ((*id).to_owned(), *gap))
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(0), named(&[("gap0", true), ("a", false), ("c", false)]));
    assert_eq!(ids(1), named(&[("b", false), ("gap", true)]));
    assert_eq!(series[1]["ucum"], "mmol/L");
}
