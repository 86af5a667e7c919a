//! Events that are malformed, forged, foreign or old: none changes anything, and each is written
//! down with its reason.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::SignedDuration;
use portal_sandbox::Fault;
use portal_tests::{Person, Platform, TestPortal, long_scene, scene, schemas};
use serde_json::{Value, json};

use super::{answers, portal};

/// What could have changed.
const TABLES: [&str; 7] = [
    "tenants",
    "portal_accounts",
    "proxy_delegations",
    "verification_tokens",
    "revocations",
    "outbox_messages",
    "provider_tasks",
];

/// A tenant with people, and for each kind an event that would be believed.
struct World {
    portal: TestPortal,
    honest: Vec<Value>,
}

impl World {
    async fn new() -> Self {
        let portal = portal().await;
        let (ada, ben) = (portal.person("ada").await, portal.person("ben").await);
        portal.delegate(&ada, &ben, &json!({})).await;
        let newcomer = portal.child("new", &json!("1990-04-05")).patient;
        let stays = portal.child("stays", &json!("1980-02-29")).patient;
        let tenant = Some(portal.tenant.as_str());
        portal.sandbox.merge_patients(tenant, &ada.patient, &stays);
        let now = portal.now();
        let event = |kind: &'static str| {
            let data = match kind {
                "registration.patient.merged.v1" => {
                    json!({"patientId": ada.patient, "survivingPatientId": stays})
                }
                "IDENTITY.patient.registered.v1" | "identity.user.registered.v1" => {
                    json!({"patientId": newcomer})
                }
                kind if kind.starts_with("registration") => {
                    json!({"patientId": ada.patient, "deceased": true})
                }
                kind if kind.starts_with("identity") => json!({"subject": ben.subject}),
                _ => json!({}),
            };
            Platform::event(&portal.tenant, kind, &data, now)
        };
        let honest = Platform::kinds().map(event).collect();
        Self { portal, honest }
    }

    async fn state(&self) -> Vec<String> {
        let mut state = Vec::new();
        for table in TABLES {
            state.push(self.portal.rows_as_text(table).await);
        }
        state
    }
}

/// An event that is not honest any more, where it comes in, and why it is given up.
struct Mutant {
    kind: &'static str,
    payload: Vec<u8>,
    reasons: &'static [&'static str],
}

fn restricts(kind: &str) -> bool {
    ["suspended", "revoked", "deactivated", "vital"]
        .iter()
        .any(|word| kind.contains(word))
}

/// The mutants of one honest event, in both shapes.
fn mutants_of(kind: &'static str, honest: &Value, now: jiff::Timestamp) -> Vec<Mutant> {
    let with = |name: &str, value: Value| {
        let mut event = honest.clone();
        event[name] = value;
        event
    };
    let at = |hours: i64| json!((now + SignedDuration::from_hours(hours)).to_string());
    let mut changed: Vec<(Value, &'static [&'static str])> = vec![
        (
            with("source", json!("ghasi/elsewhere")),
            &["foreign-source"],
        ),
        (
            with("source", json!("ghasi/patient-portal")),
            &["foreign-source"],
        ),
        (
            with("type", json!("tenant.tenant.reborn.v1")),
            &["unexpected-type"],
        ),
        (
            with("tenantid", json!("nowhere")),
            &["unknown-tenant", "not-confirmed"],
        ),
        (with("tenantid", json!("../kabul")), &["malformed"]),
        (with("time", at(1)), &["from-the-future"]),
        (with("time", json!("yesterday")), &["malformed"]),
        (with("id", json!("")), &["malformed"]),
        (with("data", json!([honest["data"]])), &["malformed"]),
        (with("data", json!({"tenantId": "other"})), &["contradicts"]),
    ];
    if !restricts(kind) {
        changed.push((with("time", at(-31 * 24)), &["too-old"]));
    }
    let named = honest["data"]
        .as_object()
        .is_some_and(|data| !data.is_empty());
    if named && kind != "identity.user.registered.v1" {
        changed.push((with("data", json!({})), &["missing"]));
        changed.push((
            with("data", json!({"patientId": 7, "subject": 7})),
            &["malformed"],
        ));
    }
    let older = |(event, reasons): &(Value, &'static [&'static str])| {
        let payload = Platform::older(event).to_string().into_bytes();
        Mutant {
            kind,
            payload,
            reasons,
        }
    };
    let mut mutants: Vec<_> = changed.iter().map(older).collect();
    mutants.extend(changed.iter().map(|(event, reasons)| Mutant {
        kind,
        payload: event.to_string().into_bytes(),
        reasons,
    }));
    let mut version = honest.clone();
    version["specversion"] = json!("0.3");
    let cut = honest.to_string().into_bytes();
    for (payload, reasons) in [
        (version.to_string().into_bytes(), &["malformed"][..]),
        (cut[..cut.len() / 2].to_vec(), &["not-json"]),
        (vec![0xff; 40], &["not-json"]),
        (vec![b' '; 70_000], &["too-large"]),
        (Vec::new(), &["not-json"]),
    ] {
        mutants.push(Mutant {
            kind,
            payload,
            reasons,
        });
    }
    mutants
}

