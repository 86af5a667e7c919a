//! One event, from what it names to what it changes, in one transaction.

use jiff::Timestamp;
use portal_domain::account::PortalAccount;
use portal_domain::audit::EventType;
use portal_domain::id::{PatientId, RequestId, TenantId};
use portal_domain::inbox::{Envelope, PlatformEvent};
use portal_domain::source::Source;

use super::Inbox;
use super::confirm::{KnownPatient, LicensedTenant, MergedPatients, Registration};
use super::receive::NotHandled;
use crate::ports::{InboxOutcome, InboxUnitOfWork, ReceivedEvent, Stored};
use crate::system_event::{SystemAct, system_event};

/// What is to be changed. What opens something carries its owner's word.
enum Change {
    Admit(LicensedTenant),
    LockOut,
    ReadAnew,
    Register(KnownPatient),
    Merge(MergedPatients),
    /// What takes something away, or nothing.
    Other(PlatformEvent),
    Nothing(&'static str),
}

impl Change {
    const fn is_of_tenant(&self) -> bool {
        matches!(self, Self::Admit(_) | Self::LockOut | Self::ReadAnew)
    }
}

/// An event that is being handled.
pub(super) struct Handling<'a> {
    pub(super) inbox: &'a Inbox,
    received: &'a ReceivedEvent,
    pub(super) envelope: &'a Envelope,
    pub(super) now: Timestamp,
    correlation: RequestId,
}

impl<'a> Handling<'a> {
    pub(super) fn new(
        inbox: &'a Inbox,
        received: &'a ReceivedEvent,
        envelope: &'a Envelope,
        now: Timestamp,
    ) -> Self {
        let correlation = envelope.correlation.clone();
        Self {
            inbox,
            received,
            envelope,
            now,
            correlation: correlation.unwrap_or_else(|| RequestId::from(&received.id)),
        }
    }

    /// Confirms, begins, changes and notes that it was done. What others' memories hold of it goes
    /// first: whoever reads it anew before the commit reads what was true until then.
    pub(super) async fn run(&self, event: PlatformEvent) -> Result<InboxOutcome, NotHandled> {
        self.invalidate(&event).await?;
        let change = self.confirmed(event).await?;
        let changes_tenant = change.is_of_tenant();
        let begun = self
            .inbox
            .parts
            .units
            .begin(self.received, &self.correlation);
        let Some(mut work) = begun.await? else {
            return Ok(InboxOutcome::Ignored("again"));
        };
        if !changes_tenant {
            self.require_tenant(&mut *work).await?;
        }
        let outcome = self.carry_out(change, &mut *work).await?;
        work.finish(self.received, outcome, self.now).await?;
        if changes_tenant {
            self.inbox.inner.gate.forget_licences(self.tenant());
        }
        Ok(outcome)
    }

    async fn confirmed(&self, event: PlatformEvent) -> Result<Change, NotHandled> {
        let tenant = self.tenant();
        Ok(match event {
            PlatformEvent::TenantActivated => {
                Change::Admit(self.inbox.confirm_licence(tenant).await?)
            }
            PlatformEvent::TenantSuspended => Change::LockOut,
            PlatformEvent::TenantConfigChanged | PlatformEvent::EntitlementChanged => {
                Change::ReadAnew
            }
            PlatformEvent::Registered(None) => Change::Nothing("no-patient"),
            PlatformEvent::Registered(Some(patient)) => {
                match self.inbox.confirm_registration(tenant, &patient).await? {
                    Registration::Known(known) => Change::Register(known),
                    Registration::Unfit(reason) => Change::Nothing(reason),
                }
            }
            PlatformEvent::PatientMerged { retired, surviving } => {
                let merged = self.inbox.confirm_merge(tenant, retired, surviving);
                Change::Merge(merged.await?)
            }
            other => Change::Other(other),
        })
    }

    async fn carry_out(
        &self,
        change: Change,
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<InboxOutcome, NotHandled> {
        match change {
            Change::Admit(licensed) => self.admit_tenant(&licensed, work).await,
            Change::LockOut => self.lock_tenant_out(work).await,
            Change::ReadAnew => self.read_tenant_anew(work).await,
            Change::Register(known) => self.register(&known, work).await,
            Change::Merge(merged) => self.merge(&merged, work).await,
            Change::Nothing(reason) => Ok(InboxOutcome::Ignored(reason)),
            Change::Other(PlatformEvent::UserLocked(user)) => self.lock_user(&user, work).await,
            Change::Other(PlatformEvent::SessionsRevoked(user)) => {
                self.end_sessions_of(&user, work).await
            }
            Change::Other(PlatformEvent::SessionRevoked(issuer, session)) => {
                self.end_session(issuer.as_ref(), &session, work).await
            }
            Change::Other(PlatformEvent::VitalStatusChanged(patient, true)) => {
                self.died(&patient, work).await
            }
            Change::Other(_) => Ok(InboxOutcome::Handled),
        }
    }

    /// Has records read anew that the event says have changed.
    async fn invalidate(&self, event: &PlatformEvent) -> Result<(), NotHandled> {
        match event {
            PlatformEvent::PatientUpdated(patient)
            | PlatformEvent::VitalStatusChanged(patient, _) => {
                self.invalidate_one(patient, Source::Registration).await
            }
            PlatformEvent::PatientMerged { retired, surviving } => {
                for source in Source::ALL {
                    self.invalidate_one(retired, source).await?;
                    self.invalidate_one(surviving, source).await?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn invalidate_one(&self, patient: &PatientId, source: Source) -> Result<(), NotHandled> {
        let cache = &self.inbox.parts.cache;
        Ok(cache.invalidate(self.tenant(), patient, source).await?)
    }

    /// What is about people is about those of a tenant that this deployment serves.
    async fn require_tenant(&self, work: &mut dyn InboxUnitOfWork) -> Result<(), NotHandled> {
        match work.tenant_region().await? {
            Some(region) if region == self.inbox.parts.region => Ok(()),
            Some(_) => Err(NotHandled::never("foreign-region")),
            None => Err(NotHandled::never("unknown-tenant")),
        }
    }

    pub(super) const fn tenant(&self) -> &'a TenantId {
        &self.received.tenant
    }

    /// When the event happened; never later than now.
    pub(super) fn happened_at(&self) -> Timestamp {
        self.envelope.occurred_at.min(self.now)
    }

    /// Stores a changed account; one that somebody changed meanwhile is to be looked at again.
    pub(super) async fn store(
        &self,
        account: &PortalAccount,
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<(), NotHandled> {
        match work.accounts().update(account, self.now).await? {
            Stored::Done => Ok(()),
            Stored::Taken => Err(NotHandled::Later("store")),
        }
    }

    /// Writes down what the event changed, and about whose record.
    pub(super) async fn record(
        &self,
        event_type: EventType,
        (patient, changed): (Option<&PatientId>, &(impl ToString + Sync)),
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<(), NotHandled> {
        let act = SystemAct {
            tenant: self.tenant(),
            operation: self.received.kind.as_str(),
            event_type,
            patient: patient.cloned(),
            changed: vec![changed.to_string().into_boxed_str()],
            request_id: &self.correlation,
        };
        let event = system_event(&*self.inbox.inner.ids, self.now, act);
        Ok(work.journal(event).await?)
    }
}
