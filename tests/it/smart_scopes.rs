//! What each scope opens on each route, by its words, its letters and its parameters.

mod granular;
mod malformed;

use portal_tests::{Answer, Person, TestPortal, long_scene, scene};
use serde_json::json;
use std::time::Duration;

const DENIED: &str = "403 INSUFFICIENT_SCOPE";

/// The scopes of the portal's own clients.
const SCOPES: [&str; 16] = [
    "patient/Patient.read",
    "patient/Patient.write",
    "patient/Observation.read",
    "patient/DiagnosticReport.read",
    "patient/MedicationRequest.read",
    "patient/MedicationRequest.write",
    "patient/Immunization.read",
    "patient/Condition.read",
    "patient/AllergyIntolerance.read",
    "patient/Appointment.read",
    "patient/Appointment.write",
    "patient/Coverage.read",
    "patient/ExplanationOfBenefit.read",
    "patient/Communication.read",
    "patient/Communication.write",
    "patient/DocumentReference.read",
];

/// A route: the type whose scope it names, its act by its letter, and its path.
const ROUTES: [(&str, char, &str); 23] = [
    ("Patient", 'r', "/v1/portal/me"),
    ("Patient", 's', "/v1/portal/me/access-log"),
    ("Patient", 's', "/v1/portal/chart/summary"),
    ("AllergyIntolerance", 's', "/v1/portal/chart/allergies"),
    ("MedicationRequest", 's', "/v1/portal/chart/medications"),
    ("Observation", 's', "/v1/portal/chart/vitals"),
    ("Immunization", 's', "/v1/portal/chart/immunizations"),
    ("Condition", 's', "/v1/portal/chart/problems"),
    ("Observation", 's', "/v1/portal/results/labs"),
    ("Observation", 'r', "/v1/portal/results/labs/lab.lab-ada"),
    ("Patient", 's', "/fhir/R4/Patient"),
    ("AllergyIntolerance", 's', "/fhir/R4/AllergyIntolerance"),
    (
        "AllergyIntolerance",
        'r',
        "/fhir/R4/AllergyIntolerance/cht.allergy-ada",
    ),
    ("Condition", 's', "/fhir/R4/Condition"),
    ("Condition", 'r', "/fhir/R4/Condition/cht.condition-ada"),
    ("Observation", 's', "/fhir/R4/Observation?_summary=count"),
    ("Observation", 'r', "/fhir/R4/Observation/lab.lab-ada"),
    ("DiagnosticReport", 's', "/fhir/R4/DiagnosticReport"),
    (
        "DiagnosticReport",
        'r',
        "/fhir/R4/DiagnosticReport/lab.report-ada",
    ),
    ("MedicationRequest", 's', "/fhir/R4/MedicationRequest"),
    (
        "MedicationRequest",
        'r',
        "/fhir/R4/MedicationRequest/med.medication-ada",
    ),
    ("Immunization", 's', "/fhir/R4/Immunization"),
    (
        "Immunization",
        'r',
        "/fhir/R4/Immunization/imm.immunization-ada",
    ),
];

struct One {
    portal: TestPortal,
    ada: Person,
}

async fn one() -> One {
    let portal = TestPortal::start().await;
    let ada = portal.person("ada").await;
    portal.put_everything(&ada, "ada");
    One { portal, ada }
}

impl One {
    async fn with(&self, scope: &str, path: &str) -> Answer {
        self.portal.get_with_scope(&self.ada, scope, path).await
    }
}

#[tokio::test]
async fn every_route_needs_its_own_scope_and_no_other() {
    scene(async {
        let one = one().await;
        for (name, _, path) in ROUTES {
            let own = format!("patient/{name}.read");
            assert!(SCOPES.contains(&own.as_str()));
            assert_eq!(one.with(&own, path).await.status, 200, "{path}");
            let others: Vec<&str> = SCOPES.into_iter().filter(|scope| *scope != own).collect();
            for scope in ["openid profile".to_owned(), others.join(" ")] {
                let refused = one.with(&scope, path).await;
                assert_eq!(refused.verdict(), DENIED, "{path}");
                let told = refused.header("www-authenticate");
                assert!(told.contains("insufficient_scope"), "{path}: {told:?}");
            }
            let all = SCOPES.join(" ");
            assert_eq!(one.with(&all, path).await.status, 200, "{path}");
        }
        let read = format!("/fhir/R4/Patient/{}", one.ada.patient);
        assert_eq!(one.with("patient/Patient.read", &read).await.status, 200);
        assert_eq!(
            one.with("patient/Condition.read", &read).await.verdict(),
            DENIED
        );
    })
    .await;
}

