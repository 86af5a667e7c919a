//! Who calls: exactly one credential, verified, and what the request states about its context.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Extension;
use axum::RequestPartsExt as _;
use axum::extract::{ConnectInfo, FromRequestParts};
use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE, HeaderName};
use http::request::Parts;
use portal_application::ports::BearerToken;
use portal_application::{Caller, RequestContext};
use portal_domain::access::{ActingFor, StatedContext, Surface, VerifiedToken};

use crate::client;
use crate::code::Code;
use crate::exchange::{Exchange, Who};
use crate::fault::Fault;
use crate::layers::TenantShares;
use crate::query::{self, Pairs};
use crate::router::Faces;
use crate::settings::Settings;

pub(crate) const ACTING_FOR: HeaderName = HeaderName::from_static("x-acting-for");
const TENANT_ID: HeaderName = HeaderName::from_static("x-tenant-id");
const SESSION_COOKIE: &str = "__Host-portal_session";
/// Longer texts are no tokens of any provider.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// A verified token and its text.
type Identified = (Arc<VerifiedToken>, Arc<BearerToken>);

/// A caller of `/v1/portal` with what they ask.
pub(crate) struct PortalCaller {
    /// The caller.
    pub(crate) caller: Caller,
    /// The query.
    pub(crate) parameters: Pairs,
    /// The request.
    pub(crate) exchange: Arc<Exchange>,
}

/// A caller of `/fhir/R4` with what they ask.
pub(crate) struct FhirCaller {
    /// The caller.
    pub(crate) caller: Caller,
    /// The query.
    pub(crate) parameters: Pairs,
    /// The request.
    pub(crate) exchange: Arc<Exchange>,
}

impl FromRequestParts<Faces> for PortalCaller {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, faces: &Faces) -> Result<Self, Fault> {
        let exchange = exchange(parts).await?;
        let token = identify(parts, faces, &exchange, Surface::Portal).await?;
        let acting_for = acting_for(&parts.headers);
        let (caller, parameters) = caller(parts, faces, &exchange, token, acting_for);
        Ok(Self {
            caller,
            parameters,
            exchange,
        })
    }
}

impl FromRequestParts<Faces> for FhirCaller {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, faces: &Faces) -> Result<Self, Fault> {
        let exchange = exchange(parts).await?;
        let token = identify(parts, faces, &exchange, Surface::Fhir).await?;
        // Apps act in the launch context of their token; a header must not widen it.
        if parts.headers.contains_key(ACTING_FOR) {
            return Err(Code::UnknownParameter.into());
        }
        let (caller, parameters) = caller(parts, faces, &exchange, token, ActingFor::Oneself);
        Ok(Self {
            caller,
            parameters,
            exchange,
        })
    }
}

pub(crate) async fn exchange(parts: &mut Parts) -> Result<Arc<Exchange>, Fault> {
    let extension = parts.extract::<Extension<Arc<Exchange>>>().await;
    extension
        .map(|Extension(exchange)| exchange)
        .map_err(|_| Code::InternalError.into())
}

async fn identify(
    parts: &Parts,
    faces: &Faces,
    exchange: &Exchange,
    surface: Surface,
) -> Result<Identified, Fault> {
    let token = credential(&parts.headers, surface)?;
    let verified = faces.portal.identify(&token, surface).await?;
    enter(&verified, exchange, (&faces.tenants, &faces.settings))?;
    Ok((verified, Arc::new(token)))
}

/// Takes the caller's place among their tenant's, and says who they are to logs and metrics.
pub(crate) fn enter(
    verified: &VerifiedToken,
    exchange: &Exchange,
    (tenants, settings): (&TenantShares, &Settings),
) -> Result<(), Fault> {
    let tenant = verified.tenant().ok().cloned();
    if let Some(tenant) = &tenant {
        let share = tenants.enter(tenant).ok_or(Code::Overloaded)?;
        exchange.move_to(share);
        tracing::Span::current().record("tenant_id", tenant.as_str());
    }
    let actor = (settings.actor_hash)(&verified.issuer, &verified.subject);
    let _ = exchange.who.set(Who { tenant, actor });
    Ok(())
}

