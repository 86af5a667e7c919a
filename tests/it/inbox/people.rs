//! Users of the identity provider and patients of registration-service.

use jiff::SignedDuration;
use portal_tests::{Fixture, Person, Platform, TestPortal, scene};
use serde_json::{Value, json};

use super::{ME, accounts, answers, portal, status_of};

const REGISTERED: &str = "IDENTITY.patient.registered.v1";
const LOCKED: &str = "identity.user.suspended.v1";
const SESSION: &str = "identity.session.revoked.v1";
const DIED: &str = "registration.patient.vital-status-changed.v1";

fn patient(portal: &TestPortal, name: &str) -> String {
    portal.child(name, &json!("1990-04-05")).patient
}

#[tokio::test]
async fn a_known_patient_gets_one_pending_account_that_blocks_nobody() {
    scene(async {
        let portal = portal().await;
        let noor = patient(&portal, "noor");
        let data = json!({"patientId": noor});
        portal.hear(REGISTERED, &data).await;
        portal.hear(REGISTERED, &data).await;
        portal.hear("identity.user.registered.v1", &data).await;
        portal
            .hear("identity.user.registered.v1", &json!({"userId": "u-1"}))
            .await;
        assert_eq!(status_of(&portal, &noor).await, "pending_verification");
        let linked = &accounts(&portal, &noor).await[0]["linked"];
        assert_eq!(linked, &json!(false));
        let outcomes: Vec<_> = portal
            .inbox()
            .await
            .into_iter()
            .map(|(_, outcome, reason)| (outcome, reason))
            .collect();
        let reasons: Vec<_> = outcomes
            .iter()
            .map(|(_, reason)| reason.as_deref())
            .collect();
        assert_eq!(
            reasons,
            [None, Some("known"), Some("known"), Some("no-patient")]
        );
        let created = portal.outbox_events("portal.account.created.v1").await;
        assert_eq!(created.len(), 1);
        assert_eq!(created[0]["patientId"], noor);
    })
    .await;
}

#[tokio::test]
async fn whom_registration_does_not_know_gets_nothing() {
    scene(async {
        let portal = portal().await;
        let dead = patient(&portal, "dead");
        portal.sandbox.mark_deceased(Some(&portal.tenant), &dead);
        let (old, new) = (patient(&portal, "old"), patient(&portal, "new"));
        portal
            .sandbox
            .merge_patients(Some(&portal.tenant), &old, &new);
        let foreign = portal.tenant("foreign", true).await;
        let elsewhere = portal.person_of(&foreign, "elsewhere").await.patient;
        for patient in ["nobody", &dead, &old, &elsewhere] {
            portal
                .hear(REGISTERED, &json!({"patientId": patient}))
                .await;
            assert_eq!(accounts(&portal, patient).await, Vec::<Value>::new());
        }
        assert_eq!(portal.inbox_dead_letters().await, ["not-confirmed"; 2]);
    })
    .await;
}

#[tokio::test]
async fn a_locked_user_is_refused_on_every_pod_at_the_next_answer() {
    scene(async {
        let portal = portal().await;
        let other = portal.another_pod().await;
        let (ada, ben) = (portal.person("ada").await, portal.person("ben").await);
        assert_eq!(answers(&portal, &other, &ada).await, ["200"; 2]);
        portal.clock.advance(SignedDuration::from_mins(1));
        portal.hear(LOCKED, &json!({"subject": ada.subject})).await;
        for answer in answers(&portal, &other, &ada).await {
            assert!(
                ["401 TOKEN_REVOKED", "403 ACCOUNT_NOT_ACTIVE"].contains(&answer.as_str()),
                "{answer}"
            );
        }
        assert_eq!(answers(&portal, &other, &ben).await, ["200"; 2]);
        assert_eq!(
            status_of(&portal, &ada.patient).await,
            "suspended identity-provider"
        );
        let suspended = portal.outbox_events("portal.account.suspended.v1").await;
        assert_eq!(suspended.len(), 1);
        assert_eq!(suspended[0]["reason"], "identity-provider");
    })
    .await;
}

#[tokio::test]
async fn whom_staff_reinstated_an_older_event_does_not_lock_again() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        let data = json!({"subject": ada.subject});
        let before = Platform::event(&portal.tenant, LOCKED, &data, portal.now());
        portal.clock.advance(SignedDuration::from_mins(2));
        portal.hear(LOCKED, &data).await;
        let account = portal.account_of(&ada).await;
        let path = format!("accounts/{account}/reinstate");
        let admin = portal.staff("portal-admin");
        portal.clock.advance(SignedDuration::from_mins(2));
        let reinstated = portal.staff_post(&admin, &path, &json!({})).await;
        assert_eq!(reinstated.status, 200);
        portal.hear_event(&before).await;
        assert_eq!(status_of(&portal, &ada.patient).await, "active");
        portal.hear(LOCKED, &data).await;
        assert_eq!(
            status_of(&portal, &ada.patient).await,
            "suspended identity-provider"
        );
    })
    .await;
}

