//! Keys of the service as a client of its sources.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::json;

/// A private key on P-384.
pub struct ServiceKey {
    der: Vec<u8>,
}

impl ServiceKey {
    /// The `kid` of every such key.
    pub const ID: &str = "portal-1";

    /// A new one.
    pub fn generate() -> Self {
        let curve = &ECDSA_P384_SHA384_FIXED_SIGNING;
        let pair = EcdsaKeyPair::generate_pkcs8(curve, &SystemRandom::new()).expect("a key");
        Self {
            der: pair.as_ref().to_vec(),
        }
    }

    /// As a setting says it.
    pub fn pem(&self) -> String {
        let text = STANDARD.encode(&self.der);
        format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----")
    }

    /// What verifies it, as a JWK Set.
    pub fn public(&self) -> String {
        let key = EncodingKey::from_ec_der(&self.der);
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::ES384).expect("a key");
        jwk.common.key_id = Some(Self::ID.to_owned());
        json!({"keys": [jwk]}).to_string()
    }
}
