use portal_domain::id::PortalAccountId;
use portal_domain::proxy_delegation::{DelegationRight, DelegationStatus, RelationshipType};
use portal_domain::sensitivity::SensitivityCategory;

use super::super::database::Login;
use super::super::test_database::{TestDatabase, TestFamily, TestTenant, random};
use super::*;

struct Scene {
    database: TestDatabase,
    tenant: TestTenant,
    facts: PgFacts,
}

impl Scene {
    async fn begin() -> Self {
        let database = TestDatabase::shared().await;
        let tenant = database.tenant().await;
        let facts = PgFacts::new(database.database(Login::App));
        Self {
            database,
            tenant,
            facts,
        }
    }

    async fn of(&self, subject: &str) -> StoredFacts {
        self.find(subject, None).await.unwrap()
    }

    async fn find(
        &self,
        subject: &str,
        known: Option<&Arc<Tenant>>,
    ) -> Result<StoredFacts, StoreError> {
        let subject = Subject::parse(subject).unwrap();
        let issuer = TestTenant::issuer();
        self.facts
            .find(&self.tenant.id, &issuer, &subject, known)
            .await
    }

    async fn owner(&self, sql: &str) {
        self.database.as_owner_of(&self.tenant, sql).await;
    }

    /// A further account of the tenant, by SQL literals.
    async fn account(&self, patient: &str, status: &str, subject: &str, days: i32) -> String {
        let account = PortalAccountId::new(random()).to_string();
        let tenant = &self.tenant.id;
        let issuer = if subject == "NULL" {
            "NULL"
        } else {
            "'https://issuer.example'"
        };
        self.owner(&format!(
            "INSERT INTO portal_accounts VALUES ('{tenant}', '{account}', 'patient', '{status}',
                '{patient}', {issuer}, {subject}, NULL, NULL, now() + interval '{days} days',
                now(), 4)"
        ))
        .await;
        account
    }
}

#[tokio::test]
async fn tenant_and_account_come_together() {
    let scene = Scene::begin().await;
    scene
        .owner("UPDATE portal_accounts SET last_login_at = '2026-02-03T04:05:06.5+04:30', preferred_language = 'fa'")
        .await;
    let found = scene.of(scene.tenant.subject().as_str()).await;
    let tenant = found.tenant.unwrap();
    assert_eq!((&tenant.id, tenant.version), (&scene.tenant.id, 1));
    assert_eq!(tenant.time_zone.iana_name(), Some("Asia/Kabul"));
    assert_eq!((tenant.retention_years, &*tenant.currency), (7, "AFN"));
    assert_eq!(*tenant.config, TenantConfig::default());
    let account = found.account.unwrap();
    assert_eq!((account.id, account.version), (scene.tenant.account, 1));
    assert_eq!(account.kind, AccountKind::Patient);
    assert_eq!(account.status, AccountStatus::Active);
    assert_eq!(account.patient_id, Some(scene.tenant.patient()));
    assert_eq!(account.preferred_language.as_deref(), Some("fa"));
    let login: Timestamp = "2026-02-02T23:35:06.5Z".parse().unwrap();
    assert_eq!(account.last_login_at, Some(login));
    assert!(found.delegations.is_empty());
}

#[tokio::test]
async fn who_is_not_there_has_a_tenant_only_and_without_a_tenant_there_is_nothing() {
    let scene = Scene::begin().await;
    let nobody = scene.of("nobody").await;
    assert!(nobody.tenant.is_some() && nobody.account.is_none());
    let elsewhere = TenantId::parse("no-such-tenant").unwrap();
    let subject = scene.tenant.subject();
    let issuer = TestTenant::issuer();
    let found = scene.facts.find(&elsewhere, &issuer, &subject, None);
    let found = found.await.unwrap();
    assert!(found.tenant.is_none() && found.account.is_none());
}

