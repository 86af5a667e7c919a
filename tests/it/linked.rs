//! A source that names patients by its own ids: only the one whom both records name is shown, and
//! nobody learns that id.

use jiff::SignedDuration;
use portal_tests::{Answer, Fixture, Person, TestOptions, TestPortal, scene};
use serde_json::{Value, json};

const SYSTEM: &str = "urn:test:mrn";
const RESULTS: &str = "/fhir/R4/Observation?category=laboratory";
const EVENT: &str = "diag.laboratory.result.released";

async fn portal() -> TestPortal {
    TestPortal::with(TestOptions {
        inbox: true,
        settings: vec![(
            "LABORATORY_PATIENT_IDS".to_owned(),
            format!("identifier:{SYSTEM}"),
        )],
        ..TestOptions::default()
    })
    .await
}

fn carrying(mut patient: Value, value: &str) -> Value {
    patient["identifier"] = json!([{"system": SYSTEM, "value": value}]);
    patient
}

/// Puts a Patient of the laboratory's own.
fn known_there(portal: &TestPortal, tenant: &str, id: &str, value: &str) {
    let patient = carrying(Fixture::of(id).patient("there"), value);
    portal.put_text(tenant, "laboratory", &patient.to_string());
}

/// Somebody whom registration knows by a number, and the laboratory by it as `id`, with one result.
async fn linked(
    portal: &TestPortal,
    tenant: &str,
    (name, value, id): (&str, &str, &str),
) -> Person {
    let person = portal.person_of(tenant, name).await;
    portal.put(
        tenant,
        &carrying(Fixture::of(&person.patient).patient(name), value),
    );
    known_there(portal, tenant, id, value);
    let result = Fixture::of(id).lab(&format!("r-{name}"), "2024-01-01", "2345-7");
    portal.put(tenant, &result);
    person
}

async fn results(portal: &TestPortal, person: &Person) -> Answer {
    portal.get_as(person, RESULTS).await
}

/// The queries that the laboratory got.
fn asked(portal: &TestPortal) -> Vec<String> {
    let calls = portal.sandbox.calls("laboratory").into_iter();
    calls.map(|call| call.path_and_query).collect()
}

