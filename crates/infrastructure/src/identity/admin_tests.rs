use futures::future::join_all;
use portal_domain::id::ClientId;
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::matchers::{body_json, body_string, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::http_client::http_client;

const TOKEN: &str = "/auth/realms/north/protocol/openid-connect/token";
const USER: &str = "/auth/admin/realms/north/users/user-1";
const LOGOUT: &str = "/auth/admin/realms/north/users/user-1/logout";

/// A realm of Keycloak below `/auth`, and its administration.
struct Scene {
    server: MockServer,
    admin: KeycloakAdmin,
    issuer: Issuer,
}

impl Scene {
    /// A realm that gives out tokens which last.
    async fn new() -> Self {
        let scene = Self::without_tokens().await;
        scene.give_tokens(300).await;
        scene
    }

    async fn without_tokens() -> Self {
        let server = MockServer::start().await;
        let issuer = issuer(&format!("{}/auth/realms/north", server.uri()));
        let credentials = ClientCredentials {
            id: ClientId::parse("portal-admin").expect("valid"),
            secret: SecretString::from("s/+e".to_owned()),
        };
        let client = http_client().expect("a client");
        let url = "https://portal.example";
        let mut admin = KeycloakAdmin::new([&issuer], &credentials, url, client);
        admin.patience = Duration::from_millis(500);
        Self {
            server,
            admin,
            issuer,
        }
    }

    async fn give_tokens(&self, lifetime: u64) {
        let token = json!({"access_token": "token-1", "expires_in": lifetime});
        Mock::given(method("POST"))
            .and(path(TOKEN))
            // `portal-admin:s%2F%2Be`
            .and(header(
                "authorization",
                "Basic cG9ydGFsLWFkbWluOnMlMkYlMkJl",
            ))
            .and(body_string("grant_type=client_credentials"))
            .respond_with(ResponseTemplate::new(200).set_body_json(token))
            .mount(&self.server)
            .await;
    }

    async fn answer(&self, verb: &str, at: &str, response: ResponseTemplate) {
        Mock::given(method(verb))
            .and(path(at))
            .and(header("authorization", "Bearer token-1"))
            .respond_with(response)
            .mount(&self.server)
            .await;
    }

    async fn user(&self, user: Value) {
        let response = ResponseTemplate::new(200).set_body_json(user);
        self.answer("GET", USER, response).await;
    }

    async fn link(&self, patient: Option<&str>) -> Result<(), IdentityAdminError> {
        let patient = patient.map(|id| PatientId::parse(id).expect("valid"));
        let subject = subject("user-1");
        let linked = self
            .admin
            .link_patient(&self.issuer, &subject, patient.as_ref());
        linked.await
    }

    async fn logout(&self) -> Result<(), IdentityAdminError> {
        self.admin
            .end_sessions(&self.issuer, &subject("user-1"))
            .await
    }

    async fn asked(&self, at: &str) -> usize {
        let requests = self.server.received_requests().await.expect("recorded");
        let of_path = requests.iter().filter(|request| request.url.path() == at);
        of_path.count()
    }
}

fn issuer(text: &str) -> Issuer {
    Issuer::parse(text).expect("valid")
}

fn subject(text: &str) -> Subject {
    Subject::parse(text).expect("valid")
}

/// A user of whom more is known than this service asks about.
fn user(attributes: &Value) -> Value {
    json!({
        "id": "user-1", "username": "canary", "createdTimestamp": 1_780_000_000_123_u64,
        "requiredActions": [], "attributes": attributes,
    })
}

#[tokio::test]
async fn a_user_is_put_back_with_two_attributes_changed() {
    let scene = Scene::new().await;
    scene
        .user(user(&json!({"tid": ["kabul"], "patient": ["old"]})))
        .await;
    let expected = user(&json!({
        "tid": ["kabul"], "patient": ["pat_1"],
        "fhirUser": ["https://portal.example/fhir/R4/Patient/pat.u1"],
    }));
    Mock::given(method("PUT"))
        .and(path(USER))
        .and(body_json(expected))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&scene.server)
        .await;
    assert_eq!(scene.link(Some("pat_1")).await, Ok(()));
}

