//! What is sensitive: hidden from proxies, never from the patient, and never with its neighbours.

use jiff::Span;
use portal_tests::{Fixture, TestOptions, TestPortal, scene};
use serde_json::{Value, json};

use super::{ALLERGIES, LABS, PROBLEMS, Two, two};

const SNOMED: &str = "http://snomed.info/sct";
const DEPRESSION: &str = "35489007";
const HIV: &str = "7917-8";
const MEDICATIONS: &str = "/v1/portal/chart/medications";

fn depression(of: &Fixture) -> Value {
    let mut condition = of.condition("depression", "Depression");
    condition["code"] = json!({"coding": [{"system": SNOMED, "code": DEPRESSION}]});
    condition
}

fn labelled(mut resource: Value, system: &str, code: &str) -> Value {
    let system = format!("http://terminology.hl7.org/CodeSystem/{system}");
    resource["meta"]["security"] = json!([{"system": system, "code": code}]);
    resource
}

/// Sensitive things of several categories beside what Ada has anyway.
fn put_sensitive(two: &Two) {
    let of = Fixture::of(&two.ada.patient);
    let mut uncoded = of.condition("uncoded", "Something");
    uncoded["code"] = json!({"text": "Something"});
    let mut antidepressant = of.medication("antidepressant", "Sertraline");
    antidepressant["medicationCodeableConcept"]["coding"][0]["code"] = json!("36437");
    for resource in [
        depression(&of),
        uncoded,
        antidepressant,
        of.lab("hiv", "2024-01-03", HIV),
        labelled(
            of.condition("violence", "Told in confidence"),
            "v3-ActCode",
            "SDV",
        ),
        labelled(
            of.condition("restricted", "Restricted"),
            "v3-Confidentiality",
            "R",
        ),
        labelled(
            of.condition("odd", "Of an unknown label"),
            "v3-ActCode",
            "NOBODY-KNOWS",
        ),
        labelled(of.condition("plain", "Plain"), "v3-Confidentiality", "N"),
    ] {
        two.portal.put(&two.ada.tenant, &resource);
    }
}

#[tokio::test]
async fn a_voluntary_proxy_sees_of_what_is_sensitive_only_what_was_ticked() {
    scene(async {
        let two = two(json!({})).await;
        put_sensitive(&two);
        let plain = ["cht.condition-ada", "cht.plain"];
        for (ticked, also) in [
            (vec![], vec![]),
            (vec!["mental-health"], vec!["cht.depression"]),
            (
                vec!["violence", "restricted"],
                vec!["cht.restricted", "cht.violence"],
            ),
        ] {
            two.change(json!({"sensitive": ticked})).await;
            let mut expected: Vec<&str> = plain.iter().chain(&also).copied().collect();
            expected.sort_unstable();
            assert_eq!(two.ask(PROBLEMS).await.ids(), expected, "{ticked:?}");
            assert_eq!(
                two.app("/fhir/R4/Condition").await.ids(),
                expected,
                "{ticked:?}"
            );
            let count = two.app("/fhir/R4/Condition?_summary=count").await;
            assert_eq!(count.json()["total"], expected.len(), "{ticked:?}");
        }
        assert_eq!(two.ask(MEDICATIONS).await.ids(), ["med.medication-ada"]);
        assert_eq!(two.ask(LABS).await.ids(), ["lab.lab-ada"]);
        two.change(json!({"sensitive": ["mental-health", "hiv-sti"]}))
            .await;
        assert_eq!(
            two.ask(MEDICATIONS).await.ids(),
            ["med.antidepressant", "med.medication-ada"]
        );
        assert_eq!(two.ask(LABS).await.ids(), ["lab.hiv", "lab.lab-ada"]);
    })
    .await;
}

#[tokio::test]
async fn what_may_be_anything_is_ticked_by_nobody() {
    scene(async {
        let every = json!([
            "mental-health",
            "substance-use",
            "sexual-reproductive",
            "hiv-sti",
            "genetic",
            "violence",
            "restricted"
        ]);
        let two = two(json!({ "sensitive": every })).await;
        put_sensitive(&two);
        let seen = two.ask(PROBLEMS).await.ids();
        assert!(seen.contains(&"cht.restricted".to_owned()), "{seen:?}");
        for id in ["cht.uncoded", "cht.odd"] {
            assert!(!seen.contains(&id.to_owned()), "{id}");
            let read = two.app(&format!("/fhir/R4/Condition/{id}")).await;
            assert_eq!(read.verdict(), "404 NOT_FOUND", "{id}");
        }
    })
    .await;
}

