//! One provider: its keys, how old they are, and when they are fetched again.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use portal_application::ports::{Clock, TokenRefusal};
use portal_domain::id::{Issuer, TenantId};
use reqwest::Client;
use tokio::sync::Mutex;
use url::Url;

use super::discovery::{Published, fetch_published};
use super::jwks::KeySet;
use super::jwt::Jwt;
use super::settings::IssuerSettings;

/// How long keys are not asked for again.
const FRESH_FOR: SignedDuration = SignedDuration::from_mins(5);
/// How long keys are used while the provider is down.
const USABLE_FOR: SignedDuration = SignedDuration::from_hours(1);
/// How often at most an unknown key id makes us ask.
const UNKNOWN_KEY_PAUSE: SignedDuration = SignedDuration::from_secs(30);
/// How often at most a provider that is down is asked.
const FAILURE_PAUSE: SignedDuration = SignedDuration::from_secs(2);

/// What is remembered of fetching, under the lock that makes fetches one at a time.
#[derive(Default)]
struct Fetches {
    last: Option<Timestamp>,
    failed: bool,
    for_unknown_key: Option<Timestamp>,
}

/// What keys are needed for.
enum Need {
    /// Some that can be used.
    Usable,
    /// Some that are not aged.
    Fresh,
    /// One with this id.
    Key(Box<str>),
    /// Some that were fetched after this time.
    After(Timestamp),
}

/// A provider and what it publishes.
pub(super) struct Provider {
    settings: IssuerSettings,
    client: Client,
    clock: Arc<dyn Clock>,
    published: RwLock<Option<Arc<Published>>>,
    fetches: Mutex<Fetches>,
}

impl Provider {
    pub(super) fn new(settings: IssuerSettings, client: Client, clock: Arc<dyn Clock>) -> Self {
        Self {
            settings,
            client,
            clock,
            published: RwLock::new(None),
            fetches: Mutex::default(),
        }
    }

    /// The tenant that the issuer is bound to.
    pub(super) const fn tenant(&self) -> Option<&TenantId> {
        self.settings.tenant.as_ref()
    }

    /// Its name.
    pub(super) const fn issuer(&self) -> &Issuer {
        &self.settings.issuer
    }

    /// Whether there are keys to verify with.
    pub(super) fn is_usable(&self) -> bool {
        self.usable().is_some()
    }

    /// Where it answers for its tokens (RFC 7662).
    pub(super) async fn introspection_endpoint(self: &Arc<Self>) -> Option<Url> {
        self.present().await.ok()?.introspection.clone()
    }

    /// Fetches keys unless they are fresh.
    pub(super) async fn warm_up(self: &Arc<Self>) {
        self.refresh(Need::Fresh).await;
    }

    /// Checks who signed a token.
    pub(super) async fn check_signature(
        self: &Arc<Self>,
        jwt: &Jwt<'_>,
    ) -> Result<(), TokenRefusal> {
        let published = self.present().await?;
        let Some(id) = jwt.key_id.as_deref() else {
            let checked = check(&published.keys, jwt);
            return match checked {
                // Without an id only the signature shows that the key is a new one.
                Err(_) => check(&self.published_after(&published).await.keys, jwt),
                Ok(()) => Ok(()),
            };
        };
        if published.keys.has(id) {
            return check(&published.keys, jwt);
        }
        check(&self.published_with_key(id).await?.keys, jwt)
    }

    /// What is published and can be used. What has aged is used while it is fetched again in the
    /// background.
    async fn present(self: &Arc<Self>) -> Result<Arc<Published>, TokenRefusal> {
        let Some(published) = self.usable() else {
            self.refresh(Need::Usable).await;
            return self.usable().ok_or(TokenRefusal::KeysUnavailable);
        };
        if !self.is_fresh(&published.keys) && self.fetches.try_lock().is_ok() {
            tokio::spawn(Arc::clone(self).meet(Need::Fresh));
        }
        Ok(published)
    }

