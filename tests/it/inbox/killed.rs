//! Many events, two pods, and everything that can be killed is.

use std::time::{Duration, Instant};

use portal_application::ports::Clock as _;
use portal_infrastructure::system::SystemClock;
use portal_tests::{Platform, PortalProcess, Running, Servers, scene_alone};
use serde_json::json;
use sqlx::PgPool;
use tokio::time::sleep;

/// Events of `make test`, and of a run for which `SOAK_STEPS` is set.
const EVENTS: usize = 2_000;
const SOAKED: usize = 50_000;
/// One of so many is sent a second time.
const TWICE: usize = 10;
const LOCKED: &str = "identity.user.suspended.v1";
const SERVE: &[&str] = &[
    "serve",
    "--without-relay",
    "--set",
    "HTTP_ADDR=127.0.0.1:0",
    "--set",
    "INTERNAL_ADDR=127.0.0.1:0",
    "--set",
    "ADMIN_ADDR=127.0.0.1:0",
];

/// Makes active accounts, one for each event.
async fn make_accounts(pool: &PgPool, tenant: &str, issuer: &str, count: usize) {
    let mut transaction = pool.begin().await.expect("a transaction");
    sqlx::query("SELECT set_config('app.tenant_id', $1, true)")
        .bind(tenant)
        .execute(&mut *transaction)
        .await
        .expect("a tenant");
    sqlx::query(
        "INSERT INTO portal_accounts (tenant_id, account_id, kind, status, patient_id, issuer,
            subject, created_at, updated_at)
        SELECT $1, 'pact_0' || lpad(upper(to_hex(n)), 25, '0'), 'patient', 'active',
            'patient-' || n, $2, 'subject-' || n, now() - interval '1 day', now()
        FROM generate_series(1, $3) n",
    )
    .bind(tenant)
    .bind(issuer)
    .bind(i64::try_from(count).expect("not so many"))
    .execute(&mut *transaction)
    .await
    .expect("accounts");
    transaction.commit().await.expect("they are there");
}

/// Sends an event for each account; some are sent twice.
async fn tell_all(platform: &Platform, tenant: &str, count: usize) {
    for number in 1..=count {
        let data = json!({"subject": format!("subject-{number}")});
        let event = Platform::event(tenant, LOCKED, &data, SystemClock.now());
        platform.tell(&event).await;
        if number % TWICE == 0 {
            platform.tell(&event).await;
        }
    }
}

/// How many rows a condition over the tenant's rows of a table finds.
async fn count(pool: &PgPool, tenant: &str, table: &str, condition: &str) -> Option<i64> {
    let mut transaction = pool.begin().await.ok()?;
    sqlx::query("SELECT set_config('app.tenant_id', $1, true)")
        .bind(tenant)
        .execute(&mut *transaction)
        .await
        .ok()?;
    let sql = format!("SELECT count(*) FROM {table} WHERE tenant_id = $1 AND {condition}");
    // Of words of the tests only.
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .bind(tenant)
        .fetch_one(&mut *transaction)
        .await
        .ok()
}

/// Kills one after the other while events are handled, until all are.
async fn kill_in_turn(portal: &PortalProcess, pool: &PgPool, wanted: usize) {
    let mut pods = [portal.spawn(SERVE), portal.spawn(SERVE)];
    let begin = Instant::now();
    let mut tenth = 1;
    loop {
        let handled = count(
            pool,
            &portal.tenant,
            "inbox_messages",
            "outcome = 'handled'",
        )
        .await;
        let handled = usize::try_from(handled.unwrap_or_default()).unwrap_or_default();
        if handled >= wanted {
            return;
        }
        assert!(
            begin.elapsed() < Duration::from_mins(12),
            "{handled} of {wanted} handled"
        );
        if handled >= tenth * wanted / 10 {
            kill_one(portal, &mut pods, tenth).await;
            tenth += 1;
        }
        sleep(Duration::from_millis(20)).await;
    }
}

async fn kill_one(portal: &PortalProcess, pods: &mut [Running; 2], turn: usize) {
    match turn % 4 {
        1 | 2 => {
            let pod = &mut pods[turn % 2];
            pod.kill();
            *pod = portal.spawn(SERVE);
        }
        3 => {
            portal.servers.kill("nats");
            sleep(Duration::from_millis(300)).await;
            portal.servers.restart("nats").await;
        }
        _ => {
            portal.servers.kill("postgres");
            portal.servers.restart("postgres").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_events_each_is_handled_once_whoever_is_killed() {
    let is_soaked = std::env::var_os("SOAK_STEPS").is_some();
    let wanted = if is_soaked { SOAKED } else { EVENTS };
    let scene = async {
        let begin = Instant::now();
        let servers = Servers::start_durable("inbox").await;
        let mut portal = PortalProcess::install("inbox", servers).await;
        let platform = Platform::start(&portal.settings["NATS_URL"], &portal.tenant).await;
        portal.set("INBOX_EVENTS", &platform.setting());
        let pool = portal.app();
        let issuer = portal.sandbox.issuer_url();
        make_accounts(&pool, &portal.tenant, &issuer, wanted).await;
        let telling = tell_all(&platform, &portal.tenant, wanted);
        tokio::join!(telling, kill_in_turn(&portal, &pool, wanted));
        let each = i64::try_from(wanted).expect("not so many");
        for (table, condition) in [
            ("portal_accounts", "status = 'suspended' AND version = 2"),
            ("inbox_messages", "true"),
            (
                "outbox_messages",
                "event_type = 'portal.account.suspended.v1'",
            ),
            ("access_events", "event_type = 'account.suspended'"),
        ] {
            assert_eq!(
                count(&pool, &portal.tenant, table, condition).await,
                Some(each),
                "{table}"
            );
        }
        println!("inbox: {} events in {:?}", wanted, begin.elapsed());
    };
    scene_alone(Duration::from_mins(14), scene).await;
}
