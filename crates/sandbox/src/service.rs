//! Services as clients of the sources (SMART App Launch 2.2, Backend Services): their keys, what
//! they prove themselves with, and their tokens.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

use crate::source::Source;

/// No assertion lives longer, in seconds.
const LONGEST_ASSERTION: u64 = 300;
/// How long a token lasts unless told otherwise.
const TOKEN_LASTS: Duration = Duration::from_mins(5);

/// Why a client gets no token (RFC 6749, 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoToken {
    /// It has not proved itself.
    InvalidClient,
    /// It asks for nothing that a service may have.
    InvalidScope,
}

/// What the one token endpoint knows.
pub(crate) struct Services {
    clients: HashMap<String, JwkSet>,
    /// Assertions that were used.
    used: HashSet<String>,
    tokens: HashMap<String, Instant>,
    guarded: HashSet<Source>,
    lasts: Duration,
    /// Tokens that were issued so far.
    issued: usize,
    is_down: bool,
    latency: Duration,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    exp: u64,
    jti: String,
}

impl Default for Services {
    fn default() -> Self {
        Self {
            clients: HashMap::new(),
            used: HashSet::new(),
            tokens: HashMap::new(),
            guarded: HashSet::new(),
            lasts: TOKEN_LASTS,
            issued: 0,
            is_down: false,
            latency: Duration::ZERO,
        }
    }
}

impl Services {
    /// Makes a client known by its public keys.
    pub(crate) fn register(&mut self, client: &str, keys: JwkSet) {
        self.clients.insert(client.to_owned(), keys);
    }

    /// Has a source ask for a token, or not.
    pub(crate) fn guard(&mut self, source: Source, is_guarded: bool) {
        if is_guarded {
            self.guarded.insert(source);
        } else {
            self.guarded.remove(&source);
        }
    }

    /// How long tokens last from now on.
    pub(crate) fn set_lifetime(&mut self, lasts: Duration) {
        self.lasts = lasts;
    }

    /// Lets the endpoint be down, or late.
    pub(crate) fn set_outage(&mut self, is_down: bool, latency: Duration) {
        self.is_down = is_down;
        self.latency = latency;
    }

    /// Whether the endpoint is down, and how late it is.
    pub(crate) const fn outage(&self) -> (bool, Duration) {
        (self.is_down, self.latency)
    }

    /// Ends every token.
    pub(crate) fn revoke_all(&mut self) {
        self.tokens.clear();
    }

    pub(crate) const fn issued(&self) -> usize {
        self.issued
    }

    /// Whether a call of a source with this `Authorization` may pass.
    pub(crate) fn admits(&self, source: Source, authorization: Option<&str>) -> bool {
        let token = authorization.and_then(|text| text.strip_prefix("Bearer "));
        let ends = token.and_then(|token| self.tokens.get(token));
        !self.guarded.contains(&source) || ends.is_some_and(|ends| Instant::now() < *ends)
    }

    /// A token and its seconds for a client that proves itself. `address` is that of the endpoint,
    /// `now` in seconds.
    pub(crate) fn grant(
        &mut self,
        (assertion, scope): (&str, &str),
        address: &str,
        now: u64,
    ) -> Result<(String, u64), NoToken> {
        let claims = self.verified(assertion, address);
        let claims = claims.filter(|claims| claims.exp <= now + LONGEST_ASSERTION);
        let claims = claims.ok_or(NoToken::InvalidClient)?;
        if !self.used.insert(format!("{} {}", claims.iss, claims.jti)) {
            return Err(NoToken::InvalidClient);
        }
        let mut scopes = scope.split(' ').filter(|one| !one.is_empty());
        if scope.is_empty() || !scopes.all(|one| one.starts_with("system/")) {
            return Err(NoToken::InvalidScope);
        }
        let mut bytes = [0; 24];
        rand::fill(&mut bytes).map_err(|_| NoToken::InvalidClient)?;
        let token = URL_SAFE_NO_PAD.encode(bytes);
        self.tokens
            .insert(token.clone(), Instant::now() + self.lasts);
        self.issued += 1;
        Ok((token, self.lasts.as_secs()))
    }

    /// The claims of an assertion that its issuer's key has signed for this endpoint.
    fn verified(&self, assertion: &str, address: &str) -> Option<Claims> {
        let header = decode_header(assertion).ok()?;
        if !matches!(header.alg, Algorithm::RS384 | Algorithm::ES384) {
            return None;
        }
        let kid = header.kid?;
        let mut validation = Validation::new(header.alg);
        validation.set_audience(&[address]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        validation.leeway = 0;
        let verified = self.clients.iter().find_map(|(client, keys)| {
            let key = DecodingKey::from_jwk(keys.find(&kid)?).ok()?;
            let claims = decode::<Claims>(assertion, &key, &validation).ok()?.claims;
            (claims.iss == *client && claims.sub == *client).then_some(claims)
        });
        verified.filter(|claims| !claims.jti.is_empty())
    }
}
