use std::sync::Arc;

use portal_domain::id::{PatientId, TenantId};
use portal_domain::patient_link::PatientIds;
use portal_domain::source::{RecordSet, Source};

use crate::answer::{SearchAnswer, SourceStatus};
use crate::error::AccessError;
use crate::ports::{Clock as _, LinkPlace, PatientLink, PatientLinks as _, SourceError};
use crate::record::Section;
use crate::testing::{MemoryLinks, PATIENT, TENANT, World, ids, patient, problem, rules_with};

const SET: RecordSet = RecordSet::Conditions;
const SYSTEM: &str = "urn:mrn";

fn registered(id: &str, value: &str) -> String {
    format!(
        r#"{{"resourceType":"Patient","id":"{id}","identifier":[{{"system":"{SYSTEM}","value":"{value}"}}]}}"#
    )
}

/// The chart knows the patient as `x-1`, by the identifier of registration's record.
fn world() -> World {
    world_over(Arc::default())
}

fn world_over(links: Arc<MemoryLinks>) -> World {
    let rules = rules_with(|source, rules| {
        if source == Source::PatientChart {
            rules.patient_ids = PatientIds::Identifier(SYSTEM.into());
        }
    });
    let world = World::over(rules, links);
    world
        .sources
        .hold(RecordSet::Patient, vec![registered(PATIENT, "7")]);
    world
        .sources
        .name_patients(Ok(vec![registered("x-1", "7")]));
    let own = problem("c1", "").replace(PATIENT, "x-1");
    world.sources.hold(SET, vec![own]);
    world
}

async fn problems(world: &World) -> Result<SearchAnswer, AccessError> {
    let portal = &world.portal;
    portal.section(&patient(), Section::Problems, &[]).await
}

/// Its status, the ids of its records, and by what the sources were asked.
async fn asked(world: &World) -> (SourceStatus, Vec<String>, Vec<String>) {
    let answer = problems(world).await.unwrap();
    let status = answer.completeness.sources[0].status;
    (
        status,
        ids(&answer.disclosure),
        world.sources.take_asked_for(),
    )
}

#[tokio::test]
async fn a_source_is_asked_by_its_own_id_and_its_records_are_the_patients() {
    let world = world();
    let (status, found, asked_for) = asked(&world).await;
    assert_eq!(
        (status, found),
        (SourceStatus::Fresh, vec!["cht.c1".to_owned()])
    );
    assert_eq!(asked_for, [PATIENT, "urn:mrn|7", "x-1"]);
    let answer = problems(&world).await.unwrap();
    let text = answer.disclosure.records().next().unwrap();
    let text = String::from_utf8(text.bytes().to_vec()).unwrap();
    assert!(
        text.contains("Patient/pat-1") && !text.contains("x-1"),
        "{text}"
    );
    assert_eq!(world.links.ids(), ["x-1"]);
}

/// What another pod asks for, so many seconds later.
fn another_pod_asks(links: &Arc<MemoryLinks>, later: i64) -> World {
    let world = world_over(Arc::clone(links));
    world.clock.advance(later);
    world
}

#[tokio::test]
async fn a_link_is_looked_up_once_and_found_out_anew_after_an_hour() {
    let world = world();
    asked(&world).await;
    let next = another_pod_asks(&world.links, 3_599);
    assert_eq!(asked(&next).await.2, ["x-1"]);
    let later = another_pod_asks(&world.links, 3_600);
    assert_eq!(asked(&later).await.2, [PATIENT, "urn:mrn|7", "x-1"]);
}

#[tokio::test]
async fn a_link_that_does_not_hold_any_more_is_forgotten() {
    let world = world();
    asked(&world).await;
    let later = another_pod_asks(&world.links, 3_600);
    later.sources.name_patients(Ok(vec![]));
    assert_eq!(asked(&later).await.0, SourceStatus::NotLinked);
    assert!(world.links.ids().is_empty());
}

#[tokio::test]
async fn a_link_is_used_for_a_day_while_nobody_can_say_whether_it_holds() {
    let world = world();
    asked(&world).await;
    for (later, expected) in [(24 * 3_600 - 1, true), (24 * 3_600, false)] {
        let pod = another_pod_asks(&world.links, later);
        pod.sources
            .fail(RecordSet::Patient, SourceError::Unavailable);
        assert_eq!(problems(&pod).await.is_ok(), expected);
    }
}

