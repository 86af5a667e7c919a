//! One provider: its keys, how old they are, and when they are fetched again.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey};
use portal_application::ports::{Clock, TokenRefusal};
use portal_domain::id::TenantId;
use reqwest::Client;
use tokio::sync::Mutex;

use super::discovery::fetch_keys;
use super::jwks::KeySet;
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
}

/// A provider and its keys.
pub(super) struct Provider {
    settings: IssuerSettings,
    client: Client,
    clock: Arc<dyn Clock>,
    keys: RwLock<Option<Arc<KeySet>>>,
    fetches: Mutex<Fetches>,
}

impl Provider {
    pub(super) fn new(settings: IssuerSettings, client: Client, clock: Arc<dyn Clock>) -> Self {
        Self {
            settings,
            client,
            clock,
            keys: RwLock::new(None),
            fetches: Mutex::default(),
        }
    }

    /// The tenant that the issuer is bound to.
    pub(super) const fn tenant(&self) -> Option<&TenantId> {
        self.settings.tenant.as_ref()
    }

    /// Whether there are keys to verify with.
    pub(super) fn is_usable(&self) -> bool {
        self.usable_keys().is_some()
    }

    /// Fetches keys unless they are fresh.
    pub(super) async fn warm_up(self: &Arc<Self>) {
        self.refresh(Need::Fresh).await;
    }

    /// Looks at the key that a token was signed with.
    pub(super) async fn with_key<T>(
        self: &Arc<Self>,
        id: Option<&str>,
        algorithm: Algorithm,
        look: impl FnOnce(&DecodingKey) -> T,
    ) -> Result<T, TokenRefusal> {
        let mut keys = self.present_keys().await?;
        if let Some(id) = id
            && !keys.has(id)
        {
            keys = self.keys_after_unknown(id).await?;
        }
        let key = keys.find(id, algorithm);
        key.map(look).ok_or(TokenRefusal::Invalid("key"))
    }

    /// Keys that can be used. Aged ones are used while new ones are fetched in the background.
    async fn present_keys(self: &Arc<Self>) -> Result<Arc<KeySet>, TokenRefusal> {
        let Some(keys) = self.usable_keys() else {
            self.refresh(Need::Usable).await;
            return self.usable_keys().ok_or(TokenRefusal::KeysUnavailable);
        };
        if !self.is_fresh(&keys) && self.fetches.try_lock().is_ok() {
            tokio::spawn(Arc::clone(self).meet(Need::Fresh));
        }
        Ok(keys)
    }

    /// Asks the provider about a key id that is not known, at most once in a while. While it is
    /// down nobody can say whether the key is good.
    async fn keys_after_unknown(self: &Arc<Self>, id: &str) -> Result<Arc<KeySet>, TokenRefusal> {
        self.refresh(Need::Key(id.into())).await;
        let keys = self.usable_keys().ok_or(TokenRefusal::KeysUnavailable)?;
        if !keys.has(id) && self.fetches.lock().await.failed {
            return Err(TokenRefusal::KeysUnavailable);
        }
        Ok(keys)
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
        self.usable_keys().is_some_and(|keys| match need {
            Need::Usable => true,
            Need::Fresh => self.is_fresh(&keys),
            Need::Key(id) => keys.has(id),
        })
    }

    fn may_ask(&self, need: &Need, fetches: &mut Fetches) -> bool {
        let now = self.clock.now();
        match need {
            Need::Usable | Need::Fresh => {
                !(fetches.failed && is_within(fetches.last, now, FAILURE_PAUSE))
            }
            Need::Key(_) if is_within(fetches.for_unknown_key, now, UNKNOWN_KEY_PAUSE) => false,
            Need::Key(_) => {
                fetches.for_unknown_key = Some(now);
                true
            }
        }
    }

    async fn fetch(&self, fetches: &mut Fetches) {
        let now = self.clock.now();
        let answer = fetch_keys(&self.client, &self.settings.issuer, now).await;
        fetches.last = Some(now);
        fetches.failed = answer.is_err();
        match answer {
            Ok(keys) => {
                let mut known = self.keys.write().unwrap_or_else(PoisonError::into_inner);
                *known = Some(Arc::new(keys));
            }
            Err(reason) => {
                let issuer = self.settings.issuer.as_str();
                tracing::warn!(issuer, reason, "signing_keys.unavailable");
            }
        }
    }

    fn usable_keys(&self) -> Option<Arc<KeySet>> {
        let known = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let keys = known.as_ref()?;
        (self.age(keys) <= USABLE_FOR).then(|| Arc::clone(keys))
    }

    fn is_fresh(&self, keys: &KeySet) -> bool {
        self.age(keys).abs() <= FRESH_FOR
    }

    fn age(&self, keys: &KeySet) -> SignedDuration {
        self.clock.now().duration_since(keys.fetched_at)
    }
}

fn is_within(last: Option<Timestamp>, now: Timestamp, pause: SignedDuration) -> bool {
    last.is_some_and(|last| now.duration_since(last).abs() < pause)
}
