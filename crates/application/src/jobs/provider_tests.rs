use std::sync::Mutex;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use portal_domain::id::{ClientId, PatientId, Subject};

use super::*;
use crate::testing::{Administered, MemoryIdentityAdmin, SerialIds, TENANT, TestClock};

/// One task, and what became of it.
#[derive(Default)]
struct One {
    waits: Mutex<Option<Timestamp>>,
    done: Mutex<bool>,
}

fn due(task: ProviderTask, attempts: u32, expires_at: Option<Timestamp>) -> DueProviderTask {
    DueProviderTask {
        tenant: TENANT.parse().unwrap(),
        identity: (
            "https://id.example".parse().unwrap(),
            "sub-1".parse().unwrap(),
        ),
        task,
        attempts,
        expires_at,
        version: 1,
        held_until: Timestamp::UNIX_EPOCH,
    }
}

#[async_trait]
impl ProviderTasks for One {
    async fn claim(&self, _: Timestamp) -> Result<Vec<DueProviderTask>, StoreError> {
        Ok(Vec::new())
    }

    async fn done(&self, _: &DueProviderTask, _: Timestamp) -> Result<(), StoreError> {
        *self.done.lock().unwrap() = true;
        Ok(())
    }

    async fn postpone(&self, _: &DueProviderTask, until: Timestamp) -> Result<(), StoreError> {
        *self.waits.lock().unwrap() = Some(until);
        Ok(())
    }
}

fn job(tasks: Arc<One>, admin: Arc<MemoryIdentityAdmin>) -> ProviderJob {
    ProviderJob {
        tasks,
        admin,
        wake: Arc::default(),
        clock: Arc::new(TestClock::default()),
        ids: Arc::new(SerialIds::default()),
    }
}

/// Whether the task is gone, and else how long it waits.
async fn asked(
    due: &DueProviderTask,
    answer: Result<(), IdentityAdminError>,
) -> (bool, Option<SignedDuration>) {
    let (one, admin) = (Arc::new(One::default()), MemoryIdentityAdmin::default());
    *admin.failure.lock().unwrap() = answer.err();
    let job = job(Arc::clone(&one), Arc::new(admin));
    let (_, outcome) = job.ask(due).await;
    job.settle(due, outcome).await.unwrap();
    let until = *one.waits.lock().unwrap();
    let done = *one.done.lock().unwrap();
    (
        done,
        until.map(|until| until.duration_since(job.clock.now())),
    )
}

fn consent() -> ProviderTask {
    ProviderTask::RevokeConsent(ClientId::parse("app").unwrap())
}

#[tokio::test]
async fn the_provider_is_asked_for_what_the_task_says() {
    let subject = Subject::parse("sub-1").unwrap();
    let patient = PatientId::parse("patient-1").unwrap();
    let linked = |patient| Administered::Linked(subject.clone(), patient);
    for (task, expected) in [
        (
            ProviderTask::LinkPatient(Some(patient.clone())),
            linked(Some(patient)),
        ),
        (ProviderTask::LinkPatient(None), linked(None)),
        (
            ProviderTask::EndSessions,
            Administered::SessionsEnded(subject.clone()),
        ),
        (
            consent(),
            Administered::ConsentRevoked(subject.clone(), "app".to_owned()),
        ),
    ] {
        let admin = Arc::new(MemoryIdentityAdmin::default());
        let job = job(Arc::default(), Arc::clone(&admin));
        job.ask(&due(task, 0, None)).await;
        assert_eq!(*admin.done.lock().unwrap(), [expected]);
    }
}

#[tokio::test]
async fn what_was_done_or_never_can_be_goes() {
    let session = due(ProviderTask::EndSessions, 0, None);
    for answer in [
        Ok(()),
        Err(IdentityAdminError::Refused),
        Err(IdentityAdminError::NotConfigured),
    ] {
        assert_eq!(asked(&session, answer).await, (true, None), "{answer:?}");
    }
}

#[tokio::test]
async fn what_the_provider_cannot_do_now_waits() {
    let link = due(ProviderTask::LinkPatient(None), 3, None);
    let (gone, waits) = asked(&link, Err(IdentityAdminError::Unavailable)).await;
    let waits = waits.expect("it waits").as_secs();
    assert!(!gone && (4..=8).contains(&waits), "{waits}");
}

#[tokio::test]
async fn what_is_over_goes_unasked_and_unless_it_is_over_it_is_asked() {
    let now = TestClock::default().now();
    let second = SignedDuration::from_secs(1);
    let unavailable = Err(IdentityAdminError::Unavailable);
    let over = due(ProviderTask::EndSessions, 9, Some(now));
    assert_eq!(asked(&over, unavailable).await, (true, None));
    let not_over = due(ProviderTask::EndSessions, 9, Some(now + second));
    assert!(!asked(&not_over, unavailable).await.0);
}

#[tokio::test]
async fn a_consent_is_never_given_up() {
    let consent = due(consent(), 40, None);
    for answer in [IdentityAdminError::Refused, IdentityAdminError::Unavailable] {
        let (gone, waits) = asked(&consent, Err(answer)).await;
        assert!(!gone && waits.is_some(), "{answer}");
    }
    assert_eq!(asked(&consent, Ok(())).await, (true, None));
    let unknown = Err(IdentityAdminError::NotConfigured);
    assert_eq!(asked(&consent, unknown).await, (true, None));
}
