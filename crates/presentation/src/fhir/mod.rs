//! `/fhir/R4`: FHIR R4 over the same use cases as REST. Its routes and its `CapabilityStatement`
//! come from the same tables of types and parameters.

mod form;
mod metadata;
mod negotiate;
mod read;
mod search;

use std::convert::Infallible;

use axum::Router;
use axum::extract::{FromRequestParts, Path};
use axum::routing::{get, post};
use http::request::Parts;
use portal_fhir::{ResourceType, is_searchable};

use crate::router::Faces;

/// Every route.
pub(crate) fn routes(public_url: &str) -> Router<Faces> {
    let mut router = Router::new().route("/fhir/R4/metadata", metadata::route(public_url));
    for &resource_type in ResourceType::ALL {
        let path = format!("/fhir/R4/{resource_type}");
        if resource_type == ResourceType::Binary {
            router = router.route(&format!("{path}/{{id}}"), get(read::content));
            continue;
        }
        router = router.route(
            &format!("{path}/{{id}}"),
            get(move |faces, id, asked, headers| {
                read::by_id(faces, id, asked, headers, resource_type)
            }),
        );
        if is_searchable(resource_type) {
            router = searched(router, &path, resource_type);
        }
    }
    router
}

fn searched(router: Router<Faces>, path: &str, resource_type: ResourceType) -> Router<Faces> {
    router
        .route(
            path,
            get(move |faces, asked, headers| {
                search::by_query(faces, asked, headers, resource_type)
            }),
        )
        .route(
            &format!("{path}/_search"),
            post(move |faces, asked, headers, body| {
                search::by_form(faces, asked, headers, body, resource_type)
            }),
        )
}

/// The id of a path. One that is no text becomes an id that nothing has, so that it is answered
/// like any other that is not found, and not before the caller is known.
pub(crate) struct RecordId(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for RecordId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let id = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(id.map_or_else(|_| String::new(), |Path(id)| id)))
    }
}
