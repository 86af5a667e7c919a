//! Accounts, and where they stand.

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use http::header::ETAG;
use jiff::Timestamp;
use portal_application::ports::StaffAccount;
use portal_application::staff::{AccountPage, StatusChange};
use portal_domain::access::Surface;
use portal_domain::account::{PortalAccount, StatusReason};
use portal_domain::id::PatientId;
use serde::Serialize;
use utoipa::ToSchema;

use super::InternalFaces;
use super::caller::InternalCaller;
use crate::disclosure;
use crate::fault::Fault;
use crate::problem::Problem;
use crate::sent::Sent;

/// A page of accounts.
#[derive(Serialize, ToSchema)]
#[schema(as = StaffAccountPage)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageView {
    /// By their ids.
    data: Vec<AccountView>,
    /// Where the next page begins; none behind the last.
    next_cursor: Option<String>,
}

/// An account as staff see it.
#[derive(Serialize, ToSchema)]
#[schema(as = StaffAccount)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountView {
    #[serde(flatten)]
    state: StateView,
    /// Whether somebody was verified and logs in.
    linked: bool,
    /// BCP 47.
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_language: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login_at: Option<Timestamp>,
}

/// Where an account stands.
#[derive(Serialize, ToSchema)]
#[schema(as = StaffAccountState)]
#[serde(rename_all = "camelCase")]
pub(super) struct StateView {
    /// `pact_…`
    account_id: String,
    /// `patient` or `caregiver`.
    kind: &'static str,
    /// `pending_verification`, `active`, `suspended` or `closed`.
    status: &'static str,
    /// Why it is suspended or closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    status_reason: Option<&'static str>,
    /// Whose record it holds; none of a caregiver.
    #[serde(skip_serializing_if = "Option::is_none")]
    patient_id: Option<String>,
}

/// Why an account is locked, opened or closed.
#[derive(ToSchema)]
#[schema(as = StatusReason)]
#[expect(
    dead_code,
    reason = "it only describes the body, which is read elsewhere"
)]
pub(super) struct ReasonBody {
    /// `person-asked`, `misuse-suspected`, `identity-in-doubt`, `patient-deceased`,
    /// `records-merged`, `identity-provider` or `staff-decision`. Not needed to reinstate.
    reason: String,
}

fn state(account: &PortalAccount) -> StateView {
    let patient = account.patient.as_ref().map(PatientId::as_str);
    StateView {
        account_id: account.id.to_string(),
        kind: account.kind.as_str(),
        status: account.status.as_str(),
        status_reason: account.status_reason.map(StatusReason::as_str),
        patient_id: patient.map(str::to_owned),
    }
}

fn view(found: &StaffAccount) -> AccountView {
    AccountView {
        state: state(&found.account),
        linked: found.account.identity.is_some(),
        preferred_language: found.account.preferred_language.clone(),
        created_at: found.created_at,
        updated_at: found.updated_at,
        last_login_at: found.last_login_at,
    }
}

/// The tenant's accounts
#[utoipa::path(
    get,
    path = "/internal/portal/accounts",
    operation_id = "listAccounts",
    tag = "accounts",
    security(("bearer" = ["portal-admin", "portal-support"])),
    params(
        ("status" = Option<String>, Query, description = "In this state only"),
        ("patientId" = Option<String>, Query, description = "Of this patient only, closed ones included"),
        ("limit" = Option<u32>, Query, description = "1 to 100; 20 unless said", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "Where the page begins"),
    ),
    responses(
        (status = 200, description = "A page", body = PageView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list_accounts(
    State(faces): State<InternalFaces>,
    asked: InternalCaller,
) -> Result<Response, Fault> {
    let found = faces.desk.accounts(&asked.caller, &asked.parameters).await;
    let found = found.map_err(Fault::on(Surface::Portal))?;
    let page = |page: &AccountPage| PageView {
        data: page.accounts.iter().map(view).collect(),
        next_cursor: page.next.clone(),
    };
    disclosure::recorded(&found, page, &asked.exchange)
}

/// One account
#[utoipa::path(
    get,
    path = "/internal/portal/accounts/{pact}",
    operation_id = "getAccount",
    tag = "accounts",
    security(("bearer" = ["portal-admin", "portal-support"])),
    params(("pact" = String, Path, description = "`pact_…`")),
    responses(
        (status = 200, description = "The account", body = AccountView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn get_account(
    State(faces): State<InternalFaces>,
    asked: InternalCaller,
    Path(pact): Path<String>,
) -> Result<Response, Fault> {
    let raw = &asked.parameters;
    let found = faces.desk.account(&asked.caller, &pact, raw).await;
    let found = found.map_err(Fault::on(Surface::Portal))?;
    let mut response = disclosure::recorded(&found, view, &asked.exchange)?;
    let tag = disclosure::version_tag(found.value().account.version);
    response.headers_mut().insert(ETAG, tag);
    Ok(response)
}

/// Lock an account: its tokens and sessions end
#[utoipa::path(
    post,
    path = "/internal/portal/accounts/{pact}/suspend",
    operation_id = "suspendAccount",
    tag = "accounts",
    security(("bearer" = ["portal-admin", "portal-support"])),
    params(("pact" = String, Path, description = "`pact_…`")),
    request_body(content = ReasonBody, content_type = "application/json"),
    responses(
        (status = 200, description = "Suspended, on the next answer everywhere", body = StateView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn suspend_account(
    State(faces): State<InternalFaces>,
    asked: InternalCaller,
    Path(pact): Path<String>,
    sent: Sent,
) -> Result<Response, Fault> {
    change(&faces, asked, (&pact, StatusChange::Suspend), sent).await
}

/// Open a suspended account again
#[utoipa::path(
    post,
    path = "/internal/portal/accounts/{pact}/reinstate",
    operation_id = "reinstateAccount",
    tag = "accounts",
    security(("bearer" = ["portal-admin", "portal-support"])),
    params(("pact" = String, Path, description = "`pact_…`")),
    request_body(content = ReasonBody, content_type = "application/json"),
    responses(
        (status = 200, description = "Active; its person logs in anew", body = StateView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn reinstate_account(
    State(faces): State<InternalFaces>,
    asked: InternalCaller,
    Path(pact): Path<String>,
    sent: Sent,
) -> Result<Response, Fault> {
    change(&faces, asked, (&pact, StatusChange::Reinstate), sent).await
}

/// Close an account for ever and forget who logged in
#[utoipa::path(
    post,
    path = "/internal/portal/accounts/{pact}/close",
    operation_id = "closeAccount",
    tag = "accounts",
    security(("bearer" = ["portal-admin"])),
    params(("pact" = String, Path, description = "`pact_…`")),
    request_body(content = ReasonBody, content_type = "application/json"),
    responses(
        (status = 200, description = "Closed", body = StateView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn close_account(
    State(faces): State<InternalFaces>,
    asked: InternalCaller,
    Path(pact): Path<String>,
    sent: Sent,
) -> Result<Response, Fault> {
    change(&faces, asked, (&pact, StatusChange::Close), sent).await
}

async fn change(
    faces: &InternalFaces,
    asked: InternalCaller,
    what: (&str, StatusChange),
    sent: Sent,
) -> Result<Response, Fault> {
    let request = sent.with(asked.parameters);
    let changed = faces
        .desk
        .change_status(&asked.caller, what, &request)
        .await;
    let changed = changed.map_err(Fault::on(Surface::Portal))?;
    let mut headers = HeaderMap::new();
    let tag = disclosure::version_tag(changed.value().made.version);
    headers.insert(ETAG, tag);
    disclosure::performed(&changed, |account| Some(state(account)), headers)
}
