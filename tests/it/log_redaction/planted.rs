//! What is planted: a record full of marks, and a source that says marked things.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portal_tests::{Fixture, Person, PortalProcess};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::{AMOUNT, BIRTH, IDENT, SAID, TEXT};

fn marked_patient(person: &Person) -> Value {
    let mut patient = Fixture::of(&person.patient).patient(&format!("{TEXT}family"));
    patient["birthDate"] = json!(BIRTH);
    patient["name"][0]["given"] = json!([format!("{TEXT}given")]);
    patient["identifier"] = json!([{"system": "urn:mrn", "value": format!("{TEXT}mrn")}]);
    patient["telecom"] = json!([{"system": "phone", "value": format!("{TEXT}phone")}]);
    patient["address"] =
        json!([{"line": [format!("{TEXT}street")], "city": format!("{TEXT}city")}]);
    patient
}

pub(super) fn plant(portal: &PortalProcess, person: &Person) {
    let of = Fixture::of(&person.patient);
    let id = |name: &str| format!("{IDENT}-{name}");
    let mut lab = of.lab(&id("lab"), "2024-01-01", &format!("{TEXT}-1"));
    lab["valueQuantity"]["value"] = serde_json::from_str(AMOUNT).expect("a number");
    lab["note"] = json!([{"text": format!("{TEXT}note")}]);
    let mut hidden = of.unreleased_lab(&id("hidden"), "2024-01-02", &format!("{TEXT}-2"));
    hidden["note"] = json!([{"text": format!("{TEXT}hidden")}]);
    let mut malformed = of.condition(&id("malformed"), &format!("{TEXT}malformed"));
    malformed["onsetDateTime"] = json!(format!("{TEXT}date"));
    for resource in [
        marked_patient(person),
        of.allergy(&id("allergy"), &format!("{TEXT}allergy")),
        of.condition(&id("condition"), &format!("{TEXT}condition")),
        of.medication(&id("medication"), &format!("{TEXT}medication")),
        of.report(&id("report"), &[&id("lab")]),
        of.vital(&id("vital"), "2024-01-01", AMOUNT),
        lab,
        hidden,
        malformed,
    ] {
        portal.put(&resource);
    }
    for kind in KINDS {
        plant_kind(portal, &of, kind);
    }
}

/// The types that have no function of their own in fixtures.
const KINDS: [&str; 22] = [
    "ImagingStudy",
    "MedicationDispense",
    "Appointment",
    "Coverage",
    "ExplanationOfBenefit",
    "Communication",
    "DocumentReference",
    "Encounter",
    "Procedure",
    "CarePlan",
    "CareTeam",
    "Goal",
    "ServiceRequest",
    "Specimen",
    "Device",
    "QuestionnaireResponse",
    "Provenance",
    "Binary",
    "Medication",
    "Practitioner",
    "Organization",
    "Statement",
];

/// A record of a kind full of marks, and another that nobody may see.
fn plant_kind(portal: &PortalProcess, of: &Fixture, kind: &str) {
    let id = format!("{IDENT}-{}", kind.to_lowercase());
    let mut record = match kind {
        "Statement" => of.statement(&id, AMOUNT),
        _ => of.record(kind, &id),
    };
    record["text"] = json!({"status": "generated", "div": format!("<div>{TEXT}{kind}</div>")});
    match kind {
        "Statement" => record["number"] = json!(format!("{TEXT}number")),
        "Binary" => record["data"] = json!(STANDARD.encode(format!("{TEXT}content"))),
        "DocumentReference" => {
            let url = format!("Binary/{IDENT}-binary");
            record["content"][0]["attachment"]["url"] = json!(url);
            record["description"] = json!(format!("{TEXT}document"));
        }
        "Appointment" => {
            let other = json!({"actor": {
                "reference": format!("Patient/{IDENT}-other"), "display": format!("{TEXT}foreign"),
            }});
            let participants = record["participant"].as_array_mut();
            participants.expect("participants").push(other);
            record["description"] = json!(format!("{TEXT}visit"));
        }
        _ => {}
    }
    portal.put(&record);
    record["id"] = json!(format!("{id}-hidden"));
    record["text"]["div"] = json!(format!("<div>{TEXT}hidden</div>"));
    let status = if kind == "Goal" {
        "lifecycleStatus"
    } else {
        "status"
    };
    record[status] = json!("entered-in-error");
    portal.put(&record);
}

/// Another patient's resource among the answers of this one's.
pub(super) fn plant_foreign(portal: &PortalProcess, person: &Person) {
    let foreign = Fixture::of(&format!("{IDENT}-other"));
    let foreign = foreign.condition(&format!("{IDENT}-foreign"), &format!("{TEXT}foreign"));
    portal
        .sandbox
        .put_resource_listed_for(
            &person.patient,
            "patient-chart",
            Some(&portal.tenant),
            foreign.to_string().into_bytes(),
        )
        .expect("a resource");
}

/// A source that says marked things in every wrong way, in turn.
pub(super) async fn hostile_source() -> MockServer {
    let server = MockServer::start().await;
    let turn = std::sync::atomic::AtomicUsize::new(0);
    let respond = move |_: &Request| {
        let json = "application/fhir+json";
        let outcome = format!(r#"{{"resourceType":"OperationOutcome","text":"{SAID}"}}"#);
        match turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 5 {
            0 => ResponseTemplate::new(200).set_body_raw(format!("{{\"{SAID}\": {SAID}"), json),
            1 => ResponseTemplate::new(500).set_body_raw(outcome, json),
            2 => ResponseTemplate::new(200).set_body_raw(format!("<p>{SAID}</p>"), "text/html"),
            3 => ResponseTemplate::new(302).insert_header("location", format!("http://{SAID}/")),
            _ => ResponseTemplate::new(200).set_body_raw(outcome, json),
        }
    };
    Mock::given(any())
        .respond_with(respond)
        .mount(&server)
        .await;
    server
}
