use portal_domain::source::RecordSet;
use portal_fhir::{Handling, ResourceType};

use crate::answer::SearchAnswer;
use crate::error::AccessError;
use crate::ports::SourceError;
use crate::testing::{World, ids, included, patient, prescription, raw, texts};

fn medication(id: &str) -> String {
    format!(r#"{{"resourceType":"Medication","id":"{id}","code":{{"text":"{id}"}}}}"#)
}

/// Two prescriptions of one Medication, one of another that was entered in error, and a Medication
/// that nothing refers to.
fn world() -> World {
    let world = World::new();
    let wrong = prescription("r3", "hidden", r#","status":"entered-in-error""#);
    let requests = [
        prescription("r1", "one", ""),
        prescription("r2", "one", ""),
        wrong,
    ];
    world
        .sources
        .hold(RecordSet::MedicationRequests, requests.to_vec());
    let kinds = ["one", "hidden", "nobodys"].map(medication);
    world.sources.hold(RecordSet::Medications, kinds.to_vec());
    world
}

async fn read(world: &World, kind: ResourceType, id: &str) -> Result<String, AccessError> {
    let answer = world.portal.read(&patient(), kind, id).await?;
    Ok(texts(&answer.disclosure).remove(0))
}

async fn search(world: &World, pairs: &[(&str, &str)]) -> SearchAnswer {
    let kind = ResourceType::MedicationRequest;
    let raw = raw(pairs);
    let answer = world
        .portal
        .search(&patient(), kind, &raw, Handling::Strict)
        .await;
    answer.unwrap()
}

#[tokio::test]
async fn a_medication_is_read_where_something_visible_refers_to_it() {
    let world = world();
    let found = read(&world, ResourceType::Medication, "med.one").await;
    assert!(found.unwrap().contains(r#""id":"med.one""#));
    assert!(!world.cache.holds(RecordSet::Medications));
}

#[tokio::test]
async fn what_is_not_reached_is_not_there_and_its_source_is_not_asked_for_it() {
    for id in ["med.hidden", "med.nobodys", "med.absent"] {
        let world = world();
        let answer = read(&world, ResourceType::Medication, id).await;
        assert_eq!(answer, Err(AccessError::NotFound), "{id}");
        let asked = [
            (RecordSet::MedicationRequests, None),
            (RecordSet::MedicationDispenses, None),
        ];
        assert_eq!(world.sources.take_calls(), asked, "{id}");
    }
}

#[tokio::test]
async fn a_medication_is_missing_while_what_may_refer_to_it_is() {
    let world = world();
    let down = SourceError::Unavailable;
    world.sources.fail(RecordSet::MedicationRequests, down);
    let answer = read(&world, ResourceType::Medication, "med.one").await;
    assert_eq!(answer, Err(AccessError::Source(down)));
}

#[tokio::test]
async fn a_search_brings_along_what_its_page_refers_to_once() {
    let world = world();
    let answer = search(&world, &[("_include", "MedicationRequest:medication")]).await;
    assert_eq!(answer.total, Some(2));
    assert_eq!(ids(&answer.disclosure).len(), 3);
    assert_eq!(included(&answer), ["med.one"]);
    let calls = world.sources.take_calls();
    let asked = (RecordSet::Medications, Some("one".to_owned()));
    assert!(calls.contains(&asked), "{calls:?}");
    assert!(included(&search(&world, &[]).await).is_empty());
}

#[tokio::test]
async fn what_is_brought_along_may_be_missing() {
    let world = world();
    world
        .sources
        .fail(RecordSet::Medications, SourceError::TimedOut);
    let answer = search(&world, &[("_include", "MedicationRequest:medication")]).await;
    assert_eq!(ids(&answer.disclosure), ["med.r1", "med.r2"]);
    let sources = &answer.completeness.sources;
    assert_eq!(sources.len(), 1);
    assert_eq!(sources[0].status.as_str(), "unavailable");
}

#[tokio::test]
async fn directory_data_is_read_by_its_id_alone_and_homes_are_hidden() {
    let world = world();
    let home = r#"{"resourceType":"Location","id":"home","physicalType":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/location-physical-type","code":"ho"}]}}"#;
    let residence = r#"{"resourceType":"Location","id":"residence","type":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":"PTRES"}]}]}"#;
    let ward = r#"{"resourceType":"Location","id":"ward","physicalType":{"coding":[{"code":"wa"}]},"managingOrganization":{"reference":"Organization/o1"}}"#;
    let held = [home, residence, ward].map(str::to_owned);
    world.sources.hold(RecordSet::Locations, held.to_vec());
    let found = read(&world, ResourceType::Location, "dir.ward")
        .await
        .unwrap();
    assert!(
        found.contains(r#""reference":"Organization/dir.o1""#),
        "{found}"
    );
    for id in ["dir.home", "dir.residence", "dir.absent", "med.ward"] {
        let answer = read(&world, ResourceType::Location, id).await;
        assert_eq!(answer, Err(AccessError::NotFound), "{id}");
    }
    let calls = world.sources.take_calls();
    assert!(
        calls
            .iter()
            .all(|(set, id)| *set == RecordSet::Locations && id.is_some())
    );
}
