use portal_domain::patient_link::PatientIds;
use portal_domain::source::Source;
use portal_infrastructure::upstream::CredentialSettings;

use super::Scene;
use crate::config::{ServeConfig, relay};

/// A key on P-384 that opens nothing.
pub(super) const KEY: &str = "-----BEGIN PRIVATE KEY-----
MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDAftDHBh11u1Z1wJzph
sl7PClWnvsat135I4F1NT5BzzH5McYRu8Ezd4NG/D2LLz+KhZANiAAT8Ga3wLZyc
SYvj2Y9Pta3sILLu5ZxkIPb8zUYpZM1YU8QI+Cl4OCVTL26rgmW8pjup0tjGkaDA
u4Cjxd4Jf3QDMjTzAs1jvFEnm/PR7avvB49F6toNjjdm+eX07hhtfGY=
-----END PRIVATE KEY-----";

const LABORATORY: &str = "https://laboratory.example.org/fhir";

fn with_client() -> Scene {
    Scene::production()
        .set("LABORATORY_AUTH", "client-credentials")
        .set("LABORATORY_CLIENT_ID", "portal")
        .set("LABORATORY_CLIENT_KEY", KEY)
        .set("LABORATORY_CLIENT_KEY_ID", "key-1")
}

fn credential(config: &ServeConfig, source: Source) -> &CredentialSettings {
    &config.sources.sources[source as usize].credential
}

#[test]
fn a_client_asks_for_everything_that_may_be_read_and_finds_its_endpoint() {
    let config = with_client().config();
    let CredentialSettings::Client(client) = credential(&config, Source::Laboratory) else {
        panic!("no client");
    };
    assert_eq!(
        (client.id.as_str(), client.key_id.as_str()),
        ("portal", "key-1")
    );
    assert_eq!(
        (client.scope.as_str(), &client.token_url),
        ("system/*.rs", &None)
    );
    let other = credential(&config, Source::Radiology);
    assert!(matches!(other, CredentialSettings::None));
}

#[test]
fn what_a_method_needs_must_be_there_and_readable() {
    for (name, value, expected) in [
        (
            "LABORATORY_CLIENT_ID",
            None,
            "LABORATORY_CLIENT_ID: is missing, and LABORATORY_AUTH is client-credentials",
        ),
        (
            "LABORATORY_CLIENT_KEY",
            None,
            "LABORATORY_CLIENT_KEY: is missing, and LABORATORY_AUTH is client-credentials",
        ),
        (
            "LABORATORY_CLIENT_KEY_ID",
            None,
            "LABORATORY_CLIENT_KEY_ID: is missing, and LABORATORY_AUTH is client-credentials",
        ),
        (
            "LABORATORY_CLIENT_KEY",
            Some("hush"),
            "LABORATORY_CLIENT_KEY: is malformed; expected a readable PEM",
        ),
        (
            "LABORATORY_AUTH_TOKEN",
            Some("hush"),
            "LABORATORY_AUTH_TOKEN: is given, and LABORATORY_AUTH is client-credentials",
        ),
        (
            "LABORATORY_AUTH",
            Some("none"),
            "LABORATORY_CLIENT_ID: is given, and LABORATORY_AUTH is none",
        ),
        (
            "LABORATORY_AUTH",
            Some("bearer"),
            "LABORATORY_AUTH_TOKEN: is missing, and LABORATORY_AUTH is bearer",
        ),
        (
            "LABORATORY_TOKEN_URL",
            Some("https://auth.example.org/{tenant}/token"),
            "LABORATORY_TOKEN_URL: is malformed",
        ),
    ] {
        let scene = match value {
            Some(value) => with_client().set(name, value),
            None => with_client().unset(name),
        };
        let faults = scene.faults();
        let is_said = faults.iter().any(|fault| fault.starts_with(expected));
        assert!(is_said, "{expected}\n{faults:?}");
        assert!(!format!("{faults:?}").contains("hush"));
    }
}

