//! An OIDC issuer: realms with keys of their own, and tokens with any claims.

mod keys;
mod mint;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock;
use crate::person::DemoPerson;

pub(crate) use keys::KeyError;
use keys::Keys;
pub(crate) use mint::MintError;

/// How the issuer serves its discovery documents and keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IssuerFault {
    /// At once.
    #[default]
    None,
    /// Not at all: 503.
    Down,
    /// After 3 s.
    Slow,
}

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
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "profile", "offline_access"],
        })
    }
}

/// All realms, and the switch for outages.
pub(crate) struct Issuer {
    realms: Vec<Realm>,
    fault: Mutex<IssuerFault>,
    jwks_fetches: AtomicU64,
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
            fault: Mutex::default(),
            jwks_fetches: AtomicU64::new(0),
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

    /// Replaces the key `rs1` of a realm (the first when none is named).
    pub(crate) fn rotate(&self, realm: Option<&str>, drop_old: bool) -> Result<(), MintError> {
        Ok(self.selected(realm)?.keys().rotate(drop_old)?)
    }

    fn selected(&self, name: Option<&str>) -> Result<&Realm, MintError> {
        name.map_or(Some(self.first()), |name| self.realm(name))
            .ok_or(MintError::UnknownRealm)
    }

    pub(crate) fn fault(&self) -> IssuerFault {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_fault(&self, fault: IssuerFault) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    pub(crate) fn count_jwks_fetch(&self) {
        self.jwks_fetches.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn jwks_fetches(&self) -> u64 {
        self.jwks_fetches.load(Ordering::Relaxed)
    }
}
