mod accounts;
mod deliveries;
mod idempotency;
mod invitations;
mod provider;
mod registrations;
mod tenants;

use std::sync::Arc;

use portal_application::ports::{ContactAddress, ContactChannel, Hash, Verification};
use portal_domain::account::PortalAccount;
use portal_domain::id::{PatientId, PortalAccountId};

use super::super::database::Login;
use super::super::test_database::{TestDatabase, TestTenant, now, random};
use super::*;
use crate::crypto::KeyRing;
use crate::system::SystemIds;

const HOUR: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);
const SECOND: jiff::SignedDuration = jiff::SignedDuration::from_secs(1);
/// Every table that a change may write to.
const TABLES: [&str; 7] = [
    "portal_accounts",
    "verification_tokens",
    "idempotency_records",
    "deliveries",
    "provider_tasks",
    "outbox_messages",
    "access_events",
];

struct AtNoon;

impl Clock for AtNoon {
    fn now(&self) -> Timestamp {
        now()
    }
}

struct Scene {
    database: TestDatabase,
    tenant: TestTenant,
    units: PgUnitsOfWork,
}

impl Scene {
    async fn begin() -> Self {
        Self::in_database(TestDatabase::shared().await).await
    }

    async fn in_database(database: TestDatabase) -> Self {
        let ring = ring();
        let units = PgUnitsOfWork::new(UnitsOfWorkParts {
            database: database.database(Login::App),
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
            units,
        }
    }

    async fn decided_on(&self, decided_on: DecidedOn) -> Option<Box<dyn UnitOfWork>> {
        let request = RequestId::parse("request-1").unwrap();
        let begun = self.units.begin(&self.tenant.id, decided_on, &request);
        begun.await.unwrap()
    }

    /// A change that no decision is behind.
    async fn change(&self) -> Box<dyn UnitOfWork> {
        self.decided_on(DecidedOn::default()).await.unwrap()
    }

    async fn commit(&self, work: Box<dyn UnitOfWork>) {
        work.commit(self.tenant.denial()).await.unwrap();
    }

    /// How many rows the tenant has in each of [`TABLES`].
    async fn rows(&self) -> [i64; 7] {
        let mut superuser = self.database.connect("DATABASE_SUPERUSER_URL").await;
        let mut counts = [0; 7];
        for (count, table) in counts.iter_mut().zip(TABLES) {
            let sql = format!("SELECT count(*) FROM {table} WHERE tenant_id = $1");
            *count = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
                .bind(self.tenant.id.as_str())
                .fetch_one(&mut superuser)
                .await
                .unwrap();
        }
        counts
    }

    fn delivery(&self, id: &str) -> Delivery {
        Delivery {
            id: id.to_owned(),
            tenant: self.tenant.id.clone(),
            channel: ContactChannel::Email,
            address: ContactAddress::new("ada@mail.example"),
            language: "fa-AF".to_owned(),
            template_key: "account-verification".to_owned(),
            secret: "SECRET-OF-THE-LINK".to_owned(),
        }
    }
}

fn ring() -> Arc<KeyRing> {
    let ring = "a:2026-01-01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    Arc::new(KeyRing::parse(ring, now()).expect("a ring"))
}

/// A hash that no other test has.
fn some_hash() -> Hash {
    let random = random().random().to_be_bytes();
    std::array::from_fn(|place| random[6 + place % 10])
}

fn identity(subject: &str) -> (Issuer, Subject) {
    (TestTenant::issuer(), Subject::parse(subject).unwrap())
}

fn caregiver(subject: &str) -> (PortalAccount, PortalEvent) {
    PortalAccount::caregiver(PortalAccountId::new(random()), identity(subject))
}

fn pending(patient: &str) -> PortalAccount {
    let patient = PatientId::parse(patient).unwrap();
    PortalAccount::pending(PortalAccountId::new(random()), patient).0
}

fn link(identity_hash: Hash) -> Verification {
    Verification {
        token_hash: some_hash(),
        identity_hash,
        patient: PatientId::parse("patient-1").unwrap(),
        channel: ContactChannel::Email,
        expires_at: now() + HOUR * 24,
    }
}

/// Writes something of every kind.
async fn write_everything(scene: &Scene, work: &mut dyn UnitOfWork) {
    let (account, event) = caregiver("sub-1");
    work.accounts().insert(&account, now()).await.unwrap();
    work.publish(&event, now()).await.unwrap();
    let link = link(some_hash());
    work.registrations().replace(&link, now()).await.unwrap();
    let delivery = scene.delivery("delivery-1");
    work.deliver(&delivery, link.expires_at).await.unwrap();
    let task = ProviderTask::EndSessions;
    work.ask_provider(&identity("sub-1"), task, now())
        .await
        .unwrap();
    let record = idempotency::record();
    let key = some_hash();
    work.idempotency()
        .remember(key, &record, now())
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_dropped_leaves_no_trace() {
    let scene = Scene::begin().await;
    let before = scene.rows().await;
    let mut work = scene.change().await;
    write_everything(&scene, &mut *work).await;
    drop(work);
    assert_eq!(scene.rows().await, before);
    let mut work = scene.change().await;
    write_everything(&scene, &mut *work).await;
    scene.commit(work).await;
    assert_eq!(scene.rows().await, before.map(|count| count + 1));
}

#[tokio::test]
async fn a_change_begins_only_on_the_versions_that_it_was_decided_on() {
    let scene = Scene::begin().await;
    let (account, nobody) = (scene.tenant.account, PortalAccountId::new(random()));
    for (tenant, account, begins) in [
        (Some(1), Some((account, 1)), true),
        (None, Some((account, 1)), true),
        (Some(1), None, true),
        (Some(2), None, false),
        (Some(1), Some((account, 2)), false),
        (Some(1), Some((nobody, 1)), false),
    ] {
        let decided_on = DecidedOn { tenant, account };
        let begun = scene.decided_on(decided_on).await;
        assert_eq!(begun.is_some(), begins, "{decided_on:?}");
    }
    scene.database.raise_version(&scene.tenant).await;
    let decided_on = DecidedOn {
        tenant: Some(1),
        account: Some((account, 1)),
    };
    assert!(scene.decided_on(decided_on).await.is_none());
}

#[tokio::test]
async fn who_decided_on_the_same_account_waits_and_then_begins_anew() {
    let scene = Scene::begin().await;
    let decided_on = DecidedOn {
        tenant: Some(1),
        account: Some((scene.tenant.account, 1)),
    };
    let mut first = scene.decided_on(decided_on).await.unwrap();
    let account = first.accounts().lock(scene.tenant.account).await.unwrap();
    let mut account = account.unwrap();
    account.preferred_language = Some("ar".to_owned());
    first.accounts().update(&account, now()).await.unwrap();
    let (second, ()) = tokio::join!(scene.decided_on(decided_on), scene.commit(first));
    assert!(second.is_none());
}
