//! What the issuer says of a token now (RFC 7662), asked as seldom as its standing allows.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use metrics::counter;
use moka::Expiry;
use moka::future::Cache;
use portal_application::ports::{BearerToken, TokenIntrospection};
use portal_domain::access::{Introspection, VerifiedToken};
use portal_domain::id::Issuer;
use reqwest::header::ACCEPT;
use reqwest::{Client, Response, StatusCode};
use secrecy::ExposeSecret as _;
use tokio::time::timeout;
use url::Url;
use url::form_urlencoded::byte_serialize;

use crate::http_client::read_body;

use super::introspected::Question;
use super::settings::ClientCredentials;
use super::verifier::{OidcVerifier, Providers, TokenHash, hash_of};

const REMEMBERED_TOKENS: u64 = 100_000;
const MAX_DOCUMENT: usize = 64 * 1_024;
/// One line about failures in this time is enough.
const COMPLAINT_PAUSE: Duration = Duration::from_secs(10);

/// How long things take and last.
#[derive(Clone, Copy)]
struct Times {
    /// Until the provider has answered.
    patience: Duration,
    /// How old its word may be, counted from the question.
    remembered: Duration,
    /// How long nobody is asked after there was no answer, counted from then.
    paused: Duration,
}

impl Times {
    const USUAL: Self = Self {
        patience: Duration::from_secs(1),
        remembered: Duration::from_secs(5),
        paused: Duration::from_secs(1),
    };
}

#[derive(Clone, Copy)]
struct Answer {
    said: Introspection,
    until: Instant,
}

struct UntilStale;

impl Expiry<TokenHash, Answer> for UntilStale {
    fn expire_after_create(
        &self,
        _: &TokenHash,
        answer: &Answer,
        now: Instant,
    ) -> Option<Duration> {
        Some(answer.until.saturating_duration_since(now))
    }
}

/// Asks issuers about their tokens, at the endpoint that each publishes.
pub struct OidcIntrospection {
    asker: Arc<Asker>,
    answers: Cache<TokenHash, Answer>,
}

impl fmt::Debug for OidcIntrospection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OidcIntrospection")
    }
}

impl OidcIntrospection {
    /// Asks the issuers of a verifier, as the client of its settings. The HTTP client must follow
    /// no redirects, as the one of [`crate::http_client::http_client`].
    pub fn new(verifier: &OidcVerifier, client: Client) -> Self {
        Self::with_times(verifier, client, Times::USUAL)
    }

    fn with_times(verifier: &OidcVerifier, client: Client, times: Times) -> Self {
        Self {
            asker: Arc::new(Asker {
                client,
                credentials: verifier.settings().client.clone(),
                providers: Arc::clone(verifier.providers()),
                times,
                warned: AtomicBool::new(false),
                complained: Mutex::default(),
            }),
            answers: Cache::builder()
                .max_capacity(REMEMBERED_TOKENS)
                .expire_after(UntilStale)
                .build(),
        }
    }
}

#[async_trait]
impl TokenIntrospection for OidcIntrospection {
    #[tracing::instrument(name = "token.introspect", skip_all, level = "debug")]
    async fn introspect(&self, token: &VerifiedToken, text: &BearerToken) -> Introspection {
        let hash = hash_of(text.expose());
        if let Some(answer) = self.answers.get(&hash).await
            && Instant::now() < answer.until
        {
            return answer.said;
        }
        let (answers, asker) = (self.answers.clone(), Arc::clone(&self.asker));
        let question = Question {
            issuer: token.issuer.clone(),
            subject: token.subject.clone(),
            client: token.client.clone(),
            text: text.expose().into(),
        };
        // A task of its own: a caller who leaves cuts off nobody who waits for the same answer.
        let asked =
            tokio::spawn(async move { answers.get_with(hash, asker.answer(question)).await });
        asked
            .await
            .map_or(Introspection::Unavailable, |answer| answer.said)
    }
}

struct Asker {
    client: Client,
    credentials: Option<ClientCredentials>,
    providers: Providers,
    times: Times,
    warned: AtomicBool,
    complained: Mutex<Option<Instant>>,
}

impl Asker {
    async fn answer(self: Arc<Self>, question: Question) -> Answer {
        let began = Instant::now();
        let asked = match &self.credentials {
            Some(credentials) => timeout(self.times.patience, self.ask(credentials, &question))
                .await
                .unwrap_or(Err("no answer in time")),
            None => Err("nobody may ask"),
        };
        let answer = match asked {
            Ok(said) => Answer {
                said,
                until: began + self.times.remembered,
            },
            Err(reason) => {
                self.complain(&question.issuer, reason);
                Answer {
                    said: Introspection::Unavailable,
                    until: Instant::now() + self.times.paused,
                }
            }
        };
        counter!("portal_introspections_total", "result" => word(answer.said)).increment(1);
        answer
    }

    async fn ask(
        &self,
        credentials: &ClientCredentials,
        question: &Question,
    ) -> Result<Introspection, &'static str> {
        let provider = self.providers.get(question.issuer.as_str());
        let endpoint = provider.ok_or("unknown issuer")?.introspection_endpoint();
        let endpoint = endpoint.await.ok_or("no usable address")?;
        let response = self.post(endpoint, credentials, &question.text).await;
        let response = response.map_err(|_| "no answer")?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Err("credentials refused"),
            _ => return Err("answer is an error"),
        }
        let body = read_body(response, MAX_DOCUMENT).await;
        let body = body.map_err(|_| "answer too large or cut off")?;
        question.answered_by(&body).ok_or("answer malformed")
    }

    async fn post(
        &self,
        endpoint: Url,
        credentials: &ClientCredentials,
        token: &str,
    ) -> reqwest::Result<Response> {
        // Both are form-encoded before they are joined (RFC 6749 section 2.3.1).
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let secret = encoded(credentials.secret.expose_secret());
        self.client
            .post(endpoint)
            .basic_auth(encoded(credentials.id.as_str()), Some(secret))
            .header(ACCEPT, "application/json")
            .form(&[("token", token), ("token_type_hint", "access_token")])
            .send()
            .await
    }

    fn complain(&self, issuer: &Issuer, reason: &'static str) {
        let issuer = issuer.as_str();
        if self.credentials.is_none() {
            if !self.warned.swap(true, Ordering::Relaxed) {
                tracing::warn!(setting = "OIDC_CLIENT_ID", "introspection.unconfigured");
            }
            return;
        }
        let mut complained = self
            .complained
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if complained.is_none_or(|last| last.elapsed() >= COMPLAINT_PAUSE) {
            *complained = Some(Instant::now());
            tracing::warn!(issuer, reason, "introspection.unavailable");
        }
    }
}

const fn word(said: Introspection) -> &'static str {
    match said {
        Introspection::Active => "active",
        Introspection::Inactive => "inactive",
        Introspection::Unavailable => "unavailable",
        Introspection::NotAsked => "not-asked",
    }
}

#[cfg(test)]
#[path = "introspection_tests.rs"]
mod tests;
