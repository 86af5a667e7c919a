//! Facts of every kind, near enough to honest ones that some are allowed.

use std::sync::Arc;

use jiff::civil::{Date, date};
use jiff::{Span, Timestamp};
use portal_fhir::ResourceType;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use ulid::Ulid;

use super::super::{
    AccessFacts, AccountNeed, ActingFor, Action, AuthenticationStrength, BirthDate, Introspection,
    PatientClaim, ProxyNeed, ScopeNeed, StatedContext, Surface, TenantBinding, TokenStanding,
    VerifiedToken,
};
use crate::account::{AccountSnapshot, AccountStatus};
use crate::feature::FeatureSet;
use crate::id::{PatientId, PortalAccountId, ProxyDelegationId, TenantId};
use crate::proxy_delegation::{
    DelegationRight, DelegationSnapshot, DelegationStatus, GrantorAccount, RelationshipType,
    RightSet,
};
use crate::scope::{Interaction, ScopeSet};
use crate::sensitivity::{SensitivityCategory, SensitivitySet};
use crate::testing::{PATIENT, PROXY, TODAY, account, at, delegation, tenant, token};

const CLAIMS: [&str; 6] = [
    "patient/*.read",
    "patient/*.rs",
    "patient/*.cruds",
    "patient/Condition.rs patient/Patient.r",
    "patient/Observation.rs?category=laboratory patient/Condition.s",
    "openid user/*.read",
];

/// This, but now and then one of those: so seldom that few facts have more than one fault.
fn mostly<T: Clone + std::fmt::Debug + 'static>(
    honest: T,
    others: Vec<T>,
) -> impl Strategy<Value = T> {
    prop_oneof![30 => Just(honest), 1 => select(others)]
}

fn patient() -> impl Strategy<Value = PatientId> {
    let id = prop_oneof![8 => Just(PATIENT), 1 => Just("pat_2")];
    id.prop_map(|id| PatientId::parse(id).unwrap())
}

fn patient_claim() -> impl Strategy<Value = Option<PatientClaim>> {
    let claim = prop_oneof![
        4 => Just(None),
        4 => Just(Some(PROXY)),
        3 => Just(Some(PATIENT)),
        1 => Just(Some("pat_2")),
    ];
    claim.prop_map(|claim| claim.map(PatientClaim::new))
}

pub(super) fn rights() -> impl Strategy<Value = RightSet> {
    let some = subsequence(DelegationRight::ALL.to_vec(), 0..=16).prop_map(RightSet::of);
    prop_oneof![1 => Just(RightSet::ALL), 3 => some]
}

pub(super) fn categories() -> impl Strategy<Value = SensitivitySet> {
    subsequence(SensitivityCategory::ALL.to_vec(), 0..=7).prop_map(SensitivitySet::of)
}

fn day() -> impl Strategy<Value = Date> {
    (-3i64..=3).prop_map(|days| TODAY.checked_add(Span::new().days(days)).unwrap())
}

fn grantor_account() -> impl Strategy<Value = Option<GrantorAccount>> {
    use AccountStatus::{Active, Closed, PendingVerification, Suspended};
    let status = mostly(Active, vec![PendingVerification, Suspended, Closed]);
    prop::option::of(status.prop_map(|status| GrantorAccount {
        id: PortalAccountId::new(Ulid(8)),
        status,
        version: 2,
    }))
}

pub(crate) fn any_delegation() -> impl Strategy<Value = DelegationSnapshot> {
    let kind = select(RelationshipType::ALL.to_vec());
    let status = prop_oneof![
        8 => Just(DelegationStatus::Active),
        1 => select(DelegationStatus::ALL.to_vec()),
    ];
    let valid = (
        mostly(TODAY, vec![date(2026, 1, 2)]),
        prop::option::of(day()),
    );
    let parts = (1u128..4, kind, rights(), categories(), status);
    (parts, valid, any::<bool>(), patient(), grantor_account()).prop_map(
        |((number, kind, rights, sensitive, status), valid, court_order, grantor, account)| {
            DelegationSnapshot {
                status,
                grantor,
                sensitive,
                valid_from: valid.0,
                valid_to: valid.1,
                court_order,
                grantor_account: account,
                ..delegation(number, kind, rights)
            }
        },
    )
}

fn binding() -> impl Strategy<Value = TenantBinding> {
    let id = |text: &str| TenantId::parse(text).unwrap();
    let of = |issuer: Option<&str>, claim: Option<&str>| TenantBinding {
        issuer: issuer.map(id),
        claim: claim.map(|text| TenantId::parse(text).map_err(|_| ())),
    };
    mostly(
        of(Some("north"), None),
        vec![
            of(None, Some("north")),
            of(None, None),
            of(Some("north"), Some("south")),
            of(Some("north"), Some("no/rth")),
            of(None, Some("south")),
        ],
    )
}

