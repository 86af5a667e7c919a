//! An OIDC issuer: realms with keys of their own, and tokens with any claims.

mod introspect;
mod keys;
mod mint;
mod outage;
mod revoked;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::clock;
use crate::person::DemoPerson;

pub(crate) use keys::KeyError;
use keys::Keys;
pub(crate) use mint::MintError;
pub use outage::IssuerFault;
pub(crate) use outage::Outages;
pub(crate) use revoked::Revocation;
use revoked::Revocations;

/// How a client may prove itself to the issuer.
const CLIENT_AUTHENTICATION: [&str; 2] = ["client_secret_basic", "client_secret_post"];

/// A realm: an issuer URL and the keys that sign for it.
pub(crate) struct Realm {
    pub(crate) name: String,
    /// The `iss` of its tokens.
    pub(crate) url: String,
    keys: Mutex<Keys>,
}

impl Realm {
    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The JWK Set (RFC 7517, 5): two RSA keys, an EC key, and retired ones.
    pub(crate) fn jwks(&self) -> Value {
        json!({ "keys": self.keys().published() })
    }

    /// Metadata (`OpenID` Connect Discovery 1.0, 3). The authorization and token
    /// endpoints are named because the metadata requires them; this issuer
    /// hands out tokens by the admin route.
    pub(crate) fn discovery(&self) -> Value {
        let endpoint = |name: &str| format!("{}/protocol/openid-connect/{name}", self.url);
        json!({
            "issuer": self.url,
            "jwks_uri": endpoint("certs"),
            "authorization_endpoint": endpoint("auth"),
            "token_endpoint": endpoint("token"),
            "token_endpoint_auth_methods_supported": CLIENT_AUTHENTICATION,
            "introspection_endpoint": endpoint("token/introspect"),
            "introspection_endpoint_auth_methods_supported": CLIENT_AUTHENTICATION,
            "revocation_endpoint": endpoint("revoke"),
            "revocation_endpoint_auth_methods_supported": CLIENT_AUTHENTICATION,
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "profile", "offline_access"],
        })
    }
}

/// All realms, what was revoked in them, and the switches for outages.
pub(crate) struct Issuer {
    realms: Vec<Realm>,
    revocations: Mutex<Revocations>,
    outages: Mutex<Outages>,
    jwks_fetches: AtomicU64,
    introspections: AtomicU64,
}

impl Issuer {
    /// Makes the keys of every realm; blocks for as long as that takes. No
    /// realm at all means one named `demo`.
    pub(crate) fn new(origin: &str, names: &[String]) -> Result<Self, KeyError> {
        let default = ["demo".to_owned()];
        let names = if names.is_empty() { &default } else { names };
        let realm = |name: &String| {
            Ok(Realm {
                name: name.clone(),
                url: format!("{origin}/issuer/{name}"),
                keys: Mutex::new(Keys::generate()?),
            })
        };
        Ok(Self {
            realms: names.iter().map(realm).collect::<Result<_, KeyError>>()?,
            revocations: Mutex::default(),
            outages: Mutex::default(),
            jwks_fetches: AtomicU64::new(0),
            introspections: AtomicU64::new(0),
        })
    }

    pub(crate) fn first(&self) -> &Realm {
        self.realms
            .first()
            .expect("an issuer is made with at least one realm")
    }

    pub(crate) fn realm(&self, name: &str) -> Option<&Realm> {
        self.realms.iter().find(|realm| realm.name == name)
    }

    pub(crate) fn realm_names(&self) -> Vec<&str> {
        self.realms
            .iter()
            .map(|realm| realm.name.as_str())
            .collect()
    }

    /// Signs a token; see [`crate::Sandbox::mint`] for the directives.
    pub(crate) fn mint(&self, claims: Value, people: &[DemoPerson]) -> Result<String, MintError> {
        let request = mint::Request::read(claims, people)?;
        let realm = self.selected(request.realm.as_deref())?;
        mint::sign(
            &request,
            &realm.url,
            &mut realm.keys(),
            clock::unix_seconds(),
        )
    }

    /// Signs texts as they are with the key `rs1` of the first realm.
    pub(crate) fn sign_texts(&self, header: &str, payload: &str) -> Result<String, MintError> {
        mint::sign_texts(header, payload, &mut self.first().keys())
    }

    /// Replaces the key `rs1` of a realm (the first when none is named).
    pub(crate) fn rotate(&self, realm: Option<&str>, drop_old: bool) -> Result<(), MintError> {
        Ok(self.selected(realm)?.keys().rotate(drop_old)?)
    }

    fn selected(&self, name: Option<&str>) -> Result<&Realm, MintError> {
        name.map_or(Some(self.first()), |name| self.realm(name))
            .ok_or(MintError::UnknownRealm)
    }

    /// What the realm says of a token.
    pub(crate) fn introspect(&self, realm: &Realm, token: &str) -> Value {
        introspect::answer(realm, token, &self.revocations())
    }

    /// Ends a token at the realm that issued it; any other text changes
    /// nothing (RFC 7009, 2.2).
    pub(crate) fn revoke_at(&self, realm: &Realm, token: String) {
        if introspect::claims(realm, &token).is_some() {
            self.revoke(Revocation::Token(token));
        }
    }

    /// Ends something in every realm.
    pub(crate) fn revoke(&self, revocation: Revocation) {
        self.revocations().add(revocation, clock::unix_seconds());
    }

    fn revocations(&self) -> MutexGuard<'_, Revocations> {
        self.revocations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn outages(&self) -> MutexGuard<'_, Outages> {
        self.outages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn count_jwks_fetch(&self) {
        self.jwks_fetches.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn jwks_fetches(&self) -> u64 {
        self.jwks_fetches.load(Ordering::Relaxed)
    }

    pub(crate) fn count_introspection(&self) {
        self.introspections.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn introspections(&self) -> u64 {
        self.introspections.load(Ordering::Relaxed)
    }
}
