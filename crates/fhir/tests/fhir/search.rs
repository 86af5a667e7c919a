use jiff::Timestamp;
use jiff::tz::TimeZone;
use portal_fhir::{
    Handling, Header, Query, ResourceType, SearchError, Sort, SortKey, is_searchable, parameters,
    sort_key,
};
use proptest::prelude::*;

use super::header;

fn pairs(raw: &[(&str, &str)]) -> Vec<(String, String)> {
    raw.iter()
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn parse(resource_type: ResourceType, raw: &[(&str, &str)]) -> Result<Query, SearchError> {
    Query::parse(resource_type, &pairs(raw), Handling::Lenient)
}

fn matches(header: &Header, raw: &[(&str, &str)]) -> bool {
    parse(header.resource_type, raw)
        .expect("a sound sample")
        .matches(header, &TimeZone::UTC)
}

fn observation() -> Header {
    header(
        r#"{"resourceType":"Observation","id":"lab.1","status":"final",
        "meta":{"lastUpdated":"2024-05-06T07:08:09Z"},
        "category":[{"coding":[{"system":"cat","code":"laboratory"}]},{"coding":[{"code":"local"}]}],
        "code":{"coding":[{"system":"http://loinc.org","code":"718-7"}]},
        "subject":{"reference":"Patient/1"},"effectiveDateTime":"2024-03-10"}"#,
    )
    .expect("a sound sample")
}

#[test]
fn tokens_match_by_code_and_system() {
    let header = observation();
    for (name, value, expected) in [
        ("code", "718-7", true),
        ("code", "http://loinc.org|718-7", true),
        ("code", "http://loinc.org|", true),
        ("code", "http://snomed.info/sct|718-7", false),
        ("code", "|718-7", false),
        ("code", "718", false),
        ("code", "x,718-7", true),
        ("code", "718-7\\,x", false),
        ("category", "|local", true),
        ("category", "|laboratory", false),
        ("category", "cat|laboratory", true),
        ("category", "Laboratory", false),
        ("status", "final", true),
        (
            "status",
            "http://hl7.org/fhir/observation-status|final",
            true,
        ),
        ("status", "http://hl7.org/fhir/event-status|final", false),
        ("status", "amended,final", true),
        ("_id", "lab.1", true),
        ("_id", "lab.2,lab.1", true),
        ("_id", "lab.11", false),
        ("_lastUpdated", "gt2024-05", false),
        ("_lastUpdated", "ge2024-05", true),
    ] {
        assert_eq!(
            matches(&header, &[(name, value)]),
            expected,
            "{name}={value}"
        );
    }
    assert!(matches(
        &header,
        &[("category", "laboratory"), ("category", "local")]
    ));
    assert!(!matches(
        &header,
        &[("category", "laboratory"), ("category", "other")]
    ));
}

#[test]
fn names_match_without_case_and_accents() {
    let patient = header(
        r#"{"resourceType":"Patient","id":"p","gender":"female","birthDate":"1990-05-06",
        "identifier":[{"system":"mrn","value":"77"}],
        "name":[{"family":"Müller-Önal","given":["Zoë","Ada"]},{"text":"محمد علی"}]}"#,
    )
    .unwrap();
    for (name, value, expected) in [
        ("family", "muller", true),
        ("family", "MÜLLER-o", true),
        ("family", "onal", false),
        ("given", "ada", true),
        ("given", "zoe", true),
        ("given", "muller", false),
        ("name", "ada", true),
        ("name", "muller", true),
        ("name", "محمد", true),
        ("name", "da", false),
        ("gender", "female", true),
        ("gender", "male", false),
        (
            "gender",
            "http://hl7.org/fhir/administrative-gender|female",
            true,
        ),
        ("birthdate", "1990", true),
        ("birthdate", "lt1990-05-06", false),
        ("identifier", "mrn|77", true),
        ("identifier", "77", true),
        ("identifier", "ssn|77", false),
    ] {
        assert_eq!(
            matches(&patient, &[(name, value)]),
            expected,
            "{name}={value}"
        );
    }
}

