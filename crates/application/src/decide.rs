//! From a caller and an action to a grant or a refusal: gather, look up what the decision still
//! needs, decide.

use portal_domain::access::{
    AccessFacts, Action, CallerGrant, Denial, PatientGrant, authorize, authorize_caller,
    birth_date_target,
};
use portal_domain::tenant::Tenant;

use crate::caller::Caller;
use crate::error::AccessError;
use crate::gate::Memory;
use crate::portal::Inner;
use crate::ports::CallContext;
use crate::record::LoadContext;

/// A refusal with the facts that it was decided on.
pub(crate) struct Refused {
    pub(crate) denial: Denial,
    pub(crate) facts: AccessFacts,
}

impl Inner {
    /// Decides. A refusal on facts that were only remembered is decided once more on the store's,
    /// so that no negative decision outlives its reason.
    pub(crate) async fn decide(
        &self,
        caller: &Caller,
        action: &Action,
        memory: Memory,
    ) -> Result<Result<PatientGrant, Refused>, AccessError> {
        let gathered = self.gate.facts(caller, action, memory).await?;
        let remembered = gathered.remembered;
        match self.decide_on(gathered.facts, caller, action).await? {
            Err(refused) if remembered && refused.denial.depends_on_facts() => {
                let gathered = self.gate.facts(caller, action, Memory::Forbidden).await?;
                self.decide_on(gathered.facts, caller, action).await
            }
            decided => Ok(decided),
        }
    }

    /// Decides about a change of the caller's own, in the same way. It never concerns the age of
    /// anybody, so no birth date is looked up.
    pub(crate) async fn decide_caller(
        &self,
        caller: &Caller,
        action: &Action,
        memory: Memory,
    ) -> Result<Result<CallerGrant, Refused>, AccessError> {
        let gathered = self.gate.facts(caller, action, memory).await?;
        let decided = authorize_caller(&gathered.facts, action, self.clock.now());
        let (denial, facts) = match decided {
            Ok(grant) => return Ok(Ok(grant)),
            Err(denial) if gathered.remembered && denial.depends_on_facts() => {
                let gathered = self.gate.facts(caller, action, Memory::Forbidden).await?;
                match authorize_caller(&gathered.facts, action, self.clock.now()) {
                    Ok(grant) => return Ok(Ok(grant)),
                    Err(denial) => (denial, gathered.facts),
                }
            }
            Err(denial) => (denial, gathered.facts),
        };
        Ok(Err(Refused { denial, facts }))
    }

    async fn decide_on(
        &self,
        mut facts: AccessFacts,
        caller: &Caller,
        action: &Action,
    ) -> Result<Result<PatientGrant, Refused>, AccessError> {
        let target = birth_date_target(&facts, action, self.clock.now());
        if let (Ok(Some(target)), Some(tenant)) = (target, &facts.tenant) {
            let now = self.clock.now();
            let about = (&**tenant, caller);
            facts.birth_date = self
                .birth_dates
                .of(&target, about, &self.loader, now)
                .await?;
        }
        Ok(match authorize(&facts, action, self.clock.now()) {
            Ok(grant) => Ok(grant),
            Err(denial) => Err(Refused { denial, facts }),
        })
    }
}

impl LoadContext {
    /// What every load of a request shares.
    pub(crate) fn new(tenant: &Tenant, caller: &Caller) -> Self {
        Self {
            call: CallContext {
                request_id: caller.request.request_id.clone(),
                language: tenant.locale.clone(),
                deadline: caller.request.deadline,
            },
            zone: tenant.time_zone.clone(),
        }
    }
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
