use super::{KEY, Scene, credentials};
use crate::config::sources::FHIR_AUTH;
use crate::config::{Secrecy, example, table};

#[test]
fn the_effective_configuration_masks_secrets_and_says_origins() {
    let scene = Scene::production()
        .set(
            "DATABASE_OWNER_URL",
            "postgres://portal_owner@db/portal?password=hush&sslmode=require",
        )
        .set("REDIS_URL", "rediss://default:hush@redis:6379/2")
        .set(
            "FHIR_HOOKS",
            &format!("kabul:laboratory:{}", "hush".repeat(8)),
        )
        .file("max_in_flight = 9")
        .flag("LOG_LEVEL", "debug");
    let shown = scene
        .read()
        .unwrap_or_else(|faults| panic!("{faults}"))
        .effective;
    assert!(!shown.contains("hush") && !shown.contains(KEY), "{shown}");
    for line in [
        "DATABASE_URL=postgres://portal_app:****@db:5432/portal  # environment",
        "DATABASE_OWNER_URL=postgres://portal_owner@db/portal?****  # environment",
        "REDIS_URL=rediss://default:****@redis:6379/2  # environment",
        "NATS_URL=nats://****@nats:4222  # environment",
        "KEY_RING=****  # environment",
        "FHIR_HOOKS=****  # environment",
        "OIDC_CLIENT_SECRET=****  # environment",
        "MAX_IN_FLIGHT=9  # file",
        "LOG_LEVEL=debug  # flag",
        "DRAIN_DELAY=5  # default",
        "# FHIR_AUDIENCE: PUBLIC_URL + /fhir/R4",
        "# OIDC_ISSUERS: not set",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
    }
}

#[test]
fn a_read_configuration_does_not_print_its_secrets() {
    let config = Scene::production().config();
    let printed = format!("{config:?}");
    assert!(
        !printed.contains("hush") && !printed.contains(KEY),
        "{printed}"
    );
}

#[test]
fn the_committed_example_is_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.env.example");
    let committed = std::fs::read_to_string(path).unwrap();
    assert_eq!(
        committed,
        example(),
        "run `patient-portal config example > .env.example`"
    );
}

#[test]
fn the_examples_are_a_configuration_that_starts() {
    let mut scene = Scene::production();
    scene.environment.clear();
    for setting in table::settings().filter(|setting| setting.secrecy != Secrecy::Secret) {
        scene = scene.set(setting.name, setting.example);
    }
    let scene = scene
        .set("KEY_RING", &format!("k1:2026-01-01:{KEY}"))
        .set("OIDC_CLIENT_SECRET", "secret")
        .set("IDENTITY_ADMIN_CLIENT_SECRET", "secret");
    // One of two, and the example shows both.
    let mut scene = scene.unset("ENTITLEMENTS_URL");
    for setting in table::settings() {
        // Every source has a URL of its own.
        if FHIR_AUTH
            .settings()
            .iter()
            .any(|one| one.name == setting.name)
        {
            scene = scene.unset(setting.name);
        } else if setting.name.ends_with("_CLIENT_KEY") {
            scene = scene.set(setting.name, credentials::KEY);
        }
    }
    assert_eq!(scene.faults(), Vec::<String>::new());
}

#[test]
fn every_name_is_declared_once() {
    let mut names: Vec<_> = table::settings().map(|setting| setting.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}
