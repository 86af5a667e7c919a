//! The proof that a caller may change something of their own. Only [`super::authorize_caller`]
//! makes it.

use std::sync::Arc;

use jiff::Timestamp;

use crate::account::AccountSnapshot;
use crate::id::PatientId;
use crate::tenant::Tenant;

use super::{AccessFacts, Action, Denial, VerifiedToken};

/// Leave to change what is the caller's own: their account, their preferences, the delegations
/// that they grant or hold. It opens no record. Neither `Clone` nor serialisable: it ends with the
/// request that it was decided for.
#[derive(Debug)]
pub struct CallerGrant {
    token: Arc<VerifiedToken>,
    tenant: Arc<Tenant>,
    account: Option<Arc<AccountSnapshot>>,
    action: Action,
    decided_at: Timestamp,
}

impl CallerGrant {
    pub(super) fn new(
        facts: &AccessFacts,
        tenant: Arc<Tenant>,
        action: Action,
        decided_at: Timestamp,
    ) -> Self {
        Self {
            token: Arc::clone(&facts.token),
            tenant,
            account: facts.account.clone(),
            action,
            decided_at,
        }
    }

    /// The tenant, for everything that belongs to it.
    pub const fn tenant(&self) -> &Arc<Tenant> {
        &self.tenant
    }

    /// The caller's token.
    pub const fn token(&self) -> &Arc<VerifiedToken> {
        &self.token
    }

    /// The account, in the version that the decision used; none only where the action needs none.
    pub const fn account(&self) -> Option<&Arc<AccountSnapshot>> {
        self.account.as_ref()
    }

    /// The account, where there has to be one.
    pub fn own_account(&self) -> Result<&Arc<AccountSnapshot>, Denial> {
        self.account.as_ref().ok_or(Denial::AccountNotLinked)
    }

    /// The record of the caller, where there has to be one.
    pub fn own_record(&self) -> Result<&PatientId, Denial> {
        let account = self.own_account()?;
        account.patient_id.as_ref().ok_or(Denial::AccountNotLinked)
    }

    /// What was allowed.
    pub const fn action(&self) -> &Action {
        &self.action
    }

    /// When it was decided: the `now` of every rule of this request.
    pub const fn decided_at(&self) -> Timestamp {
        self.decided_at
    }
}
