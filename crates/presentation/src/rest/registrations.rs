//! From somebody who says who they are to an account that is theirs.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use portal_domain::access::Surface;
use portal_domain::account::PortalAccount;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::PortalCaller;
use crate::disclosure;
use crate::fault::Fault;
use crate::problem::Problem;
use crate::router::Faces;
use crate::sent::Sent;

/// Who somebody says they are.
#[derive(ToSchema)]
#[schema(as = Registration, rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "it only describes the body, which is read elsewhere"
)]
pub(crate) struct RegistrationBody {
    /// The medical record number on the health system's papers.
    mrn: String,
    /// The birth date.
    #[schema(format = Date)]
    birth_date: String,
    /// `email` or `phone`: to which contact the link is sent, of those that the health system holds.
    channel: String,
}

/// What is said of every registration.
#[derive(Serialize, ToSchema)]
#[schema(as = RegistrationReceived)]
pub(crate) struct ReceivedView {
    /// Always `received`.
    status: &'static str,
}

/// The token of a link.
#[derive(ToSchema)]
#[schema(as = VerificationToken)]
#[expect(
    dead_code,
    reason = "it only describes the body, which is read elsewhere"
)]
pub(crate) struct VerificationBody {
    /// As the link has it.
    token: String,
}

/// An account that is the caller's now.
#[derive(Serialize, ToSchema)]
#[schema(as = VerifiedAccount)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VerifiedView {
    /// `pact_…`
    account_id: String,
    /// `active`
    status: &'static str,
}

/// Register: the answer is the same whoever asks
#[utoipa::path(
    post,
    path = "/v1/portal/registrations",
    operation_id = "register",
    tag = "account",
    security(("bearer" = ["openid", "profile"])),
    params(("Idempotency-Key" = String, Header, description = "1–255 visible ASCII characters")),
    request_body(content = RegistrationBody, content_type = "application/json"),
    responses(
        (status = 202, description = "Received. If the health system knows such a patient, a link goes to a contact that it holds", body = ReceivedView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn register(
    State(faces): State<Faces>,
    asked: PortalCaller,
    sent: Sent,
) -> Result<Response, Fault> {
    let request = sent.with(asked.parameters);
    let registered = faces.portal.register(&asked.caller, &request).await;
    let registered = registered.map_err(Fault::on(Surface::Portal))?;
    disclosure::performed(&registered, |()| Some(RECEIVED), HeaderMap::new())
}

/// Send the link once more: the old one can no longer be used
#[utoipa::path(
    post,
    path = "/v1/portal/registrations/resend",
    operation_id = "resendVerification",
    tag = "account",
    security(("bearer" = ["openid", "profile"])),
    responses(
        (status = 202, description = "Received", body = ReceivedView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn resend_verification(
    State(faces): State<Faces>,
    asked: PortalCaller,
    sent: Sent,
) -> Result<Response, Fault> {
    let request = sent.with(asked.parameters);
    let resent = faces
        .portal
        .resend_verification(&asked.caller, &request)
        .await;
    let resent = resent.map_err(Fault::on(Surface::Portal))?;
    disclosure::performed(&resent, |()| Some(RECEIVED), HeaderMap::new())
}

/// Open the link: the record becomes the caller's
#[utoipa::path(
    post,
    path = "/v1/portal/registrations/verify",
    operation_id = "verifyRegistration",
    tag = "account",
    security(("bearer" = ["openid", "profile"])),
    request_body(content = VerificationBody, content_type = "application/json"),
    responses(
        (status = 200, description = "Active", body = VerifiedView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn verify_registration(
    State(faces): State<Faces>,
    asked: PortalCaller,
    sent: Sent,
) -> Result<Response, Fault> {
    let request = sent.with(asked.parameters);
    let verified = faces
        .portal
        .verify_registration(&asked.caller, &request)
        .await;
    let verified = verified.map_err(Fault::on(Surface::Portal))?;
    let view = |account: &PortalAccount| {
        Some(VerifiedView {
            account_id: account.id.to_string(),
            status: account.status.as_str(),
        })
    };
    disclosure::performed(&verified, view, HeaderMap::new())
}

const RECEIVED: ReceivedView = ReceivedView { status: "received" };