#[tokio::test]
async fn every_route_needs_the_letter_of_its_act() {
    let all = async {
        let one = one().await;
        for (name, act, path) in ROUTES {
            for letters in [
                "r", "s", "rs", "c", "u", "d", "cud", "cruds", "write", "read", "*",
            ] {
                let open = match letters {
                    "read" | "*" => true,
                    "write" => false,
                    letters => letters.contains(act),
                };
                for level in [name, "*"] {
                    let scope = format!("patient/{level}.{letters}");
                    let answer = one.with(&scope, path).await;
                    let verdict = if open { "200" } else { DENIED };
                    assert_eq!(answer.verdict(), verdict, "{scope} {path}");
                }
            }
        }
    };
    long_scene(Duration::from_mins(1), all).await;
}

#[tokio::test]
async fn a_refusal_for_scope_comes_before_any_look_up() {
    scene(async {
        let one = one().await;
        let sources = [
            "registration",
            "patient-chart",
            "laboratory",
            "medication",
            "immunizations",
        ];
        for (name, _, path) in ROUTES {
            let others: Vec<&str> = SCOPES
                .into_iter()
                .filter(|scope| *scope != format!("patient/{name}.read"))
                .collect();
            let answer = one.with(&others.join(" "), path).await;
            assert_eq!(answer.verdict(), DENIED, "{path}");
            let absent = format!("{}-absent", path.split('?').next().unwrap_or_default());
            if path.contains('.') {
                let answer = one.with(&others.join(" "), &absent).await;
                assert_eq!(answer.verdict(), DENIED, "{absent}");
            }
        }
        for source in sources {
            assert!(one.portal.sandbox.calls(source).is_empty(), "{source}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_summary_leaves_out_the_parts_without_a_scope() {
    scene(async {
        let one = one().await;
        let path = "/v1/portal/chart/summary";
        let parts = [
            ("Condition", "cht.condition-ada"),
            ("AllergyIntolerance", "cht.allergy-ada"),
            ("MedicationRequest", "med.medication-ada"),
            ("Observation", "cht.vital-ada"),
            ("Immunization", "imm.immunization-ada"),
        ];
        for (name, _) in parts {
            let scope = format!("patient/Patient.read patient/{name}.s");
            let shown = one.with(&scope, path).await.ids();
            for (other, id) in parts {
                let there = shown.iter().any(|shown| shown == id);
                assert_eq!(there, other == name, "{scope}: {id}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_panel_is_named_only_to_who_may_read_reports() {
    scene(async {
        let one = one().await;
        for (path, letter) in [
            ("/v1/portal/results/labs", 's'),
            ("/v1/portal/results/labs/lab.lab-ada", 'r'),
        ] {
            let alone = one.with("patient/Observation.read", path).await;
            assert!(
                alone.status == 200 && !alone.says("lab.report-ada"),
                "{path}"
            );
            let wrong = if letter == 's' { 'r' } else { 's' };
            let scope = format!("patient/Observation.read patient/DiagnosticReport.{wrong}");
            assert!(
                !one.with(&scope, path).await.says("lab.report-ada"),
                "{path}"
            );
            let scope = format!("patient/Observation.read patient/DiagnosticReport.{letter}");
            assert!(
                one.with(&scope, path).await.says("lab.report-ada"),
                "{path}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_third_partys_app_is_confirmed_by_its_provider() {
    scene(async {
        let one = one().await;
        let claims = json!({"azp": "smart-app", "scope": "launch/patient patient/Condition.rs"});
        let app = one.portal.token_with(&one.ada, &claims);
        let path = "/fhir/R4/Condition";
        let before = one.portal.sandbox.introspections();
        one.portal.get_as(&one.ada, path).await;
        assert_eq!(
            one.portal.sandbox.introspections(),
            before,
            "the portal's own are not asked about"
        );
        let seen = one.portal.get(Some(&app), path).await;
        assert_eq!(seen.ids(), ["cht.condition-ada"]);
        assert!(one.portal.sandbox.introspections() > before);
        let other = one.portal.get(Some(&app), "/fhir/R4/Observation").await;
        assert_eq!(other.verdict(), DENIED);
        let ended = one.portal.token_with(&one.ada, &claims);
        one.portal.sandbox.revoke_token(&ended);
        let refused = one.portal.get(Some(&ended), path).await;
        assert_eq!(refused.verdict(), "401 TOKEN_REVOKED");
        let again = one.portal.get(Some(&app), path).await;
        assert_eq!(again.status, 200, "another token of the same app");
    })
    .await;
}
