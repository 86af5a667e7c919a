//! Asks the identity provider for what changes asked of it.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use metrics::counter;
use tokio::sync::Notify;

use crate::ports::{
    Clock, DueProviderTask, IdentityAdmin, IdentityAdminError, Ids, ProviderTask, ProviderTasks,
    StoreError,
};

use super::retry::wait;

/// How often it looks when nobody in this process wakes it.
const POLL: Duration = Duration::from_millis(500);

/// What the job stands on.
#[derive(Clone)]
pub struct ProviderJob {
    /// What is to be done.
    pub tasks: Arc<dyn ProviderTasks>,
    /// Who does it.
    pub admin: Arc<dyn IdentityAdmin>,
    /// Notified by changes of the same process.
    pub wake: Arc<Notify>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where the jitter comes from.
    pub ids: Arc<dyn Ids>,
}

impl ProviderJob {
    /// Runs until `stop` ends; what was begun is finished first.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        tokio::pin!(stop);
        loop {
            let wait = match self.ask_due().await {
                Ok(0) => POLL,
                Ok(_) => Duration::ZERO,
                Err(StoreError::Unavailable | StoreError::Corrupt) => POLL * 4,
            };
            tokio::select! {
                biased;
                () = &mut stop => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    async fn ask_due(&self) -> Result<usize, StoreError> {
        let due = self.tasks.claim(self.clock.now()).await?;
        let mut asked: FuturesUnordered<_> = due.iter().map(|one| self.ask(one)).collect();
        let mut settled = Ok(());
        while let Some((one, outcome)) = asked.next().await {
            settled = settled.and(self.settle(one, outcome).await);
        }
        settled.map(|()| due.len())
    }

    async fn ask<'a>(&self, due: &'a DueProviderTask) -> (&'a DueProviderTask, Outcome) {
        let over = due.expires_at.is_some_and(|end| end <= self.clock.now());
        let outcome = if over {
            Outcome::Expired
        } else {
            Outcome::of(&due.task, self.call(due).await)
        };
        (due, outcome)
    }

    async fn settle(&self, due: &DueProviderTask, outcome: Outcome) -> Result<(), StoreError> {
        let (kind, word) = (due.task.kind(), outcome.as_str());
        counter!("portal_provider_tasks_total", "kind" => kind, "outcome" => word).increment(1);
        if outcome.is_a_loss() {
            tracing::warn!(kind, outcome = word, tenant = %due.tenant, "provider.not_asked");
        }
        let now = self.clock.now();
        match outcome {
            Outcome::Postponed | Outcome::Insisted => {
                let until = now + wait(due.attempts, self.ids.ulid(now));
                self.tasks.postpone(due, until).await
            }
            Outcome::Done | Outcome::NotConfigured | Outcome::Refused | Outcome::Expired => {
                self.tasks.done(due, now).await
            }
        }
    }

    async fn call(&self, due: &DueProviderTask) -> Result<(), IdentityAdminError> {
        let (issuer, subject) = &due.identity;
        match &due.task {
            ProviderTask::LinkPatient(patient) => {
                let patient = patient.as_ref();
                self.admin.link_patient(issuer, subject, patient).await
            }
            ProviderTask::EndSessions => self.admin.end_sessions(issuer, subject).await,
            ProviderTask::RevokeConsent(client) => {
                let client = client.as_str();
                self.admin.revoke_consent(issuer, subject, client).await
            }
        }
    }
}

/// What became of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    NotConfigured,
    Postponed,
    /// Refused, but never given up.
    Insisted,
    Refused,
    Expired,
}

impl Outcome {
    fn of(task: &ProviderTask, asked: Result<(), IdentityAdminError>) -> Self {
        match asked {
            Ok(()) => Self::Done,
            Err(IdentityAdminError::NotConfigured) => Self::NotConfigured,
            Err(IdentityAdminError::Unavailable) => Self::Postponed,
            // Given up, the app would be let in again or never more.
            Err(IdentityAdminError::Refused) if task.client().is_some() => Self::Insisted,
            Err(IdentityAdminError::Refused) => Self::Refused,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NotConfigured => "not_configured",
            Self::Postponed => "postponed",
            Self::Insisted | Self::Refused => "refused",
            Self::Expired => "expired",
        }
    }

    const fn is_a_loss(self) -> bool {
        matches!(self, Self::Insisted | Self::Refused | Self::Expired)
    }
}

#[cfg(test)]
#[path = "provider_tests.rs"]
mod tests;
