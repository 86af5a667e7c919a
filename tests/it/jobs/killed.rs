//! The pod that committed a change is gone before it could ask the provider.

use std::time::Duration;

use portal_sandbox::IssuerFault;
use portal_tests::{Person, PortalProcess, Servers, scene_alone};
use serde_json::json;

use super::{is_active, until};

const RELAY: &[&str] = &["relay", "--set", "ADMIN_ADDR=127.0.0.1:0"];

async fn installed() -> PortalProcess {
    let mut portal = PortalProcess::install("jobs", Servers::start("jobs").await).await;
    let staff = portal.sandbox.issuer_url_of("staff").expect("a realm");
    let (id, secret) = portal.sandbox.identity_admin();
    portal.set("STAFF_ISSUER_URL", &staff);
    portal.set("IDENTITY_ADMIN_CLIENT_ID", id);
    portal.set("IDENTITY_ADMIN_CLIENT_SECRET", secret);
    portal
}

/// Asks staff's routes for what is not there.
async fn warm(portal: &PortalProcess, person: &Person) {
    let url = internal(portal, "pact_00000000000000000000000000/suspend");
    let answer = staff_post(portal, person, url).await;
    assert_eq!(answer, 404);
}

fn internal(portal: &PortalProcess, path: &str) -> String {
    let address = &portal.settings["INTERNAL_ADDR"];
    format!("http://{address}/internal/portal/accounts/{path}")
}

async fn staff_post(portal: &PortalProcess, person: &Person, url: String) -> u16 {
    let token = portal.sandbox.mint(json!({
        "_realm": "staff", "sub": "staff-1", "tid": person.tenant,
        "aud": ["patient-portal-internal"], "azp": "portal-staff", "acr": "2", "scope": "openid",
        "realm_access": {"roles": ["portal-admin"]},
    }));
    let request = reqwest::Client::new().post(url).bearer_auth(token);
    let answer = request.json(&json!({"reason": "staff-decision"})).send();
    answer.await.expect("it answers").status().as_u16()
}

async fn suspend(portal: &PortalProcess, person: &Person) {
    let database = portal.servers.database().await;
    let account: String = sqlx::query_scalar(
        "SELECT account_id FROM portal_accounts WHERE tenant_id = $1 AND subject = $2",
    )
    .bind(&person.tenant)
    .bind(&person.subject)
    .fetch_one(&database)
    .await
    .expect("the account is there");
    database.close().await;
    let url = internal(portal, &format!("{account}/suspend"));
    assert_eq!(staff_post(portal, person, url).await, 200);
}

#[tokio::test]
async fn a_relay_in_a_process_of_its_own_does_what_a_killed_service_was_to_do() {
    let scene = async {
        let mut portal = installed().await;
        for arguments in [&["--without-relay"][..], &[]] {
            let ada = portal.person("ada").await;
            let token = portal.token(&ada);
            portal.start(arguments).await;
            // From now on with keys that are known already.
            warm(&portal, &ada).await;
            portal.sandbox.set_issuer_fault(IssuerFault::Down);
            suspend(&portal, &ada).await;
            portal.kill();
            portal.sandbox.set_issuer_fault(IssuerFault::None);
            assert!(is_active(&portal.sandbox, &token).await);
            let relay = portal.spawn(RELAY);
            until(async || !is_active(&portal.sandbox, &token).await).await;
            relay.signal("TERM");
            let _ = relay.end(Duration::from_secs(20)).await.succeeded();
        }
    };
    scene_alone(Duration::from_secs(90), scene).await;
}
