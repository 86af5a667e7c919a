//! Two records become one.

use jiff::SignedDuration;
use portal_tests::{Person, TestPortal, scene};
use serde_json::{Value, json};

use super::{SUMMARY, accounts, portal, status_of};

const MERGED: &str = "registration.patient.merged.v1";

/// Has registration-service make one record of two, and say so.
async fn merge(portal: &TestPortal, retired: &str, surviving: &str) {
    let tenant = Some(portal.tenant.as_str());
    portal.sandbox.merge_patients(tenant, retired, surviving);
    portal.clock.advance(SignedDuration::from_mins(1));
    tell(portal, retired, surviving).await;
}

async fn tell(portal: &TestPortal, retired: &str, surviving: &str) {
    let data = json!({"patientId": retired, "survivingPatientId": surviving});
    portal.hear(MERGED, &data).await;
}

/// The same login, whose tokens name another record from now on.
fn with_record_of(person: &Person, patient: &str) -> Person {
    Person {
        patient: patient.to_owned(),
        ..person.clone()
    }
}

#[tokio::test]
async fn a_merge_in_the_middle_of_a_session_ends_it_and_the_next_one_reads_the_record_that_stays() {
    scene(async {
        let portal = portal().await;
        let other = portal.another_pod().await;
        let ada = portal.person("ada").await;
        let stays = portal.child("ada2", &json!("1980-02-29")).patient;
        let token = portal.token(&ada);
        assert_eq!(portal.get(Some(&token), SUMMARY).await.status, 200);
        merge(&portal, &ada.patient, &stays).await;
        for answer in [
            portal.get(Some(&token), SUMMARY).await,
            portal.get_at(&other, &token, SUMMARY, &[]).await,
        ] {
            assert_ne!(answer.status, 200, "a token of the record that is no more");
        }
        portal.clock.advance(SignedDuration::from_secs(2));
        let again = with_record_of(&ada, &stays);
        assert_eq!(portal.get_as(&again, SUMMARY).await.verdict(), "200");
        assert_eq!(status_of(&portal, &stays).await, "active");
        assert_eq!(accounts(&portal, &ada.patient).await, Vec::<Value>::new());
    })
    .await;
}

#[tokio::test]
async fn who_acted_for_the_patient_waits_to_be_confirmed_again() {
    scene(async {
        let portal = portal().await;
        let (ada, ben) = (portal.person("ada").await, portal.person("ben").await);
        let stays = portal.child("ada2", &json!("1980-02-29")).patient;
        let delegation = portal.delegate(&ada, &ben, &json!({})).await;
        assert_eq!(portal.get_for(&ben, &delegation, SUMMARY).await.status, 200);
        merge(&portal, &ada.patient, &stays).await;
        let refused = portal.get_for(&ben, &delegation, SUMMARY).await;
        assert_eq!(refused.verdict(), "403 PROXY_DELEGATION_INVALID");

        portal.clock.advance(SignedDuration::from_secs(2));
        let again = with_record_of(&ada, &stays);
        let path = format!("/v1/portal/proxy-delegations/{delegation}/confirm");
        let key = ulid::Ulid::new().to_string();
        let token = portal.writing_token(&again);
        let headers = [("Idempotency-Key", key.as_str())];
        let confirmed = portal
            .send_json(("POST", &path), &token, &headers, &json!({}))
            .await;
        assert_eq!(confirmed.verdict(), "200");
        assert_eq!(
            portal.get_for(&ben, &delegation, SUMMARY).await.verdict(),
            "200"
        );
    })
    .await;
}

#[tokio::test]
async fn of_two_accounts_both_are_locked_and_staff_decide() {
    scene(async {
        let portal = portal().await;
        let (one, two) = (portal.person("one").await, portal.person("two").await);
        merge(&portal, &one.patient, &two.patient).await;
        for person in [&one, &two] {
            assert_eq!(
                status_of(&portal, &person.patient).await,
                "suspended records-merged"
            );
            assert_ne!(portal.get_as(person, SUMMARY).await.status, 200);
        }
        assert!(
            portal
                .metrics()
                .contains("portal_staff_attention_total{reason=\"records-merged\"}")
        );
    })
    .await;
}

#[tokio::test]
async fn a_pending_account_gives_way() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        let stays = portal.child("ada2", &json!("1980-02-29")).patient;
        portal
            .hear(
                "IDENTITY.patient.registered.v1",
                &json!({"patientId": stays}),
            )
            .await;
        assert_eq!(status_of(&portal, &stays).await, "pending_verification");
        merge(&portal, &ada.patient, &stays).await;
        portal.clock.advance(SignedDuration::from_secs(2));
        let again = with_record_of(&ada, &stays);
        assert_eq!(portal.get_as(&again, SUMMARY).await.verdict(), "200");
        let mut left: Vec<_> = accounts(&portal, &stays).await;
        left.retain(|account| account["status"] != "closed");
        assert_eq!(left.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn who_was_a_proxy_of_themselves_is_none_any_more() {
    scene(async {
        let portal = portal().await;
        let ada = portal.person("ada").await;
        // A second record of the same person, for which she acts as somebody else.
        let double = portal.child("double", &json!("1980-02-29"));
        let legal = json!({"relationshipType": "guardian"});
        let delegation = portal.delegate(&double, &ada, &legal).await;
        merge(&portal, &double.patient, &ada.patient).await;
        assert_eq!(portal.delegation_status(&delegation).await, "revoked");
    })
    .await;
}

#[tokio::test]
async fn a_merge_that_registration_does_not_confirm_changes_nothing() {
    scene(async {
        let portal = portal().await;
        let (ada, eve) = (portal.person("ada").await, portal.person("eve").await);
        let ben = portal.person("ben").await;
        let delegation = portal.delegate(&ada, &ben, &json!({})).await;
        let before = portal.rows_as_text("portal_accounts").await;
        // Nobody was merged; another one was; the other way round.
        tell(&portal, &eve.patient, &ada.patient).await;
        let (retired, stays) = (
            portal.child("r", &json!("1990")),
            portal.child("s", &json!("1990")),
        );
        portal
            .sandbox
            .merge_patients(Some(&portal.tenant), &retired.patient, &stays.patient);
        tell(&portal, &retired.patient, &ada.patient).await;
        tell(&portal, &stays.patient, &retired.patient).await;
        tell(&portal, "nobody", &ada.patient).await;
        assert_eq!(portal.inbox_dead_letters().await, ["not-confirmed"; 4]);
        assert_eq!(portal.rows_as_text("portal_accounts").await, before);
        assert_eq!(
            portal.get_for(&ben, &delegation, SUMMARY).await.verdict(),
            "200"
        );
    })
    .await;
}
