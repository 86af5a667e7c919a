use super::*;

const LONG: Duration = Duration::from_secs(20);

fn guard() -> Arc<SourceGuard> {
    Arc::new(SourceGuard::alone(Source::Laboratory))
}

fn soon() -> Instant {
    Instant::now() + Duration::from_millis(20)
}

async fn enter(guard: &SourceGuard) -> Call<'_> {
    guard.enter(Instant::now() + LONG).await.expect("a place")
}

async fn open(guard: &SourceGuard) {
    for _ in 0..5 {
        enter(guard).await.ended(CallEnd::TimedOut);
    }
}

#[tokio::test]
async fn places_are_limited_and_given_back() {
    let guard = &guard();
    let mut calls = Vec::new();
    for _ in 0..PLACES {
        calls.push(enter(guard).await);
    }
    assert_eq!(guard.enter(soon()).await.err(), Some(NotAsked));
    let stream = guard.stream(soon()).await;
    assert!(stream.is_ok(), "contents that run are counted apart");
    let waiting = enter(guard);
    let leaving = async { drop(calls.pop()) };
    tokio::join!(waiting, leaving);
}

#[tokio::test]
async fn those_who_waited_do_not_run_into_a_breaker_that_opened() {
    let guard = guard();
    let mut calls = Vec::new();
    for _ in 0..PLACES {
        calls.push(enter(&guard).await);
    }
    let begun = Instant::now();
    let waiting = guard.enter(begun + LONG);
    let failing = async {
        for call in calls {
            call.ended(CallEnd::TimedOut);
        }
    };
    let (refused, ()) = tokio::join!(waiting, failing);
    assert_eq!(refused.err(), Some(NotAsked));
    assert!(begun.elapsed() < LONG);
}

#[tokio::test]
async fn an_open_breaker_takes_no_place_and_answers_at_once() {
    let guard = guard();
    open(&guard).await;
    assert_eq!(
        guard.enter(Instant::now() + LONG).await.err(),
        Some(NotAsked)
    );
    assert_eq!(guard.places.available_permits(), PLACES);
    assert!(guard.wait().is_some_and(|wait| wait <= breaker::OPEN_FOR));
    assert_eq!(guard.health(), (Source::Laboratory, false));
}

#[tokio::test]
async fn a_call_that_is_given_up_says_nothing_and_leaves_its_place() {
    let guard = guard();
    for _ in 0..100 {
        drop(enter(&guard).await);
    }
    assert_eq!(guard.places.available_permits(), PLACES);
    assert_eq!(guard.health(), (Source::Laboratory, true));
}

#[tokio::test]
async fn running_contents_are_limited_and_leave_the_places_of_calls_alone() {
    let guard = guard();
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        streams.push(guard.stream(soon()).await.expect("a place"));
    }
    assert_eq!(guard.stream(soon()).await.err(), Some(NotAsked));
    drop(enter(&guard).await);
    streams.pop();
    assert!(guard.stream(soon()).await.is_ok());
}
