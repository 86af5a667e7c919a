//! Consent (FHIR R4 6.2): what somebody may see and do for the patient.

use portal_domain::id::ProxyDelegationId;
use portal_domain::proxy_delegation::{DelegationRight, DelegationStatus, DelegationTerms};
use portal_domain::sensitivity::SensitivityCategory;
use serde::Serialize;

use crate::ports::GrantedDelegation;

use super::elements::{
    Coding, Concept, Here, Identifier, Meta, Period, Reference, address, coding, instant,
};

const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
const CONSENT_SCOPE: &str = "http://terminology.hl7.org/CodeSystem/consentscope";
const CONSENT_ACTION: &str = "http://terminology.hl7.org/CodeSystem/consentaction";
const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
const LOINC: &str = "http://loinc.org";
const PATIENT_CONSENT: &str = "59284-0";
/// What a delegation rests on: the patient's own act.
const VOLUNTARY: &str = "urn:ghasi-ehealth:consent-policy:voluntary";
/// What a delegation rests on: parental responsibility or guardianship.
const BY_LAW: &str = "urn:ghasi-ehealth:consent-policy:legal";
/// What a delegation opens, in the words of `/v1/portal`.
const RIGHT: &str = "urn:ghasi-ehealth:delegation-right";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Consent {
    resource_type: &'static str,
    id: String,
    meta: Meta,
    identifier: [Identifier; 1],
    status: &'static str,
    scope: Concept,
    category: [Concept; 1],
    patient: Reference,
    date_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    performer: Option<[Reference; 1]>,
    policy: [Policy; 1],
    provision: Provision,
}

#[derive(Serialize)]
struct Policy {
    uri: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Provision {
    r#type: &'static str,
    period: Period,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<[Actor; 1]>,
    action: [Concept; 1],
    code: Vec<Concept>,
    #[serde(rename = "provision", skip_serializing_if = "Option::is_none")]
    except: Option<[Exception; 1]>,
}

/// What is left out of what is permitted.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Exception {
    r#type: &'static str,
    security_label: Vec<Coding>,
}

#[derive(Serialize)]
struct Actor {
    role: Concept,
    reference: Reference,
}

/// A delegation. Who rests on the law was not permitted by the patient, and has no ticks.
pub(super) fn consent(granted: &GrantedDelegation, here: &Here<'_>) -> Consent {
    let delegation = &granted.delegation;
    let legal = delegation.terms.relationship.is_legal();
    let proxy = delegation.proxy.map(|_| delegation.id);
    Consent {
        resource_type: "Consent",
        id: address(delegation.id),
        meta: Meta::of(delegation.version, granted.updated_at),
        identifier: [Identifier::of_delegation(delegation.id)],
        status: status(delegation.status),
        scope: Concept::coded(CONSENT_SCOPE, "patient-privacy"),
        category: [Concept::coded(LOINC, PATIENT_CONSENT)],
        patient: here.patient(&delegation.grantor),
        date_time: instant(granted.created_at),
        performer: (!legal).then(|| [here.patient(&delegation.grantor)]),
        policy: [Policy {
            uri: if legal { BY_LAW } else { VOLUNTARY },
        }],
        provision: provision(&delegation.terms, proxy),
    }
}

fn provision(terms: &DelegationTerms, proxy: Option<ProxyDelegationId>) -> Provision {
    let rights = terms.scope.iter().map(DelegationRight::as_str);
    Provision {
        r#type: "permit",
        period: Period::of(terms.valid_from, terms.valid_to),
        actor: proxy.map(|proxy| {
            [Actor {
                role: Concept::coded(PARTICIPATION, "IRCP"),
                reference: Reference::to(format!("RelatedPerson/{}", address(proxy))),
            }]
        }),
        action: [Concept::coded(CONSENT_ACTION, "access")],
        code: rights.map(|right| Concept::coded(RIGHT, right)).collect(),
        except: exception(terms).map(|exception| [exception]),
    }
}

/// The sensitive categories that were not ticked. What a parent sees of them is the age's to say.
fn exception(terms: &DelegationTerms) -> Option<Exception> {
    let categories = SensitivityCategory::ALL.iter().copied();
    let unticked = categories.filter(|category| !terms.sensitive.contains(*category));
    let labels: Vec<Coding> = unticked.flat_map(labels).collect();
    let has_any = !labels.is_empty() && !terms.relationship.is_legal();
    has_any.then_some(Exception {
        r#type: "deny",
        security_label: labels,
    })
}

/// The labels that stand for a category; the first where there are several that mean the same.
fn labels(category: SensitivityCategory) -> Vec<Coding> {
    let codes: &[&str] = match category {
        SensitivityCategory::MentalHealth => &["PSY"],
        SensitivityCategory::SubstanceUse => &["ETH"],
        SensitivityCategory::SexualReproductive => &["SEX"],
        SensitivityCategory::HivSti => &["HIV", "STD"],
        SensitivityCategory::Genetic => &["GDIS"],
        SensitivityCategory::Violence => &["SDV"],
        SensitivityCategory::Restricted => return vec![coding(CONFIDENTIALITY, "R")],
    };
    codes.iter().map(|code| coding(ACT_CODE, code)).collect()
}

/// An invitation is proposed until the patient confirms who accepted.
const fn status(status: DelegationStatus) -> &'static str {
    match status {
        DelegationStatus::Invited | DelegationStatus::Accepted => "proposed",
        DelegationStatus::Active => "active",
        DelegationStatus::Declined => "rejected",
        DelegationStatus::Revoked | DelegationStatus::Expired => "inactive",
    }
}