#[tokio::test]
async fn a_known_tenant_is_the_same_until_its_version_rises() {
    let scene = Scene::begin().await;
    let subject = scene.tenant.subject();
    let known = scene.of(subject.as_str()).await.tenant.unwrap();
    let again = scene.find(subject.as_str(), Some(&known)).await.unwrap();
    assert!(Arc::ptr_eq(&known, &again.tenant.unwrap()));
    let id = &scene.tenant.id;
    scene
        .owner(&format!(
            "INSERT INTO tenant_configs VALUES ('{id}', 1, '{{\"introspectTokens\": true}}', now());
            UPDATE tenants SET config_version = 1, version = version + 1"
        ))
        .await;
    let newer = scene.find(subject.as_str(), Some(&known)).await.unwrap();
    let newer = newer.tenant.unwrap();
    assert_eq!(newer.version, 2);
    assert!(newer.config.introspect_tokens && !known.config.introspect_tokens);
    let other = scene.database.tenant().await;
    let issuer = TestTenant::issuer();
    let foreign = scene.facts.find(&other.id, &issuer, &subject, Some(&known));
    assert_eq!(foreign.await.unwrap().tenant.unwrap().id, other.id);
}

#[tokio::test]
async fn a_document_or_a_delegation_that_cannot_be_read_is_corrupt() {
    let scene = Scene::begin().await;
    let id = &scene.tenant.id;
    let family = TestFamily::new();
    scene.database.delegate(&scene.tenant, &family).await;
    scene
        .owner("UPDATE proxy_delegations SET scope = '{everything}'")
        .await;
    let proxy = family.proxy.to_string();
    let found = scene.find(&proxy, None).await;
    assert_eq!(found.unwrap_err(), StoreError::Corrupt);
    scene
        .owner(&format!(
            "INSERT INTO tenant_configs VALUES ('{id}', 1, '{{\"ageBands\": 7}}', now());
            UPDATE tenants SET config_version = 1"
        ))
        .await;
    let found = scene.find(scene.tenant.subject().as_str(), None).await;
    assert_eq!(found.unwrap_err(), StoreError::Corrupt);
}

#[tokio::test]
async fn active_delegations_come_with_their_grantors_account() {
    let scene = Scene::begin().await;
    let family = TestFamily::new();
    let TestFamily { proxy, delegation } = &family;
    scene.database.delegate(&scene.tenant, &family).await;
    scene
        .owner(
            "UPDATE proxy_delegations SET sensitive = '{genetic}', scope = '{labs,appointments.view}',
                valid_to = '2026-12-31', court_order = true, version = 3",
        )
        .await;
    let found = scene.of(&proxy.to_string()).await;
    let [found] = found.delegations.as_slice() else {
        panic!("one delegation")
    };
    assert_eq!((found.id, found.version), (*delegation, 3));
    assert_eq!(found.relationship, RelationshipType::Spouse);
    assert_eq!(found.grantor, scene.tenant.patient());
    let scope: Vec<_> = found.scope.iter().collect();
    assert_eq!(
        scope,
        [DelegationRight::Labs, DelegationRight::AppointmentsView]
    );
    let sensitive: Vec<_> = found.sensitive.iter().collect();
    assert_eq!(sensitive, [SensitivityCategory::Genetic]);
    assert_eq!(found.valid_from, jiff::civil::date(2026, 1, 1));
    assert_eq!(found.valid_to, Some(jiff::civil::date(2026, 12, 31)));
    assert!(found.court_order);
    let grantor = found.grantor_account.unwrap();
    assert_eq!((grantor.id, grantor.version), (scene.tenant.account, 1));
    assert_eq!(grantor.status, AccountStatus::Active);
    let own = scene.of(scene.tenant.subject().as_str()).await;
    assert!(own.delegations.is_empty(), "the grantor is nobody's proxy");
    scene
        .owner("UPDATE proxy_delegations SET status = 'revoked', updated_at = now()")
        .await;
    let ended = scene.of(&proxy.to_string()).await.delegations;
    assert_eq!(
        ended[0].status,
        DelegationStatus::Revoked,
        "its grantor hears who tries"
    );
    scene
        .owner("UPDATE proxy_delegations SET updated_at = now() - interval '91 days'")
        .await;
    assert!(scene.of(&proxy.to_string()).await.delegations.is_empty());
}

