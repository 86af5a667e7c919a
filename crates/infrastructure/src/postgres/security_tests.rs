//! What each login may and may not do, asked of the real database.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::database::Login;
use super::test_database::{TestDatabase, TestFamily, TestTenant};

const LOGINS: [&str; 4] = [
    "DATABASE_OWNER_URL",
    "DATABASE_URL",
    "DATABASE_JOURNAL_URL",
    "DATABASE_WORKER_URL",
];

/// The SQLSTATE with which a statement fails, as one transaction of a tenant.
async fn refusal(connection: &mut PgConnection, tenant: &TestTenant, sql: &str) -> Option<String> {
    let mut transaction = connection.begin().await.unwrap();
    sqlx::query("SELECT set_config('app.tenant_id', $1, true)")
        .bind(tenant.id.as_str())
        .execute(&mut *transaction)
        .await
        .unwrap();
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut *transaction)
        .await;
    transaction.rollback().await.unwrap();
    let error = done.err()?;
    Some(
        error
            .as_database_error()
            .expect("the database's")
            .code()
            .expect("a code")
            .into_owned(),
    )
}

async fn count(connection: &mut PgConnection, tenant: &str, table: &str) -> i64 {
    let mut transaction = connection.begin().await.unwrap();
    sqlx::query("SELECT set_config('app.tenant_id', $1, true)")
        .bind(tenant)
        .execute(&mut *transaction)
        .await
        .unwrap();
    sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
        .fetch_one(&mut *transaction)
        .await
        .unwrap()
}

fn insert_event(tenant: &TestTenant, more: (&str, &str)) -> String {
    format!(
        "INSERT INTO access_events (tenant_id, event_id, retention_years, occurred_at, actor_kind,
            event_type, outcome, resource_ids, resource_count, query_keys, operation,
            user_agent_class, request_id{})
        VALUES ('{}', '{}', 7, '2026-03-01T12:00:00Z', 'self', 'chart.viewed', 'success', '{{}}', 0,
            '{{}}', 'listVitals', 'browser', 'request'{})",
        more.0,
        tenant.id,
        tenant.event().id,
        more.1
    )
}

#[tokio::test]
async fn nobody_changes_or_removes_an_access_event() {
    let database = TestDatabase::shared().await;
    let tenant = database.tenant().await;
    let mut journal = database.connect("DATABASE_JOURNAL_URL").await;
    let sql = insert_event(&tenant, ("", ""));
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut journal)
        .await
        .unwrap();
    for login in LOGINS {
        let mut connection = database.connect(login).await;
        for table in [
            "access_events",
            "access_events_7y",
            "access_events_7y_2026_03",
        ] {
            for sql in [
                format!("UPDATE {table} SET outcome = 'denied'"),
                format!("DELETE FROM {table}"),
                format!("TRUNCATE {table}"),
            ] {
                let refused = refusal(&mut connection, &tenant, &sql).await;
                assert_eq!(refused.as_deref(), Some("42501"), "{login}: {sql}");
            }
        }
    }
}

#[tokio::test]
async fn the_trigger_holds_where_a_privilege_would_not() {
    let own = TestDatabase::fresh().await;
    let tenant = own.tenant().await;
    let mut superuser = own.connect("DATABASE_SUPERUSER_URL").await;
    let sql = insert_event(&tenant, ("", ""));
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut superuser)
        .await
        .unwrap();
    for table in [
        "access_events",
        "access_events_7y",
        "access_events_7y_2026_03",
        "access_events_default",
    ] {
        for sql in [
            format!("UPDATE {table} SET outcome = 'denied'"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
        ] {
            let refused = refusal(&mut superuser, &tenant, &sql).await;
            assert_eq!(refused.as_deref(), Some("42501"), "{sql}");
        }
    }
    drop(superuser);
    own.drop_now().await;
}

