use jiff::SignedDuration;
use portal_domain::id::TenantId;

use super::super::database::Login;
use super::super::test_database::{TestDatabase, now};
use super::*;

struct Scene {
    links: PgPatientLinks,
    tenant: TenantId,
    other: TenantId,
}

impl Scene {
    async fn begin() -> Self {
        let database = TestDatabase::shared().await;
        Self {
            links: PgPatientLinks::new(database.database(Login::App)),
            tenant: database.tenant().await.id,
            other: database.tenant().await.id,
        }
    }

    fn place(&self, base: &str, system: &str) -> LinkPlace {
        LinkPlace {
            tenant: self.tenant.clone(),
            base: base.into(),
            system: system.into(),
        }
    }
}

fn id(text: &str) -> PatientId {
    PatientId::parse(text).unwrap()
}

fn link(at_source: &str) -> PatientLink {
    PatientLink {
        at_source: id(at_source),
        verified_at: now(),
    }
}

#[tokio::test]
async fn a_link_is_found_both_ways_and_replaced_by_a_newer_one() {
    let scene = Scene::begin().await;
    let place = scene.place("https://lab.example/r4", "urn:mrn");
    let patient = id("pat-1");
    assert_eq!(scene.links.find(&place, &patient).await, Ok(None));
    let older = PatientLink {
        verified_at: now() - SignedDuration::from_hours(2),
        ..link("x-1")
    };
    for link in [older, link("x-1"), link("x-2")] {
        assert_eq!(scene.links.keep(&place, &patient, &link).await, Ok(true));
        let found = scene.links.find(&place, &patient).await;
        assert_eq!(found, Ok(Some(link.clone())));
        let back = scene.links.patient_of(&place, &link.at_source).await;
        assert_eq!(back, Ok(Some(patient.clone())));
    }
    let gone = scene.links.patient_of(&place, &id("x-1")).await;
    assert_eq!(gone, Ok(None));
    scene.links.forget(&place, &patient).await.unwrap();
    assert_eq!(scene.links.find(&place, &patient).await, Ok(None));
}

#[tokio::test]
async fn no_two_patients_of_a_place_have_one_id_and_another_place_knows_nobody() {
    let scene = Scene::begin().await;
    let place = scene.place("https://lab.example/r4", "urn:mrn");
    let keep = |place, patient| {
        let links = &scene.links;
        async move { links.keep(place, &id(patient), &link("x-1")).await }
    };
    assert_eq!(keep(&place, "pat-1").await, Ok(true));
    assert_eq!(keep(&place, "pat-2").await, Ok(false));
    assert_eq!(scene.links.find(&place, &id("pat-2")).await, Ok(None));
    let moved = scene.place("https://other.example/r4", "urn:mrn");
    let by_other = scene.place("https://lab.example/r4", "urn:other");
    let elsewhere = LinkPlace {
        tenant: scene.other.clone(),
        ..place.clone()
    };
    for other in [&moved, &by_other, &elsewhere] {
        assert_eq!(scene.links.find(other, &id("pat-1")).await, Ok(None));
        assert_eq!(scene.links.patient_of(other, &id("x-1")).await, Ok(None));
    }
    assert_eq!(keep(&elsewhere, "pat-2").await, Ok(true));
}
