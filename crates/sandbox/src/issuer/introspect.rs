//! What the issuer says of a token (RFC 7662, 2.2).

use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value, json};

use super::Realm;
use super::revoked::{Revocations, client};

/// Claims that an answer repeats.
const REPEATED: [&str; 9] = [
    "iss", "sub", "aud", "azp", "scope", "exp", "iat", "sid", "jti",
];

/// The answer about a token, from its own claims.
pub(super) fn answer(realm: &Realm, token: &str, revocations: &Revocations) -> Value {
    match claims(realm, token) {
        Some(claims) if !revocations.cover(token, &claims) => active(&claims),
        _ => json!({ "active": false }),
    }
}

fn active(claims: &Map<String, Value>) -> Value {
    let mut answer = json!({ "active": true, "token_type": "Bearer" });
    if let Some(client) = client(claims) {
        answer["client_id"] = client.into();
    }
    for name in REPEATED {
        if let Some(value) = claims.get(name) {
            answer[name] = value.clone();
        }
    }
    answer
}

/// The claims of a token that a published key of this realm has signed, that
/// names the realm and that is within its time.
pub(super) fn claims(realm: &Realm, token: &str) -> Option<Map<String, Value>> {
    let kid = decode_header(token).ok()?.kid?;
    let key = realm.keys().published_as(&kid)?;
    let verifier = DecodingKey::from_jwk(&key.jwk).ok()?;
    let mut validation = Validation::new(key.algorithm);
    validation.set_required_spec_claims(&["exp", "iss"]);
    validation.set_issuer(&[&realm.url]);
    validation.leeway = 0;
    // At `exp` itself a token has expired (RFC 7519, 4.1.4).
    validation.reject_tokens_expiring_in_less_than = 1;
    validation.validate_nbf = true;
    validation.validate_aud = false;
    let token = decode(token, &verifier, &validation).ok()?;
    Some(token.claims)
}

#[cfg(test)]
mod tests {
    use super::super::{Issuer, Revocation};
    use super::*;

    fn issuer() -> Issuer {
        Issuer::new("http://here", &["demo".to_owned()]).unwrap()
    }

    fn is_active(issuer: &Issuer, claims: Value) -> bool {
        let token = issuer.mint(claims, &|_| None).unwrap();
        issuer.introspect(issuer.first(), &token)["active"] == true
    }

    #[test]
    fn an_honest_token_of_each_key_is_active_until_its_key_is_dropped() {
        let issuer = issuer();
        for key in ["rs1", "rs2", "es1"] {
            assert!(is_active(&issuer, json!({"_key": key})), "{key}");
        }
        let token = issuer.mint(json!({}), &|_| None).unwrap();
        issuer.rotate(None, false).unwrap();
        assert_eq!(issuer.introspect(issuer.first(), &token)["active"], true);
        let token = issuer.mint(json!({}), &|_| None).unwrap();
        issuer.rotate(None, true).unwrap();
        assert_eq!(
            issuer.introspect(issuer.first(), &token),
            json!({"active": false})
        );
    }

    #[test]
    fn a_bent_or_stale_token_is_inactive() {
        let issuer = issuer();
        let now = crate::clock::unix_seconds();
        for claims in [
            json!({"_key": "unknown"}),
            json!({"_header": {"alg": "none"}}),
            json!({"_header": {"alg": "HS256"}}),
            json!({"_header": {"alg": "PS256"}}),
            json!({"_header": {"kid": null}}),
            json!({"iss": "http://elsewhere"}),
            json!({"iss": null}),
            json!({"exp": now}),
            json!({"exp": null}),
            json!({"exp": "soon"}),
            json!({"nbf": now + 60}),
        ] {
            assert!(!is_active(&issuer, claims.clone()), "{claims}");
        }
        assert!(is_active(&issuer, json!({"exp": now + 30, "nbf": now})));
        for text in ["", "x", "a.b.c"] {
            let answer = issuer.introspect(issuer.first(), text);
            assert_eq!(answer, json!({"active": false}));
        }
    }

    #[test]
    fn the_answer_repeats_the_claims_and_names_the_client() {
        let issuer = issuer();
        let claims = json!({"sub": "s", "azp": "app", "aud": ["a"], "scope": "openid", "tid": "t"});
        let token = issuer.mint(claims, &|_| None).unwrap();
        let answer = issuer.introspect(issuer.first(), &token);
        assert_eq!(answer["client_id"], "app");
        assert_eq!(answer["azp"], "app");
        assert_eq!(answer["aud"], json!(["a"]));
        assert_eq!(answer["iss"], issuer.first().url);
        assert!(answer["exp"].is_u64() && answer["iat"].is_u64());
        assert!(answer["sid"].is_string() && answer["jti"].is_string());
        assert_eq!(answer.get("tid"), None);
        issuer.revoke(Revocation::Token(token.clone()));
        assert_eq!(
            issuer.introspect(issuer.first(), &token),
            json!({"active": false})
        );
    }
}
