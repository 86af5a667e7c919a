use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

const FORM: &str = "application/x-www-form-urlencoded";
const GOOD: Option<(&str, &str)> = Some(("portal-service", "sandbox-secret"));

/// A place with two realms.
fn place() -> Place {
    Place::with(&Options {
        large: 0,
        realms: vec!["demo".to_owned(), "second".to_owned()],
        ..Options::default()
    })
}

impl Place {
    async fn mint(&self, claims: Value) -> String {
        let answer = self.post("/_admin/token", &claims.to_string()).await.json();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// A form to an endpoint of realm `demo`, by a client with a secret.
    async fn form(&self, endpoint: &str, client: Option<(&str, &str)>, body: &str) -> Answered {
        let path = format!("/realms/demo/protocol/openid-connect/{endpoint}");
        let mut request = Request::post(path).header(CONTENT_TYPE, FORM);
        if let Some((name, secret)) = client {
            let credentials = STANDARD.encode(format!("{name}:{secret}"));
            request = request.header(AUTHORIZATION, format!("Basic {credentials}"));
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        self.answered(request).await
    }

    async fn introspect(&self, token: &str) -> Value {
        let body = format!("token={token}&token_type_hint=access_token");
        let answer = self.form("token/introspect", GOOD, &body).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.json()
    }

    async fn is_active(&self, token: &str) -> bool {
        self.introspect(token).await["active"] == true
    }

    async fn admin(&self, path: &str, body: Value) {
        let answer = self.post(path, &body.to_string()).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
    }

    async fn introspection_calls(&self) -> Value {
        self.get("/_admin/issuer").await.json()["introspection"]["calls"].clone()
    }
}

#[tokio::test]
async fn discovery_names_introspection_and_revocation() {
    let place = place();
    let path = "/realms/demo/.well-known/openid-configuration";
    let discovery = place.get(path).await.json();
    let base = format!("{ORIGIN}/realms/demo/protocol/openid-connect");
    assert_eq!(
        discovery["introspection_endpoint"],
        format!("{base}/token/introspect")
    );
    assert_eq!(discovery["revocation_endpoint"], format!("{base}/revoke"));
    for endpoint in ["token", "introspection", "revocation"] {
        let methods = &discovery[format!("{endpoint}_endpoint_auth_methods_supported")];
        assert_eq!(
            *methods,
            json!(["client_secret_basic", "client_secret_post"])
        );
    }
}

#[tokio::test]
async fn a_token_is_active_at_its_own_realm_until_it_is_revoked() {
    let place = place();
    let claims = json!({"sub": "s", "azp": "app", "scope": "openid"});
    let (token, twin) = (place.mint(claims.clone()).await, place.mint(claims).await);
    let answer = place.introspect(&token).await;
    assert_eq!(answer["active"], true);
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["client_id"], "app");
    assert_eq!(answer["sub"], "s");
    let foreign = place.mint(json!({"_realm": "second"})).await;
    assert_eq!(place.introspect(&foreign).await, json!({"active": false}));
    for text in [&token, &foreign, "junk"] {
        let body = format!("token={text}");
        let answer = place.form("revoke", GOOD, &body).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.body.is_empty());
    }
    assert_eq!(place.introspect(&token).await, json!({"active": false}));
    assert!(place.is_active(&twin).await);
    let own = "/realms/second/protocol/openid-connect/token/introspect";
    let form = format!("client_id=portal-service&client_secret=sandbox-secret&token={foreign}");
    let request = Request::post(own).header(CONTENT_TYPE, FORM);
    let answer = place
        .answered(request.body(Body::from(form)).unwrap())
        .await;
    // No realm can revoke what another has issued.
    assert_eq!(answer.json()["active"], true);
}

