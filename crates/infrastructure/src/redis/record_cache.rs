//! The cache of owned sets in Redis.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use deadpool_redis::redis::{Cmd, cmd};
use metrics::counter;
use portal_application::large::work_on;
use portal_application::ports::{
    CacheLoad, CacheUnavailable, Clock, Component, Generation, RecordCache, RecordInvalidation,
};
use portal_domain::access::RecordTarget;
use portal_domain::disclosure::StoredSet;
use portal_domain::id::{PatientId, TenantId};
use portal_domain::source::{RecordSet, Source};
use secrecy::ExposeSecret as _;

use crate::crypto::{KeyRing, Sealer, joined};
use crate::fault::Fault;

use super::encoding::{self, SCHEMA};
use super::link::Link;
use super::names::Names;
use super::near::{NearSet, NearSets};
use super::settings::RedisSettings;

/// How long a generation is kept: far longer than any set or fetch that knows an earlier one, and
/// no longer, because events make one for patients who never look.
const GENERATION_KEPT_FOR: Duration = Duration::from_hours(1);
const MAX_SET: usize = 8 * 1_024 * 1_024;
const GENERATION_LENGTH: usize = 8;

/// Keeps a set only if nobody has invalidated it since its fetch began.
const STORE: &str = "if (redis.call('GET', KEYS[1]) or '0') ~= ARGV[1] then return 0 end \
                     redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3]) return 1";
const INVALIDATE: &str = "local generation = redis.call('INCR', KEYS[1]) \
                          redis.call('PEXPIRE', KEYS[1], ARGV[1]) return generation";

/// Owned sets in Redis, each sealed under its tenant's key to the patient, set and generation that
/// it was stored for. A value that was put under another key does not open and is a miss.
pub struct RedisRecordCache {
    link: Arc<Link>,
    names: Names,
    near: NearSets,
    sealer: Arc<Sealer>,
    clock: Arc<dyn Clock>,
}

impl RedisRecordCache {
    /// A cache at an address. Connects when first used, and again by itself.
    pub fn new(
        settings: &RedisSettings,
        ring: &Arc<KeyRing>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Fault> {
        let link = Link::new(settings.url.expose_secret(), settings.patience)
            .map_err(|()| Fault::new("REDIS_URL", "expected redis://host[:port][/database]"))?;
        Ok(Self {
            link,
            names: Names::new(&settings.key_prefix, ring),
            near: NearSets::new(settings.near_bytes, Arc::clone(&clock)),
            sealer: Arc::new(Sealer::new(Arc::clone(ring), "record-cache")),
            clock,
        })
    }

    /// The connections, for what else is kept in the same Redis.
    pub(super) fn link(&self) -> Arc<Link> {
        Arc::clone(&self.link)
    }

    /// What every key begins with.
    pub(super) fn key_prefix(&self) -> &str {
        self.names.prefix()
    }

    /// Whether Redis answers. The service works without it, only slower.
    pub async fn health(&self) -> Component {
        let answer = self.link.ask::<String>(&cmd("PING")).await;
        Component {
            name: "redis",
            healthy: answer.is_ok_and(|answer| answer == "PONG"),
            required: false,
        }
    }

    async fn open(
        &self,
        target: &RecordTarget,
        set: RecordSet,
        generation: Generation,
        value: Vec<u8>,
    ) -> Option<Arc<StoredSet>> {
        let (stored_under, _) = value.split_first_chunk::<GENERATION_LENGTH>()?;
        if u64::from_be_bytes(*stored_under) != generation.0 {
            return None;
        }
        let (sealer, target) = (Arc::clone(&self.sealer), target.clone());
        let size = value.len();
        let open = move || {
            let context = context(&target, set, generation);
            let plain = sealer
                .open(value, GENERATION_LENGTH, target.tenant().as_str(), &context)
                .ok()?;
            encoding::decode(&plain, &target, set).map(Arc::new)
        };
        work_on(size, open).await.flatten()
    }

    /// The copy in the process, if Redis says that nobody has invalidated it.
    async fn load_near(&self, target: &RecordTarget, set: RecordSet) -> Option<CacheLoad> {
        let near = self.near.get(target, set)?;
        let mut command = cmd("GET");
        command.arg(&near.generation_key);
        let present = self.link.ask::<Option<u64>>(&command).await;
        let Ok(present) = present else {
            count_miss(set);
            return Some(CacheLoad::default());
        };
        if present.unwrap_or_default() != near.generation.0 {
            return None;
        }
        count_hit(set);
        Some(CacheLoad {
            stored: Some(Arc::clone(&near.stored)),
            generation: Some(near.generation),
        })
    }

    async fn seal(
        &self,
        target: &RecordTarget,
        stored: &Arc<StoredSet>,
        generation: Generation,
    ) -> Option<Vec<u8>> {
        let size = encoding::resource_bytes(stored);
        if size > MAX_SET {
            return None;
        }
        let (sealer, target) = (Arc::clone(&self.sealer), target.clone());
        let (stored, now) = (Arc::clone(stored), self.clock.now());
        let seal = move || {
            let plain = encoding::encode(&stored)?;
            let mut value = Vec::with_capacity(plain.len() + 64);
            value.extend_from_slice(&generation.0.to_be_bytes());
            let context = context(&target, stored.set, generation);
            let tenant = target.tenant().as_str();
            sealer
                .seal_into(&mut value, tenant, &context, now, |bytes| {
                    bytes.extend_from_slice(&plain);
                })
                .ok()?;
            (value.len() <= MAX_SET).then_some(value)
        };
        work_on(size, seal).await.flatten()
    }
}

#[async_trait]
impl RecordCache for RedisRecordCache {
    async fn load(&self, target: &RecordTarget, set: RecordSet) -> CacheLoad {
        if let Some(load) = self.load_near(target, set).await {
            return load;
        }
        let names = self.names.of(target.tenant(), target.patient());
        let generation_key = names.generation(set.source());
        let mut command = cmd("MGET");
        command.arg(&generation_key).arg(names.set(set));
        let answer = self
            .link
            .ask::<(Option<u64>, Option<Vec<u8>>)>(&command)
            .await;
        let Ok((generation, value)) = answer else {
            count_miss(set);
            return CacheLoad::default();
        };
        let generation = Generation(generation.unwrap_or_default());
        let stored = match value {
            Some(value) => self.open(target, set, generation, value).await,
            None => None,
        };
        match &stored {
            Some(stored) => {
                count_hit(set);
                let stored = Arc::clone(stored);
                self.near.keep(
                    target,
                    NearSet {
                        generation_key,
                        generation,
                        stored,
                    },
                );
            }
            None => count_miss(set),
        }
        CacheLoad {
            stored,
            generation: Some(generation),
        }
    }

