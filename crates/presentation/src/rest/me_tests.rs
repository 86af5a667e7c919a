use super::*;

fn name(json: &str) -> HumanName {
    let patient = format!(r#"{{"resourceType":"Patient","id":"p","name":[{json}]}}"#);
    let header = portal_fhir::read_header(patient.as_bytes(), &portal_fhir::Limits::default());
    header.unwrap().person.unwrap().names.remove(0)
}

fn chosen(names: &[&str], language: Language) -> Option<String> {
    let person = Person {
        names: names.iter().map(|json| name(json)).collect(),
        gender: None,
        birth_date: None,
    };
    let now = Timestamp::from_second(1_776_502_800).unwrap();
    display_name(&person, language, now, &jiff::tz::TimeZone::UTC)
}

#[test]
fn the_official_name_in_force_comes_first() {
    let names = [
        r#"{"text":"Nick","use":"nickname"}"#,
        r#"{"family":"Old","use":"official","period":{"end":"2020"}}"#,
        r#"{"family":"Karimi","given":["Zohra","A."],"use":"official"}"#,
    ];
    assert_eq!(
        chosen(&names, Language::English).as_deref(),
        Some("Zohra A. Karimi")
    );
    assert_eq!(chosen(&names[1..2], Language::English), None);
    assert_eq!(
        chosen(&names[..1], Language::English).as_deref(),
        Some("Nick")
    );
}

#[test]
fn the_asked_script_wins_among_equals_only() {
    let names = [
        r#"{"text":"Zohra Karimi","use":"official"}"#,
        r#"{"text":"زهرا کریمی","use":"official"}"#,
        r#"{"text":"زهرا","use":"usual"}"#,
    ];
    assert_eq!(
        chosen(&names, Language::Dari).as_deref(),
        Some("زهرا کریمی")
    );
    assert_eq!(
        chosen(&names, Language::English).as_deref(),
        Some("Zohra Karimi")
    );
    assert_eq!(
        chosen(&[names[0], names[2]], Language::Pashto).as_deref(),
        Some("Zohra Karimi")
    );
}
