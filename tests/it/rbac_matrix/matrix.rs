//! Every role × every operation, filled or empty. An operation that is not listed fails.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use portal_application::staff::operation;
use portal_tests::{Answer, Staff, TestOptions, TestPortal, long_scene};
use serde_json::{Value, json};

use super::operations::{OF_SOURCES, Operation, ROLES, all};

async fn with_dead_letters() -> TestPortal {
    // Only who relays sees what the relay gave up.
    let options = TestOptions {
        own_database: true,
        relay: true,
        ..TestOptions::default()
    };
    TestPortal::with(options).await
}

/// Above the columns of the table.
const HEAD: &str = "\
What each role of staff is answered under /internal/portal, and who else tries: a patient with their
own token, a role of an unlicensed tenant, and an admin with a password alone. A number alone is the
answer; `-` is 403 INSUFFICIENT_SCOPE, `u` 401 UNAUTHENTICATED, `l` 403 MODULE_NOT_LICENSED, `m` 403
MFA_REQUIRED. Staff read no clinical data: there is no such operation.

                                        portal-admin       portal-support     portal-auditor     \
service            a patient          other tenant       password alone
";

fn shown(verdict: &str) -> &str {
    match verdict {
        "403 INSUFFICIENT_SCOPE" => "-",
        "401 UNAUTHENTICATED" => "u",
        "403 MODULE_NOT_LICENSED" => "l",
        "403 MFA_REQUIRED" => "m",
        other => other,
    }
}

/// Tokens that no role of this tenant stands behind.
async fn strangers(portal: &TestPortal) -> [String; 3] {
    let patient = portal.person("stranger").await;
    let unlicensed = portal.tenant("unlicensed", false).await;
    let elsewhere = Staff::new(&unlicensed, &["portal-admin"]);
    let mut password = portal.staff_claims(&portal.staff("portal-admin"));
    password["acr"] = json!("1");
    [
        portal.token(&patient),
        portal.staff_token(&elsewhere),
        portal.mint(password),
    ]
}

async fn ask(portal: &TestPortal, token: &str, operation: &Operation) -> Answer {
    let person = portal.person("patient").await;
    let pact = portal.account_of(&person).await;
    let (path, body) = operation.filled(portal, &pact);
    let body = body.as_ref().map(|(kind, text)| (*kind, text.clone()));
    let asked = (operation.method.clone(), path.as_str());
    portal.internal(token, asked, body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_cell_is_as_the_contract_has_it() {
    long_scene(Duration::from_mins(2), async {
        let portal = with_dead_letters().await;
        let mut table = HEAD.to_owned();
        for operation in all() {
            let mut row = format!("{:<4} {:<34}", operation.method.as_str(), operation.path);
            for (role, cell) in ROLES.into_iter().zip(operation.may.chars()) {
                let token = portal.staff_token(&portal.staff(role));
                let answer = ask(&portal, &token, &operation).await;
                let verdict = answer.verdict();
                if cell == 'x' {
                    assert_eq!(
                        answer.status, operation.answer,
                        "{role} {} {verdict}",
                        operation.id
                    );
                } else {
                    assert_eq!(verdict, "403 INSUFFICIENT_SCOPE", "{role} {}", operation.id);
                }
                write!(row, " {:<18}", shown(&verdict)).expect("text");
            }
            for token in strangers(&portal).await {
                let verdict = ask(&portal, &token, &operation).await.verdict();
                write!(row, " {:<18}", shown(&verdict)).expect("text");
            }
            table.push_str(row.trim_end());
            table.push('\n');
        }
        insta::assert_snapshot!("staff_table", table);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_no_role_that_is_known_may_do_nothing() {
    long_scene(Duration::from_mins(1), async {
        let portal = TestPortal::start().await;
        let nobody = Staff::new(&portal.tenant, &["admin", "offline_access", "PORTAL-ADMIN"]);
        let unreadable = json!({"roles": "portal-admin x"});
        for access in [json!({"roles": nobody.roles}), json!({}), unreadable] {
            let mut claims = portal.staff_claims(&nobody);
            claims["realm_access"] = access;
            let token = portal.mint(claims);
            for operation in all() {
                let verdict = ask(&portal, &token, &operation).await.verdict();
                assert_eq!(verdict, "403 INSUFFICIENT_SCOPE", "{}", operation.id);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_needs_a_second_factor_for_everything_and_a_service_for_nothing() {
    long_scene(Duration::from_mins(1), async {
        let portal = TestPortal::start().await;
        let admin = portal.staff("portal-admin");
        let mut claims = portal.staff_claims(&admin);
        claims["acr"] = json!("1");
        let token = portal.mint(claims);
        for operation in all() {
            let verdict = ask(&portal, &token, &operation).await.verdict();
            assert_eq!(verdict, "403 MFA_REQUIRED", "{}", operation.id);
        }
        let both = Staff::new(&portal.tenant, &["service", "portal-auditor"]);
        let mut claims = portal.staff_claims(&both);
        claims["acr"] = json!("1");
        let token = portal.mint(claims);
        let asked = (reqwest::Method::GET, "usage");
        let verdict = portal.internal(&token, asked, None).await.verdict();
        assert_eq!(verdict, "403 MFA_REQUIRED");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_sources_call_no_role_opens() {
    long_scene(Duration::from_mins(1), async {
        let portal = TestPortal::start().await;
        let mut tokens = strangers(&portal).await.to_vec();
        tokens.extend(ROLES.map(|role| portal.staff_token(&portal.staff(role))));
        for (method, path) in OF_SOURCES.map(|(_, method, path)| (method, path)) {
            let method: reqwest::Method = method.parse().expect("a method");
            for token in &tokens {
                let body = Some(("application/fhir+json", "{}".to_owned()));
                let answer = portal.internal(token, (method.clone(), path), body).await;
                assert_eq!(answer.verdict(), "401 UNAUTHENTICATED", "{method} {path}");
            }
        }
    })
    .await;
}

#[test]
fn the_matrix_holds_every_operation_that_is_served() {
    let of_staff = operation::ALL.iter().map(|action| action.operation);
    let listed: BTreeSet<&str> = all().iter().map(|operation| operation.id).collect();
    assert_eq!(listed, of_staff.collect());
    let file = portal_tests::schemas::folder().join("internal.v1.json");
    let text = std::fs::read_to_string(file).expect("the description");
    let described: Value = serde_json::from_str(&text).expect("JSON");
    let paths = described["paths"].as_object().expect("paths").values();
    let served: BTreeSet<&str> = paths
        .flat_map(|path| path.as_object().expect("operations").values())
        .filter_map(|operation| operation["operationId"].as_str())
        .collect();
    let of_sources = OF_SOURCES.iter().map(|(id, ..)| *id);
    assert_eq!(served, listed.into_iter().chain(of_sources).collect());
}
