//! A small world for the tests of this crate: one tenant, one patient, sources and stores in
//! memory that remember what they were asked.

mod changes;
mod journal;
mod links;
mod people;
mod records;
mod sources;
mod stores;

use std::sync::Arc;
use std::time::{Duration, Instant};

use portal_domain::access::{
    AuthenticationStrength, PatientClaim, RevocationKeys, StatedContext, TenantBinding,
    VerifiedToken,
};
use portal_domain::disclosure::Disclosure;
use portal_domain::id::{ClientId, Issuer, RequestId, Subject, TenantId};
use portal_domain::patient_link::PatientIds;
use portal_domain::release::{ReleaseMode, ReleaseRules};
use portal_domain::scope::ScopeSet;
use portal_domain::sensitivity::LabelMode;
use portal_domain::source::Source;

use crate::answer::SearchAnswer;
use crate::caller::{Caller, RequestContext};
use crate::portal::{Parts, Portal};
use crate::ports::BearerToken;
use crate::record::{INCLUDED, PatientNames, RecordRules, SourceRules};

pub(crate) use changes::{Ample, MemoryAppUses, NoAccountViews, NoUnitsOfWork, OneSecret};
pub(crate) use journal::{Fate, MemoryJournal};
pub(crate) use links::MemoryLinks;
pub(crate) use people::{Administered, MemoryDirectory, MemoryIdentityAdmin, MemoryNotifier};
pub(crate) use records::{prescription, problem, report, result, vital};
pub(crate) use sources::MemorySources;
pub(crate) use stores::{
    MemoryCache, MemoryCursors, MemoryFacts, MemoryIntrospection, MemoryRevocations, NoAccessLog,
    NoVerifier, OneLicence, SerialIds, TestClock, account,
};

pub(crate) const TENANT: &str = "north";
pub(crate) const PATIENT: &str = "pat-1";
const LICENCE: &str = "ehr.portal";
const TAG_SYSTEM: &str = "urn:ghasi-ehealth:release";

/// The portal over parts in memory.
pub(crate) struct World {
    pub(crate) clock: Arc<TestClock>,
    pub(crate) facts: Arc<MemoryFacts>,
    pub(crate) revocations: Arc<MemoryRevocations>,
    pub(crate) introspection: Arc<MemoryIntrospection>,
    pub(crate) sources: Arc<MemorySources>,
    pub(crate) directory: Arc<MemoryDirectory>,
    pub(crate) identity_admin: Arc<MemoryIdentityAdmin>,
    pub(crate) notifier: Arc<MemoryNotifier>,
    pub(crate) cache: Arc<MemoryCache>,
    pub(crate) journal: Arc<MemoryJournal>,
    pub(crate) app_uses: Arc<MemoryAppUses>,
    pub(crate) links: Arc<MemoryLinks>,
    pub(crate) names: PatientNames,
    pub(crate) portal: Portal,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(rules_with(|_, _| {}))
    }

    /// With other rules of sources.
    pub(crate) fn with(rules: RecordRules) -> Self {
        Self::over(rules, Arc::default())
    }

    /// Another pod over the same links.
    pub(crate) fn over(rules: RecordRules, links: Arc<MemoryLinks>) -> Self {
        let rules = Arc::new(rules);
        let clock = Arc::new(TestClock::default());
        let facts = Arc::new(MemoryFacts::default());
        let revocations = Arc::new(MemoryRevocations::default());
        let introspection = Arc::new(MemoryIntrospection::default());
        let sources = Arc::new(MemorySources::new(Arc::clone(&clock)));
        let directory = Arc::new(MemoryDirectory::default());
        let identity_admin = Arc::new(MemoryIdentityAdmin::default());
        let notifier = Arc::new(MemoryNotifier::default());
        let cache = Arc::new(MemoryCache::default());
        let journal = Arc::new(MemoryJournal::default());
        let app_uses = Arc::new(MemoryAppUses::default());
        let clocked = (Arc::clone(&links) as _, Arc::clone(&clock) as _);
        let names = PatientNames::new(clocked.0, Arc::clone(&rules), clocked.1);
        let portal = Portal::new(Parts {
            verifier: Arc::new(NoVerifier),
            facts: Arc::clone(&facts) as _,
            revocations: Arc::clone(&revocations) as _,
            introspection: Arc::clone(&introspection) as _,
            entitlements: Arc::new(OneLicence(LICENCE)),
            sources: Arc::clone(&sources) as _,
            directory: Arc::clone(&directory) as _,
            notifier: Arc::clone(&notifier) as _,
            cache: Arc::clone(&cache) as _,
            journal: Arc::clone(&journal) as _,
            units: Arc::new(NoUnitsOfWork),
            account_views: Arc::new(NoAccountViews),
            app_uses: Arc::clone(&app_uses) as _,
            secrets: Arc::new(OneSecret),
            access_log: Arc::new(NoAccessLog),
            cursors: Arc::new(MemoryCursors::default()),
            limits: Arc::new(Ample),
            clock: Arc::clone(&clock) as _,
            ids: Arc::new(SerialIds::default()),
            rules,
            names: names.clone(),
            own_clients: Vec::new(),
            licence_key: LICENCE.to_owned(),
            region: "eu".to_owned(),
        });
        Self {
            clock,
            facts,
            revocations,
            introspection,
            sources,
            directory,
            identity_admin,
            notifier,
            cache,
            journal,
            app_uses,
            links,
            names,
            portal,
        }
    }
}