    async fn store(&self, target: &RecordTarget, stored: &Arc<StoredSet>, generation: Generation) {
        let Some(sealed) = self.seal(target, stored, generation).await else {
            return;
        };
        let names = self.names.of(target.tenant(), target.patient());
        let keys = [names.generation(stored.set.source()), names.set(stored.set)];
        let kept_for = stored.set.stale_for().unsigned_abs();
        let command = store_command(&keys, (generation, &sealed), kept_for);
        // A refusal and a failure are the same to the caller: the next request fetches again.
        let _ = self.link.ask::<u64>(&command).await;
    }
}

#[async_trait]
impl RecordInvalidation for RedisRecordCache {
    async fn invalidate(
        &self,
        tenant: &TenantId,
        patient: &PatientId,
        source: Source,
    ) -> Result<(), CacheUnavailable> {
        let mut command = cmd("EVAL");
        command
            .arg(INVALIDATE)
            .arg(1)
            .arg(self.names.of(tenant, patient).generation(source))
            .arg(milliseconds(GENERATION_KEPT_FOR));
        let raised = self.link.ask::<u64>(&command).await;
        raised.map(|_| ()).map_err(|_| CacheUnavailable)
    }
}

/// A set is kept as long as it may stand in for a source that is down.
fn store_command(
    keys: &[String; 2],
    (generation, sealed): (Generation, &[u8]),
    kept_for: Duration,
) -> Cmd {
    let mut command = cmd("EVAL");
    command
        .arg(STORE)
        .arg(keys.len())
        .arg(keys)
        .arg(generation.0)
        .arg(sealed)
        .arg(milliseconds(kept_for));
    command
}

/// What a value is sealed to, beside purpose and key id, which the seal adds itself.
fn context(target: &RecordTarget, set: RecordSet, generation: Generation) -> Vec<u8> {
    joined([
        target.tenant().as_str().as_bytes(),
        target.patient().as_str().as_bytes(),
        target.at_source().as_str().as_bytes(),
        set.source().as_str().as_bytes(),
        set.name().as_bytes(),
        &generation.0.to_be_bytes(),
        &SCHEMA.to_be_bytes(),
    ])
}

fn count_hit(set: RecordSet) {
    counter!("portal_cache_hits_total", "key_prefix" => set.name()).increment(1);
}

fn count_miss(set: RecordSet) {
    counter!("portal_cache_misses_total", "key_prefix" => set.name()).increment(1);
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "record_cache_tests.rs"]
mod tests;
