//! Every operation, and how it is asked about one patient's own records.

use portal_tests::{Fixture, TestPortal};
use serde_json::json;

/// How an operation is called.
pub(super) struct Operation {
    pub(super) id: &'static str,
    /// The heading of its column; a read and a search on FHIR share one.
    pub(super) column: &'static str,
    pub(super) path: fn(&str) -> String,
    /// A scope that does not cover it.
    pub(super) other_scope: &'static str,
}

impl Operation {
    pub(super) fn is_fhir(&self) -> bool {
        (self.path)("x").starts_with("/fhir")
    }
}

const NOT_PATIENT: &str = "openid profile patient/Condition.read";
const ONLY_PATIENT: &str = "openid profile patient/Patient.read";

const fn row(
    id: &'static str,
    column: &'static str,
    path: fn(&str) -> String,
    other_scope: &'static str,
) -> Operation {
    Operation {
        id,
        column,
        path,
        other_scope,
    }
}

macro_rules! fhir {
    ($read:literal, $search:literal, $column:literal, $name:literal, $kind:literal) => {
        [
            row(
                $read,
                $column,
                |patient| format!(concat!("/fhir/R4/", $name, "/", $kind, "-{}"), patient),
                ONLY_PATIENT,
            ),
            row(
                $search,
                $column,
                |patient| format!(concat!("/fhir/R4/", $name, "?patient={}"), patient),
                ONLY_PATIENT,
            ),
        ]
    };
}

#[rustfmt::skip]
const PORTAL: [Operation; 10] = [
    row("getMe", "me", |_| "/v1/portal/me".into(), NOT_PATIENT),
    row("listAccessLog", "log", |_| "/v1/portal/me/access-log".into(), NOT_PATIENT),
    row("getChartSummary", "sum", |_| "/v1/portal/chart/summary".into(), NOT_PATIENT),
    row("listAllergies", "all", |_| "/v1/portal/chart/allergies".into(), ONLY_PATIENT),
    row("listMedications", "med", |_| "/v1/portal/chart/medications".into(), ONLY_PATIENT),
    row("listVitals", "vit", |_| "/v1/portal/chart/vitals".into(), ONLY_PATIENT),
    row("listImmunizations", "imm", |_| "/v1/portal/chart/immunizations".into(), ONLY_PATIENT),
    row("listProblems", "pro", |_| "/v1/portal/chart/problems".into(), ONLY_PATIENT),
    row("listLabResults", "labs", |_| "/v1/portal/results/labs".into(), ONLY_PATIENT),
    row("getLabResult", "lab", |patient| format!("/v1/portal/results/labs/lab.lab-{patient}"), ONLY_PATIENT),
];

#[rustfmt::skip]
const FHIR: [[Operation; 2]; 7] = [
    [
        row("readPatient", "Pat", |patient| format!("/fhir/R4/Patient/{patient}"), NOT_PATIENT),
        row("searchPatient", "Pat", |patient| format!("/fhir/R4/Patient?_id={patient}"), NOT_PATIENT),
    ],
    fhir!("readAllergyIntolerance", "searchAllergyIntolerance", "All", "AllergyIntolerance", "cht.allergy"),
    fhir!("readMedicationRequest", "searchMedicationRequest", "Med", "MedicationRequest", "med.medication"),
    fhir!("readObservation", "searchObservation", "Obs", "Observation", "lab.lab"),
    fhir!("readDiagnosticReport", "searchDiagnosticReport", "Rep", "DiagnosticReport", "lab.report"),
    fhir!("readImmunization", "searchImmunization", "Imm", "Immunization", "imm.immunization"),
    fhir!("readCondition", "searchCondition", "Con", "Condition", "cht.condition"),
];

/// Every operation, in the order of the table.
pub(super) fn all() -> impl Iterator<Item = &'static Operation> {
    PORTAL.iter().chain(FHIR.iter().flatten())
}

/// The addresses of a record that holds one of each kind, and two problems and two immunizations,
/// of which one is sensitive.
pub(super) fn addresses(patient: &str) -> Vec<String> {
    let kinds = [
        "cht.allergy",
        "cht.condition",
        "cht.secret",
        "cht.vital",
        "lab.lab",
        "lab.report",
        "med.medication",
        "imm.immunization",
        "imm.restricted",
    ];
    let records = kinds.iter().map(|kind| format!("{kind}-{patient}"));
    records.chain([patient.to_owned()]).collect()
}

/// Stores that record, its Patient apart.
pub(super) fn record(portal: &TestPortal, tenant: &str, patient: &str) {
    let of = Fixture::of(patient);
    let id = |kind: &str| format!("{kind}-{patient}");
    let mut secret = of.condition(&id("secret"), "Depression");
    secret["code"]["coding"] =
        json!([{"system": "http://hl7.org/fhir/sid/icd-10", "code": "F32.1"}]);
    let mut restricted = of.immunization(&id("restricted"), "2023-11-01");
    restricted["meta"] = json!({"security": [{
        "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R",
    }]});
    for resource in [
        of.allergy(&id("allergy"), "Eggs"),
        of.condition(&id("condition"), "Asthma"),
        of.vital(&id("vital"), "2024-01-02", "70"),
        of.lab(&id("lab"), "2024-01-01", "2345-7"),
        of.report(&id("report"), &[&id("lab")]),
        of.medication(&id("medication"), "Salbutamol"),
        of.immunization(&id("immunization"), "2023-10-01"),
        secret,
        restricted,
    ] {
        portal.put(tenant, &resource);
    }
}
