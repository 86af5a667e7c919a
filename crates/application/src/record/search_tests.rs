use std::sync::Arc;

use portal_domain::id::{ClientId, Subject};
use portal_domain::source::RecordSet;
use portal_fhir::{Handling, ResourceType};
use proptest::prelude::*;

use crate::answer::SearchAnswer;
use crate::caller::Caller;
use crate::error::{AccessError, InputError};
use crate::ports::SourceError;
use crate::testing::{World, ids, patient, problem, raw, result, vital};

type Answered = Result<SearchAnswer, AccessError>;

async fn search(
    world: &World,
    caller: &Caller,
    kind: ResourceType,
    pairs: &[(&str, &str)],
) -> Answered {
    let raw = raw(pairs);
    world
        .portal
        .search(caller, kind, &raw, Handling::Lenient)
        .await
}

async fn observations(world: &World, pairs: &[(&str, &str)]) -> Answered {
    search(world, &patient(), ResourceType::Observation, pairs).await
}

fn three_problems() -> World {
    let world = World::new();
    let texts = ["c1", "c2", "c3"].map(|id| problem(id, ""));
    world.sources.hold(RecordSet::Conditions, texts.to_vec());
    world
}

async fn problems(world: &World, caller: &Caller, pairs: &[(&str, &str)]) -> Answered {
    search(world, caller, ResourceType::Condition, pairs).await
}

/// The cursor of the page behind the first two problems.
async fn cursor(world: &World) -> String {
    let page = problems(world, &patient(), &[("_count", "2")])
        .await
        .unwrap();
    page.next.unwrap()
}

fn refused(answer: Answered) {
    assert_eq!(answer.err(), Some(InputError::CursorInvalid.into()));
}

#[tokio::test]
async fn a_cursor_continues_its_own_query() {
    let world = three_problems();
    let cursor = cursor(&world).await;
    let pairs = [("_cursor", cursor.as_str()), ("_count", "2")];
    let page = problems(&world, &patient(), &pairs).await.unwrap();
    assert_eq!(ids(&page.disclosure), ["cht.c3"]);
    assert_eq!((page.total, page.next), (Some(3), None));
}

#[tokio::test]
async fn a_cursor_of_another_query_is_refused() {
    let world = three_problems();
    let cursor = cursor(&world).await;
    let cursor = cursor.as_str();
    let own = [("_cursor", cursor), ("_count", "2")];
    refused(problems(&world, &patient(), &[("_cursor", cursor), ("_count", "1")]).await);
    refused(problems(&world, &patient(), &[own[0], own[1], ("code", "x")]).await);
    refused(problems(&world, &patient(), &[own[0], own[0], own[1]]).await);
    refused(problems(&world, &patient(), &[("_cursor", "7"), own[1]]).await);
    refused(observations(&world, &own).await);
    assert!(problems(&world, &patient(), &own).await.is_ok());
}

#[tokio::test]
async fn a_cursor_of_another_caller_is_refused() {
    let world = three_problems();
    let cursor = cursor(&world).await;
    let pairs = [("_cursor", cursor.as_str()), ("_count", "2")];
    let mut other_client = patient();
    Arc::make_mut(&mut other_client.token).client = ClientId::parse("portal-app").ok();
    refused(problems(&world, &other_client, &pairs).await);
    let mut other_subject = patient();
    Arc::make_mut(&mut other_subject.token).subject = Subject::parse("another").unwrap();
    refused(problems(&world, &other_subject, &pairs).await);
}

#[tokio::test]
async fn a_cursor_lives_a_quarter_of_an_hour() {
    let world = three_problems();
    let cursor = cursor(&world).await;
    let pairs = [("_cursor", cursor.as_str()), ("_count", "2")];
    world.clock.advance(15 * 60 - 1);
    assert!(problems(&world, &patient(), &pairs).await.is_ok());
    world.clock.advance(1);
    refused(problems(&world, &patient(), &pairs).await);
}

#[tokio::test]
async fn a_page_of_a_caller_who_lost_the_scope_is_refused() {
    let world = three_problems();
    let cursor = cursor(&world).await;
    let pairs = [("_cursor", cursor.as_str()), ("_count", "2")];
    let narrowed = crate::testing::caller("patient/Observation.read");
    let answer = problems(&world, &narrowed, &pairs).await;
    assert!(matches!(answer.err(), Some(AccessError::Denied(_))));
}

