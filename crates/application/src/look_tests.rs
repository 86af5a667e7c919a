use portal_domain::account::{AccountSnapshot, AccountStatus};
use portal_domain::audit::{AccessEvent, ActorKind, EventType, MAX_RESOURCE_IDS, Outcome};
use portal_domain::source::RecordSet;
use portal_fhir::{Handling, ResourceType};
use std::sync::Arc;

use crate::answer::SearchAnswer;
use crate::caller::Caller;
use crate::error::{AccessError, InputError};
use crate::ports::{SourceError, StoreError};
use crate::record::Section;
use crate::testing::{Fate, World, account, caller, ids, patient, problem, raw};
use portal_domain::access::Denial;

type Answered = Result<SearchAnswer, AccessError>;

fn world() -> World {
    let world = World::new();
    world.sources.hold(
        RecordSet::Conditions,
        vec![problem("c1", ""), problem("c2", "")],
    );
    world
}

async fn problems(world: &World, caller: &Caller) -> Answered {
    world.portal.section(caller, Section::Problems, &[]).await
}

async fn read(world: &World, id: &str) -> Option<AccessError> {
    let portal = &world.portal;
    let answer = portal.read(&patient(), ResourceType::Condition, id).await;
    answer.err()
}

async fn named(world: &World, id: &str) -> Answered {
    let raw = raw(&[("patient", id)]);
    let (portal, kind) = (&world.portal, ResourceType::Condition);
    portal
        .search(&patient(), kind, &raw, Handling::Lenient)
        .await
}

fn only_event(world: &World) -> AccessEvent {
    let mut kept = world.journal.kept();
    assert_eq!(kept.len(), 1);
    kept.remove(0)
}

fn changed(status: AccountStatus) -> AccountSnapshot {
    AccountSnapshot {
        status,
        version: 2,
        ..account()
    }
}

#[tokio::test]
async fn an_answer_is_in_the_journal_with_what_it_showed() {
    let world = world();
    let answer = problems(&world, &patient()).await.unwrap();
    let event = only_event(&world);
    assert_eq!(answer.disclosure.receipt().event(), event.id);
    let recorded: Vec<&str> = event.resource_ids.iter().map(|id| &**id).collect();
    assert_eq!(recorded, ids(&answer.disclosure));
    assert_eq!(event.resource_count, 2);
    assert_eq!(event.event_type, EventType::ChartViewed);
    assert_eq!((event.outcome, event.reason_code), (Outcome::Success, None));
    assert_eq!(
        (event.operation, event.actor),
        ("listProblems", ActorKind::Oneself)
    );
    assert_eq!(event.fence.unwrap().account, (account().id, 1));
    let milliseconds = i64::try_from(event.id.ulid().timestamp_ms()).unwrap();
    assert_eq!(event.occurred_at.as_millisecond(), milliseconds);
}

#[tokio::test]
async fn an_event_carries_fifty_ids_and_counts_the_rest() {
    let world = World::new();
    let texts = (0..60).map(|index| problem(&format!("c{index}"), ""));
    world.sources.hold(RecordSet::Conditions, texts.collect());
    let raw = raw(&[("limit", "60")]);
    let portal = &world.portal;
    portal
        .section(&patient(), Section::Problems, &raw)
        .await
        .unwrap();
    let event = only_event(&world);
    assert_eq!(event.resource_ids.len(), MAX_RESOURCE_IDS);
    assert_eq!(event.resource_count, 60);
}

#[tokio::test]
async fn an_answer_on_stale_facts_is_decided_once_more() {
    let world = world();
    problems(&world, &patient()).await.unwrap();
    world.facts.set(Some(changed(AccountStatus::Active)));
    world.journal.expect(&[Fate::Stale]);
    let answer = problems(&world, &patient()).await.unwrap();
    assert_eq!(ids(&answer.disclosure).len(), 2);
    let kept = world.journal.kept();
    let versions: Vec<_> = kept
        .iter()
        .map(|event| event.fence.unwrap().account.1)
        .collect();
    assert_eq!(versions, [1, 2]);
    assert_eq!(world.facts.look_ups(), 2);
}

