use portal_application::ports::{DueProviderTask, ProviderTask, ProviderTasks as _};

use super::super::super::provider_tasks::PgProviderTasks;
use super::super::super::revocations::UNTIL_WITHDRAWN;
use super::*;

const MINUTE: jiff::SignedDuration = jiff::SignedDuration::from_mins(1);
const WEEK: jiff::SignedDuration = jiff::SignedDuration::from_hours(7 * 24);

/// A database of its own: claims go through all tenants.
async fn begin() -> (Scene, PgProviderTasks) {
    let scene = Scene::in_database(TestDatabase::fresh().await).await;
    let worker = scene.database.database(Login::Worker);
    let tasks = PgProviderTasks::new(worker, RevocationHashes::new(&ring()));
    (scene, tasks)
}

fn link(patient: &str) -> ProviderTask {
    ProviderTask::LinkPatient(Some(PatientId::parse(patient).unwrap()))
}

fn app() -> ClientId {
    ClientId::parse("some-app").unwrap()
}

async fn ask(scene: &Scene, subject: &str, task: ProviderTask) {
    let mut work = scene.change().await;
    work.ask_provider(&identity(subject), task, now())
        .await
        .unwrap();
    scene.commit(work).await;
}

async fn revoke_app(scene: &Scene, subject: &str) {
    let mut work = scene.change().await;
    work.revoke_app(&identity(subject), &app(), now())
        .await
        .unwrap();
    scene.commit(work).await;
}

async fn claim(tasks: &PgProviderTasks, at: Timestamp) -> Vec<DueProviderTask> {
    tasks.claim(at).await.unwrap()
}

async fn claim_one(tasks: &PgProviderTasks, at: Timestamp) -> DueProviderTask {
    let mut claimed = claim(tasks, at).await;
    assert_eq!(claimed.len(), 1);
    claimed.remove(0)
}

/// When tokens of the app count again, and when the entry goes.
async fn entry(scene: &Scene) -> Option<(Timestamp, Option<Timestamp>)> {
    let mut superuser = scene.database.connect("DATABASE_SUPERUSER_URL").await;
    let row: Option<(jiff_sqlx::Timestamp, Option<jiff_sqlx::Timestamp>)> =
        sqlx::query_as("SELECT not_before, until FROM revocations WHERE tenant_id = $1")
            .bind(scene.tenant.id.as_str())
            .fetch_optional(&mut superuser)
            .await
            .unwrap();
    row.map(|(not_before, until)| {
        (
            not_before.to_jiff(),
            until.map(jiff_sqlx::Timestamp::to_jiff),
        )
    })
}

#[tokio::test]
async fn what_is_asked_is_claimed_as_it_was_asked() {
    let (scene, tasks) = begin().await;
    let asked = [
        (link("patient-1"), Some(now() + WEEK)),
        (ProviderTask::EndSessions, Some(now() + WEEK)),
        (ProviderTask::RevokeConsent(app()), None),
    ];
    for (task, _) in &asked {
        ask(&scene, "sub-1", task.clone()).await;
    }
    let mut claimed = claim(&tasks, now()).await;
    claimed.sort_by_key(|due| due.version);
    for (due, (task, expires_at)) in claimed.iter().zip(&asked) {
        assert_eq!(&due.task, task);
        assert_eq!(&due.expires_at, expires_at);
        assert_eq!(
            (&due.tenant, &due.identity),
            (&scene.tenant.id, &identity("sub-1"))
        );
        tasks.done(due, now()).await.unwrap();
    }
    assert_eq!(claimed.len(), asked.len());
    assert!(claim(&tasks, now() + HOUR).await.is_empty());
    scene.database.drop_now().await;
}

#[tokio::test]
async fn a_commit_wakes_who_asks_and_a_change_without_a_task_does_not() {
    let (scene, _) = begin().await;
    let wake = Arc::clone(&scene.units.0.provider_wake);
    let woken = async || {
        let short = std::time::Duration::from_millis(10);
        tokio::time::timeout(short, wake.notified()).await.is_ok()
    };
    scene.commit(scene.change().await).await;
    assert!(!woken().await);
    let mut work = scene.change().await;
    work.ask_provider(&identity("sub-1"), ProviderTask::EndSessions, now())
        .await
        .unwrap();
    assert!(!woken().await, "nothing is committed yet");
    scene.commit(work).await;
    assert!(woken().await);
    scene.database.drop_now().await;
}

