use portal_application::ports::Stored::{self, Done, Taken};
use portal_application::ports::{LinkPlace, PatientLink, PatientLinks as _};
use portal_domain::account::{AccountStatus, StatusReason};

use super::super::super::patient_links::PgPatientLinks;
use super::*;

const ROUNDS: usize = 10;

async fn insert(scene: &Scene, account: &PortalAccount) -> Stored {
    let mut work = scene.change().await;
    let stored = work.accounts().insert(account, now()).await.unwrap();
    scene.commit(work).await;
    stored
}

async fn update(scene: &Scene, account: &PortalAccount) -> Stored {
    let mut work = scene.change().await;
    let stored = work.accounts().update(account, now()).await.unwrap();
    if stored == Done {
        scene.commit(work).await;
    }
    stored
}

async fn found(scene: &Scene, id: PortalAccountId) -> PortalAccount {
    let mut work = scene.change().await;
    let found = work.accounts().lock(id).await.unwrap();
    found.expect("it is there")
}

fn one_won(outcome: (Stored, Stored)) -> bool {
    matches!(outcome, (Done, Taken) | (Taken, Done))
}

#[tokio::test]
async fn an_account_is_found_as_it_was_stored() {
    let scene = Scene::begin().await;
    let (account, _) = caregiver("sub-1");
    assert_eq!(insert(&scene, &account).await, Done);
    let mut work = scene.change().await;
    let (issuer, subject) = identity("sub-1");
    let by_identity = work.accounts().lock_of_identity(&issuer, &subject);
    assert_eq!(by_identity.await.unwrap(), Some(account));
    let patient = scene.tenant.patient();
    let of_patient = work.accounts().lock_of_patient(&patient).await.unwrap();
    assert_eq!(of_patient.map(|found| found.id), Some(scene.tenant.account));
    let told = work.accounts().open_of_patient(&patient).await.unwrap();
    assert_eq!(told, Some(scene.tenant.account));
}

#[tokio::test]
async fn of_two_accounts_of_one_patient_one_is_stored() {
    let scene = Scene::begin().await;
    for round in 0..ROUNDS {
        let patient = format!("patient-{round}");
        let (one, other) = (pending(&patient), pending(&patient));
        let outcome = tokio::join!(insert(&scene, &one), insert(&scene, &other));
        assert!(one_won(outcome), "round {round}: {outcome:?}");
    }
}

#[tokio::test]
async fn of_two_accounts_of_one_identity_one_is_stored() {
    let scene = Scene::begin().await;
    for round in 0..ROUNDS {
        let subject = format!("sub-{round}");
        let ((one, _), (other, _)) = (caregiver(&subject), caregiver(&subject));
        let outcome = tokio::join!(insert(&scene, &one), insert(&scene, &other));
        assert!(one_won(outcome), "round {round}: {outcome:?}");
    }
}

#[tokio::test]
async fn an_identity_that_is_bound_is_taken() {
    let scene = Scene::begin().await;
    let mut account = pending("patient-1");
    insert(&scene, &account).await;
    let bound = (TestTenant::issuer(), scene.tenant.subject());
    account.activate(bound).unwrap();
    let mut work = scene.change().await;
    assert_eq!(
        work.accounts().update(&account, now()).await.unwrap(),
        Taken
    );
    // The transaction goes on: the refusal is written into it.
    scene.commit(work).await;
    let kept = found(&scene, account.id).await;
    assert_eq!(kept.status, AccountStatus::PendingVerification);
    assert_eq!((kept.identity, kept.version), (None, 1));
}

#[tokio::test]
async fn of_two_accounts_that_bind_one_identity_one_does() {
    let scene = Scene::begin().await;
    for round in 0..ROUNDS {
        let of = |side: &str| pending(&format!("patient-{side}-{round}"));
        let (mut one, mut other) = (of("one"), of("other"));
        for account in [&mut one, &mut other] {
            insert(&scene, account).await;
            account.activate(identity(&format!("sub-{round}"))).unwrap();
        }
        let outcome = tokio::join!(update(&scene, &one), update(&scene, &other));
        assert!(one_won(outcome), "round {round}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_change_of_an_older_version_is_not_stored() {
    let scene = Scene::begin().await;
    let loaded = found(&scene, scene.tenant.account).await;
    let chosen = |language: &str| PortalAccount {
        preferred_language: Some(language.to_owned()),
        ..loaded.clone()
    };
    assert_eq!(update(&scene, &chosen("ar")).await, Done);
    assert_eq!(update(&scene, &chosen("en")).await, Taken);
    let kept = found(&scene, scene.tenant.account).await;
    assert_eq!(kept.preferred_language.as_deref(), Some("ar"));
    assert_eq!(kept.version, loaded.version + 1);
}

#[tokio::test]
async fn preferences_count_their_versions() {
    let scene = Scene::begin().await;
    let mut work = scene.change().await;
    let id = scene.tenant.account;
    assert_eq!(work.accounts().preferences(id).await.unwrap(), None);
    let chosen = portal_domain::notification::Preferences::default();
    for version in 1..=2 {
        let stored = work.accounts().set_preferences(id, &chosen, now());
        assert_eq!(stored.await.unwrap(), version);
    }
    let kept = work.accounts().preferences(id).await.unwrap();
    assert_eq!(kept, Some((chosen, 2)));
}

#[tokio::test]
async fn with_an_account_goes_by_which_ids_sources_know_its_patient() {
    let scene = Scene::begin().await;
    let links = PgPatientLinks::new(scene.database.database(Login::App));
    let place = LinkPlace {
        tenant: scene.tenant.id.clone(),
        base: "https://lab.example/r4".into(),
        system: "urn:mrn".into(),
    };
    let patient = scene.tenant.patient();
    let link = PatientLink {
        at_source: PatientId::parse("x-1").unwrap(),
        verified_at: now(),
    };
    links.keep(&place, &patient, &link).await.unwrap();
    let mut account = found(&scene, scene.tenant.account).await;
    account.preferred_language = Some("en".to_owned());
    assert_eq!(update(&scene, &account).await, Done);
    assert!(links.find(&place, &patient).await.unwrap().is_some());
    let mut account = found(&scene, scene.tenant.account).await;
    account.close(StatusReason::RecordsMerged, now()).unwrap();
    assert_eq!(update(&scene, &account).await, Done);
    assert_eq!(links.find(&place, &patient).await, Ok(None));
}
