//! The remaining ports, in memory.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use portal_domain::access::{PatientGrant, RecordTarget, Surface, VerifiedToken};
use portal_domain::account::{AccountKind, AccountSnapshot, AccountStatus};
use portal_domain::disclosure::StoredSet;
use portal_domain::id::{Issuer, PatientId, PortalAccountId, Subject, TenantId};
use portal_domain::source::RecordSet;
use portal_domain::tenant::Tenant;
use ulid::Ulid;

use super::PATIENT;
use crate::ports::{
    AccessLog, AccessLogFilter, AccessLogPage, Accounts, BearerToken, CacheLoad, Clock,
    CursorBinding, CursorInvalid, CursorSeal, Entitlements, EntitlementsUnavailable, Features,
    Generation, Ids, RecordCache, StoreError, Tenants, TokenRefusal, TokenVerifier,
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

pub(crate) struct OneTenant;

#[async_trait]
impl Tenants for OneTenant {
    async fn find(&self, id: &TenantId) -> Result<Option<Tenant>, StoreError> {
        Ok((id.as_str() == super::TENANT).then(|| Tenant {
            id: id.clone(),
            name: "North Valley".to_owned(),
            region: "eu".to_owned(),
            time_zone: TimeZone::UTC,
            locale: "en".to_owned(),
            calendar: "gregory".to_owned(),
            currency: "EUR".to_owned(),
            retention_years: 7,
            version: 1,
        }))
    }
}

pub(crate) struct OneLicence(pub(crate) &'static str);

#[async_trait]
impl Entitlements for OneLicence {
    async fn features(&self, _: &TenantId) -> Result<Features, EntitlementsUnavailable> {
        Ok(Arc::new(BTreeSet::from([self.0.to_owned()])))
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

/// One account for everybody, and how often it was looked up.
pub(crate) struct MemoryAccounts {
    account: Mutex<Option<AccountSnapshot>>,
    found: AtomicUsize,
}

impl Default for MemoryAccounts {
    fn default() -> Self {
        Self {
            account: Mutex::new(Some(account())),
            found: AtomicUsize::new(0),
        }
    }
}

impl MemoryAccounts {
    pub(crate) fn set(&self, account: Option<AccountSnapshot>) {
        *self.account.lock().unwrap() = account;
    }

    pub(crate) fn look_ups(&self) -> usize {
        self.found.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Accounts for MemoryAccounts {
    async fn find(
        &self,
        _: &TenantId,
        _: &Issuer,
        _: &Subject,
    ) -> Result<Option<AccountSnapshot>, StoreError> {
        self.found.fetch_add(1, Ordering::SeqCst);
        Ok(self.account.lock().unwrap().clone())
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
