//! Killed at every step.

use std::time::Duration;

use jiff::Timestamp;
use portal_tests::{Change, PortalProcess, scene_alone};
use tokio::time::sleep;

use super::samples::{granted, suspended};
use super::{RELAY, SOON, assert_told_once_and_in_order, installed, is_published, on_the_bus};

/// Ends the connections that a killed process has left: the database works on for them until it
/// notices.
async fn forget(portal: &PortalProcess, login: &str) {
    let database = portal.servers.database().await;
    sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1")
        .bind(login)
        .execute(&database)
        .await
        .expect("a superuser may");
    database.close().await;
}

async fn until_on_the_bus(portal: &PortalProcess, count: usize) {
    let look = async {
        while on_the_bus(portal).await.len() < count {
            sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(SOON, look)
        .await
        .expect("it is published");
}

#[tokio::test]
async fn what_was_killed_before_its_commit_is_not_published() {
    let scene = async {
        let portal = installed("uncommitted").await;
        let _relay = portal.spawn(RELAY);
        let pool = portal.app();
        let mut change = Change::begin(&pool, &portal.tenant).await.expect("begun");
        let lost = change
            .push(&suspended("staff-1"), Timestamp::UNIX_EPOCH)
            .await;
        forget(&portal, "portal_app").await;
        assert!(change.commit().await.is_err(), "it was killed");
        portal.commit(&granted(3)).await;
        let rows = portal.outbox_until(SOON, is_published).await;
        assert_eq!(rows.len(), 3);
        assert_told_once_and_in_order(&portal, &rows).await;
        let lost = lost.expect("it was stored");
        assert!(!on_the_bus(&portal).await.contains(&lost));
    };
    scene_alone(Duration::from_secs(90), scene).await;
}

#[tokio::test]
async fn what_was_killed_between_acknowledgement_and_mark_is_there_once() {
    let scene = async {
        let mut portal = installed("unmarked").await;
        portal.commit(&granted(5)).await;
        let database = portal.servers.database().await;
        // Reads go by, marks wait.
        let mut lock = database.begin().await.expect("begun");
        sqlx::query("SELECT FROM outbox_messages FOR UPDATE")
            .execute(&mut *lock)
            .await
            .expect("locked");
        let mut relay = portal.spawn(RELAY);
        until_on_the_bus(&portal, 5).await;
        relay.kill();
        forget(&portal, "portal_worker").await;
        lock.rollback().await.expect("unlocked");
        database.close().await;
        assert!(portal.outbox().await.iter().all(|row| !is_published(row)));
        // It waits for the lease of the one that was killed.
        portal.start(&[]).await;
        let rows = portal.outbox_until(SOON, is_published).await;
        assert_told_once_and_in_order(&portal, &rows).await;
        let metrics = portal.admin("/metrics").await;
        let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
        assert!(
            metrics.contains("\nportal_events_published_again_total 5\n"),
            "all five went out a second time, and the bus dropped them"
        );
    };
    scene_alone(Duration::from_secs(90), scene).await;
}

#[tokio::test]
async fn who_stood_still_until_its_lease_was_lost_marks_nothing() {
    let scene = async {
        let portal = installed("stalled").await;
        let first = portal.spawn(RELAY);
        portal.commit(&granted(1)).await;
        portal.outbox_until(SOON, is_published).await;
        // Between its claim and its mark: it waits for the bus.
        portal.servers.pause("nats");
        portal.commit(&granted(5)).await;
        let database = portal.servers.database().await;
        until_held(&database).await;
        first.signal("STOP");
        sqlx::query("UPDATE outbox_lanes SET lease_until = now() WHERE owner IS NOT NULL")
            .execute(&database)
            .await
            .expect("a superuser may");
        portal.servers.resume("nats");
        let _second = portal.spawn(RELAY);
        portal.outbox_until(SOON, is_published).await;
        let marks = marks(&database).await;
        first.signal("CONT");
        portal.commit(&granted(20)).await;
        let rows = portal.outbox_until(SOON, is_published).await;
        assert_eq!(self::marks(&database).await[..marks.len()], marks);
        assert!(rows.iter().all(|row| row.attempts == 0));
        assert_told_once_and_in_order(&portal, &rows).await;
        database.close().await;
    };
    scene_alone(Duration::from_secs(90), scene).await;
}

async fn until_held(database: &sqlx::PgPool) {
    let held = async {
        loop {
            let held: i64 =
                sqlx::query_scalar("SELECT count(*) FROM outbox_lanes WHERE owner IS NOT NULL")
                    .fetch_one(database)
                    .await
                    .expect("lanes can be read");
            if held > 0 {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(SOON, held).await.expect("a claim");
}

async fn marks(database: &sqlx::PgPool) -> Vec<String> {
    sqlx::query_scalar("SELECT published_at::text FROM outbox_messages ORDER BY position")
        .fetch_all(database)
        .await
        .expect("marks can be read")
}

#[tokio::test]
async fn who_is_asked_to_end_finishes_its_batch() {
    let scene = async {
        let portal = installed("asked").await;
        portal.commit(&granted(300)).await;
        let relay = portal.spawn(RELAY);
        until_on_the_bus(&portal, 1).await;
        relay.signal("TERM");
        let _ = relay.end(SOON).await.succeeded();
        let rows = portal.outbox().await;
        let marked = rows.iter().filter(|row| is_published(row)).count();
        assert_eq!(on_the_bus(&portal).await.len(), marked);
        let database = portal.servers.database().await;
        let held: i64 =
            sqlx::query_scalar("SELECT count(*) FROM outbox_lanes WHERE owner IS NOT NULL")
                .fetch_one(&database)
                .await
                .expect("lanes can be read");
        database.close().await;
        assert_eq!(held, 0, "lanes are free at once");
    };
    scene_alone(Duration::from_secs(90), scene).await;
}