#[tokio::test]
async fn a_tenants_transaction_sees_nothing_of_another() {
    let database = TestDatabase::shared().await;
    let (ours, theirs) = (database.tenant().await, database.tenant().await);
    let mut app = database.connect("DATABASE_URL").await;
    for tenant in [&ours, &theirs] {
        let sql = insert_event(tenant, ("", ""));
        assert_eq!(refusal(&mut app, tenant, &sql).await, None);
        let mut journal = database.connect("DATABASE_JOURNAL_URL").await;
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut journal)
            .await
            .unwrap();
    }
    for tenant in [&ours, &theirs] {
        database.delegate(tenant, &TestFamily::new()).await;
        let config = format!(
            "INSERT INTO tenant_configs VALUES ('{}', 1, '{{}}', now())",
            tenant.id
        );
        database.as_owner_of(tenant, &config).await;
    }
    for (table, rows) in [
        ("tenants", 1),
        ("tenant_configs", 1),
        ("portal_accounts", 2),
        ("proxy_delegations", 1),
        ("access_events", 1),
    ] {
        assert_eq!(
            count(&mut app, ours.id.as_str(), table).await,
            rows,
            "{table}"
        );
        assert_eq!(count(&mut app, "no-such-tenant", table).await, 0, "{table}");
    }
    let foreign = insert_event(&theirs, ("", ""));
    assert_eq!(
        refusal(&mut app, &ours, &foreign).await.as_deref(),
        Some("42501")
    );
}

#[tokio::test]
async fn a_forgotten_tenant_is_an_error_also_after_a_transaction_that_had_one() {
    let database = TestDatabase::shared().await;
    let tenant = database.tenant().await;
    let mut app = database.connect("DATABASE_URL").await;
    let forgotten = "SELECT count(*) FROM portal_accounts";
    let code = |error: sqlx::Error| {
        error
            .as_database_error()
            .unwrap()
            .code()
            .unwrap()
            .into_owned()
    };
    let never_set = sqlx::raw_sql(forgotten)
        .execute(&mut app)
        .await
        .unwrap_err();
    assert_eq!(code(never_set), "42704");
    assert_eq!(
        count(&mut app, tenant.id.as_str(), "portal_accounts").await,
        1
    );
    let set_before = sqlx::raw_sql(forgotten)
        .execute(&mut app)
        .await
        .unwrap_err();
    assert_eq!(code(set_before), "42704");
    let empty = sqlx::raw_sql("SELECT count(*) FROM access_events")
        .execute(&mut app)
        .await;
    assert_eq!(code(empty.unwrap_err()), "42704");
}

