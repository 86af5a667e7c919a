//! What the suite has found, each as a scene of its own.

use portal_tests::{Fixture, TestPortal, scene};
use serde_json::json;

#[tokio::test]
async fn labels_of_a_patient_are_not_shown_to_a_voluntary_proxy() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let proxy = portal.caregiver("proxy").await;
        let mut patient = Fixture::of(&ada.patient).patient("Ada");
        let hiv =
            json!({"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HIV"});
        patient["meta"] = json!({
            "versionId": "7", "security": [hiv], "tag": [{"system": "urn:x", "code": "vip"}],
        });
        portal.put(&ada.tenant, &patient);
        portal.delegate(&ada, &proxy, &json!({})).await;
        let path = format!("/fhir/R4/Patient/{}", ada.patient);
        let own = portal.get_as(&ada, &path).await.json();
        assert_eq!(own["meta"], patient["meta"]);
        let token = portal.launched(&proxy, &ada);
        let theirs = portal.get(Some(&token), &path).await.json();
        assert_eq!(theirs["meta"]["versionId"], "7");
        assert!(theirs["meta"].get("security").is_none());
        assert_eq!(
            theirs["meta"]["tag"].as_array().map(Vec::len),
            Some(1),
            "SUBSETTED alone"
        );
    })
    .await;
}

#[tokio::test]
async fn a_prescription_does_not_name_a_withheld_result() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let of = Fixture::of(&ada.patient);
        portal.put(
            &ada.tenant,
            &of.unreleased_lab("early", "2024-01-02", "718-7"),
        );
        portal.put(&ada.tenant, &of.vital("pulse", "2024-01-02", "70"));
        let mut medication = of.medication("because", "of it");
        medication["reasonReference"] = json!([
            {"reference": "Observation/early", "display": "tells-what-is-withheld"},
            {"reference": "Observation/pulse", "display": "honest"},
        ]);
        portal.put(&ada.tenant, &medication);
        let answer = portal
            .get_as(&ada, "/fhir/R4/MedicationRequest/med.because")
            .await;
        let reasons = &answer.json()["reasonReference"];
        assert_eq!(reasons[0]["extension"][0]["valueCode"], "masked");
        assert_eq!(reasons[1]["reference"], "Observation/cht.pulse");
        assert!(!String::from_utf8_lossy(&answer.body).contains("tells-what"));
    })
    .await;
}

#[tokio::test]
async fn whose_delegation_ended_is_named_no_more_and_who_is_new_at_once() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let ben = portal.person("ben").await;
        let proxy = portal.caregiver("proxy").await;
        portal.delegate(&ada, &proxy, &json!({})).await;
        let listed = async || {
            let me = portal.get_as(&proxy, "/v1/portal/me").await.json();
            let list = me["mayActFor"].as_array().cloned().unwrap_or_default();
            let patients = list
                .iter()
                .map(|one| one["patientId"].as_str().map(str::to_owned));
            patients
                .collect::<Option<Vec<_>>>()
                .expect("each has a patient")
        };
        assert_eq!(listed().await, std::slice::from_ref(&ada.patient));
        portal.end_delegation(&ada, &proxy).await;
        assert!(listed().await.is_empty());
        portal.delegate(&ben, &proxy, &json!({})).await;
        assert_eq!(listed().await, std::slice::from_ref(&ben.patient));
    })
    .await;
}
