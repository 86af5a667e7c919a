//! A portal over stub ports, and disclosures of given resources, for the tests of this crate.

mod changes;
mod people;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::{Timestamp, tz::TimeZone};
use portal_application::ports::{
    AccessLog, AccessLogFilter, AccessLogPage, BearerToken, CacheLoad, Clock, Content,
    ContentRequest, CursorBinding, CursorInvalid, CursorSeal, Entitlements,
    EntitlementsUnavailable, Facts, Features, Generation, Ids, Journal, JournalPlace, LinkPlace,
    ListedStanding, LogWindow, PatientEvent, PatientLink, PatientLinks, PatientQuery, Payer,
    RateLimits, RecordCache, Recording, Revocations, SourceError, SourceRequest, Sources, Standing,
    StoreError, StoredFacts, TokenIntrospection, TokenRefusal, TokenVerifier,
};
use portal_application::{Parts, PatientNames, Portal, RecordRules, SourceRules};
use portal_domain::access::{
    AuthenticationStrength, Introspection, PatientClaim, PatientGrant, RecordTarget,
    RevocationKeys, Surface, TenantBinding, VerifiedToken,
};
use portal_domain::account::{AccountKind, AccountSnapshot, AccountStatus};
use portal_domain::audit::{AccessEvent, Receipt};
use portal_domain::disclosure::{Fetched, Room, StoredSet};
use portal_domain::id::{Issuer, PatientId, PortalAccountId, Subject, TenantId};
use portal_domain::patient_link::PatientIds;
use portal_domain::release::{ReleaseMode, ReleaseRules};
use portal_domain::scope::ScopeSet;
use portal_domain::sensitivity::LabelMode;
use portal_domain::source::{RecordSet, Source};
use portal_domain::tenant::Tenant;
use portal_fhir::{Limits, Record, read_header};
use ulid::Ulid;

use crate::{HealthState, Settings};

pub(crate) const PUBLIC_URL: &str = "https://portal.test";
const SCOPES: &str = "patient/*.read";

/// Stands for everything outside. A token is the list of its scopes, `,` between them; `-` is one
/// that nobody believes.
struct Outside {
    resources: Vec<(RecordSet, String)>,
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(1_776_502_800).unwrap()
}

pub(crate) fn settings() -> Settings {
    let outside = Arc::new(Outside {
        resources: Vec::new(),
    });
    Settings {
        public_url: PUBLIC_URL.to_owned(),
        trusted_proxies: Vec::new(),
        max_in_flight: Settings::MAX_IN_FLIGHT,
        request_deadline: Duration::from_secs(2),
        production: false,
        step_up_acr: Some("2".to_owned()),
        health: Arc::new(HealthState::default()),
        clock: Arc::clone(&outside) as Arc<dyn Clock>,
        ids: outside,
        actor_hash: Arc::new(|_, subject| format!("hash-{}", subject.as_str().len())),
    }
}

/// A portal whose sources hold these resources of patient `p1`.
pub(crate) fn portal(resources: &[(RecordSet, &str)]) -> Portal {
    let resources = resources
        .iter()
        .map(|(set, text)| (*set, (*text).to_owned()))
        .collect();
    let outside = Arc::new(Outside { resources });
    let source = |source: &Source| SourceRules {
        base_url: format!("http://{}.test", source.as_str()),
        code: source.default_code().to_owned(),
        patient_ids: PatientIds::Shared,
        release: ReleaseRules {
            mode: ReleaseMode::ByStatus,
            tag_system: "urn:tags".into(),
            labels: LabelMode::None,
        },
    };
    let sources = Source::ALL.iter().map(source).collect();
    let rules = RecordRules::new(sources, PUBLIC_URL.to_owned()).unwrap();
    let rules = Arc::new(rules);
    let parts = (Arc::clone(&outside) as _, Arc::clone(&outside) as _);
    let names = PatientNames::new(parts.0, Arc::clone(&rules), parts.1);
    Portal::new(Parts {
        verifier: Arc::clone(&outside) as _,
        facts: Arc::clone(&outside) as _,
        revocations: Arc::clone(&outside) as _,
        introspection: Arc::clone(&outside) as _,
        entitlements: Arc::clone(&outside) as _,
        sources: Arc::clone(&outside) as _,
        directory: Arc::clone(&outside) as _,
        notifier: Arc::clone(&outside) as _,
        cache: Arc::clone(&outside) as _,
        journal: Arc::clone(&outside) as _,
        units: Arc::clone(&outside) as _,
        account_views: Arc::clone(&outside) as _,
        app_uses: Arc::clone(&outside) as _,
        secrets: Arc::clone(&outside) as _,
        access_log: Arc::clone(&outside) as _,
        cursors: Arc::clone(&outside) as _,
        limits: Arc::clone(&outside) as _,
        clock: Arc::clone(&outside) as _,
        ids: outside,
        rules,
        names,
        own_clients: Vec::new(),
        licence_key: "ehr.portal".to_owned(),
        region: "eu".to_owned(),
    })
}

