//! What each login may do with the list.

use sqlx::{AssertSqlSafe, Connection as _};

use super::super::database::set_tenant;
use super::super::test_database::{TestDatabase, TestTenant, random};

#[tokio::test]
async fn each_login_has_its_own_part_of_the_list() {
    let database = TestDatabase::shared().await;
    let (ours, theirs) = (database.tenant().await, database.tenant().await);
    let insert = |tenant: &TestTenant, column: &str, value: &str| {
        format!(
            "INSERT INTO revocations (tenant_id, kind, key_hash, not_before{column})
            VALUES ('{}', 'token', sha256('{}'), now(){value})",
            tenant.id,
            random()
        )
    };
    let refused = Some("42501".to_owned());
    for (login, sql, expected) in [
        ("DATABASE_URL", insert(&ours, "", ""), None),
        ("DATABASE_URL", insert(&theirs, "", ""), refused.clone()),
        (
            "DATABASE_URL",
            insert(&ours, ", changed_at", ", now()"),
            refused.clone(),
        ),
        (
            "DATABASE_URL",
            "UPDATE revocations SET not_before = now()".to_owned(),
            None,
        ),
        (
            "DATABASE_URL",
            "UPDATE revocations SET changed_at = now()".to_owned(),
            refused.clone(),
        ),
        (
            "DATABASE_URL",
            "UPDATE revocations SET kind = 'session'".to_owned(),
            refused.clone(),
        ),
        (
            "DATABASE_URL",
            "DELETE FROM revocations".to_owned(),
            refused.clone(),
        ),
        (
            "DATABASE_JOURNAL_URL",
            "SELECT * FROM revocations".to_owned(),
            None,
        ),
        (
            "DATABASE_JOURNAL_URL",
            insert(&ours, "", ""),
            refused.clone(),
        ),
        (
            "DATABASE_WORKER_URL",
            "SELECT * FROM revocations".to_owned(),
            refused.clone(),
        ),
    ] {
        let mut connection = database.connect(login).await;
        let mut transaction = connection.begin().await.unwrap();
        set_tenant(&mut transaction, &ours.id).await.unwrap();
        let done = sqlx::raw_sql(AssertSqlSafe(sql.clone()))
            .execute(&mut *transaction)
            .await;
        let code = done.err().map(|error| {
            error
                .as_database_error()
                .unwrap()
                .code()
                .unwrap()
                .into_owned()
        });
        assert_eq!(code, expected, "{login}: {sql}");
    }
}

#[tokio::test]
async fn a_tenant_sees_its_own_entries_only() {
    let database = TestDatabase::shared().await;
    let (ours, theirs) = (database.tenant().await, database.tenant().await);
    for tenant in [&ours, &theirs] {
        let id = &tenant.id;
        database
            .as_owner(&format!(
                "BEGIN; SELECT set_config('app.tenant_id', '{id}', true);
                INSERT INTO revocations (tenant_id, kind, key_hash, not_before)
                    VALUES ('{id}', 'token', sha256('x'), now());
                COMMIT"
            ))
            .await;
    }
    let mut app = database.connect("DATABASE_URL").await;
    let mut transaction = app.begin().await.unwrap();
    set_tenant(&mut transaction, &ours.id).await.unwrap();
    let seen: Vec<String> = sqlx::query_scalar("SELECT tenant_id FROM revocations")
        .fetch_all(&mut *transaction)
        .await
        .unwrap();
    assert_eq!(seen, [ours.id.as_str()]);
}
