//! Many accounts or delegations in one request: a line in, an outcome out, one after the other.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Request};
use portal_application::AccessError;
use portal_application::staff::{ImportEnded, ImportLine, ImportOutcome, Lines};
use portal_domain::access::Surface;
use serde::Serialize;
use utoipa::ToSchema;

use super::InternalFaces;
use super::caller::InternalCaller;
use crate::code::Code;
use crate::fault::Fault;
use crate::problem::{Problem, fault_code};

const NDJSON: &str = "application/x-ndjson";

/// A line of accounts.
#[derive(ToSchema)]
#[schema(as = AccountLine, rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "it only describes a line, which is read elsewhere"
)]
pub(super) struct AccountLineBody {
    /// Whose record.
    patient_id: String,
}

/// A line of legal delegations.
#[derive(ToSchema)]
#[schema(as = LegalDelegationLine, rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "it only describes a line, which is read elsewhere"
)]
pub(super) struct DelegationLineBody {
    /// Whose record.
    patient_id: String,
    /// Who is to act: `pact_…`
    proxy_account_id: String,
    /// `parent` or `guardian`.
    relationship_type: String,
    /// At least one right.
    scope: Vec<String>,
    /// The first day.
    #[schema(format = Date)]
    valid_from: String,
    /// The last day; open when absent.
    #[schema(format = Date)]
    valid_to: Option<String>,
    /// Where the paper is that it rests on.
    document_reference: String,
    /// Whether a court ordered it.
    court_order: Option<bool>,
}

/// What became of a line.
#[derive(Serialize, ToSchema)]
#[schema(as = LineOutcome)]
pub(super) struct OutcomeView {
    /// Counted from 1; empty lines are none.
    line: usize,
    /// `created`, `unchanged` or `failed`.
    outcome: &'static str,
    /// What was made or was there: `pact_…` or `pdel_…`
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// What is wrong with it, by place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<LineError>,
}

/// What is wrong at a place of a line.
#[derive(Serialize, ToSchema)]
pub(super) struct LineError {
    /// Where (RFC 6901).
    pointer: String,
    /// `UNKNOWN`, `DUPLICATE`, `MISSING` or `INVALID`.
    code: &'static str,
}

fn view(line: ImportLine) -> OutcomeView {
    let (outcome, id, fault) = match line.outcome {
        Ok(ImportOutcome::Created(id)) => ("created", Some(id), None),
        Ok(ImportOutcome::Unchanged(id)) => ("unchanged", Some(id), None),
        Err(error) => ("failed", None, Some(Fault::on(Surface::Portal)(error))),
    };
    let faults = fault.iter().flat_map(|fault| &fault.faults);
    OutcomeView {
        line: line.number,
        outcome,
        id,
        code: fault.as_ref().map(|fault| fault.code.row().name),
        errors: faults
            .map(|fault| LineError {
                pointer: fault.pointer.clone(),
                code: fault_code(fault.kind()),
            })
            .collect(),
    }
}

fn written(line: ImportLine) -> Bytes {
    let mut text = serde_json::to_vec(&view(line)).unwrap_or_default();
    text.push(b'\n');
    text.into()
}

fn lines(body: Body) -> Lines {
    let chunks = body.into_data_stream();
    Lines::new(chunks.map(|chunk| chunk.map_err(|_| ImportEnded)).boxed())
}

fn is_ndjson(headers: &HeaderMap) -> bool {
    let essence = headers.get(CONTENT_TYPE).is_some_and(|value| {
        let value = value.as_bytes();
        let end = value.iter().position(|byte| *byte == b';');
        let essence = value.get(..end.unwrap_or(value.len())).unwrap_or_default();
        essence.trim_ascii().eq_ignore_ascii_case(NDJSON.as_bytes())
    });
    essence && !headers.contains_key(CONTENT_ENCODING)
}

/// What was wrong with the request is said once its caller may make it.
fn answer(
    asked: &InternalCaller,
    acceptable: bool,
    outcomes: Result<BoxStream<'static, ImportLine>, AccessError>,
) -> Result<Response, Fault> {
    let outcomes = outcomes.map_err(Fault::on(Surface::Portal))?;
    if !asked.parameters.is_empty() {
        return Err(Code::UnknownParameter.into());
    }
    if !acceptable {
        return Err(Code::UnsupportedMediaType.into());
    }
    let mut response = Response::new(Body::from_stream(
        outcomes.map(|line| Ok::<_, Infallible>(written(line))),
    ));
    let kind = HeaderValue::from_static(NDJSON);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(response)
}

/// Make a pending account for each patient; nobody is bound to it
#[utoipa::path(
    post,
    path = "/internal/portal/accounts/bulk",
    operation_id = "importAccounts",
    tag = "accounts",
    security(("bearer" = ["portal-admin", "service"])),
    request_body(content = AccountLineBody, content_type = "application/x-ndjson", description = "A line a patient, at most 10,000"),
    responses(
        (status = 200, description = "A line an outcome, in the same order, while the body is still being sent", body = OutcomeView, content_type = "application/x-ndjson"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn import_accounts(
    State(faces): State<InternalFaces>,
    asked: InternalCaller,
    request: Request<Body>,
) -> Result<Response, Fault> {
    let acceptable = is_ndjson(request.headers());
    let lines = lines(request.into_body());
    let caller = asked.caller.clone();
    let outcomes = faces.desk.import_accounts(caller, lines).await;
    answer(&asked, acceptable, outcomes)
}

/// Put up legal delegations; each opens nothing until two of staff have approved it
#[utoipa::path(
    post,
    path = "/internal/portal/proxy-delegations/bulk",
    operation_id = "importProxyDelegations",
    tag = "delegations",
    security(("bearer" = ["portal-admin", "service"])),
    request_body(content = DelegationLineBody, content_type = "application/x-ndjson", description = "A line a delegation, at most 10,000"),
    responses(
        (status = 200, description = "A line an outcome, in the same order, while the body is still being sent", body = OutcomeView, content_type = "application/x-ndjson"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn import_proxy_delegations(
    State(faces): State<InternalFaces>,
    asked: InternalCaller,
    request: Request<Body>,
) -> Result<Response, Fault> {
    let acceptable = is_ndjson(request.headers());
    let lines = lines(request.into_body());
    let caller = asked.caller.clone();
    let outcomes = faces.desk.import_delegations(caller, lines).await;
    answer(&asked, acceptable, outcomes)
}