#[tokio::test]
async fn facts_that_stay_stale_give_no_answer() {
    let world = world();
    world.journal.expect(&[Fate::Stale, Fate::Stale]);
    let answer = problems(&world, &patient()).await;
    assert_eq!(answer.err(), Some(StoreError::Unavailable.into()));
    assert!(world.journal.kept().is_empty());
    assert_eq!(world.journal.reserved(), 2);
}

#[tokio::test]
async fn a_suspension_acts_on_the_answer_that_did_not_know_of_it() {
    let world = world();
    problems(&world, &patient()).await.unwrap();
    world.facts.set(Some(changed(AccountStatus::Suspended)));
    world.journal.expect(&[Fate::Stale]);
    let answer = problems(&world, &patient()).await;
    assert_eq!(answer.err(), Some(Denial::AccountNotActive.into()));
    let denial = world.journal.kept().pop().unwrap();
    assert_eq!(denial.outcome, Outcome::Denied);
    assert!(denial.fence.is_none());
}

#[tokio::test]
async fn a_miss_on_stale_facts_is_decided_once_more() {
    let world = world();
    read(&world, "cht.gone").await;
    world.facts.set(Some(changed(AccountStatus::Suspended)));
    world.journal.expect(&[Fate::Stale]);
    let error = read(&world, "cht.gone").await;
    assert_eq!(error, Some(Denial::AccountNotActive.into()));
    assert_eq!(world.journal.kept().len(), 2);
}

#[tokio::test]
async fn a_journal_that_fails_gives_no_answer() {
    let world = world();
    world.journal.expect(&[Fate::Lost]);
    let answer = problems(&world, &patient()).await;
    assert_eq!(answer.err(), Some(StoreError::Unavailable.into()));
    assert!(problems(&world, &patient()).await.is_ok());
}

#[tokio::test]
async fn without_a_place_in_the_journal_no_source_is_asked() {
    let world = world();
    world.journal.fill();
    let answer = problems(&world, &patient()).await;
    assert_eq!(answer.err(), Some(StoreError::Unavailable.into()));
    assert!(world.sources.take_calls().is_empty());
}

#[tokio::test]
async fn a_refusal_is_journaled_without_versions_and_asks_no_source() {
    let world = world();
    let answer = problems(&world, &caller("patient/Observation.read")).await;
    assert_eq!(answer.err(), Some(Denial::InsufficientScope.into()));
    let event = only_event(&world);
    assert_eq!(event.event_type, EventType::AccessDenied);
    assert_eq!(event.outcome, Outcome::Denied);
    assert_eq!(event.reason_code, Some("insufficient-scope"));
    assert_eq!(event.account_id, Some(account().id));
    assert_eq!(event.patient_id, account().patient_id);
    assert!(event.fence.is_none() && event.resource_ids.is_empty());
    assert!(world.sources.take_calls().is_empty());
}

#[tokio::test]
async fn a_refusal_without_an_account_is_journaled_too() {
    let world = world();
    world.facts.set(None);
    let answer = problems(&world, &patient()).await;
    assert_eq!(answer.err(), Some(Denial::AccountNotLinked.into()));
    let event = only_event(&world);
    assert_eq!((event.account_id, event.patient_id), (None, None));
}

#[tokio::test]
async fn a_refusal_before_the_tenant_is_known_is_not_journaled() {
    let world = world();
    let mut stranger = patient();
    Arc::make_mut(&mut stranger.token).tenant.issuer = None;
    let answer = problems(&world, &stranger).await;
    assert_eq!(answer.err(), Some(Denial::TenantClaimRequired.into()));
    assert!(world.journal.kept().is_empty());
}

