use std::time::Duration;

use portal_domain::release::ReleaseMode;
use portal_domain::source::Source;
use portal_infrastructure::upstream::Tenancy;

use super::Scene;
use crate::config::{Profile, table};

#[test]
fn a_flag_wins_over_the_environment_that_over_the_file_that_over_the_default() {
    let scene = Scene::production()
        .unset("REGION")
        .file("region = \"file\"\nmax_in_flight = 7");
    assert_eq!(scene.config().process.region, "file");
    assert_eq!(scene.config().public.max_in_flight, 7);
    let scene = scene.set("REGION", "environment");
    assert_eq!(scene.config().process.region, "environment");
    let scene = scene.flag("REGION", "first").flag("REGION", "last");
    assert_eq!(scene.config().process.region, "last");
    assert_eq!(Scene::production().config().public.max_in_flight, 512);
}

#[test]
fn a_named_file_stands_between_environment_and_file() {
    let mut scene = Scene::production()
        .unset("REGION")
        .set("REGION_FILE", "/run/region")
        .file("region = \"file\"");
    scene.files.insert("/run/region", "secret\r\n");
    assert_eq!(scene.config().process.region, "secret");
    let both = scene.set("REGION", "environment");
    assert_eq!(
        both.faults(),
        ["REGION: is set together with REGION_FILE; expected one of the two"]
    );
}

#[test]
fn every_setting_can_be_in_a_file_and_not_in_two_places() {
    for setting in table::settings() {
        let name = format!("{}_FILE", setting.name);
        let missing = Scene::production()
            .unset(setting.name)
            .set(&name, "/none")
            .faults();
        assert!(
            missing.iter().any(|fault| fault.starts_with(&name)),
            "{missing:?}"
        );
        let mut scene = Scene::production()
            .set(setting.name, "x")
            .set(&name, "/some");
        scene.files.insert("/some", "x");
        let both = scene.faults();
        assert!(
            both.iter()
                .any(|fault| fault.contains("is set together with")),
            "{both:?}"
        );
    }
}

#[test]
fn an_empty_variable_is_none_and_an_empty_id_code_is_one() {
    let scene = Scene::production()
        .set("MAX_IN_FLIGHT", "")
        .set("REDIS_URL_FILE", "");
    assert_eq!(scene.config().public.max_in_flight, 512);
    let faults = Scene::production().set("LABORATORY_ID_CODE", "").faults();
    assert_eq!(
        faults,
        ["LABORATORY_ID_CODE: is empty, and there are several URLs; expected [a-z0-9]{1,8}"]
    );
}

#[test]
fn the_toml_file_takes_arrays_and_refuses_secrets_and_other_types() {
    let scene = Scene::production()
        .unset("FIRST_PARTY_CLIENTS")
        .unset("MESH_MTLS")
        .file("first_party_clients = [\"a\", \"b\"]\nmesh_mtls = true");
    assert_eq!(scene.config().identity.first_party_clients.len(), 2);
    let faults = Scene::production().file("REGION = \"x\"\ndrain_delay = 1.5\nkey_ring = \"k\"");
    assert_eq!(
        faults.faults(),
        [
            "--config, key REGION: is unknown; expected a name of .env.example in lower case",
            "DRAIN_DELAY: has a value of the wrong TOML type; expected integer",
            "KEY_RING: is a secret and stands in the TOML file; expected the variable KEY_RING or \
             KEY_RING_FILE"
        ]
    );
}

#[test]
fn defaults_follow_the_profile() {
    let production = Scene::production().config();
    assert_eq!(production.process.profile, Profile::Production);
    assert_eq!(
        production.process.addresses.http.to_string(),
        "0.0.0.0:3000"
    );
    assert_eq!(production.process.drain_delay, Duration::from_secs(5));
    let scene = Scene::production()
        .set("PORTAL_PROFILE", "development")
        .set("ADMIN_ADDR", "0.0.0.0:1")
        .unset("PUBLIC_URL");
    let development = scene.config();
    assert_eq!(
        development.process.addresses.http.to_string(),
        "127.0.0.1:3000"
    );
    assert_eq!(development.process.addresses.admin.to_string(), "0.0.0.0:1");
    assert_eq!(development.process.drain_delay, Duration::ZERO);
    assert_eq!(
        development.identity.fhir_audience,
        "http://127.0.0.1:3000/fhir/R4"
    );
}

#[test]
fn sources_have_their_own_url_or_the_shared_one() {
    let mut scene = Scene::production().set("FHIR_URL", "https://fhir.example.org/r4/");
    let config = scene.config().sources;
    assert_eq!(config.sources[2].url, "https://laboratory.example.org/fhir");
    assert_eq!(config.sources[2].id_code, "lab");
    assert_eq!(config.sources[2].release, ReleaseMode::Marked);
    assert_eq!(config.sources[1].release, ReleaseMode::ByStatus);
    scene.environment.retain(|name, _| {
        name == "FHIR_URL"
            || !name.ends_with("_URL")
            || name.starts_with("DATABASE")
            || !name.contains('_')
            || ["PUBLIC_URL", "REDIS_URL", "NATS_URL", "KEYCLOAK_REALM_URL"]
                .contains(&name.as_str())
    });
    let shared = scene.config().sources;
    assert!(
        shared
            .sources
            .iter()
            .all(|source| source.url == "https://fhir.example.org/r4")
    );
    assert!(
        shared
            .sources
            .iter()
            .all(|source| source.id_code.is_empty())
    );
}

#[test]
fn tenancy_follows_from_the_url_or_is_said() {
    let scene = Scene::production()
        .set("LABORATORY_URL", "https://fhir.example.org/{tenant}/r4")
        .set("MEDICATION_TENANCY", "single:kabul");
    let sources = scene.config().sources.sources;
    let tenancy = |source: Source| &sources[source as usize].tenancy;
    assert_eq!(*tenancy(Source::Registration), Tenancy::Header);
    assert_eq!(*tenancy(Source::Laboratory), Tenancy::Url);
    let single = Tenancy::Single("kabul".parse().unwrap());
    assert_eq!(*tenancy(Source::Medication), single);
}

#[test]
fn lists_and_pairs_are_read_as_documented() {
    let config = Scene::production()
        .set(
            "OIDC_ISSUERS",
            "https://id.example.org/realms/a|kabul, https://id.example.org/b/",
        )
        .set("ACR_LEVELS", "https://acr.example/?x=1=2, silver=1")
        .set("MFA_AMR", "otp, hwk")
        .set("TRUSTED_PROXIES", "10.0.0.0/8, ::1")
        .config();
    let issuers: Vec<_> = config
        .identity
        .issuers
        .iter()
        .map(|one| one.issuer.as_str())
        .collect();
    assert_eq!(
        issuers[1..],
        [
            "https://id.example.org/realms/a",
            "https://id.example.org/b/"
        ]
    );
    assert_eq!(
        config.identity.acr_levels.level("https://acr.example/?x=1"),
        2
    );
    assert_eq!(config.identity.mfa_methods.len(), 2);
    assert_eq!(config.public.trusted_proxies[1].prefix, 128);
}
