use std::time::Instant;

use portal_fhir::ResourceType;
use tokio::net::TcpListener;

use super::*;
use crate::crypto::KeyRing;
use crate::test_support::{HandClock, observation, stored_set, target};

const SET: RecordSet = RecordSet::LaboratoryObservations;
const RING: &str = "a:2024-01-01:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn redis_url() -> String {
    std::env::var("REDIS_URL")
        .expect("REDIS_URL names a running Redis: run these tests with `make test`")
}

fn cache_at(url: &str, key_prefix: &str, patience: Duration) -> RedisRecordCache {
    let clock = HandClock::at_noon();
    let ring = Arc::new(KeyRing::parse(RING, clock.now()).expect("valid"));
    let settings = RedisSettings {
        url: url.to_owned().into(),
        key_prefix: key_prefix.to_owned(),
        patience,
        near_bytes: 0,
    };
    RedisRecordCache::new(&settings, &ring, clock).expect("a valid address")
}

/// A cache that shares nothing with other tests, and that no busy machine makes look slow.
fn cache(test: &str) -> RedisRecordCache {
    let run = std::process::id();
    cache_at(
        &redis_url(),
        &format!("test-{test}-{run}"),
        Duration::from_secs(5),
    )
}

/// The same with copies in the process.
fn cache_with_copies(test: &str) -> RedisRecordCache {
    let clock = HandClock::at_noon();
    let ring = Arc::new(KeyRing::parse(RING, clock.now()).expect("valid"));
    let settings = RedisSettings {
        key_prefix: format!("test-{test}-{}", std::process::id()),
        patience: Duration::from_secs(5),
        ..RedisSettings::new(redis_url().into())
    };
    RedisRecordCache::new(&settings, &ring, clock).expect("a valid address")
}

#[tokio::test]
async fn a_copy_in_the_process_is_good_until_somebody_invalidates() {
    let cache = cache_with_copies("near");
    let target = results_of("pat-1");
    let generation = cache
        .load(&target, SET)
        .await
        .generation
        .expect("Redis is there");
    cache
        .store(&target, &set_of(&target, &["a"]), generation)
        .await;
    let first = cache.load(&target, SET).await.stored.expect("stored");
    let again = cache.load(&target, SET).await.stored.expect("stored");
    assert!(Arc::ptr_eq(&first, &again), "opened once");
    cache
        .invalidate(target.tenant(), target.patient(), SET.source())
        .await
        .expect("Redis is there");
    assert!(cache.load(&target, SET).await.stored.is_none());
}

#[tokio::test]
async fn a_copy_of_one_patient_is_nobody_elses() {
    let cache = cache_with_copies("near-others");
    let (one, other) = (results_of("pat-1"), results_of("pat-2"));
    let generation = cache
        .load(&one, SET)
        .await
        .generation
        .expect("Redis is there");
    cache.store(&one, &set_of(&one, &["a"]), generation).await;
    assert!(cache.load(&one, SET).await.stored.is_some());
    assert!(cache.load(&other, SET).await.stored.is_none());
}

fn results_of(patient: &str) -> RecordTarget {
    target("kabul", patient, ResourceType::Observation)
}

fn set_of(target: &RecordTarget, ids: &[&str]) -> Arc<StoredSet> {
    let records = ids.iter().map(|id| observation(id, "5.10")).collect();
    Arc::new(stored_set(target, SET, records))
}

async fn raw(cache: &RedisRecordCache, command: &mut Cmd, parts: &[&str]) -> Option<Vec<u8>> {
    for part in parts {
        command.arg(part);
    }
    cache.link.ask(command).await.expect("Redis answers")
}

