//! One change that staff make, from the facts to the receipt.

use async_trait::async_trait;
use metrics::counter;
use portal_domain::access::{Denial, StaffAction, StaffGrant};
use portal_domain::audit::Recorded;

use super::StaffCaller;
use super::decide::About;
use super::desk::StaffDesk;
use crate::act::Performed;
use crate::body::WriteRequest;
use crate::error::AccessError;
use crate::idempotency::{self, Asked};
use crate::ports::{IdempotencyRecord, StaffUnitOfWork, StoreError};

/// What became of a change.
pub(super) struct Done<T> {
    /// What was made.
    pub(super) made: T,
    /// What a replay finds it by.
    pub(super) resource_id: String,
    /// For the journal.
    pub(super) about: About,
}

/// A use case of staff that changes something.
#[async_trait]
pub(super) trait StaffAct: Sync {
    /// What the request asks for, once read.
    type Input: Send + Sync;
    /// What it makes.
    type Made: Send;

    /// Which operation it is.
    fn action(&self) -> StaffAction;

    /// The request.
    fn request(&self) -> &WriteRequest;

    /// What of the path names a thing: the same key for another thing is another request.
    fn subject(&self) -> Option<&str>;

    /// Whether the tenant's row is held meanwhile. Not by who changes that row.
    fn holds_tenant(&self) -> bool {
        true
    }

    /// Reads the request.
    fn read(&self, grant: &StaffGrant) -> Result<Self::Input, AccessError>;

    /// Changes.
    async fn act(
        &self,
        desk: &StaffDesk,
        grant: &StaffGrant,
        input: Self::Input,
        work: &mut dyn StaffUnitOfWork,
    ) -> Result<Done<Self::Made>, AccessError>;

    /// What an earlier request made, as it is now.
    async fn again(
        &self,
        desk: &StaffDesk,
        grant: &StaffGrant,
        record: &IdempotencyRecord,
        work: &mut dyn StaffUnitOfWork,
    ) -> Result<Self::Made, AccessError>;
}

/// A second refusal in a row of what was decided means that facts change faster than they can be
/// read.
pub(super) const ATTEMPTS: usize = 2;

impl StaffDesk {
    /// Runs a change: decide, read, begin, act, write down, commit.
    pub(super) async fn perform<A: StaffAct>(
        &self,
        caller: &StaffCaller,
        act: &A,
    ) -> Result<Recorded<Performed<A::Made>>, AccessError> {
        let action = act.action();
        for _ in 0..ATTEMPTS {
            let grant = self.inner.admit_staff(caller, &action).await?;
            let place = self.inner.journal.reserve()?;
            let attempt = self.attempt(caller, act, &grant).await;
            return match attempt {
                Ok(Some(performed)) => Ok(performed),
                Ok(None) => {
                    counter!("portal_decisions_stale_total").increment(1);
                    continue;
                }
                Err(error) => Err(self.failed(caller, &action, place, error).await),
            };
        }
        Err(StoreError::Unavailable.into())
    }

    async fn attempt<A: StaffAct>(
        &self,
        caller: &StaffCaller,
        act: &A,
        grant: &StaffGrant,
    ) -> Result<Option<Recorded<Performed<A::Made>>>, AccessError> {
        let input = act.read(grant)?;
        let who = (&grant.tenant().id, &**grant.token());
        let thing = (act.action().operation, act.subject().unwrap_or_default());
        let asked = idempotency::read_of(&*self.inner.secrets, who, thing, act.request())?;
        let version = act.holds_tenant().then_some(grant.tenant().version);
        let request_id = &caller.request.request_id;
        let Some(work) = self.staff.units.begin(grant, version, request_id).await? else {
            return Ok(None);
        };
        let performed = self.within((caller, grant), act, (input, asked), work);
        performed.await.map(Some)
    }

    async fn within<A: StaffAct>(
        &self,
        (caller, grant): (&StaffCaller, &StaffGrant),
        act: &A,
        (input, asked): (A::Input, Option<Asked>),
        mut work: Box<dyn StaffUnitOfWork>,
    ) -> Result<Recorded<Performed<A::Made>>, AccessError> {
        let now = grant.decided_at();
        let event = |about| {
            let event = self.inner.staff_event(caller, &act.action(), about);
            event.ok_or(Denial::TenantClaimRequired)
        };
        if let Some(asked) = &asked
            && let Some(record) = asked.claim(&mut *work, now).await?
        {
            let made = act.again(self, grant, &record, &mut *work).await?;
            let receipt = work.commit(event(About::default())?).await?;
            return Ok(Recorded::new(performed(made, true), receipt));
        }
        let done = act.act(self, grant, input, &mut *work).await?;
        if let Some(asked) = &asked {
            let record = asked.record(200, Some(done.resource_id));
            work.idempotency().remember(asked.key, &record, now).await?;
        }
        let receipt = work.commit(event(done.about)?).await?;
        Ok(Recorded::new(performed(done.made, false), receipt))
    }
}

const fn performed<T>(made: T, replayed: bool) -> Performed<T> {
    Performed {
        made,
        status: 200,
        replayed,
    }
}
