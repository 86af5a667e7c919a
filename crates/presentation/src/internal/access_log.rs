//! The access log of a tenant.

use axum::extract::State;
use axum::response::Response;
use portal_application::ports::StaffLogEntry;
use portal_application::staff::StaffLogPage;
use portal_domain::access::Surface;
use serde::Serialize;
use utoipa::ToSchema;

use super::InternalFaces;
use super::caller::InternalCaller;
use crate::disclosure;
use crate::fault::Fault;
use crate::problem::Problem;
use crate::rest::{AccessEventView, access_event};

/// A page of a tenant's access log.
#[derive(Serialize, ToSchema)]
#[schema(as = StaffAccessLogPage)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageView<'a> {
    /// Newest first.
    data: Vec<EntryView<'a>>,
    /// Where the next page begins; none behind the last.
    next_cursor: Option<&'a str>,
}

/// One act, whose record it concerned, and by which operation.
#[derive(Serialize, ToSchema)]
#[schema(as = StaffAccessEvent)]
#[serde(rename_all = "camelCase")]
pub(super) struct EntryView<'a> {
    #[serde(flatten)]
    event: AccessEventView<'a>,
    /// Whose record.
    #[serde(skip_serializing_if = "Option::is_none")]
    patient_id: Option<&'a str>,
    /// The operation id.
    operation: &'a str,
}

fn entry(found: &StaffLogEntry) -> EntryView<'_> {
    EntryView {
        event: access_event(&found.entry),
        patient_id: found.patient_id.as_deref(),
        operation: &found.operation,
    }
}

fn page(found: &StaffLogPage) -> PageView<'_> {
    PageView {
        data: found.entries.iter().map(entry).collect(),
        next_cursor: found.next.as_deref(),
    }
}

/// Every act in the tenant; reading it is one too
#[utoipa::path(
    get,
    path = "/internal/portal/access-log",
    operation_id = "listTenantAccessLog",
    tag = "audit",
    security(("bearer" = ["portal-admin", "portal-auditor"])),
    params(
        ("accountId" = Option<String>, Query, description = "By this account only: `pact_…`"),
        ("patientId" = Option<String>, Query, description = "Of this patient's record only"),
        ("from" = Option<String>, Query, description = "FHIR date or instant; not before"),
        ("to" = Option<String>, Query, description = "FHIR date or instant; not after"),
        ("eventType" = Option<String>, Query, description = "Such as `chart.viewed`"),
        ("actor" = Option<String>, Query, description = "`self`, `proxy`, `app`, `staff`, `service` or `system`"),
        ("limit" = Option<u32>, Query, description = "1 to 100; 20 unless said", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "Where the page begins"),
    ),
    responses(
        (status = 200, description = "A page", body = PageView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list_tenant_access_log(
    State(faces): State<InternalFaces>,
    asked: InternalCaller,
) -> Result<Response, Fault> {
    let raw = &asked.parameters;
    let found = faces.desk.access_log(&asked.caller, raw).await;
    let found = found.map_err(Fault::on(Surface::Portal))?;
    disclosure::recorded(&found, page, &asked.exchange)
}