#[test]
fn what_is_not_offered_is_refused_or_left_out() {
    let unsupported = |name| Err(SearchError::Unsupported { name });
    let invalid = |name| Err(SearchError::Invalid { name });
    let unknown = Err(SearchError::Unknown { position: 0 });
    for (name, value, lenient, strict) in [
        ("code:not", "x", unsupported("code"), unsupported("code")),
        (
            "code:missing",
            "true",
            unsupported("code"),
            unsupported("code"),
        ),
        (
            "patient:Patient",
            "1",
            unsupported("patient"),
            unsupported("patient"),
        ),
        (
            "patient.name",
            "x",
            unsupported("chain"),
            unsupported("chain"),
        ),
        (
            "subject:Patient.name",
            "x",
            unsupported("chain"),
            unsupported("chain"),
        ),
        (
            "_has:Provenance:target:agent",
            "x",
            unsupported("_has"),
            unsupported("_has"),
        ),
        (
            "_filter",
            "x",
            unsupported("_filter"),
            unsupported("_filter"),
        ),
        ("_query", "x", unsupported("_query"), unsupported("_query")),
        (
            "_summary",
            "true",
            unsupported("_summary"),
            unsupported("_summary"),
        ),
        ("_summary", "all", invalid("_summary"), invalid("_summary")),
        ("date", "ap2024", unsupported("date"), unsupported("date")),
        ("date", "xx2024", invalid("date"), invalid("date")),
        ("date", "2024-13", invalid("date"), invalid("date")),
        ("date", "", invalid("date"), invalid("date")),
        ("code", "", invalid("code"), invalid("code")),
        ("code", "a,", invalid("code"), invalid("code")),
        ("code", "|", invalid("code"), invalid("code")),
        ("code", "a|b|c", invalid("code"), invalid("code")),
        ("code", "a\\b", invalid("code"), invalid("code")),
        ("_count", "ten", invalid("_count"), invalid("_count")),
        ("_count", "-1", invalid("_count"), invalid("_count")),
        (
            "_elements",
            "a.b",
            invalid("_elements"),
            invalid("_elements"),
        ),
        ("_sort", "code", Ok(()), unknown),
        ("_sort", "date,code", Ok(()), unknown),
        ("_include", "Observation:subject", Ok(()), unknown),
        ("_revinclude:iterate", "Provenance:target", Ok(()), unknown),
        ("secret", "x", Ok(()), unknown),
        ("secret:exact", "x", Ok(()), unknown),
        ("Code", "x", Ok(()), unknown),
    ] {
        let raw = pairs(&[(name, value)]);
        let parse = |handling| Query::parse(ResourceType::Observation, &raw, handling);
        let lenient_query = parse(Handling::Lenient);
        if let Ok(query) = &lenient_query {
            assert!(query.applied().is_empty(), "{name}={value}");
        }
        assert_eq!(lenient_query.map(|_| ()), lenient, "{name}={value}");
        assert_eq!(
            parse(Handling::Strict).map(|_| ()),
            strict,
            "{name}={value}"
        );
    }
}

#[test]
fn controls_are_read_and_the_self_link_shows_what_was_applied() {
    let query = parse(
        ResourceType::Observation,
        &[
            ("patient", "Patient/1"),
            ("_count", "500"),
            ("unknown", "x"),
            ("_format", "json"),
            ("_sort", "-date"),
            ("_elements", "code,value"),
            ("category", "laboratory,cat|vital-signs"),
            ("_summary", "false"),
            ("_id", "a,b"),
            ("patient", "2"),
        ],
    )
    .unwrap();
    assert_eq!(query.patient(), ["1", "2"]);
    assert_eq!(query.count(), 100);
    assert_eq!(query.sort(), Sort::DateDescending);
    assert_eq!(query.elements().unwrap(), ["code", "value"]);
    assert_eq!(query.ids().unwrap(), ["a", "b"]);
    let categories: Vec<_> = query
        .categories()
        .unwrap()
        .iter()
        .map(|it| (it.system(), it.code()))
        .collect();
    assert_eq!(
        categories,
        [
            (None, Some("laboratory")),
            (Some("cat"), Some("vital-signs"))
        ]
    );
    assert!(!query.summary_count());
    assert_eq!(
        query.applied(),
        pairs(&[
            ("patient", "Patient/1"),
            ("_count", "100"),
            ("_sort", "-date"),
            ("_elements", "code,value"),
            ("category", "laboratory,cat|vital-signs"),
            ("_id", "a,b"),
            ("patient", "2"),
        ])
    );
    let of = |raw| parse(ResourceType::Observation, raw).unwrap();
    assert!(of(&[("_summary", "count")]).summary_count());
    assert!(of(&[("_count", "0")]).summary_count());
    assert_eq!(of(&[]).count(), 20);
    assert_eq!(of(&[("_count", "99999999999999999999999")]).count(), 100);
    assert_eq!(of(&[("_sort", "date")]).sort(), Sort::DateAscending);
    assert_eq!(format!("{query:?}"), "Query(****)");
}

