//! Sub-features: what a tenant has not licensed is closed, is not asked for, and is no failure.

use portal_tests::{Fixture, Person, TestPortal, scene};

const CLOSED: [&str; 11] = [
    "/v1/portal/coverage",
    "/v1/portal/eob",
    "/v1/portal/eob/clm.nothing",
    "/v1/portal/billing/statements",
    "/v1/portal/billing/statements/clm.nothing",
    "/v1/portal/messages",
    "/v1/portal/messages/com.nothing",
    "/fhir/R4/Coverage",
    "/fhir/R4/ExplanationOfBenefit",
    "/fhir/R4/Communication",
    "/fhir/R4/Communication/com.nothing",
];
const NOT_ENABLED: &str = "403 FEATURE_NOT_ENABLED";

async fn patient(portal: &TestPortal, tenant: &str) -> Person {
    let person = portal.person_of(tenant, "ada").await;
    let of = Fixture::of(&person.patient);
    for kind in ["Coverage", "ExplanationOfBenefit", "Communication"] {
        portal.put(
            tenant,
            &of.record(kind, &format!("{}-1", kind.to_lowercase())),
        );
    }
    portal.put_everything(&person, "ada");
    person
}

/// The status of each source that an answer names.
fn statuses(portal: &serde_json::Value) -> Vec<(String, String)> {
    let text =
        |line: &serde_json::Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let lines = portal["meta"]["sources"].as_array().cloned();
    let lines = lines.unwrap_or_default();
    let of = |line| (text(line, "source"), text(line, "status"));
    lines.iter().map(of).collect()
}

#[tokio::test]
async fn a_route_of_what_is_not_licensed_is_closed_and_says_nothing_of_what_is_there() {
    scene(async {
        let portal = TestPortal::start().await;
        let bare = patient(&portal, &portal.bare_tenant).await;
        let whole = patient(&portal, &portal.tenant).await;
        for path in CLOSED {
            let refused = portal.get_as(&bare, path).await;
            assert_eq!(refused.verdict(), NOT_ENABLED, "{path}");
            let open = portal.get_as(&whole, path).await;
            let expected = if path.contains("nothing") { 404 } else { 200 };
            assert_eq!(open.status, expected, "{path}");
        }
        // Before anything is said of the caller's rights.
        let path = "/v1/portal/coverage";
        let scope = "patient/Condition.read";
        let refused = portal.get_with_scope(&bare, scope, path).await;
        assert_eq!(refused.verdict(), NOT_ENABLED);
        for source in ["claims", "communication"] {
            let calls = portal.sandbox.calls(source);
            let theirs = calls
                .iter()
                .filter(|call| call.header("x-tenant-id") == Some(&bare.tenant));
            assert_eq!(theirs.count(), 0, "{source}");
        }
        let log = portal
            .get_as(&bare, "/v1/portal/me/access-log?eventType=access.denied")
            .await;
        assert!(log.says("feature-not-enabled"));
    })
    .await;
}

#[tokio::test]
async fn a_list_of_many_sources_names_what_is_not_licensed_and_is_whole_without_it() {
    scene(async {
        let portal = TestPortal::start().await;
        let path = "/v1/portal/chart/timeline?limit=100";
        let bare = patient(&portal, &portal.bare_tenant).await;
        let answer = portal.get_as(&bare, path).await;
        assert_eq!(
            (answer.status, answer.header("x-portal-degraded")),
            (200, "")
        );
        let body = answer.json();
        let not_entitled: Vec<_> = statuses(&body)
            .into_iter()
            .filter(|(_, status)| status == "notEntitled")
            .map(|(source, _)| source)
            .collect();
        assert_eq!(not_entitled, ["claims", "communication"]);
        let line = body["meta"]["sources"].as_array().and_then(|lines| {
            lines
                .iter()
                .find(|line| line["source"] == "claims")
                .cloned()
        });
        let line = line.expect("the line");
        assert_eq!(line["messageKey"], "source.notEntitled");
        assert!(line.get("asOf").is_none() && line.get("retryAfter").is_none());
        assert!(answer.says("cht.condition-ada") && !answer.says("clm.") && !answer.says("com."));

        let whole = patient(&portal, &portal.tenant).await;
        let answer = portal.get_as(&whole, path).await;
        assert!(answer.says("clm.") && answer.says("com.") && !answer.says("notEntitled"));
        // Who may see nothing of it is not told of it.
        let narrow = portal
            .get_with_scope(&bare, "patient/Condition.read", path)
            .await;
        assert!(!narrow.says("notEntitled"));
    })
    .await;
}
