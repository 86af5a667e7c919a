//! The remaining ports, in memory.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use portal_domain::access::{Introspection, PatientGrant, RecordTarget, Surface, VerifiedToken};
use portal_domain::account::{AccountKind, AccountSnapshot, AccountStatus};
use portal_domain::disclosure::StoredSet;
use portal_domain::id::{Issuer, PatientId, PortalAccountId, Subject, TenantId};
use portal_domain::proxy_delegation::DelegationSnapshot;
use portal_domain::source::RecordSet;
use portal_domain::tenant::Tenant;
use portal_domain::tenant_config::TenantConfig;
use ulid::Ulid;

use super::PATIENT;
use crate::ports::{
    AccessLog, AccessLogFilter, AccessLogPage, BearerToken, CacheLoad, Clock, CursorBinding,
    CursorInvalid, CursorSeal, Entitlements, EntitlementsUnavailable, Facts, Features, Generation,
    Ids, ListedStanding, LogWindow, PatientEvent, RecordCache, Revocations, StoreError,
    StoredFacts, TokenIntrospection, TokenRefusal, TokenVerifier,
};

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + second).unwrap()
}

/// A clock that stands until it is moved.
#[derive(Default)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        at(self.0.load(Ordering::SeqCst))
    }
}

#[derive(Default)]
pub(crate) struct SerialIds(AtomicU64);

impl Ids for SerialIds {
    fn ulid(&self, now: Timestamp) -> Ulid {
        let random = self.0.fetch_add(1, Ordering::SeqCst);
        let milliseconds = u64::try_from(now.as_millisecond()).unwrap();
        Ulid::from_parts(milliseconds, random.into())
    }
}

pub(crate) struct NoVerifier;

#[async_trait]
impl TokenVerifier for NoVerifier {
    async fn verify(
        &self,
        _: &BearerToken,
        _: Surface,
    ) -> Result<Arc<VerifiedToken>, TokenRefusal> {
        Err(TokenRefusal::KeysUnavailable)
    }
}

