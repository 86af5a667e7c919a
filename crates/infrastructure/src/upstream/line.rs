//! The one way to a source, for everything that it is asked: through its breaker and bulkhead, in
//! time, and once more where that may help.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::rand;
use portal_domain::id::TenantId;
use portal_domain::source::Source;
use reqwest::header::HeaderValue;
use reqwest::{Client, Request, Response, StatusCode};

use crate::call_record::CallRecord;
use crate::fault::Fault;

use super::addresses::TenantBase;
use super::call::{CallError, DEADLINE};
use super::guard::{Call, CallEnd, SourceGuard};
use super::settings::SourceSettings;

/// A retry waits this long and up to twice as long, so that not all of them come at once.
const RETRY_PAUSE: Duration = Duration::from_millis(20);
/// Who had less time than this, and less than half of what its source has, may be late without
/// being to blame.
const FAIR_TIME: Duration = Duration::from_millis(500);

/// One source as this pod calls it. Cheap to clone: all clones stand behind the same guard.
#[derive(Clone)]
pub struct SourceLine {
    client: Client,
    settings: Arc<SourceSettings>,
    guard: Arc<SourceGuard>,
}

impl SourceLine {
    /// The client must follow no redirects, as the one of [`crate::http_client::http_client`].
    pub(super) fn new(client: Client, settings: SourceSettings, guard: Arc<SourceGuard>) -> Self {
        Self {
            client,
            settings: Arc::new(settings),
            guard,
        }
    }

    /// The way to a source that is asked beside no other, under the name that its settings begin
    /// with. The client must follow no redirects.
    pub fn alone(
        settings: SourceSettings,
        client: Client,
        prefix: &str,
    ) -> Result<Self, Vec<Fault>> {
        let faults = settings.faults(prefix);
        if faults.is_empty() {
            let guard = Arc::new(SourceGuard::alone(settings.source));
            Ok(Self::new(client, settings, guard))
        } else {
            Err(faults)
        }
    }

    /// Builds requests; they are sent by [`Calls::open`].
    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    pub(super) const fn guard(&self) -> &Arc<SourceGuard> {
        &self.guard
    }

    pub(super) fn source(&self) -> Source {
        self.settings.source
    }

    /// How long all calls for one question may take.
    pub(super) fn timeout(&self) -> Duration {
        self.settings.timeout
    }

    /// Where the source is asked for a tenant; nowhere if it is not that tenant's.
    pub(super) fn base(&self, tenant: &TenantId) -> Option<TenantBase> {
        TenantBase::new(&self.settings.base_url, tenant).filter(|_| self.settings.serves(tenant))
    }

    /// The calls for one question to a base of this source, until its deadline.
    pub(super) fn calls(&self, base: TenantBase, deadline: Instant) -> Calls<'_> {
        Calls {
            line: self,
            base,
            deadline,
            retried: false,
        }
    }
}

/// The calls that one question takes. Together they are tried again once.
pub(super) struct Calls<'a> {
    line: &'a SourceLine,
    base: TenantBase,
    deadline: Instant,
    retried: bool,
}

impl<'a> Calls<'a> {
    pub(super) const fn deadline(&self) -> Instant {
        self.deadline
    }

    pub(super) const fn line(&self) -> &'a SourceLine {
        self.line
    }

    pub(super) const fn base(&self) -> &TenantBase {
        &self.base
    }

    /// Sends a request until its answer's headers are there, with any status but 401, 502, 503 and
    /// 504. What only reads is sent once more where that may help.
    pub(super) async fn open(
        &mut self,
        request: &Request,
    ) -> Result<(Response, Exchange<'a>), CallError> {
        match self.known(request).await {
            Err(CallError::Passing) if self.may_retry(request) => {
                self.retried = true;
                tokio::time::sleep(jittered(RETRY_PAUSE)).await;
                self.known(request).await
            }
            opened => opened,
        }
    }

    /// Sends a request, and once more with a new token when the source does not take the present
    /// one: it has done nothing yet.
    async fn known(&self, request: &Request) -> Result<(Response, Exchange<'a>), CallError> {
        match self.attempt(request).await {
            Err(CallError::Unauthorized { renewable: true }) => self.attempt(request).await,
            opened => opened,
        }
    }

    fn may_retry(&self, request: &Request) -> bool {
        !self.retried && request.method().is_safe() && self.line.guard.may_retry()
    }

    async fn attempt(&self, request: &Request) -> Result<(Response, Exchange<'a>), CallError> {
        let line = self.line;
        let mut request = request.try_clone().ok_or(CallError::NotAsked)?;
        let mut exchange = Exchange {
            call: line.guard.enter(self.deadline).await?,
            record: CallRecord::begin(line.source().as_str()),
            begun: Instant::now(),
            fair: FAIR_TIME.min(line.settings.timeout / 2),
        };
        let credential = &line.settings.credential;
        let shown = credential.authorize(&mut request, &self.base, self.deadline);
        let error = match shown.await {
            Ok(shown) => match self.sent(request, &mut exchange.record).await {
                Ok(response) if response.status() == StatusCode::UNAUTHORIZED => {
                    let renewable = shown.refused();
                    CallError::Unauthorized { renewable }
                }
                Ok(response) => return Ok((response, exchange)),
                Err(error) => error,
            },
            Err(error) => {
                exchange.record.ended("no_token");
                error.into()
            }
        };
        exchange.ended(Some(error), false);
        Err(error)
    }

    async fn sent(
        &self,
        mut request: Request,
        record: &mut CallRecord,
    ) -> Result<Response, CallError> {
        request.headers_mut().insert(DEADLINE, left(self.deadline));
        let sent = self.line.client.execute(request);
        let sent = tokio::time::timeout_at(self.deadline.into(), sent).await;
        let response = sent.map_err(|_| CallError::TimedOut)?.map_err(|_| {
            record.ended("connect_error");
            CallError::Passing
        })?;
        record.answered(response.status());
        if is_passing(response.status()) {
            return Err(CallError::Passing);
        }
        Ok(response)
    }
}

/// A call whose answer is on its way, with its place. Dropped before its end it says nothing.
pub(super) struct Exchange<'a> {
    call: Call<'a>,
    record: CallRecord,
    begun: Instant,
    /// From so much time on, a call that was not answered is the source's fault.
    fair: Duration,
}

impl Exchange<'_> {
    /// Says how it ended: well, or with an error; and whether it waited for room here.
    pub(super) fn ended(mut self, error: Option<CallError>, waited: bool) {
        if error == Some(CallError::TimedOut) {
            self.record.ended("timeout");
        }
        let had_its_time = !waited && self.begun.elapsed() >= self.fair;
        self.call.ended(match error.map(CallError::end) {
            None => CallEnd::Answered,
            Some(CallEnd::TimedOut) if !had_its_time => CallEnd::Unjudged,
            Some(end) => end,
        });
    }
}

fn is_passing(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
    )
}

/// What is left of the time, in milliseconds.
fn left(deadline: Instant) -> HeaderValue {
    let left = deadline.saturating_duration_since(Instant::now());
    HeaderValue::from(u64::try_from(left.as_millis()).unwrap_or(u64::MAX))
}

fn jittered(pause: Duration) -> Duration {
    let mut byte = [0];
    // Without randomness there is no jitter, which is no reason to fail.
    let _ = rand::fill(&mut byte);
    pause + pause * u32::from(byte[0]) / 255
}
