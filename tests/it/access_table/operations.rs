//! Every operation, and how it is asked about one patient's own records.

use serde_json::{Value, json};

/// Columns that stand together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    /// `/v1/portal`, what is the caller's own.
    Own,
    /// `/v1/portal`, a record.
    Record,
    /// `/fhir/R4`, types that can be searched.
    Fhir,
    /// `/fhir/R4`, types that are read by an id alone.
    FhirRead,
}

/// What is asked about: a patient, and two delegations and an access event of the owner's.
pub(super) struct About<'a> {
    pub(super) patient: &'a str,
    /// In force.
    pub(super) active: &'a str,
    /// Over.
    pub(super) ended: &'a str,
    /// A line of the owner's access log.
    pub(super) event: &'a str,
}

/// An id of the portal's own as FHIR has it.
pub(super) fn on_fhir(id: &str) -> String {
    id.replace('_', "-")
}

/// How an operation is called.
#[derive(Clone, Copy)]
pub(super) struct Operation {
    pub(super) id: &'static str,
    /// The heading of its column; a read and a search on FHIR share one.
    pub(super) column: &'static str,
    pub(super) block: Block,
    pub(super) method: &'static str,
    pub(super) path: fn(&About<'_>) -> String,
    /// A scope that does not cover it.
    pub(super) other_scope: &'static str,
}

impl Operation {
    pub(super) fn is_fhir(&self) -> bool {
        matches!(self.block, Block::Fhir | Block::FhirRead)
    }

    /// What a write sends. No operation takes a list, so that nothing changes; what names a
    /// delegation that is past the change is asked in earnest, for it tells whose it is.
    pub(super) fn body(&self) -> Option<Value> {
        match self.id {
            "confirmProxyDelegation" | "revokeProxyDelegation" => Some(json!({})),
            _ if self.method == "GET" => None,
            _ => Some(json!([])),
        }
    }

