//! One client's present token at one base: asked for once by all who need it at the same time,
//! renewed aside before it ends, and asked for anew when the source refuses it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use portal_application::ports::Clock;
use reqwest::Client;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::timeout_at;

use super::endpoint::{Issued, ask, discover};
use super::{ClientSettings, NoToken};
use crate::upstream::addresses::TenantBase;

/// A token is renewed this long before it ends, or when half of its time is over.
const RENEWED_BEFORE: Duration = Duration::from_mins(1);
/// It is not used so shortly before its end, or in its last quarter: the call takes its time, too.
const UNUSED_BEFORE: Duration = Duration::from_secs(5);
/// How long a renewal may take, which nobody waits for.
const RENEWAL_MAY_TAKE: Duration = Duration::from_secs(5);
/// Nobody asks so shortly after it was in vain.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// A source that refuses a token and so soon another will refuse the next as well.
const REFUSED_AGAIN: Duration = Duration::from_secs(5);
/// A source may move its tokens elsewhere.
const DISCOVERED_FOR: Duration = Duration::from_hours(1);

pub(super) struct AccessToken {
    client: Client,
    settings: Arc<ClientSettings>,
    base: TenantBase,
    clock: Arc<dyn Clock>,
    held: Mutex<Option<Held>>,
    /// The lock makes calls one at a time.
    asking: Arc<AsyncMutex<Asking>>,
}

struct Held {
    token: SecretString,
    renewed_from: Instant,
    used_until: Instant,
}

/// What is known of the endpoint.
#[derive(Default)]
struct Asking {
    discovered: Option<(String, Instant)>,
    failed: Option<(NoToken, Instant)>,
    refused: Option<Instant>,
}

impl AccessToken {
    pub(super) fn new(
        client: Client,
        settings: Arc<ClientSettings>,
        base: TenantBase,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            client,
            settings,
            base,
            clock,
            held: Mutex::default(),
            asking: Arc::default(),
        }
    }

    /// The token; waits for one where there is none that lasts.
    pub(super) async fn get(self: &Arc<Self>, deadline: Instant) -> Result<SecretString, NoToken> {
        if let Some((token, is_due)) = self.present() {
            if is_due {
                self.renew_aside();
            }
            return Ok(token);
        }
        let asking = timeout_at(deadline.into(), self.asking.lock()).await;
        let mut asking = asking.map_err(|_| NoToken::TimedOut)?;
        match self.present() {
            Some((token, _)) => Ok(token),
            None => self.ask(&mut asking, deadline).await,
        }
    }

    /// Takes note that the source refused a token; whether another one may be had.
    pub(super) fn refused(&self, token: &SecretString) -> bool {
        let mut held = self.held();
        let is_present = held
            .as_ref()
            .is_some_and(|held| held.token.expose_secret() == token.expose_secret());
        if !is_present {
            return true;
        }
        // Whoever asks right now brings another one in any case.
        let Ok(mut asking) = self.asking.try_lock() else {
            return true;
        };
        if asking
            .refused
            .is_some_and(|at| at.elapsed() < REFUSED_AGAIN)
        {
            return false;
        }
        asking.refused = Some(Instant::now());
        *held = None;
        true
    }

    /// The token while it lasts, and whether it is time for another.
    fn present(&self) -> Option<(SecretString, bool)> {
        let now = Instant::now();
        let held = self.held();
        let held = held.as_ref().filter(|held| now < held.used_until)?;
        Some((held.token.clone(), now >= held.renewed_from))
    }

    /// Nobody waits for it, and while it is in vain the present token is used to its end.
    fn renew_aside(self: &Arc<Self>) {
        let Ok(mut asking) = Arc::clone(&self.asking).try_lock_owned() else {
            return;
        };
        let this = Arc::clone(self);
        tokio::spawn(async move {
            if this.present().is_none_or(|(_, is_due)| is_due) {
                let deadline = Instant::now() + RENEWAL_MAY_TAKE;
                let _ = this.ask(&mut asking, deadline).await;
            }
        });
    }

    async fn ask(&self, asking: &mut Asking, deadline: Instant) -> Result<SecretString, NoToken> {
        if let Some((error, at)) = asking.failed
            && at.elapsed() < PAUSE_AFTER_FAILURE
        {
            return Err(error);
        }
        let asked_at = Instant::now();
        match self.issued(asking, deadline).await {
            Ok(issued) => {
                asking.failed = None;
                Ok(self.hold(issued, asked_at))
            }
            Err(error) => {
                tracing::warn!(%error, "source_token.failed");
                // Who had little time says nothing to those who have more.
                if error != NoToken::TimedOut {
                    asking.failed = Some((error, Instant::now()));
                }
                asking.discovered = None;
                Err(error)
            }
        }
    }

    async fn issued(&self, asking: &mut Asking, deadline: Instant) -> Result<Issued, NoToken> {
        let url = match &self.settings.token_url {
            Some(url) => self.base.with_tenant(url),
            None => self.discovered(asking, deadline).await?,
        };
        let when = (self.clock.now(), deadline);
        ask(&self.client, &self.settings, &url, when).await
    }

    async fn discovered(&self, asking: &mut Asking, deadline: Instant) -> Result<String, NoToken> {
        if let Some((url, at)) = &asking.discovered
            && at.elapsed() < DISCOVERED_FOR
        {
            return Ok(url.clone());
        }
        let url = discover(&self.client, &self.base, deadline).await?;
        asking.discovered = Some((url.clone(), Instant::now()));
        Ok(url)
    }

    fn hold(&self, issued: Issued, asked_at: Instant) -> SecretString {
        let Issued { token, lasts } = issued;
        let before = |margin: Duration| asked_at + lasts.saturating_sub(margin);
        *self.held() = Some(Held {
            token: token.clone(),
            renewed_from: before(RENEWED_BEFORE.min(lasts / 2)),
            used_until: before(UNUSED_BEFORE.min(lasts / 4)),
        });
        token
    }

    fn held(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