/// Budgets that nobody uses up.
pub(crate) fn limits() -> Arc<dyn RateLimits> {
    Arc::new(Outside {
        resources: Vec::new(),
    })
}

#[async_trait]
impl RateLimits for Outside {
    async fn take(&self, _: Payer<'_>, points: u32) -> Standing {
        Standing {
            admitted: true,
            quota: 1_000,
            window: Duration::from_mins(1),
            remaining: 1_000 - points,
            resets_in: Duration::from_mins(1),
        }
    }
}

impl Clock for Outside {
    fn now(&self) -> Timestamp {
        now()
    }
}

impl Ids for Outside {
    fn ulid(&self, now: Timestamp) -> Ulid {
        Ulid::from_parts(now.as_millisecond().unsigned_abs(), 7)
    }
}

#[async_trait]
impl TokenVerifier for Outside {
    async fn verify(
        &self,
        token: &BearerToken,
        _: Surface,
    ) -> Result<Arc<VerifiedToken>, TokenRefusal> {
        let scopes = match token.expose() {
            "-" => return Err(TokenRefusal::Invalid("test")),
            "all" => SCOPES.to_owned(),
            text => format!("patient/{text}.read"),
        };
        Ok(Arc::new(VerifiedToken {
            issuer: Issuer::parse("https://id.test").unwrap(),
            subject: Subject::parse("subject").unwrap(),
            client: None,
            first_party: true,
            tenant: TenantBinding {
                issuer: Some(TenantId::parse("north").unwrap()),
                claim: None,
            },
            patient_claim: Some(PatientClaim::new("p1")),
            scopes: ScopeSet::parse(&scopes),
            scope_text: scopes.into(),
            strength: AuthenticationStrength {
                level: 2,
                second_factor: false,
            },
            delegation_claim: None,
            issued_at: now(),
            authenticated_at: Some(now()),
            expires_at: now(),
            revocation_keys: RevocationKeys::default(),
        }))
    }
}

#[async_trait]
impl Facts for Outside {
    async fn find(
        &self,
        id: &TenantId,
        _: &Issuer,
        _: &Subject,
        _: Option<&Arc<Tenant>>,
    ) -> Result<StoredFacts, StoreError> {
        Ok(StoredFacts {
            tenant: Some(Arc::new(tenant(id))),
            account: Some(Arc::new(account())),
            delegations: Vec::new(),
        })
    }
}

fn tenant(id: &TenantId) -> Tenant {
    Tenant {
        id: id.clone(),
        name: "North Valley".to_owned(),
        region: "eu".to_owned(),
        time_zone: TimeZone::UTC,
        locale: "en".to_owned(),
        calendar: "gregory".to_owned(),
        currency: "EUR".to_owned(),
        retention_years: 7,
        suspended: false,
        config: Arc::default(),
        version: 1,
    }
}

fn account() -> AccountSnapshot {
    AccountSnapshot {
        id: PortalAccountId::new(Ulid(7)),
        kind: AccountKind::Patient,
        status: AccountStatus::Active,
        patient_id: Some(PatientId::parse("p1").unwrap()),
        preferred_language: None,
        last_login_at: None,
        version: 1,
    }
}

impl Revocations for Outside {
    fn standing(&self, _: &TenantId, _: &VerifiedToken, _: Timestamp) -> ListedStanding {
        ListedStanding {
            revoked: false,
            is_fresh: true,
        }
    }
}

