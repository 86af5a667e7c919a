//! Codes: sent to the address alone, usable once, and not to be guessed.

use portal_tests::{Person, scene};
use serde_json::json;

use super::{PATH, accept, act_on, address, invite, portal, post, terms};

#[tokio::test]
async fn a_code_is_used_once() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        let ben = Person::caregiver(&portal.tenant, "ben");
        let cid = Person::caregiver(&portal.tenant, "cid");
        let (_, code) = invite(&portal, &ada).await;
        // Capitals and small letters are the same.
        assert_eq!(
            accept(&portal, &ben, &code.to_lowercase()).await.status,
            200
        );
        for person in [&ben, &cid] {
            let again = accept(&portal, person, &code).await;
            assert_eq!(again.verdict(), "400 LINK_EXPIRED");
        }
        // Who was refused has not become anybody.
        let me = portal.get_as(&cid, "/v1/portal/me").await;
        assert_eq!(me.verdict(), "403 ACCOUNT_NOT_LINKED");
    })
    .await;
}

#[tokio::test]
async fn the_fifth_wrong_code_ends_the_invitation() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        let ben = Person::caregiver(&portal.tenant, "ben");
        let (id, code) = invite(&portal, &ada).await;
        let (head, _) = code.split_once('-').expect("two parts");
        let wrong = format!("{head}-00000000000000000000000000");
        for _ in 0..4 {
            assert_eq!(
                accept(&portal, &ben, &wrong).await.verdict(),
                "400 LINK_EXPIRED"
            );
        }
        let (_, other) = invite(&portal, &ada).await;
        assert_eq!(
            accept(&portal, &ben, &wrong).await.verdict(),
            "400 LINK_EXPIRED"
        );
        assert_eq!(
            accept(&portal, &ben, &code).await.verdict(),
            "400 LINK_EXPIRED"
        );
        let ended = portal.get_as(&ada, &format!("{PATH}/{id}")).await.json();
        assert_eq!(ended["status"], "expired");
        // Another invitation is not harmed.
        assert_eq!(accept(&portal, &ben, &other).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_code_lives_seven_days_and_dies_with_its_invitation() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        let ben = Person::caregiver(&portal.tenant, "ben");
        let (_, old) = invite(&portal, &ada).await;
        let (id, revoked) = invite(&portal, &ada).await;
        act_on(&portal, &ada, &id, "revoke").await;
        assert_eq!(
            accept(&portal, &ben, &revoked).await.verdict(),
            "400 LINK_EXPIRED"
        );
        portal
            .clock
            .advance(jiff::SignedDuration::from_hours(7 * 24));
        assert_eq!(
            accept(&portal, &ben, &old).await.verdict(),
            "400 LINK_EXPIRED"
        );
    })
    .await;
}

#[tokio::test]
async fn who_declines_needs_no_account_and_gets_none() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        let ben = Person::caregiver(&portal.tenant, "ben");
        let (id, code) = invite(&portal, &ada).await;
        let body = json!({"code": code});
        let declined = post(&portal, &ben, &format!("{PATH}/decline"), &body).await;
        assert_eq!(declined.verdict(), "204");
        let me = portal.get_as(&ben, "/v1/portal/me").await;
        assert_eq!(me.verdict(), "403 ACCOUNT_NOT_LINKED");
        let status = portal.get_as(&ada, &format!("{PATH}/{id}")).await.json();
        assert_eq!(status["status"], "declined");
        assert_eq!(
            accept(&portal, &ben, &code).await.verdict(),
            "400 LINK_EXPIRED"
        );
    })
    .await;
}

#[tokio::test]
async fn the_code_is_nowhere_but_at_the_address() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        let to = address();
        let made = post(&portal, &ada, PATH, &terms(&to)).await;
        let code = portal.delivered_to(&to).await;
        let (_, secret) = code.split_once('-').expect("two parts");
        let answer = String::from_utf8_lossy(&made.body).into_owned();
        assert!(!answer.contains(secret) && !answer.contains(&to));
        for table in [
            "proxy_invitations",
            "deliveries",
            "outbox_messages",
            "proxy_delegations",
        ] {
            let rows = portal.rows_as_text(table).await;
            assert!(!rows.contains(secret) && !rows.contains(&to), "{table}");
        }
    })
    .await;
}
