//! The databases of tests: one that suites share, each with tenants of its own, and fresh ones
//! for what belongs to a whole database.

use std::time::Duration;

use jiff::Timestamp;
use portal_application::ports::Ids;
use portal_domain::account::{AccountKind, AccountSnapshot, AccountStatus};
use portal_domain::audit::{AccessEvent, ActorKind, EventType, FenceVersions, Outcome};
use portal_domain::id::{
    Issuer, PatientId, PortalAccessEventId, PortalAccountId, ProxyDelegationId, RequestId, Subject,
    TenantId,
};
use portal_fhir::ResourceType;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection};
use tokio::sync::OnceCell;
use ulid::Ulid;
use url::Url;

use super::database::{Database, Login, connect_options};
use super::migrate::migrate;
use crate::system::SystemIds;

/// The month in which all of this happens.
pub(super) fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().expect("a time")
}

/// The address of a login, as `make test` gives it.
pub(super) fn login_url(setting: &str) -> String {
    std::env::var(setting).unwrap_or_else(|_| {
        panic!("{setting} is not set: run the tests with `make test`, which starts the servers")
    })
}

pub(super) struct TestDatabase {
    name: Option<String>,
    owner_url: String,
}

impl TestDatabase {
    /// The database that suites share, migrated.
    pub(super) async fn shared() -> Self {
        static MIGRATED: OnceCell<()> = OnceCell::const_new();
        let owner_url = login_url("DATABASE_OWNER_URL");
        MIGRATED
            .get_or_init(|| async {
                migrate(&login_url("DATABASE_OWNER_URL"), now())
                    .await
                    .expect("migrated");
            })
            .await;
        Self {
            name: None,
            owner_url,
        }
    }

    /// A database of its own, migrated.
    pub(super) async fn fresh() -> Self {
        let name = format!("test_{}", random().to_string().to_lowercase());
        let owner = login_url("DATABASE_OWNER_URL");
        execute(&owner, &format!("CREATE DATABASE {name}"))
            .await
            .expect("created");
        let owner_url = in_database(&owner, &name);
        migrate(&owner_url, now()).await.expect("migrated");
        Self {
            name: Some(name),
            owner_url,
        }
    }

    pub(super) fn owner_url(&self) -> &str {
        &self.owner_url
    }

    pub(super) fn url(&self, setting: &str) -> String {
        let url = login_url(setting);
        self.name
            .as_ref()
            .map_or_else(|| url.clone(), |name| in_database(&url, name))
    }

    pub(super) fn database(&self, login: Login) -> Database {
        patient(login, &self.url(login.setting()))
    }

    pub(super) async fn connect(&self, setting: &str) -> PgConnection {
        connect(&self.url(setting)).await
    }

    /// Runs SQL as the owner.
    pub(super) async fn as_owner(&self, sql: &str) {
        execute(&self.owner_url, sql).await.expect("done");
    }

    /// Removes a fresh database.
    pub(super) async fn drop_now(self) {
        if let Some(name) = &self.name {
            let sql = format!("DROP DATABASE {name} WITH (FORCE)");
            // Connections of other logins may still be closing.
            execute(&login_url("DATABASE_SUPERUSER_URL"), &sql)
                .await
                .expect("dropped");
        }
    }

    /// A tenant with one active account in version 1.
    pub(super) async fn tenant(&self) -> TestTenant {
        let id = format!("t-{}", random());
        let account = PortalAccountId::new(random());
        let tenant = TestTenant {
            id: TenantId::parse(&id).expect("valid"),
            account,
        };
        let sql = format!(
            "BEGIN; SELECT set_config('app.tenant_id', '{id}', true);
            INSERT INTO tenants VALUES ('{id}', 'Name', 'local', 'Asia/Kabul', 'fa-AF', 'persian',
                'AFN', 7, now(), now());
            INSERT INTO portal_accounts VALUES ('{id}', '{account}', 'patient', 'active',
                'patient-of-{id}', 'https://issuer.example', 'subject-of-{id}', NULL, NULL, now(),
                now());
            COMMIT"
        );
        self.as_owner(&sql).await;
        tenant
    }

    /// Does what suspending does: the version rises.
    pub(super) async fn raise_version(&self, tenant: &TestTenant) {
        let account = tenant.account;
        let sql = format!(
            "UPDATE portal_accounts SET status = 'suspended', version = version + 1
            WHERE account_id = '{account}'"
        );
        self.as_owner_of(tenant, &sql).await;
    }

    /// Runs SQL as the owner, in a transaction of a tenant.
    pub(super) async fn as_owner_of(&self, tenant: &TestTenant, sql: &str) {
        let id = &tenant.id;
        self.as_owner(&format!(
            "BEGIN; SELECT set_config('app.tenant_id', '{id}', true); {sql}; COMMIT"
        ))
        .await;
    }

