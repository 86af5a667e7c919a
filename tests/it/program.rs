//! The program as an operator meets it: help, configuration, roles, refusals.

mod configuration;
mod import;

use std::time::Duration;

use portal_tests::{PortalProcess, Servers, scene};
use serde_json::Value;

async fn installed(name: &str) -> PortalProcess {
    PortalProcess::install(name, Servers::of_the_run().await).await
}

#[tokio::test]
async fn every_role_explains_itself() {
    scene(async {
        let portal = installed("help").await;
        let roles = [
            "serve",
            "relay",
            "migrate",
            "import",
            "config",
            "openapi",
            "healthcheck",
        ];
        let help = portal.run(&["--help"]).await.succeeded();
        for role in roles {
            assert!(
                help.stdout.contains(&format!("\n  {role} ")),
                "{role}: {}",
                help.stdout
            );
            let own = portal.run(&[role, "--help"]).await.succeeded();
            assert!(
                own.stdout.contains(&format!("patient-portal {role}")),
                "{}",
                own.stdout
            );
            assert!(
                own.stdout
                    .lines()
                    .next()
                    .is_some_and(|line| !line.is_empty()),
                "{role}"
            );
        }
        let _ = portal.run(&["dance"]).await.failed();
        let _ = portal.run(&[]).await.failed();
    })
    .await;
}

#[tokio::test]
async fn a_schema_that_is_behind_is_refused() {
    scene(async {
        let mut portal = installed("behind").await;
        let bare = Servers::of_the_run().await;
        for name in [
            "DATABASE_URL",
            "DATABASE_JOURNAL_URL",
            "DATABASE_WORKER_URL",
        ] {
            portal.set(name, bare.url(name));
        }
        for role in ["serve", "relay"] {
            let refused = portal.run(&[role]).await.failed();
            assert!(
                refused.output().contains("migrate"),
                "{role}: {}",
                refused.output()
            );
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
            assert!(
                refused.output().contains(setting),
                "{setting}: {}",
                refused.output()
            );
            let password = url::Url::parse(&wrong).expect("a URL");
            assert!(
                !refused
                    .output()
                    .contains(password.password().expect("a password"))
            );
            portal.set(setting, &right);
        }
        portal.start(&[]).await;
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
        let _ = portal
            .run(&["healthcheck", "--url", &ready])
            .await
            .succeeded();
        let nothing = format!("{}/nothing", portal.url());
        let _ = portal
            .run(&["healthcheck", "--url", &nothing])
            .await
            .failed();
        for path in [
            "/health",
            "/health/live",
            "/health/ready",
            "/health/startup",
        ] {
            assert_eq!(portal.get(None, path).await.status, 200, "{path}");
            assert_eq!(portal.admin(path).await.status, 200, "{path}");
        }
        assert_eq!(
            portal.get(None, "/metrics").await.status,
            404,
            "not for the public"
        );
        let metrics = portal.admin("/metrics").await;
        assert!(String::from_utf8_lossy(&metrics.body).contains("portal_requests_total"));
    })
    .await;
}

#[tokio::test]
async fn a_service_without_its_database_starts_and_is_not_ready() {
    scene(async {
        let mut portal = installed("alone").await;
        portal.set(
            "DATABASE_URL",
            "postgres://portal_app:none@127.0.0.1:1/portal",
        );
        portal.service = Some(portal.spawn(&["serve"]));
        while portal.try_get(None, "/health/live").await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(portal.get(None, "/health/ready").await.status, 503);
    })
    .await;
}

#[tokio::test]
async fn the_description_of_the_api_is_the_committed_one() {
    scene(async {
        let portal = installed("openapi").await;
        let told = portal.run(&["openapi"]).await.succeeded();
        let description: Value = serde_json::from_str(&told.stdout).expect("JSON");
        assert!(
            description["openapi"]
                .as_str()
                .is_some_and(|version| version.starts_with("3.1"))
        );
        assert!(description["paths"]["/v1/portal/chart/summary"]["get"].is_object());
        let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/portal.v1.json");
        let committed = std::fs::read_to_string(committed).expect("openapi/portal.v1.json");
        assert!(
            committed == told.stdout,
            "patient-portal openapi > openapi/portal.v1.json"
        );
    })
    .await;
}