#[tokio::test]
async fn the_grantors_account_is_the_open_one_else_the_one_closed_last() {
    let scene = Scene::begin().await;
    let family = TestFamily::new();
    scene.database.delegate(&scene.tenant, &family).await;
    scene
        .owner("UPDATE proxy_delegations SET grantor_patient_id = 'child'")
        .await;
    let proxy = family.proxy.to_string();
    let grantor = async || scene.of(&proxy).await.delegations[0].grantor_account;
    assert_eq!(grantor().await, None);
    scene.account("child", "closed", "NULL", 1).await;
    let last = scene.account("child", "closed", "NULL", 2).await;
    scene.account("child", "closed", "NULL", 0).await;
    let found = grantor().await.unwrap();
    assert_eq!(
        (found.id.to_string(), found.status),
        (last, AccountStatus::Closed)
    );
    let open = scene.account("child", "suspended", "'child-1'", -9).await;
    let found = grantor().await.unwrap();
    assert_eq!((found.id.to_string(), found.version), (open, 4));
    assert_eq!(found.status, AccountStatus::Suspended);
}

#[tokio::test]
async fn at_most_two_hundred_delegations_come_in_the_order_of_their_ids() {
    let scene = Scene::begin().await;
    let family = TestFamily::new();
    scene.database.delegate(&scene.tenant, &family).await;
    let proxy = family.proxy.to_string();
    let values: Vec<String> = (0..250)
        .map(|index| {
            let id = portal_domain::id::ProxyDelegationId::new(random());
            format!(
                "('{}', '{id}', 'active', 'caregiver', 'p{index}', '{proxy}', '{{labs}}',
                '2026-01-01', now(), now())",
                scene.tenant.id
            )
        })
        .collect();
    scene
        .owner(&format!(
            "INSERT INTO proxy_delegations (tenant_id, delegation_id, status, relationship_type,
                grantor_patient_id, proxy_account_id, scope, valid_from, created_at, updated_at)
            VALUES {}",
            values.join(", ")
        ))
        .await;
    let found = scene.of(&proxy).await.delegations;
    let ids: Vec<String> = found.iter().map(|found| found.id.to_string()).collect();
    assert_eq!(ids.len(), 200);
    assert!(ids.is_sorted());
}

#[tokio::test]
async fn hostile_names_are_looked_up_as_they_are() {
    let scene = Scene::begin().await;
    let hostile = [
        "'); DROP TABLE tenants; --",
        r"\'; SELECT 1; --",
        "\u{202e}\u{1f9d1}\u{200d}\u{2695}\u{fe0f} \u{4e2d}\u{6587} \u{e9}e\u{301}",
        "$1 $$ %s {} \"quoted\" /* -- */",
    ];
    let mut owner = scene.database.connect("DATABASE_SUPERUSER_URL").await;
    for (index, subject) in hostile.iter().enumerate() {
        assert!(scene.of(subject).await.account.is_none(), "{subject}");
        sqlx::query(
            "INSERT INTO portal_accounts (tenant_id, account_id, kind, status, patient_id, issuer,
                subject, created_at, updated_at)
            VALUES ($1, $2, 'patient', 'active', $3, $4, $5, now(), now())",
        )
        .bind(scene.tenant.id.as_str())
        .bind(PortalAccountId::new(random()).to_string())
        .bind(format!("hostile-{index}"))
        .bind(TestTenant::issuer().as_str())
        .bind(subject)
        .execute(&mut owner)
        .await
        .unwrap();
        let account = scene.of(subject).await.account.unwrap();
        let patient = account.patient_id.clone().unwrap();
        assert_eq!(patient.as_str(), format!("hostile-{index}"));
    }
    let issuer = Issuer::parse("https://i/';COMMIT;SELECT'").unwrap();
    let subject = scene.tenant.subject();
    let found = scene.facts.find(&scene.tenant.id, &issuer, &subject, None);
    assert!(found.await.unwrap().account.is_none());
}

