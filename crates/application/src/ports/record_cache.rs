//! The cache of owned sets.

use std::sync::Arc;

use async_trait::async_trait;
use portal_domain::access::RecordTarget;
use portal_domain::disclosure::StoredSet;
use portal_domain::id::{PatientId, TenantId};
use portal_domain::source::{RecordSet, Source};

/// The state of a (tenant, patient, source) in the cache; invalidation raises it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Generation(pub u64);

/// What the cache knew.
#[derive(Debug, Default)]
pub struct CacheLoad {
    /// The set, if it is there and opens under its seal.
    pub stored: Option<Arc<StoredSet>>,
    /// The generation to store under after a fetch; none when the cache is out of reach.
    pub generation: Option<Generation>,
}

/// The cache is out of reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cache unavailable")]
pub struct CacheUnavailable;

/// Keeps owned sets for a while. Never fails a request: what goes wrong is a miss, and counted.
#[async_trait]
pub trait RecordCache: Send + Sync {
    /// The set as last stored, however old, and the present generation.
    async fn load(&self, target: &RecordTarget, set: RecordSet) -> CacheLoad;

    /// Stores a set, unless the generation has moved on since it was loaded.
    async fn store(&self, target: &RecordTarget, stored: &Arc<StoredSet>, generation: Generation);
}

/// Has cached records read anew.
#[async_trait]
pub trait RecordInvalidation: Send + Sync {
    /// Makes everything that is stored of a source's records of a patient a miss, and keeps fetches
    /// that have already begun from being stored.
    async fn invalidate(
        &self,
        tenant: &TenantId,
        patient: &PatientId,
        source: Source,
    ) -> Result<(), CacheUnavailable>;
}
