//! What every request passes through, from the outside in: correlation, span, share of load, time,
//! panics, errors, headers, log line, metrics.

mod headers;
mod observe;
mod shed;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures::FutureExt as _;
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
    shed: Shed,
    observer: Observer,
}

impl Edge {
    pub(crate) fn new(settings: Arc<Settings>) -> Self {
        Self {
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
    let Some(_place) = edge.shed.enter(request.uri().path()) else {
        return Fault::from(Code::Overloaded).into_response();
    };
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
