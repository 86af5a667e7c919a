//! The use cases in one place, and what they are made of.

use std::sync::Arc;

use portal_domain::access::{Surface, VerifiedToken};
use portal_domain::audit::Recorded;
use portal_fhir::{Handling, ResourceType};

use crate::access_log::{AccessLogAnswer, ReadAccessLog};
use crate::answer::{LabAnswer, LabsAnswer, MeAnswer, ReadAnswer, SearchAnswer, SummaryAnswer};
use crate::birth_date::BirthDates;
use crate::caller::Caller;
use crate::denials::Denials;
use crate::error::AccessError;
use crate::gate::{Gate, GateParts};
use crate::me::Me;
use crate::ports::{
    AccessLog, BearerToken, Clock, CursorSeal, Entitlements, Facts, IdentityAdmin, Ids, Journal,
    Notifier, PatientDirectory, RecordCache, Revocations, Sources, TokenIntrospection,
    TokenRefusal, TokenVerifier,
};
use crate::record::{
    Lab, Labs, Loader, ReadOne, RecordRules, Search, Section, SectionPage, Summary,
};

/// Everything outside that the use cases stand on. Tests and production differ only here.
pub struct Parts {
    /// Bearer tokens.
    pub verifier: Arc<dyn TokenVerifier>,
    /// Tenants, accounts and delegations.
    pub facts: Arc<dyn Facts>,
    /// The list of revocations.
    pub revocations: Arc<dyn Revocations>,
    /// Identity providers' word on tokens.
    pub introspection: Arc<dyn TokenIntrospection>,
    /// Licences.
    pub entitlements: Arc<dyn Entitlements>,
    /// Clinical services.
    pub sources: Arc<dyn Sources>,
    /// The directory of patients.
    pub directory: Arc<dyn PatientDirectory>,
    /// The administration of identity providers.
    pub identity_admin: Arc<dyn IdentityAdmin>,
    /// What takes links and codes to people.
    pub notifier: Arc<dyn Notifier>,
    /// Cache of owned sets.
    pub cache: Arc<dyn RecordCache>,
    /// Access journal.
    pub journal: Arc<dyn Journal>,
    /// The journal as patients read it.
    pub access_log: Arc<dyn AccessLog>,
    /// Cursors.
    pub cursors: Arc<dyn CursorSeal>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// Settings of sources.
    pub rules: Arc<RecordRules>,
    /// The licence key that opens the portal.
    pub licence_key: String,
    /// The region of this deployment.
    pub region: String,
}

/// The use cases. Cheap to clone.
#[derive(Clone)]
pub struct Portal {
    inner: Arc<Inner>,
    verifier: Arc<dyn TokenVerifier>,
}

pub(crate) struct Inner {
    pub(crate) gate: Gate,
    pub(crate) birth_dates: BirthDates,
    pub(crate) loader: Loader,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) access_log: Arc<dyn AccessLog>,
    pub(crate) cursors: Arc<dyn CursorSeal>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) denials: Denials,
}

type Raw<'a> = &'a [(String, String)];

impl Portal {
    /// Builds the use cases over their parts.
    pub fn new(parts: Parts) -> Self {
        let gate = Gate::new(GateParts {
            facts: parts.facts,
            entitlements: parts.entitlements,
            revocations: parts.revocations,
            introspection: parts.introspection,
            clock: Arc::clone(&parts.clock),
            licence_key: parts.licence_key,
            region: parts.region,
        });
        let loader = Loader::new(
            parts.sources,
            parts.cache,
            Arc::clone(&parts.clock),
            parts.rules,
        );
        let inner = Inner {
            gate,
            birth_dates: BirthDates::new(),
            loader,
            journal: parts.journal,
            access_log: parts.access_log,
            cursors: parts.cursors,
            clock: parts.clock,
            ids: parts.ids,
            denials: Denials::default(),
        };
        Self {
            inner: Arc::new(inner),
            verifier: parts.verifier,
        }
    }

