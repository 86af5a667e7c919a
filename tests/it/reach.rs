//! What is nobody's own: Medications by what refers to them, directory data by its id.

use portal_tests::{Answer, Fixture, Person, TestPortal, scene};
use serde_json::{Value, json};

struct One {
    portal: TestPortal,
    ada: Person,
}

/// Ada takes one Medication by two prescriptions, was dispensed another, and was once prescribed a
/// third in error; a fourth is nobody's.
async fn one() -> One {
    let portal = TestPortal::start().await;
    let ada = portal.person("ada").await;
    let of = Fixture::of(&ada.patient);
    let by_reference = |mut record: Value, medication: &str| {
        let members = record.as_object_mut().expect("an object");
        members.remove("medicationCodeableConcept");
        let reference = json!({"reference": format!("Medication/{medication}")});
        members.insert("medicationReference".into(), reference);
        record
    };
    let mut wrong = by_reference(of.medication("rx-3", "x"), "kind-3");
    wrong["status"] = json!("entered-in-error");
    for record in [
        by_reference(of.medication("rx-1", "x"), "kind-1"),
        by_reference(of.medication("rx-2", "x"), "kind-1"),
        by_reference(of.record("MedicationDispense", "dis-1"), "kind-2"),
        wrong,
    ] {
        portal.put(&ada.tenant, &record);
    }
    for number in 1..=4 {
        let kind = of.record("Medication", &format!("kind-{number}"));
        portal.put(&ada.tenant, &kind);
    }
    One { portal, ada }
}

impl One {
    async fn get(&self, path: &str) -> Answer {
        self.portal.get_as(&self.ada, path).await
    }

    async fn with(&self, scope: &str, path: &str) -> Answer {
        self.portal.get_with_scope(&self.ada, scope, path).await
    }
}

/// The ids of a page's entries of a mode.
fn of_mode(answer: &Answer, mode: &str) -> Vec<String> {
    let body = answer.json();
    let entries = body["entry"].as_array().cloned().unwrap_or_default();
    let entries = entries
        .iter()
        .filter(|entry| entry["search"]["mode"] == mode);
    let id = |entry: &Value| entry["resource"]["id"].as_str().map(str::to_owned);
    entries.filter_map(id).collect()
}

#[tokio::test]
async fn a_medication_is_there_for_who_it_was_prescribed_or_given_to() {
    scene(async {
        let one = one().await;
        let read = one.get("/fhir/R4/MedicationRequest/med.rx-1").await;
        let reference = &read.json()["medicationReference"]["reference"];
        assert_eq!(reference, "Medication/med.kind-1");
        for id in ["med.kind-1", "med.kind-2"] {
            let answer = one.get(&format!("/fhir/R4/Medication/{id}")).await;
            assert_eq!(
                (answer.status, answer.json()["id"].as_str()),
                (200, Some(id))
            );
        }
        let absent = one.get("/fhir/R4/Medication/med.absent").await;
        for id in ["med.kind-3", "med.kind-4", "cht.kind-1", "kind-1"] {
            let answer = one.get(&format!("/fhir/R4/Medication/{id}")).await;
            assert_eq!(answer.verdict(), absent.verdict(), "{id}");
        }
        assert_eq!(absent.status, 404);
        let bob = one.portal.person("bob").await;
        let other = one
            .portal
            .get_as(&bob, "/fhir/R4/Medication/med.kind-1")
            .await;
        assert_eq!(other.verdict(), absent.verdict());
    })
    .await;
}

