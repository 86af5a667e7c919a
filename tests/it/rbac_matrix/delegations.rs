//! Legal delegations: put up, approved by two, ended.

use futures::join;
use portal_tests::{Person, Staff, TestPortal, long_scene, scene};
use serde_json::{Value, json};
use std::time::Duration;

const ROUNDS: usize = 50;

struct Family {
    portal: TestPortal,
    child: Person,
    parent: Person,
}

async fn family() -> Family {
    let portal = TestPortal::start().await;
    let child = portal.person("child").await;
    let parent = portal.person("parent").await;
    Family {
        portal,
        child,
        parent,
    }
}

impl Family {
    async fn line(&self, parent: &Person) -> Value {
        json!({
            "patientId": self.child.patient,
            "proxyAccountId": self.portal.account_of(parent).await,
            "relationshipType": "parent",
            "scope": ["labs"],
            "validFrom": "2020-01-01",
            "documentReference": "DocumentReference/1",
        })
    }

    async fn put_up(&self, parent: &Person) -> String {
        let admin = self.portal.staff("portal-admin");
        let line = self.line(parent).await;
        let outcomes = self
            .portal
            .staff_bulk(&admin, "proxy-delegations/bulk", &[line])
            .await;
        assert_eq!(outcomes[0]["outcome"], "created", "{outcomes:?}");
        outcomes[0]["id"].as_str().expect("an id").to_owned()
    }

    async fn approve(&self, staff: &Staff, pdel: &str) -> (u16, Value) {
        let path = format!("proxy-delegations/{pdel}/approve");
        let answer = self.portal.staff_post(staff, &path, &json!({})).await;
        (answer.status, answer.json())
    }
}

#[tokio::test]
async fn two_of_staff_make_a_legal_delegation_active() {
    scene(async {
        let family = family().await;
        let pdel = family.put_up(&family.parent).await;
        let (one, other) = (
            family.portal.staff("portal-admin"),
            family.portal.staff("portal-admin"),
        );
        for _ in 0..2 {
            let (status, body) = family.approve(&one, &pdel).await;
            assert_eq!((status, &body["status"]), (200, &json!("accepted")));
            assert_eq!(body["approvalsMissing"], 1);
        }
        let (status, body) = family.approve(&other, &pdel).await;
        assert_eq!((status, &body["status"]), (200, &json!("active")));
        let third = family.portal.staff("portal-admin");
        assert_eq!(family.approve(&third, &pdel).await.0, 409);
    })
    .await;
}

#[tokio::test]
async fn the_proxy_does_not_approve() {
    scene(async {
        let family = family().await;
        let pdel = family.put_up(&family.parent).await;
        let mut themselves = family.portal.staff("portal-admin");
        themselves.subject.clone_from(&family.parent.subject);
        let (status, body) = family.approve(&themselves, &pdel).await;
        assert_eq!((status, &body["code"]), (409, &json!("STATE_CONFLICT")));
    })
    .await;
}

#[tokio::test]
async fn voluntary_ones_are_not_staff_s_to_approve_and_any_is_theirs_to_end() {
    scene(async {
        let family = family().await;
        let portal = &family.portal;
        let friend = portal.person("friend").await;
        let pdel = portal.delegate(&family.child, &friend, &json!({})).await;
        let admin = portal.staff("portal-admin");
        assert_eq!(family.approve(&admin, &pdel).await.0, 409);
        let path = format!("proxy-delegations/{pdel}/revoke");
        let ended = portal.staff_post(&admin, &path, &json!({})).await;
        assert_eq!(ended.json()["status"], "revoked");
        let again = portal.staff_post(&admin, &path, &json!({})).await;
        assert_eq!(again.verdict(), "409 STATE_CONFLICT");
        let shown = portal.get_for(&friend, &pdel, "/v1/portal/me").await;
        assert_eq!(shown.verdict(), "403 PROXY_DELEGATION_INVALID");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_approvals_at_once_are_two_and_make_it_active_once() {
    long_scene(Duration::from_mins(2), async {
        let family = family().await;
        let (one, other) = (
            family.portal.staff("portal-admin"),
            family.portal.staff("portal-admin"),
        );
        for round in 0..ROUNDS {
            let pdel = family.put_up(&family.parent).await;
            let (first, second) = join!(family.approve(&one, &pdel), family.approve(&other, &pdel));
            let mut ended = [&first, &second].map(|(status, body)| {
                (
                    *status,
                    body["status"].as_str().unwrap_or_default().to_owned(),
                )
            });
            ended.sort();
            let expected = [(200, "accepted".to_owned()), (200, "active".to_owned())];
            assert_eq!(ended, expected, "round {round}");
            let path = format!("proxy-delegations/{pdel}/revoke");
            let revoked = family.portal.staff_post(&one, &path, &json!({})).await;
            assert_eq!(revoked.status, 200, "round {round}");
        }
    })
    .await;
}
