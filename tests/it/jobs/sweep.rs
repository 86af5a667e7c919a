//! What is over ends by itself, once, and both sides hear of it.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use portal_tests::{Person, TestPortal, scene};
use serde_json::{Value, json};

use super::super::delegations::{self, PATH, accept, act_on, invite};
use super::{portal, until};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The last day of a delegation that ends today, where the tenant is.
fn today(portal: &TestPortal) -> String {
    let kabul = TimeZone::get("Asia/Kabul").expect("a zone");
    kabul.to_datetime(portal.now()).date().to_string()
}

async fn status(portal: &TestPortal, person: &Person, id: &str) -> Value {
    let one = portal.get_as(person, &format!("{PATH}/{id}")).await;
    one.json()["status"].clone()
}

async fn until_expired(portal: &TestPortal, person: &Person, id: &str) {
    until(async || status(portal, person, id).await == "expired").await;
}

/// How often something was published of a delegation.
pub(super) async fn published(portal: &TestPortal, id: &str, kind: &str) -> usize {
    let rows = portal.rows_as_text("outbox_messages").await;
    let of_it = |row: &&str| row.contains(id) && row.contains(&format!("portal.proxy.{kind}.v1"));
    rows.lines().filter(of_it).count()
}

/// How often something was written down of a delegation.
pub(super) async fn recorded(portal: &TestPortal, id: &str, kind: &str) -> usize {
    let rows = portal.rows_as_text("access_events").await;
    let of_it = |row: &&str| row.contains(id) && row.contains(&format!("proxy.{kind}"));
    rows.lines().filter(of_it).count()
}

#[tokio::test]
async fn a_delegation_ends_with_its_last_day_where_the_tenant_is() {
    scene(async {
        let portal = portal(true).await;
        let _other = portal.another_relay().await;
        let ada = portal.person("ada").await;
        let ben = portal.caregiver("ben").await;
        let ends_today = json!({"validTo": today(&portal)});
        let id = portal.delegate(&ada, &ben, &ends_today).await;
        // Several rounds of both pods.
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        assert_eq!(status(&portal, &ada, &id).await, "active");

        let mut events = portal.events().await;
        portal.clock.advance(DAY);
        until_expired(&portal, &ada, &id).await;
        let mut told = Vec::new();
        for _ in 0..3 {
            let event = events.next_of(&portal.tenant).await;
            told.push((event["type"].clone(), event["data"]["templateKey"].clone()));
        }
        let notice = (
            json!("portal.notification.requested.v1"),
            json!("proxy-expired"),
        );
        let ended = (json!("portal.proxy.expired.v1"), Value::Null);
        assert_eq!(told, [ended, notice.clone(), notice]);
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        assert_eq!(published(&portal, &id, "expired").await, 1);
        assert_eq!(recorded(&portal, &id, "expired").await, 1);
        let log = portal.get_as(&ada, "/v1/portal/me/access-log").await.json();
        let entries = log["data"].as_array().expect("entries");
        let of_it = |entry: &&Value| entry["eventType"] == "proxy.expired";
        let entry = entries.iter().find(of_it).expect("the grantor sees it");
        assert_eq!(entry["actor"]["kind"], "system");
    })
    .await;
}

#[tokio::test]
async fn an_invitation_ends_with_its_code_and_what_was_accepted_with_its_last_day() {
    scene(async {
        let portal = delegations::portal().await;
        let ada = portal.person("ada").await;
        let ben = Person::caregiver(&portal.tenant, "ben");
        let (unanswered, _) = invite(&portal, &ada).await;
        let (accepted, code) = invite(&portal, &ada).await;
        assert_eq!(accept(&portal, &ben, &code).await.verdict(), "200");
        portal.clock.advance(DAY * 30);
        until_expired(&portal, &ada, &unanswered).await;
        assert_eq!(status(&portal, &ada, &accepted).await, "accepted");
        portal.end_long_ago(&accepted).await;
        until_expired(&portal, &ada, &accepted).await;
        let late = act_on(&portal, &ada, &accepted, "confirm").await;
        assert_eq!(late.verdict(), "409 STATE_CONFLICT");
        for id in [unanswered, accepted] {
            assert_eq!(published(&portal, &id, "expired").await, 1);
        }
        assert_eq!(portal.rows_as_text("proxy_invitations").await, "");
    })
    .await;
}

#[tokio::test]
async fn what_ended_while_nobody_swept_is_swept_at_the_next_start() {
    scene(async {
        let portal = portal(false).await;
        let ends = json!({"validTo": "2024-01-01"});
        let mut ids = Vec::new();
        // More than one transaction takes.
        for n in 0..6 {
            let ada = portal.person(&format!("ada-{n}")).await;
            for m in 0..10 {
                let ben = portal.caregiver(&format!("ben-{n}-{m}")).await;
                let id = portal.delegate(&ada, &ben, &ends).await;
                ids.push((ada.clone(), id));
            }
        }
        let _relay = portal.another_relay().await;
        for (ada, id) in &ids {
            until_expired(&portal, ada, id).await;
            assert_eq!(published(&portal, id, "expired").await, 1);
            assert_eq!(recorded(&portal, id, "expired").await, 1);
        }
    })
    .await;
}