pub(crate) fn tenant(id: &TenantId) -> Tenant {
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

/// Nothing is revoked, and the list is fresh, unless it is told otherwise.
pub(crate) struct MemoryRevocations(pub(crate) Mutex<ListedStanding>);

impl Default for MemoryRevocations {
    fn default() -> Self {
        Self(Mutex::new(ListedStanding {
            revoked: false,
            is_fresh: true,
        }))
    }
}

impl Revocations for MemoryRevocations {
    fn standing(&self, _: &TenantId, _: &VerifiedToken, _: Timestamp) -> ListedStanding {
        *self.0.lock().unwrap()
    }
}

/// A provider that says one thing of every token, and counts.
#[derive(Default)]
pub(crate) struct MemoryIntrospection {
    pub(crate) answer: Mutex<Introspection>,
    pub(crate) asked: AtomicUsize,
}

#[async_trait]
impl TokenIntrospection for MemoryIntrospection {
    async fn introspect(&self, _: &VerifiedToken, _: &BearerToken) -> Introspection {
        self.asked.fetch_add(1, Ordering::SeqCst);
        *self.answer.lock().unwrap()
    }
}

pub(crate) struct OneLicence(pub(crate) &'static str);

#[async_trait]
impl Entitlements for OneLicence {
    async fn features(&self, _: &TenantId) -> Result<Features, EntitlementsUnavailable> {
        let held = [self.0, "ehr.claims", "communication"];
        Ok(Arc::new(BTreeSet::from(held.map(str::to_owned))))
    }
}

/// The active account of the patient.
pub(crate) fn account() -> AccountSnapshot {
    AccountSnapshot {
        id: PortalAccountId::new(Ulid(7)),
        kind: AccountKind::Patient,
        status: AccountStatus::Active,
        patient_id: Some(PatientId::parse(PATIENT).unwrap()),
        preferred_language: None,
        last_login_at: None,
        version: 1,
    }
}

/// The facts of everybody, and how often they were looked up.
pub(crate) struct MemoryFacts {
    tenant: Mutex<Tenant>,
    account: Mutex<Option<AccountSnapshot>>,
    delegations: Mutex<Vec<DelegationSnapshot>>,
    found: AtomicUsize,
}

impl Default for MemoryFacts {
    fn default() -> Self {
        Self {
            tenant: Mutex::new(tenant(&TenantId::parse(super::TENANT).unwrap())),
            account: Mutex::new(Some(account())),
            delegations: Mutex::default(),
            found: AtomicUsize::new(0),
        }
    }
}

impl MemoryFacts {
    pub(crate) fn set(&self, account: Option<AccountSnapshot>) {
        *self.account.lock().unwrap() = account;
    }

    pub(crate) fn delegate(&self, delegations: Vec<DelegationSnapshot>) {
        *self.delegations.lock().unwrap() = delegations;
    }

    pub(crate) fn configure(&self, config: TenantConfig) {
        let mut tenant = self.tenant.lock().unwrap();
        tenant.config = Arc::new(config);
        tenant.version += 1;
    }

    pub(crate) fn look_ups(&self) -> usize {
        self.found.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Facts for MemoryFacts {
    async fn find(
        &self,
        id: &TenantId,
        _: &Issuer,
        _: &Subject,
        _: Option<&Arc<Tenant>>,
    ) -> Result<StoredFacts, StoreError> {
        self.found.fetch_add(1, Ordering::SeqCst);
        let tenant = self.tenant.lock().unwrap().clone();
        if tenant.id != *id {
            return Ok(StoredFacts::default());
        }
        let delegations = self.delegations.lock().unwrap().clone();
        Ok(StoredFacts {
            tenant: Some(Arc::new(tenant)),
            account: self.account.lock().unwrap().clone().map(Arc::new),
            delegations: delegations.into_iter().map(Arc::new).collect(),
        })
    }
}

#[derive(Default)]
pub(crate) struct MemoryCache {
    sets: Mutex<HashMap<(RecordTarget, RecordSet), Arc<StoredSet>>>,
}

#[async_trait]
impl RecordCache for MemoryCache {
    async fn load(&self, target: &RecordTarget, set: RecordSet) -> CacheLoad {
        let sets = self.sets.lock().unwrap();
        CacheLoad {
            stored: sets.get(&(target.clone(), set)).cloned(),
            generation: Some(Generation(1)),
        }
    }

    async fn store(&self, target: &RecordTarget, stored: &Arc<StoredSet>, _: Generation) {
        let key = (target.clone(), stored.set);
        self.sets.lock().unwrap().insert(key, Arc::clone(stored));
    }
}

impl MemoryCache {
    pub(crate) fn holds(&self, set: RecordSet) -> bool {
        self.sets
            .lock()
            .unwrap()
            .keys()
            .any(|(_, held)| *held == set)
    }
}

pub(crate) struct NoAccessLog;

#[async_trait]
impl AccessLog for NoAccessLog {
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

type Sealed = (CursorBinding, Vec<u8>, Timestamp);

/// Cursors are numbers of what was sealed.
#[derive(Default)]
pub(crate) struct MemoryCursors(Mutex<Vec<Sealed>>);

impl CursorSeal for MemoryCursors {
    fn seal(&self, binding: &CursorBinding, payload: &[u8], now: Timestamp) -> String {
        let mut sealed = self.0.lock().unwrap();
        sealed.push((binding.clone(), payload.to_vec(), now));
        (sealed.len() - 1).to_string()
    }

    fn open(
        &self,
        binding: &CursorBinding,
        cursor: &str,
        now: Timestamp,
    ) -> Result<Vec<u8>, CursorInvalid> {
        let sealed = self.0.lock().unwrap();
        let index: usize = cursor.parse().map_err(|_| CursorInvalid)?;
        let (to, payload, since) = sealed.get(index).ok_or(CursorInvalid)?;
        let young = now.duration_since(*since) < SignedDuration::from_mins(15);
        (to == binding && young)
            .then(|| payload.clone())
            .ok_or(CursorInvalid)
    }
}