#[tokio::test]
async fn no_mutant_of_any_event_changes_anything() {
    long_scene(Duration::from_mins(2), async {
        let world = World::new().await;
        let (portal, platform) = (&world.portal, world.portal.platform());
        let before = world.state().await;
        for (kind, honest) in Platform::kinds().zip(&world.honest) {
            for mutant in mutants_of(kind, honest, portal.now()) {
                let known = portal.inbox_dead_letters().await.len();
                platform.send(mutant.kind, mutant.payload.clone()).await;
                platform.settled().await;
                let letters = portal.inbox_dead_letters().await;
                let text = String::from_utf8_lossy(&mutant.payload);
                let [reason] = &letters[known..] else {
                    panic!("{kind}: nothing was given up: {text}");
                };
                let fits = |wanted: &&str| reason.starts_with(wanted);
                assert!(mutant.reasons.iter().any(fits), "{kind}: {reason}: {text}");
            }
        }
        assert!(portal.inbox().await.is_empty());
        assert_eq!(world.state().await, before);
        for honest in &world.honest {
            portal.hear_event(honest).await;
        }
        assert_ne!(world.state().await, before, "the honest ones are believed");
    })
    .await;
}

#[tokio::test]
async fn the_schemas_say_what_is_read() {
    scene(async {
        let world = World::new().await;
        let schemas = schemas::consumed();
        let kinds: BTreeSet<_> = Platform::kinds().chain(Platform::record_kinds()).collect();
        let described: BTreeSet<_> = schemas.keys().map(String::as_str).collect();
        assert_eq!(described, kinds);
        for (kind, honest) in Platform::kinds().zip(&world.honest) {
            let schema = &schemas[kind];
            assert_eq!(schema.faults(honest), Vec::<String>::new(), "{kind}");
            for mutant in mutants_of(kind, honest, world.portal.now()) {
                let Ok(event) = serde_json::from_slice::<Value>(&mutant.payload) else {
                    continue;
                };
                // What a schema can say of a CloudEvent: not who sent it, when, or whose it is.
                let is_readable = mutant
                    .reasons
                    .iter()
                    .all(|reason| !["malformed", "missing", "unexpected-type"].contains(reason));
                let is_sayable = !mutant.reasons.contains(&"contradicts");
                if is_sayable && event.get("envelope").is_none() {
                    let faults = schema.faults(&event);
                    assert_eq!(faults.is_empty(), is_readable, "{kind}: {event}");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_event_that_comes_again_in_another_shape_is_the_same_event() {
    scene(async {
        let portal = portal().await;
        let noor = portal.child("noor", &json!("1990-04-05")).patient;
        let data = json!({"patientId": noor});
        let kind = "IDENTITY.patient.registered.v1";
        let event = Platform::event(&portal.tenant, kind, &data, portal.now());
        portal.hear_event(&event).await;
        portal.hear_event(&event).await;
        let older = Platform::older(&event).to_string().into_bytes();
        portal.platform().send(kind, older).await;
        portal.platform().settled().await;
        assert_eq!(portal.inbox().await.len(), 1);
        let created = portal.outbox_events("portal.account.created.v1").await;
        assert_eq!(created.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_event_of_another_kind_s_subject_is_nobody_s() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        let data = json!({"subject": ada.subject, "patientId": ada.patient});
        let event = Platform::event(
            &portal.tenant,
            "identity.user.registered.v1",
            &data,
            portal.now(),
        );
        let payload = event.to_string().into_bytes();
        portal
            .platform()
            .send("identity.user.suspended.v1", payload)
            .await;
        portal.platform().settled().await;
        assert_eq!(portal.inbox_dead_letters().await, ["unexpected-type"]);
        assert_eq!(super::status_of(&portal, &ada.patient).await, "active");
    })
    .await;
}

#[tokio::test]
async fn an_event_of_another_tenant_reaches_nobody_here() {
    scene(async {
        let portal = portal().await;
        let other = portal.another_pod().await;
        let foreign = portal.tenant("foreign", true).await;
        let ada: Person = portal.person("ada").await;
        let now = portal.now();
        for (kind, data) in [
            (
                "identity.user.suspended.v1",
                json!({"subject": ada.subject}),
            ),
            (
                "identity.session.revoked.v1",
                json!({"subject": ada.subject}),
            ),
            (
                "registration.patient.vital-status-changed.v1",
                json!({"patientId": ada.patient, "deceased": true}),
            ),
            ("tenant.tenant.suspended.v1", json!({})),
        ] {
            portal
                .hear_event(&Platform::event(&foreign, kind, &data, now))
                .await;
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(answers(&portal, &other, &ada).await, ["200"; 2]);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_confirmed_now_waits_for_its_owner() {
    scene(async {
        let portal = portal().await;
        let noor = portal.child("noor", &json!("1990-04-05")).patient;
        portal.sandbox.set_fault("registration", Fault::status(503));
        let kind = "IDENTITY.patient.registered.v1";
        let data = json!({"patientId": noor});
        let event = Platform::event(&portal.tenant, kind, &data, portal.now());
        portal.platform().tell(&event).await;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert!(portal.inbox().await.is_empty());
        portal.sandbox.clear_faults();
        portal.platform().settled().await;
        assert_eq!(
            super::status_of(&portal, &noor).await,
            "pending_verification"
        );
        assert!(portal.inbox_dead_letters().await.is_empty());
    })
    .await;
}
