//! What is refused, and how it is said.

use portal_tests::{Person, scene};
use serde_json::json;

use super::{PATH, accept, act_on, active, address, invite, portal, post, terms};

#[tokio::test]
async fn every_fault_of_a_body_has_its_place() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        let body = json!({
            "invitee": {"channel": "fax", "address": "x", "name": "Ben"},
            "relationshipType": "parent",
            "scope": ["labs", "everything"],
            "validFrom": "soon",
            "validTo": "2001-01-01",
            "note": "hello",
        });
        let refused = post(&portal, &ada, PATH, &body).await;
        assert_eq!(refused.verdict(), "422 UNKNOWN_FIELD");
        let errors = refused.json()["errors"]
            .as_array()
            .cloned()
            .expect("errors");
        let mut places: Vec<String> = errors
            .iter()
            .map(|error| {
                format!(
                    "{} {}",
                    error["pointer"].as_str().unwrap(),
                    error["code"].as_str().unwrap()
                )
            })
            .collect();
        places.sort();
        assert_eq!(
            places,
            [
                "/invitee/channel INVALID",
                "/invitee/name UNKNOWN",
                "/note UNKNOWN",
                "/relationshipType INVALID",
                "/scope/1 INVALID",
                "/validFrom INVALID",
                "/validTo INVALID",
            ]
        );
        // None of it repeats what was sent.
        let text = String::from_utf8_lossy(&refused.body).into_owned();
        assert!(!text.contains("everything") && !text.contains("hello"));
    })
    .await;
}

#[tokio::test]
async fn a_fresh_second_factor_and_a_key_are_needed_in_this_order() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        let scope = "openid profile patient/*.read patient/*.write";
        let now = portal.now().as_second();
        let body = terms(&address());
        for (claims, verdict) in [
            (json!({}), "403 INSUFFICIENT_SCOPE"),
            (
                json!({"scope": scope, "auth_time": null}),
                "401 STEP_UP_REQUIRED",
            ),
            (
                json!({"scope": scope, "auth_time": now - 601}),
                "401 STEP_UP_REQUIRED",
            ),
            (
                json!({"scope": scope, "auth_time": now - 590, "acr": "1", "amr": ["otp"]}),
                "401 STEP_UP_REQUIRED",
            ),
            (
                json!({"scope": scope, "auth_time": now - 590}),
                "428 IDEMPOTENCY_KEY_REQUIRED",
            ),
        ] {
            let token = portal.token_with(&ada, &claims);
            let answer = portal.send_json(("POST", PATH), &token, &[], &body).await;
            assert_eq!(answer.verdict(), verdict, "{claims}");
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_is_their_own_proxy_or_the_same_one_twice() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        let ben = Person::caregiver(&portal.tenant, "ben");
        let (_, own) = invite(&portal, &ada).await;
        assert_eq!(
            accept(&portal, &ada, &own).await.verdict(),
            "409 STATE_CONFLICT"
        );
        let first = active(&portal, &ada, &ben).await;
        let (_, second) = invite(&portal, &ada).await;
        assert_eq!(
            accept(&portal, &ben, &second).await.verdict(),
            "409 STATE_CONFLICT"
        );
        act_on(&portal, &ada, &first, "revoke").await;
        assert_eq!(accept(&portal, &ben, &second).await.verdict(), "200");
    })
    .await;
}

#[tokio::test]
async fn a_suspended_person_neither_grants_nor_accepts() {
    scene(async {
        let portal = portal().await;
        let (ada, ben) = (portal.person("ada").await, portal.person("ben").await);
        let (id, code) = invite(&portal, &ada).await;
        portal.set_status(&ben, "suspended").await;
        assert_eq!(
            accept(&portal, &ben, &code).await.verdict(),
            "403 ACCOUNT_NOT_ACTIVE"
        );
        portal.set_status(&ada, "suspended").await;
        let tried = act_on(&portal, &ada, &id, "revoke").await;
        assert_eq!(tried.verdict(), "403 ACCOUNT_NOT_ACTIVE");
    })
    .await;
}

#[tokio::test]
async fn another_tenant_s_code_and_ids_mean_nothing() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        let (id, code) = invite(&portal, &ada).await;
        let elsewhere = portal.tenant("elsewhere", true).await;
        let eve = portal.person_of(&elsewhere, "eve").await;
        assert_eq!(
            accept(&portal, &eve, &code).await.verdict(),
            "400 LINK_EXPIRED"
        );
        let read = portal.get_as(&eve, &format!("{PATH}/{id}")).await;
        assert_eq!(read.verdict(), "404 NOT_FOUND");
        assert_eq!(
            act_on(&portal, &eve, &id, "revoke").await.verdict(),
            "404 NOT_FOUND"
        );
    })
    .await;
}

#[tokio::test]
async fn the_eleventh_active_one_is_refused() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        for _ in 0..10 {
            let proxy = portal.caregiver("proxy").await;
            portal.delegate(&ada, &proxy, &json!({})).await;
        }
        let ben = Person::caregiver(&portal.tenant, "ben");
        let (id, code) = invite(&portal, &ada).await;
        assert_eq!(accept(&portal, &ben, &code).await.status, 200);
        let confirmed = act_on(&portal, &ada, &id, "confirm").await;
        assert_eq!(confirmed.verdict(), "409 LIMIT_REACHED");
    })
    .await;
}

#[tokio::test]
async fn what_was_refused_is_in_the_log_once() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        let ben = Person::caregiver(&portal.tenant, "ben");
        let id = active(&portal, &ada, &ben).await;
        let tried = act_on(&portal, &ada, &id, "confirm").await;
        assert_eq!(tried.verdict(), "409 STATE_CONFLICT");
        let log = portal.log_of(&ada).await;
        let refused: Vec<_> = log
            .iter()
            .filter(|entry| entry["outcome"] == "failed")
            .map(|entry| &entry["reasonCode"])
            .collect();
        assert_eq!(refused, ["state-conflict"]);
    })
    .await;
}
