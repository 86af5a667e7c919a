//! What documents hold.

use axum::extract::State;
use axum::response::Response;
use portal_domain::access::Surface;

use crate::caller::PortalCaller;
use crate::disclosure;
use crate::fault::Fault;
use crate::fhir::RecordId;
use crate::problem::Problem;
use crate::router::Faces;

/// The content of a document
#[utoipa::path(
    get,
    path = "/v1/portal/documents/{id}/content",
    operation_id = "getDocumentContent",
    tag = "record",
    security(("bearer" = ["patient/DocumentReference.read"])),
    params(("id" = String, Path, description = "As the list of documents has it")),
    responses(
        (status = 200, description = "The content, to be kept and not to be shown by a browser. A connection that breaks means that it is not whole", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_document_content(
    State(faces): State<Faces>,
    RecordId(id): RecordId,
    asked: PortalCaller,
) -> Result<Response, Fault> {
    let answer = faces
        .portal
        .document_content(&asked.caller, &id, &asked.parameters)
        .await;
    let answer = answer.map_err(Fault::on(Surface::Portal))?;
    Ok(disclosure::content(answer))
}