    const fn of_own(self, method: &'static str) -> Self {
        Self {
            block: Block::Own,
            method,
            ..self
        }
    }
}

const NOT_PATIENT: &str = "openid profile patient/Condition.read";
const ONLY_PATIENT: &str = "openid profile patient/Patient.read";
const NO_RECORD: &str = "openid profile patient/*.write";
const NO_WRITE: &str = "openid profile patient/*.read patient/Condition.write";
const NO_IDENTITY: &str = "patient/*.read patient/*.write";

const fn row(
    id: &'static str,
    column: &'static str,
    path: fn(&About<'_>) -> String,
    other_scope: &'static str,
) -> Operation {
    Operation {
        id,
        column,
        block: Block::Record,
        method: "GET",
        path,
        other_scope,
    }
}

const fn fhir(row: Operation) -> Operation {
    Operation {
        block: Block::Fhir,
        ..row
    }
}

macro_rules! fhir {
    ($read:literal, $search:literal, $column:literal, $name:literal, $kind:literal) => {
        [
            fhir(row(
                $read,
                $column,
                |about| {
                    format!(
                        concat!("/fhir/R4/", $name, "/", $kind, "-{}"),
                        about.patient
                    )
                },
                ONLY_PATIENT,
            )),
            fhir(row(
                $search,
                $column,
                |about| format!(concat!("/fhir/R4/", $name, "?patient={}"), about.patient),
                ONLY_PATIENT,
            )),
        ]
    };
}

#[rustfmt::skip]
const OWN: [Operation; 17] = [
    row("register", "reg", |_| "/v1/portal/registrations".into(), NO_IDENTITY).of_own("POST"),
    row("resendVerification", "snd", |_| "/v1/portal/registrations/resend".into(), NO_IDENTITY).of_own("POST"),
    row("verifyRegistration", "ver", |_| "/v1/portal/registrations/verify".into(), NO_IDENTITY).of_own("POST"),
    row("acceptProxyDelegation", "acc", |_| "/v1/portal/proxy-delegations/accept".into(), NO_IDENTITY).of_own("POST"),
    row("declineProxyDelegation", "dec", |_| "/v1/portal/proxy-delegations/decline".into(), NO_IDENTITY).of_own("POST"),
    row("getMe", "me", |_| "/v1/portal/me".into(), NOT_PATIENT).of_own("GET"),
    row("updateMe", "upd", |_| "/v1/portal/me".into(), NO_WRITE).of_own("PATCH"),
    row("listAccessLog", "log", |_| "/v1/portal/me/access-log".into(), NOT_PATIENT).of_own("GET"),
    row("getNotificationPreferences", "prf", |_| "/v1/portal/me/notification-preferences".into(), NOT_PATIENT).of_own("GET"),
    row("setNotificationPreferences", "set", |_| "/v1/portal/me/notification-preferences".into(), NO_WRITE).of_own("PUT"),
    row("listApps", "app", |_| "/v1/portal/me/apps".into(), NO_WRITE).of_own("GET"),
    row("revokeApp", "end", |_| "/v1/portal/me/apps/app-of-nobody".into(), NO_WRITE).of_own("DELETE"),
    row("listProxyDelegations", "lst", |_| "/v1/portal/proxy-delegations".into(), NOT_PATIENT).of_own("GET"),
    row("getProxyDelegation", "one", |about| format!("/v1/portal/proxy-delegations/{}", about.active), NOT_PATIENT).of_own("GET"),
    row("createProxyDelegation", "inv", |_| "/v1/portal/proxy-delegations".into(), NO_WRITE).of_own("POST"),
    row("confirmProxyDelegation", "cnf", |about| format!("/v1/portal/proxy-delegations/{}/confirm", about.active), NO_WRITE).of_own("POST"),
    row("revokeProxyDelegation", "rvk", |about| format!("/v1/portal/proxy-delegations/{}/revoke", about.ended), NO_WRITE).of_own("POST"),
];

#[rustfmt::skip]
const RECORD: [Operation; 28] = [
    row("getChartSummary", "sum", |_| "/v1/portal/chart/summary".into(), NOT_PATIENT),
    row("listAllergies", "all", |_| "/v1/portal/chart/allergies".into(), ONLY_PATIENT),
    row("listMedications", "med", |_| "/v1/portal/chart/medications".into(), ONLY_PATIENT),
    row("listVitals", "vit", |_| "/v1/portal/chart/vitals".into(), ONLY_PATIENT),
    row("listImmunizations", "imm", |_| "/v1/portal/chart/immunizations".into(), ONLY_PATIENT),
    row("listProblems", "pro", |_| "/v1/portal/chart/problems".into(), ONLY_PATIENT),
    row("listDocuments", "doc", |_| "/v1/portal/chart/documents".into(), ONLY_PATIENT),
    row("getDocumentContent", "cnt", |about| format!("/v1/portal/documents/doc.document-{}/content", about.patient), ONLY_PATIENT),
    row("listTimeline", "tml", |_| "/v1/portal/chart/timeline?limit=100".into(), NO_RECORD),
    row("listPrescriptions", "rxs", |_| "/v1/portal/medications".into(), ONLY_PATIENT),
    row("listRadiologyReports", "rds", |_| "/v1/portal/results/radiology".into(), ONLY_PATIENT),
    row("getRadiologyReport", "rad", |about| format!("/v1/portal/results/radiology/rad.radreport-{}", about.patient), ONLY_PATIENT),
    row("listCoverage", "cov", |_| "/v1/portal/coverage".into(), ONLY_PATIENT),
    row("listExplanationsOfBenefit", "ebs", |_| "/v1/portal/eob".into(), ONLY_PATIENT),
    row("getExplanationOfBenefit", "eob", |about| format!("/v1/portal/eob/clm.benefit-{}", about.patient), ONLY_PATIENT),
    row("getDemographics", "dem", |_| "/v1/portal/demographics".into(), NOT_PATIENT),
    row("listAppointments", "aps", |_| "/v1/portal/appointments".into(), ONLY_PATIENT),
    row("getAppointment", "apt", |about| format!("/v1/portal/appointments/sch.appointment-{}", about.patient), ONLY_PATIENT),
    row("getAppointmentCalendar", "ics", |about| format!("/v1/portal/appointments/sch.appointment-{}/calendar", about.patient), ONLY_PATIENT),
    row("listAvailability", "avl", |_| "/v1/portal/appointments/availability?from=2020-01-01&to=2020-01-31".into(), ONLY_PATIENT),
    row("listProviders", "prv", |_| "/v1/portal/providers".into(), ONLY_PATIENT),
    row("listStatements", "sts", |_| "/v1/portal/billing/statements".into(), ONLY_PATIENT),
    row("getStatement", "stm", |about| format!("/v1/portal/billing/statements/clm.statement-{}", about.patient), ONLY_PATIENT),
    row("listThreads", "msg", |_| "/v1/portal/messages".into(), ONLY_PATIENT),
    row("getThread", "thr", |about| format!("/v1/portal/messages/com.message-{}", about.patient), ONLY_PATIENT),
    row("listLabResults", "lbs", |_| "/v1/portal/results/labs".into(), ONLY_PATIENT),
    row("listLabTrends", "trd", |_| "/v1/portal/results/labs/trends?code=2345-7".into(), ONLY_PATIENT),
    row("getLabResult", "lab", |about| format!("/v1/portal/results/labs/lab.lab-{}", about.patient), ONLY_PATIENT),
];

#[rustfmt::skip]
const FHIR: [[Operation; 2]; 27] = [
    [
        fhir(row("readPatient", "Pat", |about| format!("/fhir/R4/Patient/{}", about.patient), NOT_PATIENT)),
        fhir(row("searchPatient", "Pat", |about| format!("/fhir/R4/Patient?_id={}", about.patient), NOT_PATIENT)),
    ],
    fhir!("readAllergyIntolerance", "searchAllergyIntolerance", "All", "AllergyIntolerance", "cht.allergy"),
    fhir!("readMedicationRequest", "searchMedicationRequest", "Med", "MedicationRequest", "med.medication"),
    fhir!("readObservation", "searchObservation", "Obs", "Observation", "lab.lab"),
    fhir!("readDiagnosticReport", "searchDiagnosticReport", "Rep", "DiagnosticReport", "lab.report"),
    fhir!("readImmunization", "searchImmunization", "Imm", "Immunization", "imm.immunization"),
    fhir!("readCondition", "searchCondition", "Con", "Condition", "cht.condition"),
    fhir!("readImagingStudy", "searchImagingStudy", "Img", "ImagingStudy", "rad.imaging"),
    fhir!("readMedicationDispense", "searchMedicationDispense", "Dis", "MedicationDispense", "med.dispense"),
    fhir!("readAppointment", "searchAppointment", "App", "Appointment", "sch.appointment"),
    fhir!("readCoverage", "searchCoverage", "Cov", "Coverage", "clm.coverage"),
    fhir!("readExplanationOfBenefit", "searchExplanationOfBenefit", "Eob", "ExplanationOfBenefit", "clm.benefit"),
    fhir!("readCommunication", "searchCommunication", "Com", "Communication", "com.message"),
    fhir!("readDocumentReference", "searchDocumentReference", "Doc", "DocumentReference", "doc.document"),
    fhir!("readEncounter", "searchEncounter", "Enc", "Encounter", "cht.encounter"),
    fhir!("readProcedure", "searchProcedure", "Prc", "Procedure", "cht.procedure"),
    fhir!("readCarePlan", "searchCarePlan", "Pla", "CarePlan", "cht.plan"),
    fhir!("readCareTeam", "searchCareTeam", "Tea", "CareTeam", "cht.team"),
    fhir!("readGoal", "searchGoal", "Goa", "Goal", "cht.goal"),
    fhir!("readServiceRequest", "searchServiceRequest", "Req", "ServiceRequest", "cht.order"),
    fhir!("readSpecimen", "searchSpecimen", "Spe", "Specimen", "lab.specimen"),
    fhir!("readDevice", "searchDevice", "Dev", "Device", "cht.device"),
    fhir!("readQuestionnaireResponse", "searchQuestionnaireResponse", "Que", "QuestionnaireResponse", "cht.answers"),
    fhir!("readProvenance", "searchProvenance", "Pro", "Provenance", "cht.provenance"),
    [
        fhir(row("readAuditEvent", "Aud", |about| format!("/fhir/R4/AuditEvent/{}", on_fhir(about.event)), ONLY_PATIENT)),
        fhir(row("searchAuditEvent", "Aud", |about| format!("/fhir/R4/AuditEvent?patient={}", about.patient), ONLY_PATIENT)),
    ],
    [
        fhir(row("readConsent", "Cst", |about| format!("/fhir/R4/Consent/{}", on_fhir(about.active)), ONLY_PATIENT)),
        fhir(row("searchConsent", "Cst", |about| format!("/fhir/R4/Consent?patient={}", about.patient), ONLY_PATIENT)),
    ],
    [
        fhir(row("readRelatedPerson", "Rel", |about| format!("/fhir/R4/RelatedPerson/{}", on_fhir(about.active)), ONLY_PATIENT)),
        fhir(row("searchRelatedPerson", "Rel", |about| format!("/fhir/R4/RelatedPerson?patient={}", about.patient), ONLY_PATIENT)),
    ],
];

macro_rules! fhir_read {
    ($read:literal, $column:literal, $name:literal, $kind:literal) => {
        Operation {
            block: Block::FhirRead,
            ..row(
                $read,
                $column,
                |about| {
                    format!(
                        concat!("/fhir/R4/", $name, "/", $kind, "-{}"),
                        about.patient
                    )
                },
                ONLY_PATIENT,
            )
        }
    };
}

#[rustfmt::skip]
const FHIR_READ: [Operation; 6] = [
    fhir_read!("readBinary", "Bin", "Binary", "doc.content"),
    fhir_read!("readMedication", "Kin", "Medication", "med.kind"),
    fhir_read!("readPractitioner", "Who", "Practitioner", "dir.practitioner"),
    fhir_read!("readPractitionerRole", "Rol", "PractitionerRole", "dir.role"),
    fhir_read!("readOrganization", "Org", "Organization", "dir.organization"),
    fhir_read!("readLocation", "Loc", "Location", "dir.location"),
];

/// Every operation, in the order of the table: block by block.
pub(super) fn all() -> impl Iterator<Item = &'static Operation> {
    let record = OWN.iter().chain(&RECORD);
    record.chain(FHIR.iter().flatten()).chain(&FHIR_READ)
}

/// The operations of a block.
pub(super) fn of(block: Block) -> impl Iterator<Item = &'static Operation> {
    all().filter(move |operation| operation.block == block)
}
