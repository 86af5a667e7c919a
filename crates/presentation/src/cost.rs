//! What a request costs of a budget (spec 02, Rate limits).

use http::Method;

const READ: u32 = 1;
const AGGREGATE: u32 = 5;
const WRITE: u32 = 10;
const EXPORT: u32 = 100;

/// Answers that are built from several sources.
const AGGREGATES: [&str; 3] = [
    "/v1/portal/chart/summary",
    "/v1/portal/chart/timeline",
    "/fhir/R4/Patient/{id}/$everything",
];
const EXPORTS: [&str; 1] = ["/v1/portal/export"];

/// The points of a request, by its method and its route's template; none for what is not served.
pub(crate) fn points(method: &Method, route: Option<&str>) -> u32 {
    let route = route.unwrap_or_default();
    let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    // FHIR searches may be sent as a form.
    if reads || route.ends_with("/_search") {
        if AGGREGATES.contains(&route) {
            AGGREGATE
        } else {
            READ
        }
    } else if EXPORTS.contains(&route) {
        EXPORT
    } else {
        WRITE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_has_its_price() {
        for (method, route, price) in [
            (Method::GET, Some("/v1/portal/me"), READ),
            (Method::HEAD, Some("/fhir/R4/metadata"), READ),
            (Method::GET, None, READ),
            (Method::POST, Some("/fhir/R4/Observation/_search"), READ),
            (Method::GET, Some("/v1/portal/chart/summary"), AGGREGATE),
            (Method::PATCH, Some("/v1/portal/me"), WRITE),
            (Method::DELETE, Some("/v1/portal/me/apps/{clientId}"), WRITE),
            (Method::POST, Some("/v1/portal/export"), EXPORT),
            (Method::GET, Some("/v1/portal/export/{expjob}"), READ),
        ] {
            assert_eq!(points(&method, route), price, "{method} {route:?}");
        }
    }
}