#[tokio::test]
async fn k33_the_patients_own_view_is_never_blanked() {
    scene(async {
        let two = two(json!({})).await;
        put_sensitive(&two);
        let own = two.portal.get_as(&two.ada, PROBLEMS).await;
        assert_eq!(own.ids().len(), 7, "{:?}", own.ids());
        assert_eq!(
            two.ask(PROBLEMS).await.ids().len(),
            2,
            "the proxy's, from the same cache"
        );
        let own = two.portal.get_as(&two.ada, PROBLEMS).await;
        assert_eq!(own.ids().len(), 7, "and the patient's again");
        let summary = two
            .portal
            .get_as(&two.ada, "/v1/portal/chart/summary")
            .await;
        assert!(summary.says("cht.depression") && summary.says("Sertraline"));
        let theirs = two.ask("/v1/portal/chart/summary").await;
        assert!(!theirs.says("cht.depression") && !theirs.says("Sertraline"));
        assert!(theirs.says("cht.condition-ada"));
    })
    .await;
}

#[tokio::test]
async fn k14_one_sensitive_record_breaks_no_other() {
    scene(async {
        let two = two(json!({})).await;
        let of = Fixture::of(&two.ada.patient);
        for n in 0..15 {
            two.portal
                .put(&two.ada.tenant, &of.condition(&format!("n{n:02}"), "Plain"));
            let hidden = labelled(
                of.condition(&format!("s{n:02}"), "Hidden"),
                "v3-ActCode",
                "PSY",
            );
            two.portal.put(&two.ada.tenant, &hidden);
        }
        let page = two.ask(&format!("{PROBLEMS}?limit=10")).await;
        assert_eq!(
            (page.ids().len(), &page.json()["total"]),
            (10, &json!(16)),
            "full pages"
        );
        let next = two.portal.path_of(&page.next().expect("a next page"));
        let rest = two.ask(&next).await;
        assert_eq!((rest.ids().len(), rest.next()), (6, None));
        assert!(!page.says("Hidden") && !rest.says("Hidden"));
    })
    .await;
}

