//! What the caller wants to be told about.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use http::header::ETAG;
use portal_application::PreferencesAnswer;
use portal_domain::access::Surface;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::caller::PortalCaller;
use crate::disclosure;
use crate::fault::Fault;
use crate::problem::Problem;
use crate::router::Faces;
use crate::sent::Sent;

/// Notification preferences: by category and channel, and when not.
#[derive(Serialize, ToSchema)]
#[serde(transparent)]
#[schema(as = NotificationPreferences, value_type = Object)]
pub(crate) struct PreferencesView(
    /// `{"categories": {"results": {"push": true, "email": false, "sms": false}, …},
    /// "quietHours": {"from": "22:00", "to": "06:30"} | null}`
    Value,
);

/// What the caller wants to be told about
#[utoipa::path(
    get,
    path = "/v1/portal/me/notification-preferences",
    operation_id = "getNotificationPreferences",
    tag = "account",
    security(("bearer" = ["patient/Patient.read"])),
    responses(
        (status = 200, description = "The preferences", body = PreferencesView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn get_notification_preferences(
    State(faces): State<Faces>,
    asked: PortalCaller,
) -> Result<Response, Fault> {
    let raw = &asked.parameters;
    let found = faces
        .portal
        .notification_preferences(&asked.caller, raw)
        .await;
    let found = found.map_err(Fault::on(Surface::Portal))?;
    let mut response = disclosure::recorded(&found, view, &asked.exchange)?;
    let tag = disclosure::version_tag(found.value().version);
    response.headers_mut().insert(ETAG, tag);
    Ok(response)
}

/// Change what the caller wants to be told about
#[utoipa::path(
    put,
    path = "/v1/portal/me/notification-preferences",
    operation_id = "setNotificationPreferences",
    tag = "account",
    security(("bearer" = ["patient/Patient.write"])),
    params(("If-Match" = Option<String>, Header, description = "The version that is changed")),
    request_body(content = PreferencesView, content_type = "application/json"),
    responses(
        (status = 200, description = "As they are now", body = PreferencesView, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn set_notification_preferences(
    State(faces): State<Faces>,
    asked: PortalCaller,
    sent: Sent,
) -> Result<Response, Fault> {
    let request = sent.with(asked.parameters);
    let changed = faces
        .portal
        .set_notification_preferences(&asked.caller, &request)
        .await;
    let changed = changed.map_err(Fault::on(Surface::Portal))?;
    let mut headers = HeaderMap::new();
    let version = changed.value().made.version;
    headers.insert(ETAG, disclosure::version_tag(version));
    disclosure::performed(&changed, |made| Some(view(made)), headers)
}

fn view(answer: &PreferencesAnswer) -> PreferencesView {
    PreferencesView(answer.preferences.to_document())
}