/// `X-Acting-For`. Several different values, or one that is no id, name no delegation.
fn acting_for(headers: &HeaderMap) -> ActingFor {
    let mut values = headers.get_all(ACTING_FOR).iter();
    let Some(first) = values.next() else {
        return ActingFor::Oneself;
    };
    let id = first.to_str().ok().and_then(|text| text.parse().ok());
    match id {
        Some(id) if values.all(|value| value == first) => ActingFor::Delegation(id),
        Some(_) | None => ActingFor::Malformed,
    }
}

/// The one bearer token (RFC 6750 section 2.1). A session cookie beside it is a second credential;
/// on FHIR cookies are not read at all.
pub(crate) fn credential(headers: &HeaderMap, surface: Surface) -> Result<BearerToken, Fault> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next();
    let session = surface == Surface::Portal && has_session_cookie(headers);
    if values.next().is_some() || (value.is_some() && session) {
        return Err(Code::AmbiguousCredentials.into());
    }
    let absent = || Fault::from(Code::Unauthenticated);
    let value = value.ok_or_else(absent)?;
    let (scheme, rest) = split_scheme(value.as_bytes());
    if !scheme.eq_ignore_ascii_case(b"Bearer") {
        return Err(absent());
    }
    let refused = Fault {
        token_refused: true,
        ..absent()
    };
    std::str::from_utf8(rest)
        .ok()
        .map(|token| token.trim_matches(' '))
        .filter(|token| !token.is_empty() && token.len() <= MAX_TOKEN_BYTES)
        .filter(|token| token.bytes().all(is_token_byte))
        .map(BearerToken::new)
        .ok_or(refused)
}

fn split_scheme(value: &[u8]) -> (&[u8], &[u8]) {
    let end = value.iter().position(|byte| *byte == b' ');
    value.split_at(end.unwrap_or(value.len()))
}

/// `b64token` of RFC 6750.
const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
}

fn has_session_cookie(headers: &HeaderMap) -> bool {
    headers
        .get_all(COOKIE)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| pair.split(|byte| *byte == b'=').next())
        .any(|name| name.trim_ascii() == SESSION_COOKIE.as_bytes())
}

fn caller(
    parts: &Parts,
    faces: &Faces,
    exchange: &Exchange,
    (token, bearer): Identified,
    acting_for: ActingFor,
) -> (Caller, Pairs) {
    let (request, parameters) = request(parts, &faces.settings, exchange);
    let stated = StatedContext {
        tenant: stated_tenant(&parts.headers),
        acting_for,
    };
    let caller = Caller {
        token,
        bearer,
        stated,
        request,
    };
    (caller, parameters)
}

/// What is known of the request beside who makes it, and its query.
pub(crate) fn request(
    parts: &Parts,
    settings: &Settings,
    exchange: &Exchange,
) -> (RequestContext, Pairs) {
    let parameters = query::read(parts.uri.query().unwrap_or_default().as_bytes());
    let request = RequestContext {
        request_id: exchange.request_id.clone(),
        client_address: client_address(parts, settings),
        user_agent_class: client::user_agent_class(&parts.headers),
        query_keys: query::keys(&parameters),
        deadline: exchange.sources_end(),
        charge: Arc::clone(&exchange.charge),
    };
    (request, parameters)
}

fn client_address(parts: &Parts, settings: &Settings) -> Option<String> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    let address: IpAddr = client::address(peer.ip(), &parts.headers, &settings.trusted_proxies);
    Some(client::truncated(address))
}

/// `X-Tenant-ID`. Several different values, or one that is no text, state a tenant that no token
/// can have.
pub(crate) fn stated_tenant(headers: &HeaderMap) -> Option<Box<str>> {
    let mut values = headers.get_all(TENANT_ID).iter();
    let first = values.next()?;
    let agree = values.all(|value| value == first);
    Some(match first.to_str() {
        Ok(text) if agree => text.into(),
        Ok(_) | Err(_) => "\u{fffd}".into(),
    })
}

#[cfg(test)]
#[path = "caller_tests.rs"]
mod tests;
