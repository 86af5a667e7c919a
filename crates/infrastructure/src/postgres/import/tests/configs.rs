//! What a tenant decides for itself.

use portal_domain::release::Effect;
use portal_domain::tenant::Tenant;
use sqlx::Row as _;

use super::*;

impl Scene {
    /// A tenant line with more members.
    async fn configure(&mut self, more: &str) -> Result<ImportOutcome, ImportCode> {
        let line = format!(
            r#"{{"tenant":{{"id":"{}","name":"Kabul","region":"local","timeZone":"Asia/Kabul","locale":"fa-AF","calendar":"persian","currency":"AFN"{more}}}}}"#,
            self.tenant
        );
        self.line(&line).await
    }

    async fn stored(&self) -> Arc<Tenant> {
        self.facts("nobody").await.tenant.unwrap()
    }

    /// The versions of the configuration, and the one in force.
    async fn versions(&self) -> (Vec<i64>, Option<i64>) {
        let mut connection = self.database.connect("DATABASE_SUPERUSER_URL").await;
        let row = sqlx::query(
            "SELECT config_version, ARRAY(SELECT version FROM tenant_configs c
                WHERE c.tenant_id = t.tenant_id ORDER BY version) AS versions
            FROM tenants t WHERE tenant_id = $1",
        )
        .bind(&self.tenant)
        .fetch_one(&mut connection)
        .await
        .unwrap();
        (row.get("versions"), row.get("config_version"))
    }
}

const HIDE: &str = r#","releasePolicy":{"default":"withhold"}"#;

#[tokio::test]
async fn a_configuration_is_a_new_version_only_where_it_differs() {
    let mut scene = Scene::with_tenant().await;
    assert_eq!(scene.versions().await, (vec![], None));
    assert_eq!(scene.configure(HIDE).await, Ok(Updated));
    assert_eq!(scene.configure(HIDE).await, Ok(Unchanged));
    let reordered = r#","releasePolicy":{ "default" : "withhold" }"#;
    assert_eq!(scene.configure(reordered).await, Ok(Unchanged));
    assert_eq!(scene.versions().await, (vec![1], Some(1)));
    let stored = scene.stored().await;
    assert_eq!(stored.version, 2);
    assert_eq!(stored.config.release_policy.default, Effect::Withhold);
}

#[tokio::test]
async fn what_a_line_leaves_out_stays_and_null_brings_the_default_back() {
    let mut scene = Scene::with_tenant().await;
    scene.configure(HIDE).await.unwrap();
    let ask = r#","introspectTokens":true"#;
    assert_eq!(scene.configure(ask).await, Ok(Updated));
    let stored = scene.stored().await;
    assert_eq!(stored.config.release_policy.default, Effect::Withhold);
    assert!(stored.config.introspect_tokens);
    assert_eq!(scene.configure("").await, Ok(Unchanged));
    let null = r#","releasePolicy":null,"ageBands":null"#;
    assert_eq!(scene.configure(null).await, Ok(Updated));
    assert_eq!(scene.configure(null).await, Ok(Unchanged));
    let stored = scene.stored().await;
    assert_eq!(stored.config.release_policy.default, Effect::Release);
    assert!(stored.config.introspect_tokens);
    assert_eq!(scene.versions().await, (vec![1, 2, 3], Some(3)));
    assert_eq!(stored.version, 4);
}

#[tokio::test]
async fn a_tenant_may_come_with_its_configuration_and_rises_once() {
    let mut scene = Scene::begin().await;
    assert_eq!(scene.configure(HIDE).await, Ok(Created));
    assert_eq!(scene.stored().await.version, 1);
    let line = format!(
        r#"{{"tenant":{{"id":"{}","name":"Herat","region":"local","timeZone":"Asia/Kabul","locale":"fa-AF","calendar":"persian","currency":"AFN","introspectTokens":true}}}}"#,
        scene.tenant
    );
    assert_eq!(scene.line(&line).await, Ok(Updated));
    let stored = scene.stored().await;
    assert_eq!((stored.name.as_str(), stored.version), ("Herat", 2));
    assert!(stored.config.introspect_tokens);
}

#[tokio::test]
async fn one_bad_member_refuses_the_whole_line() {
    let mut scene = Scene::with_tenant().await;
    scene.configure(HIDE).await.unwrap();
    let before = scene.stored().await;
    for bad in [
        r#","releasePolicy":{"default":"release"},"ageBands":[{"fromAge":3,"toAge":18,"parentAccess":"full"}]"#,
        r#","releasePolicy":{"default":"release","default":"release"}"#,
        r#","releasePolicy":{"default":"release"},"introspectTokens":1"#,
        r#","sensitivityCodes":{"genetic":[{"system":"\u0000","codes":["a"]}]}"#,
    ] {
        assert_eq!(
            scene.configure(bad).await,
            Err(ImportCode::LineInvalid),
            "{bad}"
        );
    }
    let after = scene.stored().await;
    assert_eq!(after.version, before.version);
    assert_eq!(after.config, before.config);
}

#[tokio::test]
async fn the_history_is_never_rewritten() {
    let mut scene = Scene::with_tenant().await;
    scene.configure(HIDE).await.unwrap();
    let mut superuser = scene.database.connect("DATABASE_SUPERUSER_URL").await;
    for sql in [
        "UPDATE tenant_configs SET document = '{}'",
        "DELETE FROM tenant_configs",
        "TRUNCATE tenant_configs CASCADE",
    ] {
        let refused = sqlx::raw_sql(sql)
            .execute(&mut superuser)
            .await
            .unwrap_err();
        let code = refused
            .as_database_error()
            .and_then(|error| error.code().map(String::from));
        assert_eq!(code.as_deref(), Some("42501"), "{sql}");
    }
}
