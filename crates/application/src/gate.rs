//! Gathers the facts that the decision needs. Handlers cannot reach the ports used here.

mod snapshot;
mod staff;

use std::sync::Arc;

use moka::sync::Cache;
use portal_domain::access::{
    AccessFacts, Action, BirthDate, Introspection, Surface, TokenStanding, VerifiedToken,
};
use portal_domain::feature::FeatureSet;
use portal_domain::id::TenantId;
use portal_domain::tenant::Tenant;

use crate::caller::Caller;
use crate::ports::{
    Clock, Entitlements, EntitlementsUnavailable, Facts, Features, Revocations, StoreError,
    TokenIntrospection,
};

use snapshot::{REMEMBERED_TENANTS, Snapshots};

/// What the gate asks.
pub(crate) struct GateParts {
    pub(crate) facts: Arc<dyn Facts>,
    pub(crate) entitlements: Arc<dyn Entitlements>,
    pub(crate) revocations: Arc<dyn Revocations>,
    pub(crate) introspection: Arc<dyn TokenIntrospection>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) licence_key: String,
    pub(crate) region: String,
}

/// The ports and settings of the gate.
pub(crate) struct Gate {
    snapshots: Snapshots,
    entitlements: Arc<dyn Entitlements>,
    revocations: Arc<dyn Revocations>,
    introspection: Arc<dyn TokenIntrospection>,
    clock: Arc<dyn Clock>,
    licence_key: String,
    /// The version of each tenant at which its licences were asked last.
    licences_asked_of: Cache<TenantId, i64>,
}

/// Whether what is remembered will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Memory {
    /// It will.
    Allowed,
    /// It was found stale, or too little: the store is asked.
    Forbidden,
}

/// The facts of a request, and whether some of them were only remembered.
pub(crate) struct Gathered {
    pub(crate) facts: AccessFacts,
    pub(crate) remembered: bool,
}

impl Gate {
    pub(crate) fn new(parts: GateParts) -> Self {
        Self {
            snapshots: Snapshots::new(parts.facts, parts.region),
            entitlements: parts.entitlements,
            revocations: parts.revocations,
            introspection: parts.introspection,
            clock: parts.clock,
            licence_key: parts.licence_key,
            licences_asked_of: Cache::new(REMEMBERED_TENANTS),
        }
    }

    /// The facts about a caller and an action, as remembered or as they are now. What a refusal
    /// that is already certain does not need is not asked for.
    pub(crate) async fn facts(
        &self,
        caller: &Caller,
        action: &Action,
        memory: Memory,
    ) -> Result<Gathered, StoreError> {
        let mut gathered = Gathered {
            facts: AccessFacts {
                token: Arc::clone(&caller.token),
                standing: TokenStanding::default(),
                stated: caller.stated.clone(),
                tenant: None,
                licensed: false,
                features: FeatureSet::NONE,
                account: None,
                delegations: Arc::default(),
                birth_date: BirthDate::NotAsked,
            },
            remembered: false,
        };
        let facts = &mut gathered.facts;
        let Ok(tenant_id) = caller.token.tenant() else {
            // It is on nobody's list, and is refused for having no tenant.
            facts.standing.list_is_fresh = true;
            facts.standing.introspection = self.introspect(caller, action, None).await;
            return Ok(gathered);
        };
        let listed = self
            .revocations
            .standing(tenant_id, &caller.token, self.clock.now());
        facts.standing.revoked = listed.revoked;
        facts.standing.list_is_fresh = listed.is_fresh;
        if listed.revoked {
            return Ok(gathered);
        }
        facts.licensed = self.features(tenant_id).await.contains(&self.licence_key);
        if facts.licensed {
            let snapshot = self.snapshots.of(tenant_id, &caller.token, memory).await?;
            facts.tenant.clone_from(&snapshot.known.tenant);
            facts.account.clone_from(&snapshot.known.account);
            facts.delegations = Arc::clone(&snapshot.known.delegations);
            facts.licensed = self.still_licensed(facts.tenant.as_deref()).await;
            facts.features = self.sub_features(tenant_id).await;
            gathered.remembered = snapshot.remembered;
        }
        gathered.facts.standing.introspection = self
            .introspect(caller, action, gathered.facts.tenant.as_deref())
            .await;
        Ok(gathered)
    }

    /// Third parties' tokens are confirmed at their provider, first parties' where the action or
    /// the tenant asks for it.
    async fn introspect(
        &self,
        caller: &Caller,
        action: &Action,
        tenant: Option<&Tenant>,
    ) -> Introspection {
        if needs_introspection(&caller.token, action, tenant) {
            self.introspection
                .introspect(&caller.token, &caller.bearer)
                .await
        } else {
            Introspection::NotAsked
        }
    }

    /// Whether the tenant holds the portal's licence, asked anew.
    pub(crate) async fn licensed_anew(
        &self,
        tenant: &TenantId,
    ) -> Result<bool, EntitlementsUnavailable> {
        self.entitlements.forget(tenant);
        let features = self.entitlements.features(tenant).await?;
        Ok(features.contains(&self.licence_key))
    }

    /// Whether the tenant holds the licence as of its version: what raised that may have been a
    /// licence that came or went, and every pod sees the version before its next answer.
    pub(crate) async fn still_licensed(&self, tenant: Option<&Tenant>) -> bool {
        let Some(tenant) = tenant else { return true };
        let asked_of = self.licences_asked_of.get(&tenant.id);
        if asked_of.is_some_and(|version| version >= tenant.version) {
            return true;
        }
        let licensed = self.licensed_anew(&tenant.id).await.unwrap_or_default();
        self.licences_asked_of
            .insert(tenant.id.clone(), tenant.version);
        licensed
    }

    /// The sub-features that the tenant holds.
    async fn sub_features(&self, tenant: &TenantId) -> FeatureSet {
        let held = self.features(tenant).await;
        FeatureSet::of(|key| held.contains(key))
    }

    /// Lets go of what is remembered of a tenant's licences.
    pub(crate) fn forget_licences(&self, tenant: &TenantId) {
        self.entitlements.forget(tenant);
    }

    /// What the tenant has licensed; nothing while nobody can say.
    pub(crate) async fn features(&self, tenant: &TenantId) -> Features {
        self.entitlements.features(tenant).await.unwrap_or_default()
    }
}

fn needs_introspection(token: &VerifiedToken, action: &Action, tenant: Option<&Tenant>) -> bool {
    if !token.first_party {
        // On the portal's own surface a third party is refused for what it is.
        return action.surface == Surface::Fhir;
    }
    action.step_up || tenant.is_some_and(|tenant| tenant.config.introspect_tokens)
}
