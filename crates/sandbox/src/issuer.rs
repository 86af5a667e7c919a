//! An OIDC issuer: realms with keys of their own, and tokens with any claims.

mod introspect;
mod keys;
mod mint;
mod outage;
mod revoked;
mod users;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::{Value, json};

use crate::clock;

pub(crate) use keys::KeyError;
use keys::Keys;
pub(crate) use mint::{FindPerson, MintError};
pub use outage::IssuerFault;
pub(crate) use outage::Outages;
pub(crate) use revoked::Revocation;
use revoked::Revocations;
use users::Users;

/// How a client may prove itself to the issuer.
const CLIENT_AUTHENTICATION: [&str; 2] = ["client_secret_basic", "client_secret_post"];

/// Client and secret of the account that administers the users of every realm.
pub(crate) const ADMINISTRATOR: (&str, &str) = ("portal-admin", "sandbox-admin-secret");
/// How long its tokens last, in seconds.
pub(crate) const GRANTED_S: u64 = 300;

/// A realm: an issuer URL and the keys that sign for it.
pub(crate) struct Realm {
    pub(crate) name: String,
    /// The `iss` of its tokens.
    pub(crate) url: String,
    keys: OnceLock<Mutex<Keys>>,
}

impl Realm {
    /// Its keys, made when they are first needed: that takes a while, and most
    /// realms are needed by nobody.
    fn keys(&self) -> MutexGuard<'_, Keys> {
        let keys = self.keys.get_or_init(|| {
            Mutex::new(Keys::generate().expect("the first realm's keys could be made"))
        });
        keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The JWK Set (RFC 7517, 5): two RSA keys, an EC key, and retired ones.
    pub(crate) fn jwks(&self) -> Value {
        json!({ "keys": self.keys().published() })
    }

    /// Metadata (`OpenID` Connect Discovery 1.0, 3). The authorization endpoint
    /// is named because the metadata requires it; this issuer hands out tokens
    /// of people by the admin route.
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
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
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
    users: Mutex<Users>,
    outages: Mutex<Outages>,
    jwks_fetches: AtomicU64,
    introspections: AtomicU64,
}

impl Issuer {
    /// Makes the keys of the first realm; blocks for as long as that takes. No
    /// realm at all means one named `demo`.
    pub(crate) fn new(origin: &str, names: &[String]) -> Result<Self, KeyError> {
        let default = ["demo".to_owned()];
        let names = if names.is_empty() { &default } else { names };
        let realm = |name: &String| Realm {
            name: name.clone(),
            url: format!("{origin}/realms/{name}"),
            keys: OnceLock::new(),
        };
        let mut realms: Vec<Realm> = names.iter().map(realm).collect();
        if let Some(first) = realms.first_mut() {
            first.keys = OnceLock::from(Mutex::new(Keys::generate()?));
        }
        Ok(Self {
            realms,
            users: Mutex::default(),
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
    pub(crate) fn mint(&self, claims: Value, people: FindPerson<'_>) -> Result<String, MintError> {
        let mut request = mint::Request::read(claims, people)?;
        let realm = self.selected(request.realm.as_deref())?;
        request.sign_in(&realm.name, &mut self.users());
        mint::sign(
            &request,
            &realm.url,
            &mut realm.keys(),
            clock::unix_seconds(),
        )
    }

    /// A token of the account that administers a realm's users (RFC 6749, 4.4).
    pub(crate) fn grant(&self, realm: &Realm) -> Result<String, MintError> {
        let (client, _) = ADMINISTRATOR;
        let claims = json!({
            "_realm": realm.name,
            "sub": format!("service-account-{client}"),
            "azp": client,
            "aud": ["realm-management"],
            "exp": clock::unix_seconds() + GRANTED_S,
        });
        self.mint(claims, &|_| None)
    }

    /// Whether a token is the administrator's and has not been ended.
    pub(crate) fn is_administrator(&self, realm: &Realm, token: &str) -> bool {
        let claims = introspect::claims(realm, token);
        let claims = claims.filter(|claims| !self.revocations().cover(token, claims));
        claims.is_some_and(|claims| revoked::client(&claims) == Some(ADMINISTRATOR.0))
    }

    /// The users of all realms.
    pub(crate) fn users(&self) -> MutexGuard<'_, Users> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
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
