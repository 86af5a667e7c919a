//! The token of a service account, by the client credentials grant (RFC 6749 section 4.4).

use std::time::{Duration, Instant};

use portal_fhir::json::Value;
use reqwest::header::ACCEPT;
use reqwest::{Client, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;
use url::form_urlencoded::byte_serialize;

use crate::exchange::exchange;

use super::members::{seconds, string};
use super::settings::ClientCredentials;

/// A token is fetched anew this long before it ends.
const MARGIN: Duration = Duration::from_secs(10);
/// What a token without `expires_in` is used for.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: u64 = 3_600;

struct Held {
    token: SecretString,
    until: Instant,
}

/// One service account at one realm, and its present token.
pub(super) struct ServiceToken {
    client: Client,
    endpoint: String,
    credentials: ClientCredentials,
    /// The lock makes fetches one at a time.
    held: Mutex<Option<Held>>,
}

impl ServiceToken {
    /// An account at a token endpoint.
    pub(super) fn new(client: Client, endpoint: String, credentials: ClientCredentials) -> Self {
        Self {
            client,
            endpoint,
            credentials,
            held: Mutex::new(None),
        }
    }

    /// The token, fetched if there is none that lasts. One that was `refused` is not used again.
    pub(super) async fn get(
        &self,
        refused: Option<&SecretString>,
        deadline: Instant,
    ) -> Result<SecretString, &'static str> {
        let held = tokio::time::timeout_at(deadline.into(), self.held.lock()).await;
        let mut held = held.map_err(|_| "no token in time")?;
        if let Some(present) = held.as_ref() {
            let was_refused = refused
                .is_some_and(|refused| refused.expose_secret() == present.token.expose_secret());
            if Instant::now() < present.until && !was_refused {
                return Ok(present.token.clone());
            }
        }
        *held = None;
        let fetched = self.fetch(deadline).await?;
        let token = fetched.token.clone();
        *held = Some(fetched);
        Ok(token)
    }

    async fn fetch(&self, deadline: Instant) -> Result<Held, &'static str> {
        // Both are form-encoded before they are joined (RFC 6749 section 2.3.1).
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let secret = encoded(self.credentials.secret.expose_secret());
        let request = self
            .client
            .post(&self.endpoint)
            .basic_auth(encoded(self.credentials.id.as_str()), Some(secret))
            .header(ACCEPT, "application/json")
            .form(&[("grant_type", "client_credentials")]);
        let asked_at = Instant::now();
        let answer = exchange(request, "identity-admin", deadline).await;
        let answer = answer.map_err(|_| "no token to be had")?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err("credentials refused");
            }
            _ => return Err("no token to be had"),
        }
        let tree = answer.object().ok_or("token malformed")?;
        let token = string(tree.root(), "access_token").ok().flatten();
        Ok(Held {
            token: SecretString::from(token.ok_or("token malformed")?),
            until: asked_at + lifetime(tree.root()),
        })
    }
}

/// How long a token is used.
fn lifetime(answer: Value<'_>) -> Duration {
    let stated = seconds(answer, "expires_in").ok().flatten();
    let stated = stated.and_then(|seconds| u64::try_from(seconds).ok());
    let stated = Duration::from_secs(stated.unwrap_or(0).min(LONGEST));
    stated.saturating_sub(MARGIN).max(SHORTEST)
}
