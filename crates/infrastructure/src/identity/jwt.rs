//! A JWT in compact form (RFC 7515 section 7.1), taken apart and not yet believed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use portal_application::ports::TokenRefusal;
use portal_fhir::json::{Kind, Tree};

use super::members::string;

/// Beyond this many letters a token is not looked into.
const MAX_LENGTH: usize = 16 * 1_024;
/// Levels of objects and arrays in header or payload.
const MAX_DEPTH: usize = 16;
/// Headers that bring a key along or ask for rules that are not kept here (RFC 7515 section 4.1).
const REFUSED_HEADERS: [&str; 4] = ["jku", "x5u", "jwk", "crit"];

/// Signature algorithms that are believed. Never `none`, never one with a shared secret.
pub(super) const ALGORITHMS: [(&str, Algorithm); 4] = [
    ("RS256", Algorithm::RS256),
    ("ES256", Algorithm::ES256),
    ("PS256", Algorithm::PS256),
    ("EdDSA", Algorithm::EdDSA),
];

/// A token in its parts. The payload is bytes that somebody sent, until the signature was checked.
pub(super) struct Jwt<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
    pub(super) payload: Vec<u8>,
    message: &'a [u8],
    signature: &'a str,
}

impl<'a> Jwt<'a> {
    /// Takes a token apart.
    pub(super) fn parse(token: &'a str) -> Result<Self, TokenRefusal> {
        if token.len() > MAX_LENGTH {
            return Err(TokenRefusal::Invalid("length"));
        }
        let malformed = TokenRefusal::Invalid("form");
        let (message, signature) = token.rsplit_once('.').ok_or(malformed)?;
        let (header, payload) = message.split_once('.').ok_or(malformed)?;
        let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| malformed)?;
        let (algorithm, key_id) = read_header(&header)?;
        Ok(Self {
            algorithm,
            key_id,
            payload: URL_SAFE_NO_PAD.decode(payload).map_err(|_| malformed)?,
            message: message.as_bytes(),
            signature,
        })
    }

    /// Reads the payload, in which no member may stand twice.
    pub(super) fn claims(&self) -> Result<Tree<'_>, TokenRefusal> {
        object(&self.payload).ok_or(TokenRefusal::Invalid("payload"))
    }

    /// Whether a key of this token's algorithm signed it.
    pub(super) fn is_signed_by(&self, key: &DecodingKey) -> bool {
        jsonwebtoken::crypto::verify(self.signature, self.message, key, self.algorithm)
            .unwrap_or(false)
    }
}

/// One JSON object without duplicate members.
pub(super) fn object(bytes: &[u8]) -> Option<Tree<'_>> {
    let tree = Tree::parse(bytes, MAX_DEPTH).ok()?;
    (tree.root().kind() == Kind::Object).then_some(tree)
}

fn read_header(bytes: &[u8]) -> Result<(Algorithm, Option<String>), TokenRefusal> {
    let refused = TokenRefusal::Invalid("header");
    let tree = object(bytes).ok_or(refused)?;
    let header = tree.root();
    if REFUSED_HEADERS
        .iter()
        .any(|name| header.get(name).is_some())
    {
        return Err(refused);
    }
    let member = |name| string(header, name).map_err(|_| refused);
    let is_access_token =
        |kind: String| kind.eq_ignore_ascii_case("at+jwt") || kind.eq_ignore_ascii_case("JWT");
    if !member("typ")?.is_none_or(is_access_token) {
        return Err(TokenRefusal::Invalid("type"));
    }
    let named = member("alg")?.ok_or(TokenRefusal::Invalid("algorithm"))?;
    let algorithm = algorithm(&named).ok_or(TokenRefusal::Invalid("algorithm"))?;
    Ok((algorithm, member("kid")?))
}

/// The algorithm of a name (RFC 7518 section 3.1, RFC 8037 section 3.1), if it is believed.
pub(super) fn algorithm(name: &str) -> Option<Algorithm> {
    let known = ALGORITHMS.iter().find(|(known, _)| *known == name);
    known.map(|(_, algorithm)| *algorithm)
}
