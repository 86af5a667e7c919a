//! Third parties' apps that use what the caller granted.

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use http::header::CONTENT_LANGUAGE;
use jiff::Timestamp;
use portal_application::AppsAnswer;
use portal_application::ports::ListedApp;
use portal_domain::access::Surface;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::PortalCaller;
use crate::disclosure;
use crate::fault::Fault;
use crate::language::Language;
use crate::messages::scope_in_words;
use crate::problem::Problem;
use crate::router::Faces;
use crate::sent::Sent;

/// The caller's apps.
#[derive(Serialize, ToSchema)]
pub(crate) struct AppList<'a> {
    /// The one that was used last first.
    data: Vec<AppView<'a>>,
}

/// An app that uses a grant.
#[derive(Serialize, ToSchema)]
#[schema(as = App)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AppView<'a> {
    /// What the provider knows it by.
    client_id: &'a str,
    /// `pdel_…`: a proxy's app that reads the caller's record by this delegation. It is the
    /// proxy's to revoke; it ends with the delegation.
    #[serde(skip_serializing_if = "Option::is_none")]
    delegation_id: Option<String>,
    /// What it may do.
    scopes: Vec<AppScopeView<'a>>,
    /// The first use of this grant (RFC 3339 UTC).
    #[schema(value_type = String, format = DateTime)]
    first_used_at: Timestamp,
    /// The last one, to the minute.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
}

/// One thing that an app may do.
#[derive(Serialize, ToSchema)]
#[schema(as = AppScope)]
pub(crate) struct AppScopeView<'a> {
    /// As the provider has it.
    scope: &'a str,
    /// In plain words; as the provider has it where there are none.
    text: String,
}

/// The apps that use what the caller granted
#[utoipa::path(
    get,
    path = "/v1/portal/me/apps",
    operation_id = "listApps",
    tag = "account",
    security(("bearer" = ["patient/Patient.write"])),
    responses(
        (status = 200, description = "The one that was used last first", body = AppList, content_type = "application/json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_apps(
    State(faces): State<Faces>,
    asked: PortalCaller,
) -> Result<Response, Fault> {
    let found = faces.portal.apps(&asked.caller, &asked.parameters).await;
    let found = found.map_err(Fault::on(Surface::Portal))?;
    let AppsAnswer {
        account, tenant, ..
    } = found.value();
    let preferred = account.preferred_language.as_deref();
    let language = asked
        .exchange
        .language_or(&[preferred, Some(tenant.locale.as_str())]);
    let list = |found| list(found, language);
    let mut response = disclosure::recorded(&found, list, &asked.exchange)?;
    let headers = response.headers_mut();
    headers.insert(CONTENT_LANGUAGE, language.header());
    Ok(response)
}

/// Take back what the caller granted to an app
#[utoipa::path(
    delete,
    path = "/v1/portal/me/apps/{clientId}",
    operation_id = "revokeApp",
    tag = "account",
    security(("bearer" = ["patient/Patient.write"])),
    params(("clientId" = String, Path, description = "What the provider knows it by")),
    responses(
        (status = 204, description = "Its tokens are refused within five seconds, until a newer consent; the same whether or not it ever used one"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn revoke_app(
    State(faces): State<Faces>,
    asked: PortalCaller,
    Path(client): Path<String>,
    sent: Sent,
) -> Result<Response, Fault> {
    let request = sent.with(asked.parameters);
    let revoked = faces
        .portal
        .revoke_app(&asked.caller, &client, &request)
        .await;
    let revoked = revoked.map_err(Fault::on(Surface::Portal))?;
    disclosure::performed(&revoked, |()| None::<()>, HeaderMap::new())
}

fn list(found: &AppsAnswer, language: Language) -> AppList<'_> {
    AppList {
        data: found.apps.iter().map(|app| view(app, language)).collect(),
    }
}

fn view(app: &ListedApp, language: Language) -> AppView<'_> {
    let scopes = app.scopes.split(' ').filter(|scope| !scope.is_empty());
    AppView {
        client_id: app.client.as_str(),
        delegation_id: app.delegation.map(|id| id.to_string()),
        scopes: scopes
            .map(|scope| AppScopeView {
                scope,
                text: scope_in_words(scope, language).unwrap_or_else(|| scope.to_owned()),
            })
            .collect(),
        first_used_at: app.first_used_at,
        last_used_at: app.last_used_at,
    }
}
