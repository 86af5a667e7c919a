//! The adapters of who people are and how they are reached, against the sandbox.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use portal_application::ports::{
    ContactAddress, ContactChannel, Delivery, Entitlements as _, IdentityAdmin as _,
    IdentityAdminError, MedicalRecordNumber, Notifier as _, NotifierError, PatientDirectory as _,
    SourceError,
};
use portal_domain::id::{ClientId, Issuer, PatientId, Subject, TenantId};
use portal_domain::source::Source;
use portal_domain::tenant::Tenant;
use portal_infrastructure::entitlements::HttpEntitlements;
use portal_infrastructure::http_client::http_client;
use portal_infrastructure::identity::{ClientCredentials, KeycloakAdmin};
use portal_infrastructure::notifier::HttpNotifier;
use portal_infrastructure::system::SystemClock;
use portal_infrastructure::upstream::{
    Credential, HttpPatientDirectory, SourceLine, SourceSettings,
};
use portal_sandbox::{DemoRegistrant, Fault, Mode, Options, Sandbox};
use portal_tests::scene;
use serde_json::{Value, json};

/// Longer than any honest answer takes on a busy machine.
const PATIENT: Duration = Duration::from_secs(10);
const HASTY: Duration = Duration::from_millis(300);
const PUBLIC_URL: &str = "https://portal.example";

/// A sandbox, and somebody in it without an account.
struct Scene {
    sandbox: Sandbox,
    nadia: DemoRegistrant,
}

impl Scene {
    async fn new() -> Self {
        let options = Options {
            large: 0,
            ..Options::default()
        };
        let sandbox = portal_sandbox::start(options).await.expect("started");
        let nadia = sandbox.registrants().remove(0);
        Self { sandbox, nadia }
    }

    fn directory(&self, timeout: Duration) -> HttpPatientDirectory {
        let url = self.sandbox.source_url("registration");
        let mut settings = SourceSettings::new(Source::Registration, url);
        settings.timeout = timeout;
        let client = http_client().expect("a client");
        let line = SourceLine::alone(settings, client, "REGISTRATION");
        HttpPatientDirectory::new(line.expect("valid"))
    }

    fn tenant(&self) -> TenantId {
        TenantId::parse(&self.nadia.tenant).expect("valid")
    }

    fn patient(&self) -> PatientId {
        let people = self.sandbox.patients();
        PatientId::parse(&people[0].patient_id).expect("valid")
    }

    fn admin(&self, secret: &str) -> (KeycloakAdmin, Issuer) {
        let issuer = Issuer::parse(&self.sandbox.issuer_url()).expect("valid");
        let (id, _) = self.sandbox.identity_admin();
        let credentials = ClientCredentials {
            id: ClientId::parse(id).expect("valid"),
            secret: secret.to_owned().into(),
        };
        let client = http_client().expect("a client");
        let admin = KeycloakAdmin::new([&issuer], &credentials, PUBLIC_URL, client);
        (admin, issuer)
    }

    /// The claims of a token that the issuer signs now.
    fn claims(&self) -> Value {
        let token = self.sandbox.mint(json!({"_person": self.nadia.subject}));
        let payload = token.split('.').nth(1).expect("a JWT");
        let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64");
        serde_json::from_slice(&payload).expect("JSON")
    }
}

fn tenant_of(id: TenantId) -> Tenant {
    Tenant {
        suspended: false,
        id,
        name: "Demo".to_owned(),
        region: "local".to_owned(),
        time_zone: TimeZone::UTC,
        locale: "en".to_owned(),
        calendar: "gregory".to_owned(),
        currency: "AFN".to_owned(),
        retention_years: 7,
        config: Arc::default(),
        version: 1,
    }
}

#[tokio::test]
async fn somebody_is_matched_and_found_by_their_own_id() {
    scene(async {
        let place = Scene::new().await;
        let directory = place.directory(PATIENT);
        let mrn = MedicalRecordNumber::parse(&place.nadia.mrn).expect("valid");
        let born: Date = place.nadia.birth_date.parse().expect("a date");
        let tenant = tenant_of(place.tenant());
        let matched = directory.match_patient(&tenant, &mrn, born).await;
        let matched = matched.expect("answered").expect("matched");
        let email = matched
            .contacts
            .iter()
            .find(|one| one.channel == ContactChannel::Email);
        let email = email.expect("one");
        assert_eq!(email.address.expose(), place.nadia.email);
        assert!(!email.shared && !matched.deceased);
        let found = directory.find(&tenant.id, &matched.id).await;
        assert_eq!(found, Ok(Some(matched.clone())));
        let elsewhere = TenantId::parse("other").expect("valid");
        assert_eq!(directory.find(&elsewhere, &matched.id).await, Ok(None));
        let yesterday = born.yesterday().expect("a date");
        let nobody = directory.match_patient(&tenant, &mrn, yesterday).await;
        assert_eq!(nobody, Ok(None));
        place
            .sandbox
            .merge_patients(Some("demo"), matched.id.as_str(), place.patient().as_str());
        place
            .sandbox
            .mark_deceased(Some("demo"), matched.id.as_str());
        let found = directory
            .find(&tenant.id, &matched.id)
            .await
            .expect("answered");
        let found = found.expect("known");
        assert_eq!(found.replaced_by, Some(place.patient()));
        assert!(found.deceased);
    })
    .await;
}

