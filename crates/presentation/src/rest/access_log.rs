//! Who looked at the record, for the patient whose it is.

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use portal_application::AccessLogAnswer;
use portal_domain::access::Surface;
use portal_domain::audit::AccessLogEntry;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::PortalCaller;
use crate::disclosure;
use crate::fault::Fault;
use crate::problem::Problem;
use crate::router::Faces;

/// A page of the access log.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccessLogPage<'a> {
    /// The entries, newest first.
    data: Vec<AccessEventView<'a>>,
    /// How many the filter has in all.
    total: u64,
    /// As asked for.
    limit: u32,
    /// As asked for.
    offset: u32,
}

/// One look at the record, or one refusal.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessEventView<'a> {
    /// `paev_…`
    id: &'a str,
    /// When (RFC 3339 UTC).
    #[schema(value_type = String, format = DateTime)]
    occurred_at: Timestamp,
    /// What was done, such as `chart.viewed`.
    event_type: &'a str,
    /// `success`, `denied` or `failed`.
    outcome: &'a str,
    /// Why it was refused or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_code: Option<&'a str>,
    /// Who.
    actor: AccessActorView<'a>,
    /// The type looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_type: Option<&'a str>,
    /// The ids shown, at most 50.
    resource_ids: &'a [String],
    /// How many were shown in all.
    resource_count: u32,
    /// From which network.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_address: Option<&'a str>,
    /// With what class of program.
    user_agent_class: &'a str,
    /// The correlation.
    request_id: &'a str,
}

/// Who acted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessActorView<'a> {
    /// `self`, `proxy` or `app`.
    kind: &'a str,
    /// Whether it was an act for somebody else.
    acting_as_proxy: bool,
    /// `pdel_…`, of an act for somebody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_delegation_id: Option<&'a str>,
    /// The acting account.
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
    /// The client.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
}

/// Every look at the record and every refusal
#[utoipa::path(
    get,
    path = "/v1/portal/me/access-log",
    operation_id = "listAccessLog",
    tag = "account",
    security(("bearer" = ["patient/Patient.read"])),
    params(
        ("limit" = Option<u32>, Query, description = "1 to 100; 20 unless said", minimum = 1, maximum = 100),
        ("offset" = Option<u32>, Query, description = "How many newer entries to leave out", maximum = 1_000_000),
        ("from" = Option<String>, Query, description = "FHIR date or instant; not before"),
        ("to" = Option<String>, Query, description = "FHIR date or instant; not after"),
        ("eventType" = Option<String>, Query, description = "Such as `chart.viewed`"),
        ("actor" = Option<String>, Query, description = "`self`, `proxy` or `app`"),
    ),
    responses(
        (status = 200, description = "A page", body = AccessLogPage, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_access_log(
    State(faces): State<Faces>,
    asked: PortalCaller,
) -> Result<Response, Fault> {
    let log = faces
        .portal
        .access_log(&asked.caller, &asked.parameters)
        .await;
    let log = log.map_err(Fault::on(Surface::Portal))?;
    disclosure::recorded(&log, page, &asked.exchange)
}

fn page(log: &AccessLogAnswer) -> AccessLogPage<'_> {
    AccessLogPage {
        data: log.entries.iter().map(access_event).collect(),
        total: log.total,
        limit: log.limit,
        offset: log.offset,
    }
}

/// One line as clients see it.
pub(crate) fn access_event(entry: &AccessLogEntry) -> AccessEventView<'_> {
    AccessEventView {
        id: &entry.id,
        occurred_at: entry.occurred_at,
        event_type: &entry.event_type,
        outcome: &entry.outcome,
        reason_code: entry.reason_code.as_deref(),
        actor: AccessActorView {
            kind: &entry.actor.kind,
            acting_as_proxy: entry.actor.acting_as_proxy,
            proxy_delegation_id: entry.actor.proxy_delegation_id.as_deref(),
            account_id: entry.actor.account_id.as_deref(),
            client_id: entry.actor.client_id.as_deref(),
        },
        resource_type: entry.resource_type.as_deref(),
        resource_ids: &entry.resource_ids,
        resource_count: entry.resource_count,
        client_address: entry.client_address.as_deref(),
        user_agent_class: &entry.user_agent_class,
        request_id: &entry.request_id,
    }
}
