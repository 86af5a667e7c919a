//! What auditors see: the log, the rules behind decisions, numbers, what was given up.

use portal_tests::{Staff, TestOptions, TestPortal, scene};
use serde_json::{Value, json};

fn data(body: &Value) -> Vec<Value> {
    body["data"].as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn the_log_is_paged_filtered_and_itself_logged() {
    scene(async {
        let portal = TestPortal::start().await;
        let (ada, ben) = (portal.person("ada").await, portal.person("ben").await);
        for person in [&ada, &ben, &ada] {
            portal.get_as(person, "/v1/portal/me").await;
        }
        let auditor = portal.staff("portal-auditor");
        let of_ada = format!(
            "access-log?patientId={}&eventType=account.viewed",
            ada.patient
        );
        let page = portal.staff_get(&auditor, &of_ada).await.json();
        assert_eq!(data(&page).len(), 2);
        assert!(
            data(&page)
                .iter()
                .all(|it| it["patientId"] == json!(ada.patient))
        );
        assert_eq!(data(&page)[0]["operation"], "getMe");
        let mut path = "access-log?limit=1&actor=self".to_owned();
        let mut seen = Vec::new();
        loop {
            let page = portal.staff_get(&auditor, &path).await.json();
            seen.extend(data(&page).iter().map(|it| it["id"].to_string()));
            match page["nextCursor"].as_str() {
                Some(cursor) => path = format!("access-log?limit=1&actor=self&cursor={cursor}"),
                None => break,
            }
        }
        let mut newest_first = seen.clone();
        newest_first.sort_by(|one, other| other.cmp(one));
        assert_eq!((seen.len(), &seen), (3, &newest_first));
        let staff = portal.staff_get(&auditor, "access-log?actor=staff").await;
        let viewed = data(&staff.json());
        assert!(
            viewed
                .iter()
                .all(|it| it["eventType"] == "accesslog.viewed")
        );
        assert!(viewed.len() >= 4 && !staff.says(&auditor.subject));
    })
    .await;
}

#[tokio::test]
async fn refusals_of_staff_are_written_down() {
    scene(async {
        let portal = TestPortal::start().await;
        let support = portal.staff("portal-support");
        let refused = portal.staff_get(&support, "access-log").await;
        assert_eq!(refused.status, 403);
        let auditor = portal.staff("portal-auditor");
        let path = "access-log?eventType=access.denied";
        let denied = data(&portal.staff_get(&auditor, path).await.json());
        assert_eq!(denied[0]["reasonCode"], "role-denied");
        assert_eq!(denied[0]["actor"]["kind"], "staff");
        assert_eq!(denied[0]["operation"], "listTenantAccessLog");
    })
    .await;
}

async fn explained(portal: &TestPortal, question: Value) -> Value {
    let auditor = portal.staff("portal-auditor");
    let answer = portal
        .staff_post(&auditor, "decisions/explain", &question)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.verdict());
    answer.json()
}

#[tokio::test]
async fn a_decision_is_explained_in_names_of_rules() {
    scene(async {
        let portal = TestPortal::start().await;
        let (ada, ben) = (portal.person("ada").await, portal.person("ben").await);
        let own = portal.account_of(&ada).await;
        let labs = "listLabResults";
        let allowed = explained(&portal, json!({"accountId": own, "operation": labs})).await;
        assert_eq!(
            (&allowed["allowed"], &allowed["audience"]),
            (&json!(true), &json!("patient"))
        );
        let change = json!({"scope": ["medications"]});
        let pdel = portal.delegate(&ben, &ada, &change).await;
        let question = json!({"accountId": own, "operation": labs, "actingFor": pdel});
        let refused = explained(&portal, question).await;
        assert_eq!(refused["refusedBy"], "delegation-scope");
        assert_eq!(refused["proxyDelegationId"], json!(pdel));
        let question =
            json!({"accountId": own, "operation": "searchMedicationRequest", "actingFor": pdel});
        assert_eq!(explained(&portal, question).await["allowed"], true);
        let question = json!({"accountId": own, "operation": "readPatient"});
        assert_eq!(explained(&portal, question).await["allowed"], true);
        portal.set_status(&ada, "suspended").await;
        let locked = explained(&portal, json!({"accountId": own, "operation": labs})).await;
        assert_eq!(locked["reasonCode"], "account-not-active");
        let said = format!("{allowed}{refused}{locked}");
        for person in [&ada, &ben] {
            assert!(!said.contains(&person.patient) && !said.contains(&person.subject));
        }
    })
    .await;
}

#[tokio::test]
async fn numbers_name_nobody() {
    scene(async {
        let portal = TestPortal::start().await;
        let ada = portal.person("ada").await;
        for _ in 0..3 {
            portal.get_as(&ada, "/v1/portal/me").await;
        }
        let support = portal.staff("portal-support");
        let usage = portal.staff_get(&support, "usage").await;
        let body = usage.json();
        let me = data(&body)
            .into_iter()
            .find(|it| it["operation"] == "getMe");
        let me = me.expect("it was asked for");
        assert_eq!(
            (&me["outcome"], &me["count"]),
            (&json!("success"), &json!(3))
        );
        assert_eq!(me["day"], body["to"]);
        assert!(!usage.says(&ada.patient));
        let long = portal
            .staff_get(&support, "usage?from=2020-01-01&to=2020-03-01")
            .await;
        assert_eq!(long.verdict(), "422 VALIDATION_FAILED");
    })
    .await;
}

#[tokio::test]
async fn what_was_given_up_is_listed_and_published_after_all() {
    scene(async {
        let options = TestOptions {
            own_database: true,
            relay: true,
            ..TestOptions::default()
        };
        let portal = TestPortal::with(options).await;
        let event = portal.give_up_an_event(&portal.tenant).await;
        let admin = portal.staff("portal-admin");
        let listed = portal.staff_get(&admin, "outbox/dead-letters").await.json();
        assert_eq!(data(&listed)[0]["eventId"], json!(event));
        assert_eq!(data(&listed).len(), 1);
        let path = format!("outbox/dead-letters/{event}/replay");
        let other = Staff::new(&portal.tenant("other", true).await, &["portal-admin"]);
        let theirs = portal.staff_post(&other, &path, &json!({})).await;
        assert_eq!(theirs.verdict(), "404 NOT_FOUND");
        let replayed = portal.staff_post(&admin, &path, &json!({})).await;
        assert_eq!(replayed.json(), json!({"replayed": true}));
        let again = portal.staff_post(&admin, &path, &json!({})).await;
        assert_eq!(again.verdict(), "404 NOT_FOUND");
        let left = portal.staff_get(&admin, "outbox/dead-letters").await.json();
        assert!(data(&left).is_empty());
    })
    .await;
}
