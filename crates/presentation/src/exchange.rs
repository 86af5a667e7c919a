//! One request and its answer, as far as the layers and the faces share it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use http::header::{HeaderName, HeaderValue, IF_NONE_MATCH};
use portal_application::Charge;
use portal_application::ports::Standing;
use portal_domain::access::Surface;
use portal_domain::id::{RequestId, TenantId};
use tokio::sync::OwnedSemaphorePermit;

use crate::cost;
use crate::language::Language;
use crate::layers::TenantShare;
use crate::settings::Settings;

/// The correlation's header.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a request keeps for the steps after its answer is counted: the journal and the writing.
const LAST_STEPS: Duration = Duration::from_millis(250);

/// Who asks, as logs and metrics may name them.
pub(crate) struct Who {
    /// The tenant.
    pub(crate) tenant: Option<TenantId>,
    /// The keyed hash of the actor.
    pub(crate) actor: String,
}

/// What is known of a request before and beside its handler.
pub(crate) struct Exchange {
    /// The correlation.
    pub(crate) request_id: RequestId,
    /// The face whose errors it gets.
    pub(crate) surface: Surface,
    /// The method, one of a few.
    pub(crate) method: &'static str,
    /// The route's template; none for what is not served.
    pub(crate) route: Option<MatchedPath>,
    /// When it came.
    pub(crate) started: Instant,
    /// When it is given up.
    pub(crate) ends: Instant,
    /// `If-None-Match`.
    pub(crate) if_none_match: Vec<HeaderValue>,
    /// Who asks, once that is known.
    pub(crate) who: OnceLock<Who>,
    /// Its place among those of whom the tenant is not known; given back once it is.
    place: Mutex<Option<OwnedSemaphorePermit>>,
    /// Its place among its tenant's requests.
    share: OnceLock<TenantShare>,
    /// What it costs, and where the caller's budget stands.
    pub(crate) charge: Arc<Charge>,
    /// Where the budget of the client's address stands.
    pub(crate) address: OnceLock<Standing>,
    language: Option<Language>,
}

impl Exchange {
    pub(crate) fn begin(settings: &Settings, request: &Request) -> Self {
        let headers = request.headers();
        let started = Instant::now();
        let route = request.extensions().get::<MatchedPath>().cloned();
        let points = cost::points(request.method(), route.as_ref().map(MatchedPath::as_str));
        Self {
            request_id: sent_id(request).unwrap_or_else(|| new_id(settings)),
            surface: surface(request.uri().path()),
            method: method(request.method()),
            route,
            started,
            ends: started + settings.request_deadline,
            if_none_match: headers.get_all(IF_NONE_MATCH).iter().cloned().collect(),
            who: OnceLock::new(),
            place: Mutex::default(),
            share: OnceLock::new(),
            charge: Arc::new(Charge::new(points)),
            address: OnceLock::new(),
            language: Language::asked(headers),
        }
    }

    /// Keeps a place, for as long as the tenant is not known.
    pub(crate) fn wait_in(&self, place: OwnedSemaphorePermit) {
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
    }

    /// Takes a place among the tenant's requests, and gives the other one back.
    pub(crate) fn move_to(&self, share: TenantShare) {
        // Set once a request: there is one caller.
        let _ = self.share.set(share);
        self.place
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }

    /// The route for logs and metrics.
    pub(crate) fn route(&self) -> &str {
        self.route.as_ref().map_or("unmatched", MatchedPath::as_str)
    }

    /// The asked language, else the first of these that is spoken here, else English.
    pub(crate) fn language_or(&self, fallbacks: &[Option<&str>]) -> Language {
        let fallback = || {
            fallbacks
                .iter()
                .copied()
                .flatten()
                .find_map(Language::of_tag)
        };
        self.language.or_else(fallback).unwrap_or_default()
    }

    /// The asked language, else English.
    pub(crate) fn language(&self) -> Language {
        self.language_or(&[])
    }

    /// When sources are no longer waited for.
    pub(crate) fn sources_end(&self) -> Instant {
        self.ends
            .checked_sub(LAST_STEPS)
            .filter(|ends| *ends > self.started)
            .unwrap_or(self.ends)
    }
}

/// The face of a path. All that is not FHIR answers errors as REST does.
fn surface(path: &str) -> Surface {
    match path.strip_prefix("/fhir") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => Surface::Fhir,
        Some(_) | None => Surface::Portal,
    }
}

fn sent_id(request: &Request) -> Option<RequestId> {
    let mut ids = request.headers().get_all(REQUEST_ID).iter();
    let id = ids.next()?.to_str().ok()?;
    // Two of them are none: nobody could tell which one to look for.
    if ids.next().is_some() {
        return None;
    }
    RequestId::parse(id).ok()
}

fn new_id(settings: &Settings) -> RequestId {
    let ulid = settings.ids.ulid(settings.clock.now());
    RequestId::parse(&ulid.to_string()).expect("a ULID is visible ASCII")
}

fn method(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "OTHER",
    }
}