#[tokio::test]
async fn a_directory_that_misbehaves_knows_nobody() {
    scene(async {
        let place = Scene::new().await;
        for (mode, expected) in [
            (Mode::Garbage, Err(SourceError::Invalid)),
            (Mode::Oversize, Err(SourceError::Invalid)),
            (Mode::GzipBomb, Err(SourceError::Invalid)),
            (Mode::Deep, Err(SourceError::Invalid)),
            (Mode::Truncated, Err(SourceError::Invalid)),
            (Mode::WrongContentType, Err(SourceError::Invalid)),
            (Mode::DuplicateMembers, Err(SourceError::Invalid)),
            (Mode::Redirect, Err(SourceError::Invalid)),
            (Mode::SlowDrip, Err(SourceError::TimedOut)),
            (Mode::Hang, Err(SourceError::TimedOut)),
            (Mode::ForeignEntries, Ok(None)),
        ] {
            place.sandbox.set_fault("registration", Fault::mode(mode));
            let is_late = expected == Err(SourceError::TimedOut);
            let directory = place.directory(if is_late { HASTY } else { PATIENT });
            let found = directory.find(&place.tenant(), &place.patient()).await;
            assert_eq!(found, expected, "{mode:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_user_who_is_linked_has_it_in_the_next_token() {
    scene(async {
        let place = Scene::new().await;
        let (_, secret) = place.sandbox.identity_admin();
        let (admin, issuer) = place.admin(secret);
        let subject = Subject::parse(&place.nadia.subject).expect("valid");
        let patient = PatientId::parse("pat_1").expect("valid");
        let unknown = admin.link_patient(&issuer, &subject, Some(&patient)).await;
        assert_eq!(unknown, Err(IdentityAdminError::Refused));
        assert_eq!(place.claims().get("patient"), None);
        let linked = admin.link_patient(&issuer, &subject, Some(&patient)).await;
        assert_eq!(linked, Ok(()));
        let claims = place.claims();
        assert_eq!(claims["patient"], "pat_1");
        assert_eq!(
            claims["fhirUser"],
            format!("{PUBLIC_URL}/fhir/R4/Patient/pat.u1")
        );
        assert_eq!(claims["tid"], "demo");
        assert_eq!(admin.link_patient(&issuer, &subject, None).await, Ok(()));
        assert_eq!(place.claims().get("fhirUser"), None);
        assert_eq!(admin.end_sessions(&issuer, &subject).await, Ok(()));
        let revoked = admin.revoke_consent(&issuer, &subject, "portal-web").await;
        assert_eq!(revoked, Ok(()));
        let revoked = admin.revoke_consent(&issuer, &subject, "no-app").await;
        assert_eq!(revoked, Ok(()));
        let (stranger, issuer) = place.admin("another secret");
        let ended = stranger.end_sessions(&issuer, &subject).await;
        assert_eq!(ended, Err(IdentityAdminError::Unavailable));
    })
    .await;
}

#[tokio::test]
async fn what_is_sent_twice_arrives_once() {
    scene(async {
        let place = Scene::new().await;
        let url = place.sandbox.source_url("communication");
        let notifier = HttpNotifier::new(
            &url,
            http_client().expect("a client"),
            Credential::default(),
        );
        let delivery = Delivery {
            id: "registration-1".to_owned(),
            tenant: place.tenant(),
            channel: ContactChannel::Email,
            address: ContactAddress::new(&place.nadia.email),
            language: "en".to_owned(),
            template_key: "registration.link".to_owned(),
            secret: "a link".to_owned(),
        };
        for _ in 0..2 {
            assert_eq!(notifier.send(&delivery).await, Ok(()));
        }
        let sent = place.sandbox.notifications();
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].notification.secret, "a link");
        place.sandbox.set_fault("communication", Fault::status(503));
        let sent = notifier.send(&delivery).await;
        assert_eq!(sent, Err(NotifierError::Unavailable));
    })
    .await;
}

#[tokio::test]
async fn licences_are_those_of_identity_service() {
    scene(async {
        let place = Scene::new().await;
        let url = place.sandbox.source_url("identity");
        let client = http_client().expect("a client");
        let clock = Arc::new(SystemClock);
        let entitlements = HttpEntitlements::new(&url, "ehr.portal", client, clock);
        let tenant = place.tenant();
        let features = entitlements.features(&tenant).await.expect("answered");
        assert!(features.contains("ehr.portal"));
        place.sandbox.set_entitlements("demo", &["ehr.claims"]);
        entitlements.forget(&tenant);
        let features = entitlements.features(&tenant).await.expect("answered");
        assert!(!features.contains("ehr.portal"));
        let nobody = TenantId::parse("nobody").expect("valid");
        assert!(entitlements.features(&nobody).await.is_err());
    })
    .await;
}
