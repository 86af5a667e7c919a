//! The private key that a client signs its assertions with.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA384};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;

/// Bytes of the modulus of an RSA key: 2048 bits (RFC 7518 section 3.3).
const SHORTEST_RSA: usize = 256;

/// The text is no PEM of a private key that assertions may be signed with (SMART App Launch 2.2,
/// asymmetric authentication: RS384 or ES384).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected the PEM of an RSA key of 2048 bits or more, or of an EC key on P-384")]
pub struct InvalidClientKey;

/// A private key. Never printed.
pub struct ClientKey(Pair);

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(Box<EcdsaKeyPair>),
}

impl FromStr for ClientKey {
    type Err = InvalidClientKey;

    fn from_str(pem: &str) -> Result<Self, InvalidClientKey> {
        let der = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| InvalidClientKey)?;
        let der = der.secret_der();
        rsa(der)
            .or_else(|| ec(der))
            .map(Self)
            .ok_or(InvalidClientKey)
    }
}

fn rsa(der: &[u8]) -> Option<Pair> {
    let pair = RsaKeyPair::from_pkcs8(der).or_else(|_| RsaKeyPair::from_der(der));
    let pair = pair.ok()?;
    (pair.public_modulus_len() >= SHORTEST_RSA).then(|| Pair::Rsa(Box::new(pair)))
}

fn ec(der: &[u8]) -> Option<Pair> {
    let curve = &ECDSA_P384_SHA384_FIXED_SIGNING;
    let pair = EcdsaKeyPair::from_private_key_der(curve, der).ok()?;
    Some(Pair::Ec(Box::new(pair)))
}

impl ClientKey {
    /// The `alg` of its signatures (RFC 7518 section 3.1).
    pub(super) const fn algorithm(&self) -> &'static str {
        match self.0 {
            Pair::Rsa(_) => "RS384",
            Pair::Ec(_) => "ES384",
        }
    }

    /// A signature in the form of JWS; none if the system gives no randomness.
    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match &self.0 {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let signed = pair.sign(&RSA_PKCS1_SHA384, &random, message, &mut signature);
                signed.ok().map(|()| signature)
            }
            Pair::Ec(pair) => {
                let signature = pair.sign(&random, message).ok()?;
                Some(signature.as_ref().to_vec())
            }
        }
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientKey(****)")
    }
}
