//! What the decision costs with its facts in memory: the time of one `authorize`, for a patient, a
//! voluntary proxy and a parent, over a million calls each.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use portal_domain::access::{
    AccessFacts, AccountNeed, ActingFor, Action, AuthenticationStrength, BirthDate, PatientClaim,
    ProxyNeed, RevocationKeys, ScopeNeed, StatedContext, Surface, TenantBinding, TokenStanding,
    VerifiedToken, authorize, birth_date_target,
};
use portal_domain::account::{AccountKind, AccountSnapshot, AccountStatus};
use portal_domain::audit::EventType;
use portal_domain::feature::FeatureSet;
use portal_domain::id::{Issuer, PatientId, PortalAccountId, ProxyDelegationId, Subject, TenantId};
use portal_domain::proxy_delegation::{
    DelegationRight, DelegationSnapshot, DelegationStatus, RelationshipType, RightSet,
};
use portal_domain::scope::{Interaction, ScopeSet};
use portal_domain::sensitivity::SensitivitySet;
use portal_domain::tenant::Tenant;
use portal_fhir::ResourceType;
use ulid::Ulid;

const CALLS: u32 = 1_000_000;
const SCOPES: &str = "openid profile patient/Patient.rs patient/Condition.rs patient/*.rs \
                      patient/Observation.rs?category=laboratory";

const ACTION: Action = Action {
    operation: "listProblems",
    surface: Surface::Portal,
    event_type: EventType::ChartViewed,
    account: AccountNeed::Active,
    scope: ScopeNeed::Record(ResourceType::Condition, Interaction::Search),
    proxy: ProxyNeed::Right(DelegationRight::Problems),
    feature: None,
    step_up: false,
};

fn main() {
    let now: Timestamp = "2026-06-01T10:00:00Z".parse().expect("a time");
    println!("| Decision, facts in memory | µs | goal |\n|---|--:|---|");
    let voluntary = Some(RelationshipType::Spouse);
    let parent = Some(RelationshipType::Parent);
    for (name, acting) in [("patient", None), ("proxy", voluntary), ("parent", parent)] {
        let facts = facts(now, acting);
        let began = Instant::now();
        for _ in 0..CALLS {
            let target = birth_date_target(black_box(&facts), &ACTION, now);
            black_box(target.expect("nothing refuses it"));
            black_box(authorize(black_box(&facts), &ACTION, now).expect("allowed"));
        }
        let micros = began.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS);
        let verdict = if micros <= 5.0 { "met" } else { "missed" };
        println!("| {name} | {micros:.2} | ≤ 5: {verdict} |");
    }
}

fn facts(now: Timestamp, acting: Option<RelationshipType>) -> AccessFacts {
    let delegations = RelationshipType::ALL.map(|kind| Arc::new(delegation(kind)));
    AccessFacts {
        token: Arc::new(token(now)),
        standing: TokenStanding {
            revoked: false,
            list_is_fresh: true,
            ..TokenStanding::default()
        },
        stated: StatedContext {
            tenant: None,
            acting_for: acting.map_or(ActingFor::Oneself, |kind| ActingFor::Delegation(id(kind))),
        },
        tenant: Some(Arc::new(tenant())),
        licensed: true,
        features: FeatureSet::of(|_| true),
        account: Some(Arc::new(account())),
        delegations: delegations.into(),
        birth_date: BirthDate::Day(date(2018, 2, 28)),
    }
}

fn token(now: Timestamp) -> VerifiedToken {
    VerifiedToken {
        issuer: Issuer::parse("https://id.example.org/realms/patients").expect("an issuer"),
        subject: Subject::parse("subject").expect("a subject"),
        client: None,
        first_party: true,
        tenant: TenantBinding {
            issuer: None,
            claim: Some(TenantId::parse("north").map_err(|_| ())),
        },
        patient_claim: Some(PatientClaim::new("patient-1")),
        scopes: ScopeSet::parse(SCOPES),
        scope_text: SCOPES.into(),
        strength: AuthenticationStrength {
            level: 2,
            second_factor: true,
        },
        delegation_claim: None,
        issued_at: now,
        authenticated_at: Some(now),
        expires_at: now + SignedDuration::from_mins(5),
        revocation_keys: RevocationKeys::default(),
    }
}

fn tenant() -> Tenant {
    Tenant {
        id: TenantId::parse("north").expect("a tenant"),
        name: "North Valley".to_owned(),
        region: "eu".to_owned(),
        time_zone: TimeZone::get("Asia/Kabul").expect("a zone"),
        locale: "en".to_owned(),
        calendar: "gregory".to_owned(),
        currency: "AFN".to_owned(),
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
        patient_id: Some(PatientId::parse("patient-1").expect("a patient")),
        preferred_language: None,
        last_login_at: None,
        version: 1,
    }
}

fn id(kind: RelationshipType) -> ProxyDelegationId {
    ProxyDelegationId::new(Ulid(kind as u128))
}

fn delegation(kind: RelationshipType) -> DelegationSnapshot {
    DelegationSnapshot {
        id: id(kind),
        status: DelegationStatus::Active,
        relationship: kind,
        grantor: PatientId::parse("patient-2").expect("a patient"),
        scope: RightSet::ALL,
        sensitive: SensitivitySet::NONE,
        valid_from: date(2020, 1, 1),
        valid_to: None,
        court_order: false,
        grantor_account: None,
        version: 1,
    }
}