#[tokio::test]
async fn what_is_stored_is_loaded_byte_for_byte() {
    let cache = cache("round-trip");
    let target = results_of("pat-1");
    let stored = set_of(&target, &["a", "b"]);
    let before = cache.load(&target, SET).await;
    assert!(before.stored.is_none());
    assert_eq!(before.generation, Some(Generation(0)));
    cache.store(&target, &stored, Generation(0)).await;
    let after = cache.load(&target, SET).await.stored.expect("stored");
    assert!(after.records == stored.records);
    assert_eq!(after.as_of, stored.as_of);
}

#[tokio::test]
async fn a_large_set_is_kept_and_one_beyond_the_limit_is_not() {
    let cache = cache("large");
    let target = results_of("pat-1");
    let mut record = observation("a", "1");
    let bytes = [record.bytes.to_vec(), vec![b' '; 1_000_000]].concat();
    record.bytes = bytes.into();
    let large = Arc::new(stored_set(&target, SET, vec![record.clone(); 4]));
    cache.store(&target, &large, Generation(0)).await;
    let loaded = cache.load(&target, SET).await.stored.expect("stored");
    assert_eq!(loaded.records.len(), 4);
    let beyond = Arc::new(stored_set(&target, SET, vec![record; 9]));
    cache.store(&target, &beyond, Generation(0)).await;
    let loaded = cache
        .load(&target, SET)
        .await
        .stored
        .expect("the earlier one");
    assert_eq!(loaded.records.len(), 4);
}

#[tokio::test]
async fn invalidation_hides_what_was_stored_and_refuses_a_fetch_that_began_before() {
    let cache = cache("generations");
    let target = results_of("pat-1");
    let (tenant, patient) = (target.tenant(), target.patient());
    cache
        .store(&target, &set_of(&target, &["old"]), Generation(0))
        .await;
    let begun = cache
        .load(&target, SET)
        .await
        .generation
        .expect("reachable");
    cache
        .invalidate(tenant, patient, Source::Laboratory)
        .await
        .expect("reachable");
    cache
        .store(&target, &set_of(&target, &["late"]), begun)
        .await;
    let now = cache.load(&target, SET).await;
    assert!(now.stored.is_none());
    assert_eq!(now.generation, Some(Generation(1)));
    cache
        .store(&target, &set_of(&target, &["new"]), Generation(1))
        .await;
    let stored = cache.load(&target, SET).await.stored.expect("stored");
    assert_eq!(&*stored.records[0].header.id, "new");
}

#[tokio::test]
async fn another_source_is_not_invalidated() {
    let cache = cache("other-source");
    let target = results_of("pat-1");
    cache
        .store(&target, &set_of(&target, &["a"]), Generation(0))
        .await;
    let (tenant, patient) = (target.tenant(), target.patient());
    cache
        .invalidate(tenant, patient, Source::Medication)
        .await
        .expect("reachable");
    assert!(cache.load(&target, SET).await.stored.is_some());
}

#[tokio::test]
async fn a_racing_invalidation_never_leaves_the_older_set() {
    let cache = Arc::new(cache("race"));
    for round in 0..50 {
        let target = results_of(&format!("pat-{round}"));
        let (tenant, patient) = (target.tenant(), target.patient());
        let stored = set_of(&target, &["a"]);
        let (raised, ()) = tokio::join!(
            cache.invalidate(tenant, patient, Source::Laboratory),
            cache.store(&target, &stored, Generation(0)),
        );
        raised.expect("reachable");
        assert!(
            cache.load(&target, SET).await.stored.is_none(),
            "round {round}"
        );
    }
}

