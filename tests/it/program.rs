//! The program as an operator meets it: help, configuration, roles, refusals.

use std::time::Duration;

use portal_tests::{Person, PortalProcess, Servers, scene};
use serde_json::{Value, json};

async fn installed(name: &str) -> PortalProcess {
    PortalProcess::install(name, Servers::of_the_run().await).await
}

#[tokio::test]
async fn every_role_explains_itself() {
    scene(async {
        let portal = installed("help").await;
        let roles = ["serve", "relay", "migrate", "import", "config", "openapi", "healthcheck"];
        let help = portal.run(&["--help"]).await.succeeded();
        for role in roles {
            assert!(help.stdout.contains(&format!("\n  {role} ")), "{role}: {}", help.stdout);
            let own = portal.run(&[role, "--help"]).await.succeeded();
            assert!(own.stdout.contains(&format!("patient-portal {role}")), "{}", own.stdout);
            assert!(own.stdout.lines().next().is_some_and(|line| !line.is_empty()), "{role}");
        }
        let _ = portal.run(&["dance"]).await.failed();
        let _ = portal.run(&[]).await.failed();
    })
    .await;
}

#[tokio::test]
async fn all_faults_of_the_configuration_are_told_at_once_and_no_secret_is() {
    scene(async {
        let mut portal = installed("faults").await;
        let file = std::env::current_exe().expect("a program").to_string_lossy().into_owned();
        let wrong = [
            ("PUBLIC_URL", "ftp://tellnobody"),
            ("MAX_IN_FLIGHT", "tellnobody"),
            ("KEY_RING", "tellnobody"),
            ("DATABASE_URL", "postgres//portal_app:tellnobody@127.0.0.1/portal"),
            ("PORTAL_SURPRISE", "tellnobody"),
            ("MAX_TOKEN_LIFETIME", "-1"),
            ("MEDICATION_ID_CODE", "lab"),
            ("PORTAL_AUDIENCE", "account"),
            ("REGION_FILE", &file),
        ];
        for (name, value) in wrong {
            portal.set(name, value);
        }
        portal.settings.remove("REDIS_URL");
        for role in [&["config", "check"][..], &["serve"]] {
            let refused = portal.run(role).await.failed();
            let missing = ["REDIS_URL"];
            for name in wrong.iter().map(|(name, _)| name).chain(&missing) {
                let name = name.trim_end_matches("_FILE");
                assert!(refused.output().contains(name), "{role:?} {name}: {}", refused.output());
            }
            assert!(!refused.output().contains("tellnobody"), "{}", refused.output());
        }
    })
    .await;
}

#[tokio::test]
async fn a_configuration_without_faults_is_shown_with_its_secrets_masked() {
    scene(async {
        let portal = installed("shown").await;
        let shown = portal.run(&["config", "check"]).await.succeeded();
        assert!(shown.stdout.contains(portal.url()));
        assert!(shown.stdout.contains(&portal.tenant), "entitlements are no secret");
        let url = url::Url::parse(portal.servers.url("DATABASE_URL")).expect("a URL");
        for secret in [url.password().expect("a password"), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"] {
            assert!(!shown.output().contains(secret));
        }
        let example = portal.run(&["config", "example"]).await.succeeded();
        for name in portal.settings.keys() {
            assert!(example.stdout.contains(name.as_str()), "{name} is explained");
        }
    })
    .await;
}

#[tokio::test]
async fn a_flag_wins_over_the_environment_and_it_over_a_file() {
    scene(async {
        let mut portal = installed("order").await;
        let told = |output: &str| {
            let line = output.lines().find(|line| line.starts_with("MAX_IN_FLIGHT="));
            let value = line.and_then(|line| line["MAX_IN_FLIGHT=".len()..].split(' ').next());
            value.map(str::to_owned)
        };
        let check = ["config", "check"];
        let plain = portal.run(&check).await.succeeded();
        assert_eq!(told(&plain.stdout).as_deref(), Some("512"));
        portal.set("MAX_IN_FLIGHT", "77");
        let environment = portal.run(&check).await.succeeded();
        assert_eq!(told(&environment.stdout).as_deref(), Some("77"));
        let flag = ["config", "check", "--set", "MAX_IN_FLIGHT=78"];
        let flag = portal.run(&flag).await.succeeded();
        assert_eq!(told(&flag.stdout).as_deref(), Some("78"));
    })
    .await;
}

