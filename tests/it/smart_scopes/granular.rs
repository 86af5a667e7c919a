//! Granular scopes: the answer is the answer without them, filtered by them.

use std::time::Duration;

use portal_tests::{Fixture, long_scene, scene};
use serde_json::{Value, json};

use super::{DENIED, One, one};

const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
const LOINC: &str = "http://loinc.org";
const WHOLE: &str = "patient/Observation.rs";

/// Ada with results and vital signs of several codes, some of two categories.
async fn observed() -> One {
    let one = one().await;
    let of = Fixture::of(&one.ada.patient);
    let mut resources = Vec::new();
    for n in 1..6 {
        let day = format!("2024-02-{n:02}");
        resources.push(of.lab(&format!("glucose-{n}"), &day, "2345-7"));
        resources.push(of.lab(&format!("sodium-{n}"), &day, "2951-2"));
        resources.push(of.vital(&format!("pulse-{n}"), &day, "70"));
        let mut both = of.lab(&format!("both-{n}"), &day, "8867-4");
        let vital = json!({"coding": [{"system": CATEGORY, "code": "vital-signs"}]});
        both["category"].as_array_mut().expect("a list").push(vital);
        both["status"] = json!("amended");
        resources.push(both);
        let mut foreign = of.vital(&format!("foreign-{n}"), &day, "70");
        foreign["code"]["coding"][0]["system"] = json!("urn:local");
        foreign["category"][0]["coding"][0]["system"] = json!("urn:local");
        resources.push(foreign);
    }
    for resource in resources {
        one.portal.put(&one.ada.tenant, &resource);
    }
    one
}

fn has(resource: &Value, element: &str, system: Option<&str>, code: &str) -> bool {
    let concepts = match &resource[element] {
        Value::Array(concepts) => concepts.clone(),
        concept => vec![concept.clone()],
    };
    concepts
        .iter()
        .flat_map(|concept| concept["coding"].as_array().cloned().unwrap_or_default())
        .any(|coding| {
            coding["code"] == code && system.is_none_or(|system| coding["system"] == system)
        })
}

type Matches = fn(&Value) -> bool;

fn laboratory(resource: &Value) -> bool {
    has(resource, "category", Some(CATEGORY), "laboratory")
}

fn vital(resource: &Value) -> bool {
    has(resource, "category", Some(CATEGORY), "vital-signs")
}

fn glucose(resource: &Value) -> bool {
    has(resource, "code", Some(LOINC), "2345-7")
}

/// Scopes beside a plain reading of them.
fn scopes() -> Vec<(String, Matches)> {
    let lab = format!("patient/Observation.rs?category={CATEGORY}|laboratory");
    let sign = format!("patient/Observation.rs?category={CATEGORY}|vital-signs");
    let sugar = format!("patient/Observation.rs?code={LOINC}|2345-7");
    vec![
        (WHOLE.to_owned(), |_| true),
        (lab.clone(), laboratory),
        (sign.clone(), vital),
        (sugar.clone(), glucose),
        (format!("{lab} {sign}"), |it| laboratory(it) || vital(it)),
        (format!("{sugar} {sign}"), |it| glucose(it) || vital(it)),
        (format!("{lab}&code={LOINC}|2345-7"), glucose),
        (format!("{sign}&code={LOINC}|2345-7"), |_| false),
        (format!("{lab}&category={CATEGORY}|vital-signs"), |it| {
            laboratory(it) && vital(it)
        }),
        (format!("{lab},{CATEGORY}|vital-signs"), |it| {
            laboratory(it) || vital(it)
        }),
        (
            "patient/Observation.rs?category=vital-signs".to_owned(),
            |it| has(it, "category", None, "vital-signs"),
        ),
        (
            "patient/Observation.rs?code=2345-7,2951-2".to_owned(),
            |it| has(it, "code", None, "2345-7") || has(it, "code", None, "2951-2"),
        ),
        ("patient/Observation.rs?code=8867-4".to_owned(), |it| {
            has(it, "code", None, "8867-4")
        }),
        ("patient/Observation.rs?code=urn:local|".to_owned(), |it| {
            it["code"]["coding"][0]["system"] == "urn:local"
        }),
        ("patient/Observation.rs?status=amended".to_owned(), |it| {
            it["status"] == "amended"
        }),
        (format!("{sugar} {WHOLE}"), |_| true),
        (format!("{sugar} patient/*.rs"), |_| true),
        ("patient/Observation.rs?code=none".to_owned(), |_| false),
    ]
}