/// Every source on a base of its own, released by status; with changes.
pub(crate) fn rules_with(change: impl Fn(Source, &mut SourceRules)) -> RecordRules {
    let source = |source: Source| {
        let mut rules = SourceRules {
            base_url: format!("http://{}.test/fhir", source.as_str()),
            code: source.default_code().to_owned(),
            release: ReleaseRules {
                mode: ReleaseMode::ByStatus,
                tag_system: TAG_SYSTEM.into(),
                labels: LabelMode::None,
            },
            patient_ids: PatientIds::Shared,
        };
        change(source, &mut rules);
        rules
    };
    let sources = Source::ALL.into_iter().map(source).collect();
    RecordRules::new(sources, "https://portal.test".to_owned()).unwrap()
}

/// The patient with the portal's own client and the given scopes.
pub(crate) fn caller(scopes: &str) -> Caller {
    let token = VerifiedToken {
        issuer: Issuer::parse("https://id.test").unwrap(),
        subject: Subject::parse("subject").unwrap(),
        client: Some(ClientId::parse("portal-web").unwrap()),
        first_party: true,
        tenant: TenantBinding {
            issuer: Some(TenantId::parse(TENANT).unwrap()),
            claim: None,
        },
        patient_claim: Some(PatientClaim::new(PATIENT)),
        scopes: ScopeSet::parse(scopes),
        scope_text: scopes.into(),
        strength: AuthenticationStrength {
            level: 2,
            second_factor: false,
        },
        delegation_claim: None,
        issued_at: stores::at(0),
        authenticated_at: Some(stores::at(0)),
        expires_at: stores::at(3_600),
        revocation_keys: RevocationKeys::default(),
    };
    Caller {
        token: Arc::new(token),
        bearer: Arc::new(BearerToken::new("token")),
        stated: StatedContext::default(),
        request: RequestContext {
            request_id: RequestId::parse("request-1").unwrap(),
            client_address: None,
            user_agent_class: "browser",
            query_keys: Vec::new(),
            deadline: Instant::now() + Duration::from_secs(5),
            charge: Arc::default(),
        },
    }
}

/// The patient with every read scope.
pub(crate) fn patient() -> Caller {
    caller("patient/*.read")
}

pub(crate) fn raw(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// The ids of what a search brings along.
pub(crate) fn included(answer: &SearchAnswer) -> Vec<String> {
    let records = answer.disclosure.group(INCLUDED);
    records
        .map(|record| record.header().id.to_string())
        .collect()
}

pub(crate) fn ids(disclosure: &Disclosure) -> Vec<String> {
    let records = disclosure.records();
    records
        .map(|record| record.header().id.to_string())
        .collect()
}

pub(crate) fn texts(disclosure: &Disclosure) -> Vec<String> {
    let records = disclosure.records();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    records.map(|record| text(record.bytes())).collect()
}
