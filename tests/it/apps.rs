//! Third parties' apps as the patient sees and revokes them.

mod refusals;
mod revoked;

use std::time::Duration;

use portal_tests::{Answer, Person, TestPortal, scene};
use serde_json::{Value, json};

const PATH: &str = "/v1/portal/me/apps";
const READ: &str = "/fhir/R4/Condition";
const APP: &str = "smart-app";

/// A token that a third party's app has of a person.
fn app_token(portal: &TestPortal, person: &Person, client: &str) -> String {
    let scope = "openid launch/patient patient/Condition.rs patient/Substance.read";
    portal.token_with(person, &json!({"azp": client, "scope": scope}))
}

async fn use_app(portal: &TestPortal, person: &Person, client: &str) {
    let answer = portal
        .get(Some(&app_token(portal, person, client)), READ)
        .await;
    assert_eq!(answer.verdict(), "200");
}

async fn list(portal: &TestPortal, person: &Person) -> Value {
    let answer = portal.get(Some(&portal.writing_token(person)), PATH).await;
    assert_eq!(answer.verdict(), "200");
    answer.json()["data"].clone()
}

/// The list, once it holds so many apps: a use is noted after its answer.
async fn listed(portal: &TestPortal, person: &Person, count: usize) -> Value {
    for _ in 0..200 {
        let found = list(portal, person).await;
        if found.as_array().map(Vec::len) == Some(count) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{count} apps are never listed");
}

async fn revoke(portal: &TestPortal, person: &Person, client: &str) -> Answer {
    revoke_with(portal, &portal.writing_token(person), client, &[]).await
}

async fn revoke_with(
    portal: &TestPortal,
    token: &str,
    client: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let path = format!("{PATH}/{client}");
    portal
        .send_json(("DELETE", &path), token, headers, &json!({}))
        .await
}

#[tokio::test]
async fn an_app_is_shown_with_what_it_may_do_in_plain_words() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        assert_eq!(list(&portal, &ada).await, json!([]));
        use_app(&portal, &ada, APP).await;
        let apps = listed(&portal, &ada, 1).await;
        let app = &apps[0];
        assert_eq!(app["clientId"], APP);
        assert_eq!(
            app["scopes"],
            json!([
                {"scope": "openid", "text": "Know who you are"},
                {"scope": "launch/patient", "text": "Know which health record is meant"},
                {"scope": "patient/Condition.rs", "text": "Problems: see"},
                {"scope": "patient/Substance.read", "text": "patient/Substance.read"},
            ])
        );
        assert_eq!(app["firstUsedAt"], app["lastUsedAt"]);
        let dari = [("Accept-Language", "fa-AF")];
        let token = portal.writing_token(&ada);
        let answer = portal.get_token_with(&token, PATH, &dari).await;
        assert_eq!(answer.header("content-language"), "fa-AF");
        let scopes = &answer.json()["data"][0]["scopes"];
        assert_eq!(scopes[2]["text"], "مشکلات صحی: دیدن");
    })
    .await;
}

#[tokio::test]
async fn a_use_is_noted_once_a_minute() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        use_app(&portal, &ada, APP).await;
        let first = listed(&portal, &ada, 1).await[0].clone();
        portal.clock.advance(jiff::SignedDuration::from_secs(30));
        use_app(&portal, &ada, APP).await;
        // A use of another app goes the same way behind it.
        use_app(&portal, &ada, "another-app").await;
        let apps = listed(&portal, &ada, 2).await;
        assert_eq!(apps[0]["clientId"], "another-app", "used last");
        assert_eq!(apps[1], first);
        portal.clock.advance(jiff::SignedDuration::from_secs(60));
        use_app(&portal, &ada, APP).await;
        let later = loop {
            let apps = list(&portal, &ada).await;
            if apps[0]["clientId"] == APP {
                break apps[0].clone();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert_eq!(later["firstUsedAt"], first["firstUsedAt"]);
        assert_ne!(later["lastUsedAt"], first["lastUsedAt"]);
    })
    .await;
}

#[tokio::test]
async fn neither_the_portals_own_clients_nor_a_refused_app_is_one_that_uses_a_grant() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        assert_eq!(portal.get_as(&ada, READ).await.status, 200);
        let refused = app_token(&portal, &ada, "refused-app");
        let allergies = "/fhir/R4/AllergyIntolerance";
        let answer = portal.get(Some(&refused), allergies).await;
        assert_eq!(answer.verdict(), "403 INSUFFICIENT_SCOPE");
        use_app(&portal, &ada, APP).await;
        assert_eq!(listed(&portal, &ada, 1).await[0]["clientId"], APP);
    })
    .await;
}

#[tokio::test]
async fn an_app_of_a_proxy_stands_in_both_lists_until_the_delegation_ends() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let ben = portal.caregiver("ben").await;
        let delegation = portal.delegate(&ada, &ben, &json!({})).await;
        let claims = json!({"azp": APP, "patient": ada.patient});
        let app = portal.token_with(&ben, &claims);
        assert_eq!(portal.get(Some(&app), READ).await.status, 200);
        let of_ada = listed(&portal, &ada, 1).await;
        assert_eq!(of_ada[0]["delegationId"], delegation.as_str());
        let of_ben = listed(&portal, &ben, 1).await;
        assert_eq!(of_ben[0].get("delegationId"), None);
        // What the proxy granted is the proxy's to take back, and then it is in neither.
        assert_eq!(revoke(&portal, &ada, APP).await.verdict(), "204");
        assert_eq!(list(&portal, &ada).await, of_ada);
        assert_eq!(revoke(&portal, &ben, APP).await.verdict(), "204");
        assert_eq!(list(&portal, &ada).await, json!([]));
        let another = portal.token_with(&ben, &json!({"azp": "another", "patient": ada.patient}));
        assert_eq!(portal.get(Some(&another), READ).await.status, 200);
        listed(&portal, &ada, 1).await;
        portal.end_delegation(&ada, &ben).await;
        assert_eq!(list(&portal, &ada).await, json!([]));
    })
    .await;
}

#[tokio::test]
async fn without_room_for_the_note_the_answer_comes_all_the_same() {
    scene(async {
        let portal = TestPortal::with(portal_tests::TestOptions {
            own_database: true,
            ..portal_tests::TestOptions::default()
        })
        .await;
        let ada = portal.person("ada").await;
        portal.block("app_uses").await;
        for number in 0..20 {
            use_app(&portal, &ada, &format!("app-{number}")).await;
        }
        portal.unblock_journal().await;
        let apps = listed(&portal, &ada, 20).await;
        assert_eq!(apps.as_array().map(Vec::len), Some(20));
    })
    .await;
}
