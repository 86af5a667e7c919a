use super::Scene;
use crate::config::{EntitlementsConfig, Role, Secrecy, operate, process, relay, serve, table};

/// A malformed value for each setting that has a form.
const MALFORMED: [(&str, &str); 95] = [
    ("PORTAL_PROFILE", "staging"),
    ("PUBLIC_URL", "portal.example.org"),
    ("PUBLIC_URL", "https://u:p@portal.example.org"),
    ("PUBLIC_URL", "https://portal.example.org/?a=b"),
    ("PUBLIC_URL", "http://portal.example.org"),
    ("REGION", " afg"),
    ("HTTP_ADDR", "3000"),
    ("INTERNAL_ADDR", "localhost:3001"),
    ("INTERNAL_ADDR", "0.0.0.0:3000"),
    ("ADMIN_ADDR", "0.0.0.0:99999"),
    ("TRUSTED_PROXIES", "10.0.0.0/33"),
    ("MAX_IN_FLIGHT", "0"),
    ("RATE_LIMIT_ACCOUNT", "0"),
    ("RATE_LIMIT_ADDRESS", "many"),
    ("DRAIN_DELAY", "5s"),
    ("TOKIO_WORKER_THREADS", "-1"),
    ("LOG_LEVEL", "loud"),
    ("DATABASE_URL", "mysql://portal_app@db/portal"),
    ("DATABASE_DIRECT_URL", "mysql://portal_app@db/portal"),
    ("DATABASE_JOURNAL_URL", "db"),
    ("DATABASE_WORKER_URL", "postgres:portal"),
    ("DATABASE_OWNER_URL", "portal_owner"),
    ("REDIS_URL", "http://redis"),
    ("NATS_URL", "nats"),
    (
        "KEYCLOAK_REALM_URL",
        "http://id.example.org/realms/patients",
    ),
    ("OIDC_ISSUERS", "https://id.example.org/realms/a|no tenant"),
    ("OIDC_ISSUERS", "https://id.example.org/realms/patients"),
    ("PORTAL_AUDIENCE", "account"),
    ("PORTAL_AUDIENCE", "portal-web"),
    ("FHIR_AUDIENCE", "portal-mobile"),
    ("FHIR_AUDIENCE", "patient-portal"),
    ("FIRST_PARTY_CLIENTS", "portal web"),
    ("OIDC_CLIENT_ID", "portal api"),
    ("OIDC_CLIENT_SECRET", "secret "),
    ("PORTAL_AUDIENCE", "portal-api"),
    ("TENANT_CLAIM", "t\u{7}d"),
    ("PATIENT_CLAIM", "patient "),
    ("ACR_LEVELS", "silver"),
    ("ACR_LEVELS", "2=256"),
    ("MAX_TOKEN_LIFETIME", "901"),
    ("MAX_TOKEN_LIFETIME", "fifteen"),
    ("IDENTITY_ADMIN_CLIENT_ID", "portal admin"),
    ("IDENTITY_ADMIN_CLIENT_SECRET", "secret "),
    ("STAFF_ISSUER_URL", "id.example.org/realms/staff"),
    (
        "STAFF_ISSUER_URL",
        "https://id.example.org/realms/staff|kabul",
    ),
    ("STAFF_ISSUER_URL", "http://id.example.org/realms/staff"),
    ("STAFF_ISSUER_URL", "https://id.example.org/realms/patients"),
    ("STAFF_AUDIENCE", "account"),
    ("STAFF_AUDIENCE", "patient-portal"),
    ("STAFF_AUDIENCE", "portal-web"),
    ("STAFF_AUDIENCE", "portal-api"),
    ("COMMUNICATION_URL", "communication"),
    ("COMMUNICATION_URL", "https://{tenant}.example.org"),
    ("INBOX_EVENTS", "registration.patient.merged.v1"),
    ("INBOX_EVENTS", r#"{"registration.patient.born.v1":null}"#),
    (
        "INBOX_EVENTS",
        r#"{"tenant.config.changed.v1":{"subject":"tenant.>"}}"#,
    ),
    ("FHIR_HOOKS", "kabul:laboratory:short"),
    (
        "FHIR_HOOKS",
        "kabul:nowhere:0123456789abcdef0123456789abcdef",
    ),
    ("MODULE_LICENSE_KEY", "ehr.portal "),
    ("ENTITLEMENTS_STATIC", "kabul"),
    ("ENTITLEMENTS_STATIC", "kabul=a;kabul=b"),
    ("ENTITLEMENTS_STATIC", "kabul=EHR"),
    ("ENTITLEMENTS_URL", "identity"),
    ("ENTITLEMENTS_URL", "https://identity.example.org"),
    ("KEY_RING", "k1:2026-01-01:short"),
    (
        "KEY_RING",
        "k1:2027-01-01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
    ),
    ("FHIR_URL", "ftp://fhir.example.org"),
    ("MESH_MTLS", "yes"),
    ("MESH_MTLS", "false"),
    ("RELEASE_TAG_SYSTEM", "urn:\n"),
    ("LABORATORY_URL", "laboratory"),
    ("LABORATORY_ID_CODE", "LAB"),
    ("LABORATORY_ID_CODE", "reg"),
    ("LABORATORY_ID_CODE", ""),
    ("LABORATORY_RELEASE", "all"),
    ("LABORATORY_LABELS", "some"),
    ("LABORATORY_PATIENT_IDS", "own"),
    ("LABORATORY_PATIENT_IDS", "identifier:"),
    ("LABORATORY_TENANCY", "{tenant}"),
    ("LABORATORY_TIMEOUT_MS", "0"),
    ("LABORATORY_AUTH", "basic"),
    ("LABORATORY_AUTH", "bearer"),
    ("LABORATORY_AUTH_TOKEN", "unused"),
    ("LABORATORY_CLIENT_ID", "unused"),
    ("LABORATORY_CLIENT_KEY", "unused"),
    ("LABORATORY_CLIENT_KEY_ID", "unused"),
    ("LABORATORY_TOKEN_URL", "https://unused.example.org"),
    ("LABORATORY_SCOPE", "unused"),
    ("FHIR_AUTH", "none"),
    ("FHIR_AUTH_TOKEN", "unused"),
    ("FHIR_CLIENT_ID", "unused"),
    ("FHIR_CLIENT_KEY", "unused"),
    ("FHIR_CLIENT_KEY_ID", "unused"),
    ("FHIR_TOKEN_URL", "https://unused.example.org"),
    ("FHIR_SCOPE", "unused"),
];

#[test]
fn production_as_it_should_be_has_no_fault() {
    assert_eq!(Scene::production().faults(), Vec::<String>::new());
}

#[test]
fn each_malformed_value_is_a_fault_of_its_setting_alone() {
    for (name, value) in MALFORMED {
        let faults = Scene::production().set(name, value).faults();
        assert!(!faults.is_empty(), "{name}={value}");
        for fault in &faults {
            // The shared URL is every source's.
            assert!(fault.starts_with(name), "{name}={value}: {fault}");
        }
    }
}

#[test]
fn every_setting_with_a_form_is_in_the_table_of_malformed_values() {
    let free = ["MFA_AMR"];
    let families = [
        "REGISTRATION_",
        "PATIENT_CHART_",
        "MEDICATION_",
        "IMMUNIZATIONS_",
        "SCHEDULING_",
        "RADIOLOGY_",
        "CLAIMS_",
        "DOCUMENTS_",
        "COMMUNICATION_",
        "PROVIDER_DIRECTORY_",
    ];
    for setting in table::settings() {
        let is_listed = MALFORMED.iter().any(|(name, _)| *name == setting.name);
        let is_like_laboratory = families
            .iter()
            .any(|prefix| setting.name.starts_with(prefix));
        assert!(
            is_listed || is_like_laboratory || free.contains(&setting.name),
            "{}",
            setting.name
        );
    }
}

#[test]
fn all_faults_are_found_at_once() {
    let faults = Scene::production()
        .set("HTTP_ADDR", "x")
        .set("LABORATORY_TIMEOUT_MS", "x")
        .set("PORTAL_TYPO", "x")
        .unset("REDIS_URL")
        .unset("REGISTRATION_URL")
        .file("colour = 1")
        .flag("NO_SUCH", "1")
        .faults();
    let settings: Vec<_> = faults
        .iter()
        .map(|line| line.split(':').next().unwrap())
        .collect();
    assert_eq!(
        settings,
        [
            "--config, key colour",
            "--set",
            "HTTP_ADDR",
            "LABORATORY_TIMEOUT_MS",
            "PORTAL_TYPO",
            "REDIS_URL",
            "REGISTRATION_URL"
        ]
    );
}

#[test]
fn whatever_a_role_needs_must_be_there() {
    for setting in table::settings().filter(|setting| !setting.needed_by.is_empty()) {
        let scene = Scene::production()
            .set("DATABASE_OWNER_URL", "postgres://portal_owner@db/portal")
            .unset(setting.name);
        for role in setting.needed_by {
            let faults = scene.with_inputs(|inputs| match role {
                Role::Serve => serve(inputs, false).map(|_| ()),
                Role::Relay => relay(inputs).map(|_| ()),
                Role::Operate => operate(inputs).map(|_| ()),
            });
            let lines = faults.expect_err(setting.name).to_string();
            assert!(
                lines.contains(&format!("{}: is missing", setting.name)),
                "{lines}"
            );
        }
    }
}

#[test]
fn a_role_needs_no_more_than_its_own_settings() {
    let bare = |names: &[&str]| {
        let mut scene = Scene::production();
        scene
            .environment
            .retain(|name, _| names.contains(&name.as_str()));
        scene
    };
    let relay_only = bare(&["REGION", "DATABASE_WORKER_URL", "NATS_URL", "KEY_RING"]);
    assert!(relay_only.with_inputs(relay).is_ok());
    let owner = bare(&[]).set("DATABASE_OWNER_URL", "postgres://portal_owner@db/portal");
    assert!(owner.with_inputs(operate).is_ok());
    assert!(bare(&[]).with_inputs(process).is_ok());
    let served = Scene::production()
        .unset("NATS_URL")
        .unset("DATABASE_WORKER_URL");
    assert!(served.with_inputs(|inputs| serve(inputs, false)).is_ok());
}

#[test]
fn one_issuer_and_one_way_to_a_second_factor_are_needed() {
    let faults = Scene::production()
        .unset("KEYCLOAK_REALM_URL")
        .unset("ACR_LEVELS")
        .faults();
    assert_eq!(
        faults,
        [
            "ACR_LEVELS: is missing, and MFA_AMR too; expected one of the two",
            "KEYCLOAK_REALM_URL: is missing, and OIDC_ISSUERS too; expected one of the two"
        ]
    );
    let others = Scene::production()
        .unset("KEYCLOAK_REALM_URL")
        .unset("ACR_LEVELS")
        .set("OIDC_ISSUERS", "https://id.example.org/realms/a|kabul")
        .set("MFA_AMR", "otp");
    assert_eq!(others.faults(), Vec::<String>::new());
}

#[test]
fn a_client_of_issuers_is_an_id_with_its_secret_or_neither() {
    for (name, other) in [
        ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"),
        ("OIDC_CLIENT_SECRET", "OIDC_CLIENT_ID"),
        ("IDENTITY_ADMIN_CLIENT_ID", "IDENTITY_ADMIN_CLIENT_SECRET"),
        ("IDENTITY_ADMIN_CLIENT_SECRET", "IDENTITY_ADMIN_CLIENT_ID"),
    ] {
        let alone = Scene::production().unset(name);
        let expected =
            format!("{name}: is missing, and {other} is there; expected both or neither");
        assert_eq!(alone.faults(), [expected]);
        let neither = alone.unset(other);
        assert_eq!(neither.faults(), Vec::<String>::new());
        let config = neither.config();
        let is_there = [
            config.identity.client.is_some(),
            config.people.identity_admin.is_some(),
        ];
        assert_eq!(
            is_there,
            [!name.starts_with("OIDC"), name.starts_with("OIDC")]
        );
    }
    let client = Scene::production().config().identity.client;
    assert_eq!(client.expect("both").id.as_str(), "portal-api");
}

#[test]
fn users_of_issuers_that_are_no_realms_cannot_be_administered() {
    let elsewhere = Scene::production().set("KEYCLOAK_REALM_URL", "https://id.example.org");
    assert_eq!(
        elsewhere.faults(),
        [
            "IDENTITY_ADMIN_CLIENT_ID: is set, and no issuer is a realm of Keycloak; \
             expected an issuer that ends in /realms/NAME"
        ]
    );
    let one = elsewhere.set("OIDC_ISSUERS", "https://id.example.org/realms/a|kabul");
    assert_eq!(one.faults(), Vec::<String>::new());
}

#[test]
fn staff_and_people_are_optional_and_licences_come_from_one_place() {
    let config = Scene::production().config();
    let staff = config.people.staff.expect("configured");
    assert_eq!(staff.audience, "patient-portal-internal");
    let bare = Scene::production()
        .unset("STAFF_ISSUER_URL")
        .unset("COMMUNICATION_URL")
        .set("FHIR_URL", "https://fhir.example.org/r4")
        .config();
    assert!(bare.people.staff.is_none() && bare.people.communication.is_none());
    let none = Scene::production().unset("ENTITLEMENTS_STATIC");
    assert_eq!(
        none.faults(),
        ["ENTITLEMENTS_STATIC: is missing, and ENTITLEMENTS_URL too; expected one of the two"]
    );
    let url = "https://identity.example.org/api/v1/";
    let asked = none.set("ENTITLEMENTS_URL", url).config();
    assert!(matches!(
        asked.licences.entitlements,
        EntitlementsConfig::Http(url) if url == "https://identity.example.org/api/v1"
    ));
}

#[test]
fn plain_http_is_refused_in_production_only() {
    let plain = Scene::production()
        .set("PUBLIC_URL", "http://127.0.0.1:3000")
        .set("KEYCLOAK_REALM_URL", "http://127.0.0.1:1/realms/demo")
        .set("LABORATORY_URL", "http://127.0.0.1:1/laboratory/fhir")
        .set("MESH_MTLS", "false")
        .set("MAX_TOKEN_LIFETIME", "86400");
    assert_eq!(plain.faults().len(), 5);
    assert_eq!(
        plain.set("PORTAL_PROFILE", "development").faults(),
        Vec::<String>::new()
    );
    let meshed = Scene::production().set("LABORATORY_URL", "http://laboratory/fhir");
    assert_eq!(meshed.faults(), Vec::<String>::new());
    for name in ["COMMUNICATION_URL", "ENTITLEMENTS_URL"] {
        let called = Scene::production()
            .unset("ENTITLEMENTS_STATIC")
            .set("ENTITLEMENTS_URL", "https://identity")
            .set(name, "http://service");
        assert_eq!(called.faults(), Vec::<String>::new());
        let faults = called.set("MESH_MTLS", "false").faults();
        assert!(faults[0].starts_with(name), "{faults:?}");
    }
}

#[test]
fn two_tenants_on_a_single_tenant_source_are_refused() {
    let single = Scene::production().set("LABORATORY_TENANCY", "single:kabul");
    assert_eq!(single.faults(), Vec::<String>::new());
    let held = single.set("ENTITLEMENTS_STATIC", "kabul=ehr.portal;herat=ehr.portal");
    assert!(held.faults()[0].starts_with("LABORATORY_TENANCY"));
    let shared = Scene::production()
        .set("LABORATORY_URL", "https://chart.example.org/fhir")
        .set("LABORATORY_TENANCY", "single:kabul")
        .set("PATIENT_CHART_TENANCY", "single:herat");
    assert!(
        shared
            .faults()
            .iter()
            .any(|fault| fault.starts_with("PATIENT_CHART_TENANCY"))
    );
}

#[test]
fn no_fault_says_a_value() {
    let canary = "canary7";
    for setting in table::settings() {
        let faults = Scene::production()
            .set(setting.name, &format!("{canary}\u{7}"))
            .faults();
        assert!(!faults.join("\n").contains(canary), "{faults:?}");
        if setting.secrecy != Secrecy::Open {
            let faults = Scene::production().flag(setting.name, canary).faults();
            assert!(
                faults[0].contains("flag") && !faults[0].contains(canary),
                "{faults:?}"
            );
        }
    }
    let torn = Scene::production()
        .file("region = \"a\"\ncanary7 = ")
        .faults();
    assert_eq!(torn, ["--config: is not TOML at line 2; expected TOML 1.0"]);
}

/// What `relay` cannot do without.
fn relaying() -> Scene {
    let needed = ["REGION", "DATABASE_WORKER_URL", "NATS_URL", "KEY_RING"];
    let mut scene = Scene::production();
    let is_needed = |name: &String, _: &mut String| needed.contains(&name.as_str());
    scene.environment.retain(is_needed);
    scene
}

fn relay_faults(scene: &Scene) -> Vec<String> {
    match scene.with_inputs(relay) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.0.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn a_relay_needs_the_stores_and_the_keys_of_its_jobs() {
    assert_eq!(relay_faults(&relaying()), Vec::<String>::new());
    let jobs = relaying()
        .with_inputs(relay)
        .expect("it starts")
        .config
        .jobs;
    assert!(jobs.communication.is_none() && jobs.identity_admin.is_none());
    let without = relay_faults(&relaying().unset("KEY_RING"));
    assert!(
        without[0].starts_with("KEY_RING: is missing"),
        "{without:?}"
    );
    let noted = relaying().set("COMMUNICATION_URL", "https://communication.example.org");
    let jobs = noted.with_inputs(relay).expect("it starts").config.jobs;
    assert_eq!(
        jobs.communication.as_ref().map(|one| one.url.as_str()),
        Some("https://communication.example.org")
    );
}

#[test]
fn a_relay_that_administers_users_needs_their_issuers_and_the_public_address() {
    let account = relaying()
        .set("IDENTITY_ADMIN_CLIENT_ID", "portal-admin")
        .set("IDENTITY_ADMIN_CLIENT_SECRET", "hush");
    assert_eq!(
        relay_faults(&account),
        [
            "IDENTITY_ADMIN_CLIENT_ID: is set, and no issuer is a realm of Keycloak; \
             expected an issuer that ends in /realms/NAME",
            "PUBLIC_URL: is missing, and IDENTITY_ADMIN_CLIENT_ID is set; \
             expected where callers reach this service"
        ]
    );
    let whole = account
        .set("KEYCLOAK_REALM_URL", "https://id.example.org/realms/a")
        .set("PUBLIC_URL", "https://portal.example.org");
    let config = whole.with_inputs(relay).expect("it starts").config;
    let admin = config.jobs.identity_admin.expect("an administration");
    assert_eq!(admin.issuers[0].as_str(), "https://id.example.org/realms/a");
}