#[tokio::test]
async fn a_missing_source_leaves_out_the_total_and_refuses_a_count() {
    let world = World::new();
    world
        .sources
        .hold(RecordSet::ChartObservations, vec![vital("v", "final", 1)]);
    world
        .sources
        .fail(RecordSet::LaboratoryObservations, SourceError::Unavailable);
    let page = observations(&world, &[]).await.unwrap();
    assert_eq!(ids(&page.disclosure), ["cht.v"]);
    assert_eq!(page.total, None);
    let count = observations(&world, &[("_summary", "count")]).await;
    assert_eq!(count.err(), Some(SourceError::Unavailable.into()));
}

#[tokio::test]
async fn a_search_fails_when_every_source_failed() {
    let world = World::new();
    for set in [
        RecordSet::ChartObservations,
        RecordSet::LaboratoryObservations,
    ] {
        world.sources.fail(set, SourceError::Invalid);
    }
    let answer = observations(&world, &[]).await;
    assert_eq!(answer.err(), Some(SourceError::Invalid.into()));
}

#[tokio::test]
async fn reports_are_not_counted_without_their_results() {
    let world = World::new();
    let report = crate::testing::report("r", &["l"]);
    world
        .sources
        .hold(RecordSet::LaboratoryReports, vec![report]);
    world
        .sources
        .fail(RecordSet::LaboratoryObservations, SourceError::Unavailable);
    let reports = |pairs| {
        let (world, patient) = (&world, patient());
        async move { search(world, &patient, ResourceType::DiagnosticReport, pairs).await }
    };
    let unavailable = Some(SourceError::Unavailable.into());
    // Radiology's are there, and nobody knows how many there are in all.
    assert_eq!(reports(&[]).await.unwrap().total, None);
    assert_eq!(reports(&[("_summary", "count")]).await.err(), unavailable);
    world.sources.hold(
        RecordSet::LaboratoryObservations,
        vec![result("l", "final")],
    );
    assert_eq!(reports(&[]).await.unwrap().total, Some(1));
}

#[tokio::test]
async fn a_count_shows_nothing_and_counts_only_what_is_visible() {
    let world = World::new();
    let texts = vec![vital("v1", "final", 1), vital("v2", "preliminary", 2)];
    world.sources.hold(RecordSet::ChartObservations, texts);
    let count = observations(&world, &[("_summary", "count")])
        .await
        .unwrap();
    assert_eq!((count.total, count.next), (Some(1), None));
    assert!(ids(&count.disclosure).is_empty());
}

/// Walks all pages; gives the sizes of the pages and the ids in order.
async fn walk(world: &World, limit: usize) -> (Vec<usize>, Vec<String>) {
    let count = limit.to_string();
    let (mut sizes, mut seen, mut next) = (Vec::new(), Vec::new(), None::<String>);
    for _ in 0..100 {
        let mut pairs = vec![("_count", count.as_str())];
        pairs.extend(next.as_deref().map(|cursor| ("_cursor", cursor)));
        let page = observations(world, &pairs).await.unwrap();
        let shown = ids(&page.disclosure);
        sizes.push(shown.len());
        seen.extend(shown);
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    (sizes, seen)
}

proptest! {
    #[test]
    fn a_walk_fills_its_pages_and_visits_each_visible_record_once(
        records in prop::collection::vec((any::<bool>(), any::<bool>(), 1usize..4), 0..25),
        limit in 1usize..8,
    ) {
        let world = World::new();
        let (mut chart, mut laboratory, mut visible) = (Vec::new(), Vec::new(), Vec::new());
        for (index, (shown, in_chart, day)) in records.iter().enumerate() {
            let status = if *shown { "final" } else { "preliminary" };
            let id = format!("o{index}");
            let code = if *in_chart { "cht" } else { "lab" };
            if *shown {
                visible.push(format!("{code}.{id}"));
            }
            if *in_chart {
                chart.push(vital(&id, status, *day));
            } else {
                laboratory.push(result(&id, status));
            }
        }
        world.sources.hold(RecordSet::ChartObservations, chart);
        world.sources.hold(RecordSet::LaboratoryObservations, laboratory);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (sizes, mut seen) = runtime.block_on(walk(&world, limit));
        let (last, full) = sizes.split_last().unwrap();
        prop_assert!(full.iter().all(|size| *size == limit) && *last <= limit);
        prop_assert_eq!(sizes.len(), visible.len().div_ceil(limit).max(1));
        seen.sort();
        visible.sort();
        prop_assert_eq!(seen, visible);
    }
}
