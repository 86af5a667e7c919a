//! How much the portal is used.

use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use portal_application::staff::Usage;
use portal_domain::access::Surface;
use serde::Serialize;
use utoipa::ToSchema;

use super::InternalFaces;
use super::caller::InternalCaller;
use crate::disclosure;
use crate::fault::Fault;
use crate::problem::Problem;

/// Counts of a range of days.
#[derive(Serialize, ToSchema)]
#[schema(as = Usage)]
pub(super) struct UsageView<'a> {
    /// The first day, in the health system's zone.
    #[schema(value_type = String, format = Date)]
    from: Date,
    /// The last one.
    #[schema(value_type = String, format = Date)]
    to: Date,
    /// By day, operation and outcome.
    data: Vec<CountView<'a>>,
}

/// How often something happened on a day.
#[derive(Serialize, ToSchema)]
#[schema(as = UsageCount)]
pub(super) struct CountView<'a> {
    /// The day.
    #[schema(value_type = String, format = Date)]
    day: Date,
    /// The operation id.
    operation: &'a str,
    /// `success`, `denied` or `failed`.
    outcome: &'a str,
    /// How often.
    count: u64,
}

fn view(usage: &Usage) -> UsageView<'_> {
    let count = usage.counts.iter().map(|count| CountView {
        day: count.day,
        operation: &count.operation,
        outcome: &count.outcome,
        count: count.count,
    });
    UsageView {
        from: usage.from,
        to: usage.to,
        data: count.collect(),
    }
}

/// Counts by day, operation and outcome
#[utoipa::path(
    get,
    path = "/internal/portal/usage",
    operation_id = "getUsage",
    tag = "operations",
    security(("bearer" = ["portal-admin", "portal-support", "portal-auditor"])),
    params(
        ("from" = Option<String>, Query, description = "The first day; a week before the last unless said"),
        ("to" = Option<String>, Query, description = "The last day, at most 31 days in all; this day unless said"),
    ),
    responses(
        (status = 200, description = "The counts", body = UsageView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn get_usage(
    State(faces): State<InternalFaces>,
    asked: InternalCaller,
) -> Result<Response, Fault> {
    let raw = &asked.parameters;
    let usage = faces.desk.usage(&asked.caller, raw).await;
    let usage = usage.map_err(Fault::on(Surface::Portal))?;
    disclosure::recorded(&usage, view, &asked.exchange)
}