#[tokio::test]
async fn a_link_is_taken_away_and_what_is_so_already_is_left_alone() {
    let scene = Scene::new().await;
    scene
        .user(user(
            &json!({"tid": ["kabul"], "patient": ["pat-1"], "fhirUser": ["x"]}),
        ))
        .await;
    Mock::given(method("PUT"))
        .and(body_json(user(&json!({"tid": ["kabul"]}))))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&scene.server)
        .await;
    assert_eq!(scene.link(None).await, Ok(()));
    let scene = Scene::new().await;
    scene.user(json!({"id": "user-1"})).await;
    assert_eq!(scene.link(None).await, Ok(()));
}

#[tokio::test]
async fn a_user_who_is_unknown_or_another_is_not_linked() {
    let scene = Scene::new().await;
    scene.answer("GET", USER, ResponseTemplate::new(404)).await;
    assert_eq!(
        scene.link(Some("p")).await,
        Err(IdentityAdminError::Refused)
    );
    let scene = Scene::new().await;
    scene.user(json!({"id": "user-2"})).await;
    assert_eq!(
        scene.link(Some("p")).await,
        Err(IdentityAdminError::Unavailable)
    );
}

#[tokio::test]
async fn sessions_end_and_a_consent_that_is_not_there_is_done() {
    let scene = Scene::new().await;
    scene
        .answer("POST", LOGOUT, ResponseTemplate::new(204))
        .await;
    assert_eq!(scene.logout().await, Ok(()));
    let consent = format!("{USER}/consents/growth-app");
    scene
        .answer("DELETE", &consent, ResponseTemplate::new(204))
        .await;
    let user = subject("user-1");
    for client in ["growth-app", "not-granted"] {
        let revoked = scene.admin.revoke_consent(&scene.issuer, &user, client);
        assert_eq!(revoked.await, Ok(()), "{client}");
    }
    assert_eq!(scene.asked(&consent).await, 1);
}

#[tokio::test]
async fn one_token_serves_many_calls_at_once() {
    let scene = Scene::new().await;
    scene
        .answer("POST", LOGOUT, ResponseTemplate::new(204))
        .await;
    let ended = join_all((0..8).map(|_| scene.logout())).await;
    assert!(ended.iter().all(Result::is_ok));
    assert_eq!(
        (scene.asked(LOGOUT).await, scene.asked(TOKEN).await),
        (8, 1)
    );
}

#[tokio::test]
async fn a_token_that_is_refused_is_fetched_anew_once() {
    let scene = Scene::without_tokens().await;
    for name in ["token-1", "token-2"] {
        let token = json!({"access_token": name, "expires_in": 300});
        Mock::given(path(TOKEN))
            .respond_with(ResponseTemplate::new(200).set_body_json(token))
            .up_to_n_times(1)
            .mount(&scene.server)
            .await;
    }
    Mock::given(path(LOGOUT))
        .and(header("authorization", "Bearer token-2"))
        .respond_with(ResponseTemplate::new(204))
        .mount(&scene.server)
        .await;
    Mock::given(path(LOGOUT))
        .respond_with(ResponseTemplate::new(401))
        .mount(&scene.server)
        .await;
    assert_eq!(scene.logout().await, Ok(()));
    assert_eq!(
        (scene.asked(LOGOUT).await, scene.asked(TOKEN).await),
        (2, 2)
    );
    let scene = Scene::new().await;
    Mock::given(path(LOGOUT))
        .respond_with(ResponseTemplate::new(401))
        .mount(&scene.server)
        .await;
    assert_eq!(scene.logout().await, Err(IdentityAdminError::Unavailable));
    assert_eq!(
        (scene.asked(LOGOUT).await, scene.asked(TOKEN).await),
        (2, 2)
    );
}

#[tokio::test]
async fn a_token_without_a_lifetime_is_not_kept_for_long() {
    let scene = Scene::without_tokens().await;
    let token = json!({"access_token": "token-1"});
    Mock::given(path(TOKEN))
        .respond_with(ResponseTemplate::new(200).set_body_json(token))
        .mount(&scene.server)
        .await;
    scene
        .answer("POST", LOGOUT, ResponseTemplate::new(204))
        .await;
    assert_eq!(scene.logout().await, Ok(()));
}

