//! A legal delegation, which opens nothing until two members of staff have approved it.

use jiff::civil::Date;
use portal_domain::access::StaffGrant;
use portal_domain::account::AccountStatus;
use portal_domain::document::Members;
use portal_domain::id::{PatientId, PortalAccountId, ProxyDelegationId};
use portal_domain::proxy_delegation::{
    DelegationRight, DelegationTerms, LegalBasis, ProxyDelegation, RelationshipType, RightSet,
};
use portal_domain::sensitivity::SensitivitySet;
use serde_json::Value;

use super::super::approve::about;
use super::super::decide::About;
use super::super::desk::StaffDesk;
use super::ImportOutcome;
use super::chunk::LineDone;
use crate::body::WriteRequest;
use crate::error::{AccessError, Refusal};
use crate::ports::{StaffUnitOfWork, Stored};

const PATIENT: &str = "expected the id of a patient";
const PROXY: &str = "expected pact_…";
const RELATIONSHIP: &str = "expected parent or guardian";
const RIGHT: &str = "expected a right, such as labs or appointments.view";
const DATE: &str = "expected a date such as 2026-03-21";
const REFERENCE: &str = "expected 1 to 200 characters";

/// Whose record, for whom, and on what it rests.
struct LegalLine {
    grantor: PatientId,
    proxy: PortalAccountId,
    terms: DelegationTerms,
    basis: LegalBasis,
}

fn read(members: &mut Members<'_, '_>) -> Option<LegalLine> {
    let grantor = members.text("patientId", PATIENT, |text| PatientId::parse(text).ok());
    let proxy = members.text("proxyAccountId", PROXY, |text| text.parse().ok());
    let terms = read_terms(members);
    let reference = members.text("documentReference", REFERENCE, |text| {
        let plain = !text.trim().is_empty() && !text.chars().any(char::is_control);
        (plain && text.chars().count() <= 200).then(|| text.to_owned())
    });
    let court_order = members.optional("courtOrder", "expected true or false", Value::as_bool);
    Some(LegalLine {
        grantor: grantor?,
        proxy: proxy?,
        terms: terms?,
        basis: LegalBasis {
            document_reference: reference?,
            court_order: court_order.unwrap_or_default(),
        },
    })
}

fn read_terms(members: &mut Members<'_, '_>) -> Option<DelegationTerms> {
    let relationship = members.text("relationshipType", RELATIONSHIP, |text| {
        RelationshipType::parse(text).filter(|kind| kind.is_legal())
    });
    let scope = members.texts("scope", RIGHT, DelegationRight::parse);
    if scope.as_ref().is_some_and(Vec::is_empty) {
        members.fault("scope", "expected at least one right");
    }
    let valid_from = members.text("validFrom", DATE, |text| text.parse::<Date>().ok());
    let valid_to = members.optional("validTo", DATE, |value| {
        value.as_str().and_then(|text| text.parse::<Date>().ok())
    });
    if valid_to.is_some_and(|last| valid_from.is_some_and(|first| last < first)) {
        members.fault("validTo", "expected a day that is not before validFrom");
    }
    Some(DelegationTerms {
        relationship: relationship?,
        scope: RightSet::of(scope?),
        // What is sensitive follows from the patient's age, not from a list.
        sensitive: SensitivitySet::default(),
        valid_from: valid_from?,
        valid_to,
    })
}

/// A line of `POST proxy-delegations/bulk`. Refused, it has written nothing.
pub(super) async fn import(
    desk: &StaffDesk,
    grant: &StaffGrant,
    line: &WriteRequest,
    work: &mut dyn StaffUnitOfWork,
) -> LineDone {
    let (line, now) = (line.read(read)?, grant.decided_at());
    // In the order in which all hold them.
    let proxy = work.accounts().lock(line.proxy).await?;
    work.delegations().lock_grantor(&line.grantor).await?;
    let proxy = proxy.ok_or(AccessError::NotFound)?;
    if proxy.status == AccountStatus::Closed {
        return Err(Refusal::StateConflict.into());
    }
    let open = work.delegations().open_between(&line.grantor, line.proxy);
    if let Some(id) = open.await? {
        return Ok((
            ImportOutcome::Unchanged(id.to_string()),
            About::one(&id, Some(&line.grantor)).unchanged(),
        ));
    }
    let id = ProxyDelegationId::new(desk.inner.ids.ulid(now));
    let today = grant.tenant().day(now);
    let (delegation, event) = ProxyDelegation::legal(id, line.grantor, &proxy, line.terms, today)?;
    if work.insert_legal(&delegation, &line.basis, now).await? == Stored::Taken {
        return Err(Refusal::StateConflict.into());
    }
    work.publish(&event, now).await?;
    Ok((ImportOutcome::Created(id.to_string()), about(&delegation)))
}
