//! Lists of records as the portal's own clients show them: the timeline, radiology, prescriptions,
//! cover, explanations of benefit, appointments.

mod appointment;
mod benefit;
mod coverage;
mod demographics;
pub(super) mod element;
mod prescription;
mod report;
mod statement;
mod timeline;

use axum::extract::State;
use axum::response::Response;
use portal_application::{ListAnswer, RecordList};
use portal_domain::access::Surface;
use portal_domain::disclosure::{Disclosed, Disclosure};
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::PortalCaller;
use crate::disclosure;
use crate::fault::Fault;
use crate::fhir::RecordId;
use crate::language::Language;
use crate::problem::Problem;
use crate::rest::meta::{Meta, WithMeta};
use crate::router::Faces;

use appointment::{AppointmentView, appointment};
use benefit::{BenefitView, benefit, itemised};
use coverage::{CoverageView, coverage};
pub(super) use demographics::{AddressView, address};
use demographics::{DemographicsView, demographics};
use prescription::{PrescriptionView, Shown};
use report::{RadiologyReportView, radiology_report};
use statement::{StatementView, itemised_statement, statement};
use timeline::{TimelineEntry, entry};

/// The data of a page.
#[derive(Serialize)]
pub(super) struct Data<T> {
    pub(super) data: Vec<T>,
}

/// What is said beside a page.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AboutPage<'a> {
    pub(super) next_cursor: Option<&'a str>,
    #[serde(flatten)]
    pub(super) meta: WithMeta,
}

/// How a record is shown; none for one that cannot be read.
type View<T> = fn(&Showing<'_>, Disclosed<'_>) -> Option<T>;

/// What views are made with beside the record.
struct Showing<'a> {
    answer: &'a ListAnswer,
    language: Language,
}

async fn page<T: Serialize>(
    State(faces): State<Faces>,
    asked: PortalCaller,
    list: RecordList,
    view: View<T>,
) -> Result<Response, Fault> {
    let portal = &faces.portal;
    let answer = portal.list(&asked.caller, list, &asked.parameters).await;
    let answer = answer.map_err(Fault::on(Surface::Portal))?;
    let showing = Showing {
        answer: &answer,
        language: asked.exchange.language(),
    };
    let about = AboutPage {
        next_cursor: answer.next.as_deref(),
        meta: WithMeta::of_list(&answer.completeness, &answer.withheld),
    };
    disclosure::view(
        (&answer.disclosure, &answer.completeness),
        (&asked.exchange, showing.language),
        |disclosure| {
            let views = records(disclosure).filter_map(|record| view(&showing, record));
            Some(Data {
                data: views.collect(),
            })
        },
        &about,
    )
}

async fn one<T: Serialize>(
    State(faces): State<Faces>,
    (asked, id): (PortalCaller, Option<String>),
    list: RecordList,
    view: View<T>,
) -> Result<Response, Fault> {
    let portal = &faces.portal;
    let answer = portal
        .listed(&asked.caller, list, id.as_deref(), &asked.parameters)
        .await;
    let answer = answer.map_err(Fault::on(Surface::Portal))?;
    let showing = Showing {
        answer: &answer,
        language: asked.exchange.language(),
    };
    disclosure::view(
        (&answer.disclosure, &answer.completeness),
        (&asked.exchange, showing.language),
        |disclosure| view(&showing, records(disclosure).next()?),
        &WithMeta::of(&answer.completeness),
    )
}

fn records(disclosure: &Disclosure) -> impl Iterator<Item = Disclosed<'_>> {
    disclosure.group(portal_application::record::RECORDS)
}

macro_rules! list_route {
    (
        $handler:ident, $list:ident, $path:tt, $operation:tt, $scope:tt, $title:literal,
        $body:ident of $item:ident, $view:expr
    ) => {
        #[doc = $title]
        #[derive(Serialize, ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub(crate) struct $body {
            data: Vec<$item>,
            /// The `cursor` of the next page; null on the last.
            next_cursor: Option<String>,
            meta: Meta,
        }

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
                ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
            ),
            responses(
                (status = 200, description = "A page, newest first", body = $body, content_type = "application/json"),
                (status = 304, description = "Unchanged"),
                (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
            ),
        )]
        pub(crate) async fn $handler(
            faces: State<Faces>,
            asked: PortalCaller,
        ) -> Result<Response, Fault> {
            page(faces, asked, RecordList::$list, $view).await
        }
    };
}

macro_rules! one_route {
    (
        $handler:ident, $list:ident, $path:tt, $operation:tt, $scope:tt, $title:literal,
        $body:ident of $item:ident, $view:expr
    ) => {
        #[doc = $title]
        #[derive(Serialize, ToSchema)]
        pub(crate) struct $body {
            #[serde(flatten)]
            record: $item,
            meta: Meta,
        }

        #[doc = $title]
        #[utoipa::path(
            get,
            path = $path,
            operation_id = $operation,
            tag = "record",
            security(("bearer" = [$scope])),
            params(("id" = String, Path, description = "Its id, also on `/fhir/R4`")),
            responses(
                (status = 200, description = "The record", body = $body, content_type = "application/json"),
                (status = 304, description = "Unchanged"),
                (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
            ),
        )]
        pub(crate) async fn $handler(
            faces: State<Faces>,
            RecordId(id): RecordId,
            asked: PortalCaller,
        ) -> Result<Response, Fault> {
            one(faces, (asked, Some(id)), RecordList::$list, $view).await
        }
    };
}

