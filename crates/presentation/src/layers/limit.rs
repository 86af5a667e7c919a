//! Budgets of points, as a client sees them: headers of the draft
//! `draft-ietf-httpapi-ratelimit-headers-10`, and when to come back.

use std::fmt::Write as _;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use portal_application::ports::{Payer, RateLimits, Standing};

use crate::client;
use crate::exchange::Exchange;
use crate::settings::Settings;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// The address that a request's points are taken from; none where nobody knows it.
pub(super) fn payer(request: &Request, settings: &Settings) -> Option<Payer<'static>> {
    let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
    let trusted = &settings.trusted_proxies;
    let address = client::address(peer.ip(), request.headers(), trusted);
    Some(Payer::Address(address))
}

/// Takes a request's points from the budget of its client's address.
pub(super) async fn admits(limits: &dyn RateLimits, payer: Payer<'_>, exchange: &Exchange) -> bool {
    let standing = limits.take(payer, exchange.charge.points()).await;
    let _ = exchange.address.set(standing);
    standing.admitted
}

/// Says what is left of each budget that was asked.
pub(super) fn describe(exchange: &Exchange, headers: &mut HeaderMap) {
    let (mut policies, mut limits) = (String::new(), String::new());
    for (name, standing) in standings(exchange) {
        let comma = if policies.is_empty() { "" } else { ", " };
        let (quota, window) = (standing.quota, standing.window.as_secs());
        let (remaining, reset) = (standing.remaining, seconds(standing));
        // Writing to a text does not fail.
        let _ = write!(policies, "{comma}\"{name}\";q={quota};w={window}");
        let _ = write!(limits, "{comma}\"{name}\";r={remaining};t={reset}");
    }
    for (name, text) in [(POLICY, policies), (LIMIT, limits)] {
        if let Ok(value) = HeaderValue::try_from(text)
            && !value.is_empty()
        {
            headers.insert(name, value);
        }
    }
}

/// Seconds until a budget that refused has points again; none if none refused.
pub(super) fn retry_after(exchange: &Exchange) -> Option<u64> {
    let refused = standings(exchange).filter(|(_, standing)| !standing.admitted);
    refused.map(|(_, standing)| seconds(standing)).max()
}

fn standings(exchange: &Exchange) -> impl Iterator<Item = (&'static str, Standing)> {
    let address = exchange.address.get().copied();
    let account = exchange.charge.standing();
    let named = [("address", address), ("account", account)];
    named
        .into_iter()
        .filter_map(|(name, standing)| Some((name, standing?)))
}

/// Rounded up, so that who waits so long does not come too early.
fn seconds(standing: Standing) -> u64 {
    let seconds = standing.resets_in.as_millis().div_ceil(1_000);
    u64::try_from(seconds).unwrap_or(u64::MAX)
}