/// The status of an answer to a token, once the list of revocations can have it.
async fn status_soon(portal: &TestPortal, token: &str, wanted: u16) -> u16 {
    let mut status = 0;
    for _ in 0..100 {
        status = portal.get(Some(token), ME).await.status;
        if status == wanted {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    status
}

#[tokio::test]
async fn a_session_that_ended_at_the_provider_ends_here_and_no_other_does() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        let token = |sid: &str| portal.token_with(&ada, &json!({"sid": sid}));
        let (one, two) = (token("session-one"), token("session-two"));
        portal
            .hear(SESSION, &json!({"sessionId": "session-one"}))
            .await;
        assert_eq!(status_soon(&portal, &one, 401).await, 401);
        assert_eq!(portal.get(Some(&two), ME).await.status, 200);

        portal.clock.advance(SignedDuration::from_secs(2));
        let issuer = portal.sandbox.issuer_url();
        portal
            .hear(SESSION, &json!({"subject": ada.subject, "issuer": issuer}))
            .await;
        assert_eq!(status_soon(&portal, &two, 401).await, 401);
        portal.clock.advance(SignedDuration::from_secs(2));
        let later = token("session-three");
        assert_eq!(
            portal.get(Some(&later), ME).await.status,
            200,
            "of a later login"
        );
        let foreign = json!({"subject": ada.subject, "issuer": "https://elsewhere.example.org"});
        portal.hear(SESSION, &foreign).await;
        assert_eq!(portal.inbox_dead_letters().await, ["foreign-issuer"]);
    })
    .await;
}

#[tokio::test]
async fn who_died_is_locked_and_nobody_writes_to_them() {
    scene(async {
        let portal = portal().await;
        let other = portal.another_pod().await;
        let (ada, ben) = (portal.person("ada").await, portal.person("ben").await);
        let delegation = portal.delegate(&ada, &ben, &json!({})).await;
        assert_eq!(
            portal
                .get_for(&ben, &delegation, super::SUMMARY)
                .await
                .status,
            200
        );
        portal.clock.advance(SignedDuration::from_mins(1));
        portal
            .hear(DIED, &json!({"patientId": ada.patient, "deceased": false}))
            .await;
        assert_eq!(answers(&portal, &other, &ada).await, ["200"; 2]);
        portal
            .hear(DIED, &json!({"patientId": ada.patient, "deceased": true}))
            .await;
        assert_eq!(
            status_of(&portal, &ada.patient).await,
            "suspended patient-deceased"
        );
        for answer in answers(&portal, &other, &ada).await {
            assert_ne!(answer, "200");
        }
        let proxy = portal.get_for(&ben, &delegation, super::SUMMARY).await;
        assert_eq!(proxy.verdict(), "403 PROXY_DELEGATION_INVALID");
        let told = portal
            .outbox_events("portal.notification.requested.v1")
            .await;
        assert_eq!(told, Vec::<Value>::new());
    })
    .await;
}

#[tokio::test]
async fn a_record_that_changed_is_read_anew() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        let family = async || {
            let found = portal.get_as(&ada, "/fhir/R4/Patient").await.json();
            let family = found["entry"][0]["resource"]["name"][0]["family"].as_str();
            family.map(str::to_owned)
        };
        assert_eq!(family().await.as_deref(), Some("ada"));
        let renamed = Fixture::of(&ada.patient).patient("Lovelace");
        portal.put(&portal.tenant, &renamed);
        assert_eq!(family().await.as_deref(), Some("ada"), "it is cached");
        portal
            .hear(
                "registration.patient.updated.v1",
                &json!({"patientId": ada.patient}),
            )
            .await;
        assert_eq!(family().await.as_deref(), Some("Lovelace"));
    })
    .await;
}

#[tokio::test]
async fn a_link_that_was_sent_binds_nobody_to_the_record_of_who_died() {
    scene(async {
        let portal = portal().await;
        let gone = Person::new(&portal.tenant, "gone");
        let mut patient = Fixture::of(&gone.patient).patient("gone");
        let number = format!("MRN-{}", gone.subject);
        patient["identifier"] = json!([{
            "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]},
            "value": number,
        }]);
        patient["telecom"] = json!([{"system": "email", "value": format!("{}@example.org", gone.subject)}]);
        portal.put(&portal.tenant, &patient);
        let claim = json!({"mrn": number, "birthDate": patient["birthDate"], "channel": "email"});
        let token = portal.token_with(&gone, &json!({"patient": null}));
        let headers = [("Idempotency-Key", gone.subject.as_str())];
        let asked = ("POST", "/v1/portal/registrations");
        let registered = portal.send_json(asked, &token, &headers, &claim).await;
        assert_eq!(registered.status, 202);
        while portal.open_links(&gone.patient).await == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        portal.hear(DIED, &json!({"patientId": gone.patient, "deceased": true})).await;
        assert_eq!(portal.open_links(&gone.patient).await, 0);
    })
    .await;
}