/// Every resource of a walk over pages, in its order.
async fn walk(one: &One, scope: &str, first: &str) -> Vec<Value> {
    let mut path = first.to_owned();
    let mut resources = Vec::new();
    loop {
        let page = one.with(scope, &path).await;
        assert_eq!(page.status, 200, "{scope} {path}: {}", page.verdict());
        resources.extend(page.resources());
        match page.next() {
            Some(next) => path = one.portal.path_of(&next),
            None => return resources,
        }
    }
}

#[tokio::test]
async fn u_g1_a_granular_search_is_the_whole_one_filtered() {
    let all = async {
        let one = observed().await;
        for query in ["", "&category=laboratory", "&_sort=date&date=ge2024-02-03"] {
            let all = format!("/fhir/R4/Observation?_count=100{query}");
            let whole = walk(&one, WHOLE, &all).await;
            assert!(!whole.is_empty(), "{query}");
            for (scope, matches) in scopes() {
                let expected: Vec<Value> = whole.iter().filter(|it| matches(it)).cloned().collect();
                let found = walk(
                    &one,
                    &scope,
                    &format!("/fhir/R4/Observation?_count=7{query}"),
                )
                .await;
                assert_eq!(found, expected, "{scope} {query}");
                let count = format!("/fhir/R4/Observation?_summary=count{query}");
                let count = one.with(&scope, &count).await.json();
                assert_eq!(count["total"], expected.len(), "{scope} {query}");
            }
        }
    };
    long_scene(Duration::from_secs(90), all).await;
}

#[tokio::test]
async fn u_g1_for_conditions_and_reports_too() {
    scene(async {
        let one = one().await;
        let of = Fixture::of(&one.ada.patient);
        let mut encounter = of.condition("encounter", "Gout");
        encounter["category"][0]["coding"][0]["code"] = json!("encounter-diagnosis");
        one.portal.put(&one.ada.tenant, &encounter);
        for (scope, name, found) in [
            (
                "patient/Condition.rs?category=encounter-diagnosis",
                "Condition",
                &["cht.encounter"][..],
            ),
            (
                "patient/Condition.rs?category=problem-list-item",
                "Condition",
                &["cht.condition-ada"],
            ),
            (
                "patient/DiagnosticReport.rs?category=LAB",
                "DiagnosticReport",
                &["lab.report-ada"],
            ),
            (
                "patient/DiagnosticReport.rs?category=RAD",
                "DiagnosticReport",
                &[],
            ),
        ] {
            let answer = one.with(scope, &format!("/fhir/R4/{name}")).await;
            assert_eq!(answer.ids(), found, "{scope}");
        }
        let scope = "patient/Condition.rs?category=encounter-diagnosis";
        let rest = one.with(scope, "/v1/portal/chart/problems").await;
        assert_eq!(
            (rest.ids(), &rest.json()["total"]),
            (vec!["cht.encounter".to_owned()], &json!(1))
        );
    })
    .await;
}

#[tokio::test]
async fn a_read_outside_the_parameters_is_absent_and_outside_the_type_refused() {
    scene(async {
        let one = observed().await;
        let whole = walk(&one, WHOLE, "/fhir/R4/Observation?_count=100").await;
        for (scope, matches) in scopes() {
            for id in [
                "lab.glucose-1",
                "lab.sodium-1",
                "cht.pulse-1",
                "lab.both-1",
                "cht.foreign-1",
            ] {
                let resource = whole.iter().find(|it| it["id"] == id).expect("it is there");
                let verdict = if matches(resource) {
                    "200"
                } else {
                    "404 NOT_FOUND"
                };
                let read = one
                    .with(&scope, &format!("/fhir/R4/Observation/{id}"))
                    .await;
                assert_eq!(read.verdict(), verdict, "{scope} {id}");
                if id.starts_with("lab.") {
                    let read = one
                        .with(&scope, &format!("/v1/portal/results/labs/{id}"))
                        .await;
                    assert_eq!(read.verdict(), verdict, "{scope} {id}: REST");
                }
            }
        }
        one.portal.sandbox.reset_calls();
        for id in ["cht.condition-ada", "cht.nothing"] {
            let scope = "patient/Observation.rs?category=laboratory";
            let refused = one.with(scope, &format!("/fhir/R4/Condition/{id}")).await;
            assert_eq!(refused.verdict(), DENIED);
        }
        assert!(one.portal.sandbox.calls("patient-chart").is_empty());
    })
    .await;
}

