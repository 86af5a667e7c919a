use std::sync::Arc;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use portal_application::ports::{Journal, Recording};
use portal_domain::access::{
    AccessFacts, AccountNeed, Action, AuthenticationStrength, BirthDate, ProxyNeed, RecordPatient,
    RevocationKeys, ScopeNeed, StatedContext, Surface, TenantBinding, TokenStanding, VerifiedToken,
    authorize,
};
use portal_domain::account::AccountKind;
use portal_domain::audit::AccessEvent;
use portal_domain::feature::FeatureSet;
use portal_domain::id::PortalAccessEventId;
use portal_domain::scope::{Interaction, ScopeSet};
use portal_domain::tenant::Tenant;
use portal_fhir::ResourceType;
use tokio::sync::Notify;
use ulid::Ulid;

use super::super::database::Login;
use super::super::journal::PgJournal;
use super::super::test_database::{TestDatabase, TestFamily, TestTenant, now};
use super::*;
use crate::crypto::{KeyRing, KeyedHash};

struct Scene {
    database: TestDatabase,
    tenant: TestTenant,
    log: PgAccessLog,
    journal: PgJournal,
}

impl Scene {
    async fn begin() -> Self {
        let database = TestDatabase::shared().await;
        let tenant = database.tenant().await;
        let log = PgAccessLog::new(database.database(Login::App));
        let ring = KeyRing::parse(
            "a:2026-01-01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
            now(),
        );
        let identities = KeyedHash::new(&ring.expect("a ring"), "journal-identity");
        let login = database.database(Login::Journal);
        let journal = PgJournal::start(login, identities, Arc::new(Notify::new()));
        Self {
            database,
            tenant,
            log,
            journal,
        }
    }

    /// Writes an event that happened so many minutes after noon.
    async fn write(&self, event: AccessEvent, minutes: i64) -> String {
        let at = now() + SignedDuration::from_mins(minutes);
        let milliseconds = u64::try_from(at.as_millisecond()).unwrap();
        let ulid = Ulid::from_parts(milliseconds, event.id.ulid().random());
        let event = AccessEvent {
            id: PortalAccessEventId::new(ulid),
            ..event
        };
        let id = event.id.to_string();
        let answer = self.journal.reserve().unwrap().record(event).await;
        assert!(matches!(answer, Ok(Recording::Durable(_))));
        id
    }

    async fn read(&self, grant: &PatientGrant, filter: AccessLogFilter) -> (Vec<String>, u64) {
        let page = self.log.page(grant, &filter).await.unwrap();
        (
            page.entries.into_iter().map(|entry| entry.id).collect(),
            page.total,
        )
    }
}

fn grant(tenant: &TestTenant, kind: AccountKind) -> PatientGrant {
    let mut account = tenant.snapshot();
    account.kind = kind;
    account.patient_id = account.patient_id.filter(|_| kind == AccountKind::Patient);
    let facts = AccessFacts {
        token: Arc::new(token(tenant)),
        standing: TokenStanding::default(),
        stated: StatedContext::default(),
        tenant: Some(Arc::new(Tenant {
            id: tenant.id.clone(),
            name: "Name".to_owned(),
            region: "local".to_owned(),
            time_zone: TimeZone::UTC,
            locale: "en".to_owned(),
            calendar: "gregory".to_owned(),
            currency: "AFN".to_owned(),
            retention_years: 7,
            suspended: false,
            config: Arc::default(),
            version: 1,
        })),
        licensed: true,
        features: FeatureSet::of(|_| true),
        account: Some(Arc::new(account)),
        delegations: Arc::new([]),
        birth_date: BirthDate::default(),
    };
    let action = Action {
        operation: "listAccessLog",
        surface: Surface::Portal,
        event_type: EventType::AccessLogViewed,
        account: AccountNeed::AnyState,
        scope: ScopeNeed::Record(ResourceType::Patient, Interaction::Read),
        proxy: ProxyNeed::Never,
        feature: None,
        step_up: false,
    };
    authorize(&facts, &action, now()).expect("allowed")
}

fn token(tenant: &TestTenant) -> VerifiedToken {
    VerifiedToken {
        issuer: TestTenant::issuer(),
        subject: tenant.subject(),
        client: None,
        first_party: true,
        tenant: TenantBinding {
            issuer: Some(tenant.id.clone()),
            claim: None,
        },
        patient_claim: None,
        scopes: ScopeSet::parse("patient/*.read"),
        scope_text: "patient/*.read".into(),
        strength: AuthenticationStrength {
            level: 2,
            second_factor: false,
        },
        delegation_claim: None,
        issued_at: now(),
        authenticated_at: None,
        expires_at: now(),
        revocation_keys: RevocationKeys::default(),
    }
}

fn filter() -> AccessLogFilter {
    AccessLogFilter {
        limit: 100,
        ..AccessLogFilter::default()
    }
}

#[tokio::test]
async fn the_newest_come_first_and_pages_visit_each_once() {
    let scene = Scene::begin().await;
    let mut written = Vec::new();
    for minutes in 0..7 {
        written.push(scene.write(scene.tenant.event(), minutes).await);
    }
    written.reverse();
    let grant = grant(&scene.tenant, AccountKind::Patient);
    let mut walked = Vec::new();
    for offset in [0, 3, 6, 9] {
        let (ids, total) = scene
            .read(
                &grant,
                AccessLogFilter {
                    limit: 3,
                    offset,
                    ..filter()
                },
            )
            .await;
        assert_eq!(total, 7);
        walked.extend(ids);
    }
    assert_eq!(walked, written);
}

