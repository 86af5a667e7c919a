//! Values that the tests of this crate share: one tenant, one patient, small resources.

use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use portal_fhir::{AddressBook, Base, Limits, Record, ResourceType, read_header};

use crate::access::{
    AccessFacts, AccountNeed, Action, AuthenticationStrength, PatientClaim, PatientGrant,
    ScopeNeed, StatedContext, Surface, TenantBinding, VerifiedToken, authorize,
};
use crate::account::{AccountKind, AccountSnapshot, AccountStatus};
use crate::audit::EventType;
use crate::disclosure::{Drops, Fetched, Origin, Owned};
use crate::id::{Issuer, PatientId, PortalAccountId, Subject, TenantId};
use crate::release::{ReleaseMode, ReleaseRules};
use crate::scope::{Interaction, ScopeSet};
use crate::source::{RecordSet, Source};
use crate::tenant::Tenant;

pub(crate) const TAG_SYSTEM: &str = "urn:ghasi-ehealth:release";
pub(crate) const PATIENT: &str = "pat_1";
/// The base of the source at an index of [`Source::ALL`].
pub(crate) const BASES: [&str; 5] = [
    "http://reg.test/fhir",
    "http://cht.test/fhir",
    "http://lab.test/fhir",
    "http://med.test/fhir",
    "http://imm.test/fhir",
];

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + second).unwrap()
}

pub(crate) fn tenant(id: &str) -> Tenant {
    Tenant {
        id: TenantId::parse(id).unwrap(),
        name: "North Valley".to_owned(),
        region: "eu".to_owned(),
        time_zone: TimeZone::UTC,
        locale: "en".to_owned(),
        calendar: "gregory".to_owned(),
        currency: "EUR".to_owned(),
        retention_years: 7,
        version: 1,
    }
}

pub(crate) fn account(patient: &str) -> AccountSnapshot {
    AccountSnapshot {
        id: PortalAccountId::new(ulid::Ulid(7)),
        kind: AccountKind::Patient,
        status: AccountStatus::Active,
        patient_id: Some(PatientId::parse(patient).unwrap()),
        preferred_language: None,
        last_login_at: None,
        version: 3,
    }
}

pub(crate) fn token(tenant: &str, scopes: &str) -> VerifiedToken {
    VerifiedToken {
        issuer: Issuer::parse("https://id.test").unwrap(),
        subject: Subject::parse("subject").unwrap(),
        client: None,
        first_party: true,
        tenant: TenantBinding {
            issuer: Some(TenantId::parse(tenant).unwrap()),
            claim: None,
        },
        patient_claim: None,
        scopes: ScopeSet::parse(scopes),
        strength: AuthenticationStrength {
            level: 2,
            second_factor: false,
        },
        expires_at: at(600),
    }
}

/// Facts that pass every check of both surfaces.
pub(crate) fn facts() -> AccessFacts {
    let mut token = token("north", "patient/*.read");
    token.patient_claim = Some(PatientClaim::new(PATIENT));
    AccessFacts {
        token: Arc::new(token),
        stated: StatedContext::default(),
        tenant: Some(Arc::new(tenant("north"))),
        licensed: true,
        account: Some(Arc::new(account(PATIENT))),
    }
}

pub(crate) const fn action(surface: Surface, resource_type: ResourceType) -> Action {
    Action {
        operation: "listSomething",
        surface,
        event_type: EventType::ChartViewed,
        account: AccountNeed::Active,
        scope: ScopeNeed::Record(resource_type, Interaction::Search),
        proxy: matches!(surface, Surface::Portal),
    }
}

/// A grant for one patient of one tenant, with every read scope.
pub(crate) fn grant(tenant_id: &str, patient: &str) -> PatientGrant {
    let facts = AccessFacts {
        token: Arc::new(token(tenant_id, "patient/*.read")),
        stated: StatedContext::default(),
        tenant: Some(Arc::new(tenant(tenant_id))),
        licensed: true,
        account: Some(Arc::new(account(patient))),
    };
    authorize(
        &facts,
        &action(Surface::Portal, ResourceType::Patient),
        at(0),
    )
    .unwrap()
}

pub(crate) fn rules(mode: ReleaseMode) -> ReleaseRules {
    ReleaseRules {
        mode,
        tag_system: TAG_SYSTEM.into(),
        critical_hold: SignedDuration::from_hours(72),
    }
}

/// A record of a source's own text.
pub(crate) fn record(text: &str) -> Record {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    let header = read_header(&bytes, &Limits::default()).expect("a readable resource");
    Record { header, bytes }
}

/// A final laboratory result of the patient, with more members.
pub(crate) fn result(id: &str, more: &str) -> String {
    let status = if more.contains("\"status\"") {
        ""
    } else {
        r#""status":"final","#
    };
    format!(
        r#"{{"resourceType":"Observation","id":"{id}",{status}"category":[{{"coding":[{{"code":"laboratory"}}]}}],"subject":{{"reference":"Patient/{PATIENT}"}}{}{more}}}"#,
        if more.is_empty() { "" } else { "," },
    )
}

/// A final laboratory report of the patient on results by their ids at the source.
pub(crate) fn report(id: &str, results: &[&str]) -> String {
    let results: Vec<String> = results
        .iter()
        .map(|result| format!(r#"{{"reference":"Observation/{result}"}}"#))
        .collect();
    format!(
        r#"{{"resourceType":"DiagnosticReport","id":"{id}","status":"final","category":[{{"coding":[{{"code":"LAB"}}]}}],"subject":{{"reference":"Patient/{PATIENT}"}},"result":[{}]}}"#,
        results.join(","),
    )
}

pub(crate) fn fetched(texts: &[String]) -> Fetched {
    Fetched {
        records: texts.iter().map(|text| record(text)).collect(),
        unreadable: 0,
        capped: false,
        as_of: at(0),
    }
}

pub(crate) fn book() -> AddressBook {
    let bases = Source::ALL.iter().zip(BASES).map(|(source, url)| Base {
        url: url.to_owned(),
        code: source.default_code().to_owned(),
    });
    let authority = ResourceType::ALL.iter().map(|resource_type| {
        let sets = RecordSet::of_type(*resource_type);
        let mut bases: Vec<usize> = sets.map(|set| set.source() as usize).collect();
        bases.dedup();
        (*resource_type, bases)
    });
    AddressBook::new(bases.collect(), authority.collect()).unwrap()
}

/// Claims an answer of a set's source for the patient.
pub(crate) fn claim_fetched(set: RecordSet, fetched: Fetched) -> (Owned, Drops) {
    let grant = grant("north", PATIENT);
    let target = grant.inspect(set.resource_type()).unwrap().target();
    let book = book();
    let base = set.source() as usize;
    let origin = Origin {
        book: &book,
        base,
        base_url: BASES[base],
        public_url: "https://portal.test",
        zone: &TimeZone::UTC,
    };
    Owned::claim(&target, set, fetched, &origin)
}

pub(crate) fn claim(set: RecordSet, texts: &[String]) -> (Owned, Drops) {
    claim_fetched(set, fetched(texts))
}

/// The owned set of texts that are all this patient's.
pub(crate) fn owned(set: RecordSet, texts: &[String]) -> Owned {
    claim(set, texts).0
}

pub(crate) fn ids(owned: &Owned) -> Vec<&str> {
    owned.headers().map(|header| &*header.id).collect()
}
