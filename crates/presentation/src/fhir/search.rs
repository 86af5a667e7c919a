//! `GET /fhir/R4/{type}` and `POST /fhir/R4/{type}/_search` (FHIR R4 3.1.1): the same search.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use portal_domain::access::Surface;
use portal_fhir::ResourceType;

use crate::caller::FhirCaller;
use crate::code::Code;
use crate::disclosure::{self, Links};
use crate::fault::Fault;
use crate::query;
use crate::router::Faces;

use super::form;
use super::negotiate::{handling, json_is_wanted};

/// By the query.
pub(super) async fn by_query(
    State(faces): State<Faces>,
    asked: FhirCaller,
    headers: HeaderMap,
    resource_type: ResourceType,
) -> Result<Response, Fault> {
    json_is_wanted(&headers, &asked.parameters)?;
    let FhirCaller {
        caller, parameters, ..
    } = &asked;
    let handling = handling(&headers);
    let answer = faces
        .portal
        .search(caller, resource_type, parameters, handling)
        .await;
    let answer = answer.map_err(Fault::on(Surface::Fhir))?;
    let links = Links {
        public_url: &faces.settings.public_url,
        path: format!("/fhir/R4/{resource_type}"),
        cursor: "_cursor",
    };
    Ok(disclosure::search(&answer, &links))
}

/// By a form; parameters of the query count too.
pub(super) async fn by_form(
    faces: State<Faces>,
    mut asked: FhirCaller,
    headers: HeaderMap,
    body: Body,
    resource_type: ResourceType,
) -> Result<Response, Fault> {
    let pairs = form::read(&headers, body).await?;
    if pairs.iter().any(|(name, _)| query::is_token_name(name)) {
        return Err(Code::AmbiguousCredentials.into());
    }
    asked.parameters.extend(pairs);
    asked.caller.request.query_keys = query::keys(&asked.parameters);
    by_query(faces, asked, headers, resource_type).await
}
