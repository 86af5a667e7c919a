//! What a tenant decides for itself.

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use http::header::ETAG;
use portal_domain::access::Surface;
use serde_json::Value;
use utoipa::ToSchema;

use super::InternalFaces;
use super::caller::InternalCaller;
use crate::disclosure;
use crate::fault::Fault;
use crate::problem::Problem;
use crate::sent::Sent;

/// What a tenant decides for itself; a member that is absent has its default.
#[derive(ToSchema)]
#[schema(as = TenantConfig, rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "it only describes the document, which is read and written as it is"
)]
pub(super) struct TenantConfigBody {
    /// What is held and withheld: ordered rules and a default.
    #[schema(value_type = Option<Object>)]
    release_policy: Option<Value>,
    /// What parents may see, by age.
    #[schema(value_type = Option<Vec<Object>>)]
    age_bands: Option<Value>,
    /// What is sensitive, by category.
    #[schema(value_type = Option<Object>)]
    sensitivity_codes: Option<Value>,
    /// Whether the identity provider is asked about every token.
    introspect_tokens: Option<bool>,
}

/// What the tenant decided
#[utoipa::path(
    get,
    path = "/internal/portal/tenants/{id}/config",
    operation_id = "getTenantConfig",
    tag = "tenant",
    security(("bearer" = ["portal-admin"])),
    params(("id" = String, Path, description = "The token's own tenant")),
    responses(
        (status = 200, description = "The document; `ETag` is its version", body = TenantConfigBody, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn get_tenant_config(
    State(faces): State<InternalFaces>,
    asked: InternalCaller,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let raw = &asked.parameters;
    let found = faces.desk.config(&asked.caller, &id, raw).await;
    let found = found.map_err(Fault::on(Surface::Portal))?;
    let mut response = disclosure::recorded(&found, |it| &it.document, &asked.exchange)?;
    let tag = disclosure::version_tag(found.value().version);
    response.headers_mut().insert(ETAG, tag);
    Ok(response)
}

/// Put another document in its place, whole
#[utoipa::path(
    put,
    path = "/internal/portal/tenants/{id}/config",
    operation_id = "putTenantConfig",
    tag = "tenant",
    security(("bearer" = ["portal-admin"])),
    params(
        ("id" = String, Path, description = "The token's own tenant"),
        ("If-Match" = Option<String>, Header, description = "The version that is to be replaced, as its `ETag` has it"),
    ),
    request_body(content = TenantConfigBody, content_type = "application/json"),
    responses(
        (status = 200, description = "In force on the next answer everywhere", body = TenantConfigBody, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn put_tenant_config(
    State(faces): State<InternalFaces>,
    asked: InternalCaller,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Response, Fault> {
    let request = sent.with(asked.parameters);
    let put = faces.desk.put_config(&asked.caller, &id, &request).await;
    let put = put.map_err(Fault::on(Surface::Portal))?;
    let mut headers = HeaderMap::new();
    let tag = disclosure::version_tag(put.value().made.version);
    headers.insert(ETAG, tag);
    disclosure::performed(&put, |it| Some(&it.document), headers)
}
