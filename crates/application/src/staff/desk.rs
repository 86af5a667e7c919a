//! The use cases of staff in one place, and what they are made of.

use std::sync::Arc;

use portal_domain::access::StaffToken;
use portal_domain::account::PortalAccount;
use portal_domain::audit::Recorded;
use portal_domain::proxy_delegation::ProxyDelegation;

use super::StaffCaller;
use super::access_log::{ReadLog, StaffLogPage};
use super::accounts::{AccountPage, GetAccount, ListAccounts};
use super::approve::{Approval, Approve};
use super::config::{ConfigAnswer, GetConfig, PutConfig};
use super::dead_letters::{DeadLetterPage, ListDeadLetters, Replay};
use super::explain::{Explain, Explained};
use super::revoke::Revoke;
use super::status::{ChangeStatus, StatusChange};
use super::usage::{GetUsage, Usage};
use crate::act::Performed;
use crate::body::WriteRequest;
use crate::error::AccessError;
use crate::portal::{Inner, Portal};
use crate::ports::{
    BearerToken, DeadLetters, StaffAccount, StaffRecords, StaffTokenVerifier, StaffUnitsOfWork,
    TokenRefusal,
};

/// Everything outside that only the use cases of staff stand on.
#[derive(Clone)]
pub struct StaffParts {
    /// Tokens of staff; none where no issuer of theirs is believed.
    pub verifier: Option<Arc<dyn StaffTokenVerifier>>,
    /// Reads.
    pub records: Arc<dyn StaffRecords>,
    /// Changes.
    pub units: Arc<dyn StaffUnitsOfWork>,
    /// Events that were given up.
    pub dead_letters: Arc<dyn DeadLetters>,
}

/// The use cases of staff. Cheap to clone.
#[derive(Clone)]
pub struct StaffDesk {
    pub(super) inner: Arc<Inner>,
    pub(super) staff: StaffParts,
}

type Raw<'a> = &'a [(String, String)];
type Changed<T> = Result<Recorded<Performed<T>>, AccessError>;

impl StaffDesk {
    /// Beside a portal, over the same decision and journal.
    pub fn new(portal: &Portal, staff: StaffParts) -> Self {
        Self {
            inner: portal.inner(),
            staff,
        }
    }

    /// Who a token says is calling.
    pub async fn identify(&self, token: &BearerToken) -> Result<Arc<StaffToken>, TokenRefusal> {
        match &self.staff.verifier {
            Some(verifier) => verifier.verify(token).await,
            None => Err(TokenRefusal::Invalid("issuer")),
        }
    }

    /// A page of the tenant's accounts.
    pub async fn accounts(
        &self,
        caller: &StaffCaller,
        raw: Raw<'_>,
    ) -> Result<Recorded<AccountPage>, AccessError> {
        self.run(caller, &ListAccounts { raw }).await
    }

    /// One of them.
    pub async fn account(
        &self,
        caller: &StaffCaller,
        id: &str,
        raw: Raw<'_>,
    ) -> Result<Recorded<StaffAccount>, AccessError> {
        self.run(caller, &GetAccount { id, raw }).await
    }

    /// Suspends, reinstates or closes an account.
    pub async fn change_status(
        &self,
        caller: &StaffCaller,
        (id, change): (&str, StatusChange),
        request: &WriteRequest,
    ) -> Changed<PortalAccount> {
        let act = ChangeStatus {
            id,
            change,
            request,
        };
        self.perform(caller, &act).await
    }

    /// Approves a legal delegation.
    pub async fn approve(
        &self,
        caller: &StaffCaller,
        id: &str,
        request: &WriteRequest,
    ) -> Changed<Approval> {
        self.perform(caller, &Approve { id, request }).await
    }

    /// Ends a delegation.
    pub async fn revoke(
        &self,
        caller: &StaffCaller,
        id: &str,
        request: &WriteRequest,
    ) -> Changed<ProxyDelegation> {
        self.perform(caller, &Revoke { id, request }).await
    }

    /// What the tenant decides for itself.
    pub async fn config(
        &self,
        caller: &StaffCaller,
        tenant: &str,
        raw: Raw<'_>,
    ) -> Result<Recorded<ConfigAnswer>, AccessError> {
        self.run(caller, &GetConfig { tenant, raw }).await
    }

    /// Puts another document in its place.
    pub async fn put_config(
        &self,
        caller: &StaffCaller,
        tenant: &str,
        request: &WriteRequest,
    ) -> Changed<ConfigAnswer> {
        self.perform(caller, &PutConfig { tenant, request }).await
    }

    /// A page of the tenant's access log.
    pub async fn access_log(
        &self,
        caller: &StaffCaller,
        raw: Raw<'_>,
    ) -> Result<Recorded<StaffLogPage>, AccessError> {
        self.run(caller, &ReadLog { raw }).await
    }

    /// The rules that decide about an operation of an account.
    pub async fn explain(
        &self,
        caller: &StaffCaller,
        request: &WriteRequest,
    ) -> Result<Recorded<Explained>, AccessError> {
        self.run(caller, &Explain { request }).await
    }

    /// A page of the events that were given up.
    pub async fn dead_letters(
        &self,
        caller: &StaffCaller,
        raw: Raw<'_>,
    ) -> Result<Recorded<DeadLetterPage>, AccessError> {
        self.run(caller, &ListDeadLetters { raw }).await
    }

    /// Has one of them published after all.
    pub async fn replay(
        &self,
        caller: &StaffCaller,
        id: &str,
        request: &WriteRequest,
    ) -> Result<Recorded<()>, AccessError> {
        self.run(caller, &Replay { id, request }).await
    }

    /// How much the portal is used.
    pub async fn usage(
        &self,
        caller: &StaffCaller,
        raw: Raw<'_>,
    ) -> Result<Recorded<Usage>, AccessError> {
        self.run(caller, &GetUsage { raw }).await
    }
}
