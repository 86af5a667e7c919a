//! The rules behind a decision.

use axum::extract::State;
use axum::response::Response;
use portal_application::staff::{ASSUMED, Explained};
use portal_domain::access::Surface;
use portal_domain::release::Audience;
use serde::Serialize;
use utoipa::ToSchema;

use super::InternalFaces;
use super::caller::InternalCaller;
use crate::disclosure;
use crate::fault::Fault;
use crate::problem::Problem;
use crate::sent::Sent;

/// Who, and what.
#[derive(ToSchema)]
#[schema(as = DecisionQuestion, rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "it only describes the body, which is read elsewhere"
)]
pub(super) struct QuestionBody {
    /// `pact_…`
    account_id: String,
    /// The operation id of a route of `/v1/portal` or `/fhir/R4`.
    operation: String,
    /// The delegation acted by: `pdel_…`
    acting_for: Option<String>,
}

/// How it is decided, in names of rules.
#[derive(Serialize, ToSchema)]
#[schema(as = DecisionExplanation)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExplanationView {
    /// `pact_…`
    account_id: String,
    /// The operation id.
    operation: &'static str,
    /// Whether it would be allowed now.
    allowed: bool,
    /// The rules that were passed, in order.
    passed: Vec<&'static str>,
    /// The rules about tokens, which are taken to be passed: nobody's token is at hand.
    assumed: [&'static str; 5],
    /// The rule that refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused_by: Option<&'static str>,
    /// Why it refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_code: Option<&'static str>,
    /// In what capacity results would be released: `patient`, `proxy` or `parent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<&'static str>,
    /// The generation of the tenant's policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_version: Option<i64>,
    /// The account's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    account_version: Option<i64>,
    /// The delegation that is selected.
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_delegation_id: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_delegation_version: Option<i64>,
}

fn view(explained: &Explained) -> ExplanationView {
    let explanation = &explained.explanation;
    ExplanationView {
        account_id: explained.account.to_string(),
        operation: explanation.operation,
        allowed: explanation.refused.is_none(),
        passed: explanation.passed.clone(),
        assumed: ASSUMED,
        refused_by: explanation.refused.map(|(rule, _)| rule),
        reason_code: explanation.refused.map(|(_, denial)| denial.code()),
        audience: explanation.audience.map(|audience| match audience {
            Audience::Patient => "patient",
            Audience::Proxy => "proxy",
            Audience::Parent => "parent",
        }),
        tenant_version: explanation.tenant_version,
        account_version: explanation.account_version,
        proxy_delegation_id: explanation.delegation.map(|(id, _)| id.to_string()),
        proxy_delegation_version: explanation.delegation.map(|(_, version)| version),
    }
}

/// Which rules decide about an operation of an account
#[utoipa::path(
    post,
    path = "/internal/portal/decisions/explain",
    operation_id = "explainDecision",
    tag = "audit",
    security(("bearer" = ["portal-admin", "portal-auditor"])),
    request_body(content = QuestionBody, content_type = "application/json"),
    responses(
        (status = 200, description = "How it is decided now", body = ExplanationView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn explain_decision(
    State(faces): State<InternalFaces>,
    asked: InternalCaller,
    sent: Sent,
) -> Result<Response, Fault> {
    let request = sent.with(asked.parameters);
    let explained = faces.desk.explain(&asked.caller, &request).await;
    let explained = explained.map_err(Fault::on(Surface::Portal))?;
    disclosure::recorded(&explained, view, &asked.exchange)
}
