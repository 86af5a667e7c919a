//! From the invitation to the end.

use portal_tests::{Person, scene};
use serde_json::json;

use super::{PATH, accept, act_on, active, invite, portal, post, terms};

const LABS: &str = "/v1/portal/results/labs";

#[tokio::test]
async fn a_spouse_is_invited_accepts_is_confirmed_reads_and_is_ended() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        portal.put_everything(&ada, "ada");
        let ben = Person::caregiver(&portal.tenant, "ben");
        let (id, code) = invite(&portal, &ada).await;
        let acting = [("X-Acting-For", id.as_str())];

        let accepted = accept(&portal, &ben, &code).await;
        assert_eq!(accepted.json()["status"], "accepted");
        // Acceptance makes a caregiver of who had no account; it opens nothing.
        let me = portal.get_as(&ben, "/v1/portal/me").await.json();
        assert_eq!(me["kind"], "caregiver");
        let early = portal.get_with(&ben, LABS, &acting).await;
        assert_eq!(early.verdict(), "403 PROXY_DELEGATION_INVALID");

        let confirmed = act_on(&portal, &ada, &id, "confirm").await;
        assert_eq!(confirmed.json()["status"], "active");
        let read = portal.get_with(&ben, LABS, &acting).await;
        assert_eq!(read.ids(), ["lab.lab-ada"]);

        let revoked = act_on(&portal, &ada, &id, "revoke").await;
        assert_eq!(revoked.json()["status"], "revoked");
        let late = portal.get_with(&ben, LABS, &acting).await;
        assert_eq!(late.verdict(), "403 PROXY_DELEGATION_INVALID");
    })
    .await;
}

#[tokio::test]
async fn both_sides_see_it_and_nobody_else_does() {
    scene(async {
        let portal = portal().await;
        let (ada, eve) = (portal.person("ada").await, portal.person("eve").await);
        let ben = Person::caregiver(&portal.tenant, "ben");
        let id = active(&portal, &ada, &ben).await;
        for (person, role) in [(&ada, "grantor"), (&ben, "proxy")] {
            let list = portal.get_as(person, PATH).await.json();
            assert_eq!(list["data"][0]["delegationId"], id.as_str(), "{role}");
            assert_eq!(list["data"][0]["role"], role);
            let one = portal.get_as(person, &format!("{PATH}/{id}")).await;
            assert_eq!((one.status, one.header("etag")), (200, "\"v3\""));
        }
        assert_eq!(portal.get_as(&eve, PATH).await.json()["data"], json!([]));
        let absent = portal
            .get_as(&eve, &format!("{PATH}/pdel_00000000000000000000000000"))
            .await;
        let foreign = portal.get_as(&eve, &format!("{PATH}/{id}")).await;
        assert_eq!(foreign.verdict(), "404 NOT_FOUND");
        assert_eq!(foreign.json()["detail"], absent.json()["detail"]);
        for verb in ["confirm", "revoke"] {
            let tried = act_on(&portal, &eve, &id, verb).await;
            assert_eq!(tried.verdict(), "404 NOT_FOUND", "{verb}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_proxy_leaves_and_makes_no_proxies() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        let ben = Person::caregiver(&portal.tenant, "ben");
        let id = active(&portal, &ada, &ben).await;
        // A caregiver has no record to open, and acting for somebody is never for this.
        let own = post(&portal, &ben, PATH, &terms("x@example.org")).await;
        assert_eq!(own.verdict(), "403 ACCOUNT_NOT_LINKED");
        let token = portal.writing_token(&ben);
        let headers = [("X-Acting-For", id.as_str()), ("Idempotency-Key", "k")];
        let for_ada = portal
            .send_json(("POST", PATH), &token, &headers, &terms("x@example.org"))
            .await;
        assert_eq!(for_ada.verdict(), "403 PROXY_SCOPE_DENIED");
        let left = act_on(&portal, &ben, &id, "revoke").await;
        assert_eq!(left.json()["status"], "revoked");
        let again = act_on(&portal, &ada, &id, "revoke").await;
        assert_eq!(again.verdict(), "409 STATE_CONFLICT");
    })
    .await;
}

#[tokio::test]
async fn the_grantor_reads_in_the_log_what_became_of_it() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        let ben = Person::caregiver(&portal.tenant, "ben");
        let id = active(&portal, &ada, &ben).await;
        act_on(&portal, &ada, &id, "revoke").await;
        let log = portal.get_as(&ada, "/v1/portal/me/access-log").await.json();
        let entries = log["data"].as_array().expect("entries");
        let told: Vec<&str> = entries
            .iter()
            .filter_map(|entry| entry["eventType"].as_str())
            .filter(|kind| kind.starts_with("proxy."))
            .collect();
        assert_eq!(
            told,
            [
                "proxy.revoked",
                "proxy.confirmed",
                "proxy.accepted",
                "proxy.granted"
            ]
        );
    })
    .await;
}
