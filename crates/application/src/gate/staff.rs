//! The facts about staff, and those about an account that staff ask about.

use std::sync::Arc;

use portal_domain::access::{
    AccessFacts, BirthDate, Introspection, StaffFacts, StatedContext, TokenStanding, VerifiedToken,
};
use portal_domain::tenant::Tenant;

use super::{Gate, Memory};
use crate::ports::StoreError;
use crate::staff::StaffCaller;

impl Gate {
    /// The facts about somebody of staff.
    pub(crate) async fn staff_facts(&self, caller: &StaffCaller) -> Result<StaffFacts, StoreError> {
        let token = &caller.staff.token;
        let mut facts = StaffFacts {
            staff: Arc::clone(&caller.staff),
            standing: TokenStanding::default(),
            stated: caller.stated.clone(),
            tenant: None,
            licensed: false,
        };
        let Ok(tenant) = token.tenant() else {
            return Ok(facts);
        };
        let listed = self.revocations.standing(tenant, token, self.clock.now());
        facts.standing.revoked = listed.revoked;
        facts.standing.list_is_fresh = listed.is_fresh;
        if listed.revoked {
            return Ok(facts);
        }
        facts.licensed = self.features(tenant).await.contains(&self.licence_key);
        if facts.licensed {
            let snapshot = self.snapshots.of(tenant, token, Memory::Forbidden).await?;
            facts.tenant.clone_from(&snapshot.known.tenant);
            facts.licensed = self.still_licensed(facts.tenant.as_deref()).await;
        }
        Ok(facts)
    }

    /// The facts that would be gathered for a token that is good in every way.
    pub(crate) async fn facts_about(
        &self,
        tenant: &Tenant,
        token: Arc<VerifiedToken>,
        stated: StatedContext,
    ) -> Result<AccessFacts, StoreError> {
        let licensed = self.features(&tenant.id).await.contains(&self.licence_key);
        let snapshot = self.snapshots.of(&tenant.id, &token, Memory::Forbidden);
        let known = snapshot.await?.known;
        Ok(AccessFacts {
            token,
            standing: TokenStanding {
                revoked: false,
                list_is_fresh: true,
                introspection: Introspection::Active,
            },
            stated,
            tenant: known.tenant.clone(),
            licensed,
            features: self.sub_features(&tenant.id).await,
            account: known.account.clone(),
            delegations: Arc::clone(&known.delegations),
            birth_date: BirthDate::NotAsked,
        })
    }
}