fn delegation_claim() -> impl Strategy<Value = Option<Result<ProxyDelegationId, ()>>> {
    let id = |number| Some(Ok(ProxyDelegationId::new(Ulid(number))));
    mostly(None, vec![id(1), id(2), id(9), Some(Err(()))])
}

fn verified_token() -> impl Strategy<Value = VerifiedToken> {
    let strength = (mostly(2, vec![0, 1, 3]), any::<bool>());
    let proven: Vec<Option<Timestamp>> = vec![None, Some(at(-601)), Some(at(31))];
    let first_party = prop::bool::weighted(0.85);
    let parts = (first_party, binding(), patient_claim(), delegation_claim());
    let scopes = select(CLAIMS.to_vec());
    (parts, strength, mostly(Some(at(-9)), proven), scopes).prop_map(
        |((first_party, binding, claim, delegation), (level, second_factor), proven, scopes)| {
            VerifiedToken {
                first_party,
                tenant: binding,
                patient_claim: claim,
                delegation_claim: delegation,
                authenticated_at: proven,
                scopes: ScopeSet::parse(scopes),
                strength: AuthenticationStrength {
                    level,
                    second_factor,
                },
                ..token("north", "")
            }
        },
    )
}

fn standing() -> impl Strategy<Value = TokenStanding> {
    use Introspection::{Active, Inactive, NotAsked, Unavailable};
    let parts = (
        mostly(false, vec![true]),
        mostly(true, vec![false]),
        mostly(Active, vec![NotAsked, Inactive, Unavailable]),
    );
    parts.prop_map(|(revoked, list_is_fresh, introspection)| TokenStanding {
        revoked,
        list_is_fresh,
        introspection,
    })
}

fn stated() -> impl Strategy<Value = StatedContext> {
    let named = (1u128..4).prop_map(|it| ActingFor::Delegation(ProxyDelegationId::new(Ulid(it))));
    let acting_for = prop_oneof![
        8 => Just(ActingFor::Oneself),
        12 => named,
        1 => Just(ActingFor::Malformed),
    ];
    let tenant = mostly(None, vec![Some("north"), Some("south"), Some("")]);
    (acting_for, tenant).prop_map(|(acting_for, tenant)| StatedContext {
        acting_for,
        tenant: tenant.map(Box::from),
    })
}

fn any_account() -> impl Strategy<Value = AccountSnapshot> {
    use AccountStatus::{Active, Closed, PendingVerification, Suspended};
    let status = mostly(Active, vec![PendingVerification, Suspended, Closed]);
    (status, mostly(Some(PROXY), vec![None, Some(PATIENT)])).prop_map(|(status, patient)| {
        AccountSnapshot {
            status,
            patient_id: patient.map(|id| PatientId::parse(id).unwrap()),
            ..account(PROXY)
        }
    })
}

fn birth_date() -> impl Strategy<Value = BirthDate> {
    let born = (1990i16..2030).prop_map(|year| BirthDate::Day(date(year, 1, 1)));
    prop_oneof![
        12 => born,
        1 => Just(BirthDate::NotAsked),
        1 => Just(BirthDate::Unknown),
    ]
}

pub(super) fn any_facts() -> impl Strategy<Value = AccessFacts> {
    let known = (
        mostly(Some("north"), vec![None, Some("south")]),
        mostly(true, vec![false]),
        prop::option::weighted(0.95, any_account()),
        prop::collection::vec(any_delegation(), 0..4),
        birth_date(),
    );
    (verified_token(), standing(), stated(), known).prop_map(|(token, standing, stated, known)| {
        let (tenant_id, licensed, account, delegations, birth_date) = known;
        AccessFacts {
            token: Arc::new(token),
            standing,
            stated,
            tenant: tenant_id.map(|id| Arc::new(tenant(id))),
            licensed,
            features: FeatureSet::of(|_| licensed),
            account: account.map(Arc::new),
            delegations: delegations.into_iter().map(Arc::new).collect(),
            birth_date,
        }
    })
}

pub(super) fn any_action() -> impl Strategy<Value = Action> {
    let surface = select(vec![Surface::Portal, Surface::Fhir]);
    let kind = select(ResourceType::ALL.to_vec());
    let interaction = mostly(
        Interaction::Search,
        vec![Interaction::Read, Interaction::Update],
    );
    let right = select(DelegationRight::ALL.to_vec()).prop_map(ProxyNeed::Right);
    let proxy = prop_oneof![
        4 => Just(ProxyNeed::OfType),
        2 => Just(ProxyNeed::Any),
        1 => Just(ProxyNeed::Never),
        2 => right,
    ];
    let needs = (
        mostly(AccountNeed::Active, vec![AccountNeed::AnyState]),
        proxy,
    );
    (surface, kind, interaction, needs, any::<bool>()).prop_map(
        |(surface, kind, interaction, (account, proxy), step_up)| Action {
            account,
            proxy,
            step_up,
            scope: ScopeNeed::Record(kind, interaction),
            ..crate::testing::action(surface, kind)
        },
    )
}