#[tokio::test]
async fn a_newer_task_takes_the_place_and_waits_for_who_does_the_older() {
    let (scene, tasks) = begin().await;
    ask(&scene, "sub-1", link("patient-1")).await;
    let older = claim_one(&tasks, now()).await;
    ask(&scene, "sub-1", ProviderTask::LinkPatient(None)).await;
    assert!(
        claim(&tasks, now()).await.is_empty(),
        "the older is under way"
    );
    tasks.done(&older, now()).await.unwrap();
    let newer = claim_one(&tasks, now()).await;
    assert_eq!(
        (&newer.task, newer.attempts),
        (&ProviderTask::LinkPatient(None), 0)
    );
    ask(&scene, "sub-1", link("patient-2")).await;
    tasks.postpone(&newer, now() + HOUR).await.unwrap();
    let newest = claim_one(&tasks, now()).await;
    assert_eq!(
        newest.task,
        link("patient-2"),
        "it does not wait with the older"
    );
    scene.database.drop_now().await;
}

#[tokio::test]
async fn who_comes_back_late_ends_nothing_of_another() {
    let (scene, tasks) = begin().await;
    ask(&scene, "sub-1", link("patient-1")).await;
    let late = claim_one(&tasks, now()).await;
    let other = claim_one(&tasks, now() + MINUTE).await;
    assert_eq!(other.attempts, 1, "the claim came to nothing");
    tasks.done(&other, now()).await.unwrap();
    ask(&scene, "sub-1", ProviderTask::LinkPatient(None)).await;
    let then = now() + MINUTE * 2;
    let held = claim_one(&tasks, then).await;
    tasks.done(&late, then).await.unwrap();
    tasks.postpone(&late, then).await.unwrap();
    assert!(claim(&tasks, then).await.is_empty(), "it is held");
    tasks.done(&held, now()).await.unwrap();
    assert!(claim(&tasks, now() + HOUR).await.is_empty());
    scene.database.drop_now().await;
}

#[tokio::test]
async fn what_was_postponed_comes_again_at_its_time() {
    let (scene, tasks) = begin().await;
    ask(&scene, "sub-1", ProviderTask::EndSessions).await;
    let due = claim_one(&tasks, now()).await;
    tasks.postpone(&due, now() + SECOND).await.unwrap();
    assert!(claim(&tasks, now()).await.is_empty());
    assert_eq!(claim_one(&tasks, now() + SECOND).await.attempts, 1);
    scene.database.drop_now().await;
}

#[tokio::test]
async fn of_two_claimers_one_has_each_task() {
    let (scene, tasks) = begin().await;
    for round in 0..10 {
        for subject in ["sub-1", "sub-2", "sub-3"] {
            ask(&scene, subject, ProviderTask::EndSessions).await;
        }
        let (one, other) = tokio::join!(claim(&tasks, now()), claim(&tasks, now()));
        assert_eq!(one.len() + other.len(), 3, "round {round}");
        for due in one.iter().chain(&other) {
            tasks.done(due, now()).await.unwrap();
        }
    }
    scene.database.drop_now().await;
}

#[tokio::test]
async fn an_app_is_refused_until_its_consent_is_withdrawn() {
    let (scene, tasks) = begin().await;
    revoke_app(&scene, "sub-1").await;
    assert_eq!(entry(&scene).await, Some((UNTIL_WITHDRAWN, None)));
    let due = claim_one(&tasks, now()).await;
    tasks.postpone(&due, now()).await.unwrap();
    assert_eq!(entry(&scene).await, Some((UNTIL_WITHDRAWN, None)));
    let due = claim_one(&tasks, now()).await;
    let withdrawn = now() + MINUTE;
    tasks.done(&due, withdrawn).await.unwrap();
    let end = Some(withdrawn + HOUR * 24);
    assert_eq!(entry(&scene).await, Some((withdrawn, end)));
    revoke_app(&scene, "sub-1").await;
    assert_eq!(entry(&scene).await, Some((UNTIL_WITHDRAWN, None)), "anew");
    scene.database.drop_now().await;
}

#[tokio::test]
async fn an_app_that_was_revoked_again_meanwhile_stays_refused() {
    let (scene, tasks) = begin().await;
    revoke_app(&scene, "sub-1").await;
    let older = claim_one(&tasks, now()).await;
    revoke_app(&scene, "sub-1").await;
    tasks.done(&older, now()).await.unwrap();
    assert_eq!(entry(&scene).await, Some((UNTIL_WITHDRAWN, None)));
    let newer = claim_one(&tasks, now()).await;
    tasks.done(&newer, now()).await.unwrap();
    assert_eq!(entry(&scene).await.unwrap().0, now());
    scene.database.drop_now().await;
}

#[tokio::test]
async fn only_what_waits_for_a_consent_is_lowered() {
    let (scene, tasks) = begin().await;
    let mut work = scene.change().await;
    let (who, later) = (identity("sub-1"), now() + HOUR);
    work.revoke(&who, Some(&app()), later, None).await.unwrap();
    let task = ProviderTask::RevokeConsent(app());
    work.ask_provider(&who, task, now()).await.unwrap();
    scene.commit(work).await;
    let due = claim_one(&tasks, now()).await;
    tasks.done(&due, now()).await.unwrap();
    assert_eq!(entry(&scene).await, Some((later, None)));
    scene.database.drop_now().await;
}