    /// Asks the provider about a key id that is not known, at most once in a while. While it is
    /// down nobody can say whether the key is good.
    async fn published_with_key(
        self: &Arc<Self>,
        id: &str,
    ) -> Result<Arc<Published>, TokenRefusal> {
        self.refresh(Need::Key(id.into())).await;
        let published = self.usable().ok_or(TokenRefusal::KeysUnavailable)?;
        if !published.keys.has(id) && self.fetches.lock().await.failed {
            return Err(TokenRefusal::KeysUnavailable);
        }
        Ok(published)
    }

    /// Asks the provider for newer keys, as seldom as for unknown ones; the same, if there are
    /// none.
    async fn published_after(self: &Arc<Self>, known: &Arc<Published>) -> Arc<Published> {
        self.refresh(Need::After(known.keys.fetched_at)).await;
        self.usable().unwrap_or_else(|| Arc::clone(known))
    }

    /// Meets a need in a task of its own: a caller whose time is up does not cut off what others
    /// wait for.
    async fn refresh(self: &Arc<Self>, need: Need) {
        // What came of it shows in the keys.
        let _ = tokio::spawn(Arc::clone(self).meet(need)).await;
    }

    async fn meet(self: Arc<Self>, need: Need) {
        let mut fetches = self.fetches.lock().await;
        // Whoever held the lock before may have met it.
        if !self.is_met(&need) && self.may_ask(&need, &mut fetches) {
            self.fetch(&mut fetches).await;
        }
    }

    fn is_met(&self, need: &Need) -> bool {
        self.usable().is_some_and(|published| match need {
            Need::Usable => true,
            Need::Fresh => self.is_fresh(&published.keys),
            Need::Key(id) => published.keys.has(id),
            Need::After(time) => published.keys.fetched_at > *time,
        })
    }

    fn may_ask(&self, need: &Need, fetches: &mut Fetches) -> bool {
        let now = self.clock.now();
        match need {
            Need::Usable | Need::Fresh => {
                !(fetches.failed && is_within(fetches.last, now, FAILURE_PAUSE))
            }
            Need::Key(_) | Need::After(_) => {
                let may_ask = !is_within(fetches.for_unknown_key, now, UNKNOWN_KEY_PAUSE);
                if may_ask {
                    fetches.for_unknown_key = Some(now);
                }
                may_ask
            }
        }
    }

    async fn fetch(&self, fetches: &mut Fetches) {
        let now = self.clock.now();
        let answer = fetch_published(&self.client, &self.settings.issuer, now).await;
        fetches.last = Some(now);
        fetches.failed = answer.is_err();
        match answer {
            Ok(published) => {
                let known = self.published.write();
                *known.unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(published));
            }
            Err(reason) => {
                let issuer = self.settings.issuer.as_str();
                tracing::warn!(issuer, reason, "signing_keys.unavailable");
            }
        }
    }

    fn usable(&self) -> Option<Arc<Published>> {
        let known = self
            .published
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let published = known.as_ref()?;
        (self.age(&published.keys) <= USABLE_FOR).then(|| Arc::clone(published))
    }

    fn is_fresh(&self, keys: &KeySet) -> bool {
        self.age(keys).abs() <= FRESH_FOR
    }

    fn age(&self, keys: &KeySet) -> SignedDuration {
        self.clock.now().duration_since(keys.fetched_at)
    }
}

fn check(keys: &KeySet, jwt: &Jwt<'_>) -> Result<(), TokenRefusal> {
    match keys.find(jwt.key_id.as_deref(), jwt.algorithm) {
        None => Err(TokenRefusal::Invalid("key")),
        Some(key) if jwt.is_signed_by(key) => Ok(()),
        Some(_) => Err(TokenRefusal::Invalid("signature")),
    }
}

fn is_within(last: Option<Timestamp>, now: Timestamp, pause: SignedDuration) -> bool {
    last.is_some_and(|last| now.duration_since(last).abs() < pause)
}
