//! Many accounts and delegations in one request.

use std::collections::BTreeSet;

use portal_tests::{TestOptions, TestPortal, scene};
use reqwest::Method;
use serde_json::{Value, json};

fn outcomes(lines: &[Value]) -> Vec<&str> {
    let outcome = lines.iter().map(|line| line["outcome"].as_str());
    outcome.map(Option::unwrap_or_default).collect()
}

#[tokio::test]
async fn a_bad_line_says_why_and_the_rest_goes_on() {
    scene(async {
        let portal = TestPortal::start().await;
        let service = portal.staff("service");
        let text = "{\"patientId\":\"p-1\"}\nno json\n\n{\"patientId\":7}\n\
            {\"patientId\":\"p-2\",\"name\":\"Ada\"}\n{\"patientId\":\"p-1\"}\n{\"patientId\":\"p-3\"}";
        let token = portal.staff_token(&service);
        let asked = (Method::POST, "accounts/bulk");
        let body = Some(("application/x-ndjson", text.to_owned()));
        let answer = portal.internal(&token, asked, body).await;
        assert_eq!(answer.header("content-type"), "application/x-ndjson");
        let said = String::from_utf8(answer.body.to_vec()).unwrap();
        let lines: Vec<Value> = said
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let expected = ["created", "failed", "failed", "failed", "unchanged", "created"];
        assert_eq!(outcomes(&lines), expected);
        assert_eq!(lines[1]["code"], "MALFORMED_BODY");
        assert_eq!(lines[2]["errors"][0]["pointer"], "/patientId");
        assert_eq!(lines[3]["code"], "UNKNOWN_FIELD");
        assert_eq!(lines[0]["id"], lines[4]["id"]);
        assert!(!said.contains("p-1") && !said.contains("Ada"));
    })
    .await;
}

#[tokio::test]
async fn an_imported_account_waits_for_its_patient() {
    scene(async {
        let portal = TestPortal::start().await;
        let service = portal.staff("service");
        let lines = [json!({"patientId": "p-1"})];
        let made = portal.staff_bulk(&service, "accounts/bulk", &lines).await;
        let id = made[0]["id"].as_str().unwrap().to_owned();
        let support = portal.staff("portal-support");
        let seen = portal.staff_get(&support, &format!("accounts/{id}")).await;
        assert_eq!(seen.json()["status"], "pending_verification");
        assert_eq!(seen.json()["linked"], false);
        let again = portal.staff_bulk(&service, "accounts/bulk", &lines).await;
        assert_eq!(outcomes(&again), ["unchanged"]);
    })
    .await;
}

#[tokio::test]
async fn only_lines_are_accepted_and_only_from_who_may() {
    scene(async {
        let portal = TestPortal::start().await;
        let line = json!({"patientId": "p-1"});
        let service = portal.staff("service");
        let typed = portal.staff_post(&service, "accounts/bulk", &line).await;
        assert_eq!(typed.verdict(), "415 UNSUPPORTED_MEDIA_TYPE");
        let support = portal.staff("portal-support");
        let refused = portal.staff_post(&support, "accounts/bulk", &line).await;
        assert_eq!(refused.verdict(), "403 INSUFFICIENT_SCOPE");
    })
    .await;
}

#[tokio::test]
async fn a_legal_delegation_names_its_paper_and_an_account_that_is_there() {
    scene(async {
        let portal = TestPortal::start().await;
        let (child, parent) = (portal.person("child").await, portal.person("parent").await);
        let line = json!({
            "patientId": child.patient,
            "proxyAccountId": portal.account_of(&parent).await,
            "relationshipType": "guardian",
            "scope": ["summary", "labs"],
            "validFrom": "2020-01-01",
            "documentReference": "DocumentReference/1",
            "courtOrder": true,
        });
        let with = |name: &str, value: Value| {
            let mut changed = line.clone();
            changed[name] = value;
            changed
        };
        let lines = [
            line.clone(),
            line.clone(),
            with("documentReference", json!(" ")),
            with("relationshipType", json!("spouse")),
            with("scope", json!([])),
            with("validTo", json!("2019-01-01")),
            with(
                "proxyAccountId",
                json!(format!("pact_{}", ulid::Ulid::new())),
            ),
            with("proxyAccountId", json!(portal.account_of(&child).await)),
        ];
        let admin = portal.staff("portal-admin");
        let path = "proxy-delegations/bulk";
        let said = portal.staff_bulk(&admin, path, &lines).await;
        let codes: Vec<_> = said[2..].iter().map(|line| line["code"].clone()).collect();
        assert_eq!(outcomes(&said[..2]), ["created", "unchanged"]);
        let invalid = "VALIDATION_FAILED";
        let conflict = "STATE_CONFLICT";
        assert_eq!(
            codes,
            [invalid, invalid, invalid, invalid, "NOT_FOUND", conflict]
        );
    })
    .await;
}

#[tokio::test]
async fn each_of_many_lines_is_told_written_down_and_published_once() {
    scene(async {
        let portal = TestPortal::start().await;
        let service = portal.staff("service");
        let line = |index: usize| match index % 9 {
            4 => json!({"patientId": 7}),
            // Ones that came before, a little and long ago.
            7 => json!({"patientId": format!("p-{}", index - 5)}),
            8 => json!({"patientId": format!("p-{}", index / 36 * 36)}),
            _ => json!({"patientId": format!("p-{index}")}),
        };
        let lines: Vec<Value> = (0..100).map(line).collect();
        let said = portal.staff_bulk(&service, "accounts/bulk", &lines).await;
        let numbers = said.iter().map(|line| line["line"].as_u64().unwrap());
        assert_eq!(numbers.collect::<Vec<_>>(), (1..=100).collect::<Vec<_>>());

        let mut seen = BTreeSet::new();
        let expected = lines.iter().map(|line| match line["patientId"].as_str() {
            None => "failed",
            Some(patient) if seen.insert(patient) => "created",
            Some(_) => "unchanged",
        });
        let expected: Vec<_> = expected.collect();
        assert_eq!(outcomes(&said), expected);

        let count = |outcome: &str| expected.iter().filter(|said| **said == outcome).count();
        let published = portal.outbox_events("portal.account.created.v1").await;
        assert_eq!(published.len(), count("created"));
        let written = portal.journal_of("importAccounts").await;
        let kinds = |kind: &str| written.iter().filter(|(found, _)| found == kind).count();
        assert_eq!(kinds("account.registered"), count("created"));
        assert_eq!(kinds("admin.viewed"), count("unchanged"));
        assert!(count("unchanged") > 5);
    })
    .await;
}

#[tokio::test]
async fn a_right_taken_away_meanwhile_ends_the_import_behind_what_was_carried_out() {
    scene(async {
        let portal = TestPortal::with(TestOptions {
            inbox: true,
            ..TestOptions::default()
        })
        .await;
        let service = portal.staff("service");
        let first = "{\"patientId\":\"p-1\"}\n";
        let mut import = portal.staff_import(&service, "accounts/bulk", first).await;
        assert_eq!(import.next().await.unwrap()["outcome"], "created");
        portal.hear("tenant.tenant.suspended.v1", &json!({})).await;
        import
            .send("{\"patientId\":\"p-2\"}\n{\"patientId\":\"p-3\"}\n")
            .await;
        let denied = import.next().await.unwrap();
        assert_eq!(
            (&denied["line"], &denied["code"]),
            (&json!(2), &json!("MODULE_NOT_LICENSED"))
        );
        assert_eq!(import.next().await, None);
        let made = portal.outbox_events("portal.account.created.v1").await;
        assert_eq!(made.len(), 1);
    })
    .await;
}
