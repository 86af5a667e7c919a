use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::civil::date;
use portal_domain::access::{ActingFor, Denial, Introspection};
use portal_domain::account::{AccountSnapshot, AccountStatus};
use portal_domain::audit::ActorKind;
use portal_domain::id::{PatientId, PortalAccountId, ProxyDelegationId};
use portal_domain::proxy_delegation::{
    DelegationRight, DelegationSnapshot, DelegationStatus, GrantorAccount, RelationshipType,
    RightSet,
};
use portal_domain::sensitivity::SensitivitySet;
use portal_domain::source::RecordSet;
use portal_domain::tenant_config::TenantConfig;
use portal_fhir::{Handling, ResourceType};
use ulid::Ulid;

use crate::caller::Caller;
use crate::error::AccessError;
use crate::ports::{ListedStanding, SourceError};
use crate::record::Section;
use crate::testing::{Fate, World, account, patient};

const GRANTOR: &str = "pat-2";

fn delegation(relationship: RelationshipType) -> DelegationSnapshot {
    DelegationSnapshot {
        id: ProxyDelegationId::new(Ulid(9)),
        status: DelegationStatus::Active,
        relationship,
        grantor: PatientId::parse(GRANTOR).unwrap(),
        scope: RightSet::of([DelegationRight::Problems]),
        sensitive: SensitivitySet::NONE,
        valid_from: date(2020, 1, 1),
        valid_to: None,
        court_order: false,
        grantor_account: Some(GrantorAccount {
            id: PortalAccountId::new(Ulid(8)),
            status: AccountStatus::Active,
            version: 5,
        }),
        version: 4,
    }
}

fn acting() -> Caller {
    patient().acting_for(ActingFor::Delegation(ProxyDelegationId::new(Ulid(9))))
}

fn app() -> Caller {
    let mut caller = patient();
    Arc::make_mut(&mut caller.token).first_party = false;
    caller
}

async fn problems(world: &World, caller: &Caller) -> Result<(), AccessError> {
    let answer = world.portal.section(caller, Section::Problems, &[]).await;
    answer.map(|_| ())
}

async fn conditions(world: &World, caller: &Caller) -> Result<(), AccessError> {
    let kind = ResourceType::Condition;
    let answer = world
        .portal
        .search(caller, kind, &[], Handling::Lenient)
        .await;
    answer.map(|_| ())
}

fn denied(denial: Denial) -> Result<(), AccessError> {
    Err(AccessError::Denied(denial))
}

#[tokio::test]
async fn a_refusal_on_remembered_facts_is_decided_once_more() {
    let world = World::new();
    assert_eq!(problems(&world, &patient()).await, Ok(()));
    let unknown = denied(Denial::ProxyDelegationUnknown);
    assert_eq!(problems(&world, &acting()).await, unknown);
    world
        .facts
        .delegate(vec![delegation(RelationshipType::Spouse)]);
    assert_eq!(problems(&world, &acting()).await, Ok(()));
    assert_eq!(world.facts.look_ups(), 3, "and what passes is remembered");
    assert_eq!(problems(&world, &acting()).await, Ok(()));
    assert_eq!(world.facts.look_ups(), 3);
}

#[tokio::test]
async fn what_the_token_alone_decides_asks_the_store_only_once() {
    let world = World::new();
    let narrow = crate::testing::caller("patient/Patient.read");
    for _ in 0..3 {
        assert_eq!(
            problems(&world, &narrow).await,
            denied(Denial::InsufficientScope)
        );
    }
    assert_eq!(world.facts.look_ups(), 1);
}

#[tokio::test]
async fn an_answer_on_stale_facts_is_decided_on_the_stores_own() {
    let world = World::new();
    assert_eq!(problems(&world, &patient()).await, Ok(()));
    world.facts.set(Some(AccountSnapshot {
        status: AccountStatus::Suspended,
        version: 2,
        ..account()
    }));
    world.journal.expect(&[Fate::Stale]);
    assert_eq!(
        problems(&world, &patient()).await,
        denied(Denial::AccountNotActive)
    );
    assert_eq!(world.facts.look_ups(), 2);
}