#[tokio::test]
async fn who_is_not_exactly_one_patient_there_has_nothing_and_nothing_is_missing() {
    let inactive = registered("x-1", "7").replace("\"id\"", "\"active\":false,\"id\"");
    for named in [
        vec![],
        vec![registered("x-1", "7"), registered("x-2", "7")],
        vec![registered("x-1", "8")],
        vec![inactive],
    ] {
        let world = world();
        world.sources.name_patients(Ok(named));
        let answer = problems(&world).await.unwrap();
        assert_eq!(answer.total, Some(0));
        let report = &answer.completeness.sources[0];
        assert_eq!(report.status, SourceStatus::NotLinked);
        assert_eq!((report.as_of, report.retry_after), (None, None));
        assert!(!answer.completeness.incomplete);
        assert!(!world.sources.take_asked_for().contains(&"x-1".to_owned()));
        assert!(world.links.ids().is_empty());
    }
}

#[tokio::test]
async fn registration_must_say_one_value() {
    let two = registered(PATIENT, "7").replace("}]", r#"},{"system":"urn:mrn","value":"9"}]"#);
    let old = registered(PATIENT, "7").replace("\"system\"", "\"use\":\"old\",\"system\"");
    let other = registered(PATIENT, "7").replace("urn:mrn", "urn:other");
    for registered in [two, old, other] {
        let world = world();
        world.sources.hold(RecordSet::Patient, vec![registered]);
        let (status, found, asked_for) = asked(&world).await;
        assert_eq!((status, found), (SourceStatus::NotLinked, vec![]));
        assert_eq!(asked_for, [PATIENT]);
    }
}

#[tokio::test]
async fn records_of_the_canonical_id_are_anothers_there() {
    let world = world();
    let foreign = problem("c2", "");
    let own = problem("c1", "").replace(PATIENT, "x-1");
    world.sources.hold(SET, vec![own, foreign]);
    let answer = problems(&world).await.unwrap();
    assert_eq!(ids(&answer.disclosure), ["cht.c1"]);
    assert!(answer.completeness.incomplete);
}

#[tokio::test]
async fn a_source_that_cannot_say_who_it_is_about_is_unavailable() {
    let world = world();
    world.sources.name_patients(Err(SourceError::TimedOut));
    assert_eq!(
        problems(&world).await.err(),
        Some(SourceError::TimedOut.into())
    );
    let world = self::world();
    world
        .sources
        .fail(RecordSet::Patient, SourceError::Unavailable);
    let down = Some(SourceError::Unavailable.into());
    assert_eq!(problems(&world).await.err(), down);
}

#[tokio::test]
async fn two_patients_never_share_an_id() {
    let world = world();
    let place = LinkPlace {
        tenant: TenantId::parse(TENANT).unwrap(),
        base: "http://patient-chart.test/fhir".into(),
        system: SYSTEM.into(),
    };
    let other = PatientId::parse("pat-2").unwrap();
    let link = PatientLink {
        at_source: PatientId::parse("x-1").unwrap(),
        verified_at: world.clock.now(),
    };
    assert_eq!(world.links.keep(&place, &other, &link).await, Ok(true));
    let (status, found, _) = asked(&world).await;
    assert_eq!((status, found), (SourceStatus::NotLinked, vec![]));
}

#[tokio::test]
async fn what_a_source_says_of_its_own_id_is_about_the_patient() {
    let world = world();
    asked(&world).await;
    let tenant = TenantId::parse(TENANT).unwrap();
    let patient_id = |id: &str| PatientId::parse(id).unwrap();
    let of = |source, id| {
        let (names, tenant, id) = (world.names.clone(), tenant.clone(), patient_id(id));
        async move { names.patient_of(&tenant, source, &id).await.unwrap() }
    };
    assert_eq!(
        of(Source::PatientChart, "x-1").await,
        Some(patient_id(PATIENT))
    );
    assert_eq!(of(Source::PatientChart, PATIENT).await, None);
    assert_eq!(
        of(Source::Laboratory, PATIENT).await,
        Some(patient_id(PATIENT))
    );
    let elsewhere = TenantId::parse("south").unwrap();
    let (names, id) = (&world.names, patient_id("x-1"));
    let found = names
        .patient_of(&elsewhere, Source::PatientChart, &id)
        .await;
    assert_eq!(found, Ok(None));
}
