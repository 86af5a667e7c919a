//! A delegation's line.

use jiff::civil::Date;
use portal_domain::id::{Issuer, PatientId, Subject, TenantId};
use portal_domain::proxy_delegation::{
    DelegationRight, DelegationStatus, RelationshipType, RightSet,
};
use portal_domain::sensitivity::{SensitivityCategory, SensitivitySet};
use serde_json::Value;

use super::account::{ISSUER, PATIENT, SUBJECT, addressable, tenant_id};
use super::reader::Reader;
use super::{LineFault, plain_text};

const DATE: &str = "expected a date YYYY-MM-DD";

/// A delegation as an operator gives it, whole: what is left out of it is not there.
#[derive(Clone, PartialEq, Eq)]
pub struct DelegationLine {
    /// Whose delegation.
    pub tenant_id: TenantId,
    /// Whose record it opens.
    pub grantor: PatientId,
    /// The identity of who may act.
    pub proxy: (Issuer, Subject),
    /// What the proxy is to the patient.
    pub relationship: RelationshipType,
    /// What it opens.
    pub scope: RightSet,
    /// The sensitive categories that the grantor opened.
    pub sensitive: SensitivitySet,
    /// Its first day.
    pub valid_from: Date,
    /// Its last day.
    pub valid_to: Option<Date>,
    /// Where the paper is that a legal one rests on.
    pub document_reference: Option<String>,
    /// Whether a court ordered it.
    pub court_order: bool,
    /// Active, or revoked or expired, which end it.
    pub status: DelegationStatus,
}

impl std::fmt::Debug for DelegationLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DelegationLine(****)")
    }
}

pub(super) fn read(mut reader: Reader) -> Result<DelegationLine, Vec<LineFault>> {
    let tenant_id = tenant_id(&mut reader);
    let grantor = reader.required("grantorPatientId", PATIENT, addressable);
    let proxy = reader.object("proxyAccount", proxy);
    let relationship = reader.required(
        "relationshipType",
        "expected parent, guardian, caregiver, spouse or authorized_representative",
        RelationshipType::parse,
    );
    let scope = scope(&mut reader);
    let sensitive = sensitive(&mut reader, relationship);
    let (valid_from, valid_to) = validity(&mut reader);
    let document_reference = document_reference(&mut reader, relationship);
    let court_order = reader.value("courtOrder", "expected true or false", Value::as_bool);
    let status = reader.optional("status", "expected active, revoked or expired", status);
    let whole = || {
        Some(DelegationLine {
            tenant_id: tenant_id?,
            grantor: grantor?,
            proxy: proxy?,
            relationship: relationship?,
            scope: scope?,
            sensitive,
            valid_from: valid_from?,
            valid_to,
            document_reference,
            court_order: court_order.unwrap_or_default(),
            status: status.unwrap_or(DelegationStatus::Active),
        })
    };
    reader.finish(whole())
}

fn proxy(reader: &mut Reader) -> Option<(Issuer, Subject)> {
    let issuer = reader.required("issuer", ISSUER, |text| Issuer::parse(text).ok());
    let subject = reader.required("subject", SUBJECT, |text| Subject::parse(text).ok());
    issuer.zip(subject)
}

fn scope(reader: &mut Reader) -> Option<RightSet> {
    if !reader.is_there("scope") {
        return None;
    }
    let expected = "expected a delegation's scope word";
    let words = reader.texts("scope", expected, DelegationRight::parse)?;
    if words.is_empty() {
        reader.fault("scope", "opens nothing");
    }
    Some(RightSet::of(words))
}

fn sensitive(reader: &mut Reader, relationship: Option<RelationshipType>) -> SensitivitySet {
    let expected = "expected a sensitive category";
    let words = reader.texts("sensitive", expected, SensitivityCategory::parse);
    let words = SensitivitySet::of(words.unwrap_or_default());
    // For who acts by law the patient's age decides.
    if relationship.is_some_and(RelationshipType::is_legal) && !words.is_empty() {
        reader.fault("sensitive", "is for a voluntary relationship only");
    }
    words
}

fn validity(reader: &mut Reader) -> (Option<Date>, Option<Date>) {
    let from = reader.required("validFrom", DATE, date);
    let to = reader.optional("validTo", DATE, date);
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        reader.fault("validTo", "is before validFrom");
    }
    (from, to)
}

fn document_reference(
    reader: &mut Reader,
    relationship: Option<RelationshipType>,
) -> Option<String> {
    let legal = relationship.is_some_and(RelationshipType::is_legal);
    let expected = "expected 1 to 200 characters";
    if legal {
        reader.required("documentReference", expected, plain_text)
    } else {
        reader.optional("documentReference", expected, plain_text)
    }
}

/// A day of the years that have four digits, in its one form.
fn date(text: &str) -> Option<Date> {
    let date: Date = text.parse().ok()?;
    (date.year() >= 1 && date.to_string() == text).then_some(date)
}

fn status(text: &str) -> Option<DelegationStatus> {
    use DelegationStatus::{Accepted, Active, Declined, Expired, Invited, Revoked};
    match DelegationStatus::parse(text)? {
        status @ (Active | Revoked | Expired) => Some(status),
        Invited | Accepted | Declined => None,
    }
}
