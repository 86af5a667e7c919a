use portal_domain::source::RecordSet;
use portal_fhir::{Handling, ResourceType};

use crate::answer::SearchAnswer;
use crate::ports::SourceError;
use crate::testing::{World, caller, ids, problem, report, result, texts, vital};

const CHART: RecordSet = RecordSet::ChartObservations;
const RESULTS: RecordSet = RecordSet::LaboratoryObservations;

/// A world whose one problem rests on one vital sign.
fn world(vital_status: &str) -> World {
    let world = World::new();
    let evidence =
        r#","evidence":[{"detail":[{"reference":"Observation/v1","display":"Weight"}]}]"#;
    world
        .sources
        .hold(RecordSet::Conditions, vec![problem("c1", evidence)]);
    world
        .sources
        .hold(CHART, vec![vital("v1", vital_status, 1)]);
    world
}

async fn search(world: &World, kind: ResourceType, scopes: &str) -> SearchAnswer {
    let (portal, caller) = (&world.portal, caller(scopes));
    let answer = portal.search(&caller, kind, &[], Handling::Lenient).await;
    answer.unwrap()
}

async fn the_problem(world: &World, scopes: &str) -> String {
    let answer = search(world, ResourceType::Condition, scopes).await;
    texts(&answer.disclosure).remove(0)
}

#[tokio::test]
async fn a_reference_to_what_is_visible_stays_whatever_the_scopes() {
    let world = world("final");
    for scopes in ["patient/*.read", "patient/Condition.read"] {
        let text = the_problem(&world, scopes).await;
        assert!(text.contains(r#"{"reference":"Observation/cht.v1","display":"Weight"}"#));
    }
}

#[tokio::test]
async fn a_reference_to_what_is_withheld_is_masked_whatever_the_scopes() {
    let world = world("preliminary");
    for scopes in ["patient/*.read", "patient/Condition.read"] {
        let text = the_problem(&world, scopes).await;
        assert!(text.contains(r#""valueCode":"masked""#), "{text}");
        assert!(!text.contains("v1") && !text.contains("Weight"));
    }
}

#[tokio::test]
async fn a_reference_that_cannot_be_judged_is_masked() {
    let world = world("final");
    world.sources.fail(CHART, SourceError::TimedOut);
    let text = the_problem(&world, "patient/*.read").await;
    assert!(text.contains(r#""valueCode":"masked""#) && !text.contains("v1"));
}

#[tokio::test]
async fn a_reference_known_to_one_source_needs_no_other() {
    let world = world("final");
    world.sources.fail(RESULTS, SourceError::TimedOut);
    let text = the_problem(&world, "patient/*.read").await;
    assert!(text.contains("Observation/cht.v1"));
}

#[tokio::test]
async fn a_hidden_result_hides_its_report_and_its_siblings_stay() {
    let world = World::new();
    world.sources.hold(
        RESULTS,
        vec![result("l1", "final"), result("l2", "preliminary")],
    );
    let reports = vec![report("r1", &["l1"]), report("r2", &["l1", "l2"])];
    world.sources.hold(RecordSet::LaboratoryReports, reports);
    let all = "patient/*.read";
    let reports = search(&world, ResourceType::DiagnosticReport, all).await;
    assert_eq!(
        (ids(&reports.disclosure), reports.total),
        (vec!["lab.r1".to_owned()], Some(1))
    );
    let results = search(&world, ResourceType::Observation, all).await;
    assert_eq!(ids(&results.disclosure), ["lab.l1"]);
}

#[tokio::test]
async fn results_judge_reports_also_without_the_scope_to_see_them() {
    let world = World::new();
    world
        .sources
        .hold(RESULTS, vec![result("l1", "preliminary")]);
    world
        .sources
        .hold(RecordSet::LaboratoryReports, vec![report("r1", &["l1"])]);
    let scopes = "patient/DiagnosticReport.read";
    let reports = search(&world, ResourceType::DiagnosticReport, scopes).await;
    assert!(ids(&reports.disclosure).is_empty());
    world.sources.hold(RESULTS, vec![result("l1", "final")]);
    world.clock.advance(31);
    let reports = search(&world, ResourceType::DiagnosticReport, scopes).await;
    assert_eq!(ids(&reports.disclosure), ["lab.r1"]);
}
