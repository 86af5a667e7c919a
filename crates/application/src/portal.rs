//! The use cases in one place, and what they are made of.

use std::sync::Arc;

use portal_domain::access::{Surface, VerifiedToken};
use portal_domain::account::PortalAccount;
use portal_domain::audit::Recorded;
use portal_domain::id::ClientId;
use portal_domain::proxy_delegation::ProxyDelegation;
use portal_fhir::{Handling, ResourceType};

use crate::access_log::{AccessLogAnswer, ReadAccessLog};
use crate::account::{PreferencesAnswer, ReadPreferences, SetPreferences, UpdateMe};
use crate::act::Performed;
use crate::answer::{
    AvailabilityAnswer, CalendarAnswer, ContentAnswer, LabAnswer, LabsAnswer, ListAnswer, MeAnswer,
    ProvidersAnswer, ReadAnswer, SearchAnswer, SummaryAnswer, ThreadsAnswer, TrendsAnswer,
};
use crate::apps::{AppsAnswer, ListApps, RevokeApp, UseNotes};
use crate::birth_date::BirthDates;
use crate::body::WriteRequest;
use crate::caller::Caller;
use crate::delegation::{
    Accept, Confirm, Decline, GetDelegation, Invite, ListDelegations, ListedDelegation, Revoke,
};
use crate::denials::Denials;
use crate::error::AccessError;
use crate::gate::{Gate, GateParts};
use crate::me::Me;
use crate::ports::{
    AccessLog, AccountViews, AppUses, BearerToken, Clock, CursorSeal, Entitlements, Facts, Ids,
    Journal, Notifier, PatientDirectory, RateLimits, RecordCache, Revocations, Secrets, Sources,
    TokenIntrospection, TokenRefusal, TokenVerifier, UnitsOfWork,
};
use crate::record::{
    AppointmentCalendar, Availability, Calendars, HeldRecords, Lab, LabTrends, Labs, ListPage,
    ListedOne, Loader, OneThread, PatientNames, Providers, ReadBinary, ReadDocument, ReadOne,
    RecordList, RecordRules, Search, Section, SectionPage, Summary, ThreadsPage,
};
use crate::registration::{Register, Resend, Verify};

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
    /// What takes links and codes to people.
    pub notifier: Arc<dyn Notifier>,
    /// Cache of owned sets.
    pub cache: Arc<dyn RecordCache>,
    /// Access journal.
    pub journal: Arc<dyn Journal>,
    /// Changes.
    pub units: Arc<dyn UnitsOfWork>,
    /// What accounts hold, as their people see it.
    pub account_views: Arc<dyn AccountViews>,
    /// Which apps use what people granted.
    pub app_uses: Arc<dyn AppUses>,
    /// Codes and hashes.
    pub secrets: Arc<dyn Secrets>,
    /// The journal as patients read it.
    pub access_log: Arc<dyn AccessLog>,
    /// Cursors.
    pub cursors: Arc<dyn CursorSeal>,
    /// Budgets of accounts.
    pub limits: Arc<dyn RateLimits>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// Settings of sources.
    pub rules: Arc<RecordRules>,
    /// By which ids sources know patients.
    pub names: PatientNames,
    /// The deployment's own clients.
    pub own_clients: Vec<ClientId>,
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
    pub(crate) calendars: Calendars,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) directory: Arc<dyn PatientDirectory>,
    pub(crate) units: Arc<dyn UnitsOfWork>,
    pub(crate) account_views: Arc<dyn AccountViews>,
    pub(crate) app_uses: Arc<dyn AppUses>,
    pub(crate) uses: UseNotes,
    pub(crate) own_clients: Vec<ClientId>,
    pub(crate) secrets: Arc<dyn Secrets>,
    pub(crate) access_log: Arc<dyn AccessLog>,
    pub(crate) cursors: Arc<dyn CursorSeal>,
    pub(crate) limits: Arc<dyn RateLimits>,
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
            parts.names,
            HeldRecords {
                log: Arc::clone(&parts.access_log),
                views: Arc::clone(&parts.account_views),
                clock: Arc::clone(&parts.clock),
            },
        );
        let inner = Inner {
            gate,
            birth_dates: BirthDates::new(),
            loader,
            calendars: Calendars::new(),
            journal: parts.journal,
            directory: parts.directory,
            units: parts.units,
            account_views: parts.account_views,
            app_uses: parts.app_uses,
            uses: UseNotes::default(),
            own_clients: parts.own_clients,
            secrets: parts.secrets,
            access_log: parts.access_log,
            cursors: parts.cursors,
            limits: parts.limits,
            clock: parts.clock,
            ids: parts.ids,
            denials: Denials::default(),
        };
        Self {
            inner: Arc::new(inner),
            verifier: parts.verifier,
        }
    }

    pub(crate) fn inner(&self) -> Arc<Inner> {
        Arc::clone(&self.inner)
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

    /// Registers the caller: what becomes of it is looked for after the answer.
    pub async fn register(
        &self,
        caller: &Caller,
        request: &WriteRequest,
    ) -> Result<Recorded<Performed<()>>, AccessError> {
        let act = Register { caller, request };
        let registered = self.inner.perform(caller, &act).await?;
        let inner = Arc::clone(&self.inner);
        Ok(registered.map(|performed| {
            performed.map(|following| {
                tokio::spawn(async move {
                    if let Some((applicant, claim)) = following {
                        inner.follow_claim(&applicant, &claim).await;
                    }
                });
            })
        }))
    }

    /// Sends the caller's link once more, after the answer.
    pub async fn resend_verification(
        &self,
        caller: &Caller,
        request: &WriteRequest,
    ) -> Result<Recorded<Performed<()>>, AccessError> {
        let act = Resend { caller, request };
        let resent = self.inner.perform(caller, &act).await?;
        let inner = Arc::clone(&self.inner);
        Ok(resent.map(|performed| {
            performed.map(|applicant| {
                tokio::spawn(async move {
                    if let Some(applicant) = applicant {
                        inner.follow_resend(&applicant).await;
                    }
                });
            })
        }))
    }

    /// Makes the record of a link the caller's.
    pub async fn verify_registration(
        &self,
        caller: &Caller,
        request: &WriteRequest,
    ) -> Result<Recorded<Performed<PortalAccount>>, AccessError> {
        self.inner.perform(caller, &Verify { request }).await
    }

    /// Changes the caller's own account.
    pub async fn update_me(
        &self,
        caller: &Caller,
        request: &WriteRequest,
    ) -> Result<Recorded<Performed<PortalAccount>>, AccessError> {
        self.inner.perform(caller, &UpdateMe { request }).await
    }

    /// What the caller wants to be told.
    pub async fn notification_preferences(
        &self,
        caller: &Caller,
        raw: Raw<'_>,
    ) -> Result<Recorded<PreferencesAnswer>, AccessError> {
        let (disclosure, about) = self.inner.run(caller, &ReadPreferences { raw }).await?;
        Ok(Recorded::new(about, disclosure.into_receipt()))
    }

    /// Changes what the caller wants to be told.
    pub async fn set_notification_preferences(
        &self,
        caller: &Caller,
        request: &WriteRequest,
    ) -> Result<Recorded<Performed<PreferencesAnswer>>, AccessError> {
        let act = SetPreferences { request };
        self.inner.perform(caller, &act).await
    }

    /// The apps that use what the caller granted.
    pub async fn apps(
        &self,
        caller: &Caller,
        raw: Raw<'_>,
    ) -> Result<Recorded<AppsAnswer>, AccessError> {
        let (disclosure, about) = self.inner.run(caller, &ListApps { raw }).await?;
        Ok(Recorded::new(about, disclosure.into_receipt()))
    }

    /// Takes back what the caller granted to an app.
    pub async fn revoke_app(
        &self,
        caller: &Caller,
        client: &str,
        request: &WriteRequest,
    ) -> Result<Recorded<Performed<()>>, AccessError> {
        let act = RevokeApp { client, request };
        self.inner.perform(caller, &act).await
    }

    /// The delegations that the caller grants or holds.
    pub async fn proxy_delegations(
        &self,
        caller: &Caller,
        raw: Raw<'_>,
    ) -> Result<Recorded<Vec<ListedDelegation>>, AccessError> {
        let (disclosure, about) = self.inner.run(caller, &ListDelegations { raw }).await?;
        Ok(Recorded::new(about, disclosure.into_receipt()))
    }

    /// One of them.
    pub async fn proxy_delegation(
        &self,
        caller: &Caller,
        id: &str,
        raw: Raw<'_>,
    ) -> Result<Recorded<ListedDelegation>, AccessError> {
        let (disclosure, about) = self.inner.run(caller, &GetDelegation { id, raw }).await?;
        Ok(Recorded::new(about, disclosure.into_receipt()))
    }

    /// Invites somebody to act for the caller.
    pub async fn invite_proxy(
        &self,
        caller: &Caller,
        request: &WriteRequest,
    ) -> Result<Recorded<Performed<ProxyDelegation>>, AccessError> {
        self.inner.perform(caller, &Invite { request }).await
    }

    /// Accepts an invitation.
    pub async fn accept_proxy_delegation(
        &self,
        caller: &Caller,
        request: &WriteRequest,
    ) -> Result<Recorded<Performed<ProxyDelegation>>, AccessError> {
        self.inner.perform(caller, &Accept { request }).await
    }

    /// Declines an invitation.
    pub async fn decline_proxy_delegation(
        &self,
        caller: &Caller,
        request: &WriteRequest,
    ) -> Result<Recorded<Performed<()>>, AccessError> {
        self.inner.perform(caller, &Decline { request }).await
    }

    /// Confirms who accepted.
    pub async fn confirm_proxy_delegation(
        &self,
        caller: &Caller,
        id: &str,
        request: &WriteRequest,
    ) -> Result<Recorded<Performed<ProxyDelegation>>, AccessError> {
        self.inner.perform(caller, &Confirm { id, request }).await
    }

    /// Ends a delegation that the caller grants or holds.
    pub async fn revoke_proxy_delegation(
        &self,
        caller: &Caller,
        id: &str,
        request: &WriteRequest,
    ) -> Result<Recorded<Performed<ProxyDelegation>>, AccessError> {
        self.inner.perform(caller, &Revoke { id, request }).await
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

    /// How laboratory results of a code went.
    pub async fn lab_trends(
        &self,
        caller: &Caller,
        raw: Raw<'_>,
    ) -> Result<TrendsAnswer, AccessError> {
        let (disclosure, about) = self.inner.run(caller, &LabTrends { raw }).await?;
        Ok(TrendsAnswer {
            disclosure,
            lengths: about.lengths,
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

    /// A page of a list of records.
    pub async fn list(
        &self,
        caller: &Caller,
        list: RecordList,
        raw: Raw<'_>,
    ) -> Result<ListAnswer, AccessError> {
        let (disclosure, about) = self.inner.run(caller, &ListPage { list, raw }).await?;
        Ok(ListAnswer::new(disclosure, about))
    }

    /// One record of a list: that of an id, or the only one that there is.
    pub async fn listed(
        &self,
        caller: &Caller,
        list: RecordList,
        id: Option<&str>,
        raw: Raw<'_>,
    ) -> Result<ListAnswer, AccessError> {
        let one = ListedOne { list, id, raw };
        let (disclosure, about) = self.inner.run(caller, &one).await?;
        Ok(ListAnswer::new(disclosure, about))
    }

    /// One appointment for a calendar.
    pub async fn appointment_calendar(
        &self,
        caller: &Caller,
        id: &str,
        raw: Raw<'_>,
    ) -> Result<CalendarAnswer, AccessError> {
        let look = AppointmentCalendar { id, raw };
        let (disclosure, about) = self.inner.run(caller, &look).await?;
        Ok(CalendarAnswer {
            disclosure,
            zone: about.zone,
            tenant: about.tenant,
            completeness: about.completeness,
        })
    }

    /// A page of those who can be booked.
    pub async fn providers(
        &self,
        caller: &Caller,
        raw: Raw<'_>,
    ) -> Result<ProvidersAnswer, AccessError> {
        let (disclosure, about) = self.inner.run(caller, &Providers { raw }).await?;
        Ok(ProvidersAnswer {
            disclosure,
            next: about.next,
            decided_at: about.decided_at,
            zone: about.zone,
            completeness: about.completeness,
        })
    }

    /// A page of times that can be booked.
    pub async fn availability(
        &self,
        caller: &Caller,
        raw: Raw<'_>,
    ) -> Result<AvailabilityAnswer, AccessError> {
        let (disclosure, about) = self.inner.run(caller, &Availability { raw }).await?;
        Ok(AvailabilityAnswer {
            disclosure,
            times: about.times,
            next: about.next,
            completeness: about.completeness,
        })
    }

    /// A page of threads of messages.
    pub async fn threads(
        &self,
        caller: &Caller,
        raw: Raw<'_>,
    ) -> Result<ThreadsAnswer, AccessError> {
        let (disclosure, about) = self.inner.run(caller, &ThreadsPage { raw }).await?;
        Ok(ThreadsAnswer::new(disclosure, about))
    }

    /// One thread of messages, by the id of its first.
    pub async fn thread(
        &self,
        caller: &Caller,
        id: &str,
        raw: Raw<'_>,
    ) -> Result<ThreadsAnswer, AccessError> {
        let (disclosure, about) = self.inner.run(caller, &OneThread { id, raw }).await?;
        Ok(ThreadsAnswer::new(disclosure, about))
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

    /// The content of a Binary.
    pub async fn binary(&self, caller: &Caller, id: &str) -> Result<ContentAnswer, AccessError> {
        let (disclosure, content) = self.inner.run(caller, &ReadBinary { id }).await?;
        Ok(ContentAnswer {
            disclosure,
            content,
        })
    }

    /// The content of a document.
    pub async fn document_content(
        &self,
        caller: &Caller,
        id: &str,
        raw: Raw<'_>,
    ) -> Result<ContentAnswer, AccessError> {
        let (disclosure, content) = self.inner.run(caller, &ReadDocument { id, raw }).await?;
        Ok(ContentAnswer {
            disclosure,
            content,
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
