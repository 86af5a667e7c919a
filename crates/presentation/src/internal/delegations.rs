//! Delegations that staff approve or end.

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use http::header::ETAG;
use jiff::civil::Date;
use portal_domain::access::Surface;
use portal_domain::proxy_delegation::{DelegationRight, ProxyDelegation};
use serde::Serialize;
use utoipa::ToSchema;

use super::InternalFaces;
use super::caller::InternalCaller;
use crate::disclosure;
use crate::fault::Fault;
use crate::problem::Problem;
use crate::sent::Sent;

/// A delegation as staff see it.
#[derive(Serialize, ToSchema)]
#[schema(as = StaffDelegation)]
#[serde(rename_all = "camelCase")]
pub(super) struct DelegationView {
    /// `pdel_…`
    delegation_id: String,
    /// `invited`, `accepted`, `active`, `revoked`, `expired` or `declined`.
    status: &'static str,
    /// Whose record.
    grantor_patient_id: String,
    /// Who may act: `pact_…`
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_account_id: Option<String>,
    /// `parent`, `guardian`, `caregiver`, `spouse` or `authorized_representative`.
    relationship_type: &'static str,
    /// What it opens.
    scope: Vec<&'static str>,
    /// The first day, in the health system's zone.
    #[schema(value_type = String, format = Date)]
    valid_from: Date,
    /// The last day; open when absent.
    #[schema(value_type = Option<String>, format = Date)]
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_to: Option<Date>,
    /// How many more of staff have to approve. Only where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    approvals_missing: Option<usize>,
}

fn view(delegation: &ProxyDelegation, approvals_missing: Option<usize>) -> DelegationView {
    let terms = &delegation.terms;
    DelegationView {
        delegation_id: delegation.id.to_string(),
        status: delegation.status.as_str(),
        grantor_patient_id: delegation.grantor.as_str().to_owned(),
        proxy_account_id: delegation.proxy.map(|proxy| proxy.to_string()),
        relationship_type: terms.relationship.as_str(),
        scope: terms.scope.iter().map(DelegationRight::as_str).collect(),
        valid_from: terms.valid_from,
        valid_to: terms.valid_to,
        approvals_missing,
    }
}

fn tagged(delegation: &ProxyDelegation) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ETAG, disclosure::version_tag(delegation.version));
    headers
}

/// Approve a legal delegation: the second of two makes it active
#[utoipa::path(
    post,
    path = "/internal/portal/proxy-delegations/{pdel}/approve",
    operation_id = "approveProxyDelegation",
    tag = "delegations",
    security(("bearer" = ["portal-admin"])),
    params(("pdel" = String, Path, description = "`pdel_…`")),
    responses(
        (status = 200, description = "Noted; active once two different members of staff have approved", body = DelegationView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn approve_proxy_delegation(
    State(faces): State<InternalFaces>,
    asked: InternalCaller,
    Path(pdel): Path<String>,
    sent: Sent,
) -> Result<Response, Fault> {
    let request = sent.with(asked.parameters);
    let approved = faces.desk.approve(&asked.caller, &pdel, &request).await;
    let approved = approved.map_err(Fault::on(Surface::Portal))?;
    let headers = tagged(&approved.value().made.delegation);
    disclosure::performed(
        &approved,
        |approval| Some(view(&approval.delegation, Some(approval.missing))),
        headers,
    )
}

/// End a delegation, legal or not
#[utoipa::path(
    post,
    path = "/internal/portal/proxy-delegations/{pdel}/revoke",
    operation_id = "endProxyDelegation",
    tag = "delegations",
    security(("bearer" = ["portal-admin"])),
    params(("pdel" = String, Path, description = "`pdel_…`")),
    responses(
        (status = 200, description = "Ended, on the next answer everywhere", body = DelegationView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn end_proxy_delegation(
    State(faces): State<InternalFaces>,
    asked: InternalCaller,
    Path(pdel): Path<String>,
    sent: Sent,
) -> Result<Response, Fault> {
    let request = sent.with(asked.parameters);
    let ended = faces.desk.revoke(&asked.caller, &pdel, &request).await;
    let ended = ended.map_err(Fault::on(Surface::Portal))?;
    let headers = tagged(&ended.value().made);
    disclosure::performed(&ended, |delegation| Some(view(delegation, None)), headers)
}