#[tokio::test]
async fn failures_of_the_token_endpoint_can_be_tried_again() {
    let large = json!({"access_token": "x".repeat(300 * 1_024)});
    for response in [
        ResponseTemplate::new(401),
        ResponseTemplate::new(503),
        ResponseTemplate::new(302).insert_header("location", USER),
        ResponseTemplate::new(200).set_body_raw("garbage", "application/json"),
        ResponseTemplate::new(200).set_body_json(json!({"access_token": 1})),
        ResponseTemplate::new(200).set_body_json(large),
        ResponseTemplate::new(200).set_delay(Duration::from_mins(1)),
    ] {
        let scene = Scene::without_tokens().await;
        Mock::given(path(TOKEN))
            .respond_with(response)
            .mount(&scene.server)
            .await;
        assert_eq!(scene.logout().await, Err(IdentityAdminError::Unavailable));
        assert_eq!(scene.asked(LOGOUT).await, 0);
    }
}

#[tokio::test]
async fn failures_of_the_administration_are_told_apart() {
    let moved = ResponseTemplate::new(302).insert_header("location", USER);
    let late = ResponseTemplate::new(204).set_delay(Duration::from_mins(1));
    for (response, expected) in [
        (ResponseTemplate::new(403), IdentityAdminError::Refused),
        (ResponseTemplate::new(400), IdentityAdminError::Refused),
        (ResponseTemplate::new(404), IdentityAdminError::Refused),
        (ResponseTemplate::new(429), IdentityAdminError::Unavailable),
        (ResponseTemplate::new(500), IdentityAdminError::Unavailable),
        (moved, IdentityAdminError::Unavailable),
        (late, IdentityAdminError::Unavailable),
    ] {
        let scene = Scene::new().await;
        scene.answer("POST", LOGOUT, response).await;
        assert_eq!(scene.logout().await, Err(expected));
    }
    for body in ["garbage", "[]", r#"{"id":"user-1","attributes":[]}"#] {
        let scene = Scene::new().await;
        let response = ResponseTemplate::new(200).set_body_raw(body, "application/json");
        scene.answer("GET", USER, response).await;
        let linked = scene.link(Some("p")).await;
        assert_eq!(linked, Err(IdentityAdminError::Unavailable), "{body}");
    }
}

#[tokio::test]
async fn other_issuers_are_not_administered_and_names_that_climb_are_refused() {
    let scene = Scene::new().await;
    let elsewhere = issuer("https://id.example/realms/other");
    let user = subject("user-1");
    let ended = scene.admin.end_sessions(&elsewhere, &user).await;
    assert_eq!(ended, Err(IdentityAdminError::NotConfigured));
    for name in ["..", ".", "a/b", "a%2fb", "a;b", "a b", "ä", "a?b"] {
        let ended = scene
            .admin
            .end_sessions(&scene.issuer, &subject(name))
            .await;
        assert_eq!(ended, Err(IdentityAdminError::Refused), "{name}");
        let revoked = scene.admin.revoke_consent(&scene.issuer, &user, name).await;
        assert_eq!(revoked, Err(IdentityAdminError::Refused), "{name}");
    }
    assert!(
        scene
            .server
            .received_requests()
            .await
            .expect("recorded")
            .is_empty()
    );
}

#[test]
fn only_realms_are_administered() {
    for (text, is_realm) in [
        ("https://id.example/realms/north", true),
        ("https://id.example/auth/realms/north", true),
        ("https://id.example/realms/", false),
        ("https://id.example/realms/..", false),
        ("https://id.example/realms/north/x", false),
        ("https://id.example", false),
    ] {
        assert_eq!(
            KeycloakAdmin::administers(&issuer(text)),
            is_realm,
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_patient_without_an_address_is_not_linked() {
    let scene = Scene::new().await;
    let long = "_".repeat(40);
    assert_eq!(
        scene.link(Some(&long)).await,
        Err(IdentityAdminError::Refused)
    );
}
