//! Signing keys and the JWKs that verify them.

use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RsaKeyPair};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey};

/// Retired keys that stay published at most.
const MAX_RETIRED: usize = 4;
/// Bytes before the RSA private key in its PKCS #8 wrapping (RFC 5208, 5):
/// two headers of 4, a version of 3 and the algorithm of 15.
const PKCS8_RSA_PREFIX: usize = 26;

/// A key cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a signing key cannot be made")]
pub(crate) struct KeyError;

/// A private key, and what the world learns of it.
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) secret: EncodingKey,
    pub(crate) jwk: Jwk,
}

impl SigningKey {
    fn rsa() -> Result<Self, KeyError> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError)?;
        let wrapped: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError)?;
        let der = wrapped.as_ref().get(PKCS8_RSA_PREFIX..).ok_or(KeyError)?;
        Self::new(EncodingKey::from_rsa_der(der), Algorithm::RS256)
    }

    fn ec() -> Result<Self, KeyError> {
        let random = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
            .map_err(|_| KeyError)?;
        Self::new(EncodingKey::from_ec_der(der.as_ref()), Algorithm::ES256)
    }

    fn new(secret: EncodingKey, algorithm: Algorithm) -> Result<Self, KeyError> {
        let mut jwk = Jwk::from_encoding_key(&secret, algorithm).map_err(|_| KeyError)?;
        let kid = jwk
            .thumbprint(ThumbprintHash::SHA256)
            .map_err(|_| KeyError)?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self {
            kid,
            algorithm,
            secret,
            jwk,
        })
    }
}

/// The keys of one realm.
pub(crate) struct Keys {
    rs1: Arc<SigningKey>,
    rs2: Arc<SigningKey>,
    es1: Arc<SigningKey>,
    retired: Vec<Arc<SigningKey>>,
    unknown: Option<Arc<SigningKey>>,
}

impl Keys {
    pub(crate) fn generate() -> Result<Self, KeyError> {
        Ok(Self {
            rs1: Arc::new(SigningKey::rsa()?),
            rs2: Arc::new(SigningKey::rsa()?),
            es1: Arc::new(SigningKey::ec()?),
            retired: Vec::new(),
            unknown: None,
        })
    }

    /// A key by its name in `_key`; `unknown` is one that is never published.
    pub(crate) fn named(&mut self, name: &str) -> Option<Result<Arc<SigningKey>, KeyError>> {
        Some(Ok(Arc::clone(match name {
            "rs1" => &self.rs1,
            "rs2" => &self.rs2,
            "es1" => &self.es1,
            "unknown" => return Some(self.unpublished()),
            _ => return None,
        })))
    }

    fn unpublished(&mut self) -> Result<Arc<SigningKey>, KeyError> {
        if let Some(key) = &self.unknown {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(SigningKey::rsa()?);
        self.unknown = Some(Arc::clone(&key));
        Ok(key)
    }

    /// Puts a new key in place of `rs1`.
    pub(crate) fn rotate(&mut self, drop_old: bool) -> Result<(), KeyError> {
        let old = std::mem::replace(&mut self.rs1, Arc::new(SigningKey::rsa()?));
        if !drop_old {
            self.retired.insert(0, old);
            self.retired.truncate(MAX_RETIRED);
        }
        Ok(())
    }

    pub(crate) fn published(&self) -> Vec<&Jwk> {
        self.verifying().map(|key| &key.jwk).collect()
    }

    /// A published key by its `kid`.
    pub(crate) fn published_as(&self, kid: &str) -> Option<Arc<SigningKey>> {
        self.verifying().find(|key| key.kid == kid).cloned()
    }

    fn verifying(&self) -> impl Iterator<Item = &Arc<SigningKey>> {
        let current = [&self.rs1, &self.rs2, &self.es1];
        current.into_iter().chain(&self.retired)
    }
}