#[test]
fn sources_with_one_url_share_a_credential_and_must_not_contradict() {
    let shared = with_client().set("RADIOLOGY_URL", LABORATORY);
    let config = shared.config();
    for source in [Source::Laboratory, Source::Radiology] {
        assert!(matches!(
            credential(&config, source),
            CredentialSettings::Client(_)
        ));
    }
    let torn = with_client()
        .set("RADIOLOGY_URL", LABORATORY)
        .set("RADIOLOGY_AUTH", "bearer")
        .set("RADIOLOGY_AUTH_TOKEN", "hush");
    let faults = torn.faults();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(
        faults[0].starts_with("RADIOLOGY_AUTH: and what is beside it differ from LABORATORY_AUTH")
    );
}

#[test]
fn what_is_set_for_all_is_for_those_without_a_url_alone() {
    let scene = Scene::production()
        .unset("LABORATORY_URL")
        .set("FHIR_URL", "https://fhir.example.org/r4")
        .set("FHIR_AUTH", "bearer")
        .set("FHIR_AUTH_TOKEN", "hush");
    let config = scene.config();
    let of = |source| matches!(credential(&config, source), CredentialSettings::Bearer(_));
    assert!(of(Source::Laboratory) && !of(Source::Registration));
    assert!(!format!("{config:?}").contains("hush"));
}

#[test]
fn a_fixed_token_is_no_tenants_host_away_from_its_own() {
    let scene = Scene::production()
        .set("LABORATORY_AUTH", "bearer")
        .set("LABORATORY_AUTH_TOKEN", "hush");
    assert_eq!(scene.faults(), Vec::<String>::new());
    let by_host = scene.set("LABORATORY_URL", "https://{tenant}.example.org/fhir");
    let faults = by_host.faults();
    assert!(faults[0].starts_with("LABORATORY_AUTH: is bearer, and each tenant has a host"));
}

#[test]
fn production_needs_a_mesh_only_for_sources_without_authentication() {
    let open = Scene::production().set("MESH_MTLS", "false").faults();
    assert!(open[0].contains("REGISTRATION_AUTH is none"), "{open:?}");
    let mut closed = Scene::production().set("MESH_MTLS", "false");
    for source in Source::ALL {
        let prefix = source.as_str().to_uppercase().replace('-', "_");
        closed = closed
            .set(&format!("{prefix}_AUTH"), "bearer")
            .set(&format!("{prefix}_AUTH_TOKEN"), "hush");
    }
    assert_eq!(closed.faults(), Vec::<String>::new());
}

#[test]
fn who_only_relays_authenticates_to_communication() {
    let scene = Scene::production()
        .set("COMMUNICATION_AUTH", "bearer")
        .set("COMMUNICATION_AUTH_TOKEN", "hush");
    let read = scene
        .with_inputs(relay)
        .unwrap_or_else(|faults| panic!("{faults}"));
    let communication = read.config.jobs.communication.expect("a notifier");
    assert!(matches!(
        communication.credential,
        CredentialSettings::Bearer(_)
    ));
}

#[test]
fn sources_with_one_url_name_patients_in_one_way_and_registration_in_its_own() {
    let system = "identifier:urn:mrn";
    let config = with_client()
        .set("RADIOLOGY_URL", LABORATORY)
        .set("RADIOLOGY_PATIENT_IDS", system)
        .config();
    let ids = |source| &config.sources.sources[source as usize].patient_ids;
    let by_system = PatientIds::Identifier("urn:mrn".into());
    assert_eq!(ids(Source::Laboratory), &by_system);
    assert_eq!(ids(Source::Medication), &PatientIds::Shared);
    for (name, value, expected) in [
        (
            "LABORATORY_PATIENT_IDS",
            "shared",
            "RADIOLOGY_PATIENT_IDS: differs from LABORATORY_PATIENT_IDS",
        ),
        (
            "REGISTRATION_PATIENT_IDS",
            system,
            "REGISTRATION_PATIENT_IDS: is not shared",
        ),
        (
            "REGISTRATION_URL",
            LABORATORY,
            "RADIOLOGY_PATIENT_IDS: is not shared",
        ),
        (
            "RADIOLOGY_TENANCY",
            "single:kabul",
            "RADIOLOGY_TENANCY: differs from LABORATORY_TENANCY",
        ),
    ] {
        let scene = with_client()
            .set("RADIOLOGY_URL", LABORATORY)
            .set("RADIOLOGY_PATIENT_IDS", system);
        let faults = scene.set(name, value).faults();
        assert!(
            faults.iter().any(|fault| fault.starts_with(expected)),
            "{expected}\n{faults:?}"
        );
    }
}