#[test]
fn every_type_declares_its_parameters_once() {
    let searched = ResourceType::ALL.iter().filter(|it| is_searchable(**it));
    for &resource_type in searched {
        let names: Vec<_> = parameters(resource_type).iter().map(|it| it.name).collect();
        let unique: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(unique.len(), names.len());
        assert!(names.contains(&"_id"));
        assert_eq!(
            names.contains(&"patient"),
            resource_type != ResourceType::Patient
        );
    }
}

#[test]
fn a_declared_include_is_taken_once_and_any_other_is_not_known() {
    let of = |raw: &[(&str, &str)]| parse(ResourceType::MedicationRequest, raw).unwrap();
    let name = "MedicationRequest:medication";
    let typed = format!("{name}:Medication");
    let query = of(&[("_include", name), ("_include", &typed)]);
    let targets: Vec<_> = query.includes().iter().map(|it| it.target).collect();
    assert_eq!(targets, [ResourceType::Medication]);
    assert_eq!(
        query.applied(),
        pairs(&[("_include", name), ("_include", &typed)])
    );
    for (parameter, value) in [
        ("_include", "MedicationRequest:subject"),
        ("_include", "MedicationRequest:medication:Patient"),
        ("_include", "MedicationRequest:medicationx"),
        ("_include", "MedicationDispense:medication"),
        ("_include", "*"),
        ("_include", ""),
        ("_include:iterate", name),
    ] {
        let query = of(&[(parameter, value)]);
        assert!(
            query.includes().is_empty() && query.applied().is_empty(),
            "{value}"
        );
        let strict = Query::parse(
            ResourceType::MedicationRequest,
            &pairs(&[(parameter, value)]),
            Handling::Strict,
        );
        assert_eq!(
            strict.err(),
            Some(SearchError::Unknown { position: 0 }),
            "{value}"
        );
    }
}

