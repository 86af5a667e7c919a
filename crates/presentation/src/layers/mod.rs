//! What every request passes through, from the outside in: correlation, span, share of load, budget
//! of its address, time, panics, errors, headers, log line, metrics.

mod headers;
mod limit;
mod observe;
mod shed;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures::FutureExt as _;
use portal_application::ports::RateLimits;
use tracing::Instrument as _;

pub(crate) use shed::{TenantShare, TenantShares};

use crate::code::Code;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::query;
use crate::settings::Settings;

use observe::Observer;
use shed::Shed;

/// What the layers keep between requests.
pub(crate) struct Edge {
    settings: Arc<Settings>,
    /// Budgets of addresses; none where they are not limited.
    limits: Option<Arc<dyn RateLimits>>,
    shed: Shed,
    observer: Observer,
}

impl Edge {
    /// For the public port.
    pub(crate) fn limited(settings: Arc<Settings>, limits: Arc<dyn RateLimits>) -> Self {
        Self {
            limits: Some(limits),
            ..Self::unlimited(settings)
        }
    }

    /// For a port that only the platform reaches.
    pub(crate) fn unlimited(settings: Arc<Settings>) -> Self {
        Self {
            limits: None,
            shed: Shed::new(settings.max_in_flight),
            observer: Observer::default(),
            settings,
        }
    }
}

/// The one layer around all routes.
pub(crate) async fn edge(
    State(edge): State<Arc<Edge>>,
    mut request: Request,
    next: Next,
) -> Response {
    let exchange = Arc::new(Exchange::begin(&edge.settings, &request));
    request.extensions_mut().insert(Arc::clone(&exchange));
    let span = tracing::info_span!(
        "portal.api.request",
        request_id = %exchange.request_id,
        "http.method" = exchange.method,
        "http.route" = exchange.route(),
        tenant_id = tracing::field::Empty,
    );
    let mut response = admitted(&edge, &exchange, request, next)
        .instrument(span.clone())
        .await;
    headers::finish(&mut response, &exchange, &edge.settings);
    span.in_scope(|| edge.observer.observe(&exchange, response.status()));
    response
}

async fn admitted(edge: &Edge, exchange: &Exchange, request: Request, next: Next) -> Response {
    if request.uri().query().is_some_and(query::carries_token) {
        return Fault::from(Code::TokenInUrl).into_response();
    }
    let path = request.uri().path();
    let Some(place) = edge.shed.enter(path) else {
        return Fault::from(Code::Overloaded).into_response();
    };
    exchange.wait_in(place);
    let limits = edge.limits.as_deref().filter(|_| !shed::is_health(path));
    let payer = limit::payer(&request, &edge.settings);
    if let (Some(limits), Some(payer)) = (limits, payer)
        && !limit::admits(limits, payer, exchange).await
    {
        return Fault::from(Code::RateLimited).into_response();
    }
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout_at(exchange.ends.into(), answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            // What a panic says may hold anything, so it is not written down.
            tracing::error!("request.panicked");
            Fault::from(Code::InternalError).into_response()
        }
        // Sources have shorter budgets, so what is late here is ours.
        Err(_) => Fault::from(Code::Overloaded).into_response(),
    }
}
