//! Patients die, and records that were two become one.

use metrics::counter;
use portal_domain::account::{AccountStatus, PortalAccount, StatusReason};
use portal_domain::audit::EventType;
use portal_domain::id::{PatientId, PortalAccountId};
use portal_domain::proxy_delegation::{DelegationStatus, ProxyDelegation};

use super::confirm::MergedPatients;
use super::handle::Handling;
use super::receive::NotHandled;
use crate::account;
use crate::ports::{InboxOutcome, InboxUnitOfWork, ProviderTask};

impl Handling<'_> {
    /// Locks the account of somebody who died. Their links bind nobody any more. Nobody writes to
    /// them; staff are told.
    pub(super) async fn died(
        &self,
        patient: &PatientId,
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<InboxOutcome, NotHandled> {
        work.end_links(patient, self.now).await?;
        let Some(account) = work.accounts().lock_of_patient(patient).await? else {
            return Ok(InboxOutcome::Handled);
        };
        let reason = StatusReason::PatientDeceased;
        if self.lock_account(account, reason, work).await? {
            tell_staff(reason);
        }
        Ok(InboxOutcome::Handled)
    }

    /// Makes one of two records: the account goes over to the record that stays, every session
    /// ends, and who acts for the patient waits to be confirmed anew. Two accounts are locked, and
    /// staff decide.
    pub(super) async fn merge(
        &self,
        merged: &MergedPatients,
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<InboxOutcome, NotHandled> {
        let (retired, surviving) = (merged.retired(), merged.surviving());
        work.end_links(retired, self.now).await?;
        // Whom a source means by the one or the other is to be found out anew.
        for patient in [retired, surviving] {
            work.forget_names(patient).await?;
        }
        let (of_retired, of_surviving) = self.accounts_of(merged, work).await?;
        let kept = match (of_retired, of_surviving) {
            (Some(one), Some(other)) => self.two_accounts(one, other, work).await?,
            (one, other) => one.or(other),
        };
        let mut owner = None;
        if let Some(mut account) = kept {
            owner = Some(account.id);
            self.go_over(&mut account, surviving, work).await?;
        }
        for patient in [retired, surviving] {
            work.delegations().lock_grantor(patient).await?;
            for id in work.delegations_of(patient).await? {
                let Some(delegation) = work.delegations().lock(id).await? else {
                    continue;
                };
                self.ask_again(delegation, (surviving, owner), work).await?;
            }
        }
        Ok(InboxOutcome::Handled)
    }

    /// The accounts of both, held in the order of their patients' ids: of two merges at the same
    /// moment neither waits for the other for ever.
    async fn accounts_of(
        &self,
        merged: &MergedPatients,
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<(Option<PortalAccount>, Option<PortalAccount>), NotHandled> {
        let (retired, surviving) = (merged.retired(), merged.surviving());
        let is_first = retired < surviving;
        let (first, second) = if is_first {
            (retired, surviving)
        } else {
            (surviving, retired)
        };
        let first = work.accounts().lock_of_patient(first).await?;
        let second = work.accounts().lock_of_patient(second).await?;
        Ok(if is_first {
            (first, second)
        } else {
            (second, first)
        })
    }

    /// Of two accounts: one that nobody was verified for gives way; two that somebody holds are
    /// locked, and none is kept.
    async fn two_accounts(
        &self,
        of_retired: PortalAccount,
        of_surviving: PortalAccount,
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<Option<PortalAccount>, NotHandled> {
        let is_pending =
            |account: &PortalAccount| account.status == AccountStatus::PendingVerification;
        if is_pending(&of_retired) {
            self.give_way(of_retired, work).await?;
            return Ok(Some(of_surviving));
        }
        if is_pending(&of_surviving) {
            self.give_way(of_surviving, work).await?;
            return Ok(Some(of_retired));
        }
        let reason = StatusReason::RecordsMerged;
        for account in [of_retired, of_surviving] {
            self.lock_account(account, reason, work).await?;
        }
        tell_staff(reason);
        Ok(None)
    }

    async fn give_way(
        &self,
        mut account: PortalAccount,
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<(), NotHandled> {
        let closed = account.close(StatusReason::RecordsMerged, self.now);
        let event = closed.map_err(|_| NotHandled::Later("store"))?;
        self.store(&account, work).await?;
        work.publish(&event, self.now).await?;
        let about = (account.patient.as_ref(), &account.id);
        self.record(EventType::AccountClosed, about, work).await
    }

    /// Links an account to the record that stays, if it is not already, and ends its sessions.
    async fn go_over(
        &self,
        account: &mut PortalAccount,
        surviving: &PatientId,
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<(), NotHandled> {
        if account.patient.as_ref() != Some(surviving) {
            account.patient = Some(surviving.clone());
            self.store(account, work).await?;
            let about = (Some(surviving), &account.id);
            self.record(EventType::AccountUpdated, about, work).await?;
            let inner = &self.inbox.inner;
            inner.notify(work, account.id, "record-merged").await?;
        }
        let Some(identity) = &account.identity else {
            return Ok(());
        };
        account::lock_out(identity, self.now, work).await?;
        let link = ProviderTask::LinkPatient(Some(surviving.clone()));
        Ok(work.ask_provider(identity, link, self.now).await?)
    }

    /// Takes a delegation over to the record that stays; whoever was active has to be confirmed
    /// again. One that would open a person's record to themselves, or a second one to the same
    /// person, ends.
    async fn ask_again(
        &self,
        mut delegation: ProxyDelegation,
        (surviving, owner): (&PatientId, Option<PortalAccountId>),
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<(), NotHandled> {
        if self.must_end(&delegation, (surviving, owner), work).await? {
            let inner = &self.inbox.inner;
            let ended = inner.end_delegation(&mut delegation, self.now, work).await;
            ended.map_err(|_| NotHandled::Later("store"))?;
            return self
                .delegation_changed(EventType::ProxyRevoked, &delegation, work)
                .await;
        }
        let was_active = delegation.status == DelegationStatus::Active;
        if !was_active && delegation.grantor == *surviving {
            return Ok(());
        }
        if was_active {
            let asked = delegation.ask_again();
            asked.map_err(|_| NotHandled::Later("store"))?;
        }
        delegation.grantor = surviving.clone();
        work.reassign(&delegation, self.now).await?;
        if was_active {
            let inner = &self.inbox.inner;
            inner
                .notify_both(work, &delegation, "proxy-reconfirm")
                .await?;
        }
        self.delegation_changed(EventType::ProxyAccepted, &delegation, work)
            .await
    }

    async fn must_end(
        &self,
        delegation: &ProxyDelegation,
        (surviving, owner): (&PatientId, Option<PortalAccountId>),
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<bool, NotHandled> {
        let Some(proxy) = delegation.proxy else {
            return Ok(false);
        };
        if Some(proxy) == owner {
            return Ok(true);
        }
        let other = work.delegations().open_between(surviving, proxy).await?;
        Ok(other.is_some_and(|other| other != delegation.id))
    }

    async fn delegation_changed(
        &self,
        event_type: EventType,
        delegation: &ProxyDelegation,
        work: &mut dyn InboxUnitOfWork,
    ) -> Result<(), NotHandled> {
        let about = (Some(&delegation.grantor), &delegation.id);
        self.record(event_type, about, work).await
    }
}

/// Staff see it in the list of suspended accounts and by its event; operators by this.
fn tell_staff(reason: StatusReason) {
    counter!("portal_staff_attention_total", "reason" => reason.as_str()).increment(1);
    tracing::warn!(reason = reason.as_str(), "account.needs_staff");
}
