//! Tenants and their licences.

use jiff::SignedDuration;
use portal_tests::{Person, Platform, Pod, TestOptions, TestPortal, scene};
use serde_json::json;
use tokio::net::TcpListener;

use super::{ME, answers, portal};

const ACTIVATED: &str = "tenant.tenant.activated.v1";
const SUSPENDED: &str = "tenant.tenant.suspended.v1";
const SHUT_OUT: [&str; 2] = ["403 MODULE_NOT_LICENSED"; 2];
const OPEN: [&str; 2] = ["200"; 2];

#[tokio::test]
async fn a_suspended_tenant_is_shut_out_whole_on_every_pod_and_let_in_again() {
    scene(async {
        let portal = portal().await;
        let other = portal.another_pod().await;
        let ada = portal.person("ada").await;
        let admin = portal.staff("portal-admin");
        assert_eq!(answers(&portal, &other, &ada).await, OPEN);

        portal.hear(SUSPENDED, &json!({})).await;
        assert_eq!(answers(&portal, &other, &ada).await, SHUT_OUT);
        let staff = portal.staff_get(&admin, "accounts").await;
        assert_eq!(staff.status, 403);

        let minute_ago = portal.now() - SignedDuration::from_mins(1);
        let old = Platform::event(&portal.tenant, ACTIVATED, &json!({}), minute_ago);
        portal.hear_event(&old).await;
        assert_eq!(answers(&portal, &other, &ada).await, SHUT_OUT);

        portal.clock.advance(SignedDuration::from_secs(1));
        portal.hear(ACTIVATED, &json!({})).await;
        assert_eq!(answers(&portal, &other, &ada).await, OPEN);

        // Of several words the newest counts, in whatever order they come.
        let at = |seconds: i64| portal.now() + SignedDuration::from_secs(seconds);
        let word = |kind, at| Platform::event(&portal.tenant, kind, &json!({}), at);
        portal.hear_event(&word(SUSPENDED, minute_ago)).await;
        assert_eq!(answers(&portal, &other, &ada).await, OPEN);
        let [first, second, third] = [1, 2, 3].map(at);
        portal.clock.advance(SignedDuration::from_secs(10));
        portal.hear_event(&word(ACTIVATED, second)).await;
        portal.hear_event(&word(SUSPENDED, first)).await;
        assert_eq!(answers(&portal, &other, &ada).await, OPEN);
        portal.hear_event(&word(SUSPENDED, first)).await;
        portal.hear_event(&word(SUSPENDED, third)).await;
        portal.hear_event(&word(ACTIVATED, second)).await;
        assert_eq!(answers(&portal, &other, &ada).await, SHUT_OUT);
    })
    .await;
}

#[tokio::test]
async fn a_tenant_begins_when_its_licence_is_confirmed() {
    scene(async {
        let portal = TestPortal::with(TestOptions {
            inbox: true,
            own_database: true,
            ..TestOptions::default()
        })
        .await;
        // Licensed, and unknown until now; the other one is neither.
        for tenant in ["other", "nobody"] {
            let event = Platform::event(tenant, ACTIVATED, &json!({}), portal.now());
            portal.hear_event(&event).await;
        }
        assert_eq!(portal.inbox_dead_letters().await, ["not-confirmed"]);
        let person = portal.person_of("other", "noor").await;
        assert_eq!(portal.get_as(&person, ME).await.status, 200);
        let stranger = Person::new("nobody", "sam");
        let answer = portal.get_as(&stranger, ME).await;
        assert_eq!(
            (answer.status, answer.code()),
            (403, "MODULE_NOT_LICENSED".into())
        );
    })
    .await;
}

/// A pod that asks identity-service for licences.
async fn asking_pod(portal: &TestPortal) -> Pod {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = portal.sandbox.source_url("identity");
    let changed = [
        ("ENTITLEMENTS_STATIC", String::new()),
        ("ENTITLEMENTS_URL", url),
    ];
    portal.another_pod_with(listener, &changed).await
}

async fn status_at(portal: &TestPortal, pod: &Pod, person: &Person) -> u16 {
    let token = portal.token(person);
    portal.get_at(pod, &token, ME, &[]).await.status
}

#[tokio::test]
async fn a_licence_that_ends_ends_on_every_pod_with_its_event_and_comes_back_with_its_own() {
    scene(async {
        let portal = portal().await;
        let pods = [asking_pod(&portal).await, asking_pod(&portal).await];
        let ada = portal.person("ada").await;
        portal
            .sandbox
            .set_entitlements(&portal.tenant, &["ehr.portal"]);
        for pod in &pods {
            assert_eq!(status_at(&portal, pod, &ada).await, 200);
        }
        portal
            .sandbox
            .set_entitlements(&portal.tenant, &["ehr.other"]);
        for pod in &pods {
            assert_eq!(status_at(&portal, pod, &ada).await, 200, "it is remembered");
        }
        portal
            .hear("licensing.entitlement.revoked.v1", &json!({}))
            .await;
        for pod in &pods {
            assert_eq!(status_at(&portal, pod, &ada).await, 403);
        }
        // An event that says so is not enough.
        portal
            .hear("licensing.entitlement.granted.v1", &json!({}))
            .await;
        portal.clock.advance(SignedDuration::from_secs(6));
        for pod in &pods {
            assert_eq!(status_at(&portal, pod, &ada).await, 403);
        }
        portal
            .sandbox
            .set_entitlements(&portal.tenant, &["ehr.portal"]);
        portal
            .hear("licensing.entitlement.granted.v1", &json!({}))
            .await;
        portal.clock.advance(SignedDuration::from_secs(6));
        for pod in &pods {
            assert_eq!(status_at(&portal, pod, &ada).await, 200);
        }
    })
    .await;
}