#[tokio::test]
async fn only_events_about_the_grants_own_patient_are_shown() {
    let scene = Scene::begin().await;
    let other = scene.database.tenant().await;
    let own = scene.write(scene.tenant.event(), 0).await;
    scene.write(other.event(), 0).await;
    scene.write(scene.tenant.denial(), 0).await;
    let neighbour = portal_domain::id::PatientId::parse("neighbour").unwrap();
    let about_neighbour = AccessEvent {
        patient_id: Some(neighbour),
        ..scene.tenant.event()
    };
    scene.write(about_neighbour, 1).await;
    let patient = grant(&scene.tenant, AccountKind::Patient);
    assert_eq!(scene.read(&patient, filter()).await, (vec![own], 1));
}

#[tokio::test]
async fn each_filter_narrows_the_log() {
    let scene = Scene::begin().await;
    let viewed = scene.write(scene.tenant.event(), 0).await;
    let app = AccessEvent {
        actor: ActorKind::App,
        event_type: EventType::FhirRead,
        ..scene.tenant.event()
    };
    let by_app = scene.write(app, 10).await;
    let grant = grant(&scene.tenant, AccountKind::Patient);
    let minute = |minutes| Some(now() + SignedDuration::from_mins(minutes));
    for (narrowed, expected) in [
        (
            AccessLogFilter {
                actor: Some(ActorKind::App),
                ..filter()
            },
            vec![&by_app],
        ),
        (
            AccessLogFilter {
                event_type: Some(EventType::ChartViewed),
                ..filter()
            },
            vec![&viewed],
        ),
        (
            AccessLogFilter {
                from: minute(10),
                ..filter()
            },
            vec![&by_app],
        ),
        (
            AccessLogFilter {
                to: minute(10),
                ..filter()
            },
            vec![&viewed],
        ),
        (
            AccessLogFilter {
                from: minute(1),
                to: minute(9),
                ..filter()
            },
            vec![],
        ),
    ] {
        let (ids, total) = scene.read(&grant, narrowed).await;
        assert_eq!(ids.iter().collect::<Vec<_>>(), expected);
        assert_eq!(total, u64::try_from(expected.len()).unwrap());
    }
}

#[tokio::test]
async fn a_window_shows_the_patients_events_from_either_end() {
    let scene = Scene::begin().await;
    let other = scene.database.tenant().await;
    scene.write(other.event(), 1).await;
    let mut written = Vec::new();
    for minutes in 0..5 {
        written.push(scene.write(scene.tenant.event(), minutes).await);
    }
    let minute = |minutes| Some(now() + SignedDuration::from_mins(minutes));
    let window = LogWindow {
        from: minute(1),
        to: minute(4),
        oldest_first: false,
        limit: 2,
    };
    let oldest = LogWindow {
        oldest_first: true,
        ..window
    };
    let patient = grant(&scene.tenant, AccountKind::Patient);
    let caregiver = grant(&scene.tenant, AccountKind::Caregiver);
    for (grant, window, expected) in [
        (&patient, window, vec![&written[3], &written[2]]),
        (&patient, oldest, vec![&written[1], &written[2]]),
        (&caregiver, window, vec![]),
    ] {
        let found = scene.log.window(grant, &window).await.unwrap();
        let ids: Vec<_> = found.iter().map(|it| &it.entry.id).collect();
        assert_eq!(ids, expected);
        let patient = grant.patient().map(RecordPatient::id);
        assert!(found.iter().all(|it| Some(&it.patient) == patient));
    }
}

#[tokio::test]
async fn an_entry_holds_what_was_written() {
    let scene = Scene::begin().await;
    let id = scene.write(scene.tenant.event(), 0).await;
    let page = scene
        .log
        .page(&grant(&scene.tenant, AccountKind::Patient), &filter())
        .await
        .unwrap();
    let json = serde_json::to_value(&page.entries).unwrap();
    assert_eq!(
        json,
        serde_json::json!([{
            "id": id, "occurredAt": "2026-03-01T12:00:00Z", "eventType": "chart.viewed",
            "outcome": "success", "actor": {"kind": "self", "actingAsProxy": false,
                "accountId": scene.tenant.account.to_string()},
            "resourceType": "Observation", "resourceIds": ["obs-1", "obs-2"], "resourceCount": 2,
            "clientAddress": "192.0.2.0/24", "userAgentClass": "browser", "requestId": "request-1"
        }])
    );
}

#[tokio::test]
async fn an_act_of_a_proxy_names_the_delegation() {
    let scene = Scene::begin().await;
    let family = TestFamily::new();
    scene.database.delegate(&scene.tenant, &family).await;
    scene.write(scene.tenant.proxy_event(&family), 0).await;
    let page = scene
        .log
        .page(&grant(&scene.tenant, AccountKind::Patient), &filter())
        .await
        .unwrap();
    let json = serde_json::to_value(&page.entries[0].actor).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "kind": "proxy", "actingAsProxy": true,
            "proxyDelegationId": family.delegation.to_string(),
            "accountId": family.proxy.to_string()
        })
    );
}
