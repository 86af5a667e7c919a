//! What a change of staff leaves behind: what the platform hears, what the same request is told
//! again, and what is written down of one that was refused.

use portal_tests::{Person, PortalEvents, TestOptions, TestPortal, scene};
use serde_json::{Value, json};

fn why() -> Value {
    json!({"reason": "misuse-suspected"})
}

async fn relaying() -> TestPortal {
    TestPortal::with(TestOptions {
        own_database: true,
        relay: true,
        ..TestOptions::default()
    })
    .await
}

/// What an event is, or what a notice says.
fn name(event: &Value) -> String {
    let kind = event["data"]["templateKey"].as_str();
    let kind = kind.or(event["type"].as_str()).expect("a type");
    kind.to_owned()
}

/// The next events of a tenant, by name: those of several aggregates come in any order.
async fn heard(events: &mut PortalEvents, portal: &TestPortal, count: usize) -> Vec<Value> {
    let mut told = Vec::new();
    while told.len() < count {
        told.push(events.next_of(&portal.tenant).await);
    }
    told.sort_by_key(name);
    told
}

fn names(told: &[Value]) -> Vec<String> {
    told.iter().map(name).collect()
}

#[tokio::test]
async fn what_becomes_of_an_account_is_published_without_naming_who_did_it() {
    scene(async {
        let portal = relaying().await;
        let ada = portal.person("ada").await;
        let id = portal.account_of(&ada).await;
        let admin = portal.staff("portal-admin");
        let mut events = portal.events().await;
        for (verb, notice, kind) in [
            (
                "suspend",
                "account-suspended",
                "portal.account.suspended.v1",
            ),
            (
                "reinstate",
                "account-reinstated",
                "portal.account.reinstated.v1",
            ),
            ("close", "account-closed", "portal.account.closed.v1"),
        ] {
            let path = format!("accounts/{id}/{verb}");
            let changed = portal.staff_post(&admin, &path, &why()).await;
            assert_eq!(changed.verdict(), "200", "{verb}");
            let told = heard(&mut events, &portal, 2).await;
            assert_eq!(names(&told), [notice, kind]);
            let data = &told[1]["data"];
            assert_eq!(data["accountId"], json!(id), "{verb}");
            assert_eq!(data["patientId"], json!(ada.patient), "{verb}");
            let text = format!("{told:?}");
            assert!(!text.contains(&admin.subject) && !text.contains(&ada.subject));
        }
    })
    .await;
}

#[tokio::test]
async fn both_sides_hear_of_an_approved_delegation_and_the_platform_of_its_end() {
    scene(async {
        let portal = relaying().await;
        let (child, parent) = (portal.person("child").await, portal.person("parent").await);
        let line = json!({
            "patientId": child.patient, "proxyAccountId": portal.account_of(&parent).await,
            "relationshipType": "parent", "scope": ["labs"], "validFrom": "2020-01-01",
            "documentReference": "DocumentReference/1",
        });
        let (one, other) = (portal.staff("portal-admin"), portal.staff("portal-admin"));
        let mut events = portal.events().await;
        let bulk = "proxy-delegations/bulk";
        let made = portal.staff_bulk(&one, bulk, &[line]).await;
        let id = made[0]["id"].as_str().expect("an id").to_owned();
        let told = heard(&mut events, &portal, 1).await;
        assert_eq!(names(&told), ["portal.proxy.granted.v1"]);
        let path = format!("proxy-delegations/{id}");
        for staff in [&one, &other] {
            let approve = format!("{path}/approve");
            let approved = portal.staff_post(staff, &approve, &json!({})).await;
            assert_eq!(approved.verdict(), "200");
        }
        let told = heard(&mut events, &portal, 2).await;
        assert_eq!(names(&told), ["proxy-approved", "proxy-approved"]);
        let revoke = format!("{path}/revoke");
        let revoked = portal.staff_post(&one, &revoke, &json!({})).await;
        assert_eq!(revoked.verdict(), "200");
        let told = heard(&mut events, &portal, 3).await;
        let ended = ["portal.proxy.revoked.v1", "proxy-revoked", "proxy-revoked"];
        assert_eq!(names(&told), ended);
        assert_eq!(told[0]["data"]["delegationId"], json!(id));
    })
    .await;
}

#[tokio::test]
async fn the_same_request_of_staff_is_acted_on_once() {
    scene(async {
        let portal = TestPortal::start().await;
        let (ada, ben) = (portal.person("ada").await, portal.person("ben").await);
        let path = async |person: &Person| {
            let id = portal.account_of(person).await;
            format!("accounts/{id}/suspend")
        };
        let (of_ada, of_ben) = (path(&ada).await, path(&ben).await);
        let (one, other) = (portal.staff("portal-admin"), portal.staff("portal-admin"));
        let first = portal.staff_post_again(&one, "k", &of_ada, &why()).await;
        let again = portal.staff_post_again(&one, "k", &of_ada, &why()).await;
        assert_eq!((first.status, again.status), (200, 200));
        assert_eq!(first.json(), again.json());
        assert_eq!(first.header("etag"), again.header("etag"));
        assert_eq!(first.header("idempotency-replayed"), "");
        assert_eq!(again.header("idempotency-replayed"), "true");
        let told = portal.stored_events(&ada.patient).await;
        assert_eq!(told, ["portal.account.suspended.v1"]);
        let asked = json!({"reason": "person-asked"});
        for (path, body) in [(&of_ada, &asked), (&of_ben, &why())] {
            let answer = portal.staff_post_again(&one, "k", path, body).await;
            assert_eq!(answer.verdict(), "409 IDEMPOTENCY_KEY_CONFLICT");
        }
        // A key is of who sent it.
        let theirs = portal.staff_post_again(&other, "k", &of_ada, &why()).await;
        assert_eq!(theirs.verdict(), "409 STATE_CONFLICT");
        assert!(portal.stored_events(&ben.patient).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_change_that_was_refused_is_written_down() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let path = format!("accounts/{}/suspend", portal.account_of(&ada).await);
        let admin = portal.staff("portal-admin");
        for verdict in ["200", "409 STATE_CONFLICT"] {
            let answer = portal.staff_post(&admin, &path, &why()).await;
            assert_eq!(answer.verdict(), verdict);
        }
        let auditor = portal.staff("portal-auditor");
        let log = portal.staff_get(&auditor, "access-log?actor=staff").await;
        let log = log.json();
        let entries = log["data"].as_array().expect("entries").iter();
        let of_it = entries.filter(|entry| entry["operation"] == "suspendAccount");
        let told: Vec<_> = of_it
            .map(|entry| (entry["outcome"].clone(), entry["reasonCode"].clone()))
            .collect();
        let refused = (json!("failed"), json!("state-conflict"));
        assert_eq!(told, [refused, (json!("success"), Value::Null)]);
    })
    .await;
}