list_route!(
    list_timeline,
    Timeline,
    "/v1/portal/chart/timeline",
    "listTimeline",
    "patient/*.read",
    "Everything in one list",
    TimelinePage of TimelineEntry,
    |showing, record| entry(record, showing.language)
);
list_route!(
    list_radiology_reports,
    Radiology,
    "/v1/portal/results/radiology",
    "listRadiologyReports",
    "patient/DiagnosticReport.read",
    "Signed radiology reports",
    RadiologyReportPage of RadiologyReportView,
    |showing, record| radiology_report(record, showing.language)
);
one_route!(
    get_radiology_report,
    Radiology,
    "/v1/portal/results/radiology/{id}",
    "getRadiologyReport",
    "patient/DiagnosticReport.read",
    "One signed radiology report",
    RadiologyReportBody of RadiologyReportView,
    |showing, record| radiology_report(record, showing.language)
);
list_route!(
    list_prescriptions,
    Medications,
    "/v1/portal/medications",
    "listPrescriptions",
    "patient/MedicationRequest.read",
    "Prescriptions, and whether they can be refilled",
    PrescriptionPage of PrescriptionView,
    |showing, record| {
        let shown = Shown {
            disclosure: &showing.answer.disclosure,
            now: showing.answer.decided_at,
            zone: &showing.answer.tenant.time_zone,
            language: showing.language,
        };
        shown.prescription(record)
    }
);
list_route!(
    list_coverage,
    Coverage,
    "/v1/portal/coverage",
    "listCoverage",
    "patient/Coverage.read",
    "Cover",
    CoveragePage of CoverageView,
    |showing, record| coverage(record, showing.language)
);
list_route!(
    list_explanations_of_benefit,
    ExplanationsOfBenefit,
    "/v1/portal/eob",
    "listExplanationsOfBenefit",
    "patient/ExplanationOfBenefit.read",
    "Explanations of benefit",
    BenefitPage of BenefitView,
    |showing, record| benefit(record, showing.language)
);
one_route!(
    get_explanation_of_benefit,
    ExplanationsOfBenefit,
    "/v1/portal/eob/{id}",
    "getExplanationOfBenefit",
    "patient/ExplanationOfBenefit.read",
    "One explanation of benefit, line by line",
    BenefitBody of BenefitView,
    |showing, record| itemised(record, showing.language)
);
list_route!(
    list_statements,
    Statements,
    "/v1/portal/billing/statements",
    "listStatements",
    "patient/ExplanationOfBenefit.read",
    "Statements of account",
    StatementPage of StatementView,
    |_, record| statement(record)
);
one_route!(
    get_statement,
    Statements,
    "/v1/portal/billing/statements/{id}",
    "getStatement",
    "patient/ExplanationOfBenefit.read",
    "One statement of account, line by line",
    StatementBody of StatementView,
    |_, record| itemised_statement(record)
);
list_route!(
    list_appointments,
    Appointments,
    "/v1/portal/appointments",
    "listAppointments",
    "patient/Appointment.read",
    "Appointments",
    AppointmentPage of AppointmentView,
    |showing, record| appointment(record, zone(showing, record), showing.language)
);
one_route!(
    get_appointment,
    Appointments,
    "/v1/portal/appointments/{id}",
    "getAppointment",
    "patient/Appointment.read",
    "One appointment",
    AppointmentBody of AppointmentView,
    |showing, record| appointment(record, zone(showing, record), showing.language)
);

/// The zone that an appointment's place says, else the tenant's.
fn zone<'a>(showing: &'a Showing<'_>, record: Disclosed<'_>) -> &'a str {
    let said = showing.answer.time_zones.get(&record.header().id);
    let tenants = || showing.answer.tenant.time_zone.iana_name();
    said.map(AsRef::as_ref).or_else(tenants).unwrap_or("UTC")
}

/// Who the patient is, as registration holds it.
#[derive(Serialize, ToSchema)]
pub(crate) struct DemographicsBody {
    #[serde(flatten)]
    demographics: DemographicsView,
    meta: Meta,
}

/// Who the patient is, as registration holds it
#[utoipa::path(
    get,
    path = "/v1/portal/demographics",
    operation_id = "getDemographics",
    tag = "record",
    security(("bearer" = ["patient/Patient.read"])),
    responses(
        (status = 200, description = "The patient", body = DemographicsBody, content_type = "application/json"),
        (status = 304, description = "Unchanged"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_demographics(
    faces: State<Faces>,
    asked: PortalCaller,
) -> Result<Response, Fault> {
    let view: View<DemographicsView> = |showing, record| demographics(record, showing.language);
    one(faces, (asked, None), RecordList::Demographics, view).await
}
