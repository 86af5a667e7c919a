use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use portal_application::ports::Hash;
use portal_domain::id::{ClientId, PortalAccountId};

use super::super::database::Login;
use super::super::test_database::{TestDatabase, TestFamily, TestTenant, now, random};
use super::*;

const SECOND: SignedDuration = SignedDuration::from_secs(1);

struct Scene {
    database: TestDatabase,
    tenant: TestTenant,
    uses: PgAppUses,
    key: Hash,
}

/// Account, app, delegation, scopes, first and last use.
type Row = (String, String, String, String, Timestamp, Timestamp);

impl Scene {
    async fn begin() -> Self {
        let database = TestDatabase::shared().await;
        let random = random().random().to_be_bytes();
        Self {
            tenant: database.tenant().await,
            uses: PgAppUses::start(database.database(Login::App)),
            key: std::array::from_fn(|place| random[6 + place % 10]),
            database,
        }
    }

    fn app_use(&self, used_at: Timestamp, scopes: &str) -> AppUse {
        AppUse {
            tenant: self.tenant.id.clone(),
            account: self.tenant.account,
            client: ClientId::parse("app").unwrap(),
            acting: None,
            scopes: scopes.into(),
            issued_at: now(),
            revocation_key: Some(self.key),
            used_at,
        }
    }

    /// Writes all that was noted, and gives what is there.
    async fn rows(&self) -> Vec<Row> {
        assert!(self.uses.close(Duration::from_secs(10)).await, "in time");
        let mut superuser = self.database.connect("DATABASE_SUPERUSER_URL").await;
        let rows: Vec<(String, String, String, String, SqlTime, SqlTime)> = sqlx::query_as(
            "SELECT account_id, client_id, delegation_id, scopes, first_used_at, last_used_at
            FROM app_uses WHERE tenant_id = $1 ORDER BY delegation_id",
        )
        .bind(self.tenant.id.as_str())
        .fetch_all(&mut superuser)
        .await
        .unwrap();
        rows.into_iter()
            .map(|(account, client, delegation, scopes, first, last)| {
                (
                    account,
                    client,
                    delegation,
                    scopes,
                    first.into(),
                    last.into(),
                )
            })
            .collect()
    }

    async fn revoke(&self, connection: &mut PgConnection, not_before: Timestamp) {
        sqlx::query(
            "INSERT INTO revocations (tenant_id, kind, key_hash, not_before)
            VALUES ($1, 'subject_client', $2, $3)",
        )
        .bind(self.tenant.id.as_str())
        .bind(self.key)
        .bind(not_before.to_sqlx())
        .execute(connection)
        .await
        .unwrap();
    }
}

type SqlTime = jiff_sqlx::Timestamp;

#[tokio::test]
async fn first_and_last_use_and_the_last_scopes_are_kept() {
    let scene = Scene::begin().await;
    let later = now() + SECOND;
    scene.uses.note(scene.app_use(now(), "openid"));
    scene.uses.note(scene.app_use(later, "patient/*.rs"));
    let account = scene.tenant.account.to_string();
    let row = (account, "app".into(), String::new(), "patient/*.rs".into());
    let (account, app, delegation, scopes) = row;
    let expected = (account, app, delegation, scopes, now(), later);
    assert_eq!(scene.rows().await, [expected]);
}

#[tokio::test]
async fn an_app_of_a_proxy_stands_in_both_lists() {
    let scene = Scene::begin().await;
    let family = TestFamily::new();
    scene.database.delegate(&scene.tenant, &family).await;
    scene.uses.note(AppUse {
        account: family.proxy,
        acting: Some((family.delegation, scene.tenant.account)),
        ..scene.app_use(now(), "openid")
    });
    let rows = scene.rows().await;
    let places: Vec<_> = rows
        .iter()
        .map(|row| (row.0.clone(), row.2.clone()))
        .collect();
    assert_eq!(
        places,
        [
            (family.proxy.to_string(), String::new()),
            (
                scene.tenant.account.to_string(),
                family.delegation.to_string()
            ),
        ]
    );
}

#[tokio::test]
async fn what_was_revoked_since_is_not_noted_and_a_newer_token_is() {
    for (not_before, noted) in [(now(), 0), (now() - SECOND, 1)] {
        let scene = Scene::begin().await;
        let mut superuser = scene.database.connect("DATABASE_SUPERUSER_URL").await;
        scene.revoke(&mut superuser, not_before).await;
        scene.uses.note(scene.app_use(now(), "openid"));
        assert_eq!(scene.rows().await.len(), noted, "{not_before}");
    }
}

#[tokio::test]
async fn a_use_waits_for_a_revocation_that_has_begun() {
    let scene = Scene::begin().await;
    let mut revoking = scene.database.connect("DATABASE_SUPERUSER_URL").await;
    let (tenant, account) = (scene.tenant.id.as_str(), scene.tenant.account.to_string());
    let begin = format!(
        "BEGIN; SELECT FROM portal_accounts WHERE tenant_id = '{tenant}'
            AND account_id = '{account}' FOR NO KEY UPDATE"
    );
    run(&mut revoking, begin).await;
    scene.uses.note(scene.app_use(now(), "openid"));
    tokio::time::sleep(Duration::from_millis(300)).await;
    scene.revoke(&mut revoking, now()).await;
    run(&mut revoking, "COMMIT".to_owned()).await;
    assert_eq!(scene.rows().await, []);
}

async fn run(connection: &mut PgConnection, sql: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(connection)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_account_that_is_closed_or_not_there_gets_no_apps() {
    let scene = Scene::begin().await;
    let sql = format!(
        "UPDATE portal_accounts SET status = 'closed', issuer = NULL, subject = NULL
        WHERE account_id = '{}'",
        scene.tenant.account
    );
    scene.database.as_owner_of(&scene.tenant, &sql).await;
    scene.uses.note(scene.app_use(now(), "openid"));
    scene.uses.note(AppUse {
        account: PortalAccountId::new(random()),
        ..scene.app_use(now(), "openid")
    });
    assert_eq!(scene.rows().await, []);
}

#[tokio::test]
async fn too_many_at_once_are_left_out_and_nobody_waits() {
    let scene = Scene::begin().await;
    // The writer has had no turn yet: nothing here waits.
    for number in 0..QUEUE + 100 {
        let client = ClientId::parse(&format!("app-{number}")).unwrap();
        scene.uses.note(AppUse {
            client,
            ..scene.app_use(now(), "openid")
        });
    }
    assert_eq!(scene.uses.queue.capacity(), 0);
}
