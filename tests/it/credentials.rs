//! How the service says who it is to sources that ask.

use std::time::Duration;

use portal_tests::{Answer, Fixture, Person, ServiceKey, TestOptions, TestPortal, scene};
use serde_json::json;

const CLIENT: &str = "patient-portal";
/// Sources that ask for a token, and take the same client.
const GUARDED: [&str; 3] = ["registration", "laboratory", "documents"];

struct Guarded {
    portal: TestPortal,
    ada: Person,
}

/// A portal whose key signs, and sources that know another, or this one.
async fn guarded(is_known: bool) -> Guarded {
    let key = ServiceKey::generate();
    let known = if is_known {
        key.public()
    } else {
        ServiceKey::generate().public()
    };
    let settings = GUARDED.iter().flat_map(|source| {
        let setting = |name: &str, value: &str| {
            (
                format!("{}_{name}", source.to_uppercase()),
                value.to_owned(),
            )
        };
        [
            setting("AUTH", "client-credentials"),
            setting("CLIENT_ID", CLIENT),
            setting("CLIENT_KEY", &key.pem()),
            setting("CLIENT_KEY_ID", ServiceKey::ID),
        ]
    });
    let options = TestOptions {
        settings: settings.collect(),
        ..TestOptions::default()
    };
    let portal = TestPortal::with(options).await;
    portal.sandbox.register_service(CLIENT, &known);
    for source in GUARDED {
        portal.sandbox.require_bearer(source, true);
    }
    let ada = portal.person("ada").await;
    portal.put_everything(&ada, "ada");
    Guarded { portal, ada }
}

impl Guarded {
    async fn results(&self) -> Answer {
        self.portal
            .get_as(&self.ada, "/fhir/R4/Observation?category=laboratory")
            .await
    }
}

#[tokio::test]
async fn sources_that_verify_the_key_are_read_with_one_token_each() {
    scene(async {
        let place = guarded(true).await;
        let both = tokio::join!(place.results(), place.results());
        for answer in [both.0, both.1] {
            assert_eq!(
                (answer.status, answer.ids()),
                (200, vec!["lab.lab-ada".to_owned()])
            );
        }
        assert_eq!(place.portal.sandbox.service_tokens_issued(), 1);
        let of = Fixture::of(&place.ada.patient);
        let mut document = of.record("DocumentReference", "d1");
        document["content"][0]["attachment"]["url"] = json!("Binary/b1");
        place.portal.put(&place.ada.tenant, &document);
        place
            .portal
            .put(&place.ada.tenant, &of.record("Binary", "b1"));
        let content = "/v1/portal/documents/doc.d1/content";
        assert_eq!(place.portal.get_as(&place.ada, content).await.status, 200);
        assert_eq!(place.portal.sandbox.service_tokens_issued(), 2);
        let calls = place.portal.sandbox.calls("documents");
        assert!(
            calls
                .iter()
                .all(|call| call.header("authorization").is_some())
        );
        // Nothing goes to who asks for nothing.
        let chart = place.portal.get_as(&place.ada, "/fhir/R4/Condition").await;
        assert_eq!(chart.status, 200);
        let calls = place.portal.sandbox.calls("patient-chart");
        assert!(
            calls
                .iter()
                .all(|call| call.header("authorization").is_none())
        );
    })
    .await;
}

#[tokio::test]
async fn a_key_that_the_source_does_not_know_opens_nothing() {
    scene(async {
        let place = guarded(false).await;
        let answer = place.results().await;
        assert_eq!(answer.verdict(), "503 UPSTREAM_UNAVAILABLE");
        assert_eq!(place.portal.sandbox.service_tokens_issued(), 0);
        assert!(place.portal.sandbox.calls("laboratory").is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_token_that_ended_at_the_source_is_replaced() {
    scene(async {
        let place = guarded(true).await;
        assert_eq!(place.results().await.status, 200);
        place.portal.sandbox.revoke_service_tokens();
        place
            .portal
            .clock
            .advance(jiff::SignedDuration::from_secs(31));
        place.portal.sandbox.reset_calls();
        assert_eq!(place.results().await.status, 200);
        assert_eq!(place.portal.sandbox.service_tokens_issued(), 2);
        let answered = place.portal.sandbox.calls("laboratory");
        assert_eq!(answered.len(), 2, "refused once, and asked again");
    })
    .await;
}

#[tokio::test]
async fn without_a_token_endpoint_its_sources_are_down_and_the_rest_is_served() {
    scene(async {
        let place = guarded(true).await;
        place
            .portal
            .sandbox
            .set_service_token_outage(true, Duration::ZERO);
        let answer = place.results().await;
        assert_eq!(answer.verdict(), "503 UPSTREAM_UNAVAILABLE");
        let chart = place.portal.get_as(&place.ada, "/fhir/R4/Condition").await;
        assert_eq!(chart.status, 200);
        place
            .portal
            .sandbox
            .set_service_token_outage(false, Duration::ZERO);
        // Nobody asks again within the second after it was in vain.
        let until = std::time::Instant::now() + Duration::from_secs(10);
        while place.results().await.status != 200 {
            assert!(std::time::Instant::now() < until, "it does not recover");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
}
