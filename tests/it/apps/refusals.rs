//! Who sees and revokes no apps, and what is no oracle.

use super::*;

#[tokio::test]
async fn an_app_a_proxy_and_a_reader_reach_no_list() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let ben = portal.caregiver("ben").await;
        let delegation = portal.delegate(&ada, &ben, &json!({})).await;
        use_app(&portal, &ada, APP).await;
        let before = listed(&portal, &ada, 1).await;
        let write = "openid patient/*.read patient/*.write";
        let app = portal.token_with(&ada, &json!({"azp": APP, "scope": write}));
        let acting = [("X-Acting-For", delegation.as_str())];
        for (token, headers, verdict) in [
            (app, &[][..], "403 CLIENT_NOT_ALLOWED"),
            (
                portal.writing_token(&ben),
                &acting,
                "403 PROXY_SCOPE_DENIED",
            ),
            (portal.token(&ada), &[], "403 INSUFFICIENT_SCOPE"),
        ] {
            let seen = portal.get_token_with(&token, PATH, headers).await;
            assert_eq!(seen.verdict(), verdict);
            let revoked = revoke_with(&portal, &token, APP, headers).await;
            assert_eq!(revoked.verdict(), verdict);
        }
        assert_eq!(list(&portal, &ada).await, before);
    })
    .await;
}

#[tokio::test]
async fn nobody_elses_apps_are_seen_or_revoked() {
    scene(async {
        let portal = TestPortal::start().await;
        let (ada, ben) = (portal.person("ada").await, portal.person("ben").await);
        let elsewhere = portal.tenant("elsewhere", true).await;
        let eve = portal.person_of(&elsewhere, "eve").await;
        use_app(&portal, &ada, APP).await;
        listed(&portal, &ada, 1).await;
        for stranger in [&ben, &eve] {
            assert_eq!(list(&portal, stranger).await, json!([]));
            assert_eq!(revoke(&portal, stranger, APP).await.verdict(), "204");
        }
        assert_eq!(list(&portal, &ada).await[0]["clientId"], APP);
        use_app(&portal, &ada, APP).await;
    })
    .await;
}

#[tokio::test]
async fn an_app_that_was_never_seen_is_revoked_alike_but_not_without_end() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        use_app(&portal, &ada, APP).await;
        listed(&portal, &ada, 1).await;
        let seen = revoke(&portal, &ada, APP).await;
        for number in 0..20 {
            let unseen = revoke(&portal, &ada, &format!("unseen-{number}")).await;
            assert_eq!((unseen.status, &unseen.body), (seen.status, &seen.body));
        }
        let one_more = revoke(&portal, &ada, "unseen").await;
        assert_eq!(one_more.verdict(), "429 RATE_LIMITED");
        use_app(&portal, &ada, "used-app").await;
        listed(&portal, &ada, 1).await;
        assert_eq!(revoke(&portal, &ada, "used-app").await.verdict(), "204");
    })
    .await;
}

#[tokio::test]
async fn what_is_no_app_is_not_there() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        let long = "x".repeat(256);
        for client in [
            "portal-web",
            "portal-mobile",
            "two%20words",
            "%C3%A4",
            &long,
        ] {
            let answer = revoke(&portal, &ada, client).await;
            assert_eq!(answer.verdict(), "404 NOT_FOUND", "{client}");
        }
        assert_eq!(portal.get_as(&ada, READ).await.status, 200);
        let token = portal.writing_token(&ada);
        let odd = portal.get(Some(&token), &format!("{PATH}?limit=1")).await;
        assert_eq!(odd.verdict(), "400 UNKNOWN_PARAMETER");
    })
    .await;
}
