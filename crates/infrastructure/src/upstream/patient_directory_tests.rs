use std::sync::Arc;
use std::time::Duration;

use jiff::civil::date;
use portal_application::ports::ContactChannel;
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::http_client::http_client;
use crate::test_support::tenant_of;
use crate::upstream::SourceSettings;
use crate::upstream::guard::SourceGuard;

const MATCH: &str = "/fhir/api/v1/patients/match";
const PATIENT: &str = "/fhir/Patient/pat_1";
const CONTACTS: &str = "/fhir/api/v1/patients/pat_1/contacts";

struct Scene {
    server: MockServer,
    directory: HttpPatientDirectory,
}

impl Scene {
    async fn new() -> Self {
        Self::of_tenancy("header").await
    }

    async fn of_tenancy(tenancy: &str) -> Self {
        let server = MockServer::start().await;
        let mut settings =
            SourceSettings::new(Source::Registration, format!("{}/fhir", server.uri()));
        settings.timeout = Duration::from_millis(500);
        settings.tenancy = tenancy.parse().expect("valid");
        let client = http_client().expect("a client");
        let guard = Arc::new(SourceGuard::alone(Source::Registration));
        let directory = HttpPatientDirectory::new(SourceLine::new(client, settings, guard));
        Self { server, directory }
    }

    async fn answer(&self, at: &str, response: ResponseTemplate) {
        Mock::given(path(at))
            .respond_with(response)
            .mount(&self.server)
            .await;
    }

    async fn answer_json(&self, at: &str, body: Value) {
        let response = ResponseTemplate::new(200).set_body_json(body);
        self.answer(at, response).await;
    }

    async fn matched(&self) -> Result<Option<RegisteredPatient>, SourceError> {
        let mrn = MedicalRecordNumber::parse("MRN-1").expect("valid");
        let born = date(1985, 3, 14);
        let tenant = tenant_of(TenantId::parse("kabul").expect("valid"));
        self.directory.match_patient(&tenant, &mrn, born).await
    }

    async fn found(&self, id: &str) -> Result<Option<RegisteredPatient>, SourceError> {
        let tenant = TenantId::parse("kabul").expect("valid");
        let patient = PatientId::parse(id).expect("valid");
        self.directory.find(&tenant, &patient).await
    }
}

fn registered() -> Value {
    json!({"id": "pat_1", "deceased": false, "contacts": [
        {"channel": "email", "address": "a@example.org", "shared": false},
        {"channel": "phone", "address": "+12025550100", "shared": true},
        {"channel": "fax", "address": "1", "shared": false},
        {"channel": "phone", "address": "1\r\n2", "shared": false},
        {"channel": "phone", "address": "+12025550101"},
    ]})
}

async fn matched(body: Value) -> Result<Option<RegisteredPatient>, SourceError> {
    let scene = Scene::new().await;
    scene.answer_json(MATCH, body).await;
    scene.matched().await
}

async fn found(patient: Value) -> Result<Option<RegisteredPatient>, SourceError> {
    let scene = Scene::new().await;
    scene.answer_json(PATIENT, patient).await;
    scene.answer_json(CONTACTS, registered()).await;
    scene.found("pat_1").await
}

#[tokio::test]
async fn one_match_is_the_patient_with_contacts_that_can_be_used() {
    let scene = Scene::new().await;
    Mock::given(method("POST"))
        .and(path(MATCH))
        .and(header("x-tenant-id", "kabul"))
        .and(body_json(
            json!({"mrn": "MRN-1", "birthDate": "1985-03-14"}),
        ))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"patients": [registered()]})))
        .mount(&scene.server)
        .await;
    let patient = scene.matched().await.expect("answered").expect("matched");
    assert_eq!(patient.id.as_str(), "pat_1");
    assert!(!patient.deceased && patient.replaced_by.is_none());
    let contacts = patient.contacts.iter();
    let contacts: Vec<_> = contacts
        .map(|contact| (contact.channel, contact.address.expose(), contact.shared))
        .collect();
    assert_eq!(
        contacts,
        [
            (ContactChannel::Email, "a@example.org", false),
            (ContactChannel::Phone, "+12025550100", true),
            (ContactChannel::Phone, "+12025550101", true),
        ]
    );
}

#[tokio::test]
async fn nobody_and_several_are_none() {
    for patients in [json!([]), json!([registered(), registered()])] {
        assert_eq!(matched(json!({ "patients": patients })).await, Ok(None));
    }
}

#[tokio::test]
async fn a_match_that_cannot_be_read_is_no_match() {
    let mut climbing = registered();
    climbing["id"] = json!("..");
    let mut unsure = registered();
    unsure["deceased"] = json!("no");
    let mut replaced = registered();
    replaced["replacedBy"] = json!("a/b");
    for patient in [climbing, unsure, replaced, json!({}), json!(1)] {
        let matched = matched(json!({ "patients": [patient] })).await;
        assert_eq!(matched, Err(SourceError::Invalid));
    }
    assert_eq!(
        matched(json!({"patients": {}})).await,
        Err(SourceError::Invalid)
    );
}