#[tokio::test]
async fn each_login_has_its_own_part_only() {
    let database = TestDatabase::shared().await;
    let (tenant, other) = (database.tenant().await, database.tenant().await);
    let with_txid = insert_event(&tenant, (", txid", ", '1'"));
    for (login, sql) in [
        (
            "DATABASE_URL",
            "UPDATE portal_accounts SET kind = 'caregiver'",
        ),
        (
            "DATABASE_URL",
            "UPDATE proxy_delegations SET scope = '{export}'",
        ),
        ("DATABASE_URL", "UPDATE tenants SET name = 'Other'"),
        (
            "DATABASE_URL",
            "UPDATE outbox_messages SET published_at = now()",
        ),
        ("DATABASE_URL", "DELETE FROM outbox_messages"),
        ("DATABASE_URL", "SELECT data FROM outbox_messages"),
        ("DATABASE_URL", "SELECT * FROM outbox_lanes"),
        ("DATABASE_URL", "SELECT * FROM relay_cursors"),
        ("DATABASE_URL", "SELECT * FROM access_events_7y"),
        ("DATABASE_URL", "CREATE TABLE mine (id int)"),
        ("DATABASE_URL", with_txid.as_str()),
        (
            "DATABASE_JOURNAL_URL",
            "SELECT subject FROM portal_accounts",
        ),
        ("DATABASE_JOURNAL_URL", "SELECT name FROM tenants"),
        (
            "DATABASE_JOURNAL_URL",
            "SELECT grantor_patient_id FROM proxy_delegations",
        ),
        ("DATABASE_JOURNAL_URL", "SELECT * FROM tenant_configs"),
        ("DATABASE_JOURNAL_URL", "SELECT event_id FROM access_events"),
        ("DATABASE_JOURNAL_URL", with_txid.as_str()),
        ("DATABASE_WORKER_URL", "SELECT * FROM portal_accounts"),
        ("DATABASE_WORKER_URL", "SELECT * FROM tenants"),
        ("DATABASE_WORKER_URL", with_txid.as_str()),
        ("DATABASE_WORKER_URL", &insert_event(&other, ("", ""))),
        ("DATABASE_WORKER_URL", "SELECT * FROM proxy_invitations"),
        ("DATABASE_WORKER_URL", "SELECT subject FROM portal_accounts"),
        (
            "DATABASE_WORKER_URL",
            "UPDATE proxy_delegations SET scope = '{export}'",
        ),
        (
            "DATABASE_WORKER_URL",
            "UPDATE provider_tasks SET patient_id = 'p'",
        ),
        ("DATABASE_URL", "SELECT patient_id FROM provider_tasks"),
        (
            "DATABASE_URL",
            "UPDATE provider_tasks SET held_until = now()",
        ),
        ("DATABASE_URL", "DELETE FROM provider_tasks"),
        ("DATABASE_JOURNAL_URL", "SELECT lane FROM outbox_messages"),
        ("DATABASE_WORKER_URL", "DELETE FROM relay_cursors"),
        (
            "DATABASE_WORKER_URL",
            "INSERT INTO outbox_messages (event_id) VALUES ('')",
        ),
        (
            "DATABASE_WORKER_URL",
            "UPDATE outbox_messages SET data = '{}'",
        ),
        ("DATABASE_WORKER_URL", "DELETE FROM outbox_lanes"),
        ("DATABASE_URL", "SELECT sealed FROM deliveries"),
        ("DATABASE_URL", "DELETE FROM deliveries"),
        (
            "DATABASE_URL",
            "UPDATE verification_tokens SET expires_at = now()",
        ),
        ("DATABASE_URL", "DELETE FROM verification_tokens"),
        (
            "DATABASE_URL",
            "UPDATE proxy_invitations SET code_hash = ''",
        ),
        (
            "DATABASE_URL",
            "UPDATE proxy_approvals SET approved_at = now()",
        ),
        (
            "DATABASE_URL",
            "UPDATE idempotency_records SET status = 200",
        ),
        (
            "DATABASE_WORKER_URL",
            "SELECT resource_id FROM idempotency_records",
        ),
        ("DATABASE_WORKER_URL", "UPDATE deliveries SET sealed = ''"),
        ("DATABASE_WORKER_URL", "SELECT * FROM verification_tokens"),
        ("DATABASE_JOURNAL_URL", "SELECT sealed FROM deliveries"),
    ] {
        let mut connection = database.connect(login).await;
        let refused = refusal(&mut connection, &tenant, sql).await;
        assert_eq!(refused.as_deref(), Some("42501"), "{login}: {sql}");
    }
}

#[tokio::test]
async fn a_database_answers_for_its_health() {
    let database = TestDatabase::shared().await;
    let component = database.database(Login::App).component().await;
    assert!(component.healthy && component.required);
}

#[tokio::test]
async fn the_login_of_requests_begins_tenants_and_moves_none() {
    let database = TestDatabase::shared().await;
    let tenant = database.tenant().await;
    for sql in [
        "DELETE FROM tenants",
        "UPDATE tenants SET region = 'elsewhere'",
        "DELETE FROM inbox_messages",
        "SELECT * FROM inbox_dead_letters",
    ] {
        let mut connection = database.connect("DATABASE_URL").await;
        let refused = refusal(&mut connection, &tenant, sql).await;
        assert_eq!(refused.as_deref(), Some("42501"), "{sql}");
    }
}