#[tokio::test]
async fn records_of_the_source_s_own_id_are_the_patient_s_and_say_so() {
    scene(async {
        let portal = portal().await;
        let tenant = portal.tenant.clone();
        let ada = linked(&portal, &tenant, ("ada", "7", "x-1")).await;
        let answer = results(&portal, &ada).await;
        assert_eq!(answer.ids(), ["lab.r-ada"]);
        let address = answer.resources()[0]["subject"]["reference"].clone();
        assert!(
            address
                .as_str()
                .is_some_and(|address| address.starts_with("Patient/"))
        );
        assert!(!answer.says("x-1"));
        assert!(
            asked(&portal)
                .iter()
                .any(|query| query.contains("patient=x-1"))
        );
        assert!(
            !asked(&portal)
                .iter()
                .any(|query| query.contains(&ada.patient))
        );
        assert_eq!(portal.patient_links(&ada.patient).await, ["x-1"]);
        portal.sandbox.reset_calls();
        portal.clock.advance(SignedDuration::from_secs(31));
        let other = portal.another_pod().await;
        let there = portal
            .get_at(&other, &portal.token(&ada), RESULTS, &[])
            .await;
        assert_eq!(there.ids(), ["lab.r-ada"]);
        assert!(
            asked(&portal)
                .iter()
                .all(|query| !query.contains("Patient?"))
        );
        let one = "/fhir/R4/Observation/lab.r-ada";
        assert_eq!(portal.get_as(&ada, one).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn what_names_the_canonical_id_or_another_there_is_foreign() {
    scene(async {
        let portal = portal().await;
        let tenant = portal.tenant.clone();
        let ada = linked(&portal, &tenant, ("ada", "7", "x-1")).await;
        let listed = Person {
            patient: "x-1".to_owned(),
            ..ada.clone()
        };
        for id in [ada.patient.as_str(), "x-2"] {
            let foreign = Fixture::of(id).lab(&format!("f-{id}"), "2024-01-01", "2345-7");
            portal.list_for(&listed, "laboratory", &foreign);
        }
        let answer = results(&portal, &ada).await;
        assert_eq!(answer.ids(), ["lab.r-ada"]);
        assert!(answer.says("INCOMPLETE"));
    })
    .await;
}

#[tokio::test]
async fn who_is_not_exactly_one_patient_there_is_not_linked_and_nothing_is_missing() {
    scene(async {
        let portal = portal().await;
        let tenant = portal.tenant.clone();
        let nobody = portal.person_of(&tenant, "nobody").await;
        let two = linked(&portal, &tenant, ("two", "8", "y-1")).await;
        known_there(&portal, &tenant, "y-2", "8");
        let gone = linked(&portal, &tenant, ("gone", "9", "z-1")).await;
        let mut inactive = carrying(Fixture::of("z-1").patient("there"), "9");
        inactive["active"] = json!(false);
        portal.put_text(&tenant, "laboratory", &inactive.to_string());
        for person in [nobody, two, gone] {
            let answer = results(&portal, &person).await;
            assert_eq!((answer.status, answer.ids().len()), (200, 0));
            assert_eq!(answer.json()["total"], 0);
            let entries = answer.json()["entry"].clone();
            let issue = &entries[0]["resource"]["issue"][0];
            assert_eq!(issue["severity"], "information");
            assert_eq!(issue["code"], "not-supported");
            let labs = portal.get_as(&person, "/v1/portal/results/labs").await;
            assert_eq!(labs.status, 200);
            assert!(labs.ids().is_empty());
            let source = labs.json()["meta"]["sources"][0].clone();
            assert_eq!(
                (&source["source"], &source["status"]),
                (&json!("laboratory"), &json!("notLinked"))
            );
            assert!(portal.patient_links(&person.patient).await.is_empty());
        }
    })
    .await;
}

#[tokio::test]
async fn a_source_that_answers_with_another_patient_links_nobody() {
    scene(async {
        let portal = portal().await;
        let tenant = portal.tenant.clone();
        let ada = linked(&portal, &tenant, ("ada", "7", "x-1")).await;
        let fault = portal_sandbox::Fault::mode(portal_sandbox::Mode::ForeignEntries);
        portal.sandbox.set_fault("laboratory", fault);
        let answer = results(&portal, &ada).await;
        assert_eq!((answer.status, answer.ids().len()), (200, 0));
        assert!(portal.patient_links(&ada.patient).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_same_number_in_another_tenant_is_another_person() {
    scene(async {
        let portal = portal().await;
        let (own, other) = (portal.tenant.clone(), portal.tenant("other", true).await);
        let ada = linked(&portal, &own, ("ada", "7", "x-1")).await;
        let eve = linked(&portal, &other, ("eve", "7", "x-1")).await;
        assert_eq!(results(&portal, &ada).await.ids(), ["lab.r-ada"]);
        assert_eq!(results(&portal, &eve).await.ids(), ["lab.r-eve"]);
    })
    .await;
}

#[tokio::test]
async fn two_records_of_registration_never_share_one_of_the_source() {
    scene(async {
        let portal = portal().await;
        let tenant = portal.tenant.clone();
        let ada = linked(&portal, &tenant, ("ada", "7", "x-1")).await;
        assert_eq!(results(&portal, &ada).await.ids(), ["lab.r-ada"]);
        let eve = portal.person_of(&tenant, "eve").await;
        portal.put(
            &tenant,
            &carrying(Fixture::of(&eve.patient).patient("eve"), "7"),
        );
        let answer = results(&portal, &eve).await;
        assert_eq!((answer.status, answer.ids().len()), (200, 0));
        assert!(answer.says("SOURCE_NOT_LINKED"));
    })
    .await;
}

#[tokio::test]
async fn an_event_that_names_the_source_s_own_id_has_the_patient_s_records_read_anew() {
    scene(async {
        let portal = portal().await;
        let tenant = portal.tenant.clone();
        let ada = linked(&portal, &tenant, ("ada", "7", "x-1")).await;
        assert_eq!(results(&portal, &ada).await.ids().len(), 1);
        portal.put(
            &tenant,
            &Fixture::of("x-1").lab("r-new", "2024-01-02", "2345-7"),
        );
        // The canonical id is nobody there, or somebody else.
        portal.hear(EVENT, &json!({"patientId": ada.patient})).await;
        assert_eq!(results(&portal, &ada).await.ids().len(), 1);
        portal.hear(EVENT, &json!({"patientId": "x-1"})).await;
        assert_eq!(results(&portal, &ada).await.ids().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_merge_leaves_no_link_of_either_record() {
    scene(async {
        let portal = portal().await;
        let tenant = portal.tenant.clone();
        let ada = linked(&portal, &tenant, ("ada", "7", "x-1")).await;
        assert_eq!(results(&portal, &ada).await.ids(), ["lab.r-ada"]);
        let stays = portal.child("ada2", &json!("1980-02-29")).patient;
        let record = carrying(Fixture::of(&stays).patient("ada2"), "8");
        portal.put(&tenant, &record);
        known_there(&portal, &tenant, "x-2", "8");
        portal.put(
            &tenant,
            &Fixture::of("x-2").lab("r-stays", "2024-01-02", "2345-7"),
        );
        portal
            .sandbox
            .merge_patients(Some(&tenant), &ada.patient, &stays);
        portal.clock.advance(SignedDuration::from_mins(1));
        let data = json!({"patientId": ada.patient, "survivingPatientId": stays});
        portal.hear("registration.patient.merged.v1", &data).await;
        assert!(portal.patient_links(&ada.patient).await.is_empty());
        portal.clock.advance(SignedDuration::from_secs(2));
        let again = Person {
            patient: stays.clone(),
            ..ada.clone()
        };
        assert_eq!(results(&portal, &again).await.ids(), ["lab.r-stays"]);
        assert_eq!(portal.patient_links(&stays).await, ["x-2"]);
    })
    .await;
}
