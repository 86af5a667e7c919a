//! Looks at what the service stands on, every second.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::future::{OptionFuture, try_join_all};
use portal_application::ports::Component;
use portal_infrastructure::identity::OidcVerifier;
use portal_infrastructure::nats::NatsBus;
use portal_infrastructure::postgres::{CheckError, Database, PgRevocations};
use portal_infrastructure::redis::RedisRecordCache;
use portal_infrastructure::upstream::FhirSources;
use portal_presentation::HealthState;
use tokio::time::{sleep, timeout};

use crate::readiness::{Readiness, Seen};

const EVERY: Duration = Duration::from_secs(1);
/// A database that stands still answers nothing, not even that it is down.
const PATIENCE: Duration = Duration::from_secs(2);

/// The database must not be served from; waiting does not change that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct StartRefusal(#[from] CheckError);

/// What the service stands on. What a role does not use is absent.
#[derive(Default)]
pub struct Dependencies {
    /// PostgreSQL, one for each login.
    pub databases: Vec<Database>,
    /// The keys of tokens.
    pub verifier: Option<Arc<OidcVerifier>>,
    /// The list of revoked tokens.
    pub revocations: Option<Arc<PgRevocations>>,
    /// The cache.
    pub cache: Option<Arc<RedisRecordCache>>,
    /// The clinical services.
    pub sources: Option<Arc<FhirSources>>,
    /// The event bus.
    pub bus: Option<Arc<NatsBus>>,
}

impl Dependencies {
    /// Looks every second and feeds `health`; ends only when the database must not be served from.
    pub async fn watch(&self, health: &HealthState) -> StartRefusal {
        tokio::select! {
            never = self.keep_keys() => match never {},
            refusal = self.keep_looking(health) => refusal,
        }
    }

    async fn keep_keys(&self) -> Infallible {
        loop {
            if let Some(verifier) = self.verifier.as_ref().filter(|verifier| !verifier.usable()) {
                verifier.warm_up().await;
            }
            sleep(EVERY).await;
        }
    }

    async fn keep_looking(&self, health: &HealthState) -> StartRefusal {
        let mut readiness = Readiness::default();
        let checked: Vec<_> = self
            .databases
            .iter()
            .map(|_| AtomicBool::new(false))
            .collect();
        loop {
            let redis = OptionFuture::from(self.cache.as_ref().map(|cache| cache.health()));
            let (databases, redis) = tokio::join!(self.look_at_databases(&checked), redis);
            let database = match databases {
                Ok(answers) => answers,
                Err(refusal) => return refusal,
            };
            let keys = self
                .verifier
                .as_ref()
                .is_none_or(|verifier| verifier.usable());
            let list = self.revocations.as_ref();
            let revocations = list.is_none_or(|list| list.is_loaded());
            let seen = Seen {
                database,
                keys,
                revocations,
            };
            health.set_components(self.components(seen, redis));
            let ready = readiness.observe(Instant::now(), seen);
            if ready != health.is_ready() {
                tracing::info!(ready, database, keys, revocations, "readiness");
            }
            health.set_ready(ready);
            sleep(EVERY).await;
        }
    }

    /// Whether every login's database answers; each is checked once for login and schema.
    async fn look_at_databases(&self, checked: &[AtomicBool]) -> Result<bool, StartRefusal> {
        let looks = self
            .databases
            .iter()
            .zip(checked)
            .map(|(database, checked)| async {
                let look = look_at(database, checked.load(Ordering::Relaxed));
                let answers = timeout(PATIENCE, look).await.unwrap_or(Ok(false))?;
                checked.fetch_or(answers, Ordering::Relaxed);
                Ok::<_, StartRefusal>(answers)
            });
        Ok(try_join_all(looks)
            .await?
            .into_iter()
            .all(|answers| answers))
    }

    fn components(&self, seen: Seen, redis: Option<Component>) -> Vec<Component> {
        let required = |name, healthy| Component {
            name,
            healthy,
            required: true,
        };
        let postgres = required("postgres", seen.database);
        let keys = self
            .verifier
            .as_ref()
            .map(|_| required("signing-keys", seen.keys));
        let list = self.revocations.as_ref().map(|list| list.component());
        let nats = self.bus.as_ref().map(|bus| bus.component());
        let sources = self.sources.iter().flat_map(|all| all.components());
        [Some(postgres), keys, list, redis, nats]
            .into_iter()
            .flatten()
            .chain(sources)
            .collect()
    }
}

async fn look_at(database: &Database, checked: bool) -> Result<bool, StartRefusal> {
    if checked {
        return Ok(database.component().await.healthy);
    }
    match database.check().await {
        Ok(()) => Ok(true),
        Err(CheckError::Unavailable) => Ok(false),
        Err(refusal) => Err(StartRefusal(refusal)),
    }
}
