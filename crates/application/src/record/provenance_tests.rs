use portal_domain::source::RecordSet;
use portal_fhir::{Handling, ResourceType};

use crate::answer::SearchAnswer;
use crate::error::AccessError;
use crate::ports::SourceError;
use crate::testing::{World, ids, included, patient, problem, raw, texts};

fn provenance(id: &str, targets: &[&str]) -> String {
    let target = |target: &&str| format!(r#"{{"reference":"{target}"}}"#);
    let targets: Vec<String> = targets.iter().map(target).collect();
    format!(
        r#"{{"resourceType":"Provenance","id":"{id}","target":[{}],"recorded":"2026-01-01T00:00:00Z"}}"#,
        targets.join(",")
    )
}

/// A problem that is shown and one that is not; Provenance of both, of either, and of what is no
/// record of the patient's.
fn world() -> World {
    let world = World::new();
    let wrong = r#","verificationStatus":{"coding":[{"code":"entered-in-error"}]}"#;
    let problems = [problem("c1", ""), problem("c2", wrong)];
    world.sources.hold(RecordSet::Conditions, problems.to_vec());
    let held = [
        provenance("both", &["Condition/c2", "Condition/c1", "Claim/x"]),
        provenance("hidden", &["Condition/c2"]),
        provenance("theirs", &["Patient/pat-2", "Condition/c9"]),
    ];
    world.sources.hold(RecordSet::Provenances, held.to_vec());
    world
}

async fn search(world: &World, kind: ResourceType, pairs: &[(&str, &str)]) -> SearchAnswer {
    let raw = raw(pairs);
    let answer = world
        .portal
        .search(&patient(), kind, &raw, Handling::Strict)
        .await;
    answer.unwrap()
}

#[tokio::test]
async fn provenance_names_what_is_shown_and_nothing_else() {
    let world = world();
    let found = search(&world, ResourceType::Provenance, &[]).await;
    assert_eq!(ids(&found.disclosure), ["cht.both"]);
    assert_eq!(found.total, Some(1));
    let text = texts(&found.disclosure).remove(0);
    assert!(
        text.contains(r#""target":[{"reference":"Condition/cht.c1"}]"#),
        "{text}"
    );
    let read = |id| {
        let (world, patient) = (&world, patient());
        async move {
            let answer = world
                .portal
                .read(&patient, ResourceType::Provenance, id)
                .await;
            answer.map(|answer| texts(&answer.disclosure).remove(0))
        }
    };
    assert_eq!(read("cht.both").await, Ok(text));
    for id in ["cht.hidden", "cht.theirs", "cht.absent"] {
        assert_eq!(read(id).await, Err(AccessError::NotFound), "{id}");
    }
}

#[tokio::test]
async fn a_search_brings_along_the_provenance_of_its_page() {
    let world = world();
    let pairs = [("_revinclude", "Provenance:target")];
    let found = search(&world, ResourceType::Condition, &pairs).await;
    assert_eq!(found.total, Some(1));
    assert_eq!(included(&found), ["cht.both"]);
    assert_eq!(found.applied.len(), 1);
    let none = search(&world, ResourceType::Condition, &[]).await;
    assert!(included(&none).is_empty());
}

#[tokio::test]
async fn provenance_of_what_is_missing_is_not_counted() {
    let world = world();
    world
        .sources
        .fail(RecordSet::Conditions, SourceError::Unavailable);
    let found = search(&world, ResourceType::Provenance, &[]).await;
    assert!(ids(&found.disclosure).is_empty());
    assert_eq!(found.total, None);
    assert_eq!(found.completeness.sources[0].status.as_str(), "unavailable");
}
