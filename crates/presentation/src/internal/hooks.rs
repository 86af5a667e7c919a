//! Sources that say that records have changed: FHIR R4 Subscriptions of the kind rest-hook
//! (<https://hl7.org/fhir/R4/subscription.html>).

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Path, State};
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use portal_application::hooks::HookError;
use portal_application::ports::RecordHook;
use portal_domain::access::Surface;

use super::InternalFaces;
use crate::caller::{credential, exchange};
use crate::code::Code;
use crate::exchange::Who;
use crate::fault::Fault;
use crate::problem::Problem;
use crate::sent::essence;

/// Spec 02, Unknown input.
const MAX_BODY: usize = 256 * 1024;
const ACTOR: &str = "source";

/// A source that is known by its secret.
pub(super) struct HookCaller(RecordHook);

impl FromRequestParts<InternalFaces> for HookCaller {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, faces: &InternalFaces) -> Result<Self, Fault> {
        let exchange = exchange(parts).await?;
        let secret = credential(&parts.headers, Surface::Fhir)?;
        let hook = faces.hooks.identify(&secret).ok_or(Fault {
            token_refused: true,
            ..Code::Unauthenticated.into()
        })?;
        let share = faces.tenants.enter(&hook.tenant).ok_or(Code::Overloaded)?;
        exchange.move_to(share);
        let _ = exchange.who.set(Who {
            tenant: Some(hook.tenant.clone()),
            actor: ACTOR.to_owned(),
        });
        tracing::Span::current().record("tenant_id", hook.tenant.as_str());
        Ok(Self(hook))
    }
}

/// A source says that a patient's records have changed
///
/// The bearer token is the secret that `FHIR_HOOKS` gives the source; it alone says whose records
/// of which source. Of the body only the patient's id is looked at. Without a body, or in one that
/// names no patient, nothing can be read anew; it is answered all the same.
#[utoipa::path(
    post,
    path = "/internal/portal/hooks/fhir",
    operation_id = "notifyFhirHook",
    tag = "sources",
    security(("bearer" = [])),
    request_body(content = Object, description = "A resource or a Bundle, or nothing", content_type = "application/fhir+json"),
    responses(
        (status = 204, description = "Taken"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn notify_fhir_hook(
    State(faces): State<InternalFaces>,
    HookCaller(hook): HookCaller,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Fault> {
    let body = resource(&headers, body).await?;
    faces.hooks.notify(&hook, &body).await.map_err(fault)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The same, as servers say it that send a changed resource to its own place below the hook
#[utoipa::path(
    put,
    path = "/internal/portal/hooks/fhir/{resourceType}/{id}",
    operation_id = "putToFhirHook",
    tag = "sources",
    security(("bearer" = [])),
    params(
        ("resourceType" = String, Path, description = "Not looked at"),
        ("id" = String, Path, description = "Not looked at"),
    ),
    request_body(content = Object, description = "The resource", content_type = "application/fhir+json"),
    responses(
        (status = 204, description = "Taken"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn put_to_fhir_hook(
    faces: State<InternalFaces>,
    caller: HookCaller,
    Path(_): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Fault> {
    notify_fhir_hook(faces, caller, headers, body).await
}

/// The body of a source that is known. An empty one needs no type.
async fn resource(headers: &HeaderMap, body: Body) -> Result<Bytes, Fault> {
    let bytes = to_bytes(body, MAX_BODY).await;
    let bytes = bytes.map_err(|_| Code::PayloadTooLarge)?;
    let is_fhir = headers.get(CONTENT_TYPE).is_some_and(|value| {
        let essence = essence(value);
        essence.eq_ignore_ascii_case(b"application/fhir+json")
            || essence.eq_ignore_ascii_case(b"application/json")
    });
    if headers.contains_key(CONTENT_ENCODING) || !(is_fhir || bytes.is_empty()) {
        return Err(Code::UnsupportedMediaType.into());
    }
    Ok(bytes)
}

fn fault(error: HookError) -> Fault {
    match error {
        HookError::NotFhir => Code::MalformedBody,
        HookError::TooMany => Code::PayloadTooLarge,
        HookError::Cache(_) => Code::StoreUnavailable,
    }
    .into()
}
