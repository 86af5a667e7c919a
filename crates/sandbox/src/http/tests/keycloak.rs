use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};

use super::*;

const USER: &str = "/admin/realms/demo/users/demo-nadia";

fn place() -> Place {
    Place::with(&Options {
        large: 0,
        ..Options::default()
    })
}

impl Place {
    async fn granted(&self, realm: &str, client: &str, secret: &str) -> Answered {
        let path = format!("/realms/{realm}/protocol/openid-connect/token");
        let body =
            format!("grant_type=client_credentials&client_id={client}&client_secret={secret}");
        let request = Request::post(path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        self.answered(request).await
    }

    async fn administrator(&self) -> String {
        let answer = self
            .granted("demo", "portal-admin", "sandbox-admin-secret")
            .await;
        assert_eq!(answer.json()["expires_in"], 300);
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    async fn administer(&self, method: &str, path: &str, body: &str) -> Answered {
        let token = self.administrator().await;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::from(body.to_owned()))
            .unwrap();
        self.answered(request).await
    }

    fn claims(&self, claims: Value) -> Value {
        let token = self.world.mint(claims).unwrap();
        self.world
            .issuer
            .realm_names()
            .into_iter()
            .find_map(|name| {
                let realm = self.world.issuer.realm(name).unwrap();
                let answer = self.world.issuer.introspect(realm, &token);
                (answer["active"] == true).then_some(())
            })
            .expect("it is good");
        payload(&token)
    }

    fn is_good(&self, token: &str) -> bool {
        let issuer = &self.world.issuer;
        issuer.introspect(issuer.first(), token)["active"] == true
    }
}

fn payload(token: &str) -> Value {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).unwrap();
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload);
    serde_json::from_slice(&payload.unwrap()).unwrap()
}

#[tokio::test]
async fn tokens_carry_the_patient_that_a_user_was_given() {
    let place = place();
    let missing = place.administer("GET", USER, "").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let sign_in = || place.claims(json!({"_person": "demo-nadia"}));
    assert_eq!(sign_in().get("patient"), None);
    let mut user = place.administer("GET", USER, "").await.json();
    assert_eq!(user["id"], "demo-nadia");
    assert_eq!(user["attributes"], json!({"tid": ["demo"]}));
    user["attributes"]["patient"] = json!(["pat-9"]);
    user["attributes"]["fhirUser"] = json!(["https://portal/fhir/R4/Patient/pat-9"]);
    let put = place.administer("PUT", USER, &user.to_string()).await;
    assert_eq!(put.status, StatusCode::NO_CONTENT);
    let claims = sign_in();
    assert_eq!(claims["patient"], "pat-9");
    assert_eq!(claims["fhirUser"], "https://portal/fhir/R4/Patient/pat-9");
    let own = place.claims(json!({"_person": "demo-nadia", "patient": "x"}));
    assert_eq!(own["patient"], "x");
    let put = place.administer("PUT", USER, r#"{"attributes":{}}"#).await;
    assert_eq!(put.status, StatusCode::NO_CONTENT);
    assert_eq!(sign_in().get("patient"), None);
    let bad = place
        .administer("PUT", USER, r#"{"attributes":{"a":"b"}}"#)
        .await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_logout_ends_what_was_issued_and_a_consent_is_taken_back_once() {
    let place = place();
    let app = json!({"_person": "demo-jan", "azp": "growth-app"});
    let [own, third] = [json!({"_person": "demo-jan"}), app].map(|claims| place.world.mint(claims));
    let (own, third) = (own.unwrap(), third.unwrap());
    let user = "/admin/realms/demo/users/demo-jan";
    let consent = format!("{user}/consents/growth-app");
    let revoked = place.administer("DELETE", &consent, "").await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    assert!(place.is_good(&own) && !place.is_good(&third));
    let again = place.administer("DELETE", &consent, "").await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    let ended = place
        .administer("POST", &format!("{user}/logout"), "")
        .await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    assert!(!place.is_good(&own));
    let nobody = place
        .administer("POST", "/admin/realms/demo/users/x/logout", "")
        .await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn only_the_administrator_of_the_realm_administers() {
    let place = place();
    for (client, secret) in [("portal-admin", "x"), ("portal-service", "sandbox-secret")] {
        let refused = place.granted("demo", client, secret).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    }
    let token = place.world.mint(json!({"_person": "demo-jan"})).unwrap();
    for sent in [
        "Bearer x".to_owned(),
        format!("Bearer {token}"),
        String::new(),
    ] {
        let request = Request::get("/admin/realms/demo/users/demo-jan")
            .header(AUTHORIZATION, sent)
            .body(Body::empty())
            .unwrap();
        let refused = place.answered(request).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    }
    let elsewhere = "/admin/realms/staff/users/demo-jan";
    let refused = place.administer("GET", elsewhere, "").await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    place
        .post("/_admin/issuer/fault", r#"{"mode":"down"}"#)
        .await;
    let down = place
        .granted("demo", "portal-admin", "sandbox-admin-secret")
        .await;
    assert_eq!(down.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn staff_have_tokens_of_their_own_realm_with_a_role() {
    let place = place();
    let staff = place.get("/_admin/staff").await.json();
    assert_eq!(staff[0]["role"], "portal-admin");
    let claims = place.claims(json!({"_person": "demo-staff-admin"}));
    assert_eq!(claims["iss"], "http://127.0.0.1:9/realms/staff");
    assert_eq!(claims["realm_access"], json!({"roles": ["portal-admin"]}));
    assert_eq!(claims["tid"], "demo");
    assert_eq!(claims["aud"], json!(["patient-portal-internal"]));
}
