//! The head of the description of `/internal/portal`.

use utoipa::OpenApi;

use crate::openapi::Bearer;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Patient portal, internal",
        description = "For staff and services of the platform, on a port of its own that no ingress reaches. Tokens are the staff issuer's alone; their roles (`realm_access.roles`) open what each operation names. No role opens clinical data.",
        version = "1.0.0",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "accounts", description = "Accounts of the tenant"),
        (name = "delegations", description = "Delegations that rest on the law, and the end of any"),
        (name = "tenant", description = "What the tenant decides for itself"),
        (name = "audit", description = "Who saw what, and why they could"),
        (name = "sources", description = "Records that changed; the token is a source's secret"),
        (name = "operations", description = "Events that were given up, and how much is used"),
    ),
    modifiers(&Bearer),
)]
struct Api;

/// The description without routes, to which the routes add themselves.
pub(super) fn head() -> utoipa::openapi::OpenApi {
    Api::openapi()
}
