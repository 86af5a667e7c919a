//! `GET /fhir/R4/{type}/{id}` (FHIR R4 3.1.0.1).

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use portal_domain::access::Surface;
use portal_fhir::ResourceType;

use crate::caller::FhirCaller;
use crate::disclosure;
use crate::fault::Fault;
use crate::router::Faces;

use super::RecordId;
use super::negotiate::json_is_wanted;

/// The content of a Binary, of its own type whatever is accepted.
pub(super) async fn content(
    State(faces): State<Faces>,
    RecordId(id): RecordId,
    asked: FhirCaller,
) -> Result<Response, Fault> {
    let answer = faces.portal.binary(&asked.caller, &id).await;
    let answer = answer.map_err(Fault::on(Surface::Fhir))?;
    Ok(disclosure::content(answer))
}

/// One resource. Parameters other than `_format` have no meaning here and are ignored.
pub(super) async fn by_id(
    State(faces): State<Faces>,
    RecordId(id): RecordId,
    asked: FhirCaller,
    headers: HeaderMap,
    resource_type: ResourceType,
) -> Result<Response, Fault> {
    json_is_wanted(&headers, &asked.parameters)?;
    let answer = faces.portal.read(&asked.caller, resource_type, &id).await;
    let answer = answer.map_err(Fault::on(Surface::Fhir))?;
    disclosure::resource(&answer, &asked.exchange)
}