#[tokio::test]
async fn letters_of_a_granular_scope_count_too() {
    scene(async {
        let one = observed().await;
        let reads = "patient/Observation.r?category=laboratory";
        let finds = "patient/Observation.s?category=laboratory";
        let (list, read) = ("/fhir/R4/Observation", "/fhir/R4/Observation/lab.glucose-1");
        assert_eq!(one.with(reads, read).await.status, 200);
        assert_eq!(one.with(reads, list).await.verdict(), DENIED);
        assert_eq!(one.with(finds, list).await.json()["total"], 16);
        assert_eq!(one.with(finds, read).await.verdict(), DENIED);
        let mixed = format!("{finds} patient/Observation.r?category=vital-signs");
        assert_eq!(one.with(&mixed, read).await.verdict(), "404 NOT_FOUND");
        assert_eq!(
            one.with(&mixed, "/fhir/R4/Observation/cht.pulse-1")
                .await
                .status,
            200
        );
        assert_eq!(
            one.with(&mixed, list).await.json()["total"],
            16,
            "found by the one, read by the other"
        );
    })
    .await;
}

#[tokio::test]
async fn rest_lists_and_trends_are_filtered_by_them() {
    scene(async {
        let one = observed().await;
        let labs = "/v1/portal/results/labs?limit=100";
        let vitals = "/v1/portal/chart/vitals?limit=100";
        let sugar = format!("patient/Observation.rs?code={LOINC}|2345-7");
        let count = async |scope: &str, path: &str| {
            let answer = one.with(scope, path).await;
            assert_eq!(answer.status, 200, "{scope} {path}");
            answer.ids().len()
        };
        assert_eq!(count(WHOLE, labs).await, 16);
        assert_eq!(count(&sugar, labs).await, 6);
        assert_eq!(
            count("patient/Observation.rs?category=laboratory", labs).await,
            16
        );
        assert_eq!(
            count("patient/Observation.rs?category=vital-signs", labs).await,
            5,
            "of both"
        );
        assert_eq!(
            count("patient/Observation.rs?category=laboratory", vitals).await,
            0
        );
        assert_eq!(count(&sugar, vitals).await, 0);
        assert_eq!(
            count(
                &format!("patient/Observation.rs?category={CATEGORY}|vital-signs"),
                vitals
            )
            .await,
            6
        );
        let amended = "patient/Observation.rs?status=amended";
        let one_of_them = one
            .with(amended, "/v1/portal/results/labs/lab.both-1")
            .await
            .json();
        assert_eq!(
            one_of_them["trend"][0]["points"].as_array().map(Vec::len),
            Some(5)
        );
        let single = format!("{sugar}&status=amended");
        assert_eq!(count(&single, labs).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_cursor_walks_on_under_the_scope_of_each_page() {
    scene(async {
        let one = observed().await;
        let first = "/fhir/R4/Observation?_count=4";
        let page = one.with(WHOLE, first).await;
        let next = one.portal.path_of(&page.next().expect("a next page"));
        let narrow = "patient/Observation.rs?category=vital-signs";
        let second = one.with(narrow, &next).await;
        assert_eq!(second.status, 200);
        let all_are = second
            .resources()
            .iter()
            .all(|it| has(it, "category", None, "vital-signs"));
        assert!(all_are, "{:?}", second.ids());
        let refused = one.with("patient/Condition.rs", &next).await;
        assert_eq!(refused.verdict(), DENIED);
    })
    .await;
}
