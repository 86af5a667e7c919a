mod prune;

use std::sync::Arc;

use jiff::Timestamp;
use portal_application::ports::{Clock, SweepUnitOfWork, Sweeps as _, TenantList as _};
use portal_domain::id::RequestId;
use portal_domain::proxy_delegation::ProxyDelegation;

use super::super::database::Login;
use super::super::deliveries::DeliverySeal;
use super::super::test_database::{TestDatabase, TestTenant, now, random};
use super::super::unit_of_work::UnitsOfWorkParts;
use super::*;
use crate::crypto::{KeyRing, KeyedHash, RevocationHashes};
use crate::system::SystemIds;

struct AtNoon;

impl Clock for AtNoon {
    fn now(&self) -> Timestamp {
        now()
    }
}

struct Scene {
    database: TestDatabase,
    tenant: TestTenant,
    upkeep: PgUpkeep,
}

impl Scene {
    async fn begin() -> Self {
        let database = TestDatabase::shared().await;
        let ring = "a:2026-01-01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        let ring = Arc::new(KeyRing::parse(ring, now()).expect("a ring"));
        let worker = database.database(Login::Worker);
        let units = PgUnitsOfWork::new(UnitsOfWorkParts {
            database: worker.clone(),
            identities: KeyedHash::new(&ring, "journal-identity"),
            revocations: RevocationHashes::new(&ring),
            seal: DeliverySeal::new(ring),
            provider_wake: Arc::default(),
            ids: Arc::new(SystemIds),
            clock: Arc::new(AtNoon),
        });
        Self {
            tenant: database.tenant().await,
            database,
            upkeep: PgUpkeep::new(worker, units),
        }
    }

    async fn sweep(&self) -> Option<Box<dyn SweepUnitOfWork>> {
        let request = RequestId::parse("sweep-1").unwrap();
        self.upkeep.begin(&self.tenant.id, &request).await.unwrap()
    }

    async fn as_owner(&self, sql: &str) {
        self.database.as_owner_of(&self.tenant, sql).await;
    }

    /// Stores a delegation with `status`, `valid_to` and when its code is too old, and gives its id.
    async fn delegation(&self, status: &str, valid_to: &str, code_until: Option<&str>) -> String {
        let id = format!("pdel_{}", random());
        let (tenant, account) = (&self.tenant.id, self.tenant.account);
        let code = code_until.map_or_else(String::new, |until| {
            format!(
                "; INSERT INTO proxy_invitations (tenant_id, delegation_id, code_hash, expires_at)
                VALUES ('{tenant}', '{id}', sha256('{id}'), '{until}')"
            )
        });
        self.as_owner(&format!(
            "INSERT INTO proxy_delegations (tenant_id, delegation_id, status, relationship_type,
                grantor_patient_id, proxy_account_id, scope, valid_from, valid_to, created_at,
                updated_at)
            VALUES ('{tenant}', '{id}', '{status}', 'spouse', '{id}', '{account}', '{{labs}}',
                '2025-01-01', {valid_to}, now(), now()){code}"
        ))
        .await;
        id
    }

    async fn count(&self, table: &str) -> i64 {
        let mut superuser = self.database.connect("DATABASE_SUPERUSER_URL").await;
        let sql = format!("SELECT count(*) FROM {table} WHERE tenant_id = $1");
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(self.tenant.id.as_str())
            .fetch_one(&mut superuser)
            .await
            .unwrap()
    }
}

fn ids(found: &[ProxyDelegation]) -> Vec<String> {
    found.iter().map(|one| one.id.to_string()).collect()
}

async fn over(work: &mut dyn SweepUnitOfWork) -> Vec<ProxyDelegation> {
    let today = jiff::tz::TimeZone::UTC.to_datetime(now()).date();
    work.over(today, now()).await.unwrap()
}

#[tokio::test]
async fn every_tenant_is_listed_with_its_zone() {
    let scene = Scene::begin().await;
    let listed = scene.upkeep.tenants().await.unwrap();
    let mut zones = listed.iter().filter(|(id, _)| *id == scene.tenant.id);
    let (_, zone) = zones.next().expect("it is listed");
    assert!(zone.iana_name().is_some());
}

// It is noon of 1 March 2026.
#[tokio::test]
async fn what_is_past_its_last_day_or_its_code_is_over_and_nothing_else() {
    let scene = Scene::begin().await;
    let (yesterday, today) = ("'2026-02-28'", "'2026-03-01'");
    let (past, coming) = (Some("2026-03-01T12:00:00Z"), Some("2026-03-01T12:00:01Z"));
    let mut expected = vec![
        scene.delegation("active", yesterday, None).await,
        scene.delegation("accepted", yesterday, None).await,
        scene.delegation("invited", yesterday, coming).await,
        scene.delegation("invited", "NULL", past).await,
    ];
    for (status, valid_to, code) in [
        ("active", today, None),
        ("active", "NULL", None),
        ("accepted", today, past),
        ("invited", today, coming),
        ("revoked", yesterday, None),
        ("expired", yesterday, None),
        ("declined", yesterday, past),
    ] {
        scene.delegation(status, valid_to, code).await;
    }
    let mut work = scene.sweep().await.unwrap();
    expected.sort();
    assert_eq!(ids(&over(&mut *work).await), expected);
}

#[tokio::test]
async fn one_pod_at_a_time_sweeps_a_tenant() {
    let (scene, other) = (Scene::begin().await, Scene::begin().await);
    let first = scene.sweep().await.unwrap();
    assert!(scene.sweep().await.is_none());
    assert!(other.sweep().await.is_some(), "another tenant");
    drop(first);
    // The connection is given back behind the drop.
    for _ in 0..100 {
        if scene.sweep().await.is_some() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the lock outlived its transaction");
}

#[tokio::test]
async fn what_somebody_is_changing_is_left_to_the_next_time() {
    let scene = Scene::begin().await;
    let held = scene.delegation("active", "'2026-02-28'", None).await;
    let free = scene.delegation("active", "'2026-02-28'", None).await;
    let mut app = scene
        .database
        .database(Login::App)
        .begin(&scene.tenant.id)
        .await
        .unwrap();
    sqlx::query("SELECT FROM proxy_delegations WHERE delegation_id = $1 FOR NO KEY UPDATE")
        .bind(&held)
        .execute(&mut *app)
        .await
        .unwrap();
    let mut work = scene.sweep().await.unwrap();
    assert_eq!(ids(&over(&mut *work).await), [free]);
}

#[tokio::test]
async fn several_events_are_written_with_one_change() {
    let scene = Scene::begin().await;
    let before = scene.count("access_events").await;
    let mut work = scene.sweep().await.unwrap();
    work.record(scene.tenant.denial()).await.unwrap();
    drop(work);
    assert_eq!(scene.count("access_events").await, before);
    let other = Scene {
        tenant: scene.database.tenant().await,
        ..scene
    };
    let mut work = other.sweep().await.unwrap();
    work.record(other.tenant.denial()).await.unwrap();
    work.commit(other.tenant.denial()).await.unwrap();
    assert_eq!(other.count("access_events").await, 2);
}
