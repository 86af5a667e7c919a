//! Licences as identity-service tells them, remembered for as long as they may be.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;
use portal_application::ports::{Clock, Entitlements, EntitlementsUnavailable, Features};
use portal_domain::id::TenantId;
use portal_fhir::json::Kind;
use reqwest::header::ACCEPT;
use reqwest::{Client, StatusCode};

use crate::exchange::{Answered, exchange_within};

const PATIENCE: Duration = Duration::from_secs(1);
/// How old the word of identity-service may be, counted from the question.
const KEPT: SignedDuration = SignedDuration::from_secs(30);
/// The same of a word that shuts a tenant out: who has just paid must not wait.
const KEPT_REFUSAL: SignedDuration = SignedDuration::from_secs(5);
/// How long nobody asks again after there was no answer.
const PAUSE: SignedDuration = SignedDuration::from_secs(1);
const MAX_TENANTS: u64 = 10_000;

/// What is known of a tenant.
#[derive(Clone)]
struct Known {
    said: Result<Features, EntitlementsUnavailable>,
    asked_at: Timestamp,
    kept: SignedDuration,
    /// How often the tenant had been forgotten when it was asked about.
    generation: u64,
}

/// One tenant.
#[derive(Default)]
struct Slot {
    known: Mutex<Option<Known>>,
    generation: AtomicU64,
    /// Held by whoever asks.
    asking: tokio::sync::Mutex<()>,
}

impl Slot {
    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// What is known and neither too old nor forgotten.
    fn present(&self, now: Timestamp) -> Option<Result<Features, EntitlementsUnavailable>> {
        let known = self.known();
        let known = known.as_ref()?;
        let age = now.duration_since(known.asked_at);
        // A clock that was set back proves no age.
        let is_young = !age.is_negative() && age < known.kept;
        (is_young && known.generation == self.generation()).then(|| known.said.clone())
    }
}

/// Asks `GET {base}/entitlements?tenantId=`, each tenant once at a time. Nobody's licence outlives
/// its time while identity-service is down: then nothing is licensed.
pub struct HttpEntitlements {
    asker: Arc<Asker>,
    tenants: Cache<TenantId, Arc<Slot>>,
}

struct Asker {
    client: Client,
    url: String,
    module_key: String,
    patience: Duration,
    clock: Arc<dyn Clock>,
}

impl HttpEntitlements {
    /// Licences from a base URL without a slash at its end. An answer without `module_key` is one
    /// that shuts a tenant out. The client must follow no redirects, as the one of
    /// [`crate::http_client::http_client`].
    pub fn new(
        base_url: &str,
        module_key: impl Into<String>,
        client: Client,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            asker: Arc::new(Asker {
                client,
                url: format!("{base_url}/entitlements"),
                module_key: module_key.into(),
                patience: PATIENCE,
                clock,
            }),
            tenants: Cache::new(MAX_TENANTS),
        }
    }
}

#[async_trait]
impl Entitlements for HttpEntitlements {
    async fn features(&self, tenant: &TenantId) -> Result<Features, EntitlementsUnavailable> {
        let slot = self.tenants.get_with_by_ref(tenant, Arc::default);
        if let Some(said) = slot.present(self.asker.clock.now()) {
            return said;
        }
        let (asker, tenant) = (Arc::clone(&self.asker), tenant.clone());
        // A task of its own: a caller who leaves cuts off nobody who waits for the same answer.
        let answer = tokio::spawn(async move { asker.answer(&slot, &tenant).await });
        answer.await.unwrap_or(Err(EntitlementsUnavailable))
    }

    fn forget(&self, tenant: &TenantId) {
        if let Some(slot) = self.tenants.get(tenant) {
            slot.generation.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Asker {
    async fn answer(
        &self,
        slot: &Slot,
        tenant: &TenantId,
    ) -> Result<Features, EntitlementsUnavailable> {
        let _asking = slot.asking.lock().await;
        let asked_at = self.clock.now();
        // Whoever held the lock before may have asked.
        if let Some(said) = slot.present(asked_at) {
            return said;
        }
        let generation = slot.generation();
        let said = self.ask(tenant).await.map_err(|reason| {
            tracing::warn!(tenant_id = %tenant, reason, "entitlements.unavailable");
            EntitlementsUnavailable
        });
        let kept = match &said {
            Ok(features) if features.contains(&self.module_key) => KEPT,
            Ok(_) => KEPT_REFUSAL,
            Err(EntitlementsUnavailable) => PAUSE,
        };
        *slot.known() = Some(Known {
            said: said.clone(),
            asked_at,
            kept,
            generation,
        });
        said
    }

    async fn ask(&self, tenant: &TenantId) -> Result<Features, &'static str> {
        let request = self
            .client
            .get(&self.url)
            .query(&[("tenantId", tenant.as_str())])
            .header("x-tenant-id", tenant.as_str())
            .header(ACCEPT, "application/json");
        let answer = exchange_within(request, "identity", self.patience).await;
        let answer = answer.map_err(|_| "no usable answer")?;
        if answer.status != StatusCode::OK {
            return Err("answer is an error");
        }
        features(&answer).ok_or("answer malformed")
    }
}

fn features(answer: &Answered) -> Option<Features> {
    let tree = answer.object()?;
    let keys = tree.root().get("entitlements")?;
    let keys = (keys.kind() == Kind::Array).then(|| keys.items())?;
    let keys: Option<BTreeSet<String>> = keys
        .map(|key| key.text().map(std::borrow::Cow::into_owned))
        .collect();
    keys.map(Arc::new)
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
