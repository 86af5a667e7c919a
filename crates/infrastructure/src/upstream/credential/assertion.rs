//! The assertion by which a client proves itself (RFC 7523 section 2.2).

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Serialize;

use super::ClientSettings;

/// Seconds for which an assertion may be used; servers take no more than 300. The rest is for
/// clocks that differ.
const LIFETIME: i64 = 240;

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    kid: &'a str,
    typ: &'static str,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
}

/// An assertion for one call of a token endpoint; none if the system gives no randomness.
pub(super) fn assertion(
    client: &ClientSettings,
    token_url: &str,
    now: Timestamp,
) -> Option<String> {
    let header = Header {
        alg: client.key.algorithm(),
        kid: &client.key_id,
        typ: "JWT",
    };
    let mut unique = [0; 16];
    rand::fill(&mut unique).ok()?;
    let claims = Claims {
        iss: &client.id,
        sub: &client.id,
        aud: token_url,
        iat: now.as_second(),
        exp: now.as_second() + LIFETIME,
        jti: URL_SAFE_NO_PAD.encode(unique),
    };
    let mut signed = format!("{}.{}", part(&header)?, part(&claims)?);
    let signature = client.key.sign(signed.as_bytes())?;
    signed.push('.');
    signed.push_str(&URL_SAFE_NO_PAD.encode(signature));
    Some(signed)
}

fn part(value: &impl Serialize) -> Option<String> {
    let json = serde_json::to_vec(value).ok()?;
    Some(URL_SAFE_NO_PAD.encode(json))
}
