//! Events of the platform's other services: what is true moves things exactly once, what is not
//! moves nothing, and whoever is killed meanwhile loses nothing.

mod forged;
mod killed;
mod merged;
mod people;
mod records;
mod tenants;

use portal_tests::{Person, Pod, TestOptions, TestPortal};
use serde_json::Value;

const SUMMARY: &str = "/v1/portal/chart/summary";
const ME: &str = "/v1/portal/me";

async fn portal() -> TestPortal {
    TestPortal::with(TestOptions {
        inbox: true,
        ..TestOptions::default()
    })
    .await
}

/// What a person's own summary answers, at the portal and at another pod of it.
async fn answers(portal: &TestPortal, other: &Pod, person: &Person) -> [String; 2] {
    let token = portal.token(person);
    let here = portal.get(Some(&token), SUMMARY).await;
    let there = portal.get_at(other, &token, SUMMARY, &[]).await;
    [here, there].map(|answer| match answer.status {
        200 => "200".to_owned(),
        status => format!("{status} {}", answer.json()["code"].as_str().unwrap_or("-")),
    })
}

/// The accounts of a patient as staff see them, closed ones included.
async fn accounts(portal: &TestPortal, patient: &str) -> Vec<Value> {
    let path = format!("accounts?patientId={patient}");
    let answer = portal.staff_get(&portal.staff("portal-admin"), &path).await;
    let accounts = answer.json()["data"].as_array().cloned();
    accounts.expect("a list")
}

/// The one account of a patient: its status, and the reason of that.
async fn status_of(portal: &TestPortal, patient: &str) -> String {
    let accounts = accounts(portal, patient).await;
    let [account] = &accounts[..] else {
        panic!("{} accounts", accounts.len());
    };
    let reason = account["statusReason"].as_str();
    let status = account["status"].as_str().unwrap_or("-");
    reason.map_or_else(|| status.to_owned(), |reason| format!("{status} {reason}"))
}
