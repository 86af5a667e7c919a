//! Who asks, and what is known of them.

use std::sync::Arc;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use portal_fhir::ResourceType;
use ulid::Ulid;

use super::{PATIENT, at};
use crate::access::{
    AccessFacts, AccountNeed, ActingFor, Action, AuthenticationStrength, BirthDate, Introspection,
    PatientClaim, PatientGrant, ProxyNeed, RevocationKeys, ScopeNeed, StatedContext, Surface,
    TenantBinding, TokenStanding, VerifiedToken, authorize,
};
use crate::account::{AccountKind, AccountSnapshot, AccountStatus};
use crate::audit::EventType;
use crate::feature::FeatureSet;
use crate::id::{Issuer, PatientId, PortalAccountId, ProxyDelegationId, Subject, TenantId};
use crate::proxy_delegation::{DelegationSnapshot, DelegationStatus, RelationshipType, RightSet};
use crate::scope::{Interaction, ScopeSet};
use crate::sensitivity::SensitivitySet;
use crate::tenant::Tenant;
use crate::tenant_config::TenantConfig;

/// The record of who acts for [`PATIENT`].
pub(crate) const PROXY: &str = "pat_9";
/// The day of [`at`] zero.
pub(crate) const TODAY: Date = date(2026, 1, 1);

pub(crate) fn tenant(id: &str) -> Tenant {
    Tenant {
        id: TenantId::parse(id).unwrap(),
        name: "North Valley".to_owned(),
        region: "eu".to_owned(),
        time_zone: TimeZone::UTC,
        locale: "en".to_owned(),
        calendar: "gregory".to_owned(),
        currency: "EUR".to_owned(),
        retention_years: 7,
        suspended: false,
        config: Arc::new(TenantConfig::default()),
        version: 1,
    }
}

pub(crate) fn account(patient: &str) -> AccountSnapshot {
    AccountSnapshot {
        id: PortalAccountId::new(Ulid(7)),
        kind: AccountKind::Patient,
        status: AccountStatus::Active,
        patient_id: Some(PatientId::parse(patient).unwrap()),
        preferred_language: None,
        last_login_at: None,
        version: 3,
    }
}

pub(crate) fn token(tenant: &str, scopes: &str) -> VerifiedToken {
    VerifiedToken {
        issuer: Issuer::parse("https://id.test").unwrap(),
        subject: Subject::parse("subject").unwrap(),
        client: None,
        first_party: true,
        tenant: TenantBinding {
            issuer: Some(TenantId::parse(tenant).unwrap()),
            claim: None,
        },
        patient_claim: None,
        scopes: ScopeSet::parse(scopes),
        scope_text: scopes.into(),
        strength: AuthenticationStrength {
            level: 2,
            second_factor: false,
        },
        delegation_claim: None,
        issued_at: at(0),
        authenticated_at: Some(at(0)),
        expires_at: at(600),
        revocation_keys: RevocationKeys::default(),
    }
}

/// Facts about who acts for themselves, without a launch context.
pub(crate) fn facts_of(tenant_id: &str, patient: &str) -> AccessFacts {
    AccessFacts {
        token: Arc::new(token(tenant_id, "patient/*.read")),
        standing: TokenStanding {
            revoked: false,
            list_is_fresh: true,
            introspection: Introspection::Active,
        },
        stated: StatedContext::default(),
        tenant: Some(Arc::new(tenant(tenant_id))),
        licensed: true,
        features: FeatureSet::of(|_| true),
        account: Some(Arc::new(account(patient))),
        delegations: Arc::default(),
        birth_date: BirthDate::NotAsked,
    }
}

/// Facts that pass every check of both surfaces.
pub(crate) fn facts() -> AccessFacts {
    let mut facts = facts_of("north", PATIENT);
    token_of(&mut facts).patient_claim = Some(PatientClaim::new(PATIENT));
    facts
}

pub(crate) fn token_of(facts: &mut AccessFacts) -> &mut VerifiedToken {
    Arc::make_mut(&mut facts.token)
}

/// A delegation in force, of [`PATIENT`]; the number tells it from others.
pub(crate) fn delegation(
    number: u128,
    relationship: RelationshipType,
    scope: RightSet,
) -> DelegationSnapshot {
    DelegationSnapshot {
        id: ProxyDelegationId::new(Ulid(number)),
        status: DelegationStatus::Active,
        relationship,
        grantor: PatientId::parse(PATIENT).unwrap(),
        scope,
        sensitive: SensitivitySet::NONE,
        valid_from: TODAY,
        valid_to: None,
        court_order: false,
        grantor_account: None,
        version: 5,
    }
}

/// Facts that pass every check of the portal for who acts by a delegation, the patient being a
/// child of five.
pub(crate) fn proxy_facts(delegation: DelegationSnapshot) -> AccessFacts {
    let mut facts = facts_of("north", PROXY);
    facts.stated.acting_for = ActingFor::Delegation(delegation.id);
    facts.delegations = Arc::from([Arc::new(delegation)]);
    facts.birth_date = BirthDate::Day(date(2020, 6, 1));
    facts
}

pub(crate) const fn action(surface: Surface, resource_type: ResourceType) -> Action {
    Action {
        operation: "listSomething",
        surface,
        event_type: EventType::ChartViewed,
        account: AccountNeed::Active,
        scope: ScopeNeed::Record(resource_type, Interaction::Search),
        proxy: ProxyNeed::OfType,
        feature: None,
        step_up: false,
    }
}

/// A grant for one patient of one tenant, with every read scope.
pub(crate) fn grant(tenant_id: &str, patient: &str) -> PatientGrant {
    let action = action(Surface::Portal, ResourceType::Patient);
    authorize(&facts_of(tenant_id, patient), &action, at(0)).unwrap()
}
