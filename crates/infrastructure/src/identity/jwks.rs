//! The keys of a provider (RFC 7517), each with its one algorithm.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey};
use portal_fhir::json::Value;

use super::jwt::{algorithm, object};
use super::members::string;

/// More keys than this are not a provider's.
const MAX_KEYS: usize = 64;

/// A key that tokens may be signed with.
struct SigningKey {
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

/// The keys of a provider as they were at one time.
pub(super) struct KeySet {
    keys: Vec<SigningKey>,
    /// When they were fetched.
    pub(super) fetched_at: Timestamp,
}

impl KeySet {
    /// Reads a JWK Set. Keys for other uses or algorithms are left out; a set without a key that
    /// can be used is none.
    pub(super) fn read(bytes: &[u8], fetched_at: Timestamp) -> Option<Self> {
        let tree = object(bytes)?;
        let keys = tree.root().get("keys")?.items().take(MAX_KEYS);
        let keys: Vec<SigningKey> = keys.filter_map(signing_key).collect();
        (!keys.is_empty()).then_some(Self { keys, fetched_at })
    }

    /// Whether a key has this id.
    pub(super) fn has(&self, id: &str) -> bool {
        self.candidates(Some(id)).next().is_some()
    }

    /// The one key of an id and algorithm. Without an id there must be only one of the algorithm.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&DecodingKey> {
        let mut found = self
            .candidates(id)
            .filter(|candidate| candidate.algorithm == algorithm);
        let key = found.next()?;
        found.next().is_none().then_some(&key.key)
    }

    fn candidates(&self, id: Option<&str>) -> impl Iterator<Item = &SigningKey> {
        let meant = move |key: &&SigningKey| id.is_none() || key.id.as_deref() == id;
        self.keys.iter().filter(meant)
    }
}

fn signing_key(jwk: Value<'_>) -> Option<SigningKey> {
    let member = |name| string(jwk, name).ok().flatten();
    let stated = string(jwk, "alg").ok()?;
    let meant_for_signatures = string(jwk, "use")
        .ok()?
        .is_none_or(|purpose| purpose == "sig");
    let kind = member("kty")?;
    let curve = member("crv");
    let natural = match (kind.as_str(), curve.as_deref()) {
        ("RSA", None) => Algorithm::RS256,
        ("EC", Some("P-256")) => Algorithm::ES256,
        ("OKP", Some("Ed25519")) => Algorithm::EdDSA,
        _ => return None,
    };
    let algorithm = match stated {
        None => natural,
        Some(name) => algorithm(&name).filter(|stated| stated.family() == natural.family())?,
    };
    let key = match natural {
        Algorithm::RS256 => DecodingKey::from_rsa_components(&member("n")?, &member("e")?),
        Algorithm::ES256 => DecodingKey::from_ec_components(&member("x")?, &member("y")?),
        _ => DecodingKey::from_ed_components(&member("x")?),
    };
    let key = key.ok().filter(|_| meant_for_signatures)?;
    Some(SigningKey {
        id: string(jwk, "kid").ok()?,
        algorithm,
        key,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED: &str =
        r#""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;

    fn set(keys: &str) -> Option<KeySet> {
        KeySet::read(
            format!(r#"{{"keys":[{keys}]}}"#).as_bytes(),
            Timestamp::UNIX_EPOCH,
        )
    }

    #[test]
    fn a_key_has_one_algorithm() {
        let keys = set(&format!(r#"{{"kid":"a",{ED}}}"#)).expect("usable");
        assert!(keys.find(Some("a"), Algorithm::EdDSA).is_some());
        assert!(keys.find(Some("a"), Algorithm::ES256).is_none());
        assert!(keys.find(Some("b"), Algorithm::EdDSA).is_none());
        assert!(keys.find(None, Algorithm::EdDSA).is_some());
        assert!(keys.has("a") && !keys.has("b"));
    }

    #[test]
    fn keys_that_are_not_for_signatures_are_left_out() {
        for key in [
            format!(r#"{{"kid":"a","use":"enc",{ED}}}"#),
            format!(r#"{{"kid":"a","alg":"RS256",{ED}}}"#),
            format!(r#"{{"kid":"a","alg":"HS256",{ED}}}"#),
            r#"{"kid":"a","kty":"oct","k":"c2VjcmV0"}"#.to_owned(),
            r#"{"kid":"a","kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#.to_owned(),
            r#"{"kid":"a","kty":"RSA","n":1,"e":"AQAB"}"#.to_owned(),
            "7".to_owned(),
        ] {
            assert!(set(&key).is_none(), "{key}");
        }
    }

    #[test]
    fn without_an_id_the_key_must_be_the_only_one() {
        let keys = set(&format!(r#"{{"kid":"a",{ED}}},{{"kid":"b",{ED}}}"#)).expect("usable");
        assert!(keys.find(None, Algorithm::EdDSA).is_none());
        assert!(keys.find(Some("b"), Algorithm::EdDSA).is_some());
    }
}