#[tokio::test]
async fn tenants_that_share_a_pool_never_see_each_other() {
    let scene = Scene::begin().await;
    let other = scene.database.tenant().await;
    let issuer = TestTenant::issuer();
    let lookups = (0..60).map(|index| {
        let (ours, theirs) = if index % 2 == 0 {
            (&scene.tenant, &other)
        } else {
            (&other, &scene.tenant)
        };
        let (facts, issuer) = (&scene.facts, &issuer);
        async move {
            let own = facts
                .find(&ours.id, issuer, &ours.subject(), None)
                .await
                .unwrap();
            assert_eq!(own.account.unwrap().id, ours.account);
            let foreign = facts
                .find(&ours.id, issuer, &theirs.subject(), None)
                .await
                .unwrap();
            assert_eq!(foreign.tenant.unwrap().id, ours.id);
            assert!(foreign.account.is_none());
        }
    });
    futures::future::join_all(lookups).await;
}

#[tokio::test]
async fn the_tenant_ends_with_the_message() {
    let scene = Scene::begin().await;
    scene.of(scene.tenant.subject().as_str()).await;
    let left: Option<String> = sqlx::query_scalar("SELECT current_setting('app.tenant_id', true)")
        .fetch_one(scene.facts.database.pool())
        .await
        .unwrap();
    assert_eq!(left.unwrap_or_default(), "");
    let prepared: i64 =
        sqlx::query_scalar("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE $1")
            .bind("%proxy_delegations%")
            .fetch_one(scene.facts.database.pool())
            .await
            .unwrap();
    assert_eq!(prepared, 0);
}

const MANY: [&str; 3] = [
    "INSERT INTO portal_accounts (tenant_id, account_id, kind, status, patient_id, issuer, subject,
        created_at, updated_at)
    SELECT current_tenant(), 'pact_many_' || n, 'patient',
        CASE WHEN n % 4 = 0 THEN 'closed' ELSE 'suspended' END, 'many-' || n,
        CASE WHEN n % 4 = 0 THEN NULL ELSE 'https://many' END,
        CASE WHEN n % 4 = 0 THEN NULL ELSE 'many-' || n END, now(), now()
    FROM generate_series(1, 4000) n",
    "INSERT INTO proxy_delegations (tenant_id, delegation_id, status, relationship_type,
        grantor_patient_id, proxy_account_id, scope, sensitive, valid_from, created_at, updated_at)
    SELECT current_tenant(), 'pdel_many_' || n, 'active', 'spouse', 'many-' || n,
        'pact_many_' || (4001 - n), '{labs}', '{}', '2026-01-01', now(), now()
    FROM generate_series(1, 4000) n",
    "ANALYZE portal_accounts, proxy_delegations",
];

/// By what the server itself says of its plan: no part of it reads a table from end to end.
#[tokio::test]
async fn no_part_of_the_look_up_grows_with_the_tenant() {
    let scene = Scene::begin().await;
    // Of a few rows every index is as good as another.
    for statement in MANY {
        scene.owner(statement).await;
    }
    let sql = query::text(
        &scene.tenant.id,
        &TestTenant::issuer(),
        &scene.tenant.subject(),
        None,
    );
    let (set, select) = sql.split_once(';').unwrap();
    let explained = format!("{set}; SET LOCAL enable_seqscan = off; EXPLAIN {select}");
    let rows = sqlx::raw_sql(AssertSqlSafe(explained))
        .fetch_all(scene.facts.database.pool())
        .await
        .unwrap();
    let plan: Vec<String> = rows
        .iter()
        .skip(1)
        .map(|row| sqlx::Row::get(row, 0))
        .collect();
    let plan = plan.join("\n");
    assert!(!plan.contains("Seq Scan"), "{plan}");
    for index in [
        "portal_accounts_one_per_identity",
        "portal_accounts_one_per_patient",
        "portal_accounts_closed_by_patient",
        "proxy_delegations_by_proxy",
    ] {
        assert!(plan.contains(index), "{index}: {plan}");
    }
}
