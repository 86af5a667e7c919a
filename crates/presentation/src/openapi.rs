//! The `OpenAPI` description of `/v1/portal`, made of the routes that serve it.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::rest;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Patient portal",
        description = "One contract for the web portal and the mobile apps. Instants are RFC 3339 UTC; dates without a time are civil dates in the tenant's time zone; decimals are strings, exactly as the source sent them. `/fhir/R4` is described by its own CapabilityStatement.",
        version = "1.0.0",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "account", description = "The caller's own account"),
        (name = "delegations", description = "Whom the caller lets act for them, and for whom they may act"),
        (name = "record", description = "The chart"),
        (name = "results", description = "Laboratory results"),
        (name = "messages", description = "Messages with the health system"),
        (name = "booking", description = "With whom, where and when appointments can be had"),
    ),
    modifiers(&Bearer),
)]
struct Api;

/// How callers say who they are.
pub(crate) struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("An access token with SMART scopes (RFC 9068)"))
            .build();
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// The description without routes, to which the routes add themselves.
pub(crate) fn head() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

/// The `OpenAPI` description of `/v1/portal`.
pub fn openapi() -> utoipa::openapi::OpenApi {
    rest::routes(head()).into_openapi()
}

#[cfg(test)]
mod tests {
    use portal_application::operation;

    #[test]
    fn every_operation_is_described_once_and_under_its_own_name() {
        let document = serde_json::to_value(super::openapi()).unwrap();
        let paths = document["paths"].as_object().unwrap().values();
        let mut described: Vec<_> = paths
            .flat_map(|path| path.as_object().unwrap().values())
            .map(|operation| operation["operationId"].as_str().unwrap().to_owned())
            .collect();
        described.sort_unstable();
        let mut known: Vec<_> = operation::PORTAL.iter().map(|it| it.operation).collect();
        known.sort_unstable();
        assert_eq!(described, known);
    }

    #[test]
    fn every_reference_resolves() {
        let document = serde_json::to_value(super::openapi()).unwrap();
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
