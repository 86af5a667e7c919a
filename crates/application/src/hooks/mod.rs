//! Sources that say over HTTP that records have changed (FHIR R4 Subscription, rest-hook). A secret
//! fixes tenant and source; of what is sent only the patient's id is looked at, and nothing is kept.

mod named;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use metrics::counter;
use portal_domain::id::{PatientId, TenantId};
use portal_domain::source::Source;
use tokio::time::sleep;

use crate::bursts::{Bursts, Changed, Turn};
use crate::ports::{BearerToken, CacheUnavailable, RecordHook, RecordHooks, RecordInvalidation};
use crate::record::PatientNames;

/// Patients of one notification. More are no notification but a transfer of records.
const MOST_PATIENTS: usize = 100;
/// How often an invalidation is tried that nobody waits for. By the end nothing that was cached at
/// its begin counts as fresh any more.
const TRIES: u32 = 30;
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// Why a notification is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HookError {
    /// The body is no FHIR resource in JSON.
    #[error("not a FHIR resource")]
    NotFhir,
    /// It is about more patients than a notification is.
    #[error("too many patients")]
    TooMany,
    /// The cache is out of reach: the source has to say it again.
    #[error(transparent)]
    Cache(#[from] CacheUnavailable),
}

/// Takes notifications of sources. Cheap to clone.
#[derive(Clone)]
pub struct HookDesk {
    hooks: Arc<dyn RecordHooks>,
    names: PatientNames,
    changes: Arc<Changes>,
}

/// Invalidates, of a burst about the same records once in a while.
struct Changes {
    cache: Arc<dyn RecordInvalidation>,
    bursts: Bursts,
    received: AtomicU64,
}

impl HookDesk {
    /// Over the secrets of sources, the cache of their records, and the ids that they know
    /// patients by.
    pub fn new(
        hooks: Arc<dyn RecordHooks>,
        cache: Arc<dyn RecordInvalidation>,
        names: PatientNames,
    ) -> Self {
        Self {
            hooks,
            names,
            changes: Arc::new(Changes {
                cache,
                bursts: Bursts::new(),
                received: AtomicU64::new(0),
            }),
        }
    }

    /// What a secret stands for; none if it is nobody's.
    pub fn identify(&self, secret: &BearerToken) -> Option<RecordHook> {
        self.hooks.find(secret)
    }

    /// Has what is cached of the patients of a body read anew. A body that names none, or none at
    /// all, is taken and changes nothing: what is cached is young in any case.
    pub async fn notify(&self, hook: &RecordHook, body: &[u8]) -> Result<(), HookError> {
        let outcome = self.invalidated(hook, body).await;
        let word = match outcome {
            Ok(0) => "no-patient",
            Ok(_) => "invalidated",
            Err(HookError::NotFhir | HookError::TooMany) => "refused",
            Err(HookError::Cache(_)) => "unavailable",
        };
        counter!("portal_hooks_total", "outcome" => word).increment(1);
        outcome.map(|_| ())
    }

    async fn invalidated(&self, hook: &RecordHook, body: &[u8]) -> Result<usize, HookError> {
        if body.is_empty() {
            return Ok(0);
        }
        let patients = named::patients(body).map_err(|_| HookError::NotFhir)?;
        if patients.len() > MOST_PATIENTS {
            return Err(HookError::TooMany);
        }
        for named in &patients {
            for source in &hook.sources {
                let patient = self.names.patient_of(&hook.tenant, *source, named);
                let patient = patient.await.map_err(|_| CacheUnavailable)?;
                // Of whom a source was never asked for nothing is cached.
                if let Some(patient) = patient {
                    let changes = Arc::clone(&self.changes);
                    changes.invalidate(&hook.tenant, &patient, *source).await?;
                }
            }
        }
        Ok(patients.len())
    }
}

impl Changes {
    async fn invalidate(
        self: Arc<Self>,
        tenant: &TenantId,
        patient: &PatientId,
        source: Source,
    ) -> Result<(), CacheUnavailable> {
        let changed = Changed {
            stream: String::new(),
            tenant: tenant.clone(),
            patient: patient.clone(),
            source,
        };
        let number = self.received.fetch_add(1, Ordering::Relaxed) + 1;
        match self.bursts.turn(&changed, number, Instant::now()) {
            Turn::Covered => Ok(()),
            Turn::Now => self.carry_out(&changed).await,
            // The source does not wait: if this pod ends first, what is cached is fresh for less
            // than 30 seconds more.
            Turn::Later(wait) => {
                tokio::spawn(async move { self.later(&changed, number, wait).await });
                Ok(())
            }
        }
    }

    async fn carry_out(&self, changed: &Changed) -> Result<(), CacheUnavailable> {
        let (tenant, patient) = (&changed.tenant, &changed.patient);
        let cache = &self.cache;
        cache.invalidate(tenant, patient, changed.source).await
    }

    async fn later(&self, changed: &Changed, number: u64, mut wait: Duration) {
        for _ in 0..TRIES {
            sleep(wait).await;
            wait = match self.bursts.turn(changed, number, Instant::now()) {
                Turn::Covered => return,
                Turn::Later(wait) => wait,
                Turn::Now => match self.carry_out(changed).await {
                    Ok(()) => return,
                    Err(CacheUnavailable) => BETWEEN_TRIES,
                },
            };
        }
        counter!("portal_hooks_total", "outcome" => "lost").increment(1);
    }
}
