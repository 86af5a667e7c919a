use portal_domain::source::{RecordSet, Source};
use portal_fhir::{Handling, ResourceType};

use crate::answer::{SearchAnswer, SourceStatus};
use crate::error::AccessError;
use crate::ports::SourceError;
use crate::record::Section;
use crate::testing::{World, ids, patient, problem, result, rules_with, vital};

const SET: RecordSet = RecordSet::Conditions;

fn world() -> World {
    let world = World::new();
    world.sources.hold(SET, vec![problem("c1", "")]);
    world
}

async fn problems(world: &World) -> Result<SearchAnswer, AccessError> {
    world
        .portal
        .section(&patient(), Section::Problems, &[])
        .await
}

fn status(answer: &SearchAnswer) -> SourceStatus {
    answer.completeness.sources[0].status
}

#[tokio::test]
async fn a_set_is_fetched_once_and_then_cached_for_half_a_minute() {
    let world = world();
    let first = problems(&world).await.unwrap();
    world.clock.advance(30);
    let second = problems(&world).await.unwrap();
    assert_eq!(status(&first), SourceStatus::Fresh);
    assert_eq!(status(&second), SourceStatus::Cached);
    assert_eq!(
        second.completeness.sources[0].as_of,
        first.completeness.sources[0].as_of
    );
    assert_eq!(world.sources.take_calls(), [(SET, None)]);
    world.clock.advance(1);
    assert_eq!(
        status(&problems(&world).await.unwrap()),
        SourceStatus::Fresh
    );
    assert_eq!(world.sources.take_calls().len(), 1);
}

#[tokio::test]
async fn a_source_that_is_down_is_stood_in_for_five_minutes() {
    let world = world();
    problems(&world).await.unwrap();
    world.sources.fail(SET, SourceError::Unavailable);
    world.clock.advance(5 * 60);
    let stale = problems(&world).await.unwrap();
    assert_eq!(status(&stale), SourceStatus::Stale);
    assert_eq!(ids(&stale.disclosure), ["cht.c1"]);
    assert!(stale.completeness.sources[0].retry_after.is_some());
    world.clock.advance(1);
    let error = problems(&world).await.err();
    assert_eq!(error, Some(SourceError::Unavailable.into()));
}

#[tokio::test]
async fn a_cached_set_from_the_future_is_fetched_anew() {
    let world = world();
    problems(&world).await.unwrap();
    world.clock.advance(-3);
    assert_eq!(
        status(&problems(&world).await.unwrap()),
        SourceStatus::Fresh
    );
}

#[tokio::test]
async fn those_who_ask_together_share_one_call() {
    let world = world();
    world.sources.close();
    let open = async {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        world.sources.open();
    };
    let (first, second, ()) = tokio::join!(problems(&world), problems(&world), open);
    assert_eq!(
        ids(&first.unwrap().disclosure),
        ids(&second.unwrap().disclosure)
    );
    assert_eq!(world.sources.take_calls().len(), 1);
    assert_eq!(world.journal.kept().len(), 2);
}

#[tokio::test]
async fn a_failed_fetch_is_not_remembered() {
    let world = world();
    world.sources.fail(SET, SourceError::Invalid);
    assert!(problems(&world).await.is_err());
    assert!(!world.cache.holds(SET));
    world.sources.hold(SET, vec![problem("c1", "")]);
    assert_eq!(
        status(&problems(&world).await.unwrap()),
        SourceStatus::Fresh
    );
}

#[tokio::test]
async fn a_foreign_entry_costs_itself_and_is_said_as_a_hole() {
    let world = world();
    let foreign = problem("c2", "").replace("pat-1", "pat-2");
    world.sources.hold(SET, vec![problem("c1", ""), foreign]);
    let answer = problems(&world).await.unwrap();
    assert_eq!(ids(&answer.disclosure), ["cht.c1"]);
    assert_eq!(answer.total, Some(1));
    assert!(answer.completeness.incomplete);
}

/// The chart and the laboratory are one server.
fn one_server() -> World {
    let world = World::with(rules_with(|source, rules| {
        if matches!(source, Source::Laboratory | Source::PatientChart) {
            rules.base_url = "http://one.test/fhir".to_owned();
        }
    }));
    let held = vec![vital("v1", "final", 1), result("r1", "final")];
    world.sources.hold(RecordSet::ChartObservations, held);
    world
}

async fn observations(world: &World) -> SearchAnswer {
    let (portal, kind) = (&world.portal, ResourceType::Observation);
    let found = portal
        .search(&patient(), kind, &[], Handling::Lenient)
        .await;
    found.unwrap()
}

fn statuses(answer: &SearchAnswer) -> Vec<(Source, SourceStatus)> {
    let reports = answer.completeness.sources.iter();
    reports
        .map(|report| (report.source, report.status))
        .collect()
}

#[tokio::test]
async fn sets_of_one_base_are_read_once_and_each_is_its_sources() {
    let world = one_server();
    let answer = observations(&world).await;
    let mut found = ids(&answer.disclosure);
    found.sort();
    // The id code is that of the first source with the URL.
    assert_eq!(found, ["lab.r1", "lab.v1"]);
    let both = |status| vec![(Source::Laboratory, status), (Source::PatientChart, status)];
    assert_eq!(statuses(&answer), both(SourceStatus::Fresh));
    assert!(!answer.completeness.incomplete);
    assert_eq!(
        world.sources.take_calls(),
        [(RecordSet::ChartObservations, None)]
    );
    world.clock.advance(30);
    assert_eq!(
        statuses(&observations(&world).await),
        both(SourceStatus::Cached)
    );
    assert!(world.sources.take_calls().is_empty());
    world
        .sources
        .fail(RecordSet::ChartObservations, SourceError::TimedOut);
    world.clock.advance(1);
    assert_eq!(
        statuses(&observations(&world).await),
        both(SourceStatus::Stale)
    );
    assert_eq!(world.sources.take_calls().len(), 1);
}

#[tokio::test]
async fn whoever_reads_one_set_of_a_base_brings_the_other_along() {
    let world = one_server();
    let caller = patient();
    let section = world.portal.section(&caller, Section::Vitals, &[]).await;
    assert_eq!(ids(&section.unwrap().disclosure), ["lab.v1"]);
    assert_eq!(world.sources.take_calls().len(), 1);
    let answer = observations(&world).await;
    assert_eq!(answer.total, Some(2));
    assert!(world.sources.take_calls().is_empty());
}

#[tokio::test]
async fn one_record_of_a_base_is_asked_for_once() {
    let world = one_server();
    let (caller, kind) = (patient(), ResourceType::Observation);
    let read = world.portal.read(&caller, kind, "lab.r1").await;
    assert!(read.is_ok());
    let one = (RecordSet::ChartObservations, Some("r1".to_owned()));
    assert_eq!(world.sources.take_calls(), [one]);
    let absent = world.portal.read(&caller, kind, "lab.none").await;
    assert_eq!(absent.err(), Some(AccessError::NotFound));
    assert_eq!(world.sources.take_calls().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_told_to_be_one_sets_is_a_hole_in_each() {
    let world = one_server();
    let odd = vital("v2", "final", 2).replace(r#""category":["#, r#""category":[7,"#);
    let held = vec![vital("v1", "final", 1), odd];
    world.sources.hold(RecordSet::ChartObservations, held);
    let answer = observations(&world).await;
    assert_eq!(ids(&answer.disclosure), ["lab.v1"]);
    assert!(answer.completeness.incomplete);
}