#[tokio::test]
async fn a_report_with_a_sensitive_result_is_hidden_and_its_other_results_stay() {
    scene(async {
        let two = two(json!({})).await;
        let of = Fixture::of(&two.ada.patient);
        two.portal
            .put(&two.ada.tenant, &of.lab("hiv", "2024-01-03", HIV));
        two.portal
            .put(&two.ada.tenant, &of.lab("sodium", "2024-01-03", "2951-2"));
        two.portal
            .put(&two.ada.tenant, &of.report("mixed", &["hiv", "sodium"]));
        let reports = two.app("/fhir/R4/DiagnosticReport").await;
        assert_eq!(reports.ids(), ["lab.report-ada"]);
        let read = two.app("/fhir/R4/DiagnosticReport/lab.mixed").await;
        assert_eq!(read.verdict(), "404 NOT_FOUND");
        let labs = two.ask(LABS).await;
        assert_eq!(labs.ids(), ["lab.lab-ada", "lab.sodium"]);
        assert!(!labs.says("lab.mixed"), "no panel tells of it");
        let one = two.ask(&format!("{LABS}/lab.sodium")).await;
        assert!(one.status == 200 && !one.says("lab.mixed"));
        let own = two.portal.get_as(&two.ada, LABS).await;
        assert!(own.says("lab.mixed") && own.says("lab.hiv"));
        two.change(json!({"sensitive": ["hiv-sti"]})).await;
        let reports = two.app("/fhir/R4/DiagnosticReport").await;
        assert_eq!(reports.ids(), ["lab.mixed", "lab.report-ada"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_contained_takes_its_container_along() {
    scene(async {
        let two = two(json!({})).await;
        let of = Fixture::of(&two.ada.patient);
        let mut holder = of.allergy("holder", "Holds something");
        holder["contained"] = json!([depression(&of)]);
        let mut labelled_inside = of.allergy("labelled", "Holds something");
        labelled_inside["contained"] = json!([labelled(
            of.condition("inner", "Inner"),
            "v3-ActCode",
            "HIV"
        )]);
        let mut component = of.lab("component", "2024-01-04", "2345-7");
        component["component"] =
            json!([{"code": {"coding": [{"system": "http://loinc.org", "code": HIV}]}}]);
        for resource in [holder, labelled_inside, component] {
            two.portal.put(&two.ada.tenant, &resource);
        }
        assert_eq!(two.ask(ALLERGIES).await.ids(), ["cht.allergy-ada"]);
        assert_eq!(two.ask(LABS).await.ids(), ["lab.lab-ada"]);
        assert_eq!(two.portal.get_as(&two.ada, ALLERGIES).await.ids().len(), 3);
        assert_eq!(two.portal.get_as(&two.ada, LABS).await.ids().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn references_to_what_is_sensitive_are_masked_for_the_proxy_alone() {
    scene(async {
        let two = two(json!({})).await;
        let of = Fixture::of(&two.ada.patient);
        two.portal.put(&two.ada.tenant, &depression(&of));
        let mut because = of.medication("because", "Of something");
        because["reasonReference"] = json!([
            {"reference": "Condition/depression", "display": "tells-what-is-hidden"},
            {"reference": "Condition/condition-ada", "display": "honest"},
        ]);
        two.portal.put(&two.ada.tenant, &because);
        let path = "/fhir/R4/MedicationRequest/med.because";
        let reasons = async |own: bool| {
            let answer = if own {
                two.portal.get_as(&two.ada, path).await
            } else {
                two.app(path).await
            };
            answer.json()["reasonReference"].clone()
        };
        for rights in [json!(["medications"]), json!(["medications", "problems"])] {
            two.change(json!({ "scope": rights })).await;
            let theirs = reasons(false).await;
            assert_eq!(theirs[0]["extension"][0]["valueCode"], "masked", "{rights}");
            assert_eq!(theirs[0].as_object().map(serde_json::Map::len), Some(1));
            assert_eq!(
                theirs[1]["reference"], "Condition/cht.condition-ada",
                "{rights}"
            );
            let list = two.ask(MEDICATIONS).await;
            assert!(!list.says("tells-what") && list.says("honest"), "{rights}");
        }
        let own = reasons(true).await;
        assert_eq!(own[0]["reference"], "Condition/cht.depression");
        assert_eq!(own[0]["display"], "tells-what-is-hidden");
    })
    .await;
}

#[tokio::test]
async fn k35_where_all_is_labelled_what_has_no_label_is_hidden_from_proxies() {
    scene(async {
        let options = TestOptions {
            settings: vec![("PATIENT_CHART_LABELS".to_owned(), "complete".to_owned())],
            ..TestOptions::default()
        };
        let portal = TestPortal::with(options).await;
        let (ada, ben) = (portal.person("ada").await, portal.person("ben").await);
        let of = Fixture::of(&ada.patient);
        let mut empty = of.condition("empty", "An empty list of labels");
        empty["meta"] = json!({"security": []});
        for resource in [
            of.condition("forgotten", "Without a label"),
            empty,
            labelled(of.condition("plain", "Plain"), "v3-Confidentiality", "N"),
            labelled(depression(&of), "v3-Confidentiality", "N"),
        ] {
            portal.put(&ada.tenant, &resource);
        }
        let delegation = portal.delegate(&ada, &ben, &json!({})).await;
        let seen = portal.get_for(&ben, &delegation, PROBLEMS).await;
        assert_eq!(
            seen.ids(),
            ["cht.depression", "cht.plain"],
            "the source's labels decide"
        );
        assert_eq!(portal.get_as(&ada, PROBLEMS).await.ids().len(), 4);
    })
    .await;
}

#[tokio::test]
async fn a_parents_view_narrows_from_the_band_that_says_so() {
    scene(async {
        let portal = TestPortal::start().await;
        let bands = json!({"ageBands": [
            {"fromAge": 0, "toAge": 10, "parentAccess": "full"},
            {"fromAge": 10, "toAge": 12, "parentAccess": "full", "hideSensitive": true},
            {"fromAge": 12, "toAge": 18, "parentAccess": "full", "hideSensitive": false},
        ]});
        portal.configure(&portal.tenant, &bands).await;
        let parent = portal.person("mother").await;
        for (years, sees) in [(9, true), (10, false), (12, false), (17, false)] {
            let born = portal
                .day(0)
                .checked_sub(Span::new().years(years))
                .expect("a day");
            let child = portal.child("child", &json!(born));
            let of = Fixture::of(&child.patient);
            let mut hidden = depression(&of);
            hidden["id"] = json!(format!("depression-{years}"));
            portal.put(&child.tenant, &hidden);
            portal.put(
                &child.tenant,
                &of.condition(&format!("plain-{years}"), "Plain"),
            );
            let legal = json!({"relationshipType": "parent"});
            let delegation = portal.delegate(&child, &parent, &legal).await;
            let seen = portal.get_for(&parent, &delegation, PROBLEMS).await;
            assert_eq!(
                seen.ids().len(),
                1 + usize::from(sees),
                "{years}: {:?}",
                seen.ids()
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_tenants_code_lists_replace_the_shipped_ones() {
    scene(async {
        let two = two(json!({})).await;
        put_sensitive(&two);
        let lists = json!({"sensitivityCodes": {
            "genetic": [{"system": SNOMED, "codes": ["19596*"]}],
        }});
        two.portal.configure(&two.portal.tenant, &lists).await;
        let seen = two.ask(PROBLEMS).await.ids();
        assert_eq!(
            seen,
            ["cht.depression"],
            "asthma is sensitive here and depression is not"
        );
        two.portal
            .configure(&two.portal.tenant, &json!({"sensitivityCodes": null}))
            .await;
        assert_eq!(
            two.ask(PROBLEMS).await.ids(),
            ["cht.condition-ada", "cht.plain"]
        );
    })
    .await;
}
