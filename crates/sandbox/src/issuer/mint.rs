//! Tokens with any claims and header, honest or not.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Map, Value, json};

use super::keys::{KeyError, Keys, SigningKey};
use super::users::Users;

const LIFETIME_S: u64 = 300;

/// The token cannot be made. Carries no input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MintError {
    #[error("the claims are not a JSON object")]
    NotAnObject,
    #[error("_header is not a JSON object")]
    Header,
    #[error("_realm is not one of this issuer's realms")]
    UnknownRealm,
    #[error("_person is not the subject of anybody here")]
    UnknownPerson,
    #[error("_key is not one of rs1, rs2, es1, unknown")]
    UnknownKey,
    #[error("the key cannot sign with the header's alg")]
    Algorithm,
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Claims without the directives, and the directives.
pub(crate) struct Request {
    pub(crate) realm: Option<String>,
    key: String,
    header: Map<String, Value>,
    claims: Map<String, Value>,
    /// Names of the claims that were given, not those of a person.
    given: HashSet<String>,
}

/// Finds the claims of somebody by their subject, and the realm that they are
/// of if it is not the first one.
pub(crate) type FindPerson<'a> = &'a dyn Fn(&str) -> Option<(Value, Option<&'static str>)>;

impl Request {
    pub(crate) fn read(claims: Value, people: FindPerson<'_>) -> Result<Self, MintError> {
        let Value::Object(mut given) = claims else {
            return Err(MintError::NotAnObject);
        };
        let mut realm = text(given.remove("_realm"), MintError::UnknownRealm)?;
        let key = text(given.remove("_key"), MintError::UnknownKey)?;
        let header = match given.remove("_header") {
            None => Map::new(),
            Some(Value::Object(header)) => header,
            Some(_) => return Err(MintError::Header),
        };
        let mut claims = Map::new();
        if let Some(subject) = text(given.remove("_person"), MintError::UnknownPerson)? {
            let (found, own_realm) = people(&subject).ok_or(MintError::UnknownPerson)?;
            if let Value::Object(found) = found {
                claims = found;
            }
            realm = realm.or_else(|| own_realm.map(str::to_owned));
        }
        let names = given.keys().cloned().collect();
        claims.extend(given);
        Ok(Self {
            given: names,
            realm,
            key: key.unwrap_or_else(|| "rs1".to_owned()),
            header,
            claims,
        })
    }
}

impl Request {
    /// Lets the realm's users know whom the token is for, and lets their
    /// attributes into it.
    pub(crate) fn sign_in(&mut self, realm: &str, users: &mut Users) {
        let given = &self.given;
        users.sign_in(realm, &mut self.claims, |name| given.contains(name));
    }
}

fn text(value: Option<Value>, error: MintError) -> Result<Option<String>, MintError> {
    match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(error),
    }
}

/// The signed token (RFC 7515, 3.1).
pub(crate) fn sign(
    request: &Request,
    issuer: &str,
    keys: &mut Keys,
    now: u64,
) -> Result<String, MintError> {
    let key = keys.named(&request.key).ok_or(MintError::UnknownKey)??;
    let claims = with_defaults(
        default_claims(issuer, now, &request.claims),
        &request.claims,
    );
    let algorithm = json!(key.algorithm);
    let header = with_defaults(
        json!({ "alg": algorithm, "kid": key.kid, "typ": "JWT" }),
        &request.header,
    );
    let signed = format!("{}.{}", part(&header), part(&claims));
    let signature = signature(&signed, &key, header.get("alg").unwrap_or(&algorithm))?;
    Ok(format!("{signed}.{signature}"))
}

/// A token whose header and payload are texts as they are, JSON or not, signed with RS256 by the
/// key `rs1`, whatever the header says.
pub(crate) fn sign_texts(
    header: &str,
    payload: &str,
    keys: &mut Keys,
) -> Result<String, MintError> {
    let key = keys.named("rs1").ok_or(MintError::UnknownKey)??;
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let signed = format!("{}.{}", encode(header), encode(payload));
    let signature = signature(&signed, &key, &json!(key.algorithm))?;
    Ok(format!("{signed}.{signature}"))
}

/// What a token carries unless told otherwise: a session of its own, whose
/// login was when the token is said to be issued.
fn default_claims(issuer: &str, now: u64, given: &Map<String, Value>) -> Value {
    let login = given.get("iat").and_then(Value::as_u64).unwrap_or(now);
    let unique = || format!("{:032x}", rand::random::<u128>());
    json!({
        "iss": issuer,
        "iat": now,
        "exp": now.saturating_add(LIFETIME_S),
        "jti": unique(),
        "sid": unique(),
        "auth_time": login,
        "typ": "Bearer",
    })
}

