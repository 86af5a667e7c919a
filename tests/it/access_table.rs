//! Every operation × every caller: status and code. An operation that is added to the portal's
//! table and not to this one fails the test.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use portal_application::operation;
use portal_fhir::ResourceType;
use portal_tests::{Answer, Fixture, Person, TestPortal, scene};
use serde_json::{Value, json};

/// How an operation is called: with the ids of one person's own records.
struct Operation {
    id: &'static str,
    path: fn(&Ids) -> String,
    /// A scope that does not cover it.
    other_scope: &'static str,
}

/// The addresses of one person's records.
struct Ids {
    patient: String,
    suffix: &'static str,
}

const fn row(id: &'static str, path: fn(&Ids) -> String, other_scope: &'static str) -> Operation {
    Operation {
        id,
        path,
        other_scope,
    }
}

fn fhir(name: &str, code: &str, kind: &str, ids: &Ids) -> String {
    format!("/fhir/R4/{name}/{code}.{kind}-{}", ids.suffix)
}

fn search(name: &str, ids: &Ids) -> String {
    format!("/fhir/R4/{name}?patient={}", ids.patient)
}

const NOT_PATIENT: &str = "openid profile patient/Condition.read";
const ONLY_PATIENT: &str = "openid profile patient/Patient.read";

const OPERATIONS: [Operation; 24] = [
    row("getMe", |_| "/v1/portal/me".into(), NOT_PATIENT),
    row(
        "listAccessLog",
        |_| "/v1/portal/me/access-log".into(),
        NOT_PATIENT,
    ),
    row(
        "getChartSummary",
        |_| "/v1/portal/chart/summary".into(),
        NOT_PATIENT,
    ),
    row(
        "listAllergies",
        |_| "/v1/portal/chart/allergies".into(),
        ONLY_PATIENT,
    ),
    row(
        "listMedications",
        |_| "/v1/portal/chart/medications".into(),
        ONLY_PATIENT,
    ),
    row(
        "listVitals",
        |_| "/v1/portal/chart/vitals".into(),
        ONLY_PATIENT,
    ),
    row(
        "listImmunizations",
        |_| "/v1/portal/chart/immunizations".into(),
        ONLY_PATIENT,
    ),
    row(
        "listProblems",
        |_| "/v1/portal/chart/problems".into(),
        ONLY_PATIENT,
    ),
    row(
        "listLabResults",
        |_| "/v1/portal/results/labs".into(),
        ONLY_PATIENT,
    ),
    row(
        "getLabResult",
        |ids| format!("/v1/portal/results/labs/lab.lab-{}", ids.suffix),
        ONLY_PATIENT,
    ),
    row(
        "readPatient",
        |ids| format!("/fhir/R4/Patient/{}", ids.patient),
        NOT_PATIENT,
    ),
    row(
        "searchPatient",
        |ids| format!("/fhir/R4/Patient?_id={}", ids.patient),
        NOT_PATIENT,
    ),
    row(
        "readAllergyIntolerance",
        |ids| fhir("AllergyIntolerance", "cht", "allergy", ids),
        ONLY_PATIENT,
    ),
    row(
        "searchAllergyIntolerance",
        |ids| search("AllergyIntolerance", ids),
        ONLY_PATIENT,
    ),
    row(
        "readCondition",
        |ids| fhir("Condition", "cht", "condition", ids),
        ONLY_PATIENT,
    ),
    row(
        "searchCondition",
        |ids| search("Condition", ids),
        ONLY_PATIENT,
    ),
    row(
        "readObservation",
        |ids| fhir("Observation", "lab", "lab", ids),
        ONLY_PATIENT,
    ),
    row(
        "searchObservation",
        |ids| search("Observation", ids),
        ONLY_PATIENT,
    ),
    row(
        "readDiagnosticReport",
        |ids| fhir("DiagnosticReport", "lab", "report", ids),
        ONLY_PATIENT,
    ),
    row(
        "searchDiagnosticReport",
        |ids| search("DiagnosticReport", ids),
        ONLY_PATIENT,
    ),
    row(
        "readMedicationRequest",
        |ids| fhir("MedicationRequest", "med", "medication", ids),
        ONLY_PATIENT,
    ),
    row(
        "searchMedicationRequest",
        |ids| search("MedicationRequest", ids),
        ONLY_PATIENT,
    ),
    row(
        "readImmunization",
        |ids| fhir("Immunization", "imm", "immunization", ids),
        ONLY_PATIENT,
    ),
    row(
        "searchImmunization",
        |ids| search("Immunization", ids),
        ONLY_PATIENT,
    ),
];