#[tokio::test]
async fn a_schema_that_is_behind_is_refused() {
    scene(async {
        let mut portal = installed("behind").await;
        let bare = Servers::of_the_run().await;
        for name in ["DATABASE_URL", "DATABASE_JOURNAL_URL", "DATABASE_WORKER_URL"] {
            portal.set(name, bare.url(name));
        }
        for role in ["serve", "relay"] {
            let refused = portal.run(&[role]).await.failed();
            assert!(refused.output().contains("migrate"), "{role}: {}", refused.output());
        }
    })
    .await;
}

#[tokio::test]
async fn a_login_that_may_do_too_much_is_refused() {
    scene(async {
        let mut portal = installed("logins").await;
        for (setting, login) in [
            ("DATABASE_URL", "DATABASE_OWNER_URL"),
            ("DATABASE_URL", "DATABASE_SUPERUSER_URL"),
            ("DATABASE_JOURNAL_URL", "DATABASE_OWNER_URL"),
            ("DATABASE_WORKER_URL", "DATABASE_SUPERUSER_URL"),
            ("DATABASE_JOURNAL_URL", "DATABASE_URL"),
        ] {
            let right = portal.settings[setting].clone();
            let wrong = portal.servers.url(login).to_owned();
            portal.set(setting, &wrong);
            let refused = portal.run(&["serve"]).await.failed();
            assert!(refused.output().contains(setting), "{setting}: {}", refused.output());
            let password = url::Url::parse(&wrong).expect("a URL");
            assert!(!refused.output().contains(password.password().expect("a password")));
            portal.set(setting, &right);
        }
        portal.start(&[]).await;
    })
    .await;
}

fn outcomes(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["outcome"].as_str().unwrap_or("none")).collect()
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
        let (ada, ben) = (Person::new(&portal.tenant, "ada"), Person::new(&portal.tenant, "ben"));
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
            portal.account_line(&Person { subject: ben.subject.clone(), ..ada.clone() }).to_string(),
        ];
        let mut text = format!("{}\n{}\n", portal.account_line(&ada), wrong[..5].join("\n"));
        text += &format!("{}\n{}\n", portal.account_line(&ben), wrong[5..].join("\n"));
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

#[tokio::test]
async fn the_health_check_asks_the_service() {
    scene(async {
        let mut portal = installed("health").await;
        let _ = portal.run(&["healthcheck"]).await.failed();
        portal.start(&[]).await;
        let _ = portal.run(&["healthcheck"]).await.succeeded();
        let ready = format!("{}/health/ready", portal.url());
        let _ = portal.run(&["healthcheck", "--url", &ready]).await.succeeded();
        let nothing = format!("{}/nothing", portal.url());
        let _ = portal.run(&["healthcheck", "--url", &nothing]).await.failed();
        for path in ["/health", "/health/live", "/health/ready", "/health/startup"] {
            assert_eq!(portal.get(None, path).await.status, 200, "{path}");
            assert_eq!(portal.admin(path).await.status, 200, "{path}");
        }
        assert_eq!(portal.get(None, "/metrics").await.status, 404, "not for the public");
        let metrics = portal.admin("/metrics").await;
        assert!(String::from_utf8_lossy(&metrics.body).contains("portal_requests_total"));
    })
    .await;
}

#[tokio::test]
async fn a_service_without_its_database_starts_and_is_not_ready() {
    scene(async {
        let mut portal = installed("alone").await;
        portal.set("DATABASE_URL", "postgres://portal_app:none@127.0.0.1:1/portal");
        portal.service = Some(portal.spawn(&["serve"]));
        while portal.try_get(None, "/health/live").await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(portal.get(None, "/health/ready").await.status, 503);
        assert_eq!(portal.get(None, "/health/startup").await.status, 503);
    })
    .await;
}

#[tokio::test]
async fn the_description_of_the_api_is_the_committed_one() {
    scene(async {
        let portal = installed("openapi").await;
        let told = portal.run(&["openapi"]).await.succeeded();
        let description: Value = serde_json::from_str(&told.stdout).expect("JSON");
        assert!(description["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
        assert!(description["paths"]["/v1/portal/chart/summary"]["get"].is_object());
        let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/portal.v1.json");
        let committed = std::fs::read_to_string(committed).expect("openapi/portal.v1.json");
        assert!(committed == told.stdout, "patient-portal openapi > openapi/portal.v1.json");
    })
    .await;
}