/// The defaults overlaid with what is given; `null` leaves a member out.
fn with_defaults(defaults: Value, given: &Map<String, Value>) -> Map<String, Value> {
    let mut members = match defaults {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    members.extend(given.clone());
    members.retain(|_, value| !value.is_null());
    members
}

fn part(members: &Map<String, Value>) -> String {
    URL_SAFE_NO_PAD.encode(Value::Object(members.clone()).to_string())
}

/// The signature that `alg` asks for: none for `none`; for HMAC one with the
/// public key as the secret, which is the well-known confusion of keys.
fn signature(signed: &str, key: &SigningKey, alg: &Value) -> Result<String, MintError> {
    let alg = alg.as_str().unwrap_or_default();
    if alg.eq_ignore_ascii_case("none") {
        return Ok(String::new());
    }
    let algorithm: Algorithm = alg.parse().map_err(|_| MintError::Algorithm)?;
    let public = json!(key.jwk).to_string();
    let secret = match algorithm {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
            &EncodingKey::from_secret(public.as_bytes())
        }
        _ => &key.secret,
    };
    crypto::sign(signed.as_bytes(), secret, algorithm).map_err(|_| MintError::Algorithm)
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::jwk::JwkSet;
    use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};

    use super::super::Issuer;
    use super::*;

    fn verify(issuer: &Issuer, token: &str) -> Option<Value> {
        let jwks: JwkSet = serde_json::from_value(issuer.first().jwks()).unwrap();
        let header = decode_header(token).unwrap();
        let jwk = jwks.find(&header.kid?)?;
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&issuer.first().url]);
        validation.validate_aud = false;
        let key = DecodingKey::from_jwk(jwk).unwrap();
        decode::<Value>(token, &key, &validation)
            .ok()
            .map(|token| token.claims)
    }

    fn issuer() -> Issuer {
        Issuer::new("http://here", &["demo".to_owned()]).unwrap()
    }

    #[test]
    fn a_token_of_each_key_verifies_against_the_published_keys() {
        let issuer = issuer();
        for key in ["rs1", "rs2", "es1"] {
            let token = issuer
                .mint(json!({"sub": "s", "_key": key}), &|_| None)
                .unwrap();
            let claims = verify(&issuer, &token).unwrap();
            assert_eq!(claims["sub"], "s");
            assert_eq!(claims["typ"], "Bearer");
            assert_eq!(
                claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(),
                300
            );
            assert_eq!(claims.get("_key"), None);
        }
        let unknown = issuer.mint(json!({"_key": "unknown"}), &|_| None).unwrap();
        assert_eq!(verify(&issuer, &unknown), None);
    }

    #[test]
    fn a_token_has_an_id_a_session_and_a_login_unless_told_otherwise() {
        let issuer = issuer();
        let minted = |claims| {
            let token = issuer.mint(claims, &|_| None).unwrap();
            verify(&issuer, &token).unwrap()
        };
        let (first, second) = (minted(json!({})), minted(json!({})));
        for name in ["jti", "sid"] {
            assert!(first[name].is_string());
            assert_ne!(first[name], second[name]);
        }
        assert_eq!(first["auth_time"], first["iat"]);
        assert_eq!(minted(json!({"iat": 7}))["auth_time"], 7);
        let given = minted(json!({"sid": "x", "auth_time": null}));
        assert_eq!(given["sid"], "x");
        assert_eq!(given.get("auth_time"), None);
    }

    #[test]
    fn a_rotated_key_verifies_until_it_is_dropped() {
        let issuer = issuer();
        let first = issuer.mint(json!({}), &|_| None).unwrap();
        issuer.rotate(None, false).unwrap();
        let second = issuer.mint(json!({}), &|_| None).unwrap();
        assert_ne!(
            decode_header(&first).unwrap().kid,
            decode_header(&second).unwrap().kid
        );
        assert!(verify(&issuer, &first).is_some() && verify(&issuer, &second).is_some());
        issuer.rotate(None, true).unwrap();
        assert!(verify(&issuer, &first).is_some() && verify(&issuer, &second).is_none());
    }

    #[test]
    fn header_and_claims_can_be_bent_at_will() {
        let issuer = issuer();
        let request = json!({"jti": null, "exp": "soon", "_header": {"kid": null, "alg": "none"}});
        let token = issuer.mint(request, &|_| None).unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        let read = |part: &str| {
            serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        assert_eq!(read(parts[0]), json!({"alg": "none", "typ": "JWT"}));
        assert_eq!(read(parts[1])["exp"], "soon");
        assert_eq!(read(parts[1]).get("jti"), None);
        assert_eq!(parts[2], "");
        for alg in ["HS256", "PS256"] {
            let token = issuer
                .mint(json!({"_header": {"alg": alg}}), &|_| None)
                .unwrap();
            assert!(token.split('.').all(|part| !part.is_empty()));
        }
    }

    #[test]
    fn texts_are_signed_as_they_are() {
        let issuer = issuer();
        let minted = issuer.mint(json!({}), &|_| None).unwrap();
        let header = decode_header(&minted).unwrap();
        let header = format!(r#"{{"alg":"RS256","kid":"{}"}}"#, header.kid.unwrap());
        let payload = format!(
            r#"{{"sub":"a","sub":"b","iss":"{}","exp":4e9}}"#,
            issuer.first().url
        );
        let token = issuer.sign_texts(&header, &payload).unwrap();
        // A library that reads claims refuses what stands twice; the signature is over it all the same.
        let (message, signature) = token.rsplit_once('.').unwrap();
        let jwks: JwkSet = serde_json::from_value(issuer.first().jwks()).unwrap();
        let key_id = decode_header(&token).unwrap().kid.unwrap();
        let key = DecodingKey::from_jwk(jwks.find(&key_id).unwrap()).unwrap();
        let is_signed =
            jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key, Algorithm::RS256);
        assert!(is_signed.unwrap());
        let part = token.split('.').nth(1).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.decode(part).unwrap(), payload.as_bytes());
    }

    #[test]
    fn directives_that_name_nothing_are_refused() {
        let issuer = issuer();
        for (request, error) in [
            (json!([]), MintError::NotAnObject),
            (json!({"_realm": "x"}), MintError::UnknownRealm),
            (json!({"_key": "x"}), MintError::UnknownKey),
            (json!({"_person": "x"}), MintError::UnknownPerson),
            (json!({"_header": 1}), MintError::Header),
            (json!({"_header": {"alg": "ES256"}}), MintError::Algorithm),
            (json!({"_header": {"alg": "x"}}), MintError::Algorithm),
        ] {
            assert_eq!(issuer.mint(request, &|_| None), Err(error));
        }
    }
}