    /// Writes one event for the refusals of each ended minute that were only counted; with `all`,
    /// at the end of the process, also for the present minute's. To be called every few seconds.
    pub async fn write_counted_denials(&self, all: bool) {
        self.inner.write_counted_denials(all).await;
    }

    /// Who a token says is calling a surface.
    pub async fn identify(
        &self,
        token: &BearerToken,
        surface: Surface,
    ) -> Result<Arc<VerifiedToken>, TokenRefusal> {
        self.verifier.verify(token, surface).await
    }

    /// The caller's own account.
    pub async fn me(&self, caller: &Caller, raw: Raw<'_>) -> Result<MeAnswer, AccessError> {
        let (disclosure, about) = self.inner.run(caller, &Me { raw }).await?;
        Ok(MeAnswer {
            account: about.account,
            tenant: about.tenant,
            mfa: caller.token.strength.is_multi_factor(),
            features: about.features,
            acting_for: about.acting_for,
            may_act_for: about.may_act_for,
            disclosure,
            patient_address: about.patient_address,
            completeness: about.completeness,
        })
    }

    /// A page of the patient's access log.
    pub async fn access_log(
        &self,
        caller: &Caller,
        raw: Raw<'_>,
    ) -> Result<Recorded<AccessLogAnswer>, AccessError> {
        let (disclosure, about) = self.inner.run(caller, &ReadAccessLog { raw }).await?;
        Ok(Recorded::new(about, disclosure.into_receipt()))
    }

    /// The chart summary.
    pub async fn summary(
        &self,
        caller: &Caller,
        raw: Raw<'_>,
    ) -> Result<SummaryAnswer, AccessError> {
        let (disclosure, about) = self.inner.run(caller, &Summary { raw }).await?;
        Ok(SummaryAnswer {
            disclosure,
            left_out: about.left_out,
            unavailable: about.unavailable,
            completeness: about.completeness,
            decided_at: about.decided_at,
            id: self.inner.ids.ulid(about.decided_at),
        })
    }

    /// A page of a section of the chart.
    pub async fn section(
        &self,
        caller: &Caller,
        section: Section,
        raw: Raw<'_>,
    ) -> Result<SearchAnswer, AccessError> {
        let (disclosure, about) = self
            .inner
            .run(caller, &SectionPage { section, raw })
            .await?;
        Ok(SearchAnswer::new(disclosure, about))
    }

    /// A page of laboratory results.
    pub async fn labs(&self, caller: &Caller, raw: Raw<'_>) -> Result<LabsAnswer, AccessError> {
        let (disclosure, about) = self.inner.run(caller, &Labs { raw }).await?;
        Ok(LabsAnswer {
            disclosure,
            items: about.items,
            next: about.next,
            withheld: about.withheld,
            completeness: about.completeness,
        })
    }

    /// One laboratory result with its trend.
    pub async fn lab(
        &self,
        caller: &Caller,
        id: &str,
        raw: Raw<'_>,
    ) -> Result<LabAnswer, AccessError> {
        let (disclosure, completeness) = self.inner.run(caller, &Lab { id, raw }).await?;
        Ok(LabAnswer {
            disclosure,
            completeness,
        })
    }

    /// One record by its id.
    pub async fn read(
        &self,
        caller: &Caller,
        resource_type: ResourceType,
        id: &str,
    ) -> Result<ReadAnswer, AccessError> {
        let (disclosure, completeness) = self
            .inner
            .run(caller, &ReadOne { resource_type, id })
            .await?;
        Ok(ReadAnswer {
            disclosure,
            completeness,
        })
    }

    /// A page of a search.
    pub async fn search(
        &self,
        caller: &Caller,
        resource_type: ResourceType,
        raw: Raw<'_>,
        handling: Handling,
    ) -> Result<SearchAnswer, AccessError> {
        let search = Search {
            resource_type,
            raw,
            handling,
        };
        let (disclosure, about) = self.inner.run(caller, &search).await?;
        Ok(SearchAnswer::new(disclosure, about))
    }
}
