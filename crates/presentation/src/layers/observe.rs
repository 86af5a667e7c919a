//! One log line and two metrics a request. Routes are templates, tenants are capped, actors are
//! keyed hashes; neither path nor query nor any id of a record is seen here.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use http::StatusCode;
use metrics::{counter, histogram};
use portal_domain::id::TenantId;

use crate::exchange::Exchange;

/// Successful requests that get a log line each second.
const LINES_A_SECOND: u32 = 200;
/// Tenants that metrics tell apart.
const TENANT_LABELS: usize = 200;

/// What logging and counting remember.
pub(super) struct Observer {
    begun: Instant,
    // The second and the lines written in it, in one word.
    lines: AtomicU64,
    tenants: Mutex<HashSet<TenantId>>,
}

impl Default for Observer {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            lines: AtomicU64::new(0),
            tenants: Mutex::default(),
        }
    }
}

impl Observer {
    /// Writes and counts a request that is answered.
    pub(super) fn observe(&self, exchange: &Exchange, status: StatusCode) {
        let elapsed = exchange.started.elapsed();
        let who = exchange.who.get();
        counter!(
            "portal_requests_total",
            "method" => exchange.method,
            "route" => exchange.route().to_owned(),
            "status_code" => status.as_str().to_owned(),
            "tenant_id" => self.label(who.and_then(|who| who.tenant.as_ref())),
        )
        .increment(1);
        histogram!(
            "portal_request_duration_seconds",
            "method" => exchange.method,
            "route" => exchange.route().to_owned(),
        )
        .record(elapsed.as_secs_f64());
        let sampled_out = !status.is_client_error()
            && !status.is_server_error()
            && !self.has_line(self.begun.elapsed().as_secs());
        if sampled_out {
            counter!("portal_log_lines_sampled_out_total").increment(1);
            return;
        }
        tracing::info!(
            status = status.as_u16(),
            duration_ms = elapsed.as_secs_f64() * 1000.0,
            actor_id_hash = who.map(|who| who.actor.as_str()),
            "request.answered"
        );
    }

    fn label(&self, tenant: Option<&TenantId>) -> String {
        let Some(tenant) = tenant else {
            return "none".to_owned();
        };
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if tenants.contains(tenant) {
            return tenant.to_string();
        }
        if tenants.len() >= TENANT_LABELS {
            return "other".to_owned();
        }
        tenants.insert(tenant.clone());
        tenant.to_string()
    }

    fn has_line(&self, second: u64) -> bool {
        let count = |word: u64| {
            let (then, lines) = (word >> 32, word & u64::from(u32::MAX));
            if then == second { lines } else { 0 }
        };
        let next = |word| Some((second << 32) | (count(word) + 1).min(u64::from(u32::MAX)));
        let before = self
            .lines
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next)
            .unwrap_or_default();
        count(before) < u64::from(LINES_A_SECOND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_sampled_above_the_rate_and_come_back_the_next_second() {
        let observer = Observer::default();
        let written = (0..1000).filter(|_| observer.has_line(7)).count();
        assert_eq!(written, 200);
        assert!(observer.has_line(8));
    }

    #[test]
    fn tenant_labels_are_capped() {
        let observer = Observer::default();
        for number in 0..TENANT_LABELS {
            let id = TenantId::parse(&format!("t{number}")).unwrap();
            assert_eq!(observer.label(Some(&id)), id.to_string());
        }
        let late = TenantId::parse("late").unwrap();
        assert_eq!(observer.label(Some(&late)), "other");
        assert_eq!(observer.label(None), "none");
    }
}