#[tokio::test]
async fn only_the_one_client_is_served() {
    let place = place();
    let body = format!("token={}", place.mint(json!({})).await);
    for endpoint in ["token/introspect", "revoke"] {
        for (client, form) in [
            (None, body.clone()),
            (Some(("portal-service", "x")), body.clone()),
            (Some(("portal-web", "sandbox-secret")), body.clone()),
            (None, format!("{body}&client_id=portal-service")),
            (
                None,
                format!("{body}&client_id=portal-service&client_secret=x"),
            ),
            (
                Some(("x", "x")),
                format!("{body}&client_id=portal-service&client_secret=sandbox-secret"),
            ),
        ] {
            let answer = place.form(endpoint, client, &form).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{form}");
            assert_eq!(answer.json(), json!({"error": "invalid_client"}));
            assert!(answer.headers.contains_key(WWW_AUTHENTICATE));
        }
        let encoded = Some(("portal%2Dservice", "sandbox%2Dsecret"));
        let answer = place.form(endpoint, encoded, &body).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_request_that_names_no_one_token_is_refused() {
    let place = place();
    for endpoint in ["token/introspect", "revoke"] {
        for body in ["", "token=", "tok=x", "token=x&token=y"] {
            let answer = place.form(endpoint, GOOD, body).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
            assert_eq!(answer.json(), json!({"error": "invalid_request"}));
        }
    }
    let path = "/realms/demo/protocol/openid-connect/token/introspect";
    let answer = place.post(path, "token=x").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let nowhere = path.replace("demo", "nowhere");
    assert_eq!(place.post(&nowhere, "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn sessions_subjects_and_clients_end_by_the_admin_route() {
    let place = place();
    let later = crate::clock::unix_seconds() + 60;
    let of = |azp: &str, sid: &str| json!({"sub": "s", "azp": azp, "sid": sid});
    let web = place.mint(of("web", "1")).await;
    let app = place.mint(of("app", "2")).await;
    let ended = place.mint(of("web", "3")).await;
    let mut again = of("app", "4");
    again["iat"] = json!(later);
    let again = place.mint(again).await;
    let other = place.mint(json!({"sub": "t", "azp": "app"})).await;
    let path = "/_admin/issuer/revoke";
    place.admin(path, json!({"sid": "3"})).await;
    assert!(!place.is_active(&ended).await && place.is_active(&web).await);
    place
        .admin(path, json!({"sub": "s", "client": "app"}))
        .await;
    assert!(!place.is_active(&app).await && place.is_active(&web).await);
    place.admin(path, json!({"sub": "s"})).await;
    assert!(!place.is_active(&web).await);
    assert!(place.is_active(&again).await && place.is_active(&other).await);
    place.admin(path, json!({"token": again})).await;
    assert!(!place.is_active(&again).await);
    let answer = place.post(path, r#"{"sid":"1","sub":"s"}"#).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.json()["allowed"][3], json!(["sub", "client"]));
}

#[tokio::test]
async fn introspection_can_be_down_slow_and_late_while_keys_are_served() {
    let place = place();
    let body = format!("token={}", place.mint(json!({})).await);
    let asked = || place.form("token/introspect", GOOD, &body);
    let path = "/_admin/issuer/introspection/fault";
    place.admin(path, json!({"mode": "down"})).await;
    assert_eq!(asked().await.status, StatusCode::SERVICE_UNAVAILABLE);
    let certs = "/realms/demo/protocol/openid-connect/certs";
    assert_eq!(place.get(certs).await.status, StatusCode::OK);
    let revoked = place.form("revoke", GOOD, "token=x").await;
    assert_eq!(revoked.status, StatusCode::OK);
    place.admin(path, json!({"mode": "slow"})).await;
    let waited = tokio::time::timeout(Duration::from_millis(100), asked()).await;
    assert!(waited.is_err());
    place.admin(path, json!({"latencyMs": 40})).await;
    let begin = Instant::now();
    assert_eq!(asked().await.status, StatusCode::OK);
    assert!(begin.elapsed() >= Duration::from_millis(40));
    place
        .admin("/_admin/issuer/fault", json!({"mode": "down"}))
        .await;
    for endpoint in ["token/introspect", "revoke"] {
        let answer = place.form(endpoint, GOOD, &body).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(place.introspection_calls().await, 4);
    let answer = place.post(path, r#"{"latencyMs":60001}"#).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn delegations_are_told_without_a_member_that_marks_people() {
    let answer = place().get("/_admin/delegations").await;
    assert_eq!(
        answer.json()[0],
        json!({
            "tenant": "demo",
            "grantorPatientId": answer.json()[0]["grantorPatientId"],
            "proxySubject": "demo-ahmad",
            "relationshipType": "spouse",
            "scope": ["summary", "allergies", "medications", "vitals", "immunizations", "labs", "appointments.view"],
            "sensitive": [],
            "validFrom": "2020-01-01",
        })
    );
    assert!(!answer.text().contains(r#""patientId""#));
}