#[tokio::test]
async fn a_medication_needs_a_scope_of_its_own() {
    scene(async {
        let one = one().await;
        let path = "/fhir/R4/Medication/med.kind-1";
        assert_eq!(one.with("patient/Medication.read", path).await.status, 200);
        let refused = one.with("patient/MedicationRequest.read", path).await;
        assert_eq!(refused.verdict(), "403 INSUFFICIENT_SCOPE");
        let search = "/fhir/R4/MedicationRequest?_include=MedicationRequest:medication";
        let page = one.with("patient/MedicationRequest.read", search).await;
        assert_eq!(page.status, 200);
        assert!(of_mode(&page, "include").is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_search_brings_along_what_its_page_refers_to() {
    scene(async {
        let one = one().await;
        let include = "_include=MedicationRequest:medication";
        let page = one
            .get(&format!("/fhir/R4/MedicationRequest?{include}"))
            .await;
        assert_eq!(page.json()["total"], 2);
        assert_eq!(of_mode(&page, "match").len(), 2);
        assert_eq!(of_mode(&page, "include"), ["med.kind-1"]);
        let this = &page.json()["link"][0]["url"];
        assert!(this.as_str().is_some_and(|this| this.contains("_include=")));
        let dispenses = "/fhir/R4/MedicationDispense?_include=MedicationDispense:medication";
        let page = one.get(dispenses).await;
        assert_eq!(of_mode(&page, "include"), ["med.kind-2"]);
        let counted = format!("/fhir/R4/MedicationRequest?{include}&_summary=count");
        assert!(one.get(&counted).await.resources().is_empty());
        let undeclared = "/fhir/R4/MedicationRequest?_include=MedicationRequest:requester";
        let page = one.get(undeclared).await;
        assert!(!page.says("_include"));
        let strict = [("Prefer", "handling=strict")];
        let refused = one.portal.get_with(&one.ada, undeclared, &strict).await;
        assert_eq!(refused.status, 400);
    })
    .await;
}

#[tokio::test]
async fn directory_data_is_read_by_its_id_and_never_listed() {
    scene(async {
        let one = one().await;
        let of = Fixture::of(&one.ada.patient);
        for kind in [
            "Practitioner",
            "PractitionerRole",
            "Organization",
            "Location",
        ] {
            one.portal.put(&one.ada.tenant, &of.record(kind, "d1"));
            let path = format!("/fhir/R4/{kind}/dir.d1");
            let answer = one.get(&path).await;
            assert_eq!(answer.json()["id"], "dir.d1", "{kind}");
            let own = format!("patient/{kind}.read");
            assert_eq!(one.with(&own, &path).await.status, 200, "{kind}");
            let refused = one.with("patient/Patient.read", &path).await;
            assert_eq!(refused.verdict(), "403 INSUFFICIENT_SCOPE", "{kind}");
            assert_eq!(
                one.get(&format!("/fhir/R4/{kind}")).await.status,
                404,
                "{kind}"
            );
        }
        let mut home = of.record("Location", "home");
        home["physicalType"] = json!({"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/location-physical-type", "code": "ho",
        }]});
        one.portal.put(&one.ada.tenant, &home);
        let hidden = one.get("/fhir/R4/Location/dir.home").await;
        let absent = one.get("/fhir/R4/Location/dir.absent").await;
        assert_eq!((hidden.status, hidden.verdict()), (404, absent.verdict()));
    })
    .await;
}

#[tokio::test]
async fn a_reference_to_who_treats_leads_to_the_directory() {
    scene(async {
        let one = one().await;
        let of = Fixture::of(&one.ada.patient);
        one.portal
            .put(&one.ada.tenant, &of.record("Practitioner", "d1"));
        let mut encounter = of.record("Encounter", "e1");
        encounter["participant"] = json!([{"individual": {"reference": "Practitioner/d1"}}]);
        one.portal.put(&one.ada.tenant, &encounter);
        let shown = one.get("/fhir/R4/Encounter/cht.e1").await.json();
        let reference = shown["participant"][0]["individual"]["reference"].clone();
        assert_eq!(reference, "Practitioner/dir.d1");
        let path = format!("/fhir/R4/{}", reference.as_str().expect("a reference"));
        assert_eq!(one.get(&path).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn the_statement_says_what_is_read_alone_and_what_is_brought_along() {
    scene(async {
        let one = one().await;
        let statement = one.portal.get(None, "/fhir/R4/metadata").await.json();
        let resources = statement["rest"][0]["resource"].as_array().cloned();
        let resources = resources.expect("resources");
        let of = |kind: &str| resources.iter().find(|it| it["type"] == kind).cloned();
        let medication = of("Medication").expect("served");
        assert_eq!(medication["interaction"], json!([{"code": "read"}]));
        assert!(medication.get("searchParam").is_none());
        let requests = of("MedicationRequest").expect("served");
        assert_eq!(
            requests["searchInclude"],
            json!(["MedicationRequest:medication"])
        );
        assert!(
            of("Condition")
                .expect("served")
                .get("searchInclude")
                .is_none()
        );
    })
    .await;
}

#[tokio::test]
async fn provenance_is_brought_along_with_its_scope_for_what_is_shown() {
    scene(async {
        let one = one().await;
        let of = Fixture::of(&one.ada.patient);
        one.portal
            .put(&one.ada.tenant, &of.condition("c1", "Asthma"));
        let mut provenance = of.record("Provenance", "p1");
        provenance["target"] = json!([
            {"reference": format!("Patient/{}", one.ada.patient)},
            {"reference": "Condition/c1"},
            {"reference": "Condition/nobodys"},
        ]);
        one.portal.put(&one.ada.tenant, &provenance);
        let path = "/fhir/R4/Condition?_revinclude=Provenance:target";
        let page = one.get(path).await;
        assert_eq!(of_mode(&page, "match"), ["cht.c1"]);
        assert_eq!(of_mode(&page, "include"), ["cht.p1"]);
        assert!(!page.says("nobodys"));
        let alone = one.with("patient/Condition.read", path).await;
        assert!(of_mode(&alone, "include").is_empty());
        // The Patient is not among what these scopes show.
        let scopes = "patient/Condition.read patient/Provenance.read";
        let page = one.with(scopes, path).await;
        let shown = page.resources().pop().expect("the Provenance");
        assert_eq!(shown["target"], json!([{"reference": "Condition/cht.c1"}]));
        let read = one.get("/fhir/R4/Provenance/cht.p1").await;
        assert_eq!(read.json()["target"].as_array().map(Vec::len), Some(2));
        let only = one
            .with("patient/Provenance.read", "/fhir/R4/Provenance/cht.p1")
            .await;
        assert_eq!(only.status, 404);
    })
    .await;
}