#[test]
fn newest_come_first_and_undated_last_either_way() {
    let at = |id: &str, date: &str| {
        let date = if date.is_empty() {
            String::new()
        } else {
            format!(r#","effectiveDateTime":"{date}""#)
        };
        header(&format!(
            r#"{{"resourceType":"Observation","id":"{id}"{date}}}"#
        ))
        .unwrap()
    };
    let headers = [
        at("b", "2024"),
        at("a", "2024-01-01"),
        at("c", "2025"),
        at("d", ""),
        at("e", "1960"),
    ];
    let order = |sort| {
        let mut sorted: Vec<_> = headers.iter().collect();
        sorted.sort_by_key(|header| sort_key(header, sort, &TimeZone::UTC));
        sorted.iter().map(|header| &*header.id).collect::<Vec<_>>()
    };
    assert_eq!(order(Sort::DateDescending), ["c", "a", "b", "e", "d"]);
    assert_eq!(order(Sort::DateAscending), ["e", "a", "b", "c", "d"]);
}

/// Days since 2024-01-01 as the naive model counts them: a whole day is `[n, n + 1)`.
fn day(number: i64) -> String {
    let start: Timestamp = "2024-01-01T00:00:00Z".parse().expect("a sound sample");
    let at = start + jiff::SignedDuration::from_hours(number * 24);
    at.to_zoned(TimeZone::UTC).date().to_string()
}

fn period(start: Option<i64>, end: Option<i64>) -> Header {
    let start = start.map(|it| format!(r#""start":"{}""#, day(it)));
    let end = end.map(|it| format!(r#""end":"{}""#, day(it)));
    let bounds: Vec<_> = start.into_iter().chain(end).collect();
    header(&format!(
        r#"{{"resourceType":"Observation","id":"o","effectivePeriod":{{{}}}}}"#,
        bounds.join(",")
    ))
    .expect("a sound sample")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn dates_compare_as_sets_of_days_do(
        asked in 10_i64..30,
        first in 5_i64..35,
        length in 0_i64..6,
        open_start: bool,
        open_end: bool,
    ) {
        prop_assume!(!(open_start && open_end));
        // Days 0 to 60 stand for all of time.
        let (low, high) =
            (if open_start { 0 } else { first }, if open_end { 60 } else { first + length });
        let target: Vec<i64> = (low..=high).collect();
        let header = period((!open_start).then_some(first), (!open_end).then_some(first + length));
        let equal = target.iter().all(|&it| it == asked);
        let above = target.iter().any(|&it| it > asked);
        let below = target.iter().any(|&it| it < asked);
        for (prefix, expected) in [
            ("", equal), ("eq", equal), ("ne", !equal), ("gt", above), ("lt", below),
            ("ge", above || equal), ("le", below || equal),
            ("sa", target.iter().all(|&it| it > asked)),
            ("eb", target.iter().all(|&it| it < asked)),
        ] {
            let value = format!("{prefix}{}", day(asked));
            prop_assert_eq!(matches(&header, &[("date", &value)]), expected, "{}", value);
        }
    }

    #[test]
    fn queries_never_panic(
        raw in prop::collection::vec(
            ("(_id|_count|_sort|code|date|patient|name|_elements|_summary)[:.]?[a-z]{0,3}|\\PC{0,6}",
             "[a-z0-9|,\\\\$:T-]{0,12}|\\PC{0,8}"), 0..5),
        strict: bool,
    ) {
        let handling = if strict { Handling::Strict } else { Handling::Lenient };
        for &resource_type in ResourceType::ALL {
            if let Ok(query) = Query::parse(resource_type, &raw, handling) {
                query.matches(&observation(), &TimeZone::UTC);
            }
        }
    }

    #[test]
    fn sort_keys_survive_the_cursor_with_their_order(
        first in 1_i64..400_000, second in 1_i64..400_000, ascending: bool,
    ) {
        let sort = if ascending { Sort::DateAscending } else { Sort::DateDescending };
        let key = |number| sort_key(&period(Some(number), None), sort, &TimeZone::UTC);
        let travel = |key: &SortKey| -> SortKey {
            postcard::from_bytes(&postcard::to_allocvec(key).unwrap()).unwrap()
        };
        let (one, other) = (key(first), key(second));
        prop_assert_eq!(travel(&one), one.clone());
        let expected = if ascending { first.cmp(&second) } else { second.cmp(&first) };
        prop_assert_eq!(travel(&one).cmp(&travel(&other)), expected);
    }
}

proptest! {
    /// A caller may leave out what is outside of a query's stretch.
    #[test]
    fn no_moment_outside_of_its_stretch_matches_a_query(
        tests in prop::collection::vec(
            (prop::sample::select(vec!["", "ne", "ge", "gt", "le", "lt", "sa", "eb"]),
             prop::sample::select(vec![
                 "2024", "2024-03", "2024-03-10", "2024-03-10T10:00Z", "2024-03-10T10:00:00.500Z",
             ])),
            1..4,
        ),
        second in prop_oneof![
            1_704_000_000i64..1_736_000_000,
            // About 2024-03-10T10:00:00Z.
            1_710_064_790i64..1_710_064_870,
        ],
        milliseconds in 0i32..1_000,
        alternatives: bool,
    ) {
        let at = Timestamp::new(second, milliseconds * 1_000_000).expect("a moment");
        let event = header(&format!(
            r#"{{"resourceType":"AuditEvent","id":"1","recorded":"{at:.3}"}}"#
        )).expect("a sound sample");
        let values: Vec<String> = tests.iter().map(|(prefix, date)| format!("{prefix}{date}")).collect();
        let joined = values.join(",");
        let raw: Vec<(&str, &str)> = if alternatives {
            vec![("date", joined.as_str())]
        } else {
            values.iter().map(|value| ("date", value.as_str())).collect()
        };
        let query = parse(ResourceType::AuditEvent, &raw).expect("a sound query");
        let stretch = query.stretch(&TimeZone::UTC);
        let inside = stretch.start.is_none_or(|start| start <= at)
            && stretch.end.is_none_or(|end| at < end);
        prop_assert!(inside || !query.matches(&event, &TimeZone::UTC));
    }
}

#[test]
fn a_key_tells_the_moment_that_it_stands_at() {
    let header = observation();
    for sort in [Sort::DateAscending, Sort::DateDescending] {
        let key = sort_key(&header, sort, &TimeZone::UTC);
        assert_eq!(key.at(sort), "2024-03-10T00:00:00Z".parse().ok());
    }
}
