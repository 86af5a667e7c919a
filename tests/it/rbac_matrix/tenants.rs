//! Another tenant's things are not there, whatever is asked of them.

use portal_tests::{Answer, Staff, TestPortal, scene};
use reqwest::Method;
use serde_json::{Value, json};

/// What a body says, but for what names the request itself.
fn said(answer: &Answer) -> Value {
    let mut body = answer.json();
    for own in ["instance", "correlationId", "timestamp"] {
        body[own] = Value::Null;
    }
    body
}

#[tokio::test]
async fn what_is_another_tenant_s_reads_like_what_is_not_there() {
    scene(async {
        let portal = TestPortal::start().await;
        let other = portal.tenant("other", true).await;
        let ben = portal.person_of(&other, "ben").await;
        let eve = portal.person_of(&other, "eve").await;
        let theirs = portal.account_of(&ben).await;
        let pdel = portal.delegate(&ben, &eve, &json!({})).await;
        let admin = portal.staff("portal-admin");
        let (no_pact, no_pdel) = (ulid::Ulid::new(), ulid::Ulid::new());
        let pairs = [
            (theirs, format!("pact_{no_pact}"), "accounts/ID", ""),
            (
                pdel,
                format!("pdel_{no_pdel}"),
                "proxy-delegations/ID",
                "/revoke",
            ),
            (other, "nowhere".to_owned(), "tenants/ID", "/config"),
        ];
        for (there, absent, path, verb) in pairs {
            let mut bodies = Vec::new();
            for id in [there, absent] {
                let path = format!("{}{verb}", path.replace("ID", &id));
                let answer = match verb {
                    "/revoke" => portal.staff_post(&admin, &path, &json!({})).await,
                    _ => portal.staff_get(&admin, &path).await,
                };
                assert_eq!(answer.verdict(), "404 NOT_FOUND", "{path}");
                bodies.push(said(&answer));
            }
            assert_eq!(bodies[0], bodies[1]);
        }
    })
    .await;
}

#[tokio::test]
async fn no_verb_reaches_another_tenant_s_account() {
    scene(async {
        let portal = TestPortal::start().await;
        let other = portal.tenant("other", true).await;
        let ben = portal.person_of(&other, "ben").await;
        let theirs = portal.account_of(&ben).await;
        let admin = portal.staff("portal-admin");
        let why = json!({"reason": "staff-decision"});
        for verb in ["suspend", "reinstate", "close"] {
            let path = format!("accounts/{theirs}/{verb}");
            let answer = portal.staff_post(&admin, &path, &why).await;
            assert_eq!(answer.verdict(), "404 NOT_FOUND", "{verb}");
        }
        let question = json!({"accountId": theirs, "operation": "getMe"});
        let asked = portal
            .staff_post(&admin, "decisions/explain", &question)
            .await;
        assert_eq!(asked.verdict(), "404 NOT_FOUND");
        let listed = portal.staff_get(&admin, "accounts?limit=100").await;
        assert!(listed.status == 200 && !listed.says(&theirs));
        let log = portal.staff_get(&admin, "access-log?limit=100").await;
        assert!(log.status == 200 && !log.says(&ben.patient));
        assert_eq!(portal.get_as(&ben, "/v1/portal/me").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn the_tenant_is_the_token_s() {
    scene(async {
        let portal = TestPortal::start().await;
        let admin = portal.staff("portal-admin");
        let bearer = format!("Bearer {}", portal.staff_token(&admin));
        let headers = [("Authorization", bearer.as_str()), ("X-Tenant-ID", "other")];
        let stated = portal.internal_with("accounts", &headers).await;
        assert_eq!(stated.verdict(), "403 TENANT_MISMATCH");
        let unlicensed = portal.tenant("unlicensed", false).await;
        let theirs = Staff::new(&unlicensed, &["portal-admin"]);
        let answer = portal.staff_get(&theirs, "accounts").await;
        assert_eq!(answer.verdict(), "403 MODULE_NOT_LICENSED");
        let mut claims = portal.staff_claims(&admin);
        claims["tid"] = Value::Null;
        let token = portal.mint(claims);
        let asked = (Method::GET, "accounts");
        let nameless = portal.internal(&token, asked, None).await;
        assert_eq!(nameless.verdict(), "403 TENANT_CLAIM_REQUIRED");
    })
    .await;
}

#[tokio::test]
async fn a_cursor_is_good_for_its_holder_and_query_alone() {
    scene(async {
        let portal = TestPortal::start().await;
        for name in ["ada", "ben", "eve"] {
            portal.person(name).await;
        }
        let (admin, other) = (portal.staff("portal-admin"), portal.staff("portal-admin"));
        let first = portal.staff_get(&admin, "accounts?limit=2").await.json();
        let cursor = first["nextCursor"]
            .as_str()
            .expect("there are three")
            .to_owned();
        let path = format!("accounts?limit=2&cursor={cursor}");
        let second = portal.staff_get(&admin, &path).await.json();
        assert_eq!(first["data"].as_array().map(Vec::len), Some(2));
        assert_eq!(second["data"].as_array().map(Vec::len), Some(1));
        assert_eq!(second["nextCursor"], Value::Null);
        let theirs = portal.staff_get(&other, &path).await;
        assert_eq!(theirs.verdict(), "400 CURSOR_INVALID");
        let path = format!("accounts?limit=3&cursor={cursor}");
        let changed = portal.staff_get(&admin, &path).await;
        assert_eq!(changed.verdict(), "400 CURSOR_INVALID");
    })
    .await;
}
