//! `patient-portal config check`, and what the other roles say about their settings.

use portal_tests::scene;

use super::installed;

#[tokio::test]
async fn all_faults_of_the_configuration_are_told_at_once_and_no_secret_is() {
    scene(async {
        let mut portal = installed("faults").await;
        let file = std::env::current_exe()
            .expect("a program")
            .to_string_lossy()
            .into_owned();
        let wrong = [
            ("PUBLIC_URL", "ftp://tellnobody"),
            ("MAX_IN_FLIGHT", "tellnobody"),
            ("KEY_RING", "tellnobody"),
            (
                "DATABASE_URL",
                "postgres//portal_app:tellnobody@127.0.0.1/portal",
            ),
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
                assert!(
                    refused.output().contains(name),
                    "{role:?} {name}: {}",
                    refused.output()
                );
            }
            assert!(
                !refused.output().contains("tellnobody"),
                "{}",
                refused.output()
            );
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
        assert!(
            shown.stdout.contains(&portal.tenant),
            "entitlements are no secret"
        );
        let url = url::Url::parse(portal.servers.url("DATABASE_URL")).expect("a URL");
        for secret in [
            url.password().expect("a password"),
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX",
        ] {
            assert!(!shown.output().contains(secret));
        }
        let example = portal.run(&["config", "example"]).await.succeeded();
        for name in portal.settings.keys() {
            assert!(
                example.stdout.contains(name.as_str()),
                "{name} is explained"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_flag_wins_over_the_environment_and_it_over_a_file() {
    scene(async {
        let mut portal = installed("order").await;
        let told = |output: &str| {
            let line = output
                .lines()
                .find(|line| line.starts_with("MAX_IN_FLIGHT="));
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
