//! `/v1/portal`: the contract of the portal's own clients.

mod access_log;
mod chart;
mod me;
mod meta;
mod results;
mod values;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::Faces;

/// Every route, with its description.
pub(crate) fn routes(openapi: utoipa::openapi::OpenApi) -> OpenApiRouter<Faces> {
    OpenApiRouter::with_openapi(openapi)
        .routes(routes!(me::get_me))
        .routes(routes!(access_log::list_access_log))
        .routes(routes!(chart::get_chart_summary))
        .routes(routes!(chart::list_allergies))
        .routes(routes!(chart::list_medications))
        .routes(routes!(chart::list_vitals))
        .routes(routes!(chart::list_immunizations))
        .routes(routes!(chart::list_problems))
        .routes(routes!(results::list_lab_results))
        .routes(routes!(results::get_lab_result))
}
