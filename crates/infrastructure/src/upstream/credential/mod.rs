//! How this service says who it is to a source: not at all, by a token that somebody gave it, or
//! by tokens that it asks for with a signed assertion (SMART App Launch 2.2, Backend Services).

mod access_token;
mod assertion;
mod endpoint;
mod key;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use portal_application::ports::Clock;
use reqwest::header::HeaderValue;
use reqwest::{Client, Request};
use secrecy::{ExposeSecret as _, SecretString};

use self::access_token::AccessToken;
pub use self::key::{ClientKey, InvalidClientKey};

use super::addresses::TenantBase;

/// How this service says who it is at one base.
#[derive(Debug, Clone, Default)]
pub enum CredentialSettings {
    /// Not at all: a mesh does.
    #[default]
    None,
    /// By this token, on every call.
    Bearer(SecretString),
    /// By tokens that it asks for.
    Client(Arc<ClientSettings>),
}

/// A client of a source's authorization server.
#[derive(Debug)]
pub struct ClientSettings {
    /// Its id.
    pub id: String,
    /// What it signs with.
    pub key: ClientKey,
    /// The `kid` by which the server knows the key.
    pub key_id: String,
    /// Where tokens are; none if the base's SMART configuration says so. `{tenant}` stands for
    /// the tenant.
    pub token_url: Option<String>,
    /// What is asked for.
    pub scope: String,
}

/// There is no token. Carries nothing that was sent or answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoToken {
    /// Not within the deadline.
    #[error("no token in time")]
    TimedOut,
    /// The token endpoint is not known, does not answer, or answers something that is no token.
    #[error("no token to be had")]
    Unavailable,
    /// The token endpoint does not take this client, its key or what it asks for.
    #[error("client refused")]
    Refused,
}

/// The credential of one base, for all that is asked there. Clones share its tokens.
#[derive(Clone, Default)]
pub struct Credential(Option<Arc<Kind>>);

enum Kind {
    Bearer(SecretString),
    Client(Tokens),
}

/// The tokens of a client: one for each address that the base has, which differ by tenant where
/// the URL does. A token never goes to another address than it was asked for.
struct Tokens {
    client: Client,
    settings: Arc<ClientSettings>,
    clock: Arc<dyn Clock>,
    held: Mutex<HashMap<String, Arc<AccessToken>>>,
}

impl Credential {
    /// The client must follow no redirects, as the one of [`crate::http_client::http_client`].
    pub fn new(settings: &CredentialSettings, client: &Client, clock: &Arc<dyn Clock>) -> Self {
        Self(match settings {
            CredentialSettings::None => None,
            CredentialSettings::Bearer(token) => Some(Arc::new(Kind::Bearer(token.clone()))),
            CredentialSettings::Client(settings) => Some(Arc::new(Kind::Client(Tokens {
                client: client.clone(),
                settings: Arc::clone(settings),
                clock: Arc::clone(clock),
                held: Mutex::default(),
            }))),
        })
    }

    /// Puts the token onto a request, if this base asks for one and the request goes there.
    pub(crate) async fn authorize(
        &self,
        request: &mut Request,
        base: &TenantBase,
        deadline: Instant,
    ) -> Result<Shown, NoToken> {
        let Some(kind) = self.0.as_deref().filter(|_| base.holds(request.url())) else {
            return Ok(Shown(None));
        };
        let (token, source) = match kind {
            Kind::Bearer(token) => (token.clone(), None),
            Kind::Client(tokens) => {
                let source = tokens.at(base);
                (source.get(deadline).await?, Some(source))
            }
        };
        let value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()));
        let mut value = value.map_err(|_| NoToken::Unavailable)?;
        value.set_sensitive(true);
        let headers = request.headers_mut();
        headers.insert(reqwest::header::AUTHORIZATION, value);
        Ok(Shown(source.map(|source| (source, token))))
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0.as_deref() {
            None => "Credential(none)",
            Some(Kind::Bearer(_)) => "Credential(bearer)",
            Some(Kind::Client(_)) => "Credential(client)",
        })
    }
}

/// What a request showed.
pub(crate) struct Shown(Option<(Arc<AccessToken>, SecretString)>);

impl Shown {
    /// Takes note that it was refused; whether another one may be had.
    pub(crate) fn refused(&self) -> bool {
        let shown = self.0.as_ref();
        shown.is_some_and(|(source, token)| source.refused(token))
    }
}

impl Tokens {
    fn at(&self, base: &TenantBase) -> Arc<AccessToken> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let token = held.entry(base.as_str().to_owned()).or_insert_with(|| {
            let asked = base.clone();
            let (client, settings) = (self.client.clone(), Arc::clone(&self.settings));
            Arc::new(AccessToken::new(
                client,
                settings,
                asked,
                Arc::clone(&self.clock),
            ))
        });
        Arc::clone(token)
    }
}

#[cfg(test)]
#[path = "credential_tests.rs"]
mod tests;