#[tokio::test]
async fn a_refusal_that_cannot_be_journaled_stays_the_same() {
    let world = world();
    let stranger = caller("openid");
    world.journal.expect(&[Fate::Lost]);
    let lost = problems(&world, &stranger).await.err();
    world.journal.fill();
    let full = problems(&world, &stranger).await.err();
    assert_eq!(lost, Some(Denial::InsufficientScope.into()));
    assert_eq!(full, lost);
}

#[tokio::test]
async fn refusals_are_journaled_ten_a_minute_and_then_counted() {
    let world = world();
    for _ in 0..25 {
        let answer = problems(&world, &caller("openid")).await;
        assert_eq!(answer.err(), Some(Denial::InsufficientScope.into()));
    }
    assert_eq!(world.journal.kept().len(), 10);
    world.portal.write_counted_denials(false).await;
    assert_eq!(world.journal.kept().len(), 10, "the minute is not over");
    world.clock.advance(60);
    world.portal.write_counted_denials(false).await;
    let kept = world.journal.kept();
    assert_eq!(kept.last().unwrap().resource_count, 15);
    assert_eq!(kept.len(), 11);
    problems(&world, &caller("openid")).await.unwrap_err();
    assert_eq!(world.journal.kept().pop().unwrap().resource_count, 1);
}

#[tokio::test]
async fn every_other_patient_is_refused_alike_and_seldom_journaled() {
    let world = world();
    assert!(named(&world, "Patient/pat-1").await.is_ok());
    for id in ["pat-2", "Patient/pat-2", "nobody", "pat-11", "..", "%"].repeat(4) {
        let refused = named(&world, id).await.err();
        assert_eq!(refused, Some(Denial::OtherPatient.into()), "{id}");
    }
    let kept = world.journal.kept();
    let refusals: Vec<_> = kept
        .iter()
        .filter(|event| event.outcome == Outcome::Denied)
        .collect();
    assert_eq!(refusals.len(), 10);
    assert!(refusals.iter().all(|event| event.fence.is_none()));
    assert_eq!(world.sources.take_calls().len(), 1);
}

#[tokio::test]
async fn a_miss_is_journaled_as_failed() {
    let world = world();
    assert_eq!(read(&world, "cht.gone").await, Some(AccessError::NotFound));
    let event = only_event(&world);
    assert_eq!(event.event_type, EventType::FhirRead);
    assert_eq!(event.outcome, Outcome::Failed);
    assert_eq!(event.reason_code, Some("not-found"));
    assert_eq!((event.resource_ids.len(), event.resource_count), (0, 0));
    assert!(event.fence.is_some());
}

#[tokio::test]
async fn a_miss_that_cannot_be_journaled_is_not_told() {
    let world = world();
    world.journal.expect(&[Fate::Lost]);
    let error = read(&world, "cht.gone").await;
    assert_eq!(error, Some(StoreError::Unavailable.into()));
}

#[tokio::test]
async fn a_source_that_is_down_is_journaled_as_failed() {
    let world = world();
    world
        .sources
        .fail(RecordSet::Conditions, SourceError::TimedOut);
    let answer = problems(&world, &patient()).await;
    assert_eq!(answer.err(), Some(SourceError::TimedOut.into()));
    assert_eq!(only_event(&world).reason_code, Some("source-unavailable"));
}

#[tokio::test]
async fn input_is_read_after_the_decision() {
    let world = world();
    let raw = raw(&[("nonsense", "1")]);
    let ask = async |caller: Caller| {
        let answer = world.portal.section(&caller, Section::Problems, &raw).await;
        answer.err()
    };
    let refused = ask(caller("openid")).await;
    assert_eq!(refused, Some(Denial::InsufficientScope.into()));
    let invalid = ask(patient()).await;
    assert_eq!(invalid, Some(InputError::UnknownParameter.into()));
    assert!(world.sources.take_calls().is_empty());
}