/// A record with one of each kind, its ids ending in `suffix`.
fn record(portal: &TestPortal, person: &Person, suffix: &str) {
    let of = Fixture::of(&person.patient);
    let id = |kind: &str| format!("{kind}-{suffix}");
    for resource in [
        of.allergy(&id("allergy"), "Eggs"),
        of.condition(&id("condition"), "Asthma"),
        of.vital(&id("vital"), "2024-01-02", "70"),
        of.lab(&id("lab"), "2024-01-01", "2345-7"),
        of.report(&id("report"), &[&id("lab")]),
        of.medication(&id("medication"), "Salbutamol"),
        of.immunization(&id("immunization"), "2023-10-01"),
    ] {
        portal.put(&person.tenant, &resource);
    }
}

struct Callers {
    rows: Vec<(&'static str, Option<Value>)>,
}

/// Every caller with their claims; `None` sends no token. The ones that are set up to fail fail
/// by one thing alone.
async fn callers(portal: &TestPortal, owner: &Person) -> Callers {
    let with = |change: Value| {
        let mut claims = portal.claims(owner);
        let members = claims.as_object_mut().expect("an object");
        for (name, value) in change.as_object().expect("an object") {
            members.insert(name.clone(), value.clone());
        }
        Some(claims)
    };
    let stranger = portal.person("stranger").await;
    record(portal, &stranger, "b");
    let elsewhere = portal.tenant("elsewhere", true).await;
    let foreigner = portal.person_of(&elsewhere, "foreigner").await;
    record(portal, &foreigner, "c");
    let unlicensed = portal.tenant("unlicensed", false).await;
    let suspended = portal.person("suspended").await;
    portal.set_status(&suspended, "suspended").await;
    Callers {
        rows: vec![
            ("anonymous", None),
            ("other audience", with(json!({"aud": ["somebody-else"]}))),
            ("third-party client", with(json!({"azp": "app-1"}))),
            ("no tenant", with(json!({"tid": null}))),
            ("unlicensed tenant", with(json!({"tid": unlicensed}))),
            ("no account", with(json!({"sub": "sub-nobody"}))),
            ("suspended account", Some(portal.claims(&suspended))),
            ("no MFA", with(json!({"acr": "1", "amr": ["pwd"]}))),
            ("missing scope", None),
            ("owner", Some(portal.claims(owner))),
            ("other patient", Some(portal.claims(&stranger))),
            ("other tenant", Some(portal.claims(&foreigner))),
        ],
    }
}

async fn ask(
    portal: &TestPortal,
    owner: &Person,
    operation: &Operation,
    caller: &str,
    claims: Option<&Value>,
    path: &str,
) -> Answer {
    let claims = match caller {
        "missing scope" => {
            let mut claims = portal.claims(owner);
            claims["scope"] = json!(operation.other_scope);
            Some(claims)
        }
        _ => claims.cloned(),
    };
    let token = claims.map(|claims| portal.mint(claims));
    portal.get(token.as_deref(), path).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_answers_every_caller_as_the_table_says() {
    scene(async {
        let portal = TestPortal::start().await;
        let owner = portal.person("owner").await;
        record(&portal, &owner, "a");
        let callers = callers(&portal, &owner).await;
        let ids = Ids {
            patient: owner.patient.clone(),
            suffix: "a",
        };
        let mut table = String::new();
        for operation in &OPERATIONS {
            writeln!(table, "{}", operation.id).expect("text grows");
            let path = (operation.path)(&ids);
            for (caller, claims) in &callers.rows {
                let answer = ask(&portal, &owner, operation, caller, claims.as_ref(), &path).await;
                writeln!(table, "  {caller:<20} {}", answer.verdict()).expect("text grows");
            }
        }
        insta::assert_snapshot!("access_table", table);
    })
    .await;
}

#[test]
fn the_table_holds_every_operation_of_the_portal() {
    let listed: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.id).collect();
    let mut served: BTreeSet<&str> = operation::PORTAL
        .iter()
        .map(|action| action.operation)
        .collect();
    for resource_type in ResourceType::ALL {
        served.insert(operation::fhir_read(*resource_type).operation);
        served.insert(operation::fhir_search(*resource_type).operation);
    }
    assert_eq!(listed, served);
}