#[tokio::test]
async fn a_proxys_act_is_the_patients_event_and_fenced_by_every_fact() {
    let world = World::new();
    world
        .facts
        .delegate(vec![delegation(RelationshipType::Spouse)]);
    problems(&world, &acting()).await.unwrap();
    let event = world.journal.kept().remove(0);
    assert_eq!(event.patient_id, Some(PatientId::parse(GRANTOR).unwrap()));
    assert_eq!(event.actor, ActorKind::Proxy);
    assert_eq!(event.delegation_id, Some(ProxyDelegationId::new(Ulid(9))));
    let fence = event.fence.unwrap();
    assert_eq!((fence.tenant, fence.account), (1, (account().id, 1)));
    assert_eq!(fence.delegation, Some((ProxyDelegationId::new(Ulid(9)), 4)));
    assert_eq!(fence.grantor, Some((PortalAccountId::new(Ulid(8)), 5)));
}

#[tokio::test]
async fn a_proxys_refusal_is_told_to_the_patient() {
    let world = World::new();
    let mut narrow = delegation(RelationshipType::Spouse);
    narrow.scope = RightSet::of([DelegationRight::Labs]);
    world.facts.delegate(vec![narrow]);
    assert_eq!(
        problems(&world, &acting()).await,
        denied(Denial::ProxyScopeDenied)
    );
    let event = world.journal.kept().remove(0);
    assert_eq!(event.patient_id, Some(PatientId::parse(GRANTOR).unwrap()));
    assert_eq!(
        (event.actor, event.reason_code),
        (ActorKind::Proxy, Some("proxy-scope-denied"))
    );
    assert!(event.fence.is_none());
}

#[tokio::test]
async fn a_parent_without_a_birth_date_to_judge_by_opens_nothing() {
    let world = World::new();
    world
        .facts
        .delegate(vec![delegation(RelationshipType::Parent)]);
    assert_eq!(
        problems(&world, &acting()).await,
        denied(Denial::BirthDateUnknown)
    );
    let world = World::new();
    world
        .facts
        .delegate(vec![delegation(RelationshipType::Parent)]);
    world
        .sources
        .fail(RecordSet::Patient, SourceError::Unavailable);
    let down = Err(AccessError::Source(SourceError::Unavailable));
    assert_eq!(problems(&world, &acting()).await, down);
}

#[tokio::test]
async fn a_listed_token_is_refused_before_anything_is_asked() {
    let world = World::new();
    *world.revocations.0.lock().unwrap() = ListedStanding {
        revoked: true,
        is_fresh: true,
    };
    assert_eq!(
        problems(&world, &patient()).await,
        denied(Denial::TokenRevoked)
    );
    assert_eq!(world.facts.look_ups(), 0);
}

#[tokio::test]
async fn third_parties_are_confirmed_and_need_a_fresh_list() {
    let world = World::new();
    let says = |answer| *world.introspection.answer.lock().unwrap() = answer;
    says(Introspection::Active);
    assert_eq!(conditions(&world, &app()).await, Ok(()));
    says(Introspection::Inactive);
    assert_eq!(
        conditions(&world, &app()).await,
        denied(Denial::TokenRevoked)
    );
    says(Introspection::Unavailable);
    assert_eq!(
        conditions(&world, &app()).await,
        denied(Denial::TokenUnconfirmed)
    );
    assert_eq!(
        conditions(&world, &patient()).await,
        Ok(()),
        "first parties run on"
    );
    says(Introspection::Active);
    *world.revocations.0.lock().unwrap() = ListedStanding {
        revoked: false,
        is_fresh: false,
    };
    assert_eq!(
        conditions(&world, &app()).await,
        denied(Denial::TokenUnconfirmed)
    );
    assert_eq!(conditions(&world, &patient()).await, Ok(()));
}

#[tokio::test]
async fn first_parties_are_asked_about_where_the_tenant_wants_it() {
    let world = World::new();
    let asked = || world.introspection.asked.load(Ordering::SeqCst);
    *world.introspection.answer.lock().unwrap() = Introspection::Inactive;
    assert_eq!(problems(&world, &patient()).await, Ok(()));
    assert_eq!(asked(), 0);
    world.facts.configure(TenantConfig {
        introspect_tokens: true,
        ..TenantConfig::default()
    });
    world.journal.expect(&[Fate::Stale]);
    assert_eq!(
        problems(&world, &patient()).await,
        denied(Denial::TokenRevoked)
    );
    assert_eq!(asked(), 1);
}
