use portal_domain::source::RecordSet;

use crate::answer::{SearchAnswer, SourceStatus};
use crate::error::AccessError;
use crate::ports::SourceError;
use crate::record::Section;
use crate::testing::{World, ids, patient, problem};

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
