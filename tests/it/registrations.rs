//! From somebody who says who they are to an account that is theirs, and everybody who tries to
//! get somebody else's.

mod limits;
mod strangers;

use portal_tests::{Answer, Fixture, Person, TestOptions, TestPortal, scene};
use serde_json::{Value, json};

const PATH: &str = "/v1/portal/registrations";

pub(crate) async fn portal() -> TestPortal {
    TestPortal::with(TestOptions {
        own_database: true,
        relay: true,
        ..TestOptions::default()
    })
    .await
}

/// Somebody whose Patient the health system has, with a record number, a birth date and an address
/// of their own, and who has no account.
pub(crate) struct Newcomer {
    pub(crate) person: Person,
    mrn: String,
    pub(crate) email: String,
}

impl Newcomer {
    pub(crate) fn of(portal: &TestPortal, name: &str) -> Self {
        let person = Person::new(&portal.tenant, name);
        let mrn = format!("MRN-{}", ulid::Ulid::new());
        let email = format!("{}@example.org", person.patient);
        let mut patient = Fixture::of(&person.patient).patient(name);
        patient["birthDate"] = json!("1984-03-21");
        patient["identifier"] = json!([{
            "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]},
            "value": mrn,
        }]);
        patient["telecom"] = json!([{"system": "email", "value": email}]);
        portal.put(&portal.tenant, &patient);
        Self { person, mrn, email }
    }

    pub(crate) fn claim(&self) -> Value {
        json!({"mrn": self.mrn, "birthDate": "1984-03-21", "channel": "email"})
    }
}

/// Posts as somebody whose token names no patient yet.
async fn post(portal: &TestPortal, person: &Person, path: &str, body: &Value) -> Answer {
    let token = portal.token_with(person, &json!({"patient": null}));
    let key = ulid::Ulid::new().to_string();
    let headers = [("Idempotency-Key", key.as_str())];
    portal
        .send_json(("POST", path), &token, &headers, body)
        .await
}

pub(crate) async fn register(portal: &TestPortal, person: &Person, claim: &Value) -> Answer {
    post(portal, person, PATH, claim).await
}

pub(crate) async fn verify(portal: &TestPortal, person: &Person, token: &str) -> Answer {
    post(
        portal,
        person,
        &format!("{PATH}/verify"),
        &json!({"token": token}),
    )
    .await
}

#[tokio::test]
async fn who_registers_and_opens_the_link_holds_the_record() {
    scene(async {
        let portal = portal().await;
        let ada = Newcomer::of(&portal, "ada");
        let registered = register(&portal, &ada.person, &ada.claim()).await;
        assert_eq!(registered.verdict(), "202");
        assert_eq!(registered.json(), json!({"status": "received"}));
        let link = portal.delivered_to(&ada.email).await;
        let before = portal.get_as(&ada.person, "/v1/portal/me").await;
        assert_eq!(before.verdict(), "403 ACCOUNT_NOT_LINKED");

        let verified = verify(&portal, &ada.person, &link).await;
        assert_eq!(verified.json()["status"], "active");
        let me = portal.get_as(&ada.person, "/v1/portal/me").await.json();
        assert_eq!(
            (&me["kind"], &me["status"]),
            (&json!("patient"), &json!("active"))
        );
        let again = verify(&portal, &ada.person, &link).await;
        assert_eq!(again.verdict(), "409 STATE_CONFLICT");
    })
    .await;
}

#[tokio::test]
async fn a_link_sent_again_ends_the_one_before() {
    scene(async {
        let portal = portal().await;
        let ada = Newcomer::of(&portal, "ada");
        register(&portal, &ada.person, &ada.claim()).await;
        let first = portal.delivered_to(&ada.email).await;
        let resent = post(&portal, &ada.person, &format!("{PATH}/resend"), &json!({})).await;
        assert_eq!(resent.verdict(), "202");
        let second = loop {
            let sent = portal.secrets_for(&ada.email);
            if sent.len() == 2 {
                break sent[1].clone();
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        };
        let old = verify(&portal, &ada.person, &first).await;
        assert_eq!(old.verdict(), "400 LINK_EXPIRED");
        assert_eq!(verify(&portal, &ada.person, &second).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn the_provider_learns_whose_record_it_is() {
    scene(async {
        let portal = portal().await;
        let ada = Newcomer::of(&portal, "ada");
        register(&portal, &ada.person, &ada.claim()).await;
        let link = portal.delivered_to(&ada.email).await;
        assert_eq!(verify(&portal, &ada.person, &link).await.status, 200);
        for _ in 0..100 {
            // A token for which the issuer fills in what it knows of the person.
            let mut claims = portal.claims(&ada.person);
            claims.as_object_mut().expect("an object").remove("patient");
            let token = portal.mint(claims);
            let read = portal
                .get(
                    Some(&token),
                    &format!("/fhir/R4/Patient?_id={}", ada.person.patient),
                )
                .await;
            if read.status == 200 {
                return;
            }
            assert_eq!(read.verdict(), "403 PATIENT_CLAIM_REQUIRED");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("the provider was never told");
    })
    .await;
}
