use portal_domain::source::RecordSet;
use portal_fhir::{Handling, ResourceType};
use proptest::prelude::*;

use crate::error::AccessError;
use crate::ports::SourceError;
use crate::record::Section;
use crate::testing::{World, ids, patient, problem, report, result, texts, vital};

type Read = Result<String, AccessError>;

fn world() -> World {
    let world = World::new();
    let foreign = problem("theirs", "").replace("pat-1", "pat-2");
    let in_error = r#","verificationStatus":{"coding":[{"code":"entered-in-error"}]}"#;
    let texts = vec![problem("c1", ""), problem("wrong", in_error), foreign];
    world.sources.hold(RecordSet::Conditions, texts);
    world
}

async fn read(world: &World, kind: ResourceType, id: &str) -> Read {
    let answer = world.portal.read(&patient(), kind, id).await?;
    Ok(texts(&answer.disclosure).remove(0))
}

async fn problem_of(world: &World, id: &str) -> Read {
    read(world, ResourceType::Condition, id).await
}

#[tokio::test]
async fn a_cached_set_answers_for_presence_and_absence_without_a_call() {
    let world = world();
    world
        .portal
        .section(&patient(), Section::Problems, &[])
        .await
        .unwrap();
    world.sources.take_calls();
    assert!(
        problem_of(&world, "cht.c1")
            .await
            .unwrap()
            .contains("cht.c1")
    );
    for id in ["cht.gone", "cht.wrong", "cht.theirs"] {
        assert_eq!(
            problem_of(&world, id).await,
            Err(AccessError::NotFound),
            "{id}"
        );
    }
    assert!(world.sources.take_calls().is_empty());
}

#[tokio::test]
async fn a_read_asks_for_its_record_alone_and_caches_nothing() {
    let world = world();
    assert!(problem_of(&world, "cht.c1").await.is_ok());
    let asked = [(RecordSet::Conditions, Some("c1".to_owned()))];
    assert_eq!(world.sources.take_calls(), asked);
    assert!(!world.cache.holds(RecordSet::Conditions));
}

#[tokio::test]
async fn absent_foreign_and_withheld_are_one_answer_in_one_journal_line() {
    let world = world();
    for id in ["cht.gone", "cht.theirs", "cht.wrong"] {
        assert_eq!(
            problem_of(&world, id).await,
            Err(AccessError::NotFound),
            "{id}"
        );
    }
    let lines = world.journal.kept();
    let line = |index: usize| {
        let event = &lines[index];
        (
            event.outcome,
            event.reason_code,
            event.resource_count,
            event.patient_id.clone(),
        )
    };
    assert!(line(0) == line(1) && line(1) == line(2) && lines.len() == 3);
}

#[tokio::test]
async fn an_id_that_no_source_was_given_is_absent_without_a_call() {
    let world = world();
    for id in [
        "lab.c1", "c1", "zzz.c1", "cht.", "cht...", "", "cht.a/b", "cht.c1.x", "CHT.c1",
    ] {
        assert_eq!(
            problem_of(&world, id).await,
            Err(AccessError::NotFound),
            "{id:?}"
        );
    }
    assert!(world.sources.take_calls().is_empty());
}

#[tokio::test]
async fn only_the_own_patient_is_read() {
    let world = world();
    let text = r#"{"resourceType":"Patient","id":"pat-1"}"#.to_owned();
    world.sources.hold(RecordSet::Patient, vec![text.clone()]);
    for id in ["pat-2", "pat-11", "pat-", "reg.pat-1", ""] {
        let answer = read(&world, ResourceType::Patient, id).await;
        assert_eq!(answer, Err(AccessError::NotFound), "{id:?}");
    }
    assert!(world.sources.take_calls().is_empty());
    assert_eq!(read(&world, ResourceType::Patient, "pat-1").await, Ok(text));
}

#[tokio::test]
async fn a_report_brings_its_results_to_be_judged() {
    let world = World::new();
    let results = RecordSet::LaboratoryObservations;
    world
        .sources
        .hold(RecordSet::LaboratoryReports, vec![report("r", &["l"])]);
    world.sources.hold(results, vec![result("l", "final")]);
    let found = read(&world, ResourceType::DiagnosticReport, "lab.r").await;
    assert!(found.unwrap().contains("Observation/lab.l"));
    let calls = world.sources.take_calls();
    assert!(calls.contains(&(results, None)));
    assert!(calls.contains(&(RecordSet::LaboratoryReports, Some("r".to_owned()))));
}

#[tokio::test]
async fn a_report_whose_results_are_out_of_reach_is_not_said_to_be_absent() {
    let world = World::new();
    world
        .sources
        .hold(RecordSet::LaboratoryReports, vec![report("r", &["l"])]);
    world
        .sources
        .fail(RecordSet::LaboratoryObservations, SourceError::Unavailable);
    for id in ["lab.r", "lab.gone"] {
        let answer = read(&world, ResourceType::DiagnosticReport, id).await;
        assert_eq!(answer, Err(SourceError::Unavailable.into()), "{id}");
    }
}

