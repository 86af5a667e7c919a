//! Delegations: whom the caller lets act for them, and for whom they may act.

mod view;

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use http::header::{ETAG, HeaderValue, LOCATION};
use portal_application::Performed;
use portal_domain::access::Surface;
use portal_domain::audit::Recorded;
use portal_domain::proxy_delegation::ProxyDelegation;

use crate::caller::PortalCaller;
use crate::disclosure;
use crate::fault::Fault;
use crate::problem::Problem;
use crate::router::Faces;
use crate::sent::Sent;

use view::{CodeBody, DelegationList, DelegationView, InvitationBody, changed, listed};

/// The delegations that the caller grants or holds
#[utoipa::path(
    get,
    path = "/v1/portal/proxy-delegations",
    operation_id = "listProxyDelegations",
    tag = "delegations",
    security(("bearer" = ["patient/Patient.read"])),
    responses(
        (status = 200, description = "Newest first", body = DelegationList, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_proxy_delegations(
    State(faces): State<Faces>,
    asked: PortalCaller,
) -> Result<Response, Fault> {
    let raw = &asked.parameters;
    let found = faces.portal.proxy_delegations(&asked.caller, raw).await;
    let found = found.map_err(Fault::on(Surface::Portal))?;
    let list = |found: &Vec<_>| DelegationList {
        data: found.iter().map(listed).collect(),
    };
    disclosure::recorded(&found, list, &asked.exchange)
}

/// One delegation that the caller grants or holds
#[utoipa::path(
    get,
    path = "/v1/portal/proxy-delegations/{pdel}",
    operation_id = "getProxyDelegation",
    tag = "delegations",
    security(("bearer" = ["patient/Patient.read"])),
    params(("pdel" = String, Path, description = "`pdel_…`")),
    responses(
        (status = 200, description = "The delegation", body = DelegationView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_proxy_delegation(
    State(faces): State<Faces>,
    asked: PortalCaller,
    Path(pdel): Path<String>,
) -> Result<Response, Fault> {
    let raw = &asked.parameters;
    let found = faces
        .portal
        .proxy_delegation(&asked.caller, &pdel, raw)
        .await;
    let found = found.map_err(Fault::on(Surface::Portal))?;
    let mut response = disclosure::recorded(&found, listed, &asked.exchange)?;
    let tag = disclosure::version_tag(found.value().delegation.version);
    response.headers_mut().insert(ETAG, tag);
    Ok(response)
}

/// Invite somebody to act for the caller
#[utoipa::path(
    post,
    path = "/v1/portal/proxy-delegations",
    operation_id = "createProxyDelegation",
    tag = "delegations",
    security(("bearer" = ["patient/Patient.write"])),
    params(("Idempotency-Key" = String, Header, description = "1–255 visible ASCII characters")),
    request_body(content = InvitationBody, content_type = "application/json"),
    responses(
        (status = 201, description = "Invited; the code goes to the address alone", body = DelegationView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn create_proxy_delegation(
    State(faces): State<Faces>,
    asked: PortalCaller,
    sent: Sent,
) -> Result<Response, Fault> {
    let request = sent.with(asked.parameters);
    let made = faces.portal.invite_proxy(&asked.caller, &request).await;
    let made = made.map_err(Fault::on(Surface::Portal))?;
    let id = made.value().made.id;
    let mut headers = HeaderMap::new();
    let place = format!("/v1/portal/proxy-delegations/{id}");
    if let Ok(place) = HeaderValue::from_str(&place) {
        headers.insert(LOCATION, place);
    }
    answer(&made, headers)
}

/// Accept an invitation with the code that was sent
#[utoipa::path(
    post,
    path = "/v1/portal/proxy-delegations/accept",
    operation_id = "acceptProxyDelegation",
    tag = "delegations",
    security(("bearer" = ["openid", "profile"])),
    params(("Idempotency-Key" = String, Header, description = "1–255 visible ASCII characters")),
    request_body(content = CodeBody, content_type = "application/json"),
    responses(
        (status = 200, description = "Accepted; it opens nothing until the grantor confirms", body = DelegationView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn accept_proxy_delegation(
    State(faces): State<Faces>,
    asked: PortalCaller,
    sent: Sent,
) -> Result<Response, Fault> {
    let request = sent.with(asked.parameters);
    let accepted = faces
        .portal
        .accept_proxy_delegation(&asked.caller, &request)
        .await;
    answer(
        &accepted.map_err(Fault::on(Surface::Portal))?,
        HeaderMap::new(),
    )
}

/// Decline an invitation with the code that was sent
#[utoipa::path(
    post,
    path = "/v1/portal/proxy-delegations/decline",
    operation_id = "declineProxyDelegation",
    tag = "delegations",
    security(("bearer" = ["openid", "profile"])),
    request_body(content = CodeBody, content_type = "application/json"),
    responses(
        (status = 204, description = "Declined"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn decline_proxy_delegation(
    State(faces): State<Faces>,
    asked: PortalCaller,
    sent: Sent,
) -> Result<Response, Fault> {
    let request = sent.with(asked.parameters);
    let declined = faces
        .portal
        .decline_proxy_delegation(&asked.caller, &request)
        .await;
    let declined = declined.map_err(Fault::on(Surface::Portal))?;
    disclosure::performed(&declined, |()| None::<()>, HeaderMap::new())
}

/// Confirm who accepted: from then on the delegation opens what it says
#[utoipa::path(
    post,
    path = "/v1/portal/proxy-delegations/{pdel}/confirm",
    operation_id = "confirmProxyDelegation",
    tag = "delegations",
    security(("bearer" = ["patient/Patient.write"])),
    params(("pdel" = String, Path, description = "`pdel_…`")),
    responses(
        (status = 200, description = "Active from its first day on", body = DelegationView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn confirm_proxy_delegation(
    State(faces): State<Faces>,
    asked: PortalCaller,
    Path(pdel): Path<String>,
    sent: Sent,
) -> Result<Response, Fault> {
    let request = sent.with(asked.parameters);
    let confirmed = faces
        .portal
        .confirm_proxy_delegation(&asked.caller, &pdel, &request)
        .await;
    answer(
        &confirmed.map_err(Fault::on(Surface::Portal))?,
        HeaderMap::new(),
    )
}

/// End a delegation that the caller grants or holds
#[utoipa::path(
    post,
    path = "/v1/portal/proxy-delegations/{pdel}/revoke",
    operation_id = "revokeProxyDelegation",
    tag = "delegations",
    security(("bearer" = ["patient/Patient.write"])),
    params(("pdel" = String, Path, description = "`pdel_…`")),
    responses(
        (status = 200, description = "Ended, on the next answer everywhere", body = DelegationView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn revoke_proxy_delegation(
    State(faces): State<Faces>,
    asked: PortalCaller,
    Path(pdel): Path<String>,
    sent: Sent,
) -> Result<Response, Fault> {
    let request = sent.with(asked.parameters);
    let revoked = faces
        .portal
        .revoke_proxy_delegation(&asked.caller, &pdel, &request)
        .await;
    answer(
        &revoked.map_err(Fault::on(Surface::Portal))?,
        HeaderMap::new(),
    )
}

fn answer(
    made: &Recorded<Performed<ProxyDelegation>>,
    mut headers: HeaderMap,
) -> Result<Response, Fault> {
    let tag = disclosure::version_tag(made.value().made.version);
    headers.insert(ETAG, tag);
    disclosure::performed(made, |delegation| Some(changed(delegation)), headers)
}