#[tokio::test]
async fn a_patient_says_who_they_are_now() {
    let base = json!({"resourceType": "Patient", "id": "pat_1"});
    let with = |name: &str, value: Value| {
        let mut patient = base.clone();
        patient[name] = value;
        patient
    };
    let link = |kind: &str, id: &str| json!({"other": {"reference": id}, "type": kind});
    let plain = found(base.clone()).await.expect("answered").expect("known");
    assert!(!plain.deceased && plain.replaced_by.is_none());
    assert_eq!(plain.contacts.len(), 3);
    for (name, value) in [
        ("deceasedBoolean", json!(true)),
        ("deceasedDateTime", json!("2026")),
    ] {
        let patient = found(with(name, value)).await.expect("answered");
        assert!(patient.expect("known").deceased, "{name}");
    }
    let alive = found(with("deceasedBoolean", json!(false))).await;
    assert!(!alive.expect("answered").expect("known").deceased);
    let merged = with(
        "link",
        json!([
            link("seealso", "Patient/x"),
            link("replaced-by", "Patient/pat_2")
        ]),
    );
    let merged = found(merged).await.expect("answered").expect("known");
    assert_eq!(merged.replaced_by.expect("replaced").as_str(), "pat_2");
    for link in [
        link(
            "replaced-by",
            "https://elsewhere.example/fhir/Patient/pat_2",
        ),
        link("replaced-by", "Person/pat_2"),
        json!({"type": "replaced-by"}),
    ] {
        let patient = found(with("link", json!([link]))).await;
        assert_eq!(patient, Err(SourceError::Invalid));
    }
    let two = json!([
        link("replaced-by", "Patient/a"),
        link("replaced-by", "Patient/b")
    ]);
    assert_eq!(found(with("link", two)).await, Err(SourceError::Invalid));
}

#[tokio::test]
async fn another_patient_than_asked_for_is_none() {
    let foreign = json!({"resourceType": "Patient", "id": "pat_2"});
    assert_eq!(found(foreign).await, Ok(None));
    let other = json!({"resourceType": "Person", "id": "pat_1"});
    assert_eq!(found(other).await, Err(SourceError::Invalid));
}

#[tokio::test]
async fn who_is_not_there_is_none_and_contacts_that_are_not_are_nothing() {
    for status in [404, 410] {
        let scene = Scene::new().await;
        scene.answer(PATIENT, ResponseTemplate::new(status)).await;
        scene.answer_json(CONTACTS, registered()).await;
        assert_eq!(scene.found("pat_1").await, Ok(None));
    }
    let scene = Scene::new().await;
    let patient = json!({"resourceType": "Patient", "id": "pat_1"});
    scene.answer_json(PATIENT, patient).await;
    let found = scene
        .found("pat_1")
        .await
        .expect("answered")
        .expect("known");
    assert!(found.contacts.is_empty());
}

#[tokio::test]
async fn ids_that_climb_are_not_asked_for() {
    let scene = Scene::new().await;
    for id in ["..", "a/b", "a%2fb", "a?b", "a b"] {
        if PatientId::parse(id).is_ok() {
            assert_eq!(scene.found(id).await, Ok(None), "{id}");
        }
    }
    let requests = scene.server.received_requests().await.expect("recorded");
    assert!(requests.is_empty());
}

#[tokio::test]
async fn bad_answers_are_errors() {
    let large = format!(r#"{{"patients":[],"x":"{}"}}"#, "x".repeat(300 * 1_024));
    let deep = format!(r#"{{"patients":{}{}}}"#, "[".repeat(100), "]".repeat(100));
    let json = |text: &str| ResponseTemplate::new(200).set_body_raw(text, "application/json");
    let elsewhere = ResponseTemplate::new(302).insert_header("location", PATIENT);
    let late = json(r#"{"patients":[]}"#).set_delay(Duration::from_mins(1));
    let page = ResponseTemplate::new(200).set_body_raw(r#"{"patients":[]}"#, "text/html");
    for (response, expected) in [
        (json("<html>"), SourceError::Invalid),
        (
            json(r#"{"patients":[],"patients":[]}"#),
            SourceError::Invalid,
        ),
        (json(&large), SourceError::Invalid),
        (json(&deep), SourceError::Invalid),
        (page, SourceError::Invalid),
        (elsewhere, SourceError::Invalid),
        (late, SourceError::TimedOut),
        (ResponseTemplate::new(404), SourceError::Unavailable),
        (ResponseTemplate::new(500), SourceError::Unavailable),
    ] {
        let scene = Scene::new().await;
        scene.answer(MATCH, response).await;
        assert_eq!(scene.matched().await, Err(expected));
    }
}

#[tokio::test]
async fn a_source_of_one_tenant_is_not_asked_about_another() {
    let scene = Scene::of_tenancy("single:herat").await;
    assert_eq!(scene.matched().await, Err(SourceError::Unavailable));
    assert_eq!(scene.found("pat_1").await, Err(SourceError::Unavailable));
}