#[async_trait]
impl TokenIntrospection for Outside {
    async fn introspect(&self, _: &VerifiedToken, _: &BearerToken) -> Introspection {
        Introspection::Active
    }
}

#[async_trait]
impl Entitlements for Outside {
    async fn features(&self, _: &TenantId) -> Result<Features, EntitlementsUnavailable> {
        let held = ["ehr.portal", "ehr.claims", "communication"];
        Ok(Arc::new(held.map(str::to_owned).into()))
    }
}

#[async_trait]
impl PatientLinks for Outside {
    async fn find(&self, _: &LinkPlace, _: &PatientId) -> Result<Option<PatientLink>, StoreError> {
        Ok(None)
    }

    async fn keep(
        &self,
        _: &LinkPlace,
        _: &PatientId,
        _: &PatientLink,
    ) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn forget(&self, _: &LinkPlace, _: &PatientId) -> Result<(), StoreError> {
        Ok(())
    }

    async fn patient_of(
        &self,
        _: &LinkPlace,
        _: &PatientId,
    ) -> Result<Option<PatientId>, StoreError> {
        Ok(None)
    }
}

#[async_trait]
impl Sources for Outside {
    async fn fetch(&self, request: &SourceRequest) -> Result<Fetched, SourceError> {
        let texts = self.resources.iter().filter(|(set, _)| *set == request.set);
        let records = texts.map(|(_, text)| {
            let bytes = Bytes::copy_from_slice(text.as_bytes());
            let header = read_header(&bytes, &Limits::default()).unwrap();
            Record { header, bytes }
        });
        let records: Vec<_> = records.collect();
        if records.iter().any(|record| &*record.header.id == "down") {
            return Err(SourceError::Unavailable);
        }
        Ok(Fetched {
            records,
            unreadable: 0,
            capped: false,
            as_of: now(),
            room: Room::default(),
        })
    }

    async fn patients(&self, _: &PatientQuery) -> Result<Fetched, SourceError> {
        Err(SourceError::Unavailable)
    }

    async fn open(&self, _: &ContentRequest) -> Result<Option<Content>, SourceError> {
        Ok(None)
    }
}

#[async_trait]
impl RecordCache for Outside {
    async fn load(&self, _: &RecordTarget, _: RecordSet) -> CacheLoad {
        CacheLoad::default()
    }

    async fn store(&self, _: &RecordTarget, _: &Arc<StoredSet>, _: Generation) {}
}

struct Place;

impl Journal for Outside {
    fn reserve(&self) -> Result<Box<dyn JournalPlace>, StoreError> {
        Ok(Box::new(Place))
    }
}

#[async_trait]
impl JournalPlace for Place {
    #[expect(
        clippy::disallowed_methods,
        reason = "stands for the journal's adapter in tests"
    )]
    async fn record(self: Box<Self>, event: AccessEvent) -> Result<Recording, StoreError> {
        Ok(Recording::Durable(Receipt::issue(event.id)))
    }
}

#[async_trait]
impl AccessLog for Outside {
    async fn page(
        &self,
        _: &PatientGrant,
        _: &AccessLogFilter,
    ) -> Result<AccessLogPage, StoreError> {
        Ok(AccessLogPage::default())
    }

    async fn window(
        &self,
        _: &PatientGrant,
        _: &LogWindow,
    ) -> Result<Vec<PatientEvent>, StoreError> {
        Ok(Vec::new())
    }
}

impl CursorSeal for Outside {
    fn seal(&self, _: &CursorBinding, payload: &[u8], _: Timestamp) -> String {
        let mut text = String::new();
        for byte in payload {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    fn open(
        &self,
        _: &CursorBinding,
        cursor: &str,
        _: Timestamp,
    ) -> Result<Vec<u8>, CursorInvalid> {
        let digits = cursor.as_bytes().chunks(2);
        digits
            .map(|pair| {
                let text = std::str::from_utf8(pair).map_err(|_| CursorInvalid)?;
                u8::from_str_radix(text, 16).map_err(|_| CursorInvalid)
            })
            .collect()
    }
}
