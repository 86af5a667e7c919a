//! `patient-portal import`.

use portal_tests::{Person, scene};
use serde_json::{Value, json};

use super::installed;

fn outcomes(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line["outcome"].as_str().unwrap_or("none"))
        .collect()
}

#[tokio::test]
async fn an_import_tells_an_outcome_a_line_and_running_it_again_changes_nothing() {
    scene(async {
        let portal = installed("import").await;
        let ada = Person::new(&portal.tenant, "ada");
        let mut lines = [portal.tenant_line(), portal.account_line(&ada)];
        let first = portal.import(&lines).await.succeeded();
        assert_eq!(outcomes(&first.lines()), ["unchanged", "created"]);
        let again = portal.import(&lines).await.succeeded();
        assert_eq!(outcomes(&again.lines()), ["unchanged", "unchanged"]);
        lines[1]["account"]["status"] = json!("suspended");
        let changed = portal.import(&lines).await.succeeded();
        assert_eq!(outcomes(&changed.lines()), ["unchanged", "updated"]);
    })
    .await;
}

#[tokio::test]
async fn import_lines_that_are_wrong_say_why_and_the_rest_goes_on() {
    scene(async {
        let portal = installed("lines").await;
        let (ada, ben) = (
            Person::new(&portal.tenant, "ada"),
            Person::new(&portal.tenant, "ben"),
        );
        let line = |change: fn(&mut Value)| {
            let mut line = portal.account_line(&Person::new(&portal.tenant, "tellnobody"));
            change(&mut line["account"]);
            line.to_string()
        };
        let wrong = [
            "tellnobody {".to_owned(),
            "[]".to_owned(),
            r#"{"surprise": {"tellnobody": 1}}"#.to_owned(),
            r#"{"delegation": {"tenantId": "tellnobody"}}"#.to_owned(),
            line(|account| account["tenantId"] = json!("tellnobody")),
            line(|account| account["status"] = json!("tellnobody")),
            line(|account| account["surprise"] = json!("tellnobody")),
            line(|account| account["patientId"] = json!("tellnobody /../")),
            line(|account| account["subject"] = Value::Null),
            portal
                .account_line(&Person {
                    subject: ben.subject.clone(),
                    ..ada.clone()
                })
                .to_string(),
        ];
        let (first, rest) = wrong.split_at(5);
        let good = [&ada, &ben].map(|person| portal.account_line(person).to_string());
        let text = [&good[..1], first, &good[1..], rest].concat().join("\n");
        let told = portal.run_with_input(&["import", "-"], &text).await;
        assert_eq!(told.status.code(), Some(1), "{}", told.output());
        let lines = told.lines();
        assert_eq!(lines.len(), wrong.len() + 2);
        for (number, line) in lines.iter().enumerate() {
            let created = number == 0 || number == 6;
            assert_eq!(line["outcome"] == "created", created, "{number}: {line}");
            assert_eq!(line["line"], number + 1, "{line}");
        }
        assert!(!told.output().contains("tellnobody"), "{}", told.output());
    })
    .await;
}
