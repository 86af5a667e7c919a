//! The chart: its summary as a FHIR document, its sections as searchsets.

use axum::extract::State;
use axum::response::Response;
use portal_application::Section;
use portal_domain::access::Surface;

use crate::caller::PortalCaller;
use crate::disclosure::{self, Links};
use crate::fault::Fault;
use crate::problem::Problem;
use crate::router::Faces;

/// What matters now, as one FHIR document
#[utoipa::path(
    get,
    path = "/v1/portal/chart/summary",
    operation_id = "getChartSummary",
    tag = "record",
    security(("bearer" = ["patient/Patient.read"])),
    responses(
        (status = 200, description = "A FHIR R4 Bundle of type document. Parts whose scope the token lacks hold no entries; a part whose source is missing says so", body = serde_json::Value, content_type = "application/fhir+json"),
        (status = 304, description = "Unchanged"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_chart_summary(
    State(faces): State<Faces>,
    asked: PortalCaller,
) -> Result<Response, Fault> {
    let summary = faces.portal.summary(&asked.caller, &asked.parameters).await;
    let summary = summary.map_err(Fault::on(Surface::Portal))?;
    let public_url = &faces.settings.public_url;
    Ok(disclosure::summary(&summary, public_url, &asked.exchange))
}

macro_rules! section_route {
    ($handler:ident, $section:ident, $path:tt, $operation:tt, $scope:tt, $title:literal) => {
        #[doc = $title]
        #[utoipa::path(
            get,
            path = $path,
            operation_id = $operation,
            tag = "record",
            security(("bearer" = [$scope])),
            params(
                ("from" = Option<String>, Query, description = "FHIR date or instant; not before"),
                ("to" = Option<String>, Query, description = "FHIR date or instant; not after"),
                ("limit" = Option<u32>, Query, description = "1 to 100; 20 unless said", minimum = 1, maximum = 100),
                ("cursor" = Option<String>, Query, description = "Of a `next` link"),
            ),
            responses(
                (status = 200, description = "A FHIR R4 Bundle of type searchset, newest first", body = serde_json::Value, content_type = "application/fhir+json"),
                (status = 304, description = "Unchanged"),
                (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
            ),
        )]
        pub(crate) async fn $handler(
            faces: State<Faces>,
            asked: PortalCaller,
        ) -> Result<Response, Fault> {
            page(faces, asked, Section::$section).await
        }
    };
}

section_route!(
    list_allergies,
    Allergies,
    "/v1/portal/chart/allergies",
    "listAllergies",
    "patient/AllergyIntolerance.read",
    "Allergies and intolerances"
);
section_route!(
    list_medications,
    Medications,
    "/v1/portal/chart/medications",
    "listMedications",
    "patient/MedicationRequest.read",
    "Prescribed medications"
);
section_route!(
    list_vitals,
    Vitals,
    "/v1/portal/chart/vitals",
    "listVitals",
    "patient/Observation.read",
    "Vital signs"
);
section_route!(
    list_immunizations,
    Immunizations,
    "/v1/portal/chart/immunizations",
    "listImmunizations",
    "patient/Immunization.read",
    "Immunizations"
);
section_route!(
    list_problems,
    Problems,
    "/v1/portal/chart/problems",
    "listProblems",
    "patient/Condition.read",
    "Conditions, present and past"
);

section_route!(
    list_documents,
    Documents,
    "/v1/portal/chart/documents",
    "listDocuments",
    "patient/DocumentReference.read",
    "Documents"
);

async fn page(
    State(faces): State<Faces>,
    asked: PortalCaller,
    section: Section,
) -> Result<Response, Fault> {
    let answer = faces
        .portal
        .section(&asked.caller, section, &asked.parameters)
        .await;
    let answer = answer.map_err(Fault::on(Surface::Portal))?;
    let links = Links {
        public_url: &faces.settings.public_url,
        path: format!("/v1/portal/chart/{}", section.as_str()),
        cursor: "cursor",
    };
    Ok(disclosure::section(&answer, &links, &asked.exchange))
}