    /// Lets a caregiver act for the tenant's patient; everything is in version 1.
    pub(super) async fn delegate(&self, tenant: &TestTenant, family: &TestFamily) {
        let TestFamily { proxy, delegation } = family;
        let (id, patient) = (&tenant.id, tenant.patient());
        let sql = format!(
            "INSERT INTO portal_accounts VALUES ('{id}', '{proxy}', 'caregiver', 'active', NULL,
                'https://issuer.example', '{proxy}', NULL, NULL, now(), now());
            INSERT INTO proxy_delegations (tenant_id, delegation_id, status, relationship_type,
                grantor_patient_id, proxy_account_id, scope, valid_from, created_at, updated_at)
            VALUES ('{id}', '{delegation}', 'active', 'spouse', '{patient}', '{proxy}',
                '{{labs}}', '2026-01-01', now(), now())",
            patient = patient.as_str(),
        );
        self.as_owner_of(tenant, &sql).await;
    }
}

/// Somebody who may act for the patient of a tenant.
pub(super) struct TestFamily {
    pub(super) proxy: PortalAccountId,
    pub(super) delegation: ProxyDelegationId,
}

impl TestFamily {
    /// Somebody who is to act for a patient.
    pub(super) fn new() -> Self {
        Self {
            proxy: PortalAccountId::new(random()),
            delegation: ProxyDelegationId::new(random()),
        }
    }
}

/// A tenant of its own for each test.
pub(super) struct TestTenant {
    pub(super) id: TenantId,
    pub(super) account: PortalAccountId,
}

impl TestTenant {
    pub(super) fn patient(&self) -> PatientId {
        PatientId::parse(&format!("patient-of-{}", self.id)).expect("valid")
    }

    pub(super) fn issuer() -> Issuer {
        Issuer::parse("https://issuer.example").expect("valid")
    }

    pub(super) fn subject(&self) -> Subject {
        Subject::parse(&format!("subject-of-{}", self.id)).expect("valid")
    }

    /// A look of the account at its chart, decided on version 1.
    pub(super) fn event(&self) -> AccessEvent {
        let ulid = SystemIds.ulid(now());
        AccessEvent {
            id: PortalAccessEventId::new(ulid),
            tenant_id: self.id.clone(),
            account_id: Some(self.account),
            patient_id: Some(self.patient()),
            actor: ActorKind::Oneself,
            delegation_id: None,
            identity: Some((Self::issuer(), self.subject())),
            client: None,
            event_type: EventType::ChartViewed,
            outcome: Outcome::Success,
            reason_code: None,
            resource_type: Some(ResourceType::Observation),
            resource_ids: vec!["obs-1".into(), "obs-2".into()],
            resource_count: 2,
            query_keys: vec!["_count".into()],
            operation: "listVitals",
            client_address: Some("192.0.2.0/24".to_owned()),
            user_agent_class: "browser",
            request_id: RequestId::parse("request-1").expect("valid"),
            occurred_at: now(),
            fence: Some(self.fence(1)),
        }
    }

    /// A look of the proxy at the patient's chart, decided on versions 1.
    pub(super) fn proxy_event(&self, family: &TestFamily) -> AccessEvent {
        AccessEvent {
            account_id: Some(family.proxy),
            actor: ActorKind::Proxy,
            delegation_id: Some(family.delegation),
            fence: Some(FenceVersions {
                tenant: 1,
                account: (family.proxy, 1),
                delegation: Some((family.delegation, 1)),
                grantor: Some((self.account, 1)),
            }),
            ..self.event()
        }
    }

    /// What a decision on the account in some version goes by.
    pub(super) fn fence(&self, version: i64) -> FenceVersions {
        FenceVersions {
            tenant: 1,
            account: (self.account, version),
            delegation: None,
            grantor: None,
        }
    }

    /// A refusal of somebody who has no account.
    pub(super) fn denial(&self) -> AccessEvent {
        AccessEvent {
            account_id: None,
            patient_id: None,
            event_type: EventType::AccessDenied,
            outcome: Outcome::Denied,
            reason_code: Some("account-not-linked"),
            fence: None,
            ..self.event()
        }
    }

    /// The account as the decision sees it.
    pub(super) fn snapshot(&self) -> AccountSnapshot {
        AccountSnapshot {
            id: self.account,
            kind: AccountKind::Patient,
            status: AccountStatus::Active,
            patient_id: Some(self.patient()),
            preferred_language: None,
            last_login_at: None,
            version: 1,
        }
    }
}

pub(super) fn random() -> Ulid {
    SystemIds.ulid(now())
}

/// The database of a login, waited for as long as a busy machine needs.
pub(super) fn patient(login: Login, url: &str) -> Database {
    let wait = Duration::from_secs(30);
    Database::with_patience(login, url, wait, wait).expect("a URL")
}

fn in_database(url: &str, name: &str) -> String {
    let mut url = Url::parse(url).expect("a URL");
    url.set_path(name);
    url.to_string()
}

async fn connect(url: &str) -> PgConnection {
    connect_options(url)
        .expect("a URL")
        .connect()
        .await
        .expect("connected")
}

async fn execute(url: &str, sql: &str) -> Result<(), sqlx::Error> {
    let mut connection = connect(url).await;
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut connection)
        .await
        .map(|_| ())
}