#[tokio::test]
async fn a_source_that_is_down_is_not_an_absence() {
    let world = world();
    world
        .sources
        .fail(RecordSet::Conditions, SourceError::TimedOut);
    let answer = problem_of(&world, "cht.c1").await;
    assert_eq!(answer, Err(SourceError::TimedOut.into()));
}

/// One request of a random walk through both worlds.
#[derive(Debug, Clone)]
enum Request {
    Read(ResourceType, &'static str),
    Search(ResourceType, usize),
    Vitals,
    Summary,
    Labs,
    Lab(&'static str),
    Wait,
}

fn any_request() -> impl Strategy<Value = Request> {
    use ResourceType as T;
    let kinds = [T::Observation, T::DiagnosticReport, T::Condition];
    let ids = [
        "lab.l1",
        "lab.hidden",
        "lab.r1",
        "lab.rh",
        "cht.v1",
        "cht.vh",
        "cht.wrong",
    ];
    let kind = prop::sample::select(kinds.to_vec());
    let id = prop::sample::select(ids.to_vec());
    prop_oneof![
        (kind.clone(), id.clone()).prop_map(|(kind, id)| Request::Read(kind, id)),
        (kind, 1usize..4).prop_map(|(kind, count)| Request::Search(kind, count)),
        id.prop_map(Request::Lab),
        Just(Request::Vitals),
        Just(Request::Summary),
        Just(Request::Labs),
        Just(Request::Wait),
    ]
}

/// A world; with `more`, one that also holds what the patient may not see.
fn one_of_two(more: bool) -> World {
    let world = world();
    let with = |mut texts: Vec<String>, hidden: String| {
        if more {
            texts.insert(0, hidden);
        }
        texts
    };
    let in_error = r#","verificationStatus":{"coding":[{"code":"entered-in-error"}]}"#;
    let problems = with(vec![problem("c1", "")], problem("wrong", in_error));
    let vitals = with(vec![vital("v1", "final", 2)], vital("vh", "preliminary", 3));
    let results = vec![result("l1", "final"), result("l2", "amended")];
    let results = with(results, result("hidden", "registered"));
    let reports = with(vec![report("r1", &["l1"])], report("rh", &["l2", "hidden"]));
    world.sources.hold(RecordSet::Conditions, problems);
    world.sources.hold(RecordSet::ChartObservations, vitals);
    world
        .sources
        .hold(RecordSet::LaboratoryObservations, results);
    world.sources.hold(RecordSet::LaboratoryReports, reports);
    world
}

/// All that an answer says, as text.
async fn told(world: &World, request: &Request) -> Result<String, AccessError> {
    let (portal, caller) = (&world.portal, patient());
    Ok(match request {
        Request::Wait => {
            world.clock.advance(31);
            String::new()
        }
        Request::Read(kind, id) => {
            let answer = portal.read(&caller, *kind, id).await?;
            format!("{:?} {:?}", texts(&answer.disclosure), answer.completeness)
        }
        Request::Search(kind, count) => {
            let raw = vec![("_count".to_owned(), count.to_string())];
            let answer = portal
                .search(&caller, *kind, &raw, Handling::Lenient)
                .await?;
            let said = (answer.total, answer.next, answer.completeness);
            format!("{:?} {said:?}", texts(&answer.disclosure))
        }
        Request::Vitals => {
            let answer = portal.section(&caller, Section::Vitals, &[]).await?;
            let said = (answer.total, answer.next, answer.completeness);
            format!("{:?} {said:?}", texts(&answer.disclosure))
        }
        Request::Summary => {
            let answer = portal.summary(&caller, &[]).await?;
            let said = (answer.left_out, answer.unavailable, answer.completeness);
            format!("{:?} {said:?}", texts(&answer.disclosure))
        }
        Request::Labs => {
            let answer = portal.labs(&caller, &[]).await?;
            let said = (answer.items, answer.next, answer.completeness);
            format!("{:?} {said:?}", texts(&answer.disclosure))
        }
        Request::Lab(id) => {
            let answer = portal.lab(&caller, id, &[]).await?;
            format!("{:?} {:?}", ids(&answer.disclosure), answer.completeness)
        }
    })
}

proptest! {
    #[test]
    fn nobody_can_tell_withheld_from_absent(
        requests in prop::collection::vec(any_request(), 1..12)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (fewer, more) = (one_of_two(false), one_of_two(true));
        for request in &requests {
            let without = runtime.block_on(told(&fewer, request));
            let with = runtime.block_on(told(&more, request));
            prop_assert_eq!(without, with, "{:?}", request);
            let calls = (fewer.sources.take_calls(), more.sources.take_calls());
            prop_assert_eq!(calls.0, calls.1, "{:?}", request);
        }
    }
}
