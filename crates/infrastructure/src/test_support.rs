//! What tests of several adapters need: a clock that is moved by hand, targets and records.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use portal_application::ports::Clock;
use portal_domain::access::{
    AccessFacts, AccountNeed, Action, AuthenticationStrength, BirthDate, ProxyNeed, RecordTarget,
    RevocationKeys, ScopeNeed, StatedContext, Surface, TenantBinding, TokenStanding, VerifiedToken,
    authorize,
};
use portal_domain::account::{AccountKind, AccountSnapshot, AccountStatus};
use portal_domain::audit::EventType;
use portal_domain::disclosure::{Memo, Room, StoredSet};
use portal_domain::feature::FeatureSet;
use portal_domain::id::{Issuer, PatientId, PortalAccountId, Subject, TenantId};
use portal_domain::scope::{Interaction, ScopeSet};
use portal_domain::source::RecordSet;
use portal_domain::tenant::Tenant;
use portal_fhir::{Limits, Record, ResourceType, read_header};
use ulid::Ulid;

pub(crate) const NOON: &str = "2026-03-01T12:00:00Z";

/// A clock that stands still until it is moved.
pub(crate) struct HandClock(Mutex<Timestamp>);

impl HandClock {
    pub(crate) fn at_noon() -> Arc<Self> {
        Arc::new(Self(Mutex::new(NOON.parse().expect("a time"))))
    }

    pub(crate) fn advance(&self, seconds: i64) {
        *self.0.lock().expect("no test panics inside") += SignedDuration::from_secs(seconds);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("no test panics inside")
    }
}

/// What a patient of a tenant may fetch, come by in the only way there is.
pub(crate) fn target(tenant: &str, patient: &str, resource_type: ResourceType) -> RecordTarget {
    let tenant_id = TenantId::parse(tenant).expect("valid");
    let now: Timestamp = NOON.parse().expect("a time");
    let token = VerifiedToken {
        issuer: Issuer::parse("https://issuer.example").expect("valid"),
        subject: Subject::parse("subject").expect("valid"),
        client: None,
        first_party: true,
        tenant: TenantBinding {
            issuer: Some(tenant_id.clone()),
            claim: None,
        },
        patient_claim: None,
        scopes: ScopeSet::parse("patient/*.read"),
        scope_text: "patient/*.read".into(),
        strength: AuthenticationStrength {
            level: 2,
            second_factor: false,
        },
        delegation_claim: None,
        issued_at: now,
        authenticated_at: None,
        expires_at: now,
        revocation_keys: RevocationKeys::default(),
    };
    let facts = AccessFacts {
        token: Arc::new(token),
        standing: TokenStanding::default(),
        stated: StatedContext::default(),
        tenant: Some(Arc::new(tenant_of(tenant_id))),
        licensed: true,
        features: FeatureSet::of(|_| true),
        account: Some(Arc::new(account_of(patient))),
        delegations: Arc::new([]),
        birth_date: BirthDate::default(),
    };
    let action = Action {
        operation: "test",
        surface: Surface::Portal,
        event_type: EventType::ChartViewed,
        account: AccountNeed::Active,
        scope: ScopeNeed::Record(resource_type, Interaction::Read),
        proxy: ProxyNeed::Never,
        feature: None,
        step_up: false,
    };
    let grant = authorize(&facts, &action, now).expect("allowed");
    grant.read(resource_type).expect("in scope").target()
}

pub(crate) fn tenant_of(id: TenantId) -> Tenant {
    Tenant {
        id,
        name: "Tenant".to_owned(),
        region: "test".to_owned(),
        time_zone: TimeZone::UTC,
        locale: "en".to_owned(),
        calendar: "gregory".to_owned(),
        currency: "AFN".to_owned(),
        retention_years: 7,
        suspended: false,
        config: Arc::default(),
        version: 1,
    }
}

fn account_of(patient: &str) -> AccountSnapshot {
    AccountSnapshot {
        id: PortalAccountId::new(Ulid(1)),
        kind: AccountKind::Patient,
        status: AccountStatus::Active,
        patient_id: Some(PatientId::parse(patient).expect("valid")),
        preferred_language: None,
        last_login_at: None,
        version: 1,
    }
}

/// A laboratory Observation of patient `pat-1`, as a source writes it.
pub(crate) fn observation_json(id: &str, value: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"final","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory"}}]}}],"code":{{"coding":[{{"system":"http://loinc.org","code":"2345-7"}}],"text":"Glucose"}},"subject":{{"reference":"Patient/pat-1"}},"effectiveDateTime":"2026-02-01T08:00:00Z","valueQuantity":{{"value":{value},"unit":"mmol/L"}}}}"#
    )
}

/// The same as a record.
pub(crate) fn observation(id: &str, value: &str) -> Record {
    record(&observation_json(id, value))
}

/// A resource with its header.
pub(crate) fn record(json: &str) -> Record {
    let bytes = Bytes::copy_from_slice(json.as_bytes());
    let header = read_header(&bytes, &Limits::default()).expect("a readable resource");
    Record { header, bytes }
}

/// A set of records, fetched at noon.
pub(crate) fn stored_set(target: &RecordTarget, set: RecordSet, records: Vec<Record>) -> StoredSet {
    StoredSet {
        tenant: target.tenant().clone(),
        patient: target.patient().clone(),
        at_source: target.at_source().clone(),
        set,
        records,
        as_of: NOON.parse().expect("a time"),
        incomplete: false,
        room: Room::default(),
        memo: Memo::default(),
    }
}