#[tokio::test]
async fn a_value_under_another_patients_or_sets_key_is_a_miss() {
    let cache = cache("swap");
    let (own, other) = (results_of("pat-1"), results_of("pat-2"));
    cache
        .store(&own, &set_of(&own, &["a"]), Generation(0))
        .await;
    let name =
        |target: &RecordTarget, set| cache.names.of(target.tenant(), target.patient()).set(set);
    let value: Vec<u8> = raw(&cache, &mut cmd("GET"), &[&name(&own, SET)])
        .await
        .expect("stored");
    for (target, set) in [
        (&other, SET),
        (&own, RecordSet::ChartObservations),
        (&target("herat", "pat-1", ResourceType::Observation), SET),
    ] {
        let mut command = cmd("SET");
        command
            .arg(name(target, set))
            .arg(value.clone())
            .arg("PX")
            .arg(60_000);
        let _: String = cache.link.ask(&command).await.expect("Redis answers");
        assert!(cache.load(target, set).await.stored.is_none());
    }
    assert!(
        cache.load(&own, SET).await.stored.is_some(),
        "the honest one still opens"
    );
}

#[tokio::test]
async fn redis_holds_no_word_of_patient_or_record() {
    let cache = cache("canary");
    let target = results_of("pat-canary");
    cache
        .store(&target, &set_of(&target, &["id-canary"]), Generation(0))
        .await;
    let names = cache.names.of(target.tenant(), target.patient());
    let name = names.set(SET);
    let value = raw(&cache, &mut cmd("GET"), &[&name])
        .await
        .expect("stored");
    let shown = |needle: &str| {
        value
            .windows(needle.len())
            .any(|part| part == needle.as_bytes())
    };
    for needle in ["pat-canary", "id-canary", "Observation", "Glucose", "kabul"] {
        assert!(!shown(needle) && !name.contains(needle), "{needle}");
    }
    let expires: i64 = {
        let mut command = cmd("PTTL");
        command.arg(&name);
        cache.link.ask(&command).await.expect("Redis answers")
    };
    assert!((1..=300_000).contains(&expires));
}

#[tokio::test]
async fn a_dead_redis_is_a_miss_and_soon_costs_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    drop(listener);
    let cache = cache_at(
        &format!("redis://{address}"),
        "dead",
        Duration::from_millis(20),
    );
    let target = results_of("pat-1");
    assert!(cache.load(&target, SET).await.generation.is_none());
    let begun = Instant::now();
    for _ in 0..100 {
        assert!(cache.load(&target, SET).await.stored.is_none());
        cache
            .store(&target, &set_of(&target, &["a"]), Generation(0))
            .await;
    }
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert!(!cache.health().await.healthy);
}

#[tokio::test]
async fn a_redis_that_hangs_costs_its_patience_only() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let cache = cache_at(
        &format!("redis://{address}"),
        "hang",
        Duration::from_millis(20),
    );
    let target = results_of("pat-1");
    let begun = Instant::now();
    for _ in 0..100 {
        assert!(cache.load(&target, SET).await.generation.is_none());
    }
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    drop(listener);
}

#[tokio::test]
async fn connections_that_broke_are_made_again() {
    let (cache, other) = (cache("reconnect"), cache("reconnect-other"));
    for _ in 0..8 {
        let id: u64 = cache
            .link
            .ask(cmd("CLIENT").arg("ID"))
            .await
            .expect("Redis answers");
        let mut kill = cmd("CLIENT");
        kill.arg("KILL").arg("ID").arg(id);
        let _ = other.link.ask::<u64>(&kill).await;
        // One of the next requests meets the broken connection; the ones after it do not.
        let mut in_a_row = 0;
        for _ in 0..100 {
            in_a_row = if cache.health().await.healthy {
                in_a_row + 1
            } else {
                0
            };
            if in_a_row == 8 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(in_a_row, 8);
    }
}

#[test]
fn an_address_that_is_none_is_a_fault_without_its_password() {
    let clock = HandClock::at_noon();
    let ring = Arc::new(KeyRing::parse(RING, clock.now()).expect("valid"));
    let settings = RedisSettings::new("http://user:secret@host".to_owned().into());
    let fault = RedisRecordCache::new(&settings, &ring, clock)
        .err()
        .expect("refused");
    assert_eq!(fault.setting, "REDIS_URL");
    assert!(!fault.to_string().contains("secret"));
}
